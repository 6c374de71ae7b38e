"""What shells, commands and tunnels share: the task and container that are meant, and whether they can be reached."""

from __future__ import annotations

import shlex

from clickit_tui.actions import state
from clickit_tui.actions.registry import Option, Target
from clickit_tui.checks.preflight import Condition, is_sidecar, ordered, preflight, stopper
from clickit_tui.checks.registry import Facts, Verdict
from clickit_tui.plan import Basis, Line, Refused
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


def stopped_by(world: World, facts: Facts, task: Task, container: Container) -> Refused | None:
    """Why the container cannot be reached, with the fix."""
    found = stopper(preflight(world, facts, task, container.name))
    return Refused(f"{found.sentence}: {found.fix}" if found.fix else found.sentence) if found else None


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


def in_shell(script: str) -> str:
    """A script as ExecuteCommand takes it."""
    return f"sh -c {shlex.quote(script)}"
