"""CPU and memory of each service, in per cent of what its tasks reserve."""

from __future__ import annotations

from functools import partial

from clickit_tui.checks.reading import lasts, measured, none, reading, service
from clickit_tui.checks.registry import Blind, Facts, Finding, Verdict, check
from clickit_tui.naming import SERVICES
from clickit_tui.world.minutes import Reading
from clickit_tui.world.world import World


def cpu(part: str, world: World, facts: Facts) -> Finding:
    """FAIL above 85 % for 10 closed minutes, WARN above 80 % for 5."""
    limits = facts.thresholds
    got = _running(part, "cpu", world, facts)
    full = got.above(limits.api_cpu_fail, 10)
    high = not full and lasts(got, limits.api_cpu_warn, 5, part)
    verdict = Verdict.FAIL if full else Verdict.WARN if high else Verdict.PASS
    threshold = f"FAIL above {limits.api_cpu_fail:g} % for 10 min (runbook), WARN above {limits.api_cpu_warn:g} % for 5 min (AWS)"
    return _finding(part, "cpu", got, verdict, threshold)


def memory(part: str, world: World, facts: Facts) -> Finding:
    """FAIL above 90 % in any of 5 closed minutes, WARN above 80 % in all of them."""
    limits = facts.thresholds
    got = _running(part, "memory", world, facts)
    peak = max(value for _, value in reading(world, facts, f"{part}.memory_max", 5, part).present)
    full = peak > limits.memory_fail
    high = not full and lasts(got, limits.memory_warn, 5, part)
    verdict = Verdict.FAIL if full else Verdict.WARN if high else Verdict.PASS
    threshold = f"FAIL above {limits.memory_fail:g} % in any of 5 min (heuristic), WARN above {limits.memory_warn:g} % for 5 min (AWS)"
    return _finding(part, "memory", got, verdict, threshold)


def _running(part: str, name: str, world: World, facts: Facts) -> Reading:
    found = service(world, facts, part)
    if found.desired == 0 and found.running == 0:
        raise Blind(none(f"{found.name} is scaled to 0: no task to measure", "no tasks", part))
    reading(world, facts, f"{part}.{name}", 5, part)
    return reading(world, facts, f"{part}.{name}", 10, part)


def _finding(part: str, name: str, got: Reading, verdict: Verdict, threshold: str) -> Finding:
    at, value = got.present[-1]
    return Finding(
        verdict=verdict,
        short=f"{name[:3]} {value:.0f} %",
        sentence=f"{name} of {part} {value:.0f} % of what its tasks reserve",
        evidence=measured(f"{value:.1f} %", at),
        threshold=threshold,
        change="one closed minute below the limit" if name == "cpu" else "five closed minutes below the limit",
        part=part,
    )


for _part in SERVICES:
    check(f"{_part}.cpu", _part, "CPU", ("services", "metrics"))(partial(cpu, _part))
    check(f"{_part}.memory", _part, "memory", ("services", "metrics"))(partial(memory, _part))
