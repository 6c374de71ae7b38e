"""Tasks of each service that stopped by themselves in the last 15 minutes; those that deployments, scaling or people stop do not count."""

from __future__ import annotations

from functools import partial

from clickit_tui.checks.reading import TASKS_CALL, measured, service, tasks_of
from clickit_tui.checks.registry import Facts, Finding, Verdict, check
from clickit_tui.naming import SERVICES
from clickit_tui.world.ecs import Task
from clickit_tui.world.health import stopped_by_itself, why_stopped
from clickit_tui.world.words import several
from clickit_tui.world.world import World


def judge(part: str, world: World, facts: Facts) -> Finding:
    """WARN from 1, FAIL from 3 in 15 minutes."""
    service(world, facts, part)
    limits, within = facts.thresholds, f"{facts.thresholds.stops_within_s / 60:g} min"
    stopped = failed_stops(tasks_of(world, facts, part), facts.now, limits.stops_within_s)
    warns = len(stopped) >= max(1, limits.stops_warn)
    verdict = Verdict.FAIL if len(stopped) >= max(1, limits.stops_fail) else Verdict.WARN if warns else Verdict.PASS
    said = f": {why_stopped(stopped[0])}" if stopped else ""
    return Finding(
        verdict=verdict,
        short=several(len(stopped), "stop"),
        sentence=f"{several(len(stopped), 'task')} of {part} stopped in {within}{said}",
        evidence=measured(", ".join(f"{t.id[:8]} {why_stopped(t)}" for t in stopped[:3]) or "none", world.tasks.seen_at, TASKS_CALL),
        threshold=f"FAIL from {limits.stops_fail}, WARN from {limits.stops_warn} in {within} (AWS: the circuit breaker's minimum)",
        change=f"{within} without such a stop",
        part=part,
    )


def failed_stops(tasks: tuple[Task, ...], now: float, within_s: float) -> list[Task]:
    """The tasks that stopped by themselves within so many seconds, newest first."""
    found = [t for t in tasks if t.stopped and t.stopped_at is not None and now - t.stopped_at <= within_s and stopped_by_itself(t)]
    return sorted(found, key=lambda t: t.stopped_at or 0.0, reverse=True)


for _part in SERVICES:
    check(f"{_part}.stops", _part, "stopped tasks", ("services", "tasks"))(partial(judge, _part))
