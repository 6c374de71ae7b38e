"""One metric: its minutes in arrays, and CloudWatch's statistics over them."""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

SAMPLES_KEPT = 256
"""Values of one minute that are kept for percentiles; more are thinned to as many evenly spaced quantiles."""

Weighted = list[tuple[float, float]]
"""(value, how many samples it stands for)."""


class Point(NamedTuple):
    """What happened to one metric in one minute."""

    sample_count: float
    total: float
    low: float
    high: float
    values: Sequence[float] = ()
    """Sorted samples when they are known."""


def gauge(value: float) -> Point:
    """One sample."""
    return Point(1.0, value, value, value)


def samples(values: Iterable[float]) -> Point:
    """Many samples of which the distribution counts."""
    kept = sorted(values)
    if not kept:
        raise ValueError("no samples")
    return Point(float(len(kept)), math.fsum(kept), kept[0], kept[-1], _thinned([(value, 1.0) for value in kept]))


def sums(total: float, count: float) -> Point:
    """A total over `count` samples, each taken as the mean."""
    mean = total / count
    return Point(count, total, mean, mean)


def _thinned(pairs: Weighted) -> list[float]:
    """At most SAMPLES_KEPT values with the same quantiles, lowest and highest included; `pairs` must be sorted."""
    if len(pairs) <= SAMPLES_KEPT and all(weight == 1.0 for _, weight in pairs):
        return [value for value, _ in pairs]
    return [percentile(pairs, 100 * step / (SAMPLES_KEPT - 1)) for step in range(SAMPLES_KEPT)]


def percentile(pairs: Weighted, percent: float) -> float:
    """The smallest of the sorted values at or below which `percent` of all samples lie."""
    whole = math.fsum(weight for _, weight in pairs)
    wanted, seen = whole * percent / 100 - 1e-9, 0.0
    for value, weight in pairs:
        seen += weight
        if seen >= wanted:
            return value
    return pairs[-1][0]


class Series:
    """The minutes of one metric."""

    def __init__(self, unit: str | None = None) -> None:
        self.unit = unit
        self.first = 0
        self.counts, self.totals, self.lows, self.highs = (array("d") for _ in range(4))
        self.samples: dict[int, array[float]] = {}

    @property
    def end(self) -> int:
        """The minute after the last one held."""
        return self.first + len(self.counts)

    def add(self, minute: int, point: Point) -> None:
        """Merge a point into its minute, as CloudWatch merges what is published for one minute."""
        self._reach(minute)
        at = minute - self.first
        if self.counts[at] == 0:
            self.counts[at], self.totals[at], self.lows[at], self.highs[at] = point[:4]
            if point.values:
                self.samples[minute] = array("d", point.values)
            return
        before = self.weighted(minute, minute + 1)
        after = weights(point)
        if before is None or after is None:
            self.samples.pop(minute, None)
        else:
            self.samples[minute] = array("d", _thinned(sorted(before + after)))
        self.counts[at] += point.sample_count
        self.totals[at] += point.total
        self.lows[at] = min(self.lows[at], point.low)
        self.highs[at] = max(self.highs[at], point.high)

    def _columns(self) -> tuple[array[float], ...]:
        return self.counts, self.totals, self.lows, self.highs

    def _reach(self, minute: int) -> None:
        if not self.counts:
            self.first = minute
        if minute < self.first:
            gap = array("d", bytes(8 * (self.first - minute)))
            self.counts, self.totals, self.lows, self.highs = (gap + column for column in self._columns())
            self.first = minute
        if minute >= self.end:
            gap = array("d", bytes(8 * (minute + 1 - self.end)))
            for column in self._columns():
                column.extend(gap)

    def clear(self, minute: int) -> None:
        """Take a minute's point away."""
        if self.first <= minute < self.end:
            for column in self._columns():
                column[minute - self.first] = 0.0
            self.samples.pop(minute, None)

    def forget(self, before: int) -> None:
        """Drop the minutes before one; the newest minute always stays."""
        drop = min(before - self.first, len(self.counts) - 1)
        if drop <= 0:
            return
        for column in self._columns():
            del column[:drop]
        self.first += drop
        self.samples = {minute: kept for minute, kept in self.samples.items() if minute >= self.first}

    def window(self, start: int, end: int) -> Point | None:
        """All of [start, end) minutes as one point without samples; None when nothing was published."""
        count = total = 0.0
        low, high = math.inf, -math.inf
        for at in range(max(start, self.first) - self.first, min(end, self.end) - self.first):
            here = self.counts[at]
            if here:
                count += here
                total += self.totals[at]
                low = min(low, self.lows[at])
                high = max(high, self.highs[at])
        return Point(count, total, low, high) if count else None

    def each(self, stat: str, start: int, end: int) -> Iterator[tuple[int, float]]:
        """(minute, value) of a PLAIN statistic or a plain percentile for each single minute of [start, end) that has one."""
        first, percent, of = self.first, plain_percent(stat), PLAIN.get(stat)
        for at in range(max(start, first) - first, min(end, self.end) - first):
            if not self.counts[at]:
                continue
            if of:
                yield first + at, of(self.counts[at], self.totals[at], self.lows[at], self.highs[at])
            elif percent is not None and first + at in self.samples:
                values = self.samples[first + at]
                yield first + at, values[max(0, math.ceil(len(values) * percent / 100 - 1e-9) - 1)]
            elif percent is not None and self.lows[at] == self.highs[at]:
                yield first + at, self.lows[at]

    def weighted(self, start: int, end: int) -> Weighted | None:
        """The samples of [start, end) with their weights, unsorted; None when a minute's distribution is not known."""
        found: Weighted = []
        for minute in range(max(start, self.first), min(end, self.end)):
            at = minute - self.first
            if not self.counts[at]:
                continue
            point = Point(self.counts[at], self.totals[at], self.lows[at], self.highs[at], self.samples.get(minute, ()))
            pairs = weights(point)
            if pairs is None:
                return None
            found += pairs
        return found


