"""The past of the metrics, for charts that look further back than an hour: read once for each period, kept, and only its end read again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping

import msgspec

from clickit_tui.aws.catalogue import Measure, Query, measures
from clickit_tui.aws.cloudwatch import AGAIN_S, COMPLETE, Charting, Result, combined, read_points, series
from clickit_tui.aws.fetching import needed
from clickit_tui.aws.gateway import Gateway
from clickit_tui.naming import Names
from clickit_tui.poll import Fetch
from clickit_tui.world.charting import HOUR, RANGES, Range
from clickit_tui.world.parts import History, Series
from clickit_tui.world.world import World

POLL_S = 15.0
HOURLY_S = 3600
RENEWS_S = 600.0
"""How often the end of a range is read again, when its periods are longer than this."""
JOINS_S = 3600.0
"""How far the past of one-minute periods may stay behind: the metrics of every minute, which reach further back, are laid over it."""


class _Past:
    """What is known of one period length: series by key, what each is made of, and the window that was read."""

    def __init__(self) -> None:
        self.series: dict[str, Series] = {}
        self.made_of: dict[str, tuple[Query, ...]] = {}
        self.torn: dict[str, float] = {}
        """Series that CloudWatch did not answer completely, and when each is asked for wholly again, epoch seconds."""
        self.start = self.end = 0.0


def at_period(measure: Measure, period_s: int) -> Measure:
    """The measure in periods of at least that length."""
    longer = (msgspec.structs.replace(query, period_s=max(query.period_s, period_s)) for query in measure.queries)
    return msgspec.structs.replace(measure, queries=tuple(longer))


def per_minute(measure: Measure, result: Result) -> Result:
    """A count of samples as so many a minute: it stands for the number of tasks, each of which gives one."""
    points, status = result
    if measure.first.statistic != "SampleCount":
        return result
    return {at: value * 60 / measure.first.period_s for at, value in points.items()}, status


def windows(past: tuple[float, float] | None, wanted: Range, now: float) -> tuple[tuple[float, float], ...]:
    """(start, end) of what is missing of a range, given the window that was read: its beginning, and its end when that is due."""
    period = wanted.period_s
    end, start = now // 60 * 60, (now - wanted.back_s) // period * period
    if past is None or past[1] < start:
        return ((start, end),)
    missing: list[tuple[float, float]] = []
    if start + period < past[0]:
        missing.append((start, past[0]))
    if end // period > past[1] // period if 60 < period <= RENEWS_S else end - past[1] >= (RENEWS_S if period > 60 else JOINS_S):
        missing.append(((past[1] - max(AGAIN_S, period)) // period * period, end))
    return tuple(missing)


USUAL = "edge.p95"
USUAL_S = 7 * 86_400


def usual_fetch(gateway: Gateway, names: Names, clock: Callable[[], float] = time.time) -> Fetch:
    """Feeds `usual`: the p95 of the response time by the hour, of the last seven days; empty without a load balancer."""

    async def fetch(world: World) -> Mapping[str, object]:
        measure = next((at_period(each, HOURLY_S) for each in measures(world, names) if each.key == USUAL), None)
        if measure is None:
            needed(world.target_groups, "target_groups")
            return {"usual": ()}
        end = clock() // HOURLY_S * HOURLY_S
        found = await read_points(gateway, (measure,), end - USUAL_S, end)
        return {"usual": (series(measure, combined(measure, found), None, end, keep_s=USUAL_S),)}

    return fetch


class HistoryReader:
    """Asks for what a long range lacks, and for nothing while no chart looks further back than an hour."""

    def __init__(self, gateway: Gateway, names: Names, charting: Charting, clock: Callable[[], float] = time.time) -> None:
        self._gateway, self._names, self._charting, self._clock = gateway, names, charting, clock
        self._pasts: dict[int, _Past] = {}

    async def fetch(self, world: World) -> Mapping[str, object]:
        """Feeds `history`."""
        before, wanted = world.history.value, self._charting.range
        if wanted.back_s <= HOUR.back_s:
            return {} if before else {"history": History()}
        now, past = self._clock(), self._pasts.setdefault(wanted.period_s, _Past())
        every = tuple(at_period(each, wanted.period_s) for each in measures(world, self._names))
        again = tuple(each for each in every if past.series and (_replaced(past, each) or past.torn.get(each.key, now + 1) <= now))
        missing = windows((past.start, past.end) if past.series else None, wanted, now)
        for start, end in missing:
            await self._read(past, every, start, end)
        if again:
            await self._read(past, again, past.start, past.end)
        unchanged = before is not None and before.period_s == wanted.period_s and before.back_s == wanted.back_s
        if unchanged and not missing and not again:
            return {}
        return {"history": History(series=dict(past.series), back_s=wanted.back_s, period_s=wanted.period_s, end=past.end)}

    async def _read(self, past: _Past, every: Iterable[Measure], start: float, end: float) -> None:
        asked = tuple(every)
        found: Mapping[Query, Result] = await read_points(self._gateway, asked, start, end)
        wholly = start <= past.start and end >= past.end
        for each in asked:
            before = None if _replaced(past, each) else past.series.get(each.key)
            made = series(each, per_minute(each, combined(each, found)), before, end, keep_s=2.0 * RANGES[-1].back_s)
            if made.status != COMPLETE:
                past.torn[each.key] = self._clock() + RENEWS_S
            elif before is None or wholly:
                past.torn.pop(each.key, None)
            elif each.key in past.torn:
                made = msgspec.structs.replace(made, status=before.status)
            past.series[each.key], past.made_of[each.key] = made, each.queries
        past.start = start if start > past.end else min(past.start, start)
        past.end = max(past.end, end)


def _replaced(past: _Past, measure: Measure) -> bool:
    """Whether what is known under a measure's key is of another resource, or nothing is."""
    return past.made_of.get(measure.key) != measure.queries
