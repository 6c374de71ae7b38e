"""A replay: the World and the log of the moment that is shown, and nothing that could change or ask anything."""

from __future__ import annotations

import asyncio
import random

import msgspec
import pytest

from clickit_tui.config import Config, Thresholds
from clickit_tui.logs.search import Wanted
from clickit_tui.naming import names
from clickit_tui.playbooks.diagnosis import cause
from clickit_tui.replay import Replay
from clickit_tui.tape.reading import opened
from clickit_tui.world.seen import Failed
from tests import worlds
from tests.stepped import SteppedClock
from tests.tape.taped import BEGAN, BROKE, ENDED, recorded

OWN = Config(env="prod", names=names("prod"), thresholds=Thresholds(api_cpu_warn=1.0), local_time=True, keymap={"replay_pause": "p"})


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return recorded(tmp_path_factory.mktemp("tape") / "incident.tape.gz")


class Stage:
    """A replay with clocks that the test moves."""

    def __init__(self, file):
        self.tape = opened(file)
        self.clock = SteppedClock(0.0)
        self.core = Replay(OWN, self.tape, clock=self.clock, sleep=self.clock.sleep)

    async def __aenter__(self):
        await self.core.start()
        return self

    async def __aexit__(self, *_):
        await self.core.stop()

    async def log_settled(self):
        if self.core._filling is not None:
            await asyncio.wait((self.core._filling,))
        self.core.move()


async def test_it_shows_what_was_known_then_wherever_it_is_put(file):
    async with Stage(file) as stage:
        core = stage.core
        rng = random.Random(5)
        for _ in range(12):
            at = rng.choice([rng.uniform(BEGAN, ENDED), BEGAN, ENDED, BROKE])
            core.seek(at)
            await stage.log_settled()
            assert core.facts().now == at
            assert core.store.world == stage.tape.world(at)
            last = core.log_lines()[-1].at_ms / 1000
            assert at - 31 <= last <= at
        core.seek(BEGAN)
        core.faster(1)
        await stage.clock.advance(100)
        assert core.facts().now == BEGAN + 200
        assert core.store.world == stage.tape.world(BEGAN + 200)


async def test_playing_on_brings_the_same_log_as_going_there_and_painters_can_follow(file):
    async with Stage(file) as played, Stage(file) as put:
        for _ in range(5):
            played.core.faster(1)
        await played.clock.advance(10)
        put.core.seek(ENDED)
        await put.log_settled()
        assert list(played.core.log_lines()) == list(put.core.log_lines())
        assert len(played.core.log_lines()) == 41 * 30
        before = put.core.log_update(0)
        version, end = put.core.log_version(), before.first + len(before.lines)
        put.core.seek(BEGAN + 60)
        await put.log_settled()
        after = put.core.log_update(before.version)
        assert put.core.log_version() > version
        assert (after.first, after.changed_from, len(after.lines)) == (end, end, 90)


async def test_the_cause_that_is_named_is_the_one_of_then(file):
    async with Stage(file) as stage:
        stage.core.seek(ENDED)
        live = worlds.incident_world(ENDED)
        facts = stage.core.facts()
        known = msgspec.structs.replace(live, **{name: getattr(stage.core.store.world, name) for name in ("snapshots", "scans")})
        named = cause(stage.core.store.world, facts)
        assert named.likely
        assert named == cause(known, facts)
        stage.core.seek(BROKE - 1)
        assert not cause(stage.core.store.world, stage.core.facts()).likely


async def test_it_can_change_nothing_and_asks_nobody(file):
    async with Stage(file) as stage:
        core = stage.core
        assert core.read_only == "this is a replay"
        assert (core.config.read_only, core.config.thresholds.api_cpu_warn, core.config.local_time) == (True, 80.0, True)
        assert (await core.carry_out(None, None)).kind == "refused"
        for said in (core.bookmark("x"), core.note("x"), core.declare("x", 0.0), core.amend(title="x"), core.resolve("x")):
            assert await said == "this is a replay: it keeps nothing"
        task = core.store.world.tasks.value[0]
        unknown = msgspec.structs.replace(task, id="ffffffff0")
        for asked in (
            core.database_load(),
            core.alarm_metric(None, 0.0, 1.0),
            core.task_definition("arn:none"),
            core.task_log(unknown),
            core.insights().ask("", (), 0.0, 1.0, lambda _: None),
            core.shells.invocation(None, None),
            core.shells.tunnel(None, None),
            core.shells.run(None, None, lambda _: None),
        ):
            with pytest.raises(Failed, match="this is a replay"):
                await asked
        assert "this is a replay" in (await core.insights().estimate((), 0.0, 1.0)).words()
        assert core.last_change() is None
        assert "no credentials" in await core.login(lambda _: None)


async def test_a_search_finds_what_the_recording_holds_and_says_where_it_ends(file):
    async with Stage(file) as stage:
        core = stage.core
        core.seek(ENDED)
        await stage.log_settled()
        core.config = msgspec.structs.replace(core.config, names=msgspec.structs.replace(core.config.names, logs={"api": "/ecs/api"}))
        ms = int(ENDED * 1000)
        found, early, asked = (
            core.log_search(Wanted(from_ms=ms - 60_000, to_ms=ms)),
            core.log_search(Wanted(from_ms=ms - 10**8, to_ms=ms - 10**7)),
            core.log_search(Wanted(from_ms=ms - 60_000, to_ms=ms, pattern="ERROR")),
        )
        for search in (found, early, asked):
            await search.run()
        assert len(found.lines) == 60
        assert [search.state for search in (found, early, asked)] == ["done", "failed", "failed"]
        assert "does not go back so far" in early.faults["api"].sentence


async def test_how_the_tail_stood_is_never_shown_as_live(file):
    async with Stage(file) as stage:
        assert stage.core.log_state() == ("REPLAY", "plain")
