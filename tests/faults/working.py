"""A person who works on the dashboard while the demo's endpoint breaks and heals, on a clock that the test moves."""

from __future__ import annotations

import asyncio
import gc
import random
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
from textual.pilot import Pilot

from clickit_tui.app import Dashboard
from clickit_tui.config import Config
from clickit_tui.demo.launch import Demo
from clickit_tui.naming import names
from clickit_tui.panes.base import Pane
from clickit_tui.session import Session
from clickit_tui.ui.lines import Canvas
from clickit_tui.ui.rule import Rule
from clickit_tui.world.seen import Absent, Age, Seen, Trouble
from clickit_tui.world.world import ALWAYS_READ, ON_DEMAND
from tests.stepped import SteppedClock

SIZE = (180, 50)
BY_HAND = frozenset({"spend", "history"})
"""Read when a key asks for them only."""
WITHIN_S = 60.0
"""Real seconds within which a condition has to come about."""
TICK_S = 0.01
DOINGS: dict[str, tuple[str, ...]] = {
    "filter": ("slash", "a", "p", "i", "escape"),
    "drill in": ("enter", "escape"),
    "actions": ("a", "escape"),
    "help": ("question_mark", "escape"),
    "preview": ("S", "escape"),
    "details": ("d", "escape"),
    "move": ("j", "j", "k", "tab", "shift+tab", "g"),
}


