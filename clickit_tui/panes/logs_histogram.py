"""Lines by level over time, counted as they come: the histogram over the log."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from clickit_tui.logs.line import LogLine
from clickit_tui.ui.cells import Look, Span, Spans, fit, spans_width
from clickit_tui.ui.looks import Symbols
from clickit_tui.ui.spark import spark
from clickit_tui.world.world import World

BUCKET_MS = 5_000
AHEAD_MS = 60_000
"""Stamps further in the future than this are counted, but do not stretch the picture."""


class Levels:
    """Counts by bucket of time and level, renewed only from where the lines changed."""

    def __init__(self) -> None:
        self._buckets: dict[int, Counter[str]] = {}
        self.total: Counter[str] = Counter()
        """Lines by level, over all lines."""

    def renew(self, lines: Sequence[LogLine], changed: int) -> None:
        """Count the lines from index `changed` on anew; those before it only lost some at the front."""
        first = lines[0].at_ms // BUCKET_MS if lines else 0
        since = lines[changed].at_ms // BUCKET_MS if changed < len(lines) else 1 << 62
        gone = [bucket for bucket in self._buckets if bucket <= first or bucket >= since]
        for bucket in gone:
            self.total -= self._buckets.pop(bucket)
        if not lines:
            return
        if since <= first:
            self._count(lines, 0, len(lines))
            return
        self._count(lines, 0, bisect_left(lines, (first + 1) * BUCKET_MS, key=_at))
        self._count(lines, bisect_left(lines, since * BUCKET_MS, key=_at), len(lines))

    def _count(self, lines: Sequence[LogLine], start: int, end: int) -> None:
        fresh: dict[int, Counter[str]] = {}
        for line in lines[start:end]:
            fresh.setdefault(line.at_ms // BUCKET_MS, Counter())[line.level] += 1
        for bucket, counts in fresh.items():
            self._buckets.setdefault(bucket, Counter()).update(counts)
            self.total.update(counts)

    def bars(self, columns: int, now_ms: int) -> tuple[list[tuple[float, float, float]], int, int]:
        """(errors, warnings, all) per column from the oldest line to the newest, the milliseconds of one column, and where they begin."""
        if not self._buckets or columns <= 0:
            return [], BUCKET_MS, now_ms
        begin = min(self._buckets)
        end = max(begin, min(max(self._buckets), (now_ms + AHEAD_MS) // BUCKET_MS))
        per = _round_up(-(-(end - begin + 1) // columns))
        bars = [[0.0, 0.0, 0.0] for _ in range(-(-(end - begin + 1) // per))]
        for bucket, counts in self._buckets.items():
            bar = bars[min(len(bars) - 1, (bucket - begin) // per)]
            bar[0] += counts["error"]
            bar[1] += counts["warn"]
            bar[2] += counts.total()
        return [(e, w, a) for e, w, a in bars], per * BUCKET_MS, begin * BUCKET_MS


def _round_up(buckets: int) -> int:
    """The next number of buckets that makes a round time: seconds, minutes, quarters of an hour, hours."""
    steps = (1, 2, 3, 4, 6, 12, 24, 36, 60, 120, 180, 360, 720)
    return next((step for step in steps if step >= buckets), -(-buckets // 720) * 720)


def _at(line: LogLine) -> int:
    return line.at_ms


def scale(values: Sequence[float]) -> float:
    """The next 1, 2 or 5 above the greatest: a scale that seldom moves."""
    top = max(values, default=0.0)
    step = 1.0
    while True:
        for factor in (1, 2, 5):
            if top <= factor * step:
                return factor * step
        step *= 10


class Mark(NamedTuple):
    """A moment to be seen over the log."""

    at_ms: float
    letter: str
    look: Look


def marks_of(world: World) -> tuple[Mark, ...]:
    """`A` where an alarm that is in ALARM went there, `D` where a deployment began."""
    alarms = (a.since for a in world.alarms.value or () if a.state == "ALARM" and a.since is not None)
    begun = (d.created_at for s in world.services.value or () for d in s.deployments if d.created_at is not None)
    return (*(Mark(at * 1000, "D", "accent") for at in begun), *(Mark(at * 1000, "A", "fail") for at in alarms))


def histogram(levels: Levels, width: int, rows: int, now: float, glyphs: Symbols, marks: Sequence[Mark] = ()) -> tuple[Spans, ...]:
    """One row: errors over the time that is held. Three rows: errors, warnings, all lines. Name and sum stand before the bars.

    Marks stand in a row of their own under three rows, and in place of the bars in a single one.
    """
    named: tuple[tuple[str, int, Look, int], ...] = (
        ("errors", levels.total["error"], "fail", 0),
        ("warnings", levels.total["warn"], "warn", 1),
        ("lines", levels.total.total(), "plain", 2),
    )
    label = 18 if rows > 1 else 15
    columns, per_ms, begin_ms = levels.bars(max(1, width - label - 14), int(now * 1000))
    unit = "" if not columns else f" {per_ms // 1000} s each" if per_ms < 60_000 else f" {per_ms / 60_000:g} m each"
    placed = _placed(marks, len(columns), per_ms, begin_ms)
    out: list[Spans] = []
    for name, count, look, which in named[:rows]:
        values = [column[which] for column in columns]
        said = Span(fit(f" {name} {count:,}" if columns else f" {name} –", label), look if count and which < 2 else "dim")
        bars = spark(values, scale(values), len(values), 0, glyphs, look) if any(values) else (Span(glyphs.gap * len(values), "dim"),)
        row: Spans = (said, *(over(bars, placed) if rows == 1 else bars), Span(unit if not out else "", "dim"))
        out.append(row)
    if rows > 1 and placed:
        out.append((Span(fit(" A alarm D deploy", label), "dim"), *over((Span(" " * len(columns)),), placed)))
    return tuple((*row, Span(" " * max(0, width - spans_width(row)))) for row in out)


def _placed(marks: Sequence[Mark], columns: int, per_ms: int, begin_ms: int) -> dict[int, Mark]:
    """The marks by column; of several in one column the last."""
    found = {int((mark.at_ms - begin_ms) // per_ms): mark for mark in marks}
    return {column: mark for column, mark in found.items() if 0 <= column < columns}


def over(spans: Spans, placed: Mapping[int, Mark]) -> Spans:
    """Spans of glyphs one cell wide, with marks in place of some cells."""
    out: list[Span] = []
    at = 0
    for span in spans:
        begin = 0
        for i in (i for i in range(len(span.text)) if at + i in placed):
            mark = placed[at + i]
            out += [Span(span.text[begin:i], span.look), Span(mark.letter, mark.look)]
            begin = i + 1
        out.append(Span(span.text[begin:], span.look))
        at += len(span.text)
    return tuple(span for span in out if span.text)
