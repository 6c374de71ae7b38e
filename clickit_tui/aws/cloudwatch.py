"""Metrics: one GetMetricData a minute for everything, merged by timestamp into the history the World already holds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

from clickit_tui.aws.catalogue import UNITS, Measure, Query, measures
from clickit_tui.aws.fetching import garbled, needed
from clickit_tui.aws.gateway import Gateway
from clickit_tui.aws.members import Json, member, moment, number, records, text
from clickit_tui.naming import Names
from clickit_tui.world.charting import HOUR, Range
from clickit_tui.world.parts import Alarm, MetricClass, Metrics, Series
from clickit_tui.world.seen import Failed, Fault, Trouble
from clickit_tui.world.world import World

POLL_S = 15.0
"""How often the source looks whether a new minute has closed; it asks CloudWatch at most once for each minute."""
SETTLE_S = 5.0
"""Seconds into a new minute before the closed one is asked for."""
RENEWS_S = 60.0
"""How often a new minute is there to be asked for."""
IDLE_S = 300.0
"""How often it is asked while nobody is there and nothing is wrong; what was left out then is asked for in one call."""
FIRST_S = 3600
"""History asked for when a series is new."""
AGAIN_S = 600
"""What is asked for again every minute: CloudWatch's newest points still grow."""
KEEP_S = 7200
"""History kept."""
MOST_QUERIES = 500
"""Queries CloudWatch takes in one call."""

Points = dict[float, float]
"""Value by time of the period's start, epoch seconds."""
Result = tuple[Points, str]
"""Points and StatusCode of one query."""

CHARTED_ONLY = frozenset({"cpu_max", "surplus", "bytes_out", "bytes_in", "active", "idle_timeouts", "rejected"})
"""Suffixes of the metrics that no verdict and no pane of Triage looks at: they are asked for while the charts are shown."""


class Charting:
    """What the charts look at; set by the session. By default everything is asked for, as a command without a screen wants it."""

    def __init__(self) -> None:
        self.range: Range = HOUR
        self.everything = True
        """Whether also those metrics are wanted that only the charts show."""

    def asks(self, measure: Measure) -> bool:
        return self.everything or measure.key.partition(".")[2] not in CHARTED_ONLY


COMPLETE, PARTIAL = "Complete", "PartialData"
UNSAID, TORN = "no status", "values without times"
"""What stands for a status where a result without points has none, and where times and values do not belong together."""
_RANK = {COMPLETE: 0, PARTIAL: 1, "InternalError": 2, "Forbidden": 3}


def _floor(at: float, period_s: int) -> float:
    return at // period_s * period_s


def due(now: float, before: Metrics | None) -> bool:
    """Whether a minute has closed that was not asked for yet."""
    return before is None or _floor(now - SETTLE_S, 60) > before.end or now < before.end


def wanted(every: Iterable[Measure], before: Metrics | None, fresh: frozenset[str], end: float) -> tuple[Measure, ...]:
    """The measures to ask for now: new ones, one-minute ones, and slower ones when one of their periods has closed.

    All of them when no minute has closed since `before`: then somebody wants to read again what was read.
    """
    last = before.end if before and before.end < end else 0.0
    return tuple(each for each in every if each.key in fresh or _floor(end, each.first.period_s) > _floor(last, each.first.period_s))


def window(now: float, before: Metrics | None, fresh: bool) -> tuple[float, float]:
    """(start, end) of the request: ends with the last closed minute, starts on a multiple of five minutes."""
    end = _floor(now, 60)
    if before is None or fresh:
        return _floor(end - FIRST_S, 300), end
    return max(_floor(min(before.end, end) - AGAIN_S, 300), _floor(end - KEEP_S, 300)), end


def known_from(before: Metrics | None, fresh: bool, start: float, end: float) -> float:
    """From where on every series was asked for, in this request or before it; a series that is new was asked for in this request only."""
    return start if before is None or fresh else max(min(before.start, start), end - KEEP_S)