class Lag:
    """The longest time that the event loop did nothing else than one thing: by the wall, and by the processor."""

    def __init__(self) -> None:
        self.wall_s = self.cpu_s = 0.0
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        self._task = asyncio.create_task(self._watch(), name="lag")

    def forget(self) -> None:
        self.wall_s = self.cpu_s = 0.0

    async def end(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _watch(self) -> None:
        while True:
            wall, cpu = time.monotonic(), time.thread_time()
            await asyncio.sleep(TICK_S)
            self.wall_s = max(self.wall_s, time.monotonic() - wall - TICK_S)
            self.cpu_s = max(self.cpu_s, time.thread_time() - cpu)


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What one pane showed."""

    screen: str
    pane: str
    title: str
    rows: int
    text: str


class Work:
    """The dashboard on a session of its own, and what a person does with it."""

    def __init__(self, demo: Demo, app: Dashboard, pilot: Pilot[int], session: Session, clock: SteppedClock, errors: list[str]) -> None:
        self.demo, self.app, self.pilot, self.session, self.clock = demo, app, pilot, session, clock
        self.lag = Lag()
        self.errors = errors
        """What the event loop had to say of tasks that failed."""

    def seen(self, field: str) -> Seen[object]:
        found = getattr(self.session.store.world, field)
        assert isinstance(found, Seen)
        return found

    @property
    def always(self) -> frozenset[str]:
        """Fields that the dashboard reads as long as it runs."""
        return self.session.poller.fields & frozenset(ALWAYS_READ)

    @property
    def known(self) -> frozenset[str]:
        """The same, and what the log's tail tells."""
        return self.always | {"log"}

    @property
    def wanted(self) -> frozenset[str]:
        """Fields that the shown screen reads on demand."""
        return (self.app.board.reads() & ON_DEMAND) - BY_HAND

    async def until(self, condition: Callable[[], bool], what: str, moving: bool = False) -> None:
        """Let the app run until a condition holds; `moving` also lets the seconds pass that lie between two tries of a source."""
        end = time.monotonic() + WITHIN_S
        turns = 0
        while not condition():
            assert time.monotonic() < end, f"{what} never came about"
            await self.pilot.pause(TICK_S)
            turns += 1
            if moving and turns % 50 == 0:
                self.clock.on(1.0)

    async def on(self, seconds: float) -> None:
        """Let time pass, here and in ClickIt."""
        await asyncio.to_thread(self.demo.step, seconds)
        self.clock.on(seconds)

    async def keys(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def go(self, place: str) -> None:
        """Show a screen, from wherever the work has led."""
        for _ in range(4):
            if self.app.screen is self.app.board:
                break
            await self.keys("escape")
        await self.keys(place)
        await self.until(lambda: self.app.place == place and self.app.screen is self.app.board, f"screen {place}")
        await self.until(lambda: self.app.board.view is not None and self.app.board.is_mounted, f"screen {place} painted")

    async def read_again(self, fields: Iterable[str]) -> None:
        """Ask for a new reading, as `r` does, and wait until it was tried."""
        await self.on(2.0)
        wanted, now = frozenset(fields), self.clock()
        self.session.refresh(tuple(wanted))

        def tried() -> bool:
            return all(max(seen.seen_at or 0.0, seen.fault_at or 0.0) >= now for seen in map(self.seen, wanted))

        await self.until(tried, f"a new reading of {sorted(wanted)}", moving=True)
        await self.painted()

    async def painted(self) -> None:
        """What is known now is on the screen."""
        self.app._paint()
        self.app._flush_log()
        await self.pilot.pause()

    def faults(self, fields: Iterable[str]) -> dict[str, str]:
        """Field to kind of trouble, for those that have one."""
        found = {field: self.seen(field) for field in fields}
        return {field: str(seen.fault.kind) for field, seen in found.items() if seen.fault is not None}

    def panes(self) -> list[Told]:
        """What the panes of the shown screen show."""
        return [self._told(pane) for pane in self.app.board.panes() if pane.display]

    def _told(self, pane: Pane) -> Told:
        rule = pane.query_one(Rule)
        rows = ["".join(span.text for span in line) for one in pane.query(Canvas) if one is not rule for line in one.shown]
        return Told(
            screen=self.app.place,
            pane=str(pane.id),
            title="".join(span.text for line in rule.shown for span in line).strip(" ─"),
            rows=sum(1 for row in rows if row.strip()),
            text="\n".join(rows),
        )

    async def round(self, places: str, turn: int, look: Callable[[list[Told]], None]) -> None:
        """Visit screens, do something there, and look at what they show; what is read on demand there is read again."""
        doings = list(DOINGS.values())
        for number, place in enumerate(places):
            await self.go(place)
            if self.wanted:
                await self.read_again(self.wanted)
            await self.keys(*doings[(turn + number) % len(doings)])
            await self.go(place)
            await self.painted()
            look(self.panes())

    async def recovered(self, fields: Callable[[], frozenset[str]], steps: Iterable[float]) -> float:
        """Seconds that pass until none of the fields has a fault, by itself."""
        passed = 0.0
        for step in steps:
            if not self.faults(fields()):
                return passed
            due = [seen.next_try_at or 0.0 for field in fields() if (seen := self.seen(field)).fault is not None]
            now = self.clock()
            await self.on(step)
            passed += step
            if all(at > self.clock() for at in due):
                continue
            ready = [field for field in fields() if (self.seen(field).next_try_at or now) <= self.clock() and self.seen(field).fault]
            await self.until(lambda: all(self._tried_since(field, now) for field in ready), f"another try of {ready}", moving=True)  # noqa: B023
        return passed if not self.faults(fields()) else float("inf")

    def _tried_since(self, field: str, since: float) -> bool:
        seen = self.seen(field)
        return seen.fault is None or (seen.fault_at or 0.0) > since

    def broken(self) -> list[str]:
        """What went wrong with the program itself: a loop that has ended, an error of the app, one that nobody caught."""
        poller, tail = self.session.poller, self.session._running
        ended = [task.get_name() for task in (*poller._tasks, *tail) if task.done() and task.get_name() not in ("place", "journal")]
        defect = [repr(self.app._exception)] if self.app._exception is not None else []
        unknown = [f"{name}: {seen.fault.sentence}" for name in self.always if (seen := self.seen(name)).fault and _defect(seen)]
        return [*self.errors, *ended, *defect, *unknown]


def _defect(seen: Seen[object]) -> bool:
    return seen.fault is not None and seen.fault.kind is Trouble.UNKNOWN and "unexpected failure" in seen.fault.sentence


def hollowed(before: object, after: object) -> bool:
    """Whether something that was there is said not to be there."""
    return bool(before) and not isinstance(before, Absent) and (isinstance(after, Absent) or after == () or after is None)


def admitted(told: Told, seen: Iterable[Seen[object]], now: float) -> bool:
    """Whether a pane's title says that something it shows is not known well: since when, or that it never was, and why."""
    poor = [one for one in seen if one.fault is not None and one.age(now) in (Age.STALE, Age.FAILED)]
    if not poor:
        return True
    why = any(one.fault is not None and (one.fault.sentence[:24] in told.title or str(one.fault.kind) in told.title) for one in poor)
    return why and ("STALE" in told.title or "? " in told.title)


@asynccontextmanager
async def working(demo: Demo, state: Path, env: str = "prod", size: tuple[int, int] = SIZE) -> AsyncIterator[Work]:
    """The dashboard with everything read once."""
    clock = SteppedClock((await asyncio.to_thread(demo.control, "state"))["now"])
    config = Config(env=env, names=names(env), protected=env != "dev", state_dir=str(state))
    session = Session(config, clock=clock, sleep=clock.sleep, rng=random.Random(1))
    errors: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: errors.append(str(context.get("exception") or context["message"])))
    app = Dashboard(session)
    async with app.run_test(size=size) as pilot:
        work = Work(demo, app, pilot, session, clock, errors)
        await work.until(lambda: all(work.seen(field).seen_at or work.seen(field).fault_at for field in work.always), "the first reading")
        gc.freeze()  # as the command line does after the first reading
        work.lag.begin()
        try:
            yield work
        finally:
            await work.lag.end()
            gc.unfreeze()
