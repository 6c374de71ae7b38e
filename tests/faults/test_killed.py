"""A program that is killed in the middle of a change: the next start says that nobody knows its outcome."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from pathlib import Path

from clickit_tui.journal import Intent, Result
from clickit_tui.poll import Source
from clickit_tui.session import Session
from clickit_tui.world.world import World
from tests.aws.endpoint import Endpoint, as_json
from tests.faults.sending import CALL, made

ROOT = Path(__file__).parents[2]


def identified(state_dir: str) -> Session:
    """A session that reads who it is, and nothing else."""
    session = made(state_dir)

    async def fetch(_: World) -> dict[str, object]:
        return {"identity": await session.gateway.identity()}

    return Session(
        session.config,
        built=lambda _: (Source(name="identity", feeds=frozenset({"identity"}), every_s=60.0, fetch=fetch),),
        gateway=session.gateway,
    )


async def test_the_next_start_tells_of_a_change_that_was_killed_while_it_was_sent(small: Endpoint, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLEEXAMPLE00")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x" * 40)
    arrived, killed = threading.Event(), threading.Event()

    def hang(_: object) -> tuple[int, str, bytes]:
        arrived.set()
        killed.wait(30)
        return as_json({})

    small.answers["UpdateService"] = hang
    state_dir = str(tmp_path / "state")
    sender = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.faults.sending", state_dir, cwd=ROOT)
    try:
        assert await asyncio.to_thread(arrived.wait, 60)
    finally:
        sender.send_signal(signal.SIGKILL)
        await sender.wait()
        killed.set()
    session = identified(state_dir)
    session.store.subscribe(("identity",), lambda *_: None)
    told = asyncio.Event()
    session.store.subscribe(("lost",), lambda *_: told.set())
    await session.start()
    await asyncio.wait_for(told.wait(), 30)
    (lost,) = session.store.world.lost
    assert (lost.title, lost.part) == ("SCALE prod/api 2 → 5", "api")
    assert any(notice.startswith("outcome unknown: SCALE prod/api 2 → 5, sent") for notice in session.notices)
    await session.stop()
    entries = list(session.journal.entries())
    assert [entry.calls[0].params for entry in entries if isinstance(entry, Intent)] == [CALL.params]
    assert [entry.state for entry in entries if isinstance(entry, Result)] == ["unknown"]
    assert small.count("UpdateService") == 1
