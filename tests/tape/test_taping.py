"""A session that is recorded: what it shows is on the tape, and what goes wrong with the tape is only said."""

from __future__ import annotations

import asyncio
import random
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from clickit_tui.config import Flags, load
from clickit_tui.logs.fetch import Event, Page
from clickit_tui.poll import Source
from clickit_tui.tape import writing
from clickit_tui.tape.reading import opened
from clickit_tui.taping import TapedSession
from tests.stepped import SteppedClock
from tests.test_session import WHERE, ScriptedGateway, service


@pytest.fixture
def clock():
    return SteppedClock()


@pytest.fixture
def make(tmp_path, clock):
    def made():
        async def fetch(world):
            return {"services": (service(),)}

        async def who(world):
            return {"identity": WHERE}

        async def logs(ask):
            events = [Event(at_ms=int(clock() * 1000) - 500, message="db password=hunter22xyz", stream="ecs/api/1", id=str(clock()))]
            return Page(events=tuple(events) if "api" in ask.group else ())

        config = load(Flags(env="dev"), {}, state_dir=str(tmp_path / "state"))
        sources = (
            Source(name="services", feeds=frozenset({"services"}), every_s=15, fetch=fetch),
            Source(name="identity", feeds=frozenset({"identity"}), every_s=60, fetch=who),
        )
        gateway = ScriptedGateway(clock)
        return TapedSession(
            config,
            tmp_path / "a.tape",
            writing.create(tmp_path / "a.tape"),
            clock=clock,
            rng=random.Random(1),
            sleep=clock.sleep,
            gateway=gateway,
            built=lambda _: sources,
            logs=logs,
        )

    return made


@pytest.fixture(autouse=True)
async def _one_thread():
    """What is done in a thread is done in the order in which it was asked for."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))


async def settled(clock, seconds):
    """Let so much time pass, second by second, and the thread that writes finish."""
    for _ in range(seconds):
        await clock.advance(1)
        await asyncio.to_thread(lambda: None)
        await clock.settle()


async def test_world_and_log_of_a_session_are_on_its_tape(make, clock, tmp_path):
    session = make()
    session.store.subscribe(["services", "identity"], lambda *_: None)
    assert session.recording == "REC"
    await session.start()
    await settled(clock, 40)
    shown, at = session.store.world, clock()
    lines = list(session.tail.buffer.lines)
    await session.stop()
    tape = opened(tmp_path / "a.tape")
    known = tape.world(at)
    assert (known.services, known.identity, known.log) == (shown.services, shown.identity, shown.log)
    assert tape.log(0, tape.batches(at)) == lines
    assert lines
    assert "hunter22" not in (tmp_path / "a.tape").read_text()
    assert (tape.end, tape.tail(at).words, tape.header.env) == ("the session ended", "LIVE", "dev")
    assert stat.S_IMODE((tmp_path / "a.tape").stat().st_mode) == 0o600


async def test_recording_reads_nothing_that_the_session_would_not_read(make, clock, tmp_path):
    session = make()
    await session.start()
    await settled(clock, 20)
    assert session.store.world.services.seen_at is None
    await session.stop()


async def test_a_full_disk_is_said_once_and_the_session_goes_on(make, clock, monkeypatch):
    session = make()
    session.store.subscribe(["services", "identity"], lambda *_: None)
    await session.start()
    await settled(clock, 5)

    def full(file, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing.os, "write", full)
    await settled(clock, 20)
    monkeypatch.undo()
    before = session.store.world.services.seen_at
    await settled(clock, 40)
    assert session.recording == "REC OFF"
    assert [notice for notice in session.notices if "recording stopped" in notice] == [
        "No space left on device: recording stopped, a.tape holds what was seen until then"
    ]
    assert session.store.world.services.seen_at > before
    await session.stop()


async def test_a_defect_of_the_recording_ends_only_the_recording(make, clock, monkeypatch):
    session = make()
    monkeypatch.setattr(session._tape, "flush", lambda: 1 / 0)
    await session.start()
    await settled(clock, 5)
    assert session.recording == "REC OFF"
    assert "ZeroDivisionError" in session.notices[-1]
    await session.stop()
