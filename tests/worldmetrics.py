"""Metrics of the fixture Worlds: an hour of every series of the product's own catalogue at a healthy level."""

from __future__ import annotations

from collections.abc import Iterable

from clickit_tui.aws.catalogue import Measure, measures
from clickit_tui.world.parts import Cache, Metrics, NatGateway, Series
from clickit_tui.world.seen import Seen
from clickit_tui.world.world import World
from tests import worldparts
from tests.worldparts import ENV, NAMES

LEVEL: dict[str, float] = {
    "api.cpu": 31,
    "api.cpu_max": 38,
    "api.memory": 44,
    "api.memory_max": 47,
    "api.running": 3,
    "frontend.cpu": 11,
    "frontend.cpu_max": 14,
    "frontend.memory": 31,
    "frontend.memory_max": 33,
    "frontend.running": 2,
    "edge.requests": 412,
    "edge.p50": 0.041,
    "edge.p95": 0.12,
    "edge.p99": 0.31,
    "edge.healthy": 5,
    "api.healthy": 3,
    "frontend.healthy": 2,
    "db.cpu": 22,
    "db.memory": 341 * 2**20,
    "db.read_iops": 12,
    "db.write_iops": 9,
    "db.connections": 21,
    "db.storage": 14 * 2**30,
    "db.read_latency": 0.0006,
    "db.write_latency": 0.0011,
    "db.queue": 0.1,
    "db.io_balance": 99,
    "db.byte_balance": 99,
    "db.credits": 288,
    "cache.cpu": 9,
    "cache.engine_cpu": 3,
    "cache.connections": 12,
    "cache.hits": 970,
    "cache.misses": 30,
    "cache.memory": 18,
    "cache.credits": 288,
    "nat.bytes_out": 4_000_000,
    "nat.bytes_in": 9_000_000,
    "nat.peak": 400_000,
    "nat.attempts": 120,
    "nat.established": 120,
    "nat.active": 40,
}
ERRORS = {
    "edge.target_5xx",
    "edge.elb_5xx",
    "edge.elb_502",
    "edge.elb_503",
    "edge.elb_504",
    "edge.rejected",
    "edge.target_connection_errors",
}
"""Published only when non-zero: a healthy World has no point of them."""


def catalogue(parts: tuple[str, ...]) -> dict[str, Measure]:
    """Every measure of an environment with a load balancer, a cache and a NAT gateway; each service has api's measures."""
    world = World(
        env=ENV,
        target_groups=Seen(value=worldparts.target_groups()),
        cache=Seen(value=Cache(id=NAMES.cache, nodes=(f"{NAMES.cache}-001",))),
        nat=Seen(value=(NatGateway(id="nat-0a1"),)),
    )
    found = {each.key: each for each in measures(world, NAMES)}
    for part in parts:
        for suffix in ("cpu", "cpu_max", "memory", "memory_max", "running"):
            found.setdefault(f"{part}.{suffix}", found[f"api.{suffix}"])
    return {key: each for key, each in found.items() if key.partition(".")[0] in (*parts, "edge", "db", "cache", "nat")}


def line(now: float, values: Iterable[float], period_s: int = 60) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Times and values whose last point begins in the newest whole period before `now`."""
    points = tuple(float(value) for value in values)
    last = now // period_s * period_s - period_s
    return tuple(last - period_s * (len(points) - 1 - index) for index in range(len(points))), points


def series(key: str, now: float, values: Iterable[float], measure: Measure) -> Series:
    """A series of that measure."""
    query = measure.first
    times, points = line(now, values, query.period_s)
    return Series(
        key=key,
        label=measure.label,
        unit=measure.unit,
        kind=measure.kind,
        statistic=query.statistic,
        namespace=query.namespace,
        name=query.name,
        period_s=query.period_s,
        times=times,
        values=points,
        note=measure.note,
        resources=tuple(each.dimensions for each in measure.queries),
    )


def metrics(now: float, overrides: dict[str, Iterable[float]] | None = None, parts: tuple[str, ...] = ("api", "frontend")) -> Metrics:
    """An hour of every series at its healthy level; `overrides` replaces the newest points of a series, oldest first."""
    changed = {key: [float(value) for value in values] for key, values in (overrides or {}).items()}
    found: dict[str, Series] = {}
    for key, measure in catalogue(parts).items():
        points = [] if key in ERRORS else [LEVEL.get(key, 0.0)] * (3600 // measure.first.period_s)
        tail = changed.pop(key, [])
        found[key] = series(key, now, points[: max(0, len(points) - len(tail))] + tail, measure)
    if changed:
        raise KeyError(f"the catalogue has no {', '.join(changed)}")
    end = now // 60 * 60
    return Metrics(series=found, start=end - 3600, end=end)
