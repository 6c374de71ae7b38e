"""The cache: its status, its CPU and its hit rate."""

from __future__ import annotations

from clickit_tui.checks.reading import METRICS_CALL, lasts, measured, metrics, newest, present, reading, unknown
from clickit_tui.checks.registry import Facts, Finding, Verdict, check
from clickit_tui.world.minutes import LOOKUPS, cache_lookups
from clickit_tui.world.parts import Cache
from clickit_tui.world.world import World

CALL = "elasticache:DescribeReplicationGroups"
STATES = (
    "available", "snapshotting", "creating", "modifying", "rebooting cluster nodes",
    "create-failed", "deleting", "deleted", "restore-failed", "incompatible-network",
)  # fmt: skip


def _cache(world: World, facts: Facts) -> Cache:
    return present(world.cache, facts.now, CALL, "cache", "cache")


@check("cache.status", "cache", "status", ("cache",))
def status(world: World, facts: Facts) -> Finding:
    """PASS when available, FAIL when it failed or is being deleted, WARN while it changes; another status is said and not judged."""
    found = _cache(world, facts)
    said = found.status.lower()
    if not said:
        return unknown("no data", f"cache {found.id} gives no status", "cache", CALL)
    if said not in STATES:
        return unknown(said[:14], f"cache {found.id} says {said}: not a status this check knows", "cache", CALL)
    broken = said in ("create-failed", "deleting", "deleted", "restore-failed", "incompatible-network")
    verdict = Verdict.PASS if said in ("available", "snapshotting") else Verdict.FAIL if broken else Verdict.WARN
    return Finding(
        verdict=verdict,
        short=said[:14],
        sentence=f"cache {found.id} is {found.status}",
        evidence=measured(found.status, world.cache.seen_at, CALL),
        threshold="FAIL when broken or going, WARN while it changes (AWS)",
        change="status available",
        part="cache",
    )


@check("cache.cpu", "cache", "CPU", ("cache", "metrics"))
def cpu(world: World, facts: Facts) -> Finding:
    """FAIL when the engine's thread is above 90 % for 5 closed minutes, WARN when the node is above 45 % (one of two vCPUs)."""
    _cache(world, facts)
    limits = facts.thresholds
    got = reading(world, facts, "cache.cpu", 5, "cache")
    engine = reading(world, facts, "cache.engine_cpu", 5, "cache")
    at, value = got.present[-1]
    full = lasts(engine, limits.cache_engine_cpu_fail, 5, "cache")
    high = not full and lasts(got, limits.cache_cpu_warn, 5, "cache")
    verdict = Verdict.FAIL if full else Verdict.WARN if high else Verdict.PASS
    return Finding(
        verdict=verdict,
        short=f"cpu {value:.0f} %",
        sentence=f"cache CPU {value:.0f} %, engine {engine.present[-1][1]:.0f} %",
        evidence=measured(f"{value:.1f} %", at),
        threshold=f"FAIL engine above {limits.cache_engine_cpu_fail:g} %, WARN node above {limits.cache_cpu_warn:g} %, for 5 min (AWS)",
        change="one closed minute below the limit",
        part="cache",
    )


@check("cache.hit_rate", "cache", "hit rate", ("cache", "metrics"))
def hit_rate(world: World, facts: Facts) -> Finding:
    """FAIL below 50 %, WARN below 80 %; with fewer than 100 look-ups in 5 minutes it passes and says so."""
    _cache(world, facts)
    limits = facts.thresholds
    at, _ = newest(world, facts, "cache.hits", "cache")
    newest(world, facts, "cache.misses", "cache")
    found = cache_lookups(metrics(world, facts, "cache"), world.metrics.seen_at or facts.now)
    if found is None:
        return unknown("no data", "no minute of the last 5 knows both hits and misses of the cache", "cache", METRICS_CALL)
    total_hits, lookups = found
    rate = 100 * total_hits / lookups if lookups else 0.0
    few = lookups < LOOKUPS
    said = f"{lookups:.0f} cache look-ups in 5 min: too few to judge a hit rate" if few else f"cache hit rate {rate:.0f} % in 5 min"
    bad = Verdict.FAIL if rate < limits.cache_hit_fail else Verdict.WARN if rate < limits.cache_hit_warn else Verdict.PASS
    return Finding(
        verdict=Verdict.PASS if few else bad,
        short="few look-ups" if few else f"hit {rate:.0f} %",
        sentence=said,
        evidence=measured(f"{total_hits:.0f} hits of {lookups:.0f}", at),
        threshold=f"FAIL below {limits.cache_hit_fail:g} % (heuristic), WARN below {limits.cache_hit_warn:g} % (AWS)",
        change=f"a hit rate above {limits.cache_hit_warn:g} %",
        part="cache",
    )
