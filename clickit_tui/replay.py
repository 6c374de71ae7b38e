"""The core of a replay: a store fed from a tape. It has no gateway, no journal and no network, and can change nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal, NoReturn

import msgspec

from clickit_tui.checks.registry import Facts
from clickit_tui.config import Config
from clickit_tui.logs.budget import Budget
from clickit_tui.logs.buffer import Buffer
from clickit_tui.logs.engine import Update
from clickit_tui.logs.fetch import Ask, Event, Page
from clickit_tui.logs.insights import Answer, Estimate
from clickit_tui.logs.line import LogLine
from clickit_tui.logs.search import Search, Wanted
from clickit_tui.plan import Hidden, Opening, Plan, Refused
from clickit_tui.playbooks import note
from clickit_tui.reach.capture import Captured, Output
from clickit_tui.reach.plugin import Invocation
from clickit_tui.store import Store
from clickit_tui.tape.reading import Tape
from clickit_tui.tape.reel import Reel
from clickit_tui.world.charting import Range
from clickit_tui.world.ecs import Task, TaskDefinition
from clickit_tui.world.follow import Follow
from clickit_tui.world.machine import Tunnel
from clickit_tui.world.parts import Alarm, Series
from clickit_tui.world.playing import Playing
from clickit_tui.world.seen import Failed, Fault, Trouble
from clickit_tui.world.spending import Spent
from clickit_tui.world.world import World

TICK_S = 0.1
"""How often the World is moved on."""
LOG_LINES = 20_000
"""Log lines held at least, where there are as many."""
JUMP = 100
"""Batches of log lines further on from which the log is put together anew."""
TASK_LINES = 50
FREELY = 1e6
"""Pages a second that a search may ask of the recording: it needs no sparing, and its clock may stand still."""
WHY = "this is a replay"
KEEPS_NOTHING = "this is a replay: it keeps nothing"


def refused(what: str) -> NoReturn:
    """Nothing can be asked of AWS. Raises Failed."""
    raise Failed(Fault(kind=Trouble.UNSERVED, sentence=f"{WHY}: {what}"))


def config_of(own: Config, tape: Tape) -> Config:
    """The user's own configuration in what concerns the screen, the recorded one in what concerns the environment."""
    header = tape.header
    return msgspec.structs.replace(
        own,
        env=header.env,
        names=header.names,
        thresholds=header.limits(),
        protected=header.protected,
        stop_database=header.stop_database,
        account=header.account,
        region=header.region,
        profile="",
        read_only=True,
        read_only_source=WHY,
        notify=tuple(way for way in own.notify if way != "title"),
    )


