"""What passes the NAT gateways: connections that are established, packets that are dropped, bytes at the peak."""

from __future__ import annotations

from clickit_tui.checks.nat import existing
from clickit_tui.checks.reading import METRICS_CALL, lasts, measured, none, reading, unknown
from clickit_tui.checks.registry import Facts, Finding, Verdict, check
from clickit_tui.world.world import World


@check("nat.connects", "nat", "connections established", ("nat", "metrics"))
def connects(world: World, facts: Facts) -> Finding:
    """FAIL below 95 % of the attempts, WARN below 99 %, over 5 closed minutes."""
    if not existing(world, facts):
        return none("no NAT gateway in the VPC", part="nat")
    limits, least = facts.thresholds, facts.thresholds.nat_attempts_least
    attempts = reading(world, facts, "nat.attempts", 5, "nat")
    established = reading(world, facts, "nat.established", 5, "nat")
    both = [(a, e) for a, e in zip(attempts.values, established.values, strict=True) if a is not None and e is not None]
    if not both:
        return unknown("no data", "no minute of the last 5 knows both attempts and established connections of NAT", "nat", METRICS_CALL)
    total, made = sum(a for a, _ in both), sum(e for _, e in both)
    share = 100 * made / total if total >= least and total else 100.0
    verdict = Verdict.FAIL if share < limits.nat_connects_fail else Verdict.WARN if share < limits.nat_connects_warn else Verdict.PASS
    few = "" if total >= least else ": too few to judge"
    return Finding(
        verdict=verdict,
        short=f"{share:.0f} % connect",
        sentence=f"{made:.0f} of {total:.0f} connections through NAT established in 5 min{few}",
        evidence=measured(f"{made:.0f} of {total:.0f}", attempts.present[-1][0]),
        threshold=f"FAIL below {limits.nat_connects_fail:g} %, WARN below {limits.nat_connects_warn:g} %, "
        f"from {least} attempts on (heuristic)",
        change=f"more than {limits.nat_connects_warn:g} % established",
        part="nat",
    )


@check("nat.drops", "nat", "packets dropped", ("nat", "metrics"))
def drops(world: World, facts: Facts) -> Finding:
    """WARN when packets were dropped in each of 5 closed minutes."""
    if not existing(world, facts):
        return none("no NAT gateway in the VPC", part="nat")
    minutes = max(1, facts.thresholds.nat_drops_minutes)
    got = reading(world, facts, "nat.drops", minutes, "nat")
    count = got.total or 0.0
    return Finding(
        verdict=Verdict.WARN if lasts(got, 0, minutes, "nat") else Verdict.PASS,
        short=f"{count:.0f} drops",
        sentence=f"{count:.0f} packets dropped by the NAT gateways in {minutes} min",
        evidence=measured(f"{count:.0f}", got.present[-1][0]),
        threshold=f"WARN with drops in each of {minutes} min (AWS)",
        change="a closed minute without a drop",
        part="nat",
    )


@check("nat.peak", "nat", "bandwidth", ("nat", "metrics"))
def peak(world: World, facts: Facts) -> Finding:
    """FAIL above 80 % of 5 Gbit/s in a gateway's highest ten seconds of 5 closed minutes, WARN above 60 %."""
    if not existing(world, facts):
        return none("no NAT gateway in the VPC", part="nat")
    limits = facts.thresholds
    at, value = max(reading(world, facts, "nat.peak", 5, "nat").present, key=lambda one: (one[1], one[0]))
    gbit = 8 * value / 1e9
    share = 100 * gbit / limits.nat_gbit if limits.nat_gbit > 0 else 100.0
    verdict = Verdict.FAIL if share > limits.nat_peak_fail else Verdict.WARN if share > limits.nat_peak_warn else Verdict.PASS
    return Finding(
        verdict=verdict,
        short=f"{gbit:.1f} Gbit/s",
        sentence=f"{gbit:.2f} Gbit/s through a NAT gateway in its highest ten seconds of 5 min, {share:.0f} % of {limits.nat_gbit:g}",
        evidence=measured(f"PeakBytesPerSecond {value:.0f}", at),
        threshold=f"FAIL above {limits.nat_peak_fail:g} %, WARN above {limits.nat_peak_warn:g} % of {limits.nat_gbit:g} Gbit/s (heuristic; "
        "a gateway begins with 5 and grows with the load)",
        change=f"a peak below {limits.nat_peak_warn:g} %",
        part="nat",
    )
