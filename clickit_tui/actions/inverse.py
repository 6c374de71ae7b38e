"""The inverse of a change that was made, planned anew from what is true now."""

from __future__ import annotations

import msgspec

from clickit_tui.actions import database_power, scale, secret
from clickit_tui.actions.registry import Planner, Target
from clickit_tui.checks.registry import Facts
from clickit_tui.plan import Call, Plan, Refused
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
    if inverse.operation != "UpdateService" or "desiredCount" not in inverse.params:
        return Refused(f"{inverse.action} cannot be undone from here")
    name = inverse.params.get("service")
    service = next((s for s in world.services.value or () if s.name == name), None)
    if service is None:
        return Refused(f"{name} is not there any more")
    target = Target(kind="service", part=service.part, id=service.arn or service.name)
    return _titled(scale.plan(world, target, {"count": str(inverse.params["desiredCount"])}, facts))


def _titled(planned: Plan | Refused) -> Plan | Refused:
    return planned if isinstance(planned, Refused) else msgspec.structs.replace(planned, title=f"UNDO: {planned.title}")
