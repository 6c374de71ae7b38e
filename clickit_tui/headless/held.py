"""Lines that were read and are not printed yet: they leave in order, and what came too late for that leaves marked."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from typing import NamedTuple

from clickit_tui.logs.line import LogLine

AHEAD_MS = 5_000
"""A stamp so much newer than the moment at which the service took the line in is no order to go by."""
FAR_AHEAD_MS = 300_000
"""The same against our clock, which may differ from the writers'; for back ends that do not say when they took a line in."""
MOST = 50_000
"""Lines that are held; beyond it the oldest leave."""

Key = tuple[int, int, str]


class Leaving(NamedTuple):
    """A line that is printed now."""

    line: LogLine
    late: bool
    """Newer lines were printed before it."""
    ahead: bool
    """Its stamp lies in the future: lines printed after it may be older."""


class Held:
    """A reordering buffer by (time, ingestion, id). Times given are epoch seconds; nothing here waits."""

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self._heap: list[tuple[Key, int, float, LogLine]] = []
        self._ahead: list[tuple[float, LogLine]] = []
        self._count = 0
        self._newest: Key | None = None
        self._looked = float("-inf")

    def __len__(self) -> int:
        return len(self._heap) + len(self._ahead)

    def add(self, lines: Iterable[LogLine], now: float) -> None:
        """Hold lines that were read at that moment."""
        for line in lines:
            if is_ahead(line, now):
                self._ahead.append((now, line))
            else:
                self._count += 1
                heapq.heappush(self._heap, (line.key, self._count, now, line))

    def below(self, at_ms: float) -> list[Leaving]:
        """Lines stamped before a moment up to which everything was read."""
        leaving = []
        while self._heap and self._heap[0][0][0] < at_ms:
            leaving.append(self._pop())
        return leaving

    def read_before(self, moment: float) -> list[Leaving]:
        """Lines that were read before a moment, and every older one."""
        if moment <= self._looked:
            return []
        self._looked = moment
        last = max((key for key, _, read_at, _ in self._heap if read_at < moment), default=None)
        leaving = []
        while last is not None and self._heap and self._heap[0][0] <= last:
            leaving.append(self._pop())
        return leaving + self._pop_ahead(moment)

    def excess(self) -> list[Leaving]:
        """The oldest of what is more than can be held."""
        leaving = self._pop_ahead(float("inf")) if len(self._ahead) > self.most else []
        while len(self._heap) > self.most:
            leaving.append(self._pop())
        return leaving

    def rest(self) -> list[Leaving]:
        """Everything, in order."""
        leaving = []
        while self._heap:
            leaving.append(self._pop())
        return sorted(leaving + self._pop_ahead(float("inf")), key=lambda one: one.line.key)

    def _pop(self) -> Leaving:
        key, _, _, line = heapq.heappop(self._heap)
        late = self._before_newest(key)
        if not late:
            self._newest = key
        return Leaving(line, late, False)

    def _pop_ahead(self, moment: float) -> list[Leaving]:
        leaving = sorted((line for read_at, line in self._ahead if read_at < moment), key=lambda line: line.key)
        self._ahead = [(read_at, line) for read_at, line in self._ahead if read_at >= moment]
        return [Leaving(line, self._before_newest(line.key), True) for line in leaving]

    def _before_newest(self, key: Key) -> bool:
        return self._newest is not None and key < self._newest


def is_ahead(line: LogLine, now: float) -> bool:
    """Whether a line is stamped in the future."""
    now_ms = now * 1000
    before_it_was = line.ingested_ms != line.at_ms and line.at_ms > line.ingested_ms + AHEAD_MS
    return (before_it_was and line.at_ms > now_ms) or line.at_ms > now_ms + FAR_AHEAD_MS
