"""What the newest deployment of each service came to: rolling, steady, failing, stopped by the circuit breaker, rolled back."""

from __future__ import annotations

from functools import partial

from clickit_tui.checks.reading import SERVICES_CALL, fresh, measured, service, unknown
from clickit_tui.checks.registry import Facts, Finding, Verdict, check
from clickit_tui.checks.service_breaker import CALL as DEPLOYMENTS_CALL
from clickit_tui.naming import SERVICES
from clickit_tui.world.ecs import Deployment, Service, ServiceDeployment, revision
from clickit_tui.world.words import brief, several
from clickit_tui.world.world import World


def judge(part: str, world: World, facts: Facts) -> Finding:
    """FAIL when it failed or the breaker stopped it, WARN with failed tasks, after 30 minutes, or after a recent roll-back."""
    found = service(world, facts, part)
    primary = found.primary
    if primary is None:
        return unknown("no data", f"the answer about {found.name} names no primary deployment", part, SERVICES_CALL)
    name = f"deployment {part}:{revision(primary.task_definition) or '?'}"
    age_s = None if primary.created_at is None else facts.now - primary.created_at
    verdict, short, said = (
        _broken(primary)
        or _rolled_back(found, world, facts)
        or _failing(primary, facts.thresholds.breaker_failures_warn)
        or _rolling(found, primary, age_s, facts.thresholds.rollout_slow_s)
        or _steady(primary, age_s)
    )
    if verdict is Verdict.PASS:
        fresh(world.service_deployments, facts.now, DEPLOYMENTS_CALL, f"whether {part} was rolled back", part)
    return Finding(
        verdict=verdict,
        short=short,
        sentence=f"{name} {said}",
        evidence=measured(
            f"{primary.id} {primary.rollout or primary.status}, {primary.failed or 0} failed tasks", world.services.seen_at, SERVICES_CALL
        ),
        threshold="FAIL at rolloutState FAILED or while it is rolled back, "
        f"WARN from {several(facts.thresholds.breaker_failures_warn, 'failed task')} (AWS), "
        f"after {brief(facts.thresholds.rollout_slow_s)}, or within {brief(facts.thresholds.rollback_recent_s)} of a roll-back (heuristic)",
        change="a deployment that completes",
        part=part,
    )


_Said = tuple[Verdict, str, str]


def _broken(primary: Deployment) -> _Said | None:
    if primary.rollout != "FAILED":
        return None
    return Verdict.FAIL, "deploy failed", "failed" + (f": {primary.rollout_reason}" if primary.rollout_reason else "")


def _rolled_back(found: Service, world: World, facts: Facts) -> _Said | None:
    newest = _newest(found, world, facts.now)
    if newest is not None and newest.status in ("ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS", "ROLLBACK_FAILED"):
        return Verdict.FAIL, "rolling back", f"rolls back what failed ({newest.status})" + (f": {newest.reason}" if newest.reason else "")
    if (
        newest is not None
        and newest.breaker == "TRIGGERED"
        and facts.now - (newest.finished_at or facts.now) < facts.thresholds.rollback_recent_s
    ):
        return Verdict.WARN, "rolled back", "is what the circuit breaker went back to" + (f": {newest.reason}" if newest.reason else "")
    primary = found.primary
    if primary is not None and "rolling back" in primary.rollout_reason and _recent(primary, facts):
        verdict, word = (Verdict.FAIL, "rolling back") if primary.rollout == "IN_PROGRESS" else (Verdict.WARN, "rolled back")
        return verdict, word, f"is a roll-back: {primary.rollout_reason}"
    return None


def _newest(found: Service, world: World, now: float) -> ServiceDeployment | None:
    own = [d for d in world.service_deployments.known(now) or () if d.service in (found.name, found.arn)]
    return max(own, key=lambda d: d.created_at or d.started_at or 0.0, default=None)


def _recent(primary: Deployment, facts: Facts) -> bool:
    return primary.created_at is not None and facts.now - primary.created_at < facts.thresholds.rollback_recent_s


def _failing(primary: Deployment, least: int) -> _Said | None:
    if not primary.failed or primary.failed < least:
        return None
    return Verdict.WARN, f"{primary.failed} failed", f"has {primary.failed} failed tasks in a row" + _counts(primary)


def _rolling(found: Service, primary: Deployment, age_s: float | None, slow_s: float) -> _Said | None:
    if not found.rolling:
        return None
    slow = age_s is not None and age_s > slow_s
    since = "" if age_s is None else f" for {brief(age_s)}"
    return Verdict.WARN if slow else Verdict.PASS, "rolling", f"is rolling out{since}" + _counts(primary)


def _counts(primary: Deployment) -> str:
    if primary.running is None or primary.desired is None:
        return ""
    return f": {primary.running} of {primary.desired} running"


def _steady(primary: Deployment, age_s: float | None) -> _Said:
    return Verdict.PASS, "steady", "is steady" + ("" if age_s is None else f", begun {brief(age_s)} ago")


for _part in SERVICES:
    check(f"{_part}.deployment", _part, "deployment", ("services", "service_deployments"))(partial(judge, _part))
