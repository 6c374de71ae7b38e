"""The lines that are kept: ordered, bounded by lines and by bytes; what is not kept is counted."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Sequence
from operator import attrgetter

import msgspec

from clickit_tui.logs.line import LogLine

_key = attrgetter("at_ms", "ingested_ms", "id")


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What one addition did to the buffer."""

    version: int
    added: tuple[LogLine, ...] = ()
    """In order."""
    evicted: int = 0
    """Older lines that had to go."""
    dropped: int = 0
    """Of the added ones, those that found no room and were never shown."""


class Buffer:
    """An ordered ring of lines. A line's place is its index since the start: `first` is the place of the oldest kept line."""

    def __init__(self, max_lines: int = 50_000, max_bytes: int = 32 * 1024 * 1024) -> None:
        self.max_lines, self.max_bytes = max_lines, max_bytes
        self.version = 0
        self.total = 0
        """Lines ever accepted."""
        self.evicted = 0
        """Lines that were shown and had to go."""
        self.dropped = 0
        """Lines that found no room when they came."""
        self.bytes = 0
        self._lines: list[LogLine] = []
        self._changes: deque[tuple[int, int]] = deque(maxlen=512)
        self._cached: tuple[int, tuple[LogLine, ...]] = (0, ())

    @property
    def first(self) -> int:
        """Place of the oldest kept line: how many lines went before it."""
        return self.evicted + self.dropped

    @property
    def lines(self) -> Sequence[LogLine]:
        """The kept lines in order, not copied: read at once, do not keep."""
        return self._lines

    def snapshot(self) -> tuple[LogLine, ...]:
        """The kept lines in order; made once per version."""
        if self._cached[0] != self.version:
            self._cached = (self.version, tuple(self._lines))
        return self._cached[1]

    def changed_from(self, version: int) -> int:
        """Lowest place whose line may differ from what it was at that version; the end of the buffer when nothing changed."""
        if version >= self.version:
            return self.first + len(self._lines)
        if not self._changes or self._changes[0][0] > version + 1:
            return self.first
        return max(self.first, min(place for at, place in self._changes if at > version))

    def add(self, batch: Sequence[LogLine]) -> Change:
        """Put lines where they belong by time; the oldest go when there is no room."""
        if not batch:
            return Change(version=self.version)
        added = sorted(batch, key=_key)
        at = self.first + self._place(added)
        self.total += len(added)
        self.bytes += sum(line.size for line in added)
        evicted, dropped = self._trim(added)
        self.version += 1
        self._changes.append((self.version, at))
        return Change(version=self.version, added=tuple(added), evicted=evicted, dropped=dropped)

    def _place(self, added: list[LogLine]) -> int:
        """Merge sorted lines into the list; returns the lowest index that changed."""
        if not self._lines or _key(self._lines[-1]) <= _key(added[0]):
            at = len(self._lines)
            self._lines.extend(added)
            return at
        at = bisect_right(self._lines, _key(added[0]), key=_key)
        end = bisect_left(self._lines, _key(added[-1]), at, key=_key)
        self._lines[at:end] = sorted(self._lines[at:end] + added, key=_key)
        return at

    def _trim(self, added: list[LogLine]) -> tuple[int, int]:
        """Remove the oldest lines until both bounds hold; (shown before, never shown)."""
        gone, freed = max(0, len(self._lines) - self.max_lines), 0
        for line in self._lines[:gone]:
            freed += line.size
        while gone < len(self._lines) - 1 and self.bytes - freed > self.max_bytes:
            freed += self._lines[gone].size
            gone += 1
        if not gone:
            return 0, 0
        new = {id(line) for line in added}
        dropped = sum(1 for line in self._lines[:gone] if id(line) in new)
        del self._lines[:gone]
        self.bytes -= freed
        self.dropped += dropped
        self.evicted += gone - dropped
        return gone - dropped, dropped
