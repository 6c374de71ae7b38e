"""The CloudWatch metrics ClickIt is watched by: names, dimensions, statistics, units, classes. Data and pure functions."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from clickit_tui.aws.elbv2 import main_balancer
from clickit_tui.naming import SERVICES, Names
from clickit_tui.world.parts import Cache, ClusterMissing, Database, MetricClass, NatGateway, TargetGroup
from clickit_tui.world.seen import Absent
from clickit_tui.world.world import World

Dimensions = tuple[tuple[str, str], ...]
"""(name, value) pairs, in the order of CloudWatch's documentation."""

EVENTS, STATE, ALWAYS = MetricClass.EVENTS, MetricClass.STATE, MetricClass.ALWAYS
ECS, INSIGHTS, ALB = "AWS/ECS", "ECS/ContainerInsights", "AWS/ApplicationELB"
RDS, CACHE, NAT = "AWS/RDS", "AWS/ElastiCache", "AWS/NATGateway"
NODE = "0001"
"""CacheNodeId of the only node of a Redis or Valkey cache cluster."""


class Query(msgspec.Struct, frozen=True):
    """One metric of one resource, as GetMetricData is asked for it."""

    namespace: str
    name: str
    dimensions: Dimensions
    statistic: str
    period_s: int = 60


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """One series of the World and the queries that it is made of."""

    key: str
    label: str
    unit: str
    kind: MetricClass
    queries: tuple[Query, ...]
    combine: str = "sum"
    """How several queries become one series, minute by minute: sum (only minutes that all have) or max."""
    note: str = ""

    @property
    def first(self) -> Query:
        return self.queries[0]


class Row(msgspec.Struct, frozen=True):
    """One line of the catalogue: suffix of the key, label, metric name, statistic, unit, class, period, combination."""

    suffix: str
    label: str
    name: str
    statistic: str
    unit: str = ""
    kind: MetricClass = ALWAYS
    period_s: int = 60
    combine: str = "sum"


SERVICE_ROWS = (
    Row("cpu", "cpu", "CPUUtilization", "Average", "%", STATE),
    Row("cpu_max", "cpu max", "CPUUtilization", "Maximum", "%", STATE),
    Row("memory", "mem", "MemoryUtilization", "Average", "%", STATE),
    Row("memory_max", "mem max", "MemoryUtilization", "Maximum", "%", STATE),
)
BALANCER_ROWS = (
    Row("requests", "req/min", "RequestCount", "Sum", "", EVENTS),
    Row("p50", "p50", "TargetResponseTime", "p50", "s", EVENTS),
    Row("p95", "p95", "TargetResponseTime", "p95", "s", EVENTS),
    Row("p99", "p99", "TargetResponseTime", "p99", "s", EVENTS),
    Row("target_5xx", "5xx", "HTTPCode_Target_5XX_Count", "Sum", "", EVENTS),
    Row("elb_5xx", "elb 5xx", "HTTPCode_ELB_5XX_Count", "Sum", "", EVENTS),
    Row("elb_502", "elb 502", "HTTPCode_ELB_502_Count", "Sum", "", EVENTS),
    Row("elb_503", "elb 503", "HTTPCode_ELB_503_Count", "Sum", "", EVENTS),
    Row("elb_504", "elb 504", "HTTPCode_ELB_504_Count", "Sum", "", EVENTS),
    Row("rejected", "rejected", "RejectedConnectionCount", "Sum", "", EVENTS),
    Row("target_connection_errors", "connect errors", "TargetConnectionErrorCount", "Sum", "", EVENTS),
)
HOST_ROWS = (
    Row("unhealthy", "unhlthy", "UnHealthyHostCount", "Maximum"),
    Row("healthy", "healthy", "HealthyHostCount", "Minimum"),
)
DATABASE_ROWS = (
    Row("cpu", "db cpu", "CPUUtilization", "Average", "%"),
    Row("memory", "free", "FreeableMemory", "Minimum", "B"),
    Row("read_iops", "read iops", "ReadIOPS", "Average", "/s"),
    Row("write_iops", "write iops", "WriteIOPS", "Average", "/s"),
    Row("connections", "conns", "DatabaseConnections", "Maximum"),
    Row("storage", "storage free", "FreeStorageSpace", "Minimum", "B"),
    Row("swap", "swap", "SwapUsage", "Maximum", "B"),
    Row("read_latency", "read latency", "ReadLatency", "Average", "s"),
    Row("write_latency", "write latency", "WriteLatency", "Average", "s"),
    Row("queue", "disk queue", "DiskQueueDepth", "Average"),
    Row("io_balance", "io balance", "EBSIOBalance%", "Minimum", "%"),
    Row("byte_balance", "byte balance", "EBSByteBalance%", "Minimum", "%"),
    Row("credits", "cpu credits", "CPUCreditBalance", "Minimum", period_s=300),
    Row("surplus", "surplus credits", "CPUSurplusCreditBalance", "Maximum", period_s=300),
    Row("surplus_charged", "surplus charged", "CPUSurplusCreditsCharged", "Maximum", period_s=300),
)
CACHE_ROWS = (
    Row("cpu", "cache cpu", "CPUUtilization", "Average", "%"),
    Row("engine_cpu", "engine cpu", "EngineCPUUtilization", "Average", "%"),
    Row("connections", "conns", "CurrConnections", "Maximum"),
    Row("hits", "hits", "CacheHits", "Sum"),
    Row("misses", "misses", "CacheMisses", "Sum"),
    Row("evictions", "evictions", "Evictions", "Sum"),
    Row("memory", "memory", "DatabaseMemoryUsagePercentage", "Maximum", "%"),
    Row("credits", "cpu credits", "CPUCreditBalance", "Minimum", period_s=300),
)
NAT_ROWS = (
    Row("bytes_out", "out", "BytesOutToDestination", "Sum", "B"),
    Row("bytes_in", "in", "BytesInFromDestination", "Sum", "B"),
    Row("peak", "peak", "PeakBytesPerSecond", "Maximum", "B/s", combine="max"),
    Row("port_errors", "port errors", "ErrorPortAllocation", "Sum"),
    Row("drops", "drops", "PacketsDropCount", "Sum"),
    Row("attempts", "attempts", "ConnectionAttemptCount", "Sum"),
    Row("established", "established", "ConnectionEstablishedCount", "Sum"),
    Row("active", "active", "ActiveConnectionCount", "Maximum"),
    Row("idle_timeouts", "idle timeouts", "IdleTimeoutCount", "Sum"),
)
UNITS = {row.name: row.unit for rows in (SERVICE_ROWS, BALANCER_ROWS, DATABASE_ROWS, CACHE_ROWS, NAT_ROWS) for row in rows}
"""Unit by metric name."""
NODE_LESS = frozenset({"EngineCPUUtilization"})
"""ElastiCache metrics whose dimension is the cache cluster alone."""


