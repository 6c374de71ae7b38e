"""What shells, commands and tunnels share: the task and container that are meant, and whether they can be reached."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from functools import wraps
from typing import NamedTuple

from clickit_tui.actions import state
from clickit_tui.actions.registry import Field, Option, Target, action, no_fields
from clickit_tui.checks.preflight import Condition, is_sidecar, ordered, preflight, stopper
from clickit_tui.checks.registry import Facts, Verdict
from clickit_tui.plan import Basis, Call, Line, Opening, Plan, Refused, Step
from clickit_tui.world.ecs import Container, Task
from clickit_tui.world.words import brief
from clickit_tui.world.world import World

SHELL = "command -v bash >/dev/null 2>&1 && exec bash || exec sh"
IDLE_S = 1200.0
"""ECS Exec ends a session without input after 20 minutes; this cannot be changed."""


def candidates(world: World, target: Target) -> tuple[tuple[Task, Container], ...]:
    """(task, container) that a row may mean, the best first: newest task first, sidecars last."""
    tasks = [t for t in world.tasks.value or () if not t.stopped and (t.arn == target.id if target.kind == "task" else _of(t, target))]
    tasks.sort(key=lambda t: (t.status != "RUNNING", t.desired_status == "STOPPED", -(t.started_at or t.created_at or 0.0)))
    pairs = [(t, c) for t in tasks for c in ordered(t)]
    own = [pair for pair in pairs if not target.container or pair[1].name == target.container]
    return tuple(sorted(own, key=lambda pair: is_sidecar(pair[1].name)))


def _of(task: Task, target: Target) -> bool:
    return task.part == target.part and task.group.startswith("service:")


def choices(world: World, target: Target, facts: Facts) -> tuple[Option, ...]:
    """Rows to choose from, when there is more than one."""
    found = candidates(world, target)
    if len(found) < 2:
        return ()
    return tuple(Option(id=f"{t.arn}#{c.name}", text=row(t, c, facts), reason=why(world, facts, t, c)) for t, c in found)


def row(task: Task, container: Container, facts: Facts) -> str:
    """A container as it is offered."""
    since = task.started_at or task.created_at
    age = f"  since {brief(facts.now - since)}" if since else ""
    return f"{task.part}/{task.id[:8]}  {container.name}  {task.status}{age}{'  sidecar' if is_sidecar(container.name) else ''}"


def why(world: World, facts: Facts, task: Task, container: Container) -> str:
    """Why it cannot be reached; empty when nothing stops."""
    found = stopper(preflight(world, facts, task, container.name))
    return found.sentence if found else ""


def chosen(world: World, target: Target, given: dict[str, str]) -> tuple[Task, Container] | Refused:
    """The task and container that a plan is for."""
    found = candidates(world, target)
    arn, _, name = given.get("container", "").partition("#")
    if arn:
        found = tuple(pair for pair in found if (pair[0].arn, pair[1].name) == (arn, name))
    if found:
        return found[0]
    if target.kind == "task":
        task = state.task_of(world, target)
        if isinstance(task, Refused):
            return task
        return Refused(f"task {task.id[:8]} {'has stopped' if task.stopped else 'has no container to enter'}")
    return Refused(f"no task of {target.part} runs")


class Place(NamedTuple):
    """A container that can be reached."""

    task: Task
    container: Container

    @property
    def name(self) -> str:
        """`api/8f3a21bc api`."""
        return f"{self.task.part}/{self.task.id[:8]} {self.container.name}"


def meant(world: World, target: Target, given: dict[str, str], facts: Facts) -> Place | Refused:
    """The container that a plan is for, or why it cannot be reached, with the fix."""
    found = chosen(world, target, given)
    if isinstance(found, Refused):
        return found
    stops = stopper(preflight(world, facts, found[0], found[1].name))
    return Refused(_told(stops)) if stops else Place(*found)


Within = Callable[[World, Place, dict[str, str], Facts], "Plan | Refused"]
"""Plans something in the container that is meant."""


def in_container(
    *, id: str, key: str = "", verb: str, title: str, fields: Callable[[World, Target, Facts], tuple[Field, ...]] = no_fields
) -> Callable[[Within], Within]:
    """Register the decorated planner as an action on tasks and services: it runs something in one container by ECS Exec."""

    def register(planner: Within) -> Within:
        @action(
            id=id,
            key=key,
            verb=verb,
            title=title,
            on=("task", "service"),
            operations=("ecs:ExecuteCommand",),
            fields=fields,
            choices=choices,
            chosen="container",
            asks="in which container",
            reaches=True,
        )
        @wraps(planner)
        def plan(world: World, target: Target, given: dict[str, str], facts: Facts) -> Plan | Refused:
            place = meant(world, target, given, facts)
            return place if isinstance(place, Refused) else planner(world, place, given, facts)

        return planner

    return register


def execute(facts: Facts, place: Place, script: str) -> Call:
    """ExecuteCommand for a script."""
    params = {
        "cluster": cluster_of(place.task, facts),
        "task": place.task.arn,
        "container": place.container.name,
        "interactive": True,
        "command": f"sh -c {shlex.quote(script)}",
    }
    return Call("ecs", "ExecuteCommand", params)


def opening(facts: Facts, place: Place, kind: str, *, program: str = "shell", told: str = "") -> Opening:
    """What begins in a container once the session is granted."""
    return Opening(
        kind=kind,
        name=place.name,
        target=plugin_target(place.task, place.container, facts),
        part=place.task.part,
        task=place.task.arn,
        program=program,
        told=told,
    )


def planned(
    world: World,
    facts: Facts,
    place: Place,
    *,
    action: str,
    title: str,
    steps: tuple[Step, ...],
    effect: tuple[Line, ...],
    undo: str,
    opens: Opening,
) -> Plan:
    """A plan that reaches into a container; the preview also tells what the conditions warn of."""
    return Plan(
        action=action,
        title=title,
        env=world.env,
        target=place.task.part,
        steps=steps,
        effect=(*effect, *warnings(world, facts, place.task, place.container)),
        undo=undo,
        basis=basis(world, place.task),
        opens=opens,
    )


def warnings(world: World, facts: Facts, task: Task, container: Container) -> tuple[Line, ...]:
    """What the preview tells besides."""
    told = [c for c in preflight(world, facts, task, container.name) if c.verdict is Verdict.WARN]
    return tuple(state.warn(_told(c)) for c in told)


def _told(condition: Condition) -> str:
    return f"{condition.sentence}: {condition.fix}" if condition.fix else condition.sentence


def cluster_of(task: Task, facts: Facts) -> str:
    """The cluster's name out of `arn:…:task/CLUSTER/ID`; ClickIt's own in the short form of older ARNs."""
    parts = task.arn.split(":task/", 1)[-1].split("/")
    return parts[0] if len(parts) == 2 else facts.names.cluster


def plugin_target(task: Task, container: Container, facts: Facts) -> str:
    """What session-manager-plugin and StartSession call a container."""
    return f"ecs:{cluster_of(task, facts)}_{task.id}_{container.runtime_id}"


def basis(world: World, task: Task) -> Basis:
    """What must still be so: account, identity, the task."""
    identity = world.identity.value
    return Basis(account=identity.account if identity else "", identity=identity.arn if identity else "", part=task.part, task=task.arn)
