"""What a change starts from: the row's service or task, what runs and what is healthy now, and the warnings every plan shares."""

from __future__ import annotations

from typing import Any

import msgspec

from clickit_tui.actions.registry import Target
from clickit_tui.checks.alarms import SCALING
from clickit_tui.checks.reading import trouble_word
from clickit_tui.checks.registry import Facts
from clickit_tui.plan import Basis, Line, Refused
from clickit_tui.world.ecs import Service, Task, TaskDefinition, revision
from clickit_tui.world.health import healthy_targets
from clickit_tui.world.parts import ScalableTarget
from clickit_tui.world.seen import Age, Seen
from clickit_tui.world.words import several, spell
from clickit_tui.world.world import World

REFRESHES = ("services", "tasks", "targets")
"""What every change here is seen by."""


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """Healthy targets of a service, as the load balancer sees them."""

    healthy: int | None = None
    """None when it is not known or the service registers nowhere."""
    registered: int = 0
    why: str = ""
    """Why it is not known, in a word or two."""

    @property
    def words(self) -> str:
        if self.healthy is None:
            return f"healthy targets unknown: {self.why}"
        return f"healthy targets {self.healthy} of {self.registered}"


def trouble(seen: Seen[Any], now: float) -> str:
    """Why a value is not fresh, in a word or two; empty when it is."""
    age = seen.age(now)
    if age is Age.FRESH:
        return ""
    return trouble_word(seen.fault) if seen.fault is not None else age.value


def counted(value: int | None) -> str:
    """A count, or `?` when the answer lacked it."""
    return "?" if value is None else str(value)


def service_of(world: World, target: Target) -> Service | Refused:
    """The service a row means: the selected one, or the one that the selected task belongs to."""
    if target.kind == "service":
        wanted = (target.id,)
    else:
        task = task_of(world, target)
        if isinstance(task, Refused):
            return task
        if not task.group.startswith("service:"):
            return Refused(f"a {task.part} task belongs to no service: it can only be stopped (K)")
        wanted = (task.group.removeprefix("service:"),)
    found = next((s for s in world.services.value or () if s.part == target.part and (s.arn in wanted or s.name in wanted)), None)
    if found is not None:
        return found if found.status in ("ACTIVE", "") else Refused(f"{found.name} is {found.status}")
    return Refused(_missing(world.services, f"service {target.part}"))


def task_of(world: World, target: Target) -> Task | Refused:
    """The selected task."""
    found = next((t for t in world.tasks.value or () if t.arn == target.id), None) if target.kind == "task" else None
    if target.kind != "task":
        return Refused("select a task (tab)")
    return found if found is not None else Refused(_missing(world.tasks, f"task {target.id.rsplit('/', 1)[-1][:8]}"))


def _missing(seen: Seen[Any], what: str) -> str:
    if seen.value is not None:
        return f"{what} is not there any more"
    return f"{what} not seen: {seen.fault.sentence if seen.fault else 'not read yet'}"


def cluster(service_cluster: str, facts: Facts) -> str:
    """Name of the cluster; ClickIt's own where the answer does not say."""
    return service_cluster.rsplit("/", 1)[-1] or facts.names.cluster


def health(world: World, service: Service, now: float) -> Health:
    """Healthy among the targets registered in the service's groups; with several groups, the group with the fewest."""
    if not service.groups_told:
        return Health(why="its target groups are not known")
    if not service.target_groups:
        return Health(why="registers in no target group")
    found = healthy_targets(world, service, now)
    return Health(why=trouble(world.targets, now)) if found is None else Health(healthy=found[0], registered=found[1])


def target_state(world: World, service: Service, task: Task, now: float) -> str:
    """State of a task's target in the service's groups; empty when it is not known or not registered."""
    targets = world.targets.known(now) or ()
    return next((t.state for t in targets if task.ip and t.id == task.ip and t.group in service.target_groups), "")


def counts(service: Service, now_health: Health) -> str:
    """`running 1   pending 2   healthy targets 1 of 3`."""
    return f"running {counted(service.running)}   pending {counted(service.pending)}   {now_health.words}"


def warn(text: str) -> Line:
    return Line(text=text, level="warn")


def shared_warnings(world: World, service: Service, facts: Facts) -> tuple[Line, ...]:
    """What anybody should know before changing this service: old data, a deployment under way, open alarms."""
    lines = []
    if old := trouble(world.services, facts.now):
        age_s = facts.now - (world.services.seen_at or facts.now)
        lines.append(warn(f"services as of {spell(age_s)} ago: {old}"))
    if service.rolling and service.primary is not None:
        number = revision(service.primary.task_definition) or "?"
        done = f"{counted(service.primary.running)} of {counted(service.primary.desired)} running"
        lines.append(warn(f"deployment {service.part}:{number} is under way: {done}"))
    return (*lines, *_alarms(world, facts))


def _alarms(world: World, facts: Facts) -> tuple[Line, ...]:
    alarms = world.alarms.known(facts.now)
    if alarms is None:
        return (warn(f"open alarms unknown: {trouble(world.alarms, facts.now)}"),)
    firing = [a.name for a in alarms if a.state == "ALARM" and not a.name.startswith(SCALING)]
    if not firing:
        return ()
    more = f" and {len(firing) - 3} more" if len(firing) > 3 else ""
    return (warn(f"{several(len(firing), 'alarm')} open: {', '.join(firing[:3])}{more}"),)


def scaling(world: World, part: str, now: float) -> ScalableTarget | str | None:
    """The part's autoscaling; None when a read showed that it has none; a word why it is not known."""
    known = world.scaling.known(now)
    if known is None:
        return trouble(world.scaling, now)
    return next((s for s in known if s.part == part), None)


def definition_of(world: World, arn: str) -> TaskDefinition | None:
    """The task definition, where it was read; definitions never change, so age does not matter."""
    return next((d for d in world.definitions.value or () if d.arn == arn), None)


def basis(
    world: World, service: Service | None, part: str, *, desired: int | None = None, task: str = "", task_definition: str = ""
) -> Basis:
    """What must still be so when it is written: identity, the running deployment, and what the call overwrites."""
    identity = world.identity.value
    primary = service.primary if service is not None else None
    return Basis(
        account=identity.account if identity else "",
        identity=identity.arn if identity else "",
        part=part,
        desired=desired,
        task_definition=task_definition,
        deployment=primary.id if primary else "",
        status=service.status if service else "",
        task=task,
    )