class Replay:
    """A core for the dashboard. Build it anywhere; `start` and everything after it on one event loop."""

    recording = ""

    def __init__(
        self,
        config: Config,
        tape: Tape,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.config = config_of(config, tape)
        self.store = Store(World(env=tape.header.env))
        self.shells = NoShells()
        self.cursor: float | None = None
        self.ask_mfa: Callable[[str], Awaitable[str | None]] | None = None
        self.notices: list[str] = [*config.notes, *told(tape)]
        self._tape, self._sleep = tape, sleep
        self._reel = Reel(tape.began_at, tape.ended_at, clock)
        self._marks: dict[str, tuple[int, int]] = {}
        self._buffer, self._batches = Buffer(), 0
        self._filling: asyncio.Task[None] | None = None
        self._log_words, self._log_changes = "", 0
        self._running: asyncio.Task[None] | None = None
        self._move_world()

    # --- the recording's clock ---

    @property
    def player(self) -> Replay:
        """What plays."""
        return self

    def playing(self) -> Playing:
        """Where the replay stands."""
        return self._reel.playing()

    def pause(self) -> None:
        """Stand still, or go on."""
        self._reel.pause()
        self.move()

    def faster(self, by: int) -> None:
        """The next speed, or with -1 the one before."""
        self._reel.faster(by)
        self.move()

    def seek(self, at: float) -> None:
        """Show another moment, as it was then; before the start, begin there."""
        self._reel.seek(at)
        if self._running is not None:
            self.move()
        else:
            self._move_world()

    async def start(self) -> None:
        """Begin to play."""
        self._reel.begin()
        self.move()
        self._running = asyncio.create_task(self._play(), name="replay")

    async def stop(self) -> None:
        """Stop, and close the tape."""
        tasks = [task for task in (self._running, self._filling) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tape.close()

    async def _play(self) -> None:
        while True:
            await self._sleep(TICK_S)
            self.move()

    def move(self) -> None:
        """Show what was known, and what the log held, at the moment that is shown."""
        self._move_world()
        self._move_log(self._tape.batches(self._reel.now()))

    def _move_world(self) -> None:
        marks = self._tape.marks(self._reel.now())
        gone = {name: self._tape.missing(name) for name in self._tape.readings if name not in marks}
        new = {name: self._tape.value(name, mark) for name, mark in marks.items() if self._marks.get(name) != mark}
        absent = {name: self._tape.missing(name) for name in self._tape.absent} if not self._marks else {}
        self._marks = marks
        self.store.put(**absent, **gone, **new)

    def _move_log(self, batches: int) -> None:
        if self._filling is not None and not self._filling.done():
            return
        if 0 <= batches - self._batches <= JUMP:
            self._buffer.add(self._tape.log(self._batches, batches))
            self._batches = batches
        else:
            self._filling = asyncio.create_task(self._refill(batches), name="replayed log")

    async def _refill(self, batches: int) -> None:
        """Put the log together as it stood after so many batches; to who reads it all former lines went."""
        first = self._tape.first_of(batches, LOG_LINES)
        lines = await asyncio.to_thread(self._tape.log, first, batches)
        before, after = self._buffer, Buffer()
        after.evicted, after.version = before.first + len(before.lines), before.version + 1
        after.add(lines)
        self._buffer, self._batches = after, batches

    # --- what screens ask ---

    @property
    def read_only(self) -> str:
        return WHY

    def facts(self) -> Facts:
        """As they were."""
        config = self.config
        return Facts(
            now=self._reel.now(),
            names=config.names,
            thresholds=config.thresholds,
            protected=config.protected,
            began_at=self._tape.header.began_at,
            reach=config.reach,
            may_stop_database=config.stop_database,
        )

    def refresh(self, fields: Sequence[str] = ()) -> None:
        """Nothing can be read again."""

    def lock(self, why: str) -> None:
        """It is locked."""

    async def carry_out(self, plan: Plan, replan: Callable[[World], Plan | Refused]) -> NotSent:
        return NotSent()

    def last_change(self) -> Plan | None:
        return None

    def log_lines(self) -> Sequence[LogLine]:
        return self._buffer.lines

    def log_update(self, since: int) -> Update:
        buffer = self._buffer
        return Update(version=buffer.version, first=buffer.first, changed_from=buffer.changed_from(since), lines=buffer.lines)

    def log_version(self) -> int:
        words = self.log_state()[0]
        if words != self._log_words:
            self._log_words, self._log_changes = words, self._log_changes + 1
        return self._buffer.version + self._log_changes

    def log_state(self) -> tuple[str, Literal["plain", "warn", "fail"]]:
        """How the tail stood, never as though it were live now."""
        stood = self._tape.tail(self._reel.now())
        looks: dict[str, Literal["warn", "fail"]] = {"warn": "warn", "fail": "fail"}
        return ("REPLAY" if stood.words == "LIVE" else f"REPLAY {stood.words}"), looks.get(stood.look, "plain")

    def log_troubles(self) -> Sequence[str]:
        return self._tape.tail(self._reel.now()).troubles

    def log_search(self, wanted: Wanted) -> Search:
        """A search in what the recording holds; without a pattern only, since those are CloudWatch's to match."""
        return Search(wanted, self.config.names.logs, self._fetch, Budget(rate=FREELY), clock=self._reel.now, masked=self.config.mask)

    async def _fetch(self, ask: Ask) -> Page:
        lines = self._buffer.lines
        if ask.pattern:
            refused("CloudWatch cannot be asked to search")
        if not lines or ask.start_ms < lines[0].at_ms:
            refused("its log does not go back so far")
        found = (line for line in lines if line.group == ask.group and ask.start_ms <= line.at_ms < (ask.end_ms or line.at_ms + 1))
        return Page(
            events=tuple(
                Event(at_ms=line.at_ms, message=line.message, stream=line.stream, id=line.id, ingested_ms=line.ingested_ms)
                for line in found
                if not ask.streams or line.stream in ask.streams
            )
        )

    async def task_log(self, task: Task) -> Sequence[LogLine]:
        """The last lines of a task, as far as the tail had read them."""
        own = [line for line in self._buffer.lines if line.task and task.id.startswith(line.task)]
        return own[-TASK_LINES:] or refused("the recording holds no line of this task")

    async def task_definitions(self, family: str, /) -> tuple[Sequence[str], bool]:
        known = [d for d in self.store.world.definitions.value or () if d.family == family]
        return [d.arn for d in sorted(known, key=lambda d: -d.revision)], False

    async def task_definition(self, arn: str, /) -> TaskDefinition:
        found = next((d for d in self.store.world.definitions.value or () if d.arn == arn), None)
        return found or refused("the recording does not hold this task definition")

    def follow(self, wanted: Follow) -> None:
        """Only what was followed is."""

    def insights(self) -> NoInsights:
        return NoInsights()

    async def database_load(self) -> Sequence[str]:
        refused("Performance Insights cannot be asked")

    async def alarm_metric(self, alarm: Alarm, start: float, end: float) -> Series:
        refused("the alarm's own metric is not in the recording")

    async def bookmark(self, text: str, about: float | None = None, *, step: str = "", said: str | None = None) -> str:
        return KEEPS_NOTHING

    async def note(self, text: str, about: float | None = None) -> str:
        return KEEPS_NOTHING

    async def declare(self, title: str, began_at: float) -> str:
        return KEEPS_NOTHING

    async def amend(self, *, title: str = "", began_at: float | None = None) -> str:
        return KEEPS_NOTHING

    async def resolve(self, resolution: str) -> str:
        return KEEPS_NOTHING

    async def incident_note(self, id: str = "") -> tuple[str, str]:
        """The note as it would have been at that moment; it is written nowhere."""
        world = self.store.world
        chosen = next((one for one in reversed(world.incidents) if id in ("", one.id)), None)
        if chosen is None:
            return "", "no incident was known at that moment"
        return "\n".join(note.lines(world, self.facts(), chosen)) + "\n", "it was not written to a file: this is a replay"

    def chart(self, wanted: Range | None) -> None:
        """Charts show what was read."""

    def rest(self, resting: bool) -> None:
        """Nothing is polled."""

    def spending(self) -> Spent:
        return Spent(began_at=self._tape.began_at)

    def spent(self) -> tuple[int, float]:
        return 0, 0.0

    async def login(self, say: Callable[[str], None]) -> str:
        return f"{WHY}: it needs no credentials"


class NotSent(msgspec.Struct, frozen=True, kw_only=True):
    """How every change ends."""

    kind: str = "refused"
    sentence: str = f"{WHY}: nothing is sent"
    warnings: tuple[str, ...] = ()
    plan: Plan | None = None
    grant: Hidden | None = None


class NoInsights:
    """Asks nothing."""

    async def estimate(self, groups: Sequence[str], start: float, end: float) -> Estimate:
        return Estimate(basis=WHY)

    async def ask(self, query: str, groups: Sequence[str], start: float, end: float, told: Callable[[Answer], None]) -> Answer:
        refused("Logs Insights cannot be asked")


class NoShells:
    """Opens nothing."""

    outputs: Sequence[Output] = ()

    async def survey(self) -> None:
        """This machine does not matter."""

    async def invocation(self, grant: Hidden, opening: Opening) -> Invocation:
        refused("nothing is opened")

    async def tunnel(self, grant: Hidden, opening: Opening) -> Tunnel:
        refused("nothing is opened")

    async def close_tunnel(self, id: str) -> None:
        """There is none."""

    def keep(self, title: str) -> Output:
        refused("nothing is run")

    async def run(self, grant: Hidden, opening: Opening, told: Callable[[Captured], None]) -> Captured:
        refused("nothing is run")

    def agree(self, plan: Plan) -> None:
        """Nothing is sent."""

    def agreed(self, task: str) -> tuple[Plan, float] | None:
        return None

    def one_of(self, task: str, number: int) -> Plan | None:
        return None


def told(tape: Tape) -> list[str]:
    """What a tape lacks, in a sentence each."""
    said = [f"left out: {count:,} x {what}" for what, count in sorted(tape.skipped.items())]
    return said + ([f"{tape.lost:,} log lines came too fast to be recorded"] if tape.lost else [])
