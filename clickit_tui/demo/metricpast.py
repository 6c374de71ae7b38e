"""The time before the simulator began: one minute of each hour is computed, once; what lies between two hours is drawn from both."""

from __future__ import annotations

import random
from array import array
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from clickit_tui.demo.metricseries import Point, Statistic, Weighted, statistic, weights

if TYPE_CHECKING:
    from clickit_tui.demo.measures import Measured
    from clickit_tui.demo.state import Environment

HOURS_KEPT = 2_048
"""A month of two environments, and then some."""
VALUES_KEPT = 200_000
"""Statistics of computed hours that are held; beyond that all are forgotten."""
COLUMNS = 4
HOUR = 60
SPARSE_MINUTES = 5
"""Some metrics have a datapoint only in minutes that are multiples of this."""
WAVERS = 0.07
"""How far counts stray in a minute from the line between two hours."""
ADDED = ("Sum", "SampleCount")
"""Statistics that grow with the length of a period."""

Key = tuple[str, str, frozenset[tuple[str, str]]]


class Rewind:
    """Puts an environment back to how it was when this was made, so that a minute does not depend on those computed before it."""

    def __init__(self, env: Environment) -> None:
        self._were = [(each, dict(vars(each))) for each in (env, env.database, env.cache, env.network, *env.tasks.values())]

    def __call__(self) -> None:
        for each, fields in self._were:
            vars(each).update(fields)


class _Hour(NamedTuple):
    columns: array[float]
    """Sample count, total, low and high of each metric by its place; a count of 0 is no datapoint."""
    samples: dict[int, array[float]]


class PastMinutes:
    """Points and statistics by environment, metric and time; `measured(environment's name, minute)` computes a minute of an hour.

    Hours are counted from `origin`, a minute since the epoch, so that a seed gives the same past before every beginning.
    """

    def __init__(
        self, measured: Callable[[str, int], Iterable[Measured]], *, seed: int = 1, origin: int = 0, hours_kept: int = HOURS_KEPT
    ) -> None:
        self._measured = measured
        self._seed, self._origin, self._kept = seed, origin, hours_kept
        self._places: dict[Key, int] = {}
        self._hours: OrderedDict[tuple[str, int], _Hour] = OrderedDict()
        self._values: dict[tuple[str, Key, str], dict[int, float | None]] = {}
        self._valued = 0
        self._waves: dict[tuple[str, int], list[float]] = {}

    def point(self, owner: str, key: Key, minute: int) -> Point | None:
        """A metric's point in a minute since the epoch: that of its hour; None when it has none."""
        return None if _rare(key) and minute % SPARSE_MINUTES else self._hourly(owner, key, (minute - self._origin) // HOUR)

    def line(self, owner: str, key: Key, stat: str, first: int, stop: int, step: int) -> Iterator[tuple[int, float]]:
        """(first minute, value) of each period of `step` minutes, an hour at most, in [first, stop)."""
        of, times, counted = statistic(stat), step if stat in ADDED else 1, stat in ADDED and _counted(key)
        rare = _rare(key) and step % SPARSE_MINUTES
        if of is None:
            return
        at, here, there, wave = None, None, None, [0.0]
        for minute in range(first, stop, step):
            hour, place = divmod(minute + step // 2 - self._origin, HOUR)
            if hour != at:
                here = self._value(owner, key, stat, of, hour)
                there = self._value(owner, key, stat, of, hour + 1)
                at, wave = hour, self._wave(owner, hour)
            if rare and minute % SPARSE_MINUTES:
                continue
            if here is None or there is None:  # an event that is rare: it has happened or not
                value = here if wave[place] < 0 else there
            else:
                value = here + (there - here) * place / HOUR
                if counted:
                    value += value * wave[place] * WAVERS
                if here == here // 1 and there == there // 1:
                    value = float(round(value))
            if value is not None:
                yield minute, value * times

    def _value(self, owner: str, key: Key, stat: str, of: Statistic, hour: int) -> float | None:
        """A statistic of an hour's minute."""
        if self._valued > VALUES_KEPT:
            self._values.clear()
            self._valued = 0
        known = self._values.setdefault((owner, key, stat), {})
        if hour not in known:
            point = self._hourly(owner, key, hour)
            known[hour] = of(point, lambda: _weighted(point)) if point else None
            self._valued += 1
        return known[hour]

    def _wave(self, owner: str, hour: int) -> list[float]:
        """How far each minute of an hour strays, from -1 to 1."""
        found = self._waves.get((owner, hour))
        if found is None:
            if len(self._waves) > self._kept:
                self._waves.clear()
            rng = random.Random(f"{self._seed}:{owner}:wave:{hour}")  # noqa: S311
            found = self._waves[owner, hour] = [rng.uniform(-1, 1) for _ in range(HOUR)]
        return found

    def _hourly(self, owner: str, key: Key, hour: int) -> Point | None:
        held = self._hours.get((owner, hour)) or self._compute(owner, hour)
        place = self._places.get(key)
        if place is None or place * COLUMNS >= len(held.columns):
            return None
        count, total, low, high = held.columns[place * COLUMNS : (place + 1) * COLUMNS]
        return Point(count, total, low, high, held.samples.get(place, ())) if count else None

    def _compute(self, owner: str, hour: int) -> _Hour:
        made = _Hour(array("d"), {})
        for each in self._measured(owner, self._origin + hour * HOUR):
            key = (each.namespace, each.name, frozenset(each.dimensions.items()))
            place = self._places.setdefault(key, len(self._places))
            missing = (place + 1) * COLUMNS - len(made.columns)
            made.columns.extend([0.0] * max(0, missing))
            plain = array("d", (each.point.sample_count, each.point.total, each.point.low, each.point.high))
            made.columns[place * COLUMNS : (place + 1) * COLUMNS] = plain
            if len(each.point.values):
                made.samples[place] = array("d", each.point.values)
        self._hours[owner, hour] = made
        if len(self._hours) > self._kept:
            self._hours.popitem(last=False)
        return made


def _weighted(point: Point | None) -> Weighted | None:
    return weights(point) if point else None


def _rare(key: Key) -> bool:
    """Whether a metric has a datapoint only every few minutes."""
    return key[1].startswith(("CPUCredit", "CPUSurplus"))


def _counted(key: Key) -> bool:
    """Whether a metric counts what the load balancer's clients do."""
    return key[0] == "AWS/ApplicationELB" and "HostCount" not in key[1]
