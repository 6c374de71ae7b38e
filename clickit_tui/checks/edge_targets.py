"""Every target group behind the load balancer has healthy targets; without one the load balancer answers 502 or 503."""

from __future__ import annotations

from clickit_tui.checks.reading import HEALTH_CALL, awake, fresh, lasting, measured, none, present, reasons, unknown, untold
from clickit_tui.checks.registry import RANK, Facts, Finding, Verdict, check
from clickit_tui.world.parts import Target, TargetGroup
from clickit_tui.world.words import several
from clickit_tui.world.world import World

LEAVING = ("draining", "unused", "unhealthy.draining")
"""States of targets that are on their way out."""


@check("edge.targets", "edge", "target health", ("balancer", "target_groups", "targets", "services", "metrics"))
def judge(world: World, facts: Facts) -> Finding:
    """FAIL when a group has no healthy target or one that stays unhealthy, WARN for any, UNKNOWN when the state of one is not told.

    Targets that start or leave do not count.
    """
    awake(world, facts, "edge")
    present(world.balancer, facts.now, "elasticloadbalancing:DescribeLoadBalancers", "load balancer", "edge")
    groups = fresh(world.target_groups, facts.now, "elasticloadbalancing:DescribeTargetGroups", "target groups", "edge")
    targets = fresh(world.targets, facts.now, HEALTH_CALL, "target health", "edge")
    if not groups:
        return none("no target group behind the load balancer", "no groups", "edge")
    judged = [_group(group, tuple(t for t in targets if t.group == group.arn), world, facts) for group in groups]
    worst = max(judged, key=lambda finding: RANK[finding.verdict])
    if worst.verdict is not Verdict.PASS:
        return worst
    healthy = sum(t.state == "healthy" for t in targets)
    return _finding(Verdict.PASS, f"{healthy} healthy", f"all {healthy} targets in service are healthy", world, facts)


def _group(group: TargetGroup, targets: tuple[Target, ...], world: World, facts: Facts) -> Finding:
    name = group.part or group.name
    serving = [t for t in targets if t.state not in LEAVING]
    healthy = sum(t.state == "healthy" for t in serving)
    unhealthy = tuple(t for t in serving if t.state in ("unhealthy", "unavailable"))
    if not unhealthy and (vague := untold(tuple(serving))):
        said = f"the answer does not tell the state of {several(len(vague), 'target')} of {name}"
        return unknown("bad answer", said, "edge", HEALTH_CALL)
    if healthy == 0:
        return _none_healthy(name, len(serving), unhealthy, world, facts)
    if unhealthy:
        said = reasons(unhealthy)
        sentence = f"{len(unhealthy)} of {len(serving)} targets of {name} unhealthy" + (f": {said}" if said else "")
        verdict = Verdict.FAIL if lasting(world, facts, group.part) else Verdict.WARN
        return _finding(verdict, f"{len(unhealthy)} unhealthy", sentence, world, facts)
    return _finding(Verdict.PASS, f"{healthy} healthy", f"{healthy} of {len(serving)} targets of {name} healthy", world, facts)


def _none_healthy(name: str, serving: int, unhealthy: tuple[Target, ...], world: World, facts: Facts) -> Finding:
    said = reasons(unhealthy)
    if serving:
        sentence = f"no healthy target of {name}: 0 of {serving}" + (f", {said}" if said else "")
        return _finding(Verdict.FAIL, f"{name[:6]} 0/{serving}", sentence, world, facts)
    asleep = any(s.part == name and s.desired == 0 for s in world.services.value or ())
    verdict = Verdict.WARN if asleep and not facts.protected else Verdict.FAIL
    because = "it is scaled to 0" if asleep else "none is registered"
    return _finding(
        verdict, f"{name[:8]} none", f"no target of {name} registered: {because}, so the load balancer answers 503", world, facts
    )


def _finding(verdict: Verdict, short: str, sentence: str, world: World, facts: Facts) -> Finding:
    return Finding(
        verdict=verdict,
        short=short,
        sentence=sentence,
        evidence=measured(short, world.targets.seen_at, HEALTH_CALL),
        threshold=f"FAIL at no healthy target or one unhealthy for {facts.thresholds.unhealthy_minutes} min, "
        "WARN at any unhealthy one (AWS)",
        change="every registered target healthy",
        part="edge",
    )
