"""Charts of the metrics as they may honestly be drawn: what is provisional, what a gap means, which percentile says little."""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

import msgspec

from clickit_tui.world.minutes import CLOSED_S, ERRORS_5XX, LOOKUPS, REQUESTS
from clickit_tui.world.parts import Database, MetricClass, Metrics, Series
from clickit_tui.world.seen import Age, Trouble
from clickit_tui.world.words import brief, spell
from clickit_tui.world.world import World


class Range(NamedTuple):
    """How far back a chart looks, and the period of its points: one that CloudWatch keeps as long (aws.md 2.1)."""

    name: str
    back_s: int
    period_s: int


RANGES: tuple[Range, ...] = (
    Range("15m", 900, 60),
    Range("1h", 3_600, 60),
    Range("3h", 10_800, 60),
    Range("12h", 43_200, 300),
    Range("24h", 86_400, 300),
    Range("7d", 604_800, 3_600),
    Range("30d", 2_592_000, 3_600),
)
HOUR = RANGES[1]
LATE_S = 360.0
"""A newest point older than this, or than three periods, is no present value any more."""

SAMPLES: Mapping[str, int] = {"p50": 20, "p90": 100, "p95": 200, "p99": 1_000}
"""Fewest requests of a period for which CloudWatch vouches for a percentile: 10 / (1 - p)."""

ERROR_RATE, HIT_RATE = "edge.error_rate", "cache.hit_rate"
HITS, MISSES = "cache.hits", "cache.misses"


def range_named(name: str) -> Range | None:
    """The range of that name; None when there is none."""
    return next((each for each in RANGES if each.name == name), None)


class Sure(StrEnum):
    """How far a point may be relied upon."""

    CLOSED = "closed"
    GROWING = "provisional"
    """Its minute closed less than two minutes before it was read: the value may still change."""
    FEW = "few samples"
    """A percentile of fewer requests than it needs."""


class Dot(NamedTuple):
    """One period of a chart: its start in epoch seconds, and its value; None is no data, which is not zero."""

    at: float
    value: float | None
    sure: Sure = Sure.CLOSED


class Standing(StrEnum):
    """How a chart stands, beside its points."""

    KNOWN = "known"
    LOADING = "loading"
    UNREAD = "unread"
    """The metrics could not be read at all."""
    FORBIDDEN = "forbidden"
    PARTIAL = "partial"
    EMPTY = "empty"
    """No point in sight, and nothing wrong with that."""
    SILENT = "silent"
    """No point where there ought to be one: stopped, deleted, a wrong dimension, or no permission."""


UNKNOWN = (Standing.FORBIDDEN, Standing.UNREAD, Standing.LOADING, Standing.SILENT)
"""Standings of which no rate can be made."""


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """One metric over a range, oldest period first. Units are CloudWatch's (percent, seconds, bytes, count)."""

    key: str
    label: str
    unit: str
    statistic: str
    period_s: int
    dots: tuple[Dot, ...] = ()
    standing: Standing = Standing.KNOWN
    words: str = ""
    """Why there is no present value, or what limits it; empty when all is well."""
    note: str = ""

    @property
    def known(self) -> tuple[Dot, ...]:
        """The points that have a value."""
        return tuple(dot for dot in self.dots if dot.value is not None)

    @property
    def values(self) -> tuple[float, ...]:
        return tuple(dot.value for dot in self.dots if dot.value is not None)

    @property
    def last(self) -> Dot | None:
        """The newest point with a value."""
        return next((dot for dot in reversed(self.dots) if dot.value is not None), None)

    @property
    def average(self) -> float | None:
        """Mean of the points; None for percentiles, which cannot be averaged."""
        found = self.values
        return None if not found or self.statistic in SAMPLES else math.fsum(found) / len(found)

    @property
    def growing(self) -> int:
        """How many of the newest points are provisional."""
        return sum(dot.sure is Sure.GROWING for dot in self.dots)

    def under(self, at: float | None) -> Dot | None:
        """The point whose period holds a moment; the newest with a value when no moment is given."""
        if at is None:
            return self.last
        return next((dot for dot in reversed(self.dots) if dot.at <= at < dot.at + self.period_s), None)


