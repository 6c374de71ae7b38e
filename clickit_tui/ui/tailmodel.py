"""An endless text without a screen: which lines are kept, which are shown, and where the window stands."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any, Generic, NamedTuple, TypeVar

from clickit_tui.ui.cells import Spans
from clickit_tui.ui.filtering import parse_filter
from clickit_tui.ui.patience import FILTER_S, TOO_LONG, TooLong, at_most

T = TypeVar("T")

MOST = 5_000
"""Lines kept by default."""
MOST_OLDER = 20_000
"""Lines that are held in front of the source's own."""


class Shown(NamedTuple):
    """One row of the window: its spans, and whether it belongs to the line under the cursor."""

    spans: Spans
    cursor: bool = False


class Sieve(NamedTuple, Generic[T]):
    """A compiled filter: what it lets through (None: everything), or why its text cannot be used."""

    text: str = ""
    accepts: Callable[[T], bool] | None = None
    problem: str = ""


class TailModel(Generic[T]):
    """Ordered lines, the filter over them, and a window that follows or stands still.

    `key` orders the lines and tells them apart; `rows` draws one line for a width in cells and is called for lines in sight only;
    `parse` compiles the text of a filter. A line's place is its number since the source began; lines before the source's first
    (`prepend`) have the places before it. Standing still, window and cursor stay on their lines (by key), not on places.
    """

    def __init__(
        self,
        key: Callable[[T], Any],
        rows: Callable[[T, int], Sequence[Spans]],
        parse: Callable[[str], Sieve[T]],
        most: int = MOST,
    ) -> None:
        self.rows = rows
        self._key, self._parse, self._most = key, parse, most
        self._lines: list[T] = []
        self._base = 0
        self._older = 0
        self._kept: list[int] | None = None
        self._sieve: Sieve[T] = Sieve()
        self._scope: Callable[[T], bool] | None = None
        self._bottom: tuple[Any, int] | None = None
        self._cursor: tuple[Any, int] | None = None
        self.new = 0
        """Lines that came since the pause and are shown."""
        self.problem = ""
        """Why the text of the filter could not be used, and the last good one stays in force; or why that one was given up."""

    # --- what is held ---

    @property
    def lines(self) -> Sequence[T]:
        """Every line held, in order, also those not shown."""
        return self._lines

    @property
    def count(self) -> int:
        """Lines held, also those not shown."""
        return len(self._lines)

    @property
    def older(self) -> int:
        """Lines held that lie before the source's first."""
        return self._older

    @property
    def shown(self) -> int:
        """Lines that filter and scope let through."""
        return len(self._lines) if self._kept is None else len(self._kept)

    @property
    def hidden(self) -> int:
        """Lines that filter and scope hide."""
        return len(self._lines) - self.shown

    def shown_lines(self) -> list[T]:
        """The lines let through, in order."""
        return list(self._lines) if self._kept is None else [self._lines[place - self._base] for place in self._kept]

    def splice(self, lines: Sequence[T], first: int, changed_from: int) -> None:
        """Take over a source whose line at place `first + i` is `lines[i]` and whose places before `changed_from` are as they were."""
        before = self._forget(first)
        end = self._base + len(self._lines)
        changed_from = max(first, min(changed_from, end))
        del self._lines[changed_from - self._base :]
        self._lines.extend(lines[changed_from - first :])
        if self._overlaps():
            self._sift()
        elif self._kept is not None:
            del self._kept[bisect_left(self._kept, changed_from) :]
            self._add(self._kept, changed_from)
        if not self.following:
            self.new += max(0, self.shown - before)

    def extend(self, lines: Sequence[T]) -> None:
        """Add lines at the end; the oldest go when there are too many."""
        gone = max(0, len(self._lines) + len(lines) - self._most)
        self.splice([*self._lines, *lines][gone:], self._base + gone, self._base + len(self._lines))

    def prepend(self, lines: Sequence[T]) -> int:
        """Put older lines in front; those not older than the first one held are left out. Returns how many were added."""
        first = self._key(self._lines[0]) if self._lines else None
        fresh = [line for line in lines if first is None or self._key(line) < first][-max(0, MOST_OLDER - self._older) :]
        if self._older >= MOST_OLDER:
            return 0
        self._lines[:0] = fresh
        self._base -= len(fresh)
        self._older += len(fresh)
        if self._kept is not None:
            self._sift()
        return len(fresh)

    def _forget(self, first: int) -> int:
        """Lines before the source's first go, unless older ones are held in front of them; returns how many shown ones are left."""
        own = self._base + self._older
        end = self._base + len(self._lines)
        if first > end or (first < own and self._lines):
            self._lines, self._base, self._older = [], first, 0
            self._kept = None if self._kept is None else []
        elif not self._lines:
            self._base = first
        elif self._older:
            self._older = min(len(self._lines), first - self._base)
            self._trim(max(0, self._older - MOST_OLDER))
            self._older = min(self._older, MOST_OLDER)
        else:
            self._trim(first - own)
        return self.shown

    def _trim(self, gone: int) -> None:
        if gone <= 0:
            return
        del self._lines[:gone]
        self._base += gone
        if self._kept is not None:
            del self._kept[: bisect_left(self._kept, self._base)]

    def _overlaps(self) -> bool:
        """Drop older lines that the source holds again, or that no longer come before its first; True when there were any."""
        dropped = 0
        while self._older and self._older < len(self._lines):
            if self._key(self._lines[self._older - 1]) < self._key(self._lines[self._older]):
                break
            del self._lines[self._older - 1]
            self._older -= 1
            self._base += 1
            dropped += 1
        return dropped > 0

    def drop_older(self) -> None:
        """Let go of the lines before the source's first."""
        self._trim(self._older)
        self._older = 0

    # --- what is shown ---

    @property
    def filter_text(self) -> str:
        """The filter in force; empty when there is none."""
        return self._sieve.text

    def set_filter(self, text: str) -> str:
        """Hide what the text does not match; returns what is wrong with it, or an empty string."""
        parsed = self._parse(text)
        self.problem = parsed.problem
        if not parsed.problem:
            before, self._sieve = self._sieve, parsed
            self._sift()
            if self.problem:
                self._sieve = before
                self._sift()
        return self.problem

    def narrow(self, scope: Callable[[T], bool] | None) -> None:
        """Show only lines that the scope lets through, besides the filter; None shows all."""
        self._scope = scope
        self._sift()

    def _sift(self) -> None:
        """Choose anew what is shown; a window that stands still stays on the nearest line before."""
        if self._sieve.accepts is None and self._scope is None:
            self._kept = None
            return
        self._kept = []
        self._add(self._kept, self._base)

    def _add(self, kept: list[int], start: int) -> None:
        """Let lines from `start` on through. A filter that takes too long is given up, and all it hid is shown."""
        try:
            with at_most(FILTER_S) if self._sieve.accepts is not None else nullcontext():
                kept += self._accepted(start)
        except TooLong:
            self._sieve, self.problem = Sieve(), TOO_LONG
            self._sift()

    def _accepted(self, start: int) -> list[int]:
        """Places from `start` on that are let through."""
        lines = self._lines[start - self._base :] if start > self._base else self._lines
        tests = [test for test in (self._scope, self._sieve.accepts) if test is not None]
        if len(tests) == 1:
            test = tests[0]
            return [place for place, line in enumerate(lines, max(start, self._base)) if test(line)]
        return [place for place, line in enumerate(lines, max(start, self._base)) if all(test(line) for test in tests)]

    def _line(self, index: int) -> T:
        """The line at an index among the shown ones."""
        return self._lines[self._place(index)]

    def _place(self, index: int) -> int:
        """Index among the lines held of a shown line."""
        return index if self._kept is None else self._kept[index] - self._base

    def _anchor(self, index: int) -> tuple[Any, int]:
        """What a shown line is found again by: its key, and how many with the same key come before it."""
        at = self._place(index)
        key = self._key(self._lines[at])
        return key, at - bisect_left(self._lines, key, key=self._key)

    def _index(self, anchor: tuple[Any, int]) -> int:
        """Index among the shown lines of the anchored one, or of the last before it; -1 when there is none."""
        key, nth = anchor
        at = bisect_left(self._lines, key, key=self._key) + nth
        exact = at < len(self._lines) and self._key(self._lines[at]) == key
        if self._kept is None:
            return at if exact else min(at, len(self._lines)) - 1
        return bisect_left(self._kept, self._base + at + exact) - 1

    # --- where the window stands ---

    @property
    def following(self) -> bool:
        """Whether the window stands at the newest line."""
        return self._bottom is None

    @property
    def cursor(self) -> T | None:
        """The line under the cursor; following, the newest one."""
        if not self.shown:
            return None
        return self._line(self._at())

    def _at(self) -> int:
        last = self.shown - 1
        return last if self._cursor is None else max(0, min(last, self._index(self._cursor)))

    def _end(self) -> int:
        """Index after the lowest line in sight."""
        return self.shown if self._bottom is None else max(0, min(self.shown, self._index(self._bottom) + 1))

    def pause(self) -> None:
        """Stand still on the newest line."""
        if self.following and self.shown:
            self._bottom = self._cursor = self._anchor(self.shown - 1)
            self.new = 0

    def follow(self) -> None:
        """Go to the newest line and stay with it; lines before the source's first are let go."""
        self._bottom = self._cursor = None
        self.new = 0
        self.drop_older()

    def move(self, by: int, height: int) -> None:
        """Move the cursor; upwards pauses, arriving at the newest line follows again."""
        last = self.shown - 1
        if last < 0 or (self.following and by >= 0):
            return
        at = max(0, min(last, self._at() + by))
        if at == last and by > 0:
            self.follow()
            return
        self._stand(at, height)

    def scroll(self, by: int, height: int) -> None:
        """Move the window by that many lines, the cursor with it; upwards pauses, arriving at the newest line follows again."""
        last = self.shown - 1
        if last < 0 or (self.following and by > 0):
            return
        end = max(min(height, last + 1), min(last + 1, self._end() + by))
        if end > last and by > 0:
            self.follow()
            return
        at = max(max(0, end - height), min(end - 1, self._at() + by))
        self.pause()
        self._bottom, self._cursor = self._anchor(end - 1), self._anchor(at)

    def _stand(self, at: int, height: int, around: bool = False) -> None:
        """Put the cursor on an index; the window moves only when it must: to the edge, or so that lines on both sides are in sight."""
        self.pause()
        end = self._end()
        if not end - height <= at < end:
            end = at + 1 + height // 2 if around else at + 1 if at >= end else at + height
        end = max(min(end, self.shown), min(height, self.shown))
        self._bottom, self._cursor = self._anchor(end - 1), self._anchor(at)

    def seek(self, wanted: Callable[[T], bool], by: int, height: int = 1) -> bool:
        """Put the cursor on the next (`by` 1) or previous (-1) shown line that is wanted; False when there is none. Raises TooLong."""
        count = self.shown
        at = count if self.following else self._at()
        way = range(at + 1, count) if by > 0 else range(at - 1, -1, -1)
        with at_most(FILTER_S):
            found = next((i for i in way if wanted(self._line(i))), None)
        if found is None:
            return False
        self._stand(found, height, around=True)
        return True

    def go(self, key: Any, height: int) -> bool:  # noqa: ANN401 - whatever orders the lines
        """Put the cursor on the first shown line at or after a key; False when all are before it."""
        at = bisect_left(self._lines, key, key=self._key)
        index = at if self._kept is None else bisect_left(self._kept, self._base + at)
        if index >= self.shown:
            return False
        self._stand(index, height, around=True)
        return True

    def at_top(self, height: int) -> bool:
        """Whether the window stands still on the oldest shown line."""
        return not self.following and (self._end() <= height or self._at() == 0)

    def between(self, one: Any, other: Any) -> list[T]:  # noqa: ANN401 - whatever orders the lines
        """The shown lines from one key to the other, both included, in order."""
        low, high = min(one, other), max(one, other)
        return [line for line in self.shown_lines() if low <= self._key(line) <= high]

    def window(self, height: int, width: int = 80) -> list[Shown]:
        """The rows in sight, oldest first; a line taller than its room shows its last rows, under the cursor its first ones."""
        end = self._end()
        cursor = -1 if self.following else self._at()
        above: list[Shown] = []
        index = end - 1
        while index >= 0 and len(above) < height:
            above[:0] = self._drawn(index, width, cursor)
            index -= 1
        if cursor < 0 or index < cursor - 1 or (index < cursor and len(above) <= height):
            return self._filled(above[max(0, len(above) - height) :], end, height, width, cursor)
        return self._filled([], cursor, height, width, cursor)

    def _filled(self, rows: list[Shown], index: int, height: int, width: int, cursor: int) -> list[Shown]:
        """The rows and those of the lines from `index` on, as many as fit."""
        while index < self.shown and len(rows) < height:
            rows += self._drawn(index, width, cursor)
            index += 1
        return rows[:height]

    def _drawn(self, index: int, width: int, cursor: int) -> list[Shown]:
        return [Shown(spans, index == cursor) for spans in self.rows(self._line(index), width)]


class Item(NamedTuple):
    """A line for which nothing more is known than how it looks: its number, its spans, and what the filter looks at."""

    number: int
    spans: Spans
    search: str = ""


def plain_tail(most: int = MOST) -> TailModel[Item]:
    """A model of plain items, filtered by text, `!text` or `/regex/`."""

    def parse(text: str) -> Sieve[Item]:
        found = parse_filter(text)
        if found.problem or found.accepts is None:
            return Sieve(text, None, found.problem)
        return Sieve(text, lambda item: found(item.search or "".join(span.text for span in item.spans)))

    return TailModel(lambda item: item.number, lambda item, width: (item.spans,), parse, most)
