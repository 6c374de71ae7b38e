"""Put an environment to sleep: remember what runs, scale to nothing, stop the database."""

from __future__ import annotations

import msgspec

from clickit_tui.actions import scale, state
from clickit_tui.actions.bounds import registered
from clickit_tui.actions.registry import Target, action
from clickit_tui.checks.registry import Facts
from clickit_tui.plan import Call, Line, Plan, Refused, Risk, Step
from clickit_tui.world.ecs import Service
from clickit_tui.world.follow import Follow
from clickit_tui.world.mark import TAG, UNMARKED, Mark, mark_of
from clickit_tui.world.parts import Database
from clickit_tui.world.sleep import drift, own, target_of
from clickit_tui.world.words import several, spell
from clickit_tui.world.world import World

REFRESHES = (*state.REFRESHES, "scaling", "database")
DATABASE = "stop the database"
PROTECTED = "is refused in a protected environment"


@action(
    id="sleep",
    key="",
    verb="sleep",
    title="Sleep: services to 0, database stopped, counts remembered",
    on=("environment",),
    operations=("ecs:TagResource", "application-autoscaling:RegisterScalableTarget", "ecs:UpdateService", "rds:StopDBInstance"),
)
def plan(world: World, target: Target, given: dict[str, str], facts: Facts) -> Plan | Refused:
    """Marks first, so that nothing is scaled whose count is not remembered; what sleeps already is left as it is."""
    services = resting("sleep", world, facts)
    if isinstance(services, Refused):
        return services
    steps = (*_marks(world, services, facts), *_bounds(world, services, facts), *_counts(services, facts), *_database(world))
    if not steps:
        return Refused(resting_words(world, facts) or f"nothing runs here: there is nothing to put to sleep{_unsure(world, facts)}")
    first = next((service for service in services if service.desired), None)
    undo = "wake restores the counts, the autoscaling minimum and the database"
    return whole("sleep", world, steps, _effect(world, services, facts), undo, first, Risk.SEVERE)


def whole(
    id: str, world: World, steps: tuple[Step, ...], effect: tuple[Line, ...], undo: str, first: Service | None, risk: Risk = Risk.NORMAL
) -> Plan:
    """A plan of the whole environment; `first`: the service whose deployment and count must still be so when it begins."""
    return Plan(
        action=id,
        title=f"{id.upper()} {world.env}",
        env=world.env,
        target="environment",
        steps=steps,
        effect=effect,
        risk=risk,
        undo=undo,
        refreshes=REFRESHES,
        basis=state.basis(world, first, first.part if first else "", desired=first.desired if first else None),
    )


def resting(verb: str, world: World, facts: Facts) -> tuple[Service, ...] | Refused:
    """What sleep and wake begin with: the services with known counts. Nothing is planned where it is protected, or from old counts."""
    if facts.protected:
        return Refused(f"{verb} {PROTECTED}")
    services = own(world)
    if old := state.trouble(world.services, facts.now):
        return Refused(f"the services are not known well enough: {old}")
    if nameless := [service.part for service in services if not service.arn]:
        return Refused(f"the ARN of {', '.join(nameless)} is not known: no mark can be written")
    unknown = [service.part for service in services if service.desired is None]
    if unknown or not services:
        return Refused(f"the desired count of {', '.join(unknown) or 'the services'} is not known")
    return services


def asleep(world: World, facts: Facts) -> str:
    """Since when and by whom it sleeps, and what has drifted; empty while it is awake."""
    marks = [mark for service in own(world) if (mark := mark_of(service)) is not None and mark.asleep]
    if not marks:
        return ""
    oldest = min(marks, key=lambda mark: mark.since or facts.now)
    since = f" for {spell(max(0.0, facts.now - oldest.since))}" if oldest.since else ""
    drifted = drift(world)
    return f"asleep{since}{f', by {oldest.by}' if oldest.by else ''}" + (f"; but {'; '.join(drifted)}" if drifted else "")


def resting_words(world: World, facts: Facts) -> str:
    """As `asleep`, and that nobody knows how the database is where that was not read."""
    told = asleep(world, facts)
    return told and told + _unsure(world, facts)


def _unsure(world: World, facts: Facts) -> str:
    why = state.trouble(world.database, facts.now)
    return f"; but the database is not known: {why}" if why else ""


def minute(now: float) -> float:
    """A mark's time, to the minute: a preview that changed every second would take the keys of who confirms it."""
    return now // 60 * 60


def who(world: World) -> str:
    """Who acts, as the mark names it."""
    identity = world.identity.value
    return identity.who if identity else ""


