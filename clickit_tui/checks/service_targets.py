"""Healthy targets of each service against its desired count."""

from __future__ import annotations

from functools import partial

from clickit_tui.checks.edge_targets import LEAVING
from clickit_tui.checks.reading import HEALTH_CALL, SERVICES_CALL, lasting, measured, none, reasons, service, targets_of, unknown, untold
from clickit_tui.checks.registry import Facts, Finding, Verdict, check
from clickit_tui.naming import SERVICES
from clickit_tui.world.ecs import Service
from clickit_tui.world.parts import Target
from clickit_tui.world.words import several
from clickit_tui.world.world import World


def judge(part: str, world: World, facts: Facts) -> Finding:
    """FAIL when none is healthy and none starts, or some were unhealthy in the last two closed minutes too; WARN when some are now.

    WARN also when fewer are registered than tasks run and nothing is rolled out; UNKNOWN when the state of one is not told.
    """
    found = service(world, facts, part)
    if not found.groups_told:
        return unknown("bad answer", f"the target groups of {found.name} not seen: the answer does not tell them", part, SERVICES_CALL)
    if not found.target_groups:
        return none(f"{found.name} registers in no target group", "no group", part)
    targets = targets_of(world, facts, found.target_groups, part)
    serving = tuple(t for t in targets if t.state not in LEAVING)
    unhealthy = tuple(t for t in serving if t.state in ("unhealthy", "unavailable"))
    healthy = sum(t.state == "healthy" for t in serving)
    if not unhealthy and (vague := untold(serving)):
        said = f"the answer does not tell the state of {several(len(vague), 'target')} of {found.name}"
        return unknown("bad answer", said, part, HEALTH_CALL)
    absent = 0 if found.rolling else max(0, _running(found) * len(found.target_groups) - len(serving))
    wanted = max(len(serving), (found.desired or 0) * len(found.target_groups))
    verdict = _verdict(found, facts, healthy, len(unhealthy), starting=len(serving) > len(unhealthy))
    if verdict is Verdict.WARN and unhealthy and lasting(world, facts, part):
        verdict = Verdict.FAIL
    verdict = Verdict.WARN if verdict is Verdict.PASS and absent else verdict
    return _finding(found, world, facts, verdict, (healthy, wanted), (unhealthy, absent))


def _running(found: Service) -> int:
    """Tasks that are to serve and run; those that scaling takes away leave their group before they end."""
    return min(found.running or 0, found.desired or 0)


def _verdict(found: Service, facts: Facts, healthy: int, unhealthy: int, starting: bool) -> Verdict:
    if healthy:
        return Verdict.WARN if unhealthy else Verdict.PASS
    if found.desired == 0:
        return Verdict.FAIL if facts.protected else Verdict.WARN
    return Verdict.WARN if starting and not unhealthy else Verdict.FAIL


def _finding(
    found: Service, world: World, facts: Facts, verdict: Verdict, counts: tuple[int, int], lacking: tuple[tuple[Target, ...], int]
) -> Finding:
    (healthy, wanted), (unhealthy, absent) = counts, lacking
    said = reasons(unhealthy) or (f"{several(absent, 'running task')} not registered" if absent else "")
    return Finding(
        verdict=verdict,
        short=f"{healthy}/{wanted} healthy",
        sentence=f"{healthy} of {wanted} targets of {found.name} healthy" + (f": {said}" if said else ""),
        evidence=measured(f"{healthy} of {wanted} healthy", world.targets.seen_at, HEALTH_CALL),
        threshold=f"FAIL at no healthy target or one unhealthy for {facts.thresholds.unhealthy_minutes} min, "
        "WARN at any unhealthy one, or fewer registered than tasks run (AWS)",
        change="as many healthy targets as desired tasks",
        part=found.part,
    )


for _part in SERVICES:
    check(f"{_part}.targets", _part, "healthy targets", ("services", "targets", "metrics"))(partial(judge, _part))
