"""A minute's tally as CloudWatch metrics: namespaces, names, dimensions, units, and which are absent when nothing happened."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from clickit_tui.demo.metricseries import SAMPLES_KEPT, Point, gauge, samples, sums
from clickit_tui.demo.state import Environment
from clickit_tui.demo.traffic import SERVING, Served, Tally, outside_failing

GIB = 1024**3
ANSWER_BYTES, LINE_BYTES = 9_000, 240
"""Of an average answer, and of the log lines of an average request."""
MEMORY_GIB = {"db.t4g.micro": 1.0, "db.t4g.small": 2.0, "db.t4g.medium": 4.0, "db.t4g.large": 8.0}


class Measured(NamedTuple):
    """One point of one metric."""

    namespace: str
    name: str
    dimensions: dict[str, str]
    point: Point
    unit: str


def late(each: Measured) -> bool:
    """Whether a metric is gathered from the load balancer's many nodes, some of which deliver late."""
    return each.namespace == "AWS/ApplicationELB" and "HostCount" not in each.name


def part(each: Measured, share: float) -> Measured | None:
    """What has come of a point so far; None when that is nothing."""
    count = each.point.sample_count * share // 1
    total = each.point.total * count / each.point.sample_count
    return each._replace(point=each.point._replace(sample_count=count, total=total)) if count else None


def points(env: Environment, tally: Tally, minute: int) -> Iterator[Measured]:
    """Every metric of one environment in one minute (counted since the epoch)."""
    yield from _services(env, tally)
    yield from _balancer(env, tally)
    if env.database.status in SERVING:
        yield from _database(env, tally, minute)
    if env.cache.status == "available":
        yield from _cache(env, tally, minute)
    yield from _nats(env, tally)
    yield from _ingestion(env, tally)


def _services(env: Environment, tally: Tally) -> Iterator[Measured]:
    for part, served in tally.served.items():
        dims = {"ClusterName": env.names.cluster, "ServiceName": env.names.service(part)}
        for name, by_task in (("CPUUtilization", served.cpu), ("MemoryUtilization", served.memory)):
            means = [math.fsum(values) / len(values) for values in by_task.values()]
            if means:
                yield Measured("AWS/ECS", name, dims, samples(means), "Percent")


def _balancer(env: Environment, tally: Tally) -> Iterator[Measured]:
    space, whole = "AWS/ApplicationELB", {"LoadBalancer": env.balancer.dimension}
    for part, served in tally.served.items():
        dims = whole | {"TargetGroup": env.groups[part].dimension}
        yield from _served(space, served, dims)
        if served.healthy:
            yield Measured(space, "HealthyHostCount", dims, samples([float(each) for each in served.healthy]), "Count")
            yield Measured(space, "UnHealthyHostCount", dims, samples([float(each) for each in served.unhealthy]), "Count")
    both = Served()
    for served in tally.served.values():
        both.requests += served.requests
        both.statuses += served.statuses
        both.seconds += served.seconds
    yield from _served(space, both, whole)
    for status, count in sorted(tally.elb.items()):
        if count:
            yield Measured(space, f"HTTPCode_ELB_{status}_Count", whole, sums(count, count), "Count")
    failed = sum(tally.elb.values())
    if failed:
        yield Measured(space, "HTTPCode_ELB_5XX_Count", whole, sums(failed, failed), "Count")
    if tally.refused:
        yield Measured(space, "TargetConnectionErrorCount", whole, sums(tally.refused, tally.refused), "Count")
    opened = max(1.0, both.requests / 6)
    yield Measured(space, "NewConnectionCount", whole, sums(round(opened), opened), "Count")
    yield Measured(space, "ActiveConnectionCount", whole, sums(round(opened * 2.4), opened), "Count")
    units = max(opened / 60 / 25, both.requests / 60 / 1000, both.requests * ANSWER_BYTES * 60 / 1e9)
    yield Measured(space, "ConsumedLCUs", whole, gauge(units / 60), "Count")


