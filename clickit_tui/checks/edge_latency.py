"""Response time of the targets over the last five closed minutes; percentiles of few requests are said to be so."""

from __future__ import annotations

from statistics import median as median_of

from clickit_tui.checks.reading import METRICS_CALL, awake, measured, metrics, present, reading, unknown, window
from clickit_tui.checks.registry import Blind, Evidence, Facts, Finding, Verdict, check
from clickit_tui.world.minutes import REQUESTS, Reading, read
from clickit_tui.world.parts import SlowPath
from clickit_tui.world.world import World

MINUTES = 5
RELIABLE = {"edge.p95": 200, "edge.p99": 1000}
"""Samples a minute below which CloudWatch's percentile says little (aws.md 2.4)."""

LOGS_CALL = "logs:FilterLogEvents"
DAYS = 3
"""Days of the last seven that have to know this hour before a median of them is told."""


@check("edge.latency", "edge", "response time", ("balancer", "metrics", "usual"))
def judge(world: World, facts: Facts) -> Finding:
    """FAIL when p95 or p99 was above its limit in most of the minutes, WARN at the lower p95 limit when that is also unusual for the hour.

    Single slow minutes do not count. Where the last seven days do not tell what is usual, the lower limit alone warns.

    The log's slowest path is named where one is above the lower limit; it changes no verdict.
    """
    awake(world, facts, "edge")
    present(world.balancer, facts.now, "elasticloadbalancing:DescribeLoadBalancers", "load balancer", "edge")
    p95 = reading(world, facts, "edge.p95", MINUTES, "edge")
    p99 = read(metrics(world, facts, "edge"), "edge.p99", window(world, facts, MINUTES, "edge"))
    limits = facts.thresholds
    _enough(p95, limits.latency_warn_s)
    slow = _mostly(p95, limits.p95_fail_s) or (p99 is not None and _trusted(world, facts, p99) and _mostly(p99, limits.p99_fail_s))
    if not slow:
        reading(world, facts, "edge.p99", MINUTES, "edge")
    median = usual_p95(world, facts.now)
    unusual = limits.latency_warn_s if median is None else max(limits.latency_warn_s, limits.latency_usual_factor * median)
    verdict = Verdict.FAIL if slow else Verdict.WARN if _mostly(p95, unusual) else Verdict.PASS
    at, value = p95.present[-1]
    path = slowest_path(world, facts)
    told = f"; slowest {path.path} of {path.part}, p95 {path.p95_ms / 1000:.2f} s" if path and verdict is not Verdict.PASS else ""
    few = "" if _trusted(world, facts, p95) else ", of few requests"
    return Finding(
        verdict=verdict,
        short=f"p95 {value:.2f} s",
        sentence=f"p95 response time {value:.2f} s{few}" + _tail(p99) + _usual(median) + told,
        evidence=measured(f"p95 {value:.3f} s{_usual(median)}", at) + _of_path(path, world.log.seen_at),
        threshold=f"FAIL p95 above {limits.p95_fail_s:g} s or p99 above {limits.p99_fail_s:g} s, "
        f"WARN p95 above {limits.latency_warn_s:g} s and {limits.latency_usual_factor:g} times its median of this hour in 7 days, "
        "in most of 5 min (heuristic)",
        change=f"p95 below {limits.latency_warn_s:g} s in most of 5 minutes",
        part="edge",
    )


def _enough(got: Reading, limit: float) -> None:
    """Raises Blind where a single slow minute is all that is known."""
    if len(got.present) == 1 and got.present[0][1] > limit:
        said = f"{got.label} is known of 1 of the last {MINUTES} min only, and above {limit:g} s in it: one minute proves nothing"
        raise Blind(unknown("few minutes", said, "edge", METRICS_CALL))


def _mostly(got: Reading, limit: float) -> bool:
    above = sum(value > limit for _, value in got.present)
    return above > len(got.present) / 2


def _trusted(world: World, facts: Facts, got: Reading) -> bool:
    requests = read(metrics(world, facts, "edge"), REQUESTS, got.times)
    return requests is not None and (requests.total or 0.0) >= RELIABLE[got.key] * len(got.present)


def usual_p95(world: World, now: float) -> float | None:
    """Median p95 of the present hour of the day over the last seven days, seconds; None when fewer than `DAYS` know it."""
    series = next(iter(world.usual.known(now) or ()), None)
    if series is None or series.status != "Complete":
        return None
    hour = now // 3600 % 24
    found = [value for at, value in series.at().items() if at // 3600 % 24 == hour and now - 7 * 86_400 - 3600 <= at < now - 3600]
    return median_of(found) if len(found) >= DAYS else None


def _usual(median: float | None) -> str:
    return "" if median is None else f", usually {median:.2f} s at this hour"


def _tail(p99: Reading | None) -> str:
    return f", p99 {p99.last[1]:.2f} s" if p99 is not None and p99.last is not None else ""


def slowest_path(world: World, facts: Facts) -> SlowPath | None:
    """The path whose requests took longest by the access lines; None when none with enough requests is slow, or nothing tells."""
    digest = world.log.known(facts.now)
    limit_ms, least = facts.thresholds.latency_warn_s * 1000, facts.thresholds.path_requests_least
    return next((one for one in digest.slow if one.count >= least and one.p95_ms > limit_ms), None) if digest else None


def _of_path(path: SlowPath | None, at: float | None) -> tuple[Evidence, ...]:
    if path is None:
        return ()
    value = f"{path.path} of {path.part}: p95 {path.p95_ms / 1000:.2f} s, longest {path.longest_ms / 1000:.2f} s, {path.count:,} requests"
    return measured(value, at, LOGS_CALL)
