"""One loop per source: interval, jitter, back-off, sleep when nobody reads it, refresh now."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

import msgspec

from clickit_tui.store import Store
from clickit_tui.world.seen import Failed, Fault, Seen, Trouble
from clickit_tui.world.world import World

Fetch = Callable[[World], Awaitable[Mapping[str, object | Fault]]]
"""A field that was read before and is missing from the answer was not read again: it keeps its value and its age."""

LEAST_S = 1.0
"""Seconds between the end of a fetch and the next fetch of the same source, whatever asks for it."""
MOST_S = 60.0
"""Longest back-off in seconds, for sources that are read more often than this."""
RARELY_S = 300.0
"""The same for what a permission or an endpoint lacks, where the source is read more seldom."""
CREDENTIALS_S = 12.0
"""Seconds between tries while credentials are missing: soon enough to recover by itself after a log-in."""
IDLE_S = 30.0
"""Shortest interval while the poller rests."""
AGAIN_S = 2.0
"""Seconds after which a task that is still there is cancelled once more."""
_RARELY = frozenset({Trouble.DENIED, Trouble.UNSERVED, Trouble.INVALID, Trouble.REFUSED})


class Doubted(msgspec.Struct, frozen=True, kw_only=True):
    """What a fetch may return for a field: a value to be shown, and why it may not be relied upon."""

    value: object
    fault: Fault


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Where some fields of the World come from."""

    name: str
    feeds: frozenset[str]
    """World fields its fetch returns; each field belongs to exactly one source."""
    every_s: float
    fetch: Fetch
    """Returns a value, or a Fault, for each field it feeds; raises `Failed` when all of them failed."""
    needs: frozenset[str] = frozenset()
    """World fields that must have been tried (a value or a fault) before the first fetch; the fetch itself says what is missing."""
    renews_s: float = 0.0
    """How often a fetch really reads, when that is less often than it is called; 0 means each time."""
    idle_s: float = 0.0
    """How often it is fetched while nobody is there and nothing is wrong; 0 means four times as seldom, at least `IDLE_S` apart."""
    insist: Callable[[], None] | None = None
    """Called before a fetch that was asked for, so that a source that reads less often than it is called reads now."""