def _measure(part: str, row: Row, namespace: str, resources: Iterable[Dimensions], note: str = "") -> Measure:
    queries = tuple(Query(namespace, row.name, dimensions, row.statistic, row.period_s) for dimensions in resources)
    return Measure(
        key=f"{part}.{row.suffix}", label=row.label, unit=row.unit, kind=row.kind, queries=queries, combine=row.combine, note=note
    )


def running(part: str, dimensions: Dimensions, insights: bool) -> Measure:
    """Number of running tasks: Container Insights' own count, else the samples of the CPU metric, about one a task and minute."""
    if insights:
        return _measure(part, Row("running", "tasks", "RunningTaskCount", "Average", "", STATE), INSIGHTS, (dimensions,))
    row = Row("running", "tasks", "CPUUtilization", "SampleCount", "", STATE)
    return _measure(part, row, ECS, (dimensions,), "CPU SampleCount, about")


def _services(world: World, names: Names) -> list[Measure]:
    known = None if world.services.value is None else {service.part for service in world.services.value}
    cluster = world.cluster.value
    if isinstance(cluster, ClusterMissing):
        return []
    insights = cluster is not None and cluster.container_insights is True
    found: list[Measure] = []
    for part in SERVICES:
        if known is None or part in known:
            dimensions = (("ClusterName", names.cluster), ("ServiceName", names.service(part)))
            found += [_measure(part, row, ECS, (dimensions,)) for row in SERVICE_ROWS]
            found.append(running(part, dimensions, insights))
    return found


def _edge(groups: tuple[TargetGroup, ...]) -> list[Measure]:
    """Load balancer and hosts; `edge.unhealthy` and `edge.healthy` are the sums over ClickIt's target groups."""
    arn = main_balancer(groups)
    if not arn:
        return []
    balancer = ("LoadBalancer", arn.split(":loadbalancer/", 1)[-1])
    found = [_measure("edge", row, ALB, ((balancer,),)) for row in BALANCER_ROWS]
    behind = [group for group in groups if arn in group.load_balancers]
    every = [(balancer, ("TargetGroup", group.dimension)) for group in behind]
    for row in HOST_ROWS:
        found.append(_measure("edge", row, ALB, every, "sum of the target groups" if len(every) > 1 else ""))
        for part in dict.fromkeys(group.part for group in behind if group.part):
            own = [dimensions for dimensions, group in zip(every, behind, strict=True) if group.part == part]
            found.append(_measure(part, row, ALB, own))
    return found


def _database(world: World, names: Names) -> list[Measure]:
    value = world.database.value
    if isinstance(value, Absent):
        return []
    name = value.id if isinstance(value, Database) else names.database
    return [_measure("db", row, RDS, ((("DBInstanceIdentifier", name),),)) for row in DATABASE_ROWS]


def _cache(cache: object) -> list[Measure]:
    """The primary's node, which takes every write and a client's reads; replicas are not added up, since a percentage cannot be."""
    if not isinstance(cache, Cache) or not cache.nodes:
        return []
    cluster, node = ("CacheClusterId", cache.nodes[0]), ("CacheNodeId", NODE)
    note = f"primary {cache.nodes[0]} of {len(cache.nodes)} nodes" if len(cache.nodes) > 1 else ""
    return [_measure("cache", row, CACHE, ((cluster,) if row.name in NODE_LESS else (cluster, node),), note) for row in CACHE_ROWS]


def _nat(gateways: tuple[NatGateway, ...]) -> list[Measure]:
    """All NAT gateways together: sums, and the highest peak."""
    resources = [(("NatGatewayId", gateway.id),) for gateway in gateways]
    note = f"{len(resources)} NAT gateways" if len(resources) > 1 else ""
    return [_measure("nat", row, NAT, resources, note) for row in NAT_ROWS] if resources else []


def measures(world: World, names: Names) -> tuple[Measure, ...]:
    """Everything that can be asked for with what the World knows; a resource that was not found yet has no measures."""
    return (
        *_services(world, names),
        *_edge(world.target_groups.value or ()),
        *_database(world, names),
        *_cache(world.cache.value),
        *_nat(world.nat.value or ()),
    )
