"""When the polling slows down, that nothing grows stale by it, and what wakes it."""

from __future__ import annotations

import random

import msgspec
import pytest

from clickit_tui.aws.errors import fault_of
from clickit_tui.checks.registry import Verdict
from clickit_tui.checks.strip import PartVerdict
from clickit_tui.poll import Poller, Source
from clickit_tui.screens.resting import AFTER_S, Resting, may_rest
from clickit_tui.store import Store
from clickit_tui.world.follow import Follow, Following
from clickit_tui.world.incident import Incident
from clickit_tui.world.seen import Age
from clickit_tui.world.world import World
from tests import worlds
from tests.fakes import FakeCore
from tests.stepped import SteppedClock


def strip(*verdicts):
    return tuple(PartVerdict(part=f"p{i}", verdict=v, short="", sentence="") for i, v in enumerate(verdicts))


WELL = strip(Verdict.PASS, Verdict.NONE)
WORLD = worlds.healthy_world(worlds.NOW)


@pytest.mark.parametrize("bad", [Verdict.WARN, Verdict.FAIL, Verdict.UNKNOWN])
def test_only_while_everything_passes(bad):
    assert may_rest(WORLD, WELL, AFTER_S)
    assert not may_rest(WORLD, WELL, AFTER_S - 1)
    assert not may_rest(WORLD, (*WELL, *strip(bad)), AFTER_S)
    assert not may_rest(WORLD, (), AFTER_S)


def test_never_while_something_is_followed_or_an_incident_runs():
    followed = msgspec.structs.replace(WORLD, follows=(Following(follow=Follow(kind="scale", env="prod", part="api")),))
    assert not may_rest(followed, WELL, AFTER_S)
    incident = Incident(id="i", title="t", began_at=1.0, opened_at=1.0)
    assert not may_rest(msgspec.structs.replace(WORLD, incidents=(incident,)), WELL, AFTER_S)
    over = msgspec.structs.replace(incident, ended_at=2.0)
    assert may_rest(msgspec.structs.replace(WORLD, incidents=(over,)), WELL, AFTER_S)


def test_a_key_or_trouble_wakes_it():
    core = FakeCore(WORLD)
    resting = Resting(core)
    assert not resting.look(WORLD, WELL)
    core.now += AFTER_S
    assert resting.look(WORLD, WELL)
    resting.touched()
    assert core.rested == [True, False]
    core.now += AFTER_S
    assert resting.look(WORLD, WELL)
    assert not resting.look(WORLD, strip(Verdict.FAIL))
    assert core.rested == [True, False, True, False]


async def test_a_resting_poller_asks_less_stays_fresh_and_wakes_at_once():
    clock = SteppedClock()
    fetched: list[float] = []

    async def fetch(world):
        fetched.append(clock())
        return {"services": ()}

    store = Store(World(env="dev"))
    source = Source(name="services", feeds=frozenset({"services"}), every_s=5.0, fetch=fetch)
    poller = Poller(store, (source,), fault_of=fault_of, clock=clock, rng=random.Random(1), sleep=clock.sleep)
    store.subscribe(("services",), lambda world, changed: None)
    poller.start()
    await clock.advance(60)
    busy = len(fetched)
    poller.rest(True)
    for _ in range(300):
        await clock.advance(1)
        assert store.world.services.age(clock()) is Age.FRESH
    assert busy >= 10
    assert len(fetched) - busy <= 12
    await clock.advance(12)
    count = len(fetched)
    poller.rest(False)
    await clock.advance(1)
    assert len(fetched) == count + 1
    await clock.advance(30)
    assert len(fetched) >= count + 5
    await poller.stop()
