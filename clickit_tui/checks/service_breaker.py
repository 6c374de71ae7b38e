"""The circuit breaker of each service's newest deployment: how many failures it has counted, and how many it takes."""

from __future__ import annotations

from functools import partial

from clickit_tui.checks.reading import fresh, measured, none, service
from clickit_tui.checks.registry import Facts, Finding, Verdict, check
from clickit_tui.naming import SERVICES
from clickit_tui.world.words import brief, several
from clickit_tui.world.world import World

CALL = "ecs:DescribeServiceDeployments"


def judge(part: str, world: World, facts: Facts) -> Finding:
    """WARN from one failure and for an hour after it acted; NONE where it is switched off or nothing was deployed."""
    found = service(world, facts, part)
    if found.breaker_enabled is False:
        return none(f"the circuit breaker of {found.name} is switched off", "off", part)
    every = fresh(world.service_deployments, facts.now, CALL, "deployments", part)
    newest = max((d for d in every if d.service in (found.name, found.arn)), key=lambda d: d.created_at or 0.0, default=None)
    if newest is None:
        return none(f"ECS keeps no record of a deployment of {found.name}", "no record", part)
    ended = newest.finished_at
    acted = newest.breaker == "TRIGGERED" and (ended is None or facts.now - ended < facts.thresholds.rollback_recent_s)
    counted = f"{'?' if newest.failures is None else newest.failures} of {'?' if newest.threshold is None else newest.threshold} failures"
    least = facts.thresholds.breaker_failures_warn
    failing = newest.running and bool(newest.failures) and (newest.failures or 0) >= least
    when = "" if ended is None else f" {brief(facts.now - ended)} ago"
    said = f"acted{when} after {counted}" if acted else f"counts {counted}" if failing else "has nothing to count"
    return Finding(
        verdict=Verdict.WARN if acted or failing else Verdict.PASS,
        short="triggered" if acted else "breaker ok" if not failing else counted[:14],
        sentence=f"the circuit breaker of {part} {said}",
        evidence=measured(f"{newest.breaker or '?'}, {counted}, {newest.status}", world.service_deployments.seen_at, CALL),
        threshold=f"WARN from {several(least, 'failure')} (AWS), "
        f"and for {brief(facts.thresholds.rollback_recent_s)} after it acted (heuristic)",
        change="a deployment without a failed task",
        part=part,
    )


for _part in SERVICES:
    check(f"{_part}.breaker", _part, "circuit breaker", ("services", "service_deployments"))(partial(judge, _part))
