"""Series read by the minute: which minutes are closed, and what a missing point means (aws.md 2.2 and 2.3)."""

from __future__ import annotations

import math
from bisect import bisect_left

import msgspec

from clickit_tui.world.parts import MetricClass, Metrics, Series

CLOSED_S = 180.0
"""A minute counts once this many seconds have passed since its start; younger ones still grow."""

REQUESTS = "edge.requests"
"""The series that tells `none happened` from `no traffic`."""

ERRORS_5XX = ("edge.target_5xx", "edge.elb_5xx")
"""Answers 5xx of the targets and of the load balancer itself."""


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One series over some closed minutes, oldest first; None is a minute that says nothing."""

    key: str
    label: str
    unit: str
    times: tuple[float, ...]
    """Starts of the minutes, epoch seconds."""
    values: tuple[float | None, ...]

    @property
    def present(self) -> tuple[tuple[float, float], ...]:
        """(minute, value) of the minutes that have one."""
        return tuple((at, value) for at, value in zip(self.times, self.values, strict=True) if value is not None)

    @property
    def last(self) -> tuple[float, float] | None:
        """Newest (minute, value)."""
        return self.present[-1] if self.present else None

    @property
    def total(self) -> float | None:
        """Sum of the minutes that say something; None when none does."""
        return sum(value for _, value in self.present) if self.present else None

    def above(self, limit: float, minutes: int) -> bool:
        """Whether every value of the newest `minutes` is above the limit; at most one of these minutes may be missing."""
        newest = self.values[-minutes:]
        have = [value for value in newest if value is not None]
        return len(newest) == minutes and len(have) >= max(1, minutes - 1) and all(value > limit for value in have)


def closed(metrics: Metrics, read_at: float, most: int) -> tuple[float, ...]:
    """Starts of the newest `most` minutes of the asked window that were closed when it was read, oldest first."""
    end = min(read_at - CLOSED_S, metrics.end - 60)
    newest = math.floor(end / 60) * 60.0
    oldest = math.ceil(metrics.start / 60) * 60.0
    return tuple(at for at in (newest - 60.0 * i for i in range(most - 1, -1, -1)) if at >= oldest)


def newest_minutes(metrics: Metrics, read_at: float, most: int) -> tuple[float, ...]:
    """Starts of the newest `most` minutes up to the one of the reading, oldest first; the last ones still grow.

    A count of them is a lower bound: enough to say that something happens, never that it does not.
    """
    newest = math.floor(read_at / 60) * 60.0
    oldest = math.ceil(metrics.start / 60) * 60.0
    return tuple(at for at in (newest - 60.0 * i for i in range(most - 1, -1, -1)) if at >= oldest)


def by_minute(series: Series, since: float = -math.inf) -> dict[float, float]:
    """Value by the start of its minute, from a minute on; of a longer period the value stands in its first minute."""
    first = bisect_left(series.times, since)
    return {math.floor(at / 60) * 60.0: value for at, value in zip(series.times[first:], series.values[first:], strict=True)}


def read(metrics: Metrics, key: str, minutes: tuple[float, ...]) -> Reading | None:
    """One series over these minutes; a complete event counter is 0 where the requests have a point. None when it was not asked for."""
    series = metrics.series.get(key)
    if series is None:
        return None
    since = min(minutes, default=math.inf)
    have = by_minute(series, since)
    traffic = _traffic(metrics, since) if series.kind is MetricClass.EVENTS and series.status == "Complete" else {}
    values = tuple(have.get(at, 0.0 if at in traffic and series.unit != "s" else None) for at in minutes)
    return Reading(key=key, label=series.label, unit=series.unit, times=minutes, values=values)


def errors_5xx(metrics: Metrics, minutes: tuple[float, ...]) -> Reading:
    """5xx of targets and load balancer together; None in a minute without a request and without an error."""
    since = min(minutes, default=math.inf)
    parts = [by_minute(metrics.series[key], since) for key in ERRORS_5XX if key in metrics.series]
    whole = [metrics.series[key].status == "Complete" for key in ERRORS_5XX if key in metrics.series]
    traffic = _traffic(metrics, since) if len(whole) == len(ERRORS_5XX) and all(whole) else {}
    values = tuple(_sum([part[at] for part in parts if at in part], at in traffic) for at in minutes)
    return Reading(key="edge.5xx", label="5xx", unit="", times=minutes, values=values)


def cache_lookups(metrics: Metrics, read_at: float) -> tuple[float, float] | None:
    """(hits, look-ups) of the cache over the newest 5 closed minutes; None when no minute knows both hits and misses."""
    minutes = closed(metrics, read_at, 5)
    hits, misses = read(metrics, "cache.hits", minutes), read(metrics, "cache.misses", minutes)
    if hits is None or misses is None:
        return None
    both = [(hit, miss) for hit, miss in zip(hits.values, misses.values, strict=True) if hit is not None and miss is not None]
    return (sum(hit for hit, _ in both), sum(hit + miss for hit, miss in both)) if both else None


LOOKUPS = 100
"""Below this many look-ups a hit rate says nothing (aws.md 1.1)."""


def five_minutes(metrics: Metrics, key: str, read_at: float) -> float | None:
    """The sum of a counter over five minutes: the closed ones, or the newest when those already hold more; None when no minute is known."""
    sums = [found.total for minutes in (closed, newest_minutes) if (found := read(metrics, key, minutes(metrics, read_at, 5))) is not None]
    return max((total for total in sums if total is not None), default=None)


def _sum(found: list[float], traffic: bool) -> float | None:
    return sum(found) if found else 0.0 if traffic else None


def _traffic(metrics: Metrics, since: float) -> dict[float, float]:
    requests = metrics.series.get(REQUESTS)
    return by_minute(requests, since) if requests else {}