def data_query(id: str, query: Query) -> dict[str, object]:
    """One entry of MetricDataQueries."""
    dimensions = [{"Name": name, "Value": value} for name, value in query.dimensions]
    metric = {"Namespace": query.namespace, "MetricName": query.name, "Dimensions": dimensions}
    return {"Id": id, "MetricStat": {"Metric": metric, "Period": query.period_s, "Stat": query.statistic}, "ReturnData": True}


def points(answer: Json, period_s: int) -> Points:
    """The points of one result; a time or value that cannot be read is no point, and the time is that of its period's start."""
    times, values = member(answer, "Timestamps"), member(answer, "Values")
    if not isinstance(times, (list, tuple)) or not isinstance(values, (list, tuple)):
        return {}
    found = ((moment(at), number({"value": value}, "value")) for at, value in zip(times, values, strict=False))
    return {_floor(at, period_s): value for at, value in found if at is not None and value is not None}


def results(answers: Iterable[Json], asked: Mapping[str, Query]) -> dict[Query, Result]:
    """Points and status by query, joined over the pages of an answer; the last page's status counts."""
    found: dict[Query, Result] = {}
    for answer in answers:
        for each in records(answer, "MetricDataResults"):
            if (query := asked.get(text(each, "Id"))) is not None:
                old = found.get(query, ({}, ""))[0]
                new = points(each, query.period_s)
                found[query] = (old | new, status(each, new))
    return found


def status(answer: Json, found: Points) -> str:
    """How complete one result is. Points speak for themselves; nothing at all is no zero unless CloudWatch says that it is complete."""
    times, values = member(answer, "Timestamps"), member(answer, "Values")
    counts = [len(each) if isinstance(each, (list, tuple)) else 0 for each in (times, values)]
    if counts[0] != counts[1]:
        return TORN
    return text(answer, "StatusCode") or (COMPLETE if found else UNSAID)


def combined(measure: Measure, found: Mapping[Query, Result]) -> Result:
    """One result of a measure's queries; the worst status counts, and a query without a result makes it partial."""
    each = [found.get(query, ({}, PARTIAL)) for query in measure.queries]
    status = max((one[1] for one in each), key=lambda word: _RANK.get(word, 1))
    if measure.combine == "max":
        times = {at for one in each for at in one[0]}
        return {at: max(one[0][at] for one in each if at in one[0]) for at in times}, status
    times = set.intersection(*(set(one[0]) for one in each))
    return {at: sum(one[0][at] for one in each) for at in times}, status


def series(measure: Measure, result: Result, before: Series | None, end: float, *, keep_s: float = KEEP_S) -> Series:
    """The measure's series: the history with the new points laid over it, what is older than `keep_s` seconds dropped."""
    history = dict(before.at()) if before else {}
    kept = sorted((at, value) for at, value in (history | result[0]).items() if at >= end - keep_s)
    return Series(
        key=measure.key,
        label=measure.label,
        unit=measure.unit,
        kind=measure.kind,
        statistic=measure.first.statistic,
        namespace=measure.first.namespace,
        name=measure.first.name,
        period_s=measure.first.period_s,
        times=tuple(at for at, _ in kept),
        values=tuple(value for _, value in kept),
        note=measure.note,
        status=result[1],
        resources=tuple(query.dimensions for query in measure.queries),
        end=end,
    )


async def read_points(gateway: Gateway, asked: Iterable[Measure], start: float, end: float) -> dict[Query, Result]:
    """Ask for all queries of these measures over a window, in as few calls as CloudWatch takes. Raises Failed."""
    queries = list(dict.fromkeys(query for each in asked for query in each.queries))
    found: dict[Query, Result] = {}
    for first in range(0, len(queries), MOST_QUERIES):
        ids = {f"m{first + index}": query for index, query in enumerate(queries[first : first + MOST_QUERIES])}
        answers = await gateway.answers(
            "cloudwatch",
            "GetMetricData",
            MetricDataQueries=[data_query(key, query) for key, query in ids.items()],
            StartTime=datetime.fromtimestamp(start, UTC),
            EndTime=datetime.fromtimestamp(end, UTC),
            ScanBy="TimestampAscending",
        )
        if not any(isinstance(answer.get("MetricDataResults"), list) for answer in answers):
            raise garbled("cloudwatch:GetMetricData", "MetricDataResults")
        found |= results(answers, ids)
    return found


