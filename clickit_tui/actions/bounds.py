"""Change what autoscaling may do: the minimum or the maximum of a service."""

from __future__ import annotations

import msgspec

from clickit_tui.actions import state
from clickit_tui.actions.registry import Field, Target, action
from clickit_tui.checks.registry import Facts
from clickit_tui.plan import Call, Line, Plan, Refused, Risk, Step
from clickit_tui.world.ecs import Service
from clickit_tui.world.parts import ScalableTarget
from clickit_tui.world.world import World

MOST = 5000
"""More tasks than ECS lets a service have."""


def registered(service: Service, facts: Facts, **bounds: int) -> Call:
    """RegisterScalableTarget with nothing but the given bounds: what is not sent stays as it is."""
    where = {
        "ServiceNamespace": "ecs",
        "ResourceId": f"service/{state.cluster(service.cluster, facts)}/{service.name}",
        "ScalableDimension": "ecs:service:DesiredCount",
    }
    return Call("application-autoscaling", "RegisterScalableTarget", {**where, **bounds})


def _found(world: World, target: Target, facts: Facts) -> tuple[Service, ScalableTarget] | Refused:
    service = state.service_of(world, target)
    if isinstance(service, Refused):
        return service
    found = state.scaling(world, service.part, facts.now)
    if isinstance(found, str):
        return Refused(f"autoscaling of {service.part} is not known: {found}")
    return Refused(f"{service.part} has no autoscaling: S scales it") if found is None else (service, found)


def fields(world: World, target: Target, facts: Facts) -> tuple[Field, ...]:
    """Both bounds, beginning with those of now."""
    found = _found(world, target, facts)
    if isinstance(found, Refused):
        return ()
    now = found[1]
    return (
        Field(name="minimum", label="minimum", initial=state.counted(now.minimum).strip("?")),
        Field(name="maximum", label="maximum", initial=state.counted(now.maximum).strip("?")),
    )


@action(
    id="bounds",
    key="",
    verb="bounds",
    title="Change autoscaling's minimum or maximum",
    on=("service", "task"),
    operations=("application-autoscaling:RegisterScalableTarget",),
    fields=fields,
)
def plan(world: World, target: Target, given: dict[str, str], facts: Facts) -> Plan | Refused:
    """Send only the bound that changes."""
    found = _found(world, target, facts)
    if isinstance(found, Refused):
        return found
    service, now = found
    typed = {name: wanted(given.get(name, ""), name) for name in ("minimum", "maximum")}
    for value in typed.values():
        if isinstance(value, Refused):
            return value
    low, high = (value if isinstance(value, int) else None for value in typed.values())
    if low is not None and high is not None and low > high:
        return Refused(f"the minimum {low} is above the maximum {high}")
    sent = {
        name: value
        for name, value, was in (("MinCapacity", low, now.minimum), ("MaxCapacity", high, now.maximum))
        if value not in (None, was)
    }
    if not sent:
        return Refused(f"already {now.bounds}: type the wanted bounds (tab)")
    return _plan(world, service, now, sent, facts)


def wanted(text: str, name: str) -> int | Refused:
    """The typed bound as a number, or why it is none."""
    typed = text.strip()
    if not (typed.isascii() and typed.isdigit()) or len(typed) > 5 or int(typed) > MOST:
        return Refused(f"type the wanted {name}: a whole number up to {MOST}")
    return int(typed)


def _plan(world: World, service: Service, now: ScalableTarget, sent: dict[str, int], facts: Facts) -> Plan:
    before = {
        name: value for name, value in (("MinCapacity", now.minimum), ("MaxCapacity", now.maximum)) if name in sent and value is not None
    }
    back = ", ".join(f"{'minimum' if name == 'MinCapacity' else 'maximum'} {value}" for name, value in before.items())
    low, high = sent.get("MinCapacity", now.minimum), sent.get("MaxCapacity", now.maximum)
    return Plan(
        action="bounds",
        title=f"BOUNDS {service.name}",
        env=world.env,
        target=service.part,
        steps=(Step(call=registered(service, facts, **sent)),),
        effect=_effect(world, service, now, low, high, facts),
        risk=Risk.SEVERE if high is not None and (service.desired or 0) > high else Risk.NORMAL,
        undo=f"U: back to {back}" if len(before) == len(sent) else "the bounds before are not known: note them",
        inverse=registered(service, facts, **before) if len(before) == len(sent) else None,
        refreshes=("scaling", *state.REFRESHES),
        basis=msgspec.structs.replace(state.basis(world, None, service.part), bounds=now.bounds),
    )


def _effect(world: World, service: Service, now: ScalableTarget, low: int | None, high: int | None, facts: Facts) -> tuple[Line, ...]:
    lines = [Line(text=f"autoscaling {now.bounds} → {state.counted(low)}–{state.counted(high)}   desired {state.counted(service.desired)}")]
    if service.desired is not None and high is not None and service.desired > high:
        lines.append(state.warn(f"desired {service.desired} is above the new maximum: autoscaling takes tasks away at once"))
    if service.desired is not None and low is not None and service.desired < low:
        lines.append(Line(text=f"desired {service.desired} is below the new minimum: autoscaling adds tasks"))
    if now.suspended:
        lines.append(state.warn(f"autoscaling is suspended ({', '.join(now.suspended)}): the bounds do nothing until it is resumed"))
    return (*lines, *state.shared_warnings(world, service, facts))
