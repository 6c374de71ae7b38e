"""Metrics of the embedded ClickIt: minutes in arrays, answered as CloudWatch's GetMetricData, GetMetricStatistics and ListMetrics do.

Times go in as epoch seconds, aware datetimes or ISO 8601 text, and come out as epoch seconds (float): the server serialises them.
Nothing here reads a clock: `now` is a parameter.
"""

from __future__ import annotations

import bisect
import hashlib
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from clickit_tui.demo import metricmath
from clickit_tui.demo.errors import AwsError
from clickit_tui.demo.metricpast import SPARSE_MINUTES
from clickit_tui.demo.metricseries import PLAIN, Point, Series, Statistic, gauge, plain_percent, samples, statistic, sums

MINUTE_S = 60
DAY_S = 86_400
DATAPOINTS_MOST = 100_800
COMPUTED_AFTER_MINUTES = 120
COMPUTED_EVERY_MINUTES = 60
"""Of the past one minute in so many is computed; of shorter periods one."""

Key = tuple[str, str, frozenset[tuple[str, str]]]
"""(namespace, metric name, dimensions): what makes two metrics the same metric."""

Compute = Callable[[str, str, Mapping[str, str], int], "float | Sequence[float] | Point | None"]
"""(namespace, name, dimensions, minute since the epoch) -> a gauge's value, a distribution's values, a Point, or None for no datapoint."""

Draw = Callable[[Key, str, int, int, int], Iterable[tuple[int, float]]]
"""(metric, statistic, first minute, stop, minutes of a period) -> (first minute, value) of each period in the past that has one."""


def seconds(at: object) -> float:
    """Epoch seconds of a time given as a number, an aware datetime or ISO 8601 text.

    Raises AwsError (ValidationError) for anything else.
    """
    if isinstance(at, bool | None):
        raise invalid(f"The value {at!r} is not a timestamp.")
    if isinstance(at, int | float):
        return float(at)
    if isinstance(at, datetime):
        return at.timestamp()
    try:
        return float(str(at)) if re.fullmatch(r"[\d.]+", str(at)) else datetime.fromisoformat(str(at)).timestamp()
    except ValueError:
        raise invalid(f"The value {at} is not a timestamp.") from None


def invalid(message: str) -> AwsError:
    """The error for a request that CloudWatch does not accept."""
    return AwsError("ValidationError", message)


def dimensions(listed: Iterable[Mapping[str, str]] | None) -> frozenset[tuple[str, str]]:
    """AWS's list of {Name, Value} as part of a key."""
    return frozenset((each["Name"], each["Value"]) for each in listed or ())


def _rounded(start: float, now: float) -> float:
    """StartTime as CloudWatch rounds it down: to the minute, 5 minutes or hour, by its age."""
    age = now - start
    step = 60 if age < 15 * DAY_S else 300 if age < 63 * DAY_S else 3600
    return start // step * step


def _oldest(period: int, now: float) -> float:
    """How far back datapoints of that period are kept."""
    if period % 3600 == 0:
        return now - 455 * DAY_S
    if period % 300 == 0:
        return now - 63 * DAY_S
    return now - (15 * DAY_S if period % 60 == 0 else 3 * 3600)


