"""What happened, as AWS tells it: DescribeAlarmHistory, and DescribeEvents of the database. What was read once is kept."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from clickit_tui.aws.fetching import garbled
from clickit_tui.aws.gateway import Gateway
from clickit_tui.aws.members import Json, records, said, text, when, words
from clickit_tui.naming import Names
from clickit_tui.world.events import AlarmChange, AlarmHistory, DatabaseEvent, DatabaseEvents
from clickit_tui.world.world import World

BACK_S = 14 * 86_400.0
"""How far back is read at first, and kept: RDS keeps its events as long."""
AGAIN_S = 600.0
"""What is asked for again: an entry may come late."""
PAGE = 100
PAGES = 5
"""Most pages of one read; an account with more changes than fit into them is known less far back."""


def _data(answer: Json) -> Mapping[str, Any]:
    """HistoryData, which is JSON in a string; empty when it cannot be read."""
    try:
        found = json.loads(answer.get("HistoryData") or "{}")
    except (TypeError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, Mapping) else {}


def alarm_change(answer: Json) -> AlarmChange | None:
    """One entry of AlarmHistoryItems; None when it does not say of what or when."""
    name, at, data = text(answer, "AlarmName"), when(answer, "Timestamp"), _data(answer)
    if not name or at is None:
        return None
    summary = text(answer, "HistorySummary")
    return AlarmChange(
        name=name,
        at=at,
        state=text(data, "newState", "stateValue") or _state(summary.rpartition(" to ")[2]),
        before=text(data, "oldState", "stateValue"),
        summary=summary,
        reason=said(data, "newState", "stateReason"),
        composite=text(answer, "AlarmType") == "CompositeAlarm",
    )


def _state(word: str) -> str:
    return word if word in ("OK", "ALARM", "INSUFFICIENT_DATA") else ""


def database_event(answer: Json) -> DatabaseEvent | None:
    """One entry of Events; None when it does not say when."""
    at = when(answer, "Date")
    return None if at is None else DatabaseEvent(at=at, text=said(answer, "Message"), categories=words(answer, "EventCategories"))


def merged(before: AlarmHistory | None, found: tuple[AlarmChange, ...], since: float, now: float, cut: bool) -> AlarmHistory:
    """What was known with what was found laid over it; `cut`: the oldest part of what was asked for did not fit."""
    old = tuple(each for each in (before.changes if before else ()) if now - BACK_S <= each.at)
    kept = {(each.name, each.at, each.state): each for each in (*old, *found)}
    if cut:
        since = min((each.at for each in found), default=since)
    elif before:
        since = max(now - BACK_S, before.since)
    return AlarmHistory(changes=tuple(sorted(kept.values(), key=lambda each: (each.at, each.name))), since=since)


class AlarmHistories:
    """Reads the changes of all alarms, at first two weeks of them, then only what is new."""

    def __init__(self, gateway: Gateway, clock: Callable[[], float] = time.time) -> None:
        self._gateway, self._clock = gateway, clock
        self._read_to = 0.0

    async def fetch(self, world: World) -> Mapping[str, object]:
        """Feeds `alarm_history`."""
        now, before = self._clock(), world.alarm_history.value
        since = max(now - BACK_S, self._read_to - AGAIN_S) if before else now - BACK_S
        answers = await self._gateway.answers(
            "cloudwatch",
            "DescribeAlarmHistory",
            most=PAGES,
            AlarmTypes=["MetricAlarm", "CompositeAlarm"],
            HistoryItemType="StateUpdate",
            StartDate=datetime.fromtimestamp(since, UTC),
            EndDate=datetime.fromtimestamp(now, UTC),
            MaxRecords=PAGE,
            ScanBy="TimestampDescending",
        )
        if not any(isinstance(answer.get("AlarmHistoryItems"), list) for answer in answers):
            raise garbled("cloudwatch:DescribeAlarmHistory", "AlarmHistoryItems")
        entries = [alarm_change(each) for answer in answers for each in records(answer, "AlarmHistoryItems")]
        cut = bool(text(answers[-1], "NextToken"))
        self._read_to = now
        return {"alarm_history": merged(before, tuple(each for each in entries if each is not None), since, now, cut)}


class DatabaseEventReader:
    """Reads the database's events, at first two weeks of them, then only what is new."""

    def __init__(self, gateway: Gateway, names: Names, clock: Callable[[], float] = time.time) -> None:
        self._gateway, self._names, self._clock = gateway, names, clock
        self._read_to = 0.0

    async def fetch(self, world: World) -> Mapping[str, object]:
        """Feeds `db_events`."""
        now, before = self._clock(), world.db_events.value
        since = max(now - BACK_S + 60.0, self._read_to - AGAIN_S) if before else now - BACK_S + 60.0
        answers = await self._gateway.answers(
            "rds",
            "DescribeEvents",
            most=PAGES,
            SourceIdentifier=self._names.database,
            SourceType="db-instance",
            StartTime=datetime.fromtimestamp(since, UTC),
            EndTime=datetime.fromtimestamp(now, UTC),
            MaxRecords=PAGE,
        )
        if not any(isinstance(answer.get("Events"), list) for answer in answers):
            raise garbled("rds:DescribeEvents", "Events")
        found = [database_event(each) for answer in answers for each in records(answer, "Events")]
        self._read_to = now
        old = tuple(each for each in (before.events if before else ()) if each.at >= now - BACK_S)
        kept = {(each.at, each.text): each for each in (*old, *(each for each in found if each is not None))}
        ordered = tuple(sorted(kept.values(), key=lambda each: (each.at, each.text)))
        return {"db_events": DatabaseEvents(events=ordered, since=max(now - BACK_S, before.since) if before else since)}
