"""Eight hours of the whole dashboard on a stepped clock in one process, screens and focus changing all the while, log lines in bursts.

`python -m tests.soak.hours [HOURS]` prints what it was like at the end of each hour as JSON.
"""

from __future__ import annotations

import asyncio
import gc
import random
import sys
import tempfile
from collections.abc import Callable
from typing import Any

import msgspec
from textual.pilot import Pilot

from benchmarks.hours import resident_mib, sources
from benchmarks.words import log_text
from clickit_tui.app import Dashboard
from clickit_tui.config import Config
from clickit_tui.logs.fetch import Ask, Event, Page
from clickit_tui.screens.places import PLACES
from clickit_tui.session import Session
from tests import worlds
from tests.stepped import SteppedClock

HOURS = 8
SWITCHES = 500
STEPS = 60
"""Pieces of an hour, after each of which a person does something."""
QUIET_PER_S = 5.0
BURST_EVERY_S = 1800.0
BURST_S = 10.0
BURST_PER_S = 2000.0
DOINGS: tuple[tuple[str, ...], ...] = (
    ("j",),
    ("question_mark", "escape"),
    ("a", "escape"),
    ("slash", "a", "escape"),
    ("d", "escape"),
)


class Hour(msgspec.Struct, frozen=True, kw_only=True):
    """How it stands at the end of an hour."""

    mib: float
    """Resident memory of the process."""
    tasks: int
    """Tasks of the event loop."""
    objects: int
    """Objects that the garbage collector knows of."""
    lines: int
    """Log lines held."""


class Soaked(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of it."""

    hours: tuple[Hour, ...]
    switches: int
    focused: int
    """How often the focus was on another widget than before."""
    given: int
    """Log lines that were written."""
    wrong: tuple[str, ...]
    """What the event loop or the app had to say of errors."""


class Bursts:
    """A log service whose api group writes a little all the time and two thousand lines a second for ten seconds of every half hour."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock, self._begun, self.given = clock, clock(), 0

    def written(self) -> int:
        """How many lines there are by now."""
        passed = self._clock() - self._begun
        whole, rest = divmod(passed, BURST_EVERY_S)
        return int(passed * QUIET_PER_S + (whole * BURST_S + min(rest, BURST_S)) * BURST_PER_S)

    async def fetch(self, ask: Ask) -> Page:
        """What was written since the last answer."""
        if not ask.group.endswith("api"):
            return Page()
        first, self.given = self.given, self.written()
        now = int(self._clock() * 1000)
        return Page(events=tuple(Event(now, log_text(i), f"ecs/api/{i % 3:032x}", str(i), now) for i in range(first, self.given)))


class Soak:
    """The app, and a person who never stops."""

    def __init__(self, app: Dashboard, pilot: Pilot[int], session: Session, clock: SteppedClock) -> None:
        self.app, self.pilot, self.session, self.clock = app, pilot, session, clock
        self.rng = random.Random(1)
        self.switches = self.focused = 0

    async def hour(self, switches: int) -> Hour:
        """One hour, with so many changes of screen and of focus in it."""
        done = 0
        for step in range(1, STEPS + 1):
            await self.clock.advance(3600 / STEPS)
            while done < switches * step // STEPS:
                await self.work()
                done += 1
        await self.pilot.pause()
        gc.collect()
        return Hour(
            mib=round(resident_mib(), 1), tasks=len(asyncio.all_tasks()), objects=len(gc.get_objects()), lines=len(self.session.log_lines())
        )

    async def work(self) -> None:
        """Another screen, something done there, and the focus moved."""
        place = self.rng.choice([one.key for one in PLACES if one.key != self.app.place])
        await self.pilot.press(place)
        for _ in range(200):
            if self.app.place == place and self.app.screen is self.app.board:
                break
            await self.pilot.pause(0.01)
        self.switches += self.app.place == place
        await self.pilot.press(*self.rng.choice(DOINGS))
        for key in ("tab", "tab"):
            before = self.app.focused
            await self.pilot.press(key)
            self.focused += self.app.focused is not before
        self.app._paint()
        self.app._flush_log()

    def broken(self) -> list[str]:
        """Loops that ended, and the app's own error."""
        ended = [task.get_name() for task in (*self.session.poller._tasks, *self.session._running) if task.done()]
        defect = [repr(self.app._exception)] if self.app._exception is not None else []
        return [*(name for name in ended if name not in ("place", "journal")), *defect]


async def soaked(state_dir: str, hours: int) -> Soaked:
    """So many hours."""
    clock, wrong = SteppedClock(worlds.NOW), list[str]()
    loop = asyncio.get_running_loop()

    def heard(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        wrong.append(str(context.get("exception") or context["message"]))

    loop.set_exception_handler(heard)
    config = Config(env=worlds.ENV, names=worlds.NAMES, state_dir=state_dir)
    fed, log = sources(clock), Bursts(clock)
    session = Session(config, clock=clock, sleep=clock.sleep, built=lambda _: fed, logs=log.fetch)
    app = Dashboard(session)
    told: list[Hour] = []
    async with app.run_test(size=(120, 36)) as pilot:
        soak = Soak(app, pilot, session, clock)
        for number in range(hours):
            told.append(await soak.hour(SWITCHES * (number + 1) // HOURS - SWITCHES * number // HOURS))
            sys.stderr.write(f"{number + 1} h: {told[-1]}\n")
        wrong += soak.broken()
    return Soaked(hours=tuple(told), switches=soak.switches, focused=soak.focused, given=log.given, wrong=tuple(wrong))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as state:
        made = asyncio.run(soaked(state, int(sys.argv[1]) if len(sys.argv) > 1 else HOURS))
    sys.stdout.write(msgspec.json.encode(made).decode() + "\n")
