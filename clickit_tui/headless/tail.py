"""`clickit-tui tail`: the lines of the log on stdout, each once and in order; what is wrong with that on stderr."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import re
import select
import signal
import stat
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from typing import TextIO

import msgspec

from clickit_tui.aws.gateway import Gateway
from clickit_tui.aws.logs import log_fetch
from clickit_tui.config import Config
from clickit_tui.headless.held import Held, Leaving
from clickit_tui.headless.troubles import FINAL, Troubles
from clickit_tui.logs.buffer import Buffer
from clickit_tui.logs.engine import Change, Fetch, LogLine, Tail
from clickit_tui.logs.masking import masked_fetch
from clickit_tui.logs.plain import plain_line
from clickit_tui.logs.reader import Reader
from clickit_tui.logs.sift import Sift, parse
from clickit_tui.naming import nearest
from clickit_tui.poll import ended
from clickit_tui.world.seen import Failed, Trouble, clean

OK, PARTLY, NOT_RUN = 0, 3, 4
TICK_S = 0.25
"""How often it is looked whether lines can be printed."""
AGE_MOST_S = 30.0
"""Longest a line waits for a group that does not answer."""
PATIENCE_S = 30.0
"""How long a group without an answer is waited for when the tail is not followed."""
THROTTLED_PATIENCE_S = 600.0
KEPT = 1_000
"""Lines the engine keeps; what is printed is held here and not there."""
_DURATION = re.compile(r"(?:(\d{1,4})d)?(?:(\d{1,5})h)?(?:(\d{1,6})m)?(?:(\d{1,7})s?)?")
_GROUP = re.compile(r"[A-Za-z0-9_./#-]{1,512}")
_TASK = re.compile(r"[A-Za-z0-9-]{4,64}")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line asks for."""

    groups: tuple[str, ...] = ()
    """Short names of ClickIt's parts, or names of log groups; none means all of ClickIt's."""
    since: str = "15m"
    follow: bool = False
    filter: str = ""
    level: str = ""
    """At least this level; a line that does not say its level has none."""
    as_json: bool = False
    task: str = ""
    """The id of a task, its beginning, or its ARN."""


class Unusable(Exception):
    """Why it cannot be run as asked, in one sentence."""


def tail(config: Config, asked: Asked, *, out: TextIO | None = None, patience_s: float = PATIENCE_S) -> int:
    """Run the command; returns the exit code: 0 all was read, 3 a group or some of its events were not, 4 it could not run.

    Raises KeyboardInterrupt and BrokenPipeError, for which the command line has codes of its own.
    """
    try:
        groups, sift, since_s = groups_of(config, asked.groups), sift_of(asked), duration_s(asked.since)
    except Unusable as unusable:
        sys.stderr.write(f"clickit-tui: {unusable}\n")
        return NOT_RUN
    return asyncio.run(_over_aws(config, asked, groups, sift, since_s, out or sys.stdout, patience_s))


async def _over_aws(
    config: Config, asked: Asked, groups: Mapping[str, str], sift: Sift, since_s: float, out: TextIO, patience_s: float
) -> int:
    gateway = Gateway(config)
    try:
        engine = tail_of(groups, masked_fetch(log_fetch(gateway), config.masks), since_s=since_s, masked=config.mask)
        if asked.task and not asked.follow:
            await _narrow(gateway, engine, asked.task)
        return await Printing(engine, sift, out, asked, patience_s=patience_s).run()
    finally:
        await gateway.close()


