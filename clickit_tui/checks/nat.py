"""The NAT gateways: their state, and whether they ran out of ports."""

from __future__ import annotations

from clickit_tui.checks.reading import fresh, measured, none, reading, unknown
from clickit_tui.checks.registry import Facts, Finding, Verdict, check
from clickit_tui.world.parts import NatGateway
from clickit_tui.world.words import several
from clickit_tui.world.world import World

CALL = "ec2:DescribeNatGateways"
PORT_ERRORS = "nat.port_errors"
STATES = ("pending", "failed", "available", "deleting", "deleted")


def existing(world: World, facts: Facts) -> tuple[NatGateway, ...]:
    """The gateways that exist; Blind when that is not known."""
    gateways = fresh(world.nat, facts.now, CALL, "NAT gateways", "nat")
    return tuple(g for g in gateways if g.state not in ("deleted", "deleting"))


@check("nat.state", "nat", "state", ("nat",))
def state(world: World, facts: Facts) -> Finding:
    """FAIL when none is available, WARN when some are not, UNKNOWN when the state of one is not told; NONE without any."""
    living = existing(world, facts)
    if not living:
        return none("no NAT gateway in the VPC", part="nat")
    vague = [g for g in living if g.state not in STATES]
    bad = [g for g in living if g.state != "available" and g not in vague]
    if vague and not bad:
        said = ", ".join(f"{g.id} ({g.state})" if g.state else g.id for g in vague)
        return unknown("no state", f"the answer does not tell the state of {said}", "nat", CALL)
    verdict = Verdict.FAIL if len(bad) == len(living) else Verdict.WARN if bad else Verdict.PASS
    said = ", ".join(f"{g.id} {g.state or 'without a state'}" for g in (*bad, *vague))
    good = len(living) - len(bad) - len(vague)
    return Finding(
        verdict=verdict,
        short=f"{good}/{len(living)} up",
        sentence=f"{good} of {several(len(living), 'NAT gateway')} available" + (f": {said}" if said else ""),
        evidence=measured(f"{good} of {len(living)} available", world.nat.seen_at, CALL),
        threshold="FAIL at none available, WARN at any that is not (AWS: its states)",
        change="every NAT gateway available",
        part="nat",
    )


@check("nat.ports", "nat", "port allocation", ("nat", "metrics"))
def ports(world: World, facts: Facts) -> Finding:
    """WARN from one port allocation error in 5 closed minutes, FAIL with errors in 15 of 15."""
    if not existing(world, facts):
        return none("no NAT gateway in the VPC", part="nat")
    limits = facts.thresholds
    long = max(1, limits.nat_port_errors_minutes)
    got = reading(world, facts, PORT_ERRORS, max(5, long), "nat")
    recent = [value for value in got.values[-5:] if value is not None]
    if not recent:
        reading(world, facts, PORT_ERRORS, 5, "nat")
    count = round(sum(recent))
    verdict = Verdict.FAIL if got.above(0, long) else Verdict.WARN if count >= max(1, limits.nat_port_errors_warn) else Verdict.PASS
    return Finding(
        verdict=verdict,
        short=f"{count} port errs",
        sentence=f"{several(count, 'port allocation error')} at the NAT gateways in 5 min",
        evidence=measured(f"{count}", got.present[-1][0]),
        threshold=f"FAIL with errors in each of {long} min, WARN from {limits.nat_port_errors_warn} in 5 min (AWS)",
        change="five closed minutes without one",
        part="nat",
    )