def weights(point: Point) -> Weighted | None:
    """A point's samples with their weights; None when its distribution is not known."""
    if len(point.values):
        weight = point.sample_count / len(point.values)
        return [(value, weight) for value in point.values]
    return [(point.low, point.sample_count)] if point.low == point.high else None


Statistic = Callable[[Point, Callable[[], "Weighted | None"]], "float | None"]
"""(the period as one point, what gives its samples) -> the value, or None when it has none."""

PLAIN: dict[str, Callable[[float, float, float, float], float]] = {
    "Average": lambda sample_count, total, low, high: total / sample_count,
    "Sum": lambda sample_count, total, low, high: total,
    "Minimum": lambda sample_count, total, low, high: low,
    "Maximum": lambda sample_count, total, low, high: high,
    "SampleCount": lambda sample_count, total, low, high: sample_count,
}
"""The statistics that need no samples, of (sample count, total, lowest, highest)."""
_SHORT = re.compile(r"(p|tm|wm|tc|ts)(\d{1,2}(?:\.\d+)?|100)", re.IGNORECASE)
_RANGE = re.compile(r"(TM|WM|TC|TS|PR)\(\s*([\d.]*)(%?)\s*:\s*([\d.]*)(%?)\s*\)", re.IGNORECASE)


@lru_cache(maxsize=256)
def statistic(name: str) -> Statistic | None:
    """The statistic of that name (Average, ..., p95, tm99, TM(1%:99%), PR(0:0.5), IQM), or None when CloudWatch has none such."""
    if name in PLAIN:
        plain = PLAIN[name]
        return lambda point, _: plain(*point[:4])
    if name.upper() == "IQM":
        return _trimmed("TM", 25, 75)
    short = _SHORT.fullmatch(name)
    if short:
        kind, percent = short[1].upper(), float(short[2])
        return _quantile(percent) if kind == "P" else _trimmed(kind, 0, percent)
    wide = _RANGE.fullmatch(name)
    if not wide:
        return None
    kind, low, high = wide[1].upper(), wide[2], wide[4]
    if kind == "PR":
        return _rank(float(low or "-inf"), float(high or "inf"))
    if wide[3] or wide[5]:
        return _trimmed(kind, float(low or 0), float(high or 100))
    return _between(kind, float(low or "-inf"), float(high or "inf"))


@lru_cache(maxsize=256)
def plain_percent(name: str) -> float | None:
    """95.0 for p95; None for what is no plain percentile."""
    short = _SHORT.fullmatch(name)
    return float(short[2]) if short and short[1].lower() == "p" else None


def _quantile(percent: float) -> Statistic:
    def of(_: Point, weighted: Callable[[], Weighted | None]) -> float | None:
        pairs = weighted()
        return percentile(sorted(pairs), percent) if pairs else None

    return of


def _trimmed(kind: str, low: float, high: float) -> Statistic:
    def of(_: Point, weighted: Callable[[], Weighted | None]) -> float | None:
        pairs = weighted()
        if not pairs:
            return None
        pairs.sort()
        bottom, top = percentile(pairs, low), percentile(pairs, high)
        return _cut(kind, pairs, bottom, top)

    return of


def _between(kind: str, low: float, high: float) -> Statistic:
    def of(_: Point, weighted: Callable[[], Weighted | None]) -> float | None:
        pairs = weighted()
        return _cut(kind, pairs, low, high) if pairs else None

    return of


def _cut(kind: str, pairs: Weighted, low: float, high: float) -> float | None:
    """Trimmed mean, winsorized mean, trimmed count or trimmed sum of the samples in [low, high]."""
    if kind == "WM":
        pairs = [(min(max(value, low), high), weight) for value, weight in pairs]
    inside = [(value, weight) for value, weight in pairs if low <= value <= high]
    count = math.fsum(weight for _, weight in inside)
    total = math.fsum(value * weight for value, weight in inside)
    if kind in ("TC", "TS"):
        return count if kind == "TC" else total
    return total / count if count else None


def _rank(low: float, high: float) -> Statistic:
    def of(point: Point, weighted: Callable[[], Weighted | None]) -> float | None:
        pairs = weighted()
        return 100 * math.fsum(weight for value, weight in pairs if low < value <= high) / point.sample_count if pairs else None

    return of
