"""The catalogue of metrics, the one request a minute, and how its answers are merged into the history."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clickit_tui.aws.catalogue import Measure, Query, measures
from clickit_tui.aws.cloudwatch import (
    AGAIN_S,
    CHARTED_ONLY,
    KEEP_S,
    Charting,
    MetricsReader,
    alarm_metric,
    combined,
    due,
    results,
    window,
)
from clickit_tui.aws.history import HistoryReader, windows
from clickit_tui.aws.meter import Meter
from clickit_tui.checks.registry import Facts
from clickit_tui.checks.suspects import ANSWERS, bad_run
from clickit_tui.config import Thresholds
from clickit_tui.naming import names
from clickit_tui.world.charting import range_named
from clickit_tui.world.ecs import Cluster, Service
from clickit_tui.world.parts import Alarm, Cache, Database, MetricClass, Metrics, NatGateway, TargetGroup
from clickit_tui.world.seen import Absent, Failed, Seen, Trouble
from clickit_tui.world.spending import per_minute
from clickit_tui.world.world import World
from tests.aws.damage import damaged
from tests.aws.scripted import Scripted, failed

NAMES = names("dev")
NOW = 1_795_442_599.0
MINUTE = NOW // 60 * 60
ELB = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:"
LB = f"{ELB}loadbalancer/app/clickit-dev-alb/50dc"


def known(value: Any) -> Seen[Any]:
    return Seen(value=value, seen_at=NOW - 1)


def group(part: str) -> TargetGroup:
    return TargetGroup(arn=f"{ELB}targetgroup/clickit-dev-{part}/73e2", name=part, part=part, load_balancers=(LB,))


WORLD = World(
    env="dev",
    cluster=known(Cluster(name="clickit-dev-cluster", container_insights=False)),
    services=known(tuple(Service(part=part, name=f"clickit-dev-{part}") for part in ("api", "frontend"))),
    target_groups=known((group("api"), group("frontend"))),
    database=known(Database(id="clickit-dev-db")),
    cache=known(Cache(id="clickit-dev-redis", nodes=("clickit-dev-redis-002", "clickit-dev-redis-001"))),
    nat=known((NatGateway(id="nat-1"), NatGateway(id="nat-2"))),
)

# --- the catalogue, against the table of the AWS reference (1.1) -----------------------------------------------------------

SERVICE = "ClusterName=clickit-dev-cluster ServiceName=clickit-dev-{part}"
BALANCER = "LoadBalancer=app/clickit-dev-alb/50dc"
HOSTS = BALANCER + " TargetGroup=targetgroup/clickit-dev-{part}/73e2"
DATABASE = "DBInstanceIdentifier=clickit-dev-db"
NODE = "CacheClusterId=clickit-dev-redis-002 CacheNodeId=0001"
TABLE = f"""
*.cpu              | AWS/ECS | CPUUtilization    | {SERVICE} | Average     | 60 | %
*.cpu_max          | AWS/ECS | CPUUtilization    | {SERVICE} | Maximum     | 60 | %
*.memory           | AWS/ECS | MemoryUtilization | {SERVICE} | Average     | 60 | %
*.memory_max       | AWS/ECS | MemoryUtilization | {SERVICE} | Maximum     | 60 | %
*.running          | AWS/ECS | CPUUtilization    | {SERVICE} | SampleCount | 60 |
*.unhealthy        | AWS/ApplicationELB | UnHealthyHostCount | {HOSTS} | Maximum | 60 |
*.healthy          | AWS/ApplicationELB | HealthyHostCount   | {HOSTS} | Minimum | 60 |
edge.requests      | AWS/ApplicationELB | RequestCount | {BALANCER} | Sum | 60 |
edge.p50           | AWS/ApplicationELB | TargetResponseTime | {BALANCER} | p50 | 60 | s
edge.p95           | AWS/ApplicationELB | TargetResponseTime | {BALANCER} | p95 | 60 | s
edge.p99           | AWS/ApplicationELB | TargetResponseTime | {BALANCER} | p99 | 60 | s
edge.target_5xx    | AWS/ApplicationELB | HTTPCode_Target_5XX_Count | {BALANCER} | Sum | 60 |
edge.elb_5xx       | AWS/ApplicationELB | HTTPCode_ELB_5XX_Count | {BALANCER} | Sum | 60 |
edge.elb_502       | AWS/ApplicationELB | HTTPCode_ELB_502_Count | {BALANCER} | Sum | 60 |
edge.elb_503       | AWS/ApplicationELB | HTTPCode_ELB_503_Count | {BALANCER} | Sum | 60 |
edge.elb_504       | AWS/ApplicationELB | HTTPCode_ELB_504_Count | {BALANCER} | Sum | 60 |
edge.rejected      | AWS/ApplicationELB | RejectedConnectionCount | {BALANCER} | Sum | 60 |
edge.target_connection_errors | AWS/ApplicationELB | TargetConnectionErrorCount | {BALANCER} | Sum | 60 |
db.cpu             | AWS/RDS | CPUUtilization | {DATABASE} | Average | 60 | %
db.memory          | AWS/RDS | FreeableMemory | {DATABASE} | Minimum | 60 | B
db.read_iops       | AWS/RDS | ReadIOPS | {DATABASE} | Average | 60 | /s
db.write_iops      | AWS/RDS | WriteIOPS | {DATABASE} | Average | 60 | /s
db.connections     | AWS/RDS | DatabaseConnections | {DATABASE} | Maximum | 60 |
db.storage         | AWS/RDS | FreeStorageSpace | {DATABASE} | Minimum | 60 | B
db.swap            | AWS/RDS | SwapUsage | {DATABASE} | Maximum | 60 | B
db.read_latency    | AWS/RDS | ReadLatency | {DATABASE} | Average | 60 | s
db.write_latency   | AWS/RDS | WriteLatency | {DATABASE} | Average | 60 | s
db.queue           | AWS/RDS | DiskQueueDepth | {DATABASE} | Average | 60 |
db.io_balance      | AWS/RDS | EBSIOBalance% | {DATABASE} | Minimum | 60 | %
db.byte_balance    | AWS/RDS | EBSByteBalance% | {DATABASE} | Minimum | 60 | %
db.credits         | AWS/RDS | CPUCreditBalance | {DATABASE} | Minimum | 300 |
db.surplus         | AWS/RDS | CPUSurplusCreditBalance | {DATABASE} | Maximum | 300 |
db.surplus_charged | AWS/RDS | CPUSurplusCreditsCharged | {DATABASE} | Maximum | 300 |
cache.cpu          | AWS/ElastiCache | CPUUtilization | {NODE} | Average | 60 | %
cache.engine_cpu   | AWS/ElastiCache | EngineCPUUtilization | CacheClusterId=clickit-dev-redis-002 | Average | 60 | %
cache.connections  | AWS/ElastiCache | CurrConnections | {NODE} | Maximum | 60 |
cache.hits         | AWS/ElastiCache | CacheHits | {NODE} | Sum | 60 |
cache.misses       | AWS/ElastiCache | CacheMisses | {NODE} | Sum | 60 |
cache.evictions    | AWS/ElastiCache | Evictions | {NODE} | Sum | 60 |
cache.memory       | AWS/ElastiCache | DatabaseMemoryUsagePercentage | {NODE} | Maximum | 60 | %
cache.credits      | AWS/ElastiCache | CPUCreditBalance | {NODE} | Minimum | 300 |
nat.bytes_out      | AWS/NATGateway | BytesOutToDestination | NatGatewayId=nat-1 | Sum | 60 | B
nat.bytes_in       | AWS/NATGateway | BytesInFromDestination | NatGatewayId=nat-1 | Sum | 60 | B
nat.peak           | AWS/NATGateway | PeakBytesPerSecond | NatGatewayId=nat-1 | Maximum | 60 | B/s
nat.port_errors    | AWS/NATGateway | ErrorPortAllocation | NatGatewayId=nat-1 | Sum | 60 |
nat.drops          | AWS/NATGateway | PacketsDropCount | NatGatewayId=nat-1 | Sum | 60 |
nat.attempts       | AWS/NATGateway | ConnectionAttemptCount | NatGatewayId=nat-1 | Sum | 60 |
nat.established    | AWS/NATGateway | ConnectionEstablishedCount | NatGatewayId=nat-1 | Sum | 60 |
nat.active         | AWS/NATGateway | ActiveConnectionCount | NatGatewayId=nat-1 | Maximum | 60 |
nat.idle_timeouts  | AWS/NATGateway | IdleTimeoutCount | NatGatewayId=nat-1 | Sum | 60 |
"""


def lines() -> list[tuple[str, ...]]:
    """The table's rows, those with `*` once for each service."""
    found = []
    for row in TABLE.strip().splitlines():
        key, *rest = (cell.strip() for cell in row.split("|"))
        for part in ("api", "frontend") if key.startswith("*") else ("",):
            found.append((key.replace("*", part), *(cell.format(part=part) for cell in rest)))
    return found


