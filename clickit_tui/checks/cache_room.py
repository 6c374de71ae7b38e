"""Memory and CPU credits of the cache's primary node: it evicts keys when full, and is throttled without credits."""

from __future__ import annotations

from clickit_tui.checks.cache import CALL
from clickit_tui.checks.reading import measured, newest, present, reading, slow
from clickit_tui.checks.registry import Facts, Finding, Verdict, check
from clickit_tui.world.world import World


@check("cache.memory", "cache", "memory", ("cache", "metrics"))
def memory(world: World, facts: Facts) -> Finding:
    """FAIL above 90 % while keys are evicted, WARN above 75 % or when any key is evicted."""
    present(world.cache, facts.now, CALL, "cache", "cache")
    limits = facts.thresholds
    at, value = newest(world, facts, "cache.memory", "cache")
    evicted = reading(world, facts, "cache.evictions", 5, "cache").total or 0.0
    evicts = evicted >= max(1, limits.cache_evictions_warn)
    full = value > limits.cache_memory_fail and evicts
    verdict = Verdict.FAIL if full else Verdict.WARN if value > limits.cache_memory_warn or evicts else Verdict.PASS
    return Finding(
        verdict=verdict,
        short=f"mem {value:.0f} %",
        sentence=f"cache memory {value:.0f} %" + (f", {evicted:.0f} keys evicted in 5 min" if evicted else ""),
        evidence=measured(f"{value:.1f} %, {evicted:.0f} evictions", at),
        threshold=f"FAIL above {limits.cache_memory_fail:g} % with evictions, WARN above {limits.cache_memory_warn:g} % "
        f"or from {limits.cache_evictions_warn} evictions in 5 min (heuristic)",
        change="keys that expire, or a larger node",
        part="cache",
    )


@check("cache.credits", "cache", "CPU credits", ("cache", "metrics"))
def credits_(world: World, facts: Facts) -> Finding:
    """FAIL at 0: ElastiCache's burstable nodes are throttled then; WARN below 60."""
    present(world.cache, facts.now, CALL, "cache", "cache")
    at, value = slow(world, facts, "cache.credits", "cache")
    warn = facts.thresholds.cache_credits_warn
    verdict = Verdict.FAIL if value <= 0.5 else Verdict.WARN if value < warn else Verdict.PASS
    return Finding(
        verdict=verdict,
        short=f"{value:.0f} credits",
        sentence=f"the cache has {value:.0f} CPU credits left" + (": it is throttled to its baseline" if verdict is Verdict.FAIL else ""),
        evidence=measured(f"{value:.1f}", at),
        threshold=f"FAIL at 0, WARN below {warn:g} (AWS: ElastiCache t4g is Standard and throttles)",
        change="less CPU than the node's baseline, or a node type without credits",
        part="cache",
    )
