"""Changes of alarms and events of the database: read once, kept, and never taken for more than was read."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from clickit_tui.aws.events import BACK_S, PAGE, PAGES, AlarmHistories, DatabaseEventReader, alarm_change
from clickit_tui.naming import names
from clickit_tui.world.seen import Failed, Seen, Trouble
from clickit_tui.world.world import World
from tests.aws import recorded
from tests.aws.scripted import Scripted

NAMES = names("dev")
NOW = recorded.EPOCH + 600


async def test_a_change_is_read_wholly_and_one_without_a_time_is_left_out() -> None:
    gateway = Scripted(DescribeAlarmHistory=recorded.ALARM_HISTORY)
    found: Any = (await AlarmHistories(gateway, lambda: NOW).fetch(World(env="dev")))["alarm_history"]
    assert [(each.name, each.before, each.state, each.reason, each.at, each.composite) for each in found.changes] == [
        ("clickit-dev-alb-5xx", "OK", "ALARM", "34.0 > 10.0", recorded.EPOCH, False),
        ("page-someone", "", "OK", "", recorded.EPOCH, True),
    ]
    assert found.since == NOW - BACK_S


async def test_what_was_read_is_not_asked_for_again() -> None:
    gateway = Scripted(DescribeAlarmHistory=recorded.ALARM_HISTORY)
    reader = AlarmHistories(gateway, lambda: NOW)
    first: Any = (await reader.fetch(World(env="dev")))["alarm_history"]
    gateway.table["DescribeAlarmHistory"] = {"AlarmHistoryItems": []}
    again: Any = (await reader.fetch(World(env="dev", alarm_history=Seen(value=first, seen_at=NOW))))["alarm_history"]
    assert again == first
    asked = [params["StartDate"].timestamp() for _, params in gateway.calls]
    assert asked == [NOW - BACK_S, NOW - 600]


async def test_more_changes_than_fit_are_known_less_far_back() -> None:
    class Endless(Scripted):
        async def answers(self, service: str, operation: str, /, *, most: int = 100, **params: Any) -> list[dict[str, Any]]:
            assert (most, params["MaxRecords"]) == (PAGES, PAGE)
            return [{**recorded.ALARM_HISTORY, "NextToken": "more"}]

    found: Any = (await AlarmHistories(Endless(), lambda: NOW).fetch(World(env="dev")))["alarm_history"]
    assert found.since == recorded.EPOCH


@pytest.mark.parametrize("data", [None, "{", "[]", "7", '{"newState": 3}', "[" * 100_000])
def test_history_data_that_cannot_be_read_leaves_the_summary(data: Any) -> None:
    item = {"AlarmName": "a", "Timestamp": 5, "HistoryData": data, "HistorySummary": "Alarm updated from OK to ALARM"}
    assert msgspec.structs.asdict(alarm_change(item) or pytest.fail("no change"))["state"] == "ALARM"


async def test_events_of_the_database_are_kept_in_order() -> None:
    gateway = Scripted(DescribeEvents=recorded.DATABASE_EVENTS)
    reader = DatabaseEventReader(gateway, NAMES, lambda: NOW)
    first: Any = (await reader.fetch(World(env="dev")))["db_events"]
    assert [(each.at, each.text, each.categories) for each in first.events] == [
        (recorded.EPOCH, "DB instance restarted", ("availability",))
    ]
    gateway.table["DescribeEvents"] = {"Events": [{"Message": "later", "Date": recorded.EPOCH + 60}]}
    again: Any = (await reader.fetch(World(env="dev", db_events=Seen(value=first, seen_at=NOW))))["db_events"]
    assert [each.text for each in again.events] == ["DB instance restarted", "later"]


async def test_an_answer_without_its_list_proves_nothing() -> None:
    gateway = Scripted(DescribeEvents={}, DescribeAlarmHistory={})
    for reader in (AlarmHistories(gateway, lambda: NOW), DatabaseEventReader(gateway, NAMES, lambda: NOW)):
        with pytest.raises(Failed) as raised:
            await reader.fetch(World(env="dev"))
        assert raised.value.fault.kind is Trouble.GARBLED
