"""The inverse of a change that was made, planned anew from what is true now."""

from __future__ import annotations

import msgspec

from clickit_tui.actions import bounds, database_power, retention, scale, secret, state
from clickit_tui.actions.registry import Planner, Target
from clickit_tui.checks.registry import Facts
from clickit_tui.plan import Call, Plan, Refused
from clickit_tui.world.parts import ScalableTarget
from clickit_tui.world.world import World

POWER: dict[str, Planner] = {"StartDBInstance": database_power.start, "StopDBInstance": database_power.stop}


def undo(inverse: Call | None, world: World, facts: Facts, why_not: str = "") -> Plan | Refused:
    """Preview of the call that undoes a change (`Plan.inverse`); `why_not` is the change's own word when it has none (`Plan.undo`)."""
    if inverse is None:
        return Refused(why_not or "the last change cannot be undone")
    if inverse.operation == "UpdateSecretVersionStage":
        return secret.back(inverse, world, facts)
    if inverse.operation in POWER:
        target = Target(kind="database", part="db", id=str(inverse.params.get("DBInstanceIdentifier")))
        return _titled(POWER[inverse.operation](world, target, {}, facts))
    if inverse.operation == "PutRetentionPolicy":
        return _retention(inverse, world, facts)
    if inverse.operation == "RegisterScalableTarget":
        return _bounds(inverse, world, facts)
    if inverse.operation != "UpdateService" or "desiredCount" not in inverse.params:
        return Refused(f"{inverse.action} cannot be undone from here")
    name = inverse.params.get("service")
    service = next((s for s in world.services.value or () if s.name == name), None)
    if service is None:
        return Refused(f"{name} is not there any more")
    target = Target(kind="service", part=service.part, id=service.arn or service.name)
    return _titled(scale.plan(world, target, {"count": str(inverse.params["desiredCount"])}, facts))


def _retention(inverse: Call, world: World, facts: Facts) -> Plan | Refused:
    target = Target(kind="log group", part="", id=str(inverse.params.get("logGroupName")))
    return _titled(retention.plan(world, target, {"days": str(inverse.params.get("retentionInDays"))}, facts))


def _bounds(inverse: Call, world: World, facts: Facts) -> Plan | Refused:
    """A bound that was not changed stays as it is now."""
    name = str(inverse.params.get("ResourceId")).rsplit("/", 1)[-1]
    service = next((s for s in world.services.value or () if s.name == name), None)
    if service is None:
        return Refused(f"{name} is not there any more")
    now = state.scaling(world, service.part, facts.now)
    kept = {"MinCapacity": now.minimum, "MaxCapacity": now.maximum} if isinstance(now, ScalableTarget) else {}
    wanted = {name: value for name, value in {**kept, **inverse.params}.items() if value is not None}
    given = {"minimum": str(wanted.get("MinCapacity", "")), "maximum": str(wanted.get("MaxCapacity", ""))}
    return _titled(bounds.plan(world, Target(kind="service", part=service.part, id=service.arn or service.name), given, facts))


def _titled(planned: Plan | Refused) -> Plan | Refused:
    return planned if isinstance(planned, Refused) else msgspec.structs.replace(planned, title=f"UNDO: {planned.title}")