class MetricStore:
    """All metrics. `compute` answers for minutes that are older than two hours and older than what is held of that metric;
    `draw` for many of them at once, in periods of an hour at most.

    `keep_minutes` is how much of each metric is held; what is older is forgotten (and computed, if there is `compute`).
    """

    def __init__(self, *, compute: Compute | None = None, draw: Draw | None = None, keep_minutes: int = 1_440) -> None:
        self._series: dict[Key, Series] = {}
        self._compute = compute
        self._draw = draw
        self._keep = keep_minutes
        self._since: int | None = None
        self._growing: set[tuple[Key, int]] = set()

    def declare(self, namespace: str, name: str, dims: Mapping[str, str], *, unit: str | None = None) -> Series:
        """Make a metric known (and thereby computed for the past) before anything is put into it."""
        key = (namespace, name, frozenset(dims.items()))
        series = self._series.get(key)
        if series is None:
            series = self._series[key] = Series(unit)
        series.unit = unit or series.unit
        return series

    def add(self, namespace: str, name: str, dims: Mapping[str, str], at: float, point: Point, *, unit: str | None = None) -> None:
        """Publish a point for the minute of `at` (epoch seconds); points of one minute are merged."""
        series = self.declare(namespace, name, dims, unit=unit)
        minute = int(at // MINUTE_S)
        growing = ((namespace, name, frozenset(dims.items())), minute)
        if growing in self._growing:
            self._growing.remove(growing)
            series.clear(minute)
        self._since = minute if self._since is None else self._since
        if series.counts and minute < series.end - self._keep:
            return
        series.add(minute, point)
        if len(series.counts) > self._keep + self._keep // 4:
            series.forget(series.end - self._keep)

    def grow(self, namespace: str, name: str, dims: Mapping[str, str], at: float, point: Point, *, unit: str | None = None) -> None:
        """Publish a minute of which more will come: the next `grow` or `add` of that minute takes its place instead of being merged."""
        self.add(namespace, name, dims, at, point, unit=unit)
        self._growing.add(((namespace, name, frozenset(dims.items())), int(at // MINUTE_S)))

    def put(self, namespace: str, name: str, dims: Mapping[str, str], at: float, value: float, *, unit: str | None = None) -> None:
        """Publish one sample of a gauge."""
        self.add(namespace, name, dims, at, gauge(value), unit=unit)

    def put_samples(
        self, namespace: str, name: str, dims: Mapping[str, str], at: float, values: Sequence[float], *, unit: str | None = None
    ) -> None:
        """Publish a distribution, such as response times; no values publish nothing."""
        if values:
            self.add(namespace, name, dims, at, samples(values), unit=unit)

    def put_sum(
        self, namespace: str, name: str, dims: Mapping[str, str], at: float, total: float, count: float, *, unit: str | None = None
    ) -> None:
        """Publish a total over `count` samples, such as requests; a count of 0 publishes nothing."""
        if count > 0:
            self.add(namespace, name, dims, at, sums(total, count), unit=unit)

    def remove(self, namespace: str, name: str, dims: Mapping[str, str]) -> None:
        """Forget a metric wholly."""
        self._series.pop((namespace, name, frozenset(dims.items())), None)

    def put_metric_data(self, params: Mapping[str, Any], now: float) -> dict[str, Any]:
        """PutMetricData: Value, Values with Counts, or StatisticValues."""
        for datum in params.get("MetricData", ()):
            at = seconds(datum["Timestamp"]) if datum.get("Timestamp") else now
            dims = dict(dimensions(datum.get("Dimensions")))
            self.add(params["Namespace"], datum["MetricName"], dims, at, _point(datum), unit=datum.get("Unit"))
        return {}

    def read(self, key: Key, stat: str, period: int, start: float, end: float, now: float, unit: str | None = None) -> metricmath.Series:
        """Timestamp (epoch seconds) -> value of each period from `start` on that begins before `end` and has data.

        Periods begin at `start`, whatever it is. An unknown metric has no data. Raises AwsError for an unknown statistic.
        """
        of, series = statistic(stat), self._series.get(key)
        if of is None:
            raise invalid(f"The value {stat} for parameter Stat is not supported.")
        if series is None or (unit and series.unit and unit != series.unit):
            return {}
        step, stop = max(1, period // MINUTE_S), math.ceil(end / MINUTE_S)
        first = max(start, start + math.ceil((_oldest(period, now) - start) / period) * period)
        start_minute, edge = int(first // MINUTE_S), self._edge(now)
        found: metricmath.Series = {}
        if self._draw and step <= COMPUTED_EVERY_MINUTES and start_minute < edge:
            until = start_minute + (min(edge, stop) - start_minute) // step * step
            found = {float(minute * MINUTE_S): value for minute, value in self._draw(key, stat, start_minute, until, step)}
            start_minute = until
        if step == 1 and start_minute >= edge and (stat in PLAIN or plain_percent(stat) is not None):
            return found | {float(minute * MINUTE_S): value for minute, value in series.each(stat, start_minute, stop)}
        for minute in range(start_minute, stop, step):
            value = self._value(key, series, of, minute, min(minute + step, stop), edge)
            if value is not None:
                found[float(minute * MINUTE_S)] = value
        return found

    def _edge(self, now: float) -> int:
        """The minute before which metrics are computed: the first that was held of any, as long as it is kept."""
        if not self._compute:
            return 0
        minute = int(now // MINUTE_S)
        edge = minute - COMPUTED_AFTER_MINUTES
        return edge if self._since is None else min(edge, max(self._since, minute - self._keep))

    def _value(self, key: Key, series: Series, of: Statistic, start: int, end: int, edge: int) -> float | None:
        if start < edge:
            series = self._recalled(key, series, start, end, edge)
        point = series.window(start, end)
        return of(point, lambda: series.weighted(start, end)) if point else None

    def _recalled(self, key: Key, held: Series, start: int, end: int, edge: int) -> Series:
        """[start, end) with the minutes before `edge` computed, one for many, weighted as many-fold."""
        assert self._compute is not None
        whole, dims, until = Series(), dict(key[2]), min(end, edge)
        for first in range(start, until, COMPUTED_EVERY_MINUTES):
            weight = min(first + COMPUTED_EVERY_MINUTES, until) - first
            minute = first + -first % SPARSE_MINUTES if -first % SPARSE_MINUTES < weight else first
            answer = self._compute(key[0], key[1], dims, minute)
            if answer is not None:
                point = answer if isinstance(answer, Point) else gauge(answer) if isinstance(answer, int | float) else samples(answer)
                whole.add(minute, point._replace(sample_count=point.sample_count * weight, total=point.total * weight))
        for minute in range(max(edge, held.first), min(end, held.end)):
            point_held = held.window(minute, minute + 1)
            if point_held:
                whole.add(minute, point_held._replace(values=held.samples.get(minute, ())))
        return whole

    def evaluate(
        self, queries: Sequence[Mapping[str, Any]], start: float, end: float, now: float, *, aligned: bool = True
    ) -> dict[str, metricmath.Series]:
        """Each query's series by Id. Periods begin at multiples of the period, or at `start` when not `aligned`.

        Raises AwsError (ValidationError) for an expression or statistic that CloudWatch would not accept.
        """
        found: dict[str, metricmath.Series] = {}
        for query in queries:
            stat = query.get("MetricStat")
            if stat:
                metric, period = stat["Metric"], max(MINUTE_S, stat["Period"])
                key = (metric.get("Namespace", ""), metric.get("MetricName", ""), dimensions(metric.get("Dimensions")))
                first = math.ceil(start / period) * period if aligned else start
                found[query["Id"]] = self.read(key, stat["Stat"], period, first, end, now, stat.get("Unit"))
        expressions = {query["Id"]: query["Expression"] for query in queries if query.get("Expression")}
        periods = [query["MetricStat"]["Period"] for query in queries if query.get("MetricStat")]
        return metricmath.solve(expressions, found, float(max(periods, default=MINUTE_S)))

    def get_metric_data(self, params: Mapping[str, Any], now: float) -> dict[str, Any]:
        """GetMetricData. Raises AwsError: ValidationError, InvalidNextToken."""
        queries = _checked(params)
        start, end = _rounded(seconds(params["StartTime"]), now), seconds(params["EndTime"])
        ascending = params.get("ScanBy") == "TimestampAscending"
        asked = [query for query in queries if query.get("ReturnData", True) is not False]
        most = min(params.get("MaxDatapoints") or DATAPOINTS_MOST, DATAPOINTS_MOST)
        digest = _digest(params)
        at, after = _resumed(params.get("NextToken"), digest)
        whole_of = self._lazily(queries, start, end, now)
        results, token = [], None
        for index, query in enumerate(asked):
            if index < at or (not most and token):
                results.append(_result(query, {}, [], complete=index < at))
                continue
            whole = whole_of(query)
            times = sorted(whole, reverse=not ascending)
            times = _beyond(times, after, ascending) if index == at else times
            cut = times[:most]
            most -= len(cut)
            if len(cut) < len(times) and token is None:
                token = f"{digest}.{index}.{cut[-1] if cut else after if index == at else ''}"
            results.append(_result(query, whole, cut, complete=len(cut) == len(times)))
        answer: dict[str, Any] = {"MetricDataResults": results, "Messages": []}
        return answer | {"NextToken": token} if token else answer

    def _lazily(
        self, queries: Sequence[Mapping[str, Any]], start: float, end: float, now: float
    ) -> Callable[[Mapping[str, Any]], metricmath.Series]:
        """What gives a query's series: all at once when there are expressions, else each when it is asked for, as pages need few."""
        if any(query.get("Expression") for query in queries):
            found = self.evaluate(queries, start, end, now)
            return lambda query: found[query["Id"]]
        return lambda query: self.evaluate([query], start, end, now)[query["Id"]]

    def get_metric_statistics(self, params: Mapping[str, Any], now: float) -> dict[str, Any]:
        """GetMetricStatistics; like AWS, the datapoints come in no promised order and periods begin at StartTime."""
        start, end, period = _rounded(seconds(params["StartTime"]), now), seconds(params["EndTime"]), params["Period"]
        plain, extended = params.get("Statistics") or [], params.get("ExtendedStatistics") or []
        if not plain and not extended:
            raise AwsError(
                "InvalidParameterCombination", "At least one of the parameters Statistics or ExtendedStatistics must be specified."
            )
        if start >= end:
            raise AwsError("InvalidParameterCombination", "The parameter StartTime must be less than the parameter EndTime.")
        if period < 60 or period % 60:
            raise AwsError("InvalidParameterValue", f"The parameter Period must be a multiple of 60, was {period}.")
        if (end - start) / period > 1440:
            raise AwsError("InvalidParameterCombination", "You have requested more than 1,440 datapoints.")
        key = (params["Namespace"], params["MetricName"], dimensions(params.get("Dimensions")))
        unit = params.get("Unit") or (self._series[key].unit if key in self._series else None) or "None"
        points: dict[float, dict[str, Any]] = {}
        for name in [*plain, *extended]:
            for time, value in self.read(key, name, period, start, end, now, params.get("Unit")).items():
                point = points.setdefault(time, {"Timestamp": time, "Unit": unit})
                (point if name in PLAIN else point.setdefault("ExtendedStatistics", {}))[name] = value
        return {"Label": params["MetricName"], "Datapoints": list(points.values())}

    def list_metrics(self, params: Mapping[str, Any], now: float) -> dict[str, Any]:
        """ListMetrics: metrics with data in the last two weeks (or three hours, RecentlyActive), 500 on a page."""
        since = (now - (3 * 3600 if params.get("RecentlyActive") else 14 * DAY_S)) // MINUTE_S
        found = sorted((key[0], key[1], tuple(sorted(key[2]))) for key, series in self._series.items() if self._active(series, since))
        listed = [each for each in found if _wanted(each, params)]
        token = params.get("NextToken") or "0"
        if not token.isdecimal():
            raise AwsError("InvalidParameterValue", "Invalid nextToken.")
        page = listed[int(token) : int(token) + 500]
        metrics = [
            {"Namespace": ns, "MetricName": name, "Dimensions": [{"Name": k, "Value": v} for k, v in dims]} for ns, name, dims in page
        ]
        more = int(token) + 500 < len(listed)
        return {"Metrics": metrics} | ({"NextToken": str(int(token) + 500)} if more else {})

    def _active(self, series: Series, since: float) -> bool:
        return series.end > since if series.counts else self._compute is not None


def _point(datum: Mapping[str, Any]) -> Point:
    whole = datum.get("StatisticValues")
    if whole:
        return Point(whole["SampleCount"], whole["Sum"], whole["Minimum"], whole["Maximum"])
    if datum.get("Values"):
        counts = datum.get("Counts") or [1] * len(datum["Values"])
        return samples(value for value, count in zip(datum["Values"], counts, strict=True) for _ in range(int(count)))
    return gauge(datum["Value"])


def _wanted(metric: tuple[str, str, tuple[tuple[str, str], ...]], params: Mapping[str, Any]) -> bool:
    namespace, name, dims = metric
    if params.get("Namespace", namespace) != namespace or params.get("MetricName", name) != name:
        return False
    have = dict(dims)
    return all(
        each["Name"] in have and each.get("Value", have[each["Name"]]) == have[each["Name"]] for each in params.get("Dimensions") or ()
    )


_ID = re.compile(r"[a-z][A-Za-z0-9_]*")


def _checked(params: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The queries, when GetMetricData would accept the request."""
    queries: Sequence[Mapping[str, Any]] = params.get("MetricDataQueries") or ()
    if not queries:
        raise invalid("The parameter MetricDataQueries is required.")
    if len(queries) > 500:
        raise invalid("The collection MetricDataQueries must not have a size greater than 500.")
    if seconds(params["StartTime"]) >= seconds(params["EndTime"]):
        raise invalid("The parameter StartTime must be less than the parameter EndTime.")
    most = params.get("MaxDatapoints")
    if most is not None and not 1 <= most <= DATAPOINTS_MOST:
        raise invalid(f"The value {most} for parameter MaxDatapoints must be between 1 and {DATAPOINTS_MOST}.")
    for index, query in enumerate(queries, 1):
        _checked_query(query, f"MetricDataQueries.member.{index}")
    ids = [query["Id"] for query in queries]
    for each in ids:
        if ids.count(each) > 1:
            raise invalid(f"The values for parameter Id in parameter MetricDataQueries are not unique: {each}.")
    if all(query.get("ReturnData", True) is False for query in queries):
        raise invalid("At least one query in MetricDataQueries must have ReturnData set to true.")
    return queries


def _checked_query(query: Mapping[str, Any], where: str) -> None:
    if not _ID.fullmatch(str(query.get("Id", ""))):
        raise invalid(f"The value {query.get('Id')} for parameter {where}.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.")
    stat = query.get("MetricStat")
    if bool(stat) == bool(query.get("Expression")):
        raise invalid(f"Exactly one of the parameters {where}.MetricStat and {where}.Expression must be specified.")
    if not stat:
        return
    period = stat.get("Period", 0)
    if period not in (1, 5, 10, 20, 30) and (period < 60 or period % 60):
        raise invalid(f"The value {period} for parameter {where}.MetricStat.Period must be 1, 5, 10, 20, 30 or a multiple of 60.")
    if statistic(str(stat.get("Stat"))) is None:
        raise invalid(f"The value {stat.get('Stat')} for parameter {where}.MetricStat.Stat is not supported.")


def _digest(params: Mapping[str, Any]) -> str:
    """What a NextToken belongs to: it is of no use with another request."""
    same = [params.get("MetricDataQueries"), seconds(params["StartTime"]), seconds(params["EndTime"]), params.get("ScanBy")]
    return hashlib.sha256(json.dumps(same, sort_keys=True, default=str).encode()).hexdigest()[:24]


def _resumed(token: str | None, digest: str) -> tuple[int, float | None]:
    """(index of the query to go on with, the last timestamp already given)."""
    if not token:
        return -1, None
    found = re.fullmatch(r"([0-9a-f]{24})\.(\d+)\.([\d.]*)", token)
    if not found or found[1] != digest:
        raise AwsError("InvalidNextToken", "The next token specified is invalid.")
    return int(found[2]), float(found[3]) if found[3] else None


def _result(query: Mapping[str, Any], whole: metricmath.Series, times: Sequence[float], *, complete: bool) -> dict[str, Any]:
    """One MetricDataResult with the datapoints of `times`."""
    return {
        "Id": query["Id"],
        "Label": _label(query, whole),
        "Timestamps": times,
        "Values": [whole[time] for time in times],
        "StatusCode": "Complete" if complete else "PartialData",
    }


def _beyond(times: list[float], after: float | None, ascending: bool) -> list[float]:
    if after is None:
        return times
    if ascending:
        return times[bisect.bisect_right(times, after) :]
    return times[bisect.bisect_left(times, -after, key=lambda time: -time) :] if after not in times else times[times.index(after) + 1 :]


def _label(query: Mapping[str, Any], values: Mapping[float, float]) -> str:
    stat = query.get("MetricStat")
    plain = str(stat["Metric"].get("MetricName", "")) if stat else str(query["Id"])
    label = query.get("Label")
    return metricmath.labelled(label, plain, stat, values) if label else plain