class Source(NamedTuple):
    """What a chart is drawn from."""

    values: dict[float, float]
    """Value by start of its period."""
    period_s: int
    end: float
    """End of the newest window that was asked for: what lies behind it is not known."""
    read_at: float
    status: str
    """The worst that CloudWatch said of it."""


def source(world: World, key: str, wanted: Range) -> Source | None:
    """The points of a series for a range; None when no such series was read. A period that had not ended when it was read is left out."""
    metrics, history = world.metrics.value, world.history.value
    recent = metrics.series.get(key) if metrics else None
    past = history.series.get(key) if history and history.period_s == wanted.period_s and wanted.back_s > HOUR.back_s else None
    if recent is None or metrics is None:
        return None
    now = Source(dict(recent.at()), recent.period_s, recent.end or metrics.end, world.metrics.seen_at or metrics.end, recent.status)
    if past is None or history is None:
        return now if now.period_s >= wanted.period_s else now._replace(values={}, period_s=wanted.period_s)
    status = next((each for each in (past.status, recent.status) if each != "Complete"), "Complete")
    if past.period_s == now.period_s:
        return now._replace(values=dict(past.at()) | now.values, status=status)
    ended = {at: value for at, value in past.at().items() if at + past.period_s <= history.end}
    return Source(ended, past.period_s, history.end, history.end, status)


def chart(world: World, key: str, wanted: Range, now: float) -> Chart | None:
    """A series, or one derived from several, over a range that ends now; None when it was not asked for."""
    if key in DERIVED:
        return _derived(world, key, wanted, now)
    metrics = world.metrics.value
    series = metrics.series.get(key) if metrics else None
    made = _placed(world, key, wanted, now)
    if series is None or made is None:
        return None
    found, dots = made
    series = msgspec.structs.replace(series, status=found.status)
    label = series.label if found.period_s == 60 else series.label.replace("/min", f"/{brief(found.period_s)}")
    drawn = Chart(key=key, label=label, unit=series.unit, statistic=series.statistic, period_s=found.period_s, dots=dots, note=series.note)
    standing, words = _standing(world, series, drawn, wanted, found, now)
    return msgspec.structs.replace(drawn, standing=standing, words=words)


_kept: dict[str, tuple[tuple[object, ...], tuple[Source, tuple[Dot, ...]] | None]] = {}
"""The newest answer of `_placed` for each key, and what it was made of: a key press draws the same points again."""


