"""A log service with a stepped clock of its own: late, duplicate, future and skewed events, odd pages, throttles, resets."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from bisect import bisect_left
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from clickit_tui.demo import filterpattern
from clickit_tui.logs.fetch import Ask, Event, Page
from clickit_tui.world.seen import Failed, Fault, Trouble

START = 1_800_000_000.0
"""Epoch seconds at which every story begins."""


class Stepped:
    """Time that passes only when everybody waits."""

    def __init__(self, now: float = START) -> None:
        self.now = now
        self.workers = 1
        """How many loops wait when nothing is to be done."""
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        wake = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.now + max(0.0, seconds), next(self._order), wake))
        await wake

    async def until(self, at: float) -> None:
        """Let everybody run up to that moment."""
        while True:
            await self._settle()
            if not self._sleepers or self._sleepers[0][0] > at:
                self.now = at
                return
            self.now, _, wake = heapq.heappop(self._sleepers)
            if not wake.done():
                wake.set_result(None)

    async def _settle(self) -> None:
        """Give everybody their turn until all of them wait; somebody who ended is not waited for longer than 1,000 turns."""
        for turn in range(1_000):
            if turn > 4 and len(self._sleepers) >= self.workers:
                return
            await asyncio.sleep(0)

    async def run(self, awaited: Awaitable[object], seconds: float) -> None:
        """Run something for some seconds of this time, then cancel it."""
        task = asyncio.ensure_future(awaited)
        try:
            await self.until(self.now + seconds)
            if task.done():
                task.result()
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            self._sleepers.clear()


def _order(event: Event) -> tuple[int, int, str]:
    return event.at_ms, event.ingested_ms or 0, event.id


@dataclass(frozen=True)
class Stored:
    """An event and the moment from which the service answers it."""

    event: Event
    from_s: float


@dataclass
class LogService:
    """Answers like FilterLogEvents, with the vices that are switched on."""

    time: Stepped
    events: dict[str, list[Stored]] = field(default_factory=dict)
    page_size: int = 10_000
    tokens: str = "good"
    """good, none (never one, pages cut), same (the same for ever, always the first page), empty (every other page empty)."""
    ids: bool = True
    repeats: int = 0
    """Every n-th event of a page is answered twice."""
    troubles: dict[int, Trouble] = field(default_factory=dict)
    """What happens to the n-th call."""
    outages: Sequence[tuple[float, float]] = ()
    """Seconds since START during which no call is answered."""
    missing: frozenset[str] = frozenset()
    latency_s: float = 0.0
    service_ahead_s: float = 0.0
    """How much the service's clock is ahead of ours."""
    refuse_tokens_from: int = 1_000_000_000
    """From this call on, tokens given before are refused."""
    patterns: bool = True
    asks: list[tuple[float, Ask]] = field(default_factory=list)
    _tokens: dict[str, tuple[tuple[int, int, str] | None, int, int]] = field(default_factory=dict)

    def put(self, group: str, at_s: float, delay_s: float, message: str, stream: str = "ecs/api/0123456789abcdef", id: str = "") -> Event:
        """Store an event: written at `at_s` after START by the service's clock, taken in `delay_s` later."""
        mine = self.events.setdefault(group, [])
        ingested = START + self.service_ahead_s + at_s + max(0.0, delay_s)
        event = Event(
            int((START + self.service_ahead_s + at_s) * 1000),
            message,
            stream,
            (id or f"{group}-{len(mine)}") if self.ids else "",
            int(ingested * 1000),
        )
        mine.append(Stored(event, ingested - self.service_ahead_s))
        return event

    def future(self, group: str, written_s: float, ahead_s: float, message: str) -> Event:
        """Store an event whose stamp lies ahead of the moment at which it was taken in."""
        mine = self.events.setdefault(group, [])
        ingested = START + self.service_ahead_s + written_s
        event = Event(
            int((ingested + ahead_s) * 1000), message, "ecs/api/f", f"{group}-{len(mine)}" if self.ids else "", int(ingested * 1000)
        )
        mine.append(Stored(event, START + written_s))
        return event

    async def fetch(self, ask: Ask) -> Page:
        """The engine's fetch."""
        number = len(self.asks)
        self.asks.append((self.time.now, ask))
        if self.latency_s:
            await self.time.sleep(self.latency_s)
        self._trouble(number, ask)
        return self._page(ask, number)

    def _trouble(self, number: int, ask: Ask) -> None:
        since = self.time.now - START
        if any(begin <= since < end for begin, end in self.outages):
            raise Failed(Fault(kind=Trouble.UNREACHABLE, sentence="no connection"))
        if ask.group in self.missing:
            raise Failed(Fault(kind=Trouble.MISSING, sentence="The specified log group does not exist."))
        if (kind := self.troubles.get(number)) is not None:
            raise Failed(Fault(kind=kind, sentence=str(kind)))

    def _matching(self, ask: Ask) -> list[Event]:
        now = self.time.now
        matches = filterpattern.compile(ask.pattern if self.patterns else "")
        found = [
            stored.event
            for stored in self.events.get(ask.group, ())
            if stored.from_s <= now
            and stored.event.at_ms >= ask.start_ms
            and (ask.end_ms is None or stored.event.at_ms < ask.end_ms)
            and matches(stored.event.message)
        ]
        return sorted(found, key=_order)

    def _page(self, ask: Ask, number: int) -> Page:
        events = self._matching(ask)
        size = min(ask.limit, self.page_size)
        if self.tokens in ("none", "same"):
            return Page(events=self._doubled(events[:size]), token="X" if self.tokens == "same" else "")
        after = 0
        if ask.token:
            if ask.token not in self._tokens or (
                number >= self.refuse_tokens_from and self._tokens[ask.token][2] < self.refuse_tokens_from
            ):
                raise Failed(Fault(kind=Trouble.INVALID, sentence="The specified nextToken is invalid."))
            after = self._place(events, self._tokens[ask.token][0], self._tokens[ask.token][1])
        if self.tokens == "empty" and after % 2 == 0 and not ask.token.startswith("e"):
            return Page(token=self._token("e", events, after, number))
        rest = events[after:]
        more = len(rest) > size
        return Page(events=self._doubled(rest[:size]), token=self._token("t", events, after + size, number) if more else "")

    def _token(self, kind: str, events: list[Event], after: int, number: int) -> str:
        """A token stands after an event, not at an index: what is taken in between two pages shifts nothing."""
        token = f"{kind}{number}"
        key = _order(events[after - 1]) if after else None
        self._tokens[token] = (key, sum(_order(e) == key for e in events[:after]), number)
        return token

    @staticmethod
    def _place(events: list[Event], key: tuple[int, int, str] | None, given: int) -> int:
        return 0 if key is None else bisect_left(events, key, key=_order) + given

    def _doubled(self, events: list[Event]) -> tuple[Event, ...]:
        if not self.repeats or not self.ids:
            return tuple(events)
        return tuple(itertools.chain.from_iterable((e, e) if i % self.repeats == 0 else (e,) for i, e in enumerate(events)))


async def follow_by_last_timestamp(
    fetch: Callable[[Ask], Awaitable[Page]], group: str, time: Stepped, told: Callable[[Event], None], since_s: float = 0.0
) -> None:
    """The baseline: reads from the newest timestamp seen, remembers the ids of that timestamp only, ends at the first failure."""
    start_ms, newest_ids = int((time.now - since_s) * 1000), set[str]()
    while True:
        token = ""
        while True:
            page = await fetch(Ask(group=group, start_ms=start_ms, token=token))
            for event in page.events:
                if event.id in newest_ids:
                    continue
                told(event)
                if event.at_ms > start_ms:
                    start_ms, newest_ids = event.at_ms, set()
                newest_ids.add(event.id)
            token = page.token
            if not token:
                break
        await time.sleep(5.0)
