"""A search on the server beyond what the tail holds: newest first, page by page, within the tail's budget; it can be cancelled."""

from __future__ import annotations

import asyncio
import re
from bisect import insort
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from operator import attrgetter

import msgspec

from clickit_tui.logs.budget import Budget
from clickit_tui.logs.fetch import Ask, Event, Fetch, Page
from clickit_tui.logs.line import LogLine, line_of
from clickit_tui.logs.mask import Blocks
from clickit_tui.logs.window import Job, Paging, Pass
from clickit_tui.world.seen import Failed, Fault, Trouble

MOST = 20_000
"""Lines of a search that are kept: the newest."""
SLICE_MS = 600_000
"""The newest slice of the window that is read first; each further one is three times as long."""
THROTTLED_S = 2.0
TRIES = 5
"""How often one page is asked for before its group is given up."""

_key = attrgetter("at_ms", "ingested_ms", "id")
_WORD = re.compile(r"[A-Za-z0-9_]+")


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked for; times are epoch milliseconds, the end is exclusive."""

    from_ms: int
    to_ms: int
    pattern: str = ""
    """A filter pattern of CloudWatch Logs; terms are case-sensitive. Empty matches every line."""
    parts: tuple[str, ...] = ()
    """Only these parts; empty means all."""
    streams: tuple[str, ...] = ()
    name: str = ""
    """What it is called on the screen; the pattern where it has no name."""
    enough: int = 0
    """Stop after the slice in which so many lines were found; 0 reads the whole window."""
    slice_ms: int = SLICE_MS


def pattern_of(text: str) -> str:
    """What was typed, as a filter pattern: words that the pattern language would not take are quoted, patterns are left alone."""
    plain = text.strip()
    if not plain or plain[0] in '{[%?"-':
        return plain
    quoted = (word if _WORD.fullmatch(word) else '"' + word.replace('"', '\\"') + '"' for word in plain.split())
    return " ".join(quoted)


def slices(from_ms: int, to_ms: int, first_ms: int = SLICE_MS) -> list[tuple[int, int]]:
    """The window in pieces, newest first, each three times as long as the one after it in time."""
    out: list[tuple[int, int]] = []
    end, long_ms = to_ms, max(1, first_ms)
    while end > from_ms:
        begin = max(from_ms, end - long_ms)
        out.append((begin, end))
        end, long_ms = begin, long_ms * 3
    return out


class Search:
    """One search. `run` ends when the window is read, enough was found, or every group failed; cancel its task to stop it."""

    def __init__(
        self,
        wanted: Wanted,
        groups: Mapping[str, str],
        fetch: Fetch,
        budget: Budget,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        masked: bool = True,
    ) -> None:
        self.wanted = wanted
        self.lines: list[LogLine] = []
        """In order; the newest `MOST`."""
        self.version = 0
        """Grows with every change of lines, progress or state."""
        self.dropped = 0
        """Lines found and not kept, the oldest ones."""
        self.state = "searching"
        """searching, done, enough, cancelled or failed."""
        self.faults: dict[str, Fault] = {}
        """Why a part was not searched to its end."""
        self.unread: dict[str, str] = {}
        """Why lines of a part may be missing although its window was read to its end."""
        self._groups = {part: group for part, group in groups.items() if not wanted.parts or part in wanted.parts}
        self._fetch, self._budget, self._clock, self._sleep, self._masked = fetch, budget, clock, sleep, masked
        self._blocks = {part: Blocks() for part in self._groups}
        self._paging = {part: Paging() for part in self._groups}
        self._done_ms = 0.0
        self._now_ms = 0.0
        self.reached_ms = wanted.to_ms
        """Everything from here to the end of the window was read, of the parts that could be."""

    @property
    def progress(self) -> float:
        """Share of the window that was read, 0 to 1."""
        whole = max(1, (self.wanted.to_ms - self.wanted.from_ms) * max(1, len(self._groups)))
        return 1.0 if self.state in ("done", "enough") else min(1.0, (self._done_ms + self._now_ms) / whole)

    @property
    def running(self) -> bool:
        """Whether it is still reading."""
        return self.state == "searching"

    async def run(self) -> None:
        """Search; what goes wrong is in `faults`. Cancelled, it keeps what was found."""
        try:
            for begin, end in slices(self.wanted.from_ms, self.wanted.to_ms, self.wanted.slice_ms):
                await self._slice(begin, end)
                self.reached_ms = begin
                if self.wanted.enough and len(self.lines) >= self.wanted.enough:
                    self._became("enough")
                    return
            self._became("failed" if len(self.faults) == len(self._groups) else "done")
        except asyncio.CancelledError:
            self._became("cancelled")
            raise

    def _became(self, state: str) -> None:
        self.state = state
        self.version += 1

    async def _slice(self, begin: int, end: int) -> None:
        for part, group in self._groups.items():
            if part not in self.faults:
                await self._part(part, group, begin, end)
            self._done_ms, self._now_ms = self._done_ms + end - begin, 0.0
            self.version += 1

    async def _part(self, part: str, group: str, begin: int, end: int) -> None:
        """Read one group's slice to its end."""
        reading = Pass(Job.WIDE, begin, self._clock(), begin, self.wanted.pattern)
        taken: set[int] = set()
        while True:
            page = await self._page(part, group, reading, end)
            if page is None:
                return
            reading.began(page)
            self._take(part, group, [e for e in page.events if begin <= e.at_ms < end], reading, taken)
            self._now_ms = min(end, reading.position_ms) - begin
            if reading.took(page, self._paging[part], 10_000) or reading.position_ms >= end:
                self._unread(part, reading)
                return

    def _unread(self, part: str, reading: Pass) -> None:
        if reading.gave_up:
            self.unread[part] = "only empty pages came, not all was read"
        elif reading.stuck:
            self.unread[part] = "more lines in one millisecond than a page holds"

    async def _page(self, part: str, group: str, reading: Pass, end: int) -> Page | None:
        """One page, asked for again when it is throttled or lost; None when the group is given up."""
        for attempt in range(TRIES):
            wait = self._budget.reserve(self._clock())
            if wait > 0:
                await self._sleep(wait)
            ask = Ask(
                group=group, start_ms=max(0, reading.start_ms), end_ms=end, token=reading.token,
                pattern=reading.pattern, streams=self.wanted.streams,
            )  # fmt: skip
            try:
                return await self._fetch(ask)
            except Failed as failed:
                if not await self._failed(part, reading, failed.fault, attempt):
                    return None
        return None

    async def _failed(self, part: str, reading: Pass, fault: Fault, attempt: int) -> bool:
        """Whether to ask once more."""
        if fault.kind is Trouble.INVALID and reading.token:
            reading.by_time(reading.position_ms)
            return attempt + 1 < TRIES
        passing = fault.kind not in (Trouble.DENIED, Trouble.MISSING, Trouble.UNSERVED, Trouble.INVALID)
        if not passing or attempt + 1 == TRIES:
            self.faults[part] = fault
            self.version += 1
            return False
        if fault.kind is Trouble.THROTTLED:
            self._budget.penalise(self._clock())
        await self._sleep(THROTTLED_S * 2**attempt)
        return True

    def _take(self, part: str, group: str, events: Sequence[Event], reading: Pass, taken: set[int]) -> None:
        fresh: list[LogLine] = []
        for event in events:
            key = reading.key(event)
            if key not in taken:
                taken.add(key)
                fresh.append(line_of(event, part, group, masked=self._masked, blocks=self._blocks[part]))
        if len(fresh) > 20:
            self.lines = sorted(self.lines + fresh, key=_key)
        else:
            for line in fresh:
                insort(self.lines, line, key=_key)
        if len(self.lines) > MOST:
            self.dropped += len(self.lines) - MOST
            del self.lines[:-MOST]
        self.version += 1

    def words(self) -> str:
        """`13:03-14:03Z  62% read, esc stops  refused`: what may not be cut off stands first; what was not read is said."""
        window = _window(self.wanted.from_ms, self.wanted.to_ms)
        return "  ".join(said for said in (window, self._how() + self._lacks(), self.wanted.name or self.wanted.pattern) if said)

    def _how(self) -> str:
        if self.running:
            return f"{self.progress:.0%} read, esc stops"
        if self.state in ("enough", "cancelled") and self.reached_ms > self.wanted.from_ms:
            return f"{self.state}: read from {_clock(self.reached_ms)} on"
        return self.state

    def _lacks(self) -> str:
        dropped = f", {self.dropped:,} older ones not kept" if self.dropped else ""
        why = {**self.unread, **{part: fault.sentence for part, fault in self.faults.items()}}
        return dropped + "".join(f"; {part}: {said}" for part, said in why.items())


def _clock(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%H:%M:%S")


def _window(from_ms: int, to_ms: int) -> str:
    """`13:03-14:03Z`; with the dates when it reaches over more than a day."""
    form = "%H:%M" if to_ms - from_ms < 86_400_000 else "%m-%d %H:%M"
    begin, end = (datetime.fromtimestamp(at / 1000, UTC).strftime(form) for at in (from_ms, to_ms))
    return f"{begin}-{end}Z" if len(begin) == 5 else f"{begin} to {end}Z"
