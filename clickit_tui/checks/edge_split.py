"""Which layer answers 5xx: the targets themselves, or the load balancer with 502, 503 or 504."""

from __future__ import annotations

from clickit_tui.checks.reading import METRICS_CALL, awake, errors, measured, metrics, present, unknown, whole
from clickit_tui.checks.registry import Facts, Finding, Verdict, check
from clickit_tui.world.minutes import ERRORS_5XX, REQUESTS, five_minutes
from clickit_tui.world.words import several
from clickit_tui.world.world import World

OWN = (
    ("edge.elb_502", "502", "targets refuse or close connections"),
    ("edge.elb_503", "503", "no target is registered"),
    ("edge.elb_504", "504", "targets do not answer in time"),
)


@check("edge.split", "edge", "5xx by layer", ("balancer", "metrics"))
def judge(world: World, facts: Facts) -> Finding:
    """WARN when there are any 5xx, naming the layer; it says where, `edge.5xx` says how bad."""
    awake(world, facts, "edge")
    present(world.balancer, facts.now, "elasticloadbalancing:DescribeLoadBalancers", "load balancer", "edge")
    found, read_at = metrics(world, facts, "edge"), world.metrics.seen_at or facts.now
    counts = {key: five_minutes(found, key, read_at) or 0.0 for key in (*ERRORS_5XX, *(one[0] for one in OWN))}
    if not any(counts.values()):
        whole(world, facts, (*ERRORS_5XX, REQUESTS), "edge")
        if errors(world, facts, 5).total is None:
            return unknown("no traffic", "no request in 5 min: nothing tells which layer would answer 5xx", "edge", METRICS_CALL)
    targets = counts[ERRORS_5XX[0]]
    said = [f"{several(round(targets), 'answer')} 5xx of the targets: the application"] if targets else []
    said += [f"{counts[key]:.0f} × {code} of the load balancer: {why}" for key, code, why in OWN if counts[key]]
    rest = counts[ERRORS_5XX[1]] - sum(counts[key] for key, _, _ in OWN)
    said += [f"{rest:.0f} other 5xx of the load balancer"] if rest > 0 else []
    return Finding(
        verdict=Verdict.WARN if said else Verdict.PASS,
        short=f"{round(sum(counts[key] for key in ERRORS_5XX))} 5xx/5m",
        sentence="; ".join(said) or "neither targets nor load balancer answered 5xx in 5 min",
        evidence=measured(", ".join(f"{key.split('.')[1]} {value:.0f}" for key, value in counts.items()), read_at),
        threshold="WARN from 1 in 5 min (AWS)",
        change="five minutes without a 5xx",
        part="edge",
    )
