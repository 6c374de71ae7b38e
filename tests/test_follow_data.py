"""Followed changes of the database: instances that start, stop or are restored, and snapshots."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from clickit_tui.checks.registry import Facts
from clickit_tui.config import Thresholds
from clickit_tui.follow import step
from clickit_tui.follow_data import VISIBLE_S
from clickit_tui.world.follow import Follow, Following, Phase
from clickit_tui.world.seen import Seen
from tests.worlddata import full_database, snapshot
from tests.worlds import NAMES, NOW, denied, faulty, healthy_world

SNAPSHOT = Follow(kind="snapshot", env="prod", part="db", resource="new", started_at=NOW)


def follow(wanted: str, resource: str = NAMES.database) -> Following:
    return Following(follow=Follow(kind="database", env="prod", part="db", resource=resource, wanted=wanted, started_at=NOW))


def after(following: Following, at: float, **fields: Any) -> Following:
    seen = {name: value if isinstance(value, Seen) else Seen(value=value, seen_at=at, every_s=15.0) for name, value in fields.items()}
    world = msgspec.structs.replace(healthy_world(NOW), **seen)
    return step(following, world, Facts(now=at, names=NAMES, thresholds=Thresholds()))


def database(status: str, id: str = NAMES.database) -> tuple[Any, ...]:
    return (full_database(NOW, id=id, status=status),)


@pytest.mark.parametrize(("wanted", "before", "during"), [("stopped", "available", "stopping"), ("available", "stopped", "starting")])
def test_an_instance_is_followed_until_it_has_the_wanted_status(wanted: str, before: str, during: str) -> None:
    now = after(follow(wanted), NOW + 5, databases=database(before))
    assert (now.open, now.sentence) == (True, f"clickit-prod-db {before}")
    now = after(now, NOW + 65, databases=database(during))
    assert now.phase is Phase.UNDER_WAY
    now = after(now, NOW + 125, databases=database(wanted))
    assert (now.phase, now.sentence, now.ended_at) == (Phase.DONE, f"clickit-prod-db {wanted}: done in 2 m 5 s", NOW + 125)


def test_a_restored_instance_may_be_missing_at_first_and_serves_while_it_backs_up() -> None:
    now = after(follow("available", "new"), NOW + 5, databases=database("available"))
    assert now.sentence == "new is not listed yet"
    now = after(now, NOW + 30, databases=database("creating", "new"))
    assert now.open
    assert after(now, NOW + 700, databases=database("backing-up", "new")).phase is Phase.DONE
    never = after(follow("available", "new"), NOW + VISIBLE_S, databases=database("available"))
    assert never.phase is Phase.FAILED


@pytest.mark.parametrize("status", ["storage-full", "incompatible-network", "failed", "insufficient-capacity"])
def test_a_broken_instance_ends_it(status: str) -> None:
    now = after(follow("available"), NOW + 60, databases=database(status))
    assert (now.phase, f"it is {status}" in now.sentence) == (Phase.FAILED, True)


def test_what_did_not_begin_is_not_awaited_for_ever() -> None:
    assert after(follow("stopped"), NOW + VISIBLE_S - 1, databases=database("available")).open
    now = after(follow("stopped"), NOW + VISIBLE_S, databases=database("available"))
    assert (now.phase, "somebody else changed it, or AWS did not carry it out" in now.sentence) == (Phase.FAILED, True)


def test_a_snapshot_is_followed_by_its_percentage() -> None:
    now = after(Following(follow=SNAPSHOT), NOW + 5, snapshots=())
    assert now.sentence == "new is not listed yet"
    now = after(now, NOW + 20, snapshots=(snapshot(NOW, "new", 0, status="creating", percent=34),))
    assert (now.open, now.sentence) == (True, "new creating 34 %")
    assert after(now, NOW + 60, snapshots=(snapshot(NOW, "new", 0),)).phase is Phase.DONE
    assert after(now, NOW + 60, snapshots=(snapshot(NOW, "new", 0, status="failed"),)).phase is Phase.FAILED


def test_nothing_is_concluded_from_what_is_old_or_denied() -> None:
    old = Seen(value=database("stopped"), seen_at=NOW - 1, every_s=15.0)
    assert after(follow("stopped"), NOW + 2, databases=old).sentence.startswith("waiting for the first reading")
    now = after(follow("stopped"), NOW + 60, databases=faulty(denied("rds:DescribeDBInstances"), NOW + 60, database("stopped"), NOW - 1))
    assert now.open
    assert now.sentence.startswith("cannot tell: databases denied")
