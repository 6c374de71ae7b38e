"""Room to grow of each service: free addresses in its subnets, and autoscaling below its maximum."""

from __future__ import annotations

from functools import partial

from clickit_tui.checks.reading import fresh, measured, none, service, unknown
from clickit_tui.checks.registry import Facts, Finding, Todo, Verdict, check
from clickit_tui.naming import SERVICES
from clickit_tui.world.world import World

SUBNETS_CALL = "ec2:DescribeSubnets"
SCALING_CALL = "application-autoscaling:DescribeScalableTargets"


def subnets(part: str, world: World, facts: Facts) -> Finding:
    """FAIL when no subnet has an address left, WARN when one has few."""
    found = service(world, facts, part)
    if not found.subnets:
        return unknown("no subnet", f"the answer about {found.name} names no subnet", part, SUBNETS_CALL)
    own = [one for one in fresh(world.subnets, facts.now, SUBNETS_CALL, "subnets", part) if one.id in found.subnets]
    free = {one.id: one.free for one in own if one.free is not None}
    if len(free) < len(found.subnets):
        return unknown("no data", f"free addresses of {len(found.subnets) - len(free)} subnets of {part} not read", part, SUBNETS_CALL)
    least = min(free, key=lambda each: free[each])
    total = sum(free.values())
    verdict = Verdict.FAIL if total == 0 else Verdict.WARN if free[least] < facts.thresholds.subnet_free_warn else Verdict.PASS
    said = (
        f"no address is left in the subnets of {part}: a new task cannot start"
        if total == 0
        else f"{total} addresses left for tasks of {part}"
    )
    return Finding(
        verdict=verdict,
        short="no address" if total == 0 else f"{total} addresses",
        sentence=said + (f", {free[least]} in {least}" if total and verdict is Verdict.WARN else ""),
        evidence=measured(", ".join(f"{each} {count}" for each, count in sorted(free.items())), world.subnets.seen_at, SUBNETS_CALL),
        threshold=f"FAIL at 0 in all, WARN below {facts.thresholds.subnet_free_warn} in one (heuristic)",
        change="free addresses in a subnet, or another subnet",
        part=part,
    )


def scaling(part: str, world: World, facts: Facts) -> Finding:
    """WARN when autoscaling stands at its maximum and that is more than its minimum, or may not scale out; NONE without autoscaling."""
    found = service(world, facts, part)
    own = next((one for one in fresh(world.scaling, facts.now, SCALING_CALL, "autoscaling", part) if one.part == part), None)
    if own is None:
        return none(f"{found.name} does not scale by itself", "no scaling", part)
    if found.desired is None or own.maximum is None:
        return unknown("no data", f"the answer about the scaling of {part} lacks counts", part, SCALING_CALL)
    left, headroom = own.maximum - found.desired, facts.thresholds.scaling_headroom_warn
    full = left <= headroom and own.maximum > (own.minimum or 0)
    held = "out" in own.suspended
    said = f"{found.desired} tasks of {part} desired, {own.minimum}-{own.maximum} allowed"
    said += (
        (": autoscaling is at its maximum" if left <= 0 else f": {left} left to autoscaling's maximum")
        if full
        else ": scaling out is suspended"
        if held
        else ""
    )
    return Finding(
        verdict=Verdict.WARN if full or held else Verdict.PASS,
        short=("at maximum" if left <= 0 else f"{left} left") if full else "suspended" if held else f"max {own.maximum}",
        sentence=said,
        evidence=measured(f"MinCapacity {own.minimum}, MaxCapacity {own.maximum}", world.scaling.seen_at, SCALING_CALL),
        threshold="WARN at the maximum (heuristic)" if not headroom else f"WARN with {headroom} or fewer left to the maximum (heuristic)",
        change="a desired count below the maximum",
        part=part,
        todo=(raise_maximum(part),) if full else (),
    )


def raise_maximum(part: str) -> Todo:
    return Todo(words=f"raise MaxCapacity of {part}, watching the database's connections", action="bounds", part=part)


for _part in SERVICES:
    check(f"{_part}.subnets", _part, "subnet addresses", ("services", "subnets"))(partial(subnets, _part))
    check(f"{_part}.scaling", _part, "autoscaling", ("services", "scaling"))(partial(scaling, _part))
