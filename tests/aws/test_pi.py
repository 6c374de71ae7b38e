"""What the database's sessions wait for."""

from __future__ import annotations

from typing import Any

import pytest

from clickit_tui.aws.pi import waits_fetch
from clickit_tui.world.parts import Database, Wait
from clickit_tui.world.seen import Absent, Failed, Seen, Trouble
from clickit_tui.world.world import World
from tests.aws import recorded
from tests.aws.scripted import Scripted, failed

NOW = 1_795_442_599.0


def world(database: Any) -> World:
    return World(env="dev", database=Seen(value=database, seen_at=NOW))


WATCHED = world(Database(id="clickit-dev-db", resource_id="db-ABC", insights=True))


async def test_waits_are_means_of_their_points_the_highest_first() -> None:
    gateway = Scripted(GetResourceMetrics=recorded.RESOURCE_METRICS)
    found = (await waits_fetch(gateway, lambda: NOW)(WATCHED))["waits"]  # type: ignore[arg-type]
    assert found == (Wait(event="Lock:relation", kind="Lock", load=2.0), Wait(event="CPU", kind="CPU", load=1.0))
    assert [wait.lock for wait in found] == [True, False]  # type: ignore[attr-defined]
    asked = gateway.calls[0][1]
    assert asked["Identifier"] == "db-ABC"
    assert asked["EndTime"].timestamp() % 60 == 0


@pytest.mark.parametrize("database", [Absent(looked_for="x"), Database(id="d", resource_id="r", insights=False)])
async def test_switched_off_or_without_a_database_is_absent_and_asks_nothing(database: Any) -> None:
    gateway = Scripted()
    found = (await waits_fetch(gateway, lambda: NOW)(world(database)))["waits"]  # type: ignore[arg-type]
    assert isinstance(found, Absent)
    assert gateway.calls == []


@pytest.mark.parametrize("database", [Database(id="d", resource_id="r", insights=None), Database(id="d", insights=True)])
async def test_an_answer_that_does_not_say_whether_it_is_on_proves_nothing(database: Database) -> None:
    with pytest.raises(Failed) as raised:
        await waits_fetch(Scripted(), lambda: NOW)(world(database))  # type: ignore[arg-type]
    assert raised.value.fault.kind is Trouble.GARBLED


@pytest.mark.parametrize(
    ("gateway", "kind"),
    [
        (Scripted(), Trouble.DENIED),
        (Scripted(GetResourceMetrics={}), Trouble.GARBLED),
        (Scripted(GetResourceMetrics={"MetricList": []}), Trouble.GARBLED),
        (Scripted(GetResourceMetrics=failed(Trouble.THROTTLED)), Trouble.THROTTLED),
    ],
)
async def test_a_failure_is_told_as_one(gateway: Any, kind: Trouble) -> None:
    with pytest.raises(Failed) as raised:
        await waits_fetch(gateway, lambda: NOW)(WATCHED)
    assert raised.value.fault.kind is kind


async def test_before_the_database_is_known_it_waits() -> None:
    with pytest.raises(Failed) as raised:
        await waits_fetch(Scripted(), lambda: NOW)(World(env="dev"))  # type: ignore[arg-type]
    assert raised.value.fault.kind is Trouble.WAITING