def spelled(query: Query) -> str:
    return " ".join(f"{name}={value}" for name, value in query.dimensions)


@pytest.mark.parametrize("row", lines(), ids=lambda row: row[0])
def test_each_metric_is_asked_for_as_aws_publishes_it(row: tuple[str, ...]) -> None:
    measure = {each.key: each for each in measures(WORLD, NAMES)}[row[0]]
    query = measure.first
    assert (query.namespace, query.name, spelled(query), query.statistic, str(query.period_s), measure.unit) == row[1:]


def test_the_table_is_complete() -> None:
    derived = {"edge.unhealthy", "edge.healthy"}
    assert {each.key for each in measures(WORLD, NAMES)} - derived == {row[0] for row in lines()}


def test_the_edges_hosts_are_the_sum_of_the_target_groups() -> None:
    measure = next(each for each in measures(WORLD, NAMES) if each.key == "edge.unhealthy")
    assert [spelled(query) for query in measure.queries] == [HOSTS.format(part=part) for part in ("api", "frontend")]
    assert (measure.combine, measure.note) == ("sum", "sum of the target groups")


def test_container_insights_replaces_the_sample_count() -> None:
    for insights, spec in (
        (True, ("ECS/ContainerInsights", "RunningTaskCount", "Average")),
        (None, ("AWS/ECS", "CPUUtilization", "SampleCount")),
    ):
        world = msgspec.structs.replace(WORLD, cluster=known(Cluster(name="c", container_insights=insights)))
        measure = next(each for each in measures(world, NAMES) if each.key == "api.running")
        assert (measure.first.namespace, measure.first.name, measure.first.statistic) == spec
        assert measure.note == ("" if insights else "CPU SampleCount, about")


