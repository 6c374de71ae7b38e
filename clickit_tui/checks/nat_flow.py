"""What passes the NAT gateways: connections that are established, packets that are dropped."""

from __future__ import annotations

from clickit_tui.checks.nat import existing
from clickit_tui.checks.reading import measured, none, reading
from clickit_tui.checks.registry import Facts, Finding, Verdict, check
from clickit_tui.world.world import World

FEW = 100
"""Fewer attempts than this in 5 minutes make no ratio (heuristic)."""


@check("nat.connects", "nat", "connections established", ("nat", "metrics"))
def connects(world: World, facts: Facts) -> Finding:
    """FAIL below 95 % of the attempts, WARN below 99 %, over 5 closed minutes."""
    if not existing(world, facts):
        return none("no NAT gateway in the VPC", part="nat")
    limits = facts.thresholds
    attempts = reading(world, facts, "nat.attempts", 5, "nat")
    total = attempts.total or 0.0
    made = reading(world, facts, "nat.established", 5, "nat").total or 0.0
    share = 100 * made / total if total >= FEW else 100.0
    verdict = Verdict.FAIL if share < limits.nat_connects_fail else Verdict.WARN if share < limits.nat_connects_warn else Verdict.PASS
    few = "" if total >= FEW else ": too few to judge"
    return Finding(
        verdict=verdict,
        short=f"{share:.0f} % connect",
        sentence=f"{made:.0f} of {total:.0f} connections through NAT established in 5 min{few}",
        evidence=measured(f"{made:.0f} of {total:.0f}", attempts.present[-1][0]),
        threshold=f"FAIL below {limits.nat_connects_fail:g} %, WARN below {limits.nat_connects_warn:g} % (heuristic)",
        change=f"more than {limits.nat_connects_warn:g} % established",
        part="nat",
    )


@check("nat.drops", "nat", "packets dropped", ("nat", "metrics"))
def drops(world: World, facts: Facts) -> Finding:
    """WARN when packets were dropped in each of 5 closed minutes."""
    if not existing(world, facts):
        return none("no NAT gateway in the VPC", part="nat")
    got = reading(world, facts, "nat.drops", 5, "nat")
    count = got.total or 0.0
    return Finding(
        verdict=Verdict.WARN if got.above(0, 5) else Verdict.PASS,
        short=f"{count:.0f} drops",
        sentence=f"{count:.0f} packets dropped by the NAT gateways in 5 min",
        evidence=measured(f"{count:.0f}", got.present[-1][0]),
        threshold="WARN with drops in each of 5 min (AWS)",
        change="a closed minute without a drop",
        part="nat",
    )
