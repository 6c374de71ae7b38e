"""Recorded over HTTP from the embedded ClickIt: every incident's World comes back, and with it the cause that was named live."""

from __future__ import annotations

import asyncio
import random

import pytest

from clickit_tui.config import Config
from clickit_tui.demo.incidents import registry
from clickit_tui.headless.status import tried
from clickit_tui.naming import names
from clickit_tui.replay import Replay
from clickit_tui.tape.reading import opened
from clickit_tui.tape.writing import create
from clickit_tui.taping import TapedSession
from clickit_tui.world.world import ON_DEMAND
from tests.incidents.playing import ELAPSED_S, WITHIN_S, judged
from tests.stepped import SteppedClock

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("demo")]


async def recorded_live(demo, incident, path):
    """A session over the incident, recorded; what it knew and made of it."""
    await asyncio.to_thread(lambda: demo.reset(seed=1, paused=True, elapsed_s=ELAPSED_S, incident=incident.name))
    now = demo.control("state")["now"]
    config = Config(env=incident.env, names=names(incident.env), protected=incident.env != "dev", state_dir=str(path.parent / "state"))
    session = TapedSession(config, path, create(path), clock=lambda: now, rng=random.Random(1))
    await session.start()
    try:
        await tried(session, WITHIN_S)
        session.count_log()
        live = judged(incident.name, session.store.world, session.facts())
    finally:
        await session.stop()
    return config, live


@pytest.mark.parametrize("name", sorted(registry.INCIDENTS))
async def test_the_world_of_an_incident_comes_back_and_its_cause_with_it(name, demo, tmp_path):
    path = tmp_path / "live.tape.gz"
    config, live = await recorded_live(demo, registry.INCIDENTS[name], path)
    tape = opened(path)
    assert tape.skipped == {}
    replay = Replay(config, tape, clock=SteppedClock(0.0))
    replay.seek(tape.ended_at)
    world = replay.store.world
    assert [f for f in live.world.__struct_fields__ if f not in ON_DEMAND and getattr(world, f) != getattr(live.world, f)] == []
    then = judged(name, world, replay.facts())
    assert (then.playbook, then.cause, then.sentence) == (live.playbook, live.cause, live.sentence)
    tape.close()