def test_what_is_absent_or_unknown_is_not_asked_for() -> None:
    absent = msgspec.structs.replace(WORLD, database=known(Absent(looked_for="db")), cache=Seen(), nat=known(()), services=known(()))
    assert {each.key.split(".")[0] for each in measures(absent, NAMES)} == {"edge", "api", "frontend"}
    assert {each.key.split(".")[1] for each in measures(absent, NAMES) if each.key.startswith("api.")} == {"unhealthy", "healthy"}
    nothing = measures(World(env="dev"), NAMES)
    assert {each.key.split(".")[0] for each in nothing} == {"api", "frontend", "db"}


def test_classes_say_what_a_missing_point_means() -> None:
    kinds = {each.key: each.kind for each in measures(WORLD, NAMES)}
    assert kinds["edge.target_5xx"] is kinds["edge.p95"] is MetricClass.EVENTS
    assert kinds["api.cpu"] is kinds["api.running"] is MetricClass.STATE
    assert kinds["edge.unhealthy"] is kinds["db.cpu"] is kinds["cache.hits"] is kinds["nat.drops"] is MetricClass.ALWAYS


# --- the request and its answer ---------------------------------------------------------------------------------------------


class CloudWatch:
    """Answers GetMetricData from a function of (query id, minute); a value of None is no point."""

    def __init__(self, value: Callable[[dict[str, Any], float], float | None] = lambda query, at: at / 60 % 100) -> None:
        self.value = value
        self.gateway = Scripted(GetMetricData=self.answer)
        self.status = "Complete"

    def answer(self, params: dict[str, Any]) -> dict[str, Any]:
        assert len(params["MetricDataQueries"]) <= 500
        return {"MetricDataResults": [self.one(query, params) for query in params["MetricDataQueries"]]}

    def one(self, query: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
        period, at = query["MetricStat"]["Period"], params["StartTime"].timestamp()
        points = []
        while at < params["EndTime"].timestamp():
            if (value := self.value(query, at)) is not None:
                points.append((at, value))
            at += period
        times = [datetime.fromtimestamp(at, UTC) for at, _ in points]
        return {"Id": query["Id"], "Label": "x", "StatusCode": self.status, "Timestamps": times, "Values": [value for _, value in points]}


class Session:
    """A reader on a stepped clock, with the World it feeds."""

    def __init__(self, cloud: CloudWatch, world: World = WORLD) -> None:
        self.now, self.world, self.cloud = NOW, world, cloud
        self.reader = MetricsReader(cloud.gateway, NAMES, lambda: self.now)  # type: ignore[arg-type]

    async def step(self, seconds: float = 0.0) -> Metrics:
        self.now += seconds
        answer: Any = await self.reader.fetch(self.world)
        if answer:
            self.world = msgspec.structs.replace(self.world, metrics=Seen(value=answer["metrics"], seen_at=self.now))
        return self.world.metrics.value  # type: ignore[return-value]

    @property
    def asked(self) -> list[dict[str, Any]]:
        return [params for name, params in self.cloud.gateway.calls if name == "GetMetricData"]


async def test_the_first_request_asks_for_an_hour_of_everything_at_once() -> None:
    session = Session(CloudWatch())
    metrics = await session.step()
    (request,) = session.asked
    assert request["ScanBy"] == "TimestampAscending"
    assert request["EndTime"].timestamp() == MINUTE
    assert 3600 <= MINUTE - request["StartTime"].timestamp() < 3900
    assert request["StartTime"].timestamp() % 300 == 0
    series = metrics.series["api.cpu"]
    assert (series.times[-1], series.values[-1], series.status) == (MINUTE - 60, (MINUTE - 60) / 60 % 100, "Complete")
    assert set(metrics.series) == {each.key for each in measures(WORLD, NAMES)}


async def test_no_metric_is_asked_for_twice_in_one_request() -> None:
    session = Session(CloudWatch())
    await session.step()
    queries = [str(query["MetricStat"]) for query in session.asked[0]["MetricDataQueries"]]
    assert len(queries) == len(set(queries))


async def test_one_request_a_minute_soon_after_the_minute() -> None:
    session = Session(CloudWatch())
    for _ in range(40):
        await session.step(15.0)
    assert len(session.asked) == 11
    ends = [request["EndTime"].timestamp() for request in session.asked]
    assert [second - first for first, second in pairwise(ends)] == [60.0] * 10


async def test_slow_metrics_are_asked_for_when_their_period_has_closed() -> None:
    session = Session(CloudWatch())
    for _ in range(15):
        await session.step(60.0)
    slow = [any(query["MetricStat"]["Period"] == 300 for query in request["MetricDataQueries"]) for request in session.asked]
    assert sum(slow) == 1 + 3
    assert session.world.metrics.value is not None
    assert "db.credits" in session.world.metrics.value.series


async def test_newer_answers_overwrite_and_old_points_are_dropped() -> None:
    session = Session(CloudWatch(lambda query, at: 1.0))
    for _ in range(130):
        await session.step(60.0)
    session.cloud.value = lambda query, at: 2.0
    metrics = await session.step(60.0)
    series = metrics.series["db.cpu"]
    assert list(series.times) == sorted(set(series.times))
    assert series.times[0] >= metrics.end - KEEP_S
    again = [value for at, value in zip(series.times, series.values, strict=True) if at >= metrics.end - AGAIN_S]
    assert set(again) == {2.0}
    assert series.values[0] == 1.0
    assert series.times[-1] - series.times[0] == 60 * (len(series.times) - 1)


async def test_a_pause_leaves_no_gap() -> None:
    session = Session(CloudWatch())
    await session.step()
    metrics = await session.step(45 * 60.0)
    series = metrics.series["db.cpu"]
    assert series.times[-1] - series.times[0] == 60 * (len(series.times) - 1)


async def test_the_first_bad_minute_stays_where_it_was_as_time_goes_on() -> None:
    began = MINUTE - 30 * 60
    bad = CloudWatch(lambda query, at: 9.0 if at >= began or "5XX" not in query["MetricStat"]["Metric"]["MetricName"] else None)
    session = Session(bad)
    runs = []
    for _ in range(70):
        await session.step(60.0)
        runs.append(bad_run(session.world, Facts(now=session.now, names=NAMES, thresholds=Thresholds()), ANSWERS))
    assert {run.at for run in runs if run is not None} == {began}
    assert None not in runs


async def test_what_is_found_later_joins_with_a_whole_hour() -> None:
    session = Session(CloudWatch(), msgspec.structs.replace(WORLD, cache=Seen()))
    assert "cache.cpu" not in (await session.step()).series
    session.world = msgspec.structs.replace(session.world, cache=WORLD.cache)
    assert "cache.cpu" not in (await session.step(10.0)).series
    metrics = await session.step(60.0)
    assert len(session.asked) == 2
    assert len(metrics.series["cache.cpu"].times) >= 60
    assert metrics.start == session.asked[1]["StartTime"].timestamp(), "what was not asked for is not none"


async def test_a_replaced_resource_begins_a_history_of_its_own() -> None:
    session = Session(CloudWatch(lambda query, at: 1.0))
    await session.step()
    session.world = msgspec.structs.replace(session.world, cache=known(Cache(id="c", nodes=("clickit-dev-redis-001",))))
    session.cloud.value = lambda query, at: 2.0
    assert set((await session.step(60.0)).series["cache.cpu"].values) == {2.0}


async def test_a_failed_read_is_tried_again_and_loses_nothing() -> None:
    session = Session(CloudWatch())
    before = await session.step()
    session.cloud.gateway.table["GetMetricData"] = failed(Trouble.THROTTLED)
    with pytest.raises(Failed):
        await session.step(60.0)
    fault = failed(Trouble.THROTTLED).fault
    session.world = msgspec.structs.replace(session.world, metrics=Seen(value=before, seen_at=NOW, fault=fault, fault_at=session.now))
    session.cloud.gateway.table["GetMetricData"] = session.cloud.answer
    after = await session.step(1.0)
    assert after.end == before.end + 60
    assert after.series["db.cpu"].times[-1] == before.series["db.cpu"].times[-1] + 60


async def test_what_was_not_answered_completely_is_asked_for_until_it_is() -> None:
    """A counter that is complete again is 0 where it has no point: also in the minutes that CloudWatch had left out."""
    session = Session(CloudWatch())
    await session.step()
    answered, session.cloud.status, session.cloud.value = session.cloud.value, "InternalError", lambda query, at: None
    for _ in range(30):
        await session.step(60.0)
    session.cloud.status, session.cloud.value = "Complete", answered
    series = (await session.step(60.0)).series["db.cpu"]
    assert series.times[-1] - series.times[0] == 60 * (len(series.times) - 1)
    assert len(session.asked) == 32
    for _ in range(6):
        await session.step(60.0)
    assert session.asked[-1]["EndTime"].timestamp() - session.asked[-1]["StartTime"].timestamp() <= AGAIN_S + 360


async def test_between_two_minutes_nothing_is_read_and_nothing_answered() -> None:
    session = Session(CloudWatch())
    await session.step()
    session.now += 10.0
    assert await session.reader.fetch(session.world) == {}


async def test_who_insists_gets_everything_read_again_within_the_minute() -> None:
    session = Session(CloudWatch(lambda query, at: 1.0))
    before = await session.step()
    session.cloud.value = lambda query, at: 2.0
    session.reader.insist()
    after = await session.step(1.0)
    assert len(session.asked) == 2
    assert after.series.keys() == before.series.keys()
    assert all(series.values[-1] == 2 * before.series[key].values[-1] for key, series in after.series.items())
    assert len(after.series["db.cpu"].times) == len(before.series["db.cpu"].times)
    await session.step(1.0)
    assert len(session.asked) == 2, "insisting holds for one fetch"


async def test_no_point_is_no_value() -> None:
    session = Session(CloudWatch(lambda query, at: None))
    metrics = await session.step()
    assert all(series.times == series.values == () for series in metrics.series.values())
    assert metrics.series["edge.target_5xx"].last(NOW) is None


async def test_a_forbidden_metric_keeps_its_status() -> None:
    session = Session(CloudWatch(lambda query, at: None))
    session.cloud.status = "Forbidden"
    assert {series.status for series in (await session.step()).series.values()} == {"Forbidden"}


@pytest.mark.parametrize("answer", [{}, {"MetricDataResults": None}])
async def test_an_answer_without_results_is_a_fault(answer: dict[str, Any]) -> None:
    cloud = CloudWatch()
    cloud.gateway.table["GetMetricData"] = answer
    with pytest.raises(Failed):
        await Session(cloud).step()


A = Query("N", "M", (("D", "a"),), "Sum")
B = Query("N", "M", (("D", "b"),), "Sum")
BOTH = Measure(key="k", label="l", unit="", kind=MetricClass.ALWAYS, queries=(A, B))


def test_a_sum_needs_every_part_and_a_maximum_any() -> None:
    found = {A: ({60.0: 1.0, 120.0: 2.0}, "Complete"), B: ({120.0: 5.0, 180.0: 7.0}, "PartialData")}
    assert combined(BOTH, found) == ({120.0: 7.0}, "PartialData")
    assert combined(msgspec.structs.replace(BOTH, combine="max"), found)[0] == {60.0: 1.0, 120.0: 5.0, 180.0: 7.0}
    assert combined(BOTH, {A: found[A]}) == ({}, "PartialData")


def test_pages_of_one_query_are_joined() -> None:
    pages = [
        {"MetricDataResults": [{"Id": "m0", "StatusCode": "PartialData", "Timestamps": [61], "Values": [1.0]}]},
        {"MetricDataResults": [{"Id": "m0", "StatusCode": "Complete", "Timestamps": [120], "Values": [2.0]}, {"Id": "m9", "Values": [1]}]},
    ]
    assert results(pages, {"m0": A}) == {A: ({60.0: 1.0, 120.0: 2.0}, "Complete")}


@pytest.mark.parametrize(
    ("result", "status"),
    [
        ({"Id": "m0"}, "no status"),
        ({"Id": "m0", "Timestamps": [], "Values": []}, "no status"),
        ({"Id": "m0", "Timestamps": [60], "Values": [1.0]}, "Complete"),
        ({"Id": "m0", "StatusCode": "Complete"}, "Complete"),
        ({"Id": "m0", "StatusCode": "Complete", "Values": [1.0]}, "values without times"),
    ],
)
def test_nothing_at_all_is_complete_only_when_cloudwatch_says_so(result: dict[str, object], status: str) -> None:
    assert results([{"MetricDataResults": [result]}], {"m0": A})[A][1] == status


@settings(deadline=None, derandomize=True, max_examples=80)
@given(data=st.data())
def test_a_damaged_answer_never_raises(data: st.DataObject) -> None:
    one = {"Id": "m0", "StatusCode": "Complete", "Timestamps": [datetime.fromtimestamp(MINUTE, UTC)] * 2, "Values": [1.0, 2.0]}
    answer = data.draw(damaged({"MetricDataResults": [one, one]}))
    answer = answer if isinstance(answer, dict) else {}
    points, _ = results([answer], {"m0": A}).get(A, ({}, ""))
    assert set(points.values()) <= {1.0, 2.0, 3.5, -1.0}


@settings(deadline=None, derandomize=True)
@given(now=st.floats(1e9, 2e9), gap=st.floats(0, 90_000), fresh=st.booleans())
def test_the_window_is_aligned_and_covers_what_was_missed(now: float, gap: float, fresh: bool) -> None:
    before = Metrics(series={}, start=0.0, end=(now - gap) // 60 * 60)
    start, end = window(now, before, fresh)
    assert (start % 300, end % 60) == (0.0, 0.0)
    assert now - 60 < end <= now
    assert end - start <= KEEP_S + 300
    assert fresh or start <= max(before.end - AGAIN_S, end - KEEP_S)


def test_a_minute_is_due_a_little_after_it_has_closed() -> None:
    before = Metrics(series={}, start=0.0, end=6000.0)
    assert [due(now, before) for now in (6004.0, 6059.0, 6064.0, 6065.0)] == [False, False, False, True]
    assert due(6000.0, None)
    assert due(5900.0, before), "a clock that was set back must not stop the metrics"


# --- economy ----------------------------------------------------------------------------------------------------------------


async def test_an_hour_of_triage_is_one_request_a_minute_and_its_month_is_told() -> None:
    session = Session(CloudWatch())
    meter = Meter(lambda: session.now)
    charting = Charting()
    charting.everything = False
    session.reader = MetricsReader(session.cloud.gateway, NAMES, lambda: session.now, charting)  # type: ignore[arg-type]
    when: list[float] = []
    for _ in range(64 * 4):
        before = len(session.asked)
        await session.step(15.0)
        for request in session.asked[before:]:
            when.append(session.now)
            meter.asked("cloudwatch", "GetMetricData", request)
    minutes = [at // 60 for at in when]
    assert len(minutes) == len(set(minutes))
    assert 62 <= len(when) <= 65
    asked = {query["MetricStat"]["Metric"]["MetricName"] for query in session.asked[-1]["MetricDataQueries"]}
    assert not asked & {"BytesOutToDestination", "ActiveConnectionCount"}
    rate = per_minute(meter.spent(), session.now)
    assert rate is not None
    counted = [
        len({str((q["MetricStat"]["Metric"], q["MetricStat"]["Period"])) for q in r["MetricDataQueries"]}) for r in session.asked[-60:]
    ]
    assert rate == pytest.approx(sum(counted) / 60, rel=0.02)


async def test_what_only_the_charts_need_is_taken_up_again_without_a_gap() -> None:
    charting = Charting()
    session = Session(CloudWatch())
    session.reader = MetricsReader(session.cloud.gateway, NAMES, lambda: session.now, charting)  # type: ignore[arg-type]
    await session.step()
    charting.everything = False
    for _ in range(40):
        await session.step(60.0)
    metrics = session.world.metrics.value
    assert metrics is not None
    assert session.now - metrics.series["nat.bytes_out"].times[-1] > 2000
    charting.everything = True
    assert session.reader.lags()
    metrics = await session.step(60.0)
    times = metrics.series["nat.bytes_out"].times
    assert {later - earlier for earlier, later in pairwise(times)} == {60.0}
    assert not session.reader.lags()


async def test_a_long_range_is_read_once_kept_and_only_its_end_read_again() -> None:
    charting = Charting()
    cloud, now, world = CloudWatch(), [NOW], WORLD
    reader = HistoryReader(cloud.gateway, NAMES, charting, lambda: now[0])  # type: ignore[arg-type]

    async def step(seconds: float) -> list[tuple[float, float, set[int]]]:
        nonlocal world
        now[0] += seconds
        before = len(cloud.gateway.calls)
        answer: Any = await reader.fetch(world)
        if answer:
            world = msgspec.structs.replace(world, history=Seen(value=answer["history"], seen_at=now[0]))
        return [
            (
                p["StartTime"].timestamp(),
                p["EndTime"].timestamp(),
                {q["MetricStat"]["Period"] for q in p["MetricDataQueries"]},
            )
            for _, p in cloud.gateway.calls[before:]
        ]

    assert await step(0) == []
    charting.range = range_named("24h") or pytest.fail("no range")
    ((start, end, periods),) = await step(15)
    assert (end - start) // 3600 == 24
    assert periods == {300}
    assert await step(15) == []
    ((start, end, _),) = await step(300)
    assert end - start <= 1200
    assert world.history.value is not None
    assert len(world.history.value.series["api.cpu"].times) >= 288
    charting.range = range_named("12h") or pytest.fail("no range")
    assert await step(15) == []
    samples, cpu = world.history.value.series["api.running"], world.history.value.series["api.cpu"]
    assert samples.values[-1] == pytest.approx(cpu.values[-1] / 5), "a sample a minute and task, whatever the period"
    charting.range = range_named("30d") or pytest.fail("no range")
    ((start, end, periods),) = await step(15)
    assert periods == {3600}
    assert (end - start) // 86_400 == 30


class Past:
    """A reader of the past on a stepped clock, and the windows that it asks for."""

    def __init__(self, name: str) -> None:
        self.cloud, self.now, self.world, self.charting = CloudWatch(), NOW, WORLD, Charting()
        self.charting.range = range_named(name) or pytest.fail("no range")
        self.reader = HistoryReader(self.cloud.gateway, NAMES, self.charting, lambda: self.now)  # type: ignore[arg-type]

    async def step(self, seconds: float) -> Any:
        self.now += seconds
        if answer := await self.reader.fetch(self.world):
            self.world = msgspec.structs.replace(self.world, history=Seen(value=answer["history"], seen_at=self.now))  # type: ignore[arg-type]
        return self.world.history.value


def gaps(series: Any) -> set[float]:
    return {later - earlier for earlier, later in pairwise(series.times)}


async def test_a_time_in_which_no_chart_looked_back_is_no_hole_in_the_past() -> None:
    past = Past("12h")
    await past.step(0)
    await past.step(13 * 3600)
    past.charting.range = range_named("24h") or pytest.fail("no range")
    found = await past.step(15)
    assert gaps(found.series["api.cpu"]) == {300.0}
    assert found.series["api.cpu"].times[0] <= past.now - 86_000


async def test_a_past_that_was_not_answered_completely_is_asked_for_again_and_not_called_complete_before() -> None:
    past = Past("24h")
    answered = past.cloud.value
    past.cloud.status, past.cloud.value = "InternalError", lambda query, at: None
    await past.step(0)
    past.cloud.status, past.cloud.value = "Complete", answered
    assert (await past.step(310)).series["edge.target_5xx"].status == "InternalError"
    asked = len(past.cloud.gateway.calls)
    await past.step(15)
    assert len(past.cloud.gateway.calls) == asked, "not at every look"
    found = (await past.step(400)).series["edge.target_5xx"]
    assert (found.status, gaps(found), len(found.times) >= 288) == ("Complete", {300.0}, True)


def test_the_past_of_minutes_never_stays_so_far_behind_that_the_newest_metrics_leave_a_hole() -> None:
    three = range_named("3h") or pytest.fail("no range")
    end = NOW // 60 * 60
    assert windows((end - 10_800, end - 1800), three, NOW) == ()
    ((start, until),) = windows((end - 12_000, end - 7200), three, NOW)
    assert (start <= end - 7200, until) == (True, end)


def test_five_minutes_are_read_as_soon_as_they_have_ended() -> None:
    day = range_named("24h") or pytest.fail("no range")
    ended = NOW // 300 * 300
    assert windows((ended - 86_400, ended + 60), day, ended + 290) == ()
    assert windows((ended - 86_400, ended + 240), day, ended + 310)[0][1] == ended + 300


async def test_an_alarms_metric_is_read_as_the_alarm_looks_at_it() -> None:
    cloud = CloudWatch(lambda query, at: 7.0)
    alarm = Alarm(
        name="a",
        metric="HTTPCode_Target_5XX_Count",
        namespace="AWS/ApplicationELB",
        statistic="Sum",
        period_s=300,
        dimensions=(("L", "x"),),
    )
    found = await alarm_metric(cloud.gateway, alarm, MINUTE - 3600, MINUTE)  # type: ignore[arg-type]
    assert (found.name, found.period_s, found.statistic, found.values[-1]) == ("HTTPCode_Target_5XX_Count", 300, "Sum", 7.0)
    with pytest.raises(Failed, match="made of other alarms"):
        await alarm_metric(cloud.gateway, Alarm(name="c", composite=True, metric="ALARM(a)"), MINUTE - 60, MINUTE)  # type: ignore[arg-type]
    cloud.status = "Forbidden"
    with pytest.raises(Failed, match="no permission"):
        await alarm_metric(cloud.gateway, alarm, MINUTE - 3600, MINUTE)  # type: ignore[arg-type]


def test_nothing_that_a_verdict_or_triage_looks_at_is_left_to_the_charts() -> None:
    folder = Path(__file__).parents[2] / "clickit_tui"
    looking = [*folder.glob("checks/*.py"), *folder.glob("playbooks/*.py"), folder / "follow.py", folder / "world" / "minutes.py"]
    looking += [folder / "panes" / "charts.py", folder / "panes" / "services.py"]
    said = "\n".join(path.read_text() for path in looking)
    for suffix in CHARTED_ONLY:
        assert not re.search(rf"""[a-z}}]\.{suffix}["']""", said), f"{suffix} is looked at: take it out of CHARTED_ONLY"
