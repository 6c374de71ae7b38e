"""The tail: one loop per log group, one budget, one ordered buffer. It loses nothing it can read and says what it could not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from random import Random

import msgspec

from clickit_tui.logs.budget import Budget
from clickit_tui.logs.buffer import Buffer, Change
from clickit_tui.logs.digest import MINUTES, Sums
from clickit_tui.logs.fetch import Ask, Event, Fetch, Page
from clickit_tui.logs.line import MAX_RAW, LogLine, line_of
from clickit_tui.logs.mask import Blocks
from clickit_tui.logs.reader import Gap, Reader
from clickit_tui.logs.state import TailState, state_of
from clickit_tui.world.parts import LogDigest
from clickit_tui.world.seen import Failed, Fault, Trouble, clean

__all__ = ["Ask", "Change", "Event", "Fetch", "LogLine", "Page", "Snapshot", "Tail", "TailState", "Update"]

CHUNK, CHUNK_CHARACTERS = 250, 64_000
"""Events, and characters of them, turned into lines between two turns of the event loop."""


def chunks(events: Sequence[Event]) -> Iterator[Sequence[Event]]:
    """The events in pieces that each take about as little time."""
    begin, characters = 0, 0
    for at, event in enumerate(events):
        if at - begin >= CHUNK or characters > CHUNK_CHARACTERS:
            yield events[begin:at]
            begin, characters = at, 0
        characters += min(len(event.message), MAX_RAW)
    if begin < len(events):
        yield events[begin:]


class Update(msgspec.Struct, frozen=True, kw_only=True):
    """What a painter needs since the version it painted last."""

    version: int
    first: int
    """Place of the oldest kept line: how many lines went before it since the start."""
    changed_from: int
    """Places at and after this differ; lines before it stand where they stood."""
    lines: Sequence[LogLine]
    """Every kept line in order, not copied: `lines[i]` has place `first + i`. Read at once, do not keep."""


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The tail at one moment."""

    version: int
    lines: tuple[LogLine, ...]
    state: TailState
    total: int
    """Lines accepted since the start."""
    evicted: int
    dropped: int
    late: int
    beyond: int
    """Late lines that only the sweep found."""
    gaps: tuple[Gap, ...]


