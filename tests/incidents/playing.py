"""Playing an incident: the demo over HTTP, read by a session whose clock is the demo's."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

from clickit_tui.checks.registry import Facts
from clickit_tui.config import Config
from clickit_tui.demo.incidents import registry
from clickit_tui.demo.launch import Demo
from clickit_tui.naming import names
from clickit_tui.session import Session
from clickit_tui.world.world import World

ELAPSED_S = 1500.0
"""So long after its beginning an incident is looked at."""
WITHIN_S = 30.0


async def played(demo: Demo, name: str, state: Path, seed: int = 1, elapsed_s: float = ELAPSED_S) -> tuple[World, Facts]:
    """The World as a session reads it so many seconds into an incident, with the facts of that moment; without a name a quiet one."""
    incident = registry.INCIDENTS.get(name)
    demo.reset(seed=seed, paused=True, elapsed_s=elapsed_s, incident=name)
    env, now = incident.env if incident else "prod", demo.control("state")["now"]
    config = Config(env=env, names=names(env), protected=env != "dev", state_dir=str(state))
    session = Session(config, clock=lambda: now, rng=random.Random(seed), sleep=asyncio.sleep)
    await session.start()
    try:
        await _tried(session)
    finally:
        await session.stop()
    return session.store.world, session.facts()


async def _tried(session: Session) -> None:
    """Every source once, the metrics last, and the log to the present."""
    first = session.poller.fields - {"metrics"}
    async with asyncio.timeout(WITHIN_S):
        session.store.subscribe(first, lambda *_: None)
        await session.poller.tried(first)
        session.store.subscribe(("metrics",), lambda *_: None)
        await session.poller.tried()
        while not session.tail.filled:  # noqa: ASYNC110 - the tail tells of lines, not of having read them all
            await asyncio.sleep(0.02)
    session.count_log()