class _Loop:
    """What one source's loop remembers. Times are epoch seconds."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.wake = asyncio.Event()
        self.asked = False
        self.waiting: list[asyncio.Future[None]] = []
        self.due_at = 0.0
        self.ended_at = float("-inf")
        self.failures = 0


class Poller:
    """Keeps the store fed. A listener is called at every poll, since `seen_at` moves; an unchanged value stays the same object."""

    def __init__(
        self,
        store: Store,
        sources: Iterable[Source],
        *,
        fault_of: Callable[[BaseException], Fault],
        clock: Callable[[], float] = time.time,
        rng: random.Random | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store, self._fault_of, self._clock, self._sleep = store, fault_of, clock, sleep
        self._rng = rng or random.Random()  # noqa: S311 - spreads polls, keeps no secret
        self._loops = tuple(_Loop(source) for source in sources)
        self._fed: frozenset[str] = frozenset().union(*(loop.source.feeds for loop in self._loops))
        self._tried: dict[str, asyncio.Event] = {field: asyncio.Event() for field in self._fed}
        self._tasks: list[asyncio.Task[None]] = []
        self.resting = False
        """Whether everything is polled more seldom, since nobody is there and nothing is wrong."""
        store.on_interest(lambda _: self._wake())

    @property
    def fields(self) -> frozenset[str]:
        """Every World field that some source feeds."""
        return self._fed

    def start(self) -> None:
        """Begin one task per source, on the running event loop."""
        self._tasks = [asyncio.create_task(self._run(loop), name=f"poll {loop.source.name}") for loop in self._loops]

    async def stop(self) -> None:
        """End every task and wait until they have ended; waiting `read_now` calls return."""
        await ended(self._tasks)
        self._tasks = []
        for loop in self._loops:
            _resolve(loop.waiting)

    def rest(self, resting: bool) -> None:
        """Poll more seldom, or as often as ever again: what is then due is polled at once."""
        if resting == self.resting:
            return
        self.resting = resting
        for loop in () if resting else self._loops:
            loop.due_at = min(loop.due_at, loop.ended_at + loop.source.every_s)
        self._wake()

    def _every_s(self, source: Source) -> float:
        """How often a source is fetched at present."""
        return max(source.every_s, source.idle_s or max(4 * source.every_s, IDLE_S)) if self.resting else source.every_s

    def refresh(self, fields: Iterable[str]) -> None:
        """Poll the sources of these fields now, also while they sleep; requests that come together cause one fetch."""
        for loop in self._of(fields):
            loop.asked = True
        self._wake()

    async def read_now(self, fields: Iterable[str]) -> None:
        """`refresh`, then wait until a fetch that began after this call has ended; how it went stands in the World."""
        loops = self._of(fields) if self._tasks else ()
        waits = [asyncio.get_running_loop().create_future() for _ in loops]
        for loop, wait in zip(loops, waits, strict=True):
            loop.waiting.append(wait)
        self.refresh(fields)
        if waits:
            await asyncio.wait(waits)

    async def tried(self, fields: Iterable[str] | None = None) -> None:
        """Wait until every given field (all of them by default) has been read or has failed once; a field that nobody reads counts."""
        for field in self._fed if fields is None else self._fed & set(fields):
            await self._tried[field].wait()

    def _of(self, fields: Iterable[str]) -> tuple[_Loop, ...]:
        asked = frozenset(fields)
        return tuple(loop for loop in self._loops if loop.source.feeds & asked)

    def _wake(self) -> None:
        for loop in self._loops:
            loop.wake.set()

    def _wanted(self, source: Source) -> bool:
        """Whether somebody reads a field of this source, or of a source that needs one of its fields and is read or asked."""
        wanted = {field for field in self._fed if self._store.read((field,))}.union(
            *(loop.source.feeds for loop in self._loops if loop.asked)
        )
        while more := {need for loop in self._loops if loop.source.feeds & wanted for need in loop.source.needs} - wanted:
            wanted |= more
        return bool(source.feeds & wanted)

    async def _run(self, loop: _Loop) -> None:
        while True:
            await self._until_due(loop)
            for need in loop.source.needs & self._fed:
                await self._tried[need].wait()
            if (gap := loop.ended_at + LEAST_S - self._clock()) > 1e-3:
                await self._sleep(gap)
            if loop.asked and loop.source.insist is not None:
                loop.source.insist()
            loop.asked, waiting, loop.waiting = False, loop.waiting, []
            try:
                await self._fetch(loop)
            finally:
                _resolve(waiting)

    async def _until_due(self, loop: _Loop) -> None:
        while not loop.asked:
            loop.wake.clear()
            wanted = self._wanted(loop.source)
            left = loop.due_at - self._clock()
            if wanted and left < 1e-3:
                return
            await self._pause(loop.wake, left if wanted else None)

    async def _pause(self, wake: asyncio.Event, seconds: float | None) -> None:
        """Until woken, or until so many seconds have passed."""
        if seconds is None:
            await wake.wait()
            return
        sleeper = asyncio.ensure_future(self._sleep(seconds))
        sleeper.add_done_callback(lambda done: None if done.cancelled() else wake.set())
        try:
            await wake.wait()
        finally:
            sleeper.cancel()

    async def _fetch(self, loop: _Loop) -> None:
        began = self._clock()
        answer: Mapping[str, object | Fault]
        try:
            answer = await loop.source.fetch(self._store.world)
        except Failed as failed:
            answer = dict.fromkeys(loop.source.feeds, failed.fault)
        except Exception as error:  # noqa: BLE001 - the one place where any failure becomes a fault on the screen
            answer = dict.fromkeys(loop.source.feeds, self._fault_of(error))
        loop.ended_at = self._clock()
        loop.due_at = loop.ended_at + self._delay_s(loop, answer)
        self._store.put(**self._seen(loop, answer, began))
        for field in loop.source.feeds:
            self._tried[field].set()

    def _seen(self, loop: _Loop, answer: Mapping[str, object | Fault], began: float) -> dict[str, object]:
        """The World's new values: a success replaces, a failure keeps the last good value beside its reason."""
        fields: dict[str, object] = {}
        every_s = max(loop.source.renews_s, self._every_s(loop.source))
        for field in loop.source.feeds:
            old: Seen[object] = getattr(self._store.world, field)
            got = answer.get(field, _SILENT if old.seen_at is None else old)
            if isinstance(got, Doubted):
                old, got = msgspec.structs.replace(old, value=got.value), got.fault
            if isinstance(got, Fault):
                fields[field] = msgspec.structs.replace(old, fault=got, fault_at=loop.ended_at, next_try_at=loop.due_at, every_s=every_s)
            elif got is not old:
                same = old.seen_at is not None and old.value == got
                fields[field] = Seen(value=old.value if same else got, seen_at=began, every_s=every_s)
            elif old.every_s != every_s and old.seen_at is not None:
                fields[field] = msgspec.structs.replace(old, every_s=every_s)
        return fields

    def _delay_s(self, loop: _Loop, answer: Mapping[str, object | Fault]) -> float:
        told = [got.fault if isinstance(got, Doubted) else got for got in answer.values()]
        faults = [got for got in told if isinstance(got, Fault)]
        throttled = [fault for fault in faults if fault.kind is Trouble.THROTTLED]
        whole = bool(faults) and len(faults) == len(answer)
        loop.failures = loop.failures + 1 if throttled or whole else 0
        plain = self._every_s(loop.source)
        if throttled:
            plain = min(plain * 2**loop.failures, max(MOST_S, min(plain, RARELY_S)))
        elif whole:
            plain = _retry_s(faults[0].kind, plain, loop.failures)
        return plain * self._rng.uniform(0.9, 1.1)


def _retry_s(kind: Trouble, every_s: float, failures: int) -> float:
    """Seconds until a source that failed wholly is tried again."""
    if kind in _RARELY:
        return max(MOST_S, min(every_s, RARELY_S))
    if kind is Trouble.CREDENTIALS:
        return CREDENTIALS_S
    if kind is Trouble.WAITING:
        return min(every_s, 5.0)
    if kind is Trouble.MISSING:
        return min(every_s, MOST_S)
    return min(min(every_s, 10.0) * 2.0 ** min(failures - 1, 10), MOST_S)


async def ended(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks and wait until they have ended, however they end; one that goes on after its cancellation is cancelled again."""
    left = every = set(tasks)
    while left:
        for task in left:
            task.cancel()
        # A library that is called may take a cancellation for its own and go on (`asyncio.wait_for` of Python 3.11 does): asked
        # once only, such a task would keep whoever quits for good.
        left = (await asyncio.wait(left, timeout=AGAIN_S))[1]
    await asyncio.gather(*every, return_exceptions=True)


def _resolve(waiting: list[asyncio.Future[None]]) -> None:
    for wait in waiting:
        if not wait.done():
            wait.set_result(None)


_SILENT = Fault(kind=Trouble.GARBLED, sentence="the source did not answer for this")