def _served(space: str, served: Served, dims: dict[str, str]) -> Iterator[Measured]:
    if served.requests:
        yield Measured(space, "RequestCount", dims, sums(served.requests, served.requests), "Count")
    if served.seconds:
        found = samples(served.seconds[:: len(served.seconds) // SAMPLES_KEPT + 1])
        scale = served.requests / found.sample_count
        yield Measured(
            space, "TargetResponseTime", dims, found._replace(sample_count=served.requests, total=found.total * scale), "Seconds"
        )
    for first in (2, 4, 5):
        count = sum(many for status, many in served.statuses.items() if status // 100 == first)
        if count:
            yield Measured(space, f"HTTPCode_Target_{first}XX_Count", dims, sums(count, count), "Count")


def _mean(values: list[float]) -> float:
    return math.fsum(values) / len(values) if values else 0.0


def _database(env: Environment, tally: Tally, minute: int) -> Iterator[Measured]:
    database, space = env.database, "AWS/RDS"
    dims = {"DBInstanceIdentifier": database.id}
    seconds = max(1.0, tally.seconds)
    memory = MEMORY_GIB.get(database.instance_class, 1.0) * GIB
    cpu = _mean(tally.database_cpu)
    connections = max(tally.connections, default=0.0)
    found = {
        "CPUUtilization": (cpu, "Percent"),
        "FreeableMemory": (memory * 0.21 - connections * 1.1e6, "Bytes"),
        "SwapUsage": (24e6, "Bytes"),
        "ReadIOPS": (tally.reads / seconds, "Count/Second"),
        "WriteIOPS": (tally.writes / seconds, "Count/Second"),
        "ReadLatency": (_mean(tally.read_ms) / 1000, "Seconds"),
        "WriteLatency": (_mean(tally.read_ms) * 1.6 / 1000, "Seconds"),
        "DiskQueueDepth": ((tally.reads + tally.writes) / seconds * _mean(tally.read_ms) / 1000, "Count"),
        "FreeStorageSpace": ((database.storage_gib - database.used_gib) * GIB, "Bytes"),
        "EBSIOBalance%": (round(database.io_balance, 1), "Percent"),
        "EBSByteBalance%": (99.0, "Percent"),
    }
    for name, (value, unit) in found.items():
        yield Measured(space, name, dims, gauge(value), unit)
    if tally.connections:
        yield Measured(space, "DatabaseConnections", dims, samples(tally.connections), "Count")
    if minute % 5 == 0:
        balances = (("CPUCreditBalance", 288.0 if cpu < 40 else 140.0), ("CPUSurplusCreditBalance", 0.0), ("CPUSurplusCreditsCharged", 0.0))
        for name, value in balances:
            yield Measured(space, name, dims, gauge(value), "Count")


def _cache(env: Environment, tally: Tally, minute: int) -> Iterator[Measured]:
    cache, space = env.cache, "AWS/ElastiCache"
    cpu = _mean(tally.cache_cpu)
    for at, node in enumerate(cache.nodes):
        share = 1.0 if at == 0 else 0.0
        hits, misses = tally.hits * share, tally.misses * share
        found = {
            "CPUUtilization": (cpu, "Percent"),
            "EngineCPUUtilization": (max(0.2, cpu * 0.7 - 0.4), "Percent"),
            "CurrConnections": (max(tally.cache_connections, default=0.0) if at == 0 else 3.0, "Count"),
            "CacheHits": (hits, "Count"),
            "CacheMisses": (misses, "Count"),
            "Evictions": (cache.evictions_per_s * tally.seconds * share, "Count"),
            "DatabaseMemoryUsagePercentage": (cache.memory_percent, "Percent"),
        }
        if hits + misses:
            found["CacheHitRate"] = (100 * hits / (hits + misses), "Percent")
        if minute % 5 == 0:
            found["CPUCreditBalance"] = (cache.credits, "Count")
        for name, (value, unit) in found.items():
            for dims in ({"CacheClusterId": node}, {"CacheClusterId": node, "CacheNodeId": "0001"}):
                yield Measured(space, name, dims, gauge(value), unit)


def _nats(env: Environment, tally: Tally) -> Iterator[Measured]:
    share = 1 / max(1, len(env.network.nats))
    requests = sum(served.requests for served in tally.served.values()) * share
    held, failing = env.network.outside_connections * share, outside_failing(env)
    attempts = requests * 0.3 + held / 6
    found = {
        "BytesOutToDestination": (tally.out_bytes * share, "Bytes"),
        "BytesInFromDestination": (tally.out_bytes * share * 1.7, "Bytes"),
        "PeakBytesPerSecond": (tally.peak_bytes_s * share, "Bytes/Second"),
        "ErrorPortAllocation": (round(attempts * failing), "Count"),
        "PacketsDropCount": (0.0, "Count"),
        "ConnectionAttemptCount": (round(attempts), "Count"),
        "ConnectionEstablishedCount": (round(attempts * (1 - failing)), "Count"),
        "ActiveConnectionCount": (round(6 + requests * 0.05 + held * (1 - failing)), "Count"),
        "IdleTimeoutCount": (0.0, "Count"),
    }
    for nat in env.network.nats:
        for name, (value, unit) in found.items():
            yield Measured("AWS/NATGateway", name, {"NatGatewayId": nat["NatGatewayId"]}, gauge(float(value)), unit)


def _ingestion(env: Environment, tally: Tally) -> Iterator[Measured]:
    for part, served in tally.served.items():
        if served.requests:
            size = float(served.requests * LINE_BYTES)
            yield Measured("AWS/Logs", "IncomingBytes", {"LogGroupName": env.names.logs[part]}, sums(size, served.requests), "Bytes")
