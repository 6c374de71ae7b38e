"""Scale a service: set its desired count."""

from __future__ import annotations

from clickit_tui.actions import state
from clickit_tui.actions.bounds import registered
from clickit_tui.actions.registry import Field, Target, action
from clickit_tui.checks.registry import Facts
from clickit_tui.plan import Call, Line, Plan, Refused, Risk, Step
from clickit_tui.world import prices
from clickit_tui.world.ecs import Service
from clickit_tui.world.follow import Follow
from clickit_tui.world.parts import ScalableTarget
from clickit_tui.world.words import several
from clickit_tui.world.world import World

SILLY_TIMES, SILLY_COUNT = 10, 50
"""A count above both, ten times what is desired now and 50, is taken for a slip of the finger."""


def fields(world: World, target: Target, facts: Facts) -> tuple[Field, ...]:
    """The wanted count, beginning with the one that is desired now; with autoscaling, whether its maximum may be raised too."""
    service = state.service_of(world, target)
    if isinstance(service, Refused):
        return ()
    count = Field(name="count", label="desired", initial="" if service.desired is None else str(service.desired))
    bounded = isinstance(state.scaling(world, service.part, facts.now), ScalableTarget)
    return (count, Field(name="raise", label="raise maximum", initial="no")) if bounded else (count,)


@action(
    id="scale",
    key="S",
    verb="scale",
    title="Scale a service",
    on=("service", "task"),
    operations=("ecs:UpdateService", "application-autoscaling:RegisterScalableTarget"),
    fields=fields,
)
def plan(world: World, target: Target, given: dict[str, str], facts: Facts) -> Plan | Refused:
    """Set the desired count of the row's service; fewer healthy tasks than now, or none, is severe."""
    service = state.service_of(world, target)
    if isinstance(service, Refused):
        return service
    count = wanted(given.get("count", ""), service)
    if isinstance(count, Refused):
        return count
    health = state.health(world, service, facts.now)
    where = state.cluster(service.cluster, facts)
    raised = _raised(world, service, count, given.get("raise", ""), facts)
    if isinstance(raised, Refused):
        return raised
    basis = state.basis(world, service, service.part, desired=service.desired)
    step = Step(call=update(where, service.name, count), name=f"scale {service.part} to {count}", basis=basis)
    return Plan(
        action="scale",
        title=f"SCALE {service.name}",
        env=world.env,
        target=service.part,
        steps=(*raised, step),
        effect=_effect(world, service, count, health, facts),
        risk=_risk(service, count, health),
        undo=_undo(service) + ("; the maximum stays raised (a: bounds)" if raised else ""),
        inverse=None if service.desired is None else update(where, service.name, service.desired),
        refreshes=(*state.REFRESHES, "scaling"),
        basis=basis,
        then=Follow(
            kind="scale", env=world.env, part=service.part, service=service.name, cluster=where, desired=count, before=service.desired
        ),
    )


def _raised(world: World, service: Service, count: int, typed: str, facts: Facts) -> tuple[Step, ...] | Refused:
    """The call that raises autoscaling's maximum to the wanted count, where that was asked for and is needed."""
    found = state.scaling(world, service.part, facts.now)
    answer = typed.strip().lower()
    if answer not in ("", "n", "no", "y", "yes"):
        return Refused("raise maximum: type yes or no")
    if not answer.startswith("y") or not isinstance(found, ScalableTarget) or found.maximum is None or count <= found.maximum:
        return ()
    return (Step(call=registered(service, facts, MaxCapacity=count), name=f"autoscaling maximum of {service.part} to {count}"),)


def update(cluster: str, service: str, count: int) -> Call:
    """UpdateService with nothing but the desired count."""
    return Call("ecs", "UpdateService", {"cluster": cluster, "service": service, "desiredCount": count})


def wanted(text: str, service: Service) -> int | Refused:
    """The typed count as a number, or why it is none that can be meant."""
    typed = text.strip()
    now = state.counted(service.desired)
    if not typed:
        return Refused(f"type the wanted count (now {now})")
    if typed.startswith("-") and typed[1:].isdigit():
        return Refused("a count cannot be negative")
    if not (typed.isascii() and typed.isdigit()):
        return Refused(f"not a whole number: {typed[:20]}")
    if len(typed) > 9 or (int(typed) > SILLY_COUNT and int(typed) > SILLY_TIMES * max(1, service.desired or 0)):
        return Refused(f"{typed[:9]} is more than ten times {now}: not planned")
    return Refused(f"already {now}") if int(typed) == service.desired else int(typed)