def tagged(service: Service, mark: Mark, *, after: tuple[str, ...] | None, basis: bool = True, world: World) -> Step:
    """The call that writes a mark."""
    call = Call("ecs", "TagResource", {"resourceArn": service.arn, "tags": [{"key": TAG, "value": mark.text()}]})
    wanted = state.basis(world, None, service.part, desired=service.desired) if basis else None
    return Step(call=call, name=f"mark {service.part} {'asleep' if mark.asleep else 'awake'}", after=after, basis=wanted)


def _remembered(world: World, service: Service, facts: Facts) -> Mark | None:
    """The mark to write; None when the service carries one that says it all, or has nothing to remember."""
    found, target = _holds(service), target_of(world, service.part)
    minimum = target.minimum if target is not None and target.minimum else None
    if found is not None:
        return msgspec.structs.replace(found, minimum=minimum) if minimum and found.minimum is None else None
    if not service.desired:
        return None
    return Mark(asleep=True, desired=service.desired, minimum=minimum, since=minute(facts.now), by=who(world))


def _holds(service: Service) -> Mark | None:
    """The mark that remembers the service's count; what it says is never replaced by what runs now."""
    found = mark_of(service)
    return found if found is not None and found.asleep and found.desired else None


def _marks(world: World, services: tuple[Service, ...], facts: Facts) -> tuple[Step, ...]:
    found = ((service, _remembered(world, service, facts)) for service in services)
    return tuple(tagged(service, mark, after=None, world=world) for service, mark in found if mark is not None)


def _bounds(world: World, services: tuple[Service, ...], facts: Facts) -> tuple[Step, ...]:
    steps = []
    for service in services:
        target = target_of(world, service.part)
        if target is not None and target.minimum and (service.desired or _holds(service)):
            call = registered(service, facts, MinCapacity=0)
            steps.append(Step(call=call, name=f"autoscaling minimum of {service.part} to 0"))
    return tuple(steps)


def _counts(services: tuple[Service, ...], facts: Facts) -> tuple[Step, ...]:
    return tuple(_scaled(service, state.cluster(service.cluster, facts), facts) for service in services if service.desired)


def _scaled(service: Service, where: str, facts: Facts) -> Step:
    then = Follow(
        kind="scale", env=facts.names.env, part=service.part, service=service.name, cluster=where, desired=0, before=service.desired
    )
    return Step(call=scale.update(where, service.name, 0), name=f"scale {service.part} to 0", then=then)


def _database(world: World) -> tuple[Step, ...]:
    found = world.database.value
    if not isinstance(found, Database) or found.status != "available":
        return ()
    then = Follow(kind="database", env=world.env, part="db", resource=found.id, wanted="stopped")
    return (Step(call=Call("rds", "StopDBInstance", {"DBInstanceIdentifier": found.id}), name=DATABASE, then=then),)


def _effect(world: World, services: tuple[Service, ...], facts: Facts) -> tuple[Line, ...]:
    counts = ", ".join(f"{service.part} {service.desired} → 0" for service in services)
    lines = [Line(text=counts), state.warn("afterwards nothing serves here: the load balancer answers 503"), *_differs(world, services)]
    if minimums := [step.name for step in _bounds(world, services, facts)]:
        lines.append(Line(text="; ".join(minimums)))
    found = world.database.value
    if isinstance(found, Database):
        stops = found.status == "available"
        text = "the database stops; AWS starts it again by itself after 7 days" if stops else f"the database is {found.status}: not stopped"
        lines.append(Line(text=text, level="plain" if stops or found.status == "stopped" else "warn"))
    else:
        lines.append(state.warn(f"the database is left as it is: {state.trouble(world.database, facts.now) or 'there is none'}"))
    if why := state.trouble(world.scaling, facts.now):
        lines.append(state.warn(f"autoscaling is not known ({why}): it may take the counts back"))
    if already := asleep(world, facts):
        lines.append(state.warn(already))
    running = [task for task in world.tasks.value or () if task.part == "migration" and not task.stopped]
    if running:
        lines.append(state.warn(f"{several(len(running), 'migration')} running: stopping the database breaks it"))
    return tuple(lines)


def _differs(world: World, services: tuple[Service, ...]) -> tuple[Line, ...]:
    """Where what runs now is not what will be restored."""
    lines = []
    for service in services:
        mark, target = _holds(service), target_of(world, service.part)
        if mark is not None and service.desired and service.desired != mark.desired:
            runs = f"{service.part} runs {service.desired}, its mark remembers {mark.desired}"
            lines.append(state.warn(f"{runs}: wake restores {mark.desired}"))
        if mark is None and not service.desired and target is not None and target.minimum:
            bare = "at 0 without a mark" if service.tags_told else f"at 0, {UNMARKED}"
            lines.append(state.warn(f"{service.part} is {bare}; its autoscaling minimum {target.minimum} is left as it is"))
    return tuple(lines)
