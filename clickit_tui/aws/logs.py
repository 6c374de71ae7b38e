"""CloudWatch Logs: pages of FilterLogEvents for the tail engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from clickit_tui.logs.fetch import Ask, Event, Fetch, Page
from clickit_tui.world.seen import Failed, Fault, Trouble


class Reads(Protocol):
    """What is needed of the gateway."""

    async def read(self, service: str, operation: str, /, *, lane: str = "read", **params: Any) -> dict[str, Any]:  # noqa: ANN401
        """One listed read; raises Failed."""


def log_fetch(gateway: Reads) -> Fetch:
    """The tail engine's fetch over a gateway, on a client of its own; raises Failed and nothing else."""

    async def fetch(ask: Ask) -> Page:
        return page_of(await gateway.read("logs", "FilterLogEvents", lane="tail", **params_of(ask)))

    return fetch


def params_of(ask: Ask) -> dict[str, Any]:
    """FilterLogEvents' parameters; `interleaved` is what makes back ends other than AWS's order across streams."""
    params: dict[str, Any] = {"logGroupName": ask.group, "startTime": ask.start_ms, "limit": ask.limit, "interleaved": True}
    if ask.end_ms is not None:
        params["endTime"] = ask.end_ms
    if ask.token:
        params["nextToken"] = ask.token
    if ask.pattern:
        params["filterPattern"] = ask.pattern
    if ask.streams:
        params["logStreamNames"] = list(ask.streams)
    return params


def page_of(answer: Mapping[str, Any]) -> Page:
    """An answer as a page; events with neither time are counted, a missing id or stream is empty.

    An answer without a list of events proves nothing and is a failure (GARBLED); an empty list is an empty page.
    """
    found = answer.get("events")
    if not isinstance(found, list):
        sentence = "the log service's answer has no list of events"
        raise Failed(Fault(kind=Trouble.GARBLED, sentence=sentence, operation="logs:FilterLogEvents"))
    events = [event for one in found if (event := _event(one)) is not None]
    token = answer.get("nextToken")
    return Page(events=tuple(events), token=token if isinstance(token, str) else "", unreadable=len(found) - len(events))


def _event(one: object) -> Event | None:
    if not isinstance(one, Mapping):
        return None
    ingested = _milliseconds(one.get("ingestionTime"))
    at = _milliseconds(one.get("timestamp"))
    at = ingested if at is None else at
    message = one.get("message")
    if at is None or message is None:
        return None
    return Event(at, str(message), str(one.get("logStreamName") or ""), str(one.get("eventId") or ""), ingested)


LATEST_MS = 250_000_000_000_000
"""The year 9892; a calendar ends soon after it."""


def _milliseconds(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value or not 0 <= value < LATEST_MS:
        return None
    return int(value)
