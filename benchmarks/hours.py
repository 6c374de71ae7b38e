"""Hours of polling, checks and tail on a stepped clock in this process; prints resident memory after each hour as JSON."""

from __future__ import annotations

import asyncio
import json
import re
import sys
import tempfile
from pathlib import Path

from benchmarks.stage import Lines
from clickit_tui.checks.strip import findings, strip
from clickit_tui.config import Config
from clickit_tui.playbooks.diagnosis import cause
from clickit_tui.poll import Source
from clickit_tui.session import Session
from clickit_tui.world.seen import Fault
from clickit_tui.world.world import FIELDS, World
from tests import worlds
from tests.stepped import SteppedClock

HOURS = 8
LINES_PER_SECOND = 20.0
"""So many that the buffer is full before the first hour ends."""
STEP_S = 60.0
HAND_FED = frozenset({"log", "follows"})
"""Fields that no source feeds."""


def sources(clock: SteppedClock) -> tuple[Source, ...]:
    """A source for each field; every other quarter of an hour is an incident."""
    made: dict[int, World] = {}

    def world() -> World:
        minute = int(clock() // 60)
        if minute not in made:
            made.clear()
            build = worlds.incident_world if minute // 15 % 2 else worlds.healthy_world
            made[minute] = build(minute * 60.0)
        return made[minute]

    def source(field: str) -> Source:
        async def fetch(_: World) -> dict[str, object | Fault]:
            return {field: getattr(world(), field).value}

        return Source(name=field, feeds=frozenset({field}), every_s=worlds.EVERY_S.get(field, 60.0), fetch=fetch)

    seen = [name for name in FIELDS if name not in HAND_FED and hasattr(getattr(worlds.healthy_world(), name), "value")]
    return tuple(source(name) for name in seen)


def resident_mib() -> float:
    """Resident memory of this process."""
    found = re.search(r"VmRSS:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


async def hours(state_dir: str) -> list[float]:
    """Resident MiB at the end of each stepped hour."""
    clock = SteppedClock(worlds.NOW)
    config = Config(env=worlds.ENV, names=worlds.NAMES, state_dir=state_dir)
    fed = sources(clock)
    session = Session(config, clock=clock, sleep=clock.sleep, built=lambda _: fed, logs=Lines(LINES_PER_SECOND, clock).fetch)
    session.store.subscribe(FIELDS, lambda world, changed: None)
    await session.start()
    used: list[float] = []
    for _ in range(HOURS):
        for _ in range(int(3600 / STEP_S)):
            await clock.advance(STEP_S)
            judged(session)
        used.append(round(resident_mib(), 1))
        print(f"{len(used)} h: {used[-1]} MiB, {len(session.log_lines())} lines", file=sys.stderr, flush=True)
    await session.stop()
    return used


def judged(session: Session) -> None:
    """What the screen computes from a World."""
    world, facts = session.store.world, session.facts()
    found = findings(world, facts)
    strip(world, facts, found)
    cause(world, facts, found)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as state:
        print(json.dumps({"hours": HOURS, "mib": asyncio.run(hours(state))}))