class Tail:
    """The merged tail of several log groups.

    `groups` maps a part's short name to its log group. `clock` gives epoch seconds. `since_s` is how far back the first reading
    reaches. `pattern` and `streams` limit what is asked for. With `masked=False` secrets are kept as they are.
    """

    def __init__(
        self,
        groups: Mapping[str, str],
        fetch: Fetch,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        rng: Random | None = None,
        budget: Budget | None = None,
        buffer: Buffer | None = None,
        since_s: float = MINUTES * 60.0,
        pattern: str = "",
        streams: tuple[str, ...] = (),
        limit: int = 10_000,
        masked: bool = True,
    ) -> None:
        self.buffer = buffer or Buffer()
        self.budget = budget or Budget()
        self._fetch, self._clock, self._sleep = fetch, clock, sleep
        self._rng = rng or Random()  # noqa: S311 - jitter
        self._masked, self._pattern = masked, pattern
        self._begun = clock()
        self.since = self._begun - since_s
        """Epoch seconds at which the tail begins."""
        self.readers = {
            part: Reader(part, group, since_s=self.since, pattern=pattern, streams=streams, limit=limit) for part, group in groups.items()
        }
        self._blocks = {part: Blocks() for part in groups}
        self._sums = Sums()
        self._listeners: dict[int, Callable[[Change], None]] = {}
        self._next = 0
        self._dropped_at = float("-inf")

    async def run(self) -> None:
        """Follow every group until cancelled; may be run again afterwards and goes on where it was."""
        for reader in self.readers.values():
            reader.resume()
        async with asyncio.TaskGroup() as loops:
            for reader in self.readers.values():
                loops.create_task(self._follow(reader))

    async def _follow(self, reader: Reader) -> None:
        while True:
            wait = reader.wait_s(self._clock())
            if wait <= 0.0:
                wait = self.budget.reserve(self._clock())
                if wait > 0.0:
                    await self._sleep(wait)
                await self._turn(reader)
            else:
                await self._sleep(wait)

    async def _turn(self, reader: Reader) -> None:
        """One question and its answer."""
        try:
            page = await self._fetch(reader.ask(self._clock()))
        except Failed as failed:
            self._failed(reader, failed.fault)
            return
        except (OSError, TimeoutError) as broken:
            sentence = f"no answer: {clean(broken, 200) or type(broken).__name__}"
            self._failed(reader, Fault(kind=Trouble.UNREACHABLE, sentence=sentence, operation="logs:FilterLogEvents"))
            return
        reader.began(page)
        for events in chunks(page.events):
            self._take(reader, events)
            await asyncio.sleep(0)
        reader.took(page, self._clock())
        self._sums.forget(self._clock())

    def _failed(self, reader: Reader, fault: Fault) -> None:
        now = self._clock()
        if fault.kind is Trouble.MISSING:
            fault = msgspec.structs.replace(fault, sentence=f"not found: looked for {reader.group}")
        if fault.kind is Trouble.THROTTLED:
            self.budget.penalise(now)
        reader.failed(fault, now, self._rng)

    def _take(self, reader: Reader, events: Sequence[Event]) -> None:
        """Turn new events into lines and put them where they belong; listeners are told once."""
        part, group, blocks = reader.part, reader.group, self._blocks[reader.part]
        lines = [line_of(f.event, part, group, late=f.late, masked=self._masked, blocks=blocks) for f in reader.fresh(events)]
        if not lines:
            return
        for line in lines:
            self._sums.count(line)
        change = self.buffer.add(lines)
        if change.dropped and not reader.backfilling:
            self._dropped_at = self._clock()
        for told in tuple(self._listeners.values()):
            told(change)

    def subscribe(self, told: Callable[[Change], None]) -> Callable[[], None]:
        """Call back with every change of the buffer; returns the function that ends it."""
        key, self._next = self._next, self._next + 1
        self._listeners[key] = told

        def unsubscribe() -> None:
            self._listeners.pop(key, None)

        return unsubscribe

    def lines(self, since_version: int = 0) -> Update:
        """What changed since a version; costs the same however many lines are kept."""
        buffer = self.buffer
        return Update(version=buffer.version, first=buffer.first, changed_from=buffer.changed_from(since_version), lines=buffer.lines)

    def state(self, paused_at: int | None = None) -> TailState:
        """How the tail stands; a view that is paused gives the `buffer.total` at which it was paused."""
        paused = None if paused_at is None else self.buffer.total - paused_at
        readers = tuple(self.readers.values())
        unreadable = sum(reader.unreadable for reader in readers)
        dropped_at = max([self._dropped_at, *(reader.unreadable_at for reader in readers)])
        return state_of(readers, self._clock(), self._begun, self.buffer.dropped + unreadable, dropped_at, paused)

    def snapshot(self, paused_at: int | None = None) -> Snapshot:
        """The lines and every count at this moment; the tuple of lines is made once per version."""
        readers = self.readers.values()
        return Snapshot(
            version=self.buffer.version,
            lines=self.buffer.snapshot(),
            state=self.state(paused_at),
            total=self.buffer.total,
            evicted=self.buffer.evicted,
            dropped=self.buffer.dropped,
            late=sum(reader.late for reader in readers),
            beyond=sum(reader.beyond for reader in readers),
            gaps=tuple(gap for reader in readers for gap in reader.gaps),
        )

    @property
    def filled(self) -> bool:
        """Every group that can be read was read from the start to now."""
        return all(reader.filled or reader.fault is not None for reader in self.readers.values())

    def digest(self) -> LogDigest:
        """Levels, shapes and known failures of the last 15 minutes; `partial` unless every line of them was read."""
        now = self._clock()
        return self._sums.digest(now, self.since, partial=self._partial(now))

    def _partial(self, now: float) -> bool:
        begin_ms = int((now - MINUTES * 60) * 1000)
        for reader in self.readers.values():
            if not reader.filled or reader.fault is not None or reader.streams or reader.unreadable:
                return True
            if now - (reader.read_to() or 0.0) > 60.0 or any(gap.to_ms >= begin_ms for gap in reader.gaps):
                return True
        return bool(self._pattern)