def _risk(service: Service, count: int, health: state.Health) -> Risk:
    healthy = health.healthy if health.healthy is not None else service.running
    known = healthy if healthy is not None else service.desired
    if count == 0 or known is None or count < known:
        return Risk.SEVERE
    return Risk.NORMAL


def _undo(service: Service) -> str:
    return "the count before is not known: note it" if service.desired is None else f"U: scale back to {service.desired}"


def _effect(world: World, service: Service, count: int, health: state.Health, facts: Facts) -> tuple[Line, ...]:
    head = Line(text=f"desired {state.counted(service.desired)} → {count}   {state.counts(service, health)}")
    lines = (
        *_fewer(service, count, health, facts),
        *_autoscaling(state.scaling(world, service.part, facts.now), count),
        *state.shared_warnings(world, service, facts),
    )
    return (head, *lines, *_capacity(world, service, count))


def _fewer(service: Service, count: int, health: state.Health, facts: Facts) -> tuple[Line, ...]:
    if count == 0:
        where = f" in {facts.names.env} (protected)" if facts.protected else ""
        return (state.warn(f"afterwards nothing serves {service.part}{where}: the load balancer answers 503"),)
    if health.healthy is not None and count < health.healthy:
        return (state.warn(f"at most {several(count, 'task')} left healthy, {health.healthy} are healthy now"),)
    if health.healthy is None and service.desired is not None and count < service.desired:
        return (state.warn(f"{several(count, 'task')} left of {service.desired}; how many are healthy is unknown: {health.why}"),)
    return ()


def _autoscaling(found: ScalableTarget | str | None, count: int) -> tuple[Line, ...]:
    if found is None:
        return ()
    if isinstance(found, str):
        return (state.warn(f"autoscaling unknown: {found}"),)
    bounds = f"autoscaling {state.counted(found.minimum)}–{state.counted(found.maximum)}"
    if found.suspended:
        return (Line(text=f"{bounds} is suspended ({', '.join(found.suspended)})"), *_outside(found, count))
    policies = ", ".join(name.split(" (", 1)[0] for name in found.policies[:3]) or "a policy"
    return (*_outside(found, count), state.warn(f"{bounds}: {policies} may take it back"))


def _outside(found: ScalableTarget, count: int) -> tuple[Line, ...]:
    if found.maximum is not None and count > found.maximum:
        return (state.warn(f"{count} is above autoscaling's maximum {found.maximum}: raise the maximum to keep it (tab: yes does both)"),)
    if found.minimum is not None and count < found.minimum:
        return (state.warn(f"{count} is below autoscaling's minimum {found.minimum}: lower the minimum to keep it"),)
    return ()


def _capacity(world: World, service: Service, count: int) -> tuple[Line, ...]:
    """`after 5 tasks × 0.5 vCPU, 1 GiB, + $0.05/h`; the price only where the tasks run on Fargate."""
    found = state.definition_of(world, service.task_definition)
    if found is None or not found.cpu.isdigit() or not found.memory.isdigit():
        return (Line(text=f"after {several(count, 'task')}; their size is unknown"),)
    vcpu, gib = int(found.cpu) / 1024, int(found.memory) / 1024
    size = f"after {several(count, 'task')} × {vcpu:g} vCPU, {gib:g} GiB"
    if service.desired is None or not any(name.startswith("FARGATE") for name in service.capacity):
        return (Line(text=size),)
    dollars = (count - service.desired) * (vcpu * prices.VCPU_HOUR + gib * prices.GIB_HOUR) * (prices.ARM if found.on_arm else 1.0)
    spot = ", less on Spot" if "FARGATE_SPOT" in service.capacity else ""
    return (Line(text=f"{size}, {'+' if dollars >= 0 else '−'} ${abs(dollars):.2f}/h (us-east-1 price{spot})"),)
