"""Answers 5xx in five minutes, of targets and load balancer: closed minutes, or the newest ones when those already hold more."""

from __future__ import annotations

from clickit_tui.checks.reading import awake, errors, growing_errors, measured, metrics, present, unknown, whole, window
from clickit_tui.checks.registry import Facts, Finding, Verdict, check
from clickit_tui.config import Thresholds
from clickit_tui.world.minutes import ERRORS_5XX, REQUESTS, read
from clickit_tui.world.words import several
from clickit_tui.world.world import World

MINUTES = 5


@check("edge.5xx", "edge", "5xx answers", ("balancer", "metrics"))
def judge(world: World, facts: Facts) -> Finding:
    """FAIL above 10 in 5 minutes or, from 5 on, above 5 % of the requests; WARN from 1; `no traffic` proves nothing."""
    awake(world, facts, "edge")
    present(world.balancer, facts.now, "elasticloadbalancing:DescribeLoadBalancers", "load balancer", "edge")
    total = errors(world, facts, MINUTES).total
    ratio = _ratio(world, facts, total or 0.0)
    now = growing_errors(world, facts, MINUTES)
    if now > (total or 0.0):
        return _growing(world, facts, now)
    verdict = _verdict(total or 0.0, ratio, facts.thresholds)
    if verdict is not Verdict.FAIL:
        whole(world, facts, (*ERRORS_5XX, REQUESTS), "edge")
    if total is None:
        return unknown(
            "no traffic", f"no request in {MINUTES} min: nothing tells whether ClickIt answers", "edge", "cloudwatch:GetMetricData"
        )
    count = round(total)
    share = f" ({ratio:.1f} % of the requests)" if ratio is not None and count else ""
    return Finding(
        verdict=verdict,
        short=f"{count} 5xx/{MINUTES}m",
        sentence=f"{several(count, 'answer') if count else 'no answer'} 5xx in {MINUTES} min{share}",
        evidence=measured(f"{count} 5xx", window(world, facts, 1)[-1]),
        threshold=f"FAIL above {facts.thresholds.errors_5xx_fail} in 5 min (runbook) "
        f"or, from {facts.thresholds.errors_5xx_ratio_least} on, above {facts.thresholds.errors_5xx_ratio:g} % of the requests (AWS), "
        f"WARN from {facts.thresholds.errors_5xx_warn} (AWS)",
        change="five closed minutes without a 5xx",
        part="edge",
    )


def _growing(world: World, facts: Facts, total: float) -> Finding:
    """The newest minutes already hold more errors than the closed ones: what they hold can only grow."""
    count = round(total)
    return Finding(
        verdict=_verdict(total, None, facts.thresholds),
        short=f"{count} 5xx/{MINUTES}m",
        sentence=f"at least {several(count, 'answer')} 5xx in {MINUTES} min, the newest minutes still growing",
        evidence=measured(f"{count} 5xx, provisional", world.metrics.seen_at),
        threshold=f"FAIL above {facts.thresholds.errors_5xx_fail} in 5 min (runbook), WARN from {facts.thresholds.errors_5xx_warn} (AWS)",
        change="five closed minutes without a 5xx",
        part="edge",
    )


def _verdict(total: float, ratio: float | None, limits: Thresholds) -> Verdict:
    if total > limits.errors_5xx_fail or (ratio is not None and total >= limits.errors_5xx_ratio_least and ratio > limits.errors_5xx_ratio):
        return Verdict.FAIL
    return Verdict.WARN if total >= limits.errors_5xx_warn else Verdict.PASS


def _ratio(world: World, facts: Facts, total: float) -> float | None:
    """% of the requests that were answered 5xx; the load balancer's own answers are not among its requests."""
    minutes = window(world, facts, MINUTES, "edge")
    requests = read(metrics(world, facts, "edge"), REQUESTS, minutes)
    own = read(metrics(world, facts, "edge"), ERRORS_5XX[1], minutes)
    asked = (requests.total if requests else None) or 0.0
    all_of_them = asked + ((own.total if own else None) or 0.0)
    return 100 * total / all_of_them if all_of_them else None