async def alarm_metric(gateway: Gateway, alarm: Alarm, start: float, end: float) -> Series:
    """The metric of an alarm, as the alarm itself looks at it. Raises Failed; a composite alarm has none."""
    if alarm.composite or not alarm.metric:
        raise Failed(Fault(kind=Trouble.MISSING, sentence=f"{alarm.name} is made of other alarms and has no metric of its own"))
    query = Query(alarm.namespace, alarm.metric, alarm.dimensions, alarm.statistic or "Average", alarm.period_s or 60)
    measure = Measure(key=alarm.name, label=alarm.metric, unit=UNITS.get(alarm.metric, ""), kind=MetricClass.ALWAYS, queries=(query,))
    found = await read_points(gateway, (measure,), start, end)
    made = series(measure, combined(measure, found), None, end, keep_s=end - start)
    if made.status == "Forbidden":
        raise Failed(Fault(kind=Trouble.DENIED, sentence="no permission: cloudwatch:GetMetricData", operation="cloudwatch:GetMetricData"))
    return made


class MetricsReader:
    """Asks GetMetricData once for each minute that closes. Remembers what each series was made of, so that a replaced
    load balancer or node begins a history of its own."""

    def __init__(self, gateway: Gateway, names: Names, clock: Callable[[], float] = time.time, charting: Charting | None = None) -> None:
        self._gateway, self._names, self._clock = gateway, names, clock
        self._charting = charting or Charting()
        self._asked_to: dict[str, float] = {}
        """End of the newest request for each series, epoch seconds."""
        self._whole_to: dict[str, float] = {}
        """Up to when each series is known without a hole: what CloudWatch did not answer completely is asked for again."""
        self._made_of: dict[str, tuple[Query, ...]] = {}
        self._insisted = False

    def insist(self) -> None:
        """Have the next fetch ask CloudWatch, also when no minute has closed."""
        self._insisted = True

    async def fetch(self, world: World) -> Mapping[str, object]:
        """Feeds `metrics`; between two minutes it asks for nothing and answers nothing, unless the last read failed."""
        now, before = self._clock(), world.metrics.value
        insisted, self._insisted = self._insisted, False
        if before is not None and world.metrics.fault is None and not insisted and not due(now, before) and not self.lags():
            return {}
        every = measures(world, self._names)
        if not every:
            needed(world.target_groups, "target groups")
        past: Mapping[str, Series] = before.series if before else {}
        fresh = frozenset(each.key for each in every if each.key not in past or self._made_of.get(each.key) != each.queries)
        start, end = window(now, before, bool(fresh))
        asked = tuple(each for each in wanted(every, before, fresh, end) if each.key in fresh or self._charting.asks(each))
        start = min(start, *(self._behind(each, end) for each in asked if each.key not in fresh), end)
        found = await read_points(self._gateway, asked, start, end)
        self._made_of = {each.key: each.queries for each in every}
        self._asked_to |= {each.key: end for each in asked}
        made = {each.key: past[each.key] for each in every if each.key in past}
        for each in asked:
            made[each.key] = series(each, combined(each, found), None if each.key in fresh else past[each.key], end)
            whole = made[each.key].status == COMPLETE
            self._whole_to[each.key] = end if whole else start if each.key in fresh else self._whole_to[each.key]
        held = known_from(before, bool(fresh), start, end)
        return {"metrics": Metrics(series={each.key: made[each.key] for each in every}, start=held, end=end)}

    def _behind(self, measure: Measure, end: float) -> float:
        """Where a series that was left aside, or not answered completely, has to be taken up again; at most `KEEP_S` back."""
        whole_to = self._whole_to.get(measure.key, end)
        return max(_floor(min(whole_to, end) - AGAIN_S, 300), _floor(end - KEEP_S, 300))

    def lags(self) -> bool:
        """Whether the charts want a series that was left aside."""
        minutely = (key for key, queries in self._made_of.items() if queries[0].period_s == 60)
        ends = [self._asked_to[key] for key in minutely if key in self._asked_to]
        return bool(ends) and self._charting.everything and min(ends) < max(ends)