def tail_of(
    groups: Mapping[str, str],
    fetch: Fetch,
    *,
    since_s: float,
    masked: bool = True,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Tail:
    """The engine as the command runs it."""
    return Tail(groups, fetch, clock=clock, sleep=sleep, buffer=Buffer(max_lines=KEPT), since_s=since_s, masked=masked)


async def _narrow(gateway: Gateway, engine: Tail, task: str) -> None:
    """Ask only for the streams of a task, where they are found; elsewhere its lines are picked out of all."""
    wanted = task_id(task)
    for reader in engine.readers.values():
        try:
            found = await gateway.pages(
                "logs", "DescribeLogStreams", "logStreams", most=1_000, logGroupName=reader.group, orderBy="LastEventTime", descending=True
            )
        except Failed:
            continue
        names = [str(one.get("logStreamName") or "") for one in found if isinstance(one, dict)]
        reader.streams = tuple(name for name in names if name.rsplit("/", 1)[-1].lower().startswith(wanted))[:100]


class Printing:
    """Prints what an engine reads, until the window is filled or, when it is followed, until it is cancelled."""

    def __init__(
        self,
        engine: Tail,
        sift: Sift,
        out: TextIO,
        asked: Asked,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        say: Callable[[str], None] | None = None,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._engine, self._accepts, self._out, self._asked = engine, sift.accepts, out, asked
        self._clock, self._sleep, self._patience_s = clock, sleep, patience_s
        self._held = Held()
        self._whole = False
        """The first window of every group was printed."""
        self._interrupted = False
        """It was interrupted while nobody read what is printed: nothing more is."""
        self._begun = clock()
        self._troubles = Troubles(engine, say or _on_stderr)
        if isinstance(out, io.TextIOWrapper):
            out.reconfigure(errors="backslashreplace")

    async def run(self) -> int:
        """Print; returns the exit code. Cancelled, it prints what was read and not printed yet. Raises BrokenPipeError."""
        unsubscribe = self._engine.subscribe(self._took)
        reading = asyncio.create_task(self._engine.run(), name="tail")
        try:
            await self._until_done(reading)
            self._print(self._held.rest())
        except asyncio.CancelledError:
            self._print(self._held.rest())
            raise
        finally:
            unsubscribe()
            await ended((reading,))
        self._troubles.look(self._clock(), last=True)
        return self._code()

    async def _until_done(self, reading: asyncio.Task[None]) -> None:
        while self._asked.follow or not all(self._settled(reader) for reader in self._engine.readers.values()):
            if reading.done():
                reading.result()
            if closed(self._out):
                raise BrokenPipeError
            await self._sleep(TICK_S)
            self._troubles.look(self._clock())
            self._print([*self._ripe(self._clock()), *self._held.excess()])

    def _took(self, change: Change) -> None:
        accepts = self._accepts
        self._held.add(change.added if accepts is None else filter(accepts, change.added), self._clock())
        if len(self._held) > self._held.most:
            self._print([*self._ripe(self._clock()), *self._held.excess()])

    def _ripe(self, now: float) -> list[Leaving]:
        """What can be printed: in the first window what lies before all that is still to be read; afterwards what was read before
        the overlap window was read once more in every group."""
        alive = [reader for reader in self._engine.readers.values() if reader.fault is None or reader.fault.kind not in FINAL]
        unfilled = [reader for reader in alive if not reader.filled]
        if unfilled and not all(reader.fault for reader in unfilled):
            return self._held.below(min((reader.read_to() or 0.0) * 1000 for reader in unfilled))
        if not unfilled and not self._whole:
            self._whole = True
            return self._held.rest()
        confirmed = min((reader.confirmed_at or 0.0 for reader in alive), default=now)
        return self._held.read_before(max(confirmed, now - AGE_MOST_S))

    def _print(self, leaving: Sequence[Leaving]) -> None:
        if not leaving or self._interrupted:
            return
        write = json_line if self._asked.as_json else text_line
        text = "".join(write(one) for one in leaving)
        try:
            with interruptible():
                self._out.write(text)
                self._out.flush()
        except KeyboardInterrupt:
            self._interrupted = True
            _discard(self._out)
            raise
        self._troubles.printed(leaving, self._clock())

    def _settled(self, reader: Reader) -> bool:
        """Whether a group was read, or is not waited for any longer."""
        if reader.filled or reader.fault is None:
            return reader.filled
        patience_s = THROTTLED_PATIENCE_S if reader.fault.kind is Trouble.THROTTLED else self._patience_s
        silent_s = self._clock() - (self._begun if reader.ok_at is None else reader.ok_at)
        return reader.fault.kind in FINAL or reader.fault.kind is Trouble.CREDENTIALS or silent_s > patience_s

    def _code(self) -> int:
        unread = [reader for reader in self._engine.readers.values() if not reader.filled]
        if not unread:
            return PARTLY if any(reader.unreadable for reader in self._engine.readers.values()) else OK
        known = (Trouble.MISSING, Trouble.DENIED)
        anything = len(unread) < len(self._engine.readers) or any(reader.fault and reader.fault.kind in known for reader in unread)
        return PARTLY if anything else NOT_RUN


def text_line(leaving: Leaving) -> str:
    """The line as people read it, and as the log screen copies it."""
    return f"{plain_line(leaving.line)}\n"


def json_line(leaving: Leaving) -> str:
    """The line as one JSON object."""
    return msgspec.json.encode(as_json(leaving.line, late=leaving.late)).decode() + "\n"


def as_json(line: LogLine, *, late: bool = False) -> dict[str, object]:
    """The fields of a printed line; `late` says that newer lines were printed before it."""
    return {
        "at": plain_line(line).split(" ", 1)[0],
        "at_ms": line.at_ms,
        "ingested_ms": line.ingested_ms,
        "part": line.part,
        "group": line.group,
        "stream": line.stream,
        "task": line.task,
        "level": line.level,
        "message": line.message,
        "id": clean(line.id, 200),
        "late": late,
    }


def closed(out: TextIO) -> bool:
    """Whether nobody reads the pipe any more that is written to."""
    try:
        file = out.fileno()
        if not stat.S_ISFIFO(os.fstat(file).st_mode):
            return False
    except (OSError, ValueError):
        return False
    poll = select.poll()
    poll.register(file, 0)
    return any(event & select.POLLERR for _, event in poll.poll(0))


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """SIGINT ends a write that waits for a reader; a cancelled task would wait with it."""
    before = signal.getsignal(signal.SIGINT)
    if not callable(before) or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _discard(out: TextIO) -> None:
    """What an output still buffers goes nowhere, so that the end of the process does not wait for a reader either."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())


def _on_stderr(sentence: str) -> None:
    sys.stderr.write(f"clickit-tui: {sentence}\n")
    sys.stderr.flush()


def groups_of(config: Config, named: Iterable[str]) -> dict[str, str]:
    """Log group by short name; a group that is none of ClickIt's goes by its own name. Raises Unusable."""
    logs = config.names.logs
    chosen: dict[str, str] = {}
    for name in named:
        if not _GROUP.fullmatch(name):
            raise Unusable(f"{clean(name, 100)!r} is no name of a log group")
        part = name if name in logs else next((part for part, group in logs.items() if group == name), name)
        if part not in logs and "/" not in part and (near := nearest(part, logs)):
            raise Unusable(f"no part {part}: did you mean {near}? There are {', '.join(logs)}")
        chosen[part] = logs.get(part, name)
    return chosen or dict(logs)


def sift_of(asked: Asked) -> Sift:
    """The filter, the level and the task as one filter of the log screen's language. Raises Unusable."""
    terms = [asked.filter] if asked.filter else []
    terms += [f"level>={asked.level}"] if asked.level else []
    terms += [f"task={task_id(asked.task)}"] if asked.task else []
    sift = parse(" ".join(terms))
    if sift.problem:
        raise Unusable(f"the filter cannot be used: {clean(sift.problem, 300)}")
    return sift


def task_id(task: str) -> str:
    """The id, or its beginning, of what names a task. Raises Unusable."""
    found = task.rsplit("/", 1)[-1].lower()
    if not _TASK.fullmatch(found):
        raise Unusable(f"{clean(task, 100)!r} is no id of a task: its first eight characters will do")
    return found


def duration_s(text: str) -> float:
    """Seconds of `90s`, `15m`, `1h30m`, `2d` or plain `90`. Raises Unusable."""
    found = _DURATION.fullmatch(text.strip().lower())
    if found is None or not any(found.groups()):
        raise Unusable(f"--since {clean(text, 40)!r} is no time; write 90s, 15m, 1h or 2d")
    days, hours, minutes, seconds = (int(number or 0) for number in found.groups())
    return float(((days * 24 + hours) * 60 + minutes) * 60 + seconds)