def _placed(world: World, key: str, wanted: Range, now: float) -> tuple[Source, tuple[Dot, ...]] | None:
    """A series' source and its points, oldest first; the same ones as long as nothing new was read and no minute has ended."""
    of = (world.metrics.value, world.history.value, world.metrics.seen_at, wanted, now // 60)
    kept = _kept.get(key)
    if kept is None or any(old is not new for old, new in zip(kept[0][:2], of[:2], strict=True)) or kept[0][2:] != of[2:]:
        kept = _kept[key] = (of, _place(world, key, wanted, now))
    return kept[1]


def _place(world: World, key: str, wanted: Range, now: float) -> tuple[Source, tuple[Dot, ...]] | None:
    series, found = (world.metrics.value.series.get(key) if world.metrics.value else None), source(world, key, wanted)
    if series is None or found is None:
        return None
    series = msgspec.structs.replace(series, status=found.status)
    requests = _requests(world, wanted, series)
    return found, tuple(_dot(at, found, series, requests) for at in _grid(wanted.back_s, found.period_s, now))


def _grid(back_s: int, period_s: int, now: float) -> tuple[float, ...]:
    """Starts of the periods of a range that have ended, oldest first."""
    end = math.floor(now / period_s) * period_s
    return tuple(float(end - period_s * step) for step in range(max(1, back_s // period_s), 0, -1))


def _requests(world: World, wanted: Range, series: Series) -> dict[float, float]:
    """Requests by period: what tells `none happened` from `no traffic`; needed by event counters and percentiles only."""
    if series.kind is not MetricClass.EVENTS:
        return {}
    found = source(world, REQUESTS, wanted)
    return found.values if found else {}


def _dot(at: float, found: Source, series: Series, requests: Mapping[float, float]) -> Dot:
    value = found.values.get(at)
    growing = found.read_at - at < found.period_s + CLOSED_S - 60
    if value is None or not math.isfinite(value):
        counts = series.kind is MetricClass.EVENTS and series.unit != "s" and series.status == "Complete"
        asked = at + found.period_s <= found.end
        return Dot(at, 0.0 if counts and asked and at in requests and not growing else None)
    if growing:
        return Dot(at, value, Sure.GROWING)
    few = requests.get(at, 0.0) < SAMPLES.get(series.statistic, 0)
    return Dot(at, value, Sure.FEW if few else Sure.CLOSED)


# --- why there is no number -----------------------------------------------------------------------------------------------------


def _standing(world: World, series: Series, drawn: Chart, wanted: Range, found: Source, now: float) -> tuple[Standing, str]:
    if series.status == "Forbidden":
        return Standing.FORBIDDEN, "no permission: cloudwatch:GetMetricData"
    if wanted.back_s > HOUR.back_s and drawn.last is None and not _have(world, wanted):
        return _awaited(world, now)
    if now - found.end > LATE_S + min(2 * found.period_s, 600):
        return Standing.UNREAD, _unread_since(world, now - found.end)
    silent, partial = _silent_s(drawn, found.end), series.status not in ("Complete", "")
    if partial and silent is not None:
        return Standing.UNREAD, f"CloudWatch answered {series.status}: no data {_for(silent)}"
    if silent is None:
        return (Standing.PARTIAL, f"CloudWatch answered {series.status}: points may be missing") if partial else (Standing.KNOWN, "")
    if series.kind is MetricClass.EVENTS:
        return Standing.EMPTY, "no traffic"
    if series.kind is MetricClass.STATE:
        return _no_task(world, series, silent)
    return Standing.SILENT, _stopped(world, series) or f"no data {_for(silent)}: stopped, deleted, a wrong dimension, or no permission"


def _unread_since(world: World, age_s: float) -> str:
    """A reading that is old is no silence of the metric."""
    why = f": {world.metrics.fault.sentence}" if world.metrics.fault is not None else ""
    return f"not read for {spell(age_s // 60 * 60)}{why}"


def _silent_s(drawn: Chart, end: float) -> float | None:
    """Seconds from the newest point to the end of what was read, when that is too long; infinite without any point; else None."""
    if drawn.last is None:
        return math.inf
    silent = end - drawn.last.at - drawn.period_s
    return silent if silent > max(LATE_S - 120, 2.0 * drawn.period_s) else None


def _for(silent: float) -> str:
    return "in sight" if math.isinf(silent) else f"for {spell(silent // 60 * 60)}"


def _have(world: World, wanted: Range) -> bool:
    history = world.history.value
    return history is not None and history.period_s == wanted.period_s and history.back_s >= wanted.back_s


def _awaited(world: World, now: float) -> tuple[Standing, str]:
    if world.history.age(now) is Age.FAILED or world.history.fault is not None:
        fault = world.history.fault
        return Standing.UNREAD, fault.sentence if fault else "not read"
    return Standing.LOADING, "reading the past"


def _no_task(world: World, series: Series, silent: float) -> tuple[Standing, str]:
    part = series.key.partition(".")[0]
    service = next((s for s in world.services.value or () if s.part == part), None)
    if service is not None and service.running == 0:
        return Standing.EMPTY, "0 tasks"
    if service is None:
        return Standing.SILENT, f"no data {_for(silent)}: no running task reports it"
    return Standing.SILENT, f"no data {_for(silent)} although {service.running} tasks run"


def _stopped(world: World, series: Series) -> str:
    database = world.database.value
    if series.key.startswith("db.") and isinstance(database, Database) and database.status in ("stopped", "stopping", "starting"):
        return f"the database is {database.status}"
    return ""


def unread(world: World, now: float) -> tuple[Standing, str]:
    """How all charts stand while no metrics were read: loading, or why they could not be."""
    fault = world.metrics.fault
    if fault is None:
        return Standing.LOADING, "loading…"
    named = f"no permission: {fault.operation}" if fault.kind is Trouble.DENIED else fault.sentence
    return Standing.UNREAD, named


# --- charts that CloudWatch does not publish ------------------------------------------------------------------------------------


def _derived(world: World, key: str, wanted: Range, now: float) -> Chart | None:
    label, names = DERIVED[key]
    parts = [chart(world, name, wanted, now) for name in names]
    if any(part is None for part in parts):
        return None
    known = [part for part in parts if part is not None]
    worst = next((part for part in known if part.standing in UNKNOWN), None)
    rated = _errors_dot if key == ERROR_RATE else _hits_dot
    dots = tuple(rated(*row) for row in zip(*(part.dots for part in known), strict=True))
    made = Chart(key=key, label=label, unit="%", statistic="ratio", period_s=known[0].period_s, dots=dots)
    if worst is not None:
        past = made.dots if worst.standing in (Standing.SILENT, Standing.UNREAD) else ()
        return msgspec.structs.replace(made, dots=past, standing=worst.standing, words=worst.words)
    ends = [found.end for name in names if (found := source(world, name, wanted)) is not None]
    if _silent_s(made, min(ends, default=now)) is None:
        return made
    words = "no traffic" if key == ERROR_RATE else f"n/a: fewer than {LOOKUPS} look-ups a period"
    return msgspec.structs.replace(made, standing=Standing.EMPTY, words=words)


def _surest(*dots: Dot) -> Sure:
    return Sure.GROWING if any(dot.sure is Sure.GROWING for dot in dots) else Sure.CLOSED


def _errors_dot(requests: Dot, target: Dot, elb: Dot) -> Dot:
    """The error rate of one period. Without a word on one kind of 5xx it is a lower bound, and only where there were errors at all."""
    blind = requests.value is not None and (target.value is None or elb.value is None)
    if blind and not (target.value or elb.value):
        return Dot(requests.at, None)
    sure = Sure.GROWING if blind else _surest(requests, target, elb)
    return Dot(requests.at, error_rate(requests.value, target.value, elb.value), sure)


def _hits_dot(hits: Dot, misses: Dot) -> Dot:
    return Dot(hits.at, hit_rate(hits.value, misses.value), _surest(hits, misses))


def error_rate(requests: float | None, target_5xx: float | None, elb_5xx: float | None) -> float | None:
    """Percent of what clients sent that ended in a 5xx: (target + ELB 5xx) / (requests + ELB 5xx).

    RequestCount counts only requests for which a target was chosen, so that the load balancer's own 5xx come on top. None without traffic.
    """
    if requests is None and target_5xx is None and elb_5xx is None:
        return None
    of = (requests or 0.0) + (elb_5xx or 0.0)
    return min(100.0, 100.0 * ((target_5xx or 0.0) + (elb_5xx or 0.0)) / of) if of > 0 else None


def hit_rate(hits: float | None, misses: float | None) -> float | None:
    """Percent of look-ups that the cache answered; None below 100 look-ups, of which a rate says nothing."""
    if hits is None or misses is None or hits + misses < LOOKUPS:
        return None
    return 100.0 * hits / (hits + misses)


DERIVED: Mapping[str, tuple[str, tuple[str, ...]]] = {
    ERROR_RATE: ("error rate", (REQUESTS, *ERRORS_5XX)),
    HIT_RATE: ("hit rate", (HITS, MISSES)),
}
"""Label and sources of the charts that are made of several metrics."""


def keys_of(metrics: Metrics | None, part: str) -> tuple[str, ...]:
    """Keys of a layer's charts: edge, api, frontend, db, cache or nat, the derived ones among them."""
    every = list(metrics.series) if metrics else []
    for key, (_, sources) in DERIVED.items():
        if all(name in every for name in sources):
            every.insert(every.index(sources[0]) + 1, key)
    return tuple(key for key in every if key.partition(".")[0] == part)
