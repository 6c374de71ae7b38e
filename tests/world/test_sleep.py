"""The mark of a sleeping environment: written, read, and never trusted further than it goes."""

from typing import Any

import msgspec
import pytest

from clickit_tui.world.mark import TAG, Mark, mark_of
from clickit_tui.world.parts import ScalableTarget
from clickit_tui.world.seen import Seen
from clickit_tui.world.sleep import drift, marked
from clickit_tui.world.world import World
from tests import worlds
from tests.worlds import NOW


def world(tags: dict[str, str], desired: int = 0, **changes: Any) -> World:
    services = tuple(
        msgspec.structs.replace(service, desired=desired, tags=((TAG, tags[service.part]),) if service.part in tags else ())
        for service in worlds.steady_services(NOW)
    )
    return msgspec.structs.replace(worlds.healthy_world(NOW), services=Seen(value=services, seen_at=NOW), **changes)


@pytest.mark.parametrize(
    "mark",
    [
        Mark(asleep=True, desired=2, since=1_795_000_000, by="OnCall/anna@example.com"),
        Mark(asleep=True, desired=0, minimum=2),
        Mark(asleep=False, desired=3, since=1_795_000_000, by="night"),
        Mark(asleep=True),
    ],
)
def test_a_mark_reads_as_it_was_written(mark: Mark) -> None:
    service = msgspec.structs.replace(worlds.steady_services(NOW)[0], tags=(("team", "x"), (TAG, mark.text())))
    assert mark_of(service) == mark


@pytest.mark.parametrize("text", ["", "yes", "desired=", "desired=-1 since=now", "desired=9999999999999", "desired=٣"])
def test_what_somebody_else_wrote_is_asleep_without_a_count(text: str) -> None:
    service = msgspec.structs.replace(worlds.steady_services(NOW)[0], tags=((TAG, text),))
    found = mark_of(service)
    assert found is not None
    assert (found.asleep, found.desired, found.since) == (True, None, None)


def test_a_name_that_a_tag_may_not_hold_is_made_fit() -> None:
    assert Mark(asleep=True, by="Ünï <script> a\tb").text() == "by=_n___script__a_b"
    assert len(Mark(asleep=True, by="x" * 400).text()) < 256


def test_without_a_mark_nothing_sleeps_whatever_the_counts() -> None:
    assert marked(world({})) == {}
    assert drift(world({}, desired=2)) == ()


def test_drift_names_what_somebody_or_aws_did_since() -> None:
    stopped = Seen(value=worlds.database(status="stopped"), seen_at=NOW)
    none = Seen(value=(), seen_at=NOW)
    still = world({"api": "desired=2", "frontend": "desired=1"}, database=stopped, scaling=none)
    assert drift(still) == ()
    target = Seen(value=(ScalableTarget(part="api", minimum=2, maximum=6),), seen_at=NOW)
    moved = world({"api": "desired=2"}, desired=1, scaling=target)
    assert drift(moved) == (
        "api is set to 1 task",
        "autoscaling of api may raise it to 2",
        "the database is available (AWS starts a stopped one after 7 days)",
    )
