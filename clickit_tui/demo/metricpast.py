"""Minutes from before the simulator began: what everything measured in them, computed once and held in little memory."""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from clickit_tui.demo.metricseries import Point

if TYPE_CHECKING:
    from clickit_tui.demo.measures import Measured
    from clickit_tui.demo.state import Environment

MINUTES_KEPT = 2_048
"""A month of hours of two environments, and then some."""
COLUMNS = 4

Key = tuple[str, str, frozenset[tuple[str, str]]]


class Rewind:
    """Puts an environment back to how it was when this was made, so that a minute does not depend on those computed before it."""

    def __init__(self, env: Environment) -> None:
        self._were = [(each, dict(vars(each))) for each in (env, env.database, env.cache, env.network, *env.tasks.values())]

    def __call__(self) -> None:
        for each, fields in self._were:
            vars(each).update(fields)


class _Minute(NamedTuple):
    columns: array[float]
    """Sample count, total, low and high of each metric by its place; a count of 0 is no datapoint."""
    samples: dict[int, array[float]]


class PastMinutes:
    """Points by environment, minute and metric; `measured(environment's name, minute)` computes what is asked for the first time."""

    def __init__(self, measured: Callable[[str, int], Iterable[Measured]], *, minutes_kept: int = MINUTES_KEPT) -> None:
        self._measured = measured
        self._kept = minutes_kept
        self._places: dict[Key, int] = {}
        self._minutes: OrderedDict[tuple[str, int], _Minute] = OrderedDict()

    def point(self, owner: str, namespace: str, name: str, dims: Mapping[str, str], minute: int) -> Point | None:
        """A metric's point in a minute since the epoch; None when it has none."""
        held = self._minutes.get((owner, minute)) or self._compute(owner, minute)
        place = self._places.get((namespace, name, frozenset(dims.items())))
        if place is None or place * COLUMNS >= len(held.columns):
            return None
        count, total, low, high = held.columns[place * COLUMNS : (place + 1) * COLUMNS]
        return Point(count, total, low, high, held.samples.get(place, ())) if count else None

    def _compute(self, owner: str, minute: int) -> _Minute:
        made = _Minute(array("d"), {})
        for each in self._measured(owner, minute):
            key = (each.namespace, each.name, frozenset(each.dimensions.items()))
            place = self._places.setdefault(key, len(self._places))
            missing = (place + 1) * COLUMNS - len(made.columns)
            made.columns.extend([0.0] * max(0, missing))
            plain = array("d", (each.point.sample_count, each.point.total, each.point.low, each.point.high))
            made.columns[place * COLUMNS : (place + 1) * COLUMNS] = plain
            if len(each.point.values):
                made.samples[place] = array("d", each.point.values)
        self._minutes[owner, minute] = made
        if len(self._minutes) > self._kept:
            self._minutes.popitem(last=False)
        return made
