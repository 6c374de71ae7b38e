"""The inverse of a change that was made, planned anew from what is true now."""

from __future__ import annotations

import msgspec

from clickit_tui.actions import scale
from clickit_tui.actions.registry import Target
from clickit_tui.checks.registry import Facts
from clickit_tui.plan import Call, Plan, Refused
from clickit_tui.world.world import World


def undo(inverse: Call | None, world: World, facts: Facts, why_not: str = "") -> Plan | Refused:
    """Preview of the call that undoes a change (`Plan.inverse`); `why_not` is the change's own word when it has none (`Plan.undo`)."""
    if inverse is None:
        return Refused(why_not or "the last change cannot be undone")
    if inverse.operation != "UpdateService" or "desiredCount" not in inverse.params:
        return Refused(f"{inverse.action} cannot be undone from here")
    name = inverse.params.get("service")
    service = next((s for s in world.services.value or () if s.name == name), None)
    if service is None:
        return Refused(f"{name} is not there any more")
    target = Target(kind="service", part=service.part, id=service.arn or service.name)
    planned = scale.plan(world, target, {"count": str(inverse.params["desiredCount"])}, facts)
    return planned if isinstance(planned, Refused) else msgspec.structs.replace(planned, title=f"UNDO: {planned.title}")
