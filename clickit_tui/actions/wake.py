"""Wake an environment: the database first, then what the marks remember, each step as far as it does not depend on a failed one."""

from __future__ import annotations

from clickit_tui.actions import scale, state
from clickit_tui.actions.bounds import registered
from clickit_tui.actions.registry import Target, action
from clickit_tui.actions.sleep import asleep, minute, resting, tagged, who, whole
from clickit_tui.checks.registry import Facts
from clickit_tui.plan import Call, Line, Plan, Refused, Step
from clickit_tui.world.ecs import Service
from clickit_tui.world.follow import Follow
from clickit_tui.world.mark import UNMARKED, Mark, mark_of
from clickit_tui.world.parts import Database, ScalableTarget
from clickit_tui.world.world import World

DATABASE = "start the database"
AVAILABLE_S = 1800.0
"""Longest wait for the database."""
NEEDS_DATABASE = ("api",)
"""Parts that are of no use before the database is available."""
SERVES = frozenset({"available", "backing-up", "modifying", "storage-optimization", "configuring-enhanced-monitoring", "maintenance"})
"""Statuses in which the database answers."""
_COMES = frozenset({"stopped", "starting", "stopping", "configuring-log-exports", "rebooting", "upgrading"})


@action(
    id="wake",
    key="",
    verb="wake",
    title="Wake: database, then the counts that were remembered",
    on=("environment",),
    operations=("rds:StartDBInstance", "ecs:UpdateService", "application-autoscaling:RegisterScalableTarget", "ecs:TagResource"),
)
def plan(world: World, target: Target, given: dict[str, str], facts: Facts) -> Plan | Refused:
    """What is awake already is left as it is, so that running it again continues."""
    services = resting("wake", world, facts)
    if isinstance(services, Refused):
        return services
    sleeping = [(service, mark) for service in services if (mark := remembered(world, service)) is not None]
    starts, held = _database(world)
    able = [(service, mark) for service, mark in sleeping if _can(service, mark) and not (held and service.part in NEEDS_DATABASE)]
    steps = (*starts, *(step for service, mark in able for step in _service(world, service, mark, bool(starts), facts)))
    if not steps:
        why = "; ".join(filter(None, (held, _lost(sleeping))))
        return Refused(why or _bare(services) or "awake: there is nothing to restore")
    first = able[0][0] if able and not starts else None
    return whole("wake", world, steps, _effect(world, sleeping, able, held, facts), "sleep puts it to sleep again", first)


def remembered(world: World, service: Service) -> Mark | None:
    """What to restore: the service's mark, else what this machine's journal remembers of a service that has nothing; None when awake."""
    found, local = mark_of(service), dict(world.slept).get(service.arn)
    if found is not None and found.asleep:
        return found if found.desired or local is None else local
    return local if found is None and service.desired == 0 else None


def _can(service: Service, mark: Mark) -> bool:
    """Whether it is known what to restore, or it runs again already and only its mark is left."""
    return bool(mark.desired or service.desired)


def _lost(sleeping: list[tuple[Service, Mark]]) -> str:
    unknown = ", ".join(service.part for service, mark in sleeping if not _can(service, mark))
    return f"asleep, but neither the mark nor the journal says how many tasks {unknown} had: S scales it" if unknown else ""


def _bare(services: tuple[Service, ...]) -> str:
    """What has no tasks although nothing says that it sleeps."""
    bare = [service for service in services if service.desired == 0 and mark_of(service) is None]
    if not bare:
        return ""
    mark = " without a mark" if all(service.tags_told for service in bare) else f"; {UNMARKED}"
    return f"{', '.join(service.part for service in bare)} at 0{mark}, and the journal remembers no count: S scales it"


def _database(world: World) -> tuple[tuple[Step, ...], str]:
    """(the call that starts it, why what needs it cannot be restored yet)."""
    found = world.database.value
    if not isinstance(found, Database) or found.status in SERVES or not found.status:
        return (), ""
    if found.status != "stopped":
        soon = "wake it again when that is over" if found.status in _COMES else "look at screen 7 first"
        return (), f"the database is {found.status}: {soon}"
    call = Call("rds", "StartDBInstance", {"DBInstanceIdentifier": found.id})
    step = Step(
        call=call,
        name=DATABASE,
        until=_available,
        vain=_broken,
        until_label=f"{found.id} available",
        until_reads=("database",),
        until_s=AVAILABLE_S,
        then=Follow(kind="database", env=world.env, part="db", resource=found.id, wanted="available"),
    )
    return (step,), ""


def _available(world: World) -> bool:
    found = world.database.value
    return isinstance(found, Database) and found.status in SERVES


def _broken(world: World) -> str:
    found = world.database.value
    if not isinstance(found, Database):
        return "the database is not there any more"
    return "" if not found.status or found.status in SERVES | _COMES else f"the database is {found.status}"


def _service(world: World, service: Service, mark: Mark, starts: bool, facts: Facts) -> tuple[Step, ...]:
    """Count, autoscaling minimum, and the mark once both are restored."""
    waits = (DATABASE,) if starts and service.part in NEEDS_DATABASE else ()
    count, steps = mark.desired or service.desired or 0, []
    if (service.desired or 0) < count:
        where = state.cluster(service.cluster, facts)
        then = Follow(
            kind="scale", env=world.env, part=service.part, service=service.name, cluster=where, desired=count, before=service.desired
        )
        call = scale.update(where, service.name, count)
        wanted = state.basis(world, None, service.part, desired=service.desired)
        steps.append(Step(call=call, name=f"scale {service.part} to {count}", after=waits, basis=wanted, then=then))
    target = state.scaling(world, service.part, facts.now)
    known = target.minimum if isinstance(target, ScalableTarget) else None
    if mark.minimum is not None and target is not None and known != mark.minimum:
        call = registered(service, facts, MinCapacity=mark.minimum)
        steps.append(Step(call=call, name=f"autoscaling minimum of {service.part} to {mark.minimum}", after=waits))
    awake = Mark(asleep=False, desired=count, since=minute(facts.now), by=who(world))
    return (*steps, tagged(service, awake, after=(*waits, *(step.name for step in steps)), basis=False, world=world))


def _effect(
    world: World, sleeping: list[tuple[Service, Mark]], able: list[tuple[Service, Mark]], held: str, facts: Facts
) -> tuple[Line, ...]:
    counts = ", ".join(f"{service.part} {service.desired} → {mark.desired or service.desired}" for service, mark in able)
    none = "no count is restored yet" if sleeping else "the services carry no mark of sleep: only the database is started"
    lines = [Line(text=counts or none)]
    if told := asleep(world, facts):
        lines.append(Line(text=told, level="warn" if "; but" in told else "plain"))
    if held:
        lines.append(state.warn(f"{held}; {', '.join(NEEDS_DATABASE)} stays asleep until then"))
    elif why := state.trouble(world.database, facts.now):
        lines.append(state.warn(f"whether the database is available is not known: {why}"))
    if lost := _lost(sleeping):
        lines.append(state.warn(lost))
    for service, mark in sleeping:
        if mark.minimum is not None and state.scaling(world, service.part, facts.now) is None:
            lines.append(state.warn(f"{service.part} has no autoscaling any more: its minimum {mark.minimum} is not restored"))
    local = [service.part for service, _ in sleeping if mark_of(service) is None]
    if local:
        lines.append(state.warn(f"no mark on {', '.join(local)}: the counts come from this machine's journal"))
    return tuple(lines)
