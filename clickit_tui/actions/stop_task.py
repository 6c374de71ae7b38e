"""Stop one task."""

from __future__ import annotations

from clickit_tui.actions import state
from clickit_tui.actions.registry import Target, action
from clickit_tui.checks.registry import Facts
from clickit_tui.plan import Call, Line, Plan, Refused, Risk, Step
from clickit_tui.world.ecs import Service, Task, revision
from clickit_tui.world.follow import Follow
from clickit_tui.world.words import brief
from clickit_tui.world.world import World


@action(id="stop_task", key="K", verb="stop", title="Stop a task", on=("task",), operations=("ecs:StopTask",))
def plan(world: World, target: Target, given: dict[str, str], facts: Facts) -> Plan | Refused:
    """Stop the selected task; severe when fewer are healthy afterwards, when nothing replaces it, and for a migration."""
    task = state.task_of(world, target)
    if isinstance(task, Refused):
        return task
    if task.stopped or task.desired_status == "STOPPED":
        return Refused(f"task {task.id[:8]} {'has stopped' if task.stopped else 'is stopping already'}")
    service = _service(world, task)
    where = state.cluster(_cluster_of(task) or (service.cluster if service else ""), facts)
    risk, effect = _judge(world, task, service, facts)
    return Plan(
        action="stop_task",
        title=f"STOP task {task.id[:8]} of {task.part}",
        env=world.env,
        target=task.part,
        steps=(Step(call=Call("ecs", "StopTask", {"cluster": where, "task": task.arn, "reason": _reason(world)})),),
        effect=effect,
        risk=risk,
        undo="cannot be undone" + ("; ECS starts a replacement by itself" if service is not None and service.desired else ""),
        refreshes=state.REFRESHES,
        basis=state.basis(world, service, task.part, task=task.arn),
        then=Follow(
            kind="stop",
            env=world.env,
            part=task.part,
            service=service.name if service else "",
            cluster=where,
            task=task.arn,
            desired=service.desired if service else None,
        ),
    )


def _cluster_of(task: Task) -> str:
    """The cluster's name out of `arn:…:task/CLUSTER/ID`; empty in the short form of older ARNs."""
    parts = task.arn.split(":task/", 1)[-1].split("/")
    return parts[0] if len(parts) == 2 else ""


def _reason(world: World) -> str:
    who = world.identity.value.who if world.identity.value else ""
    return f"stopped by {who[:100]} with clickit_tui" if who else "stopped with clickit_tui"


def _service(world: World, task: Task) -> Service | None:
    name = task.group.removeprefix("service:") if task.group.startswith("service:") else ""
    return next((s for s in world.services.value or () if name and s.name == name and s.part == task.part), None)


def _judge(world: World, task: Task, service: Service | None, facts: Facts) -> tuple[Risk, tuple[Line, ...]]:
    age = "" if task.started_at is None else f" for {brief(facts.now - task.started_at)}"
    name = f"task {task.id[:8]} of {task.part}:{revision(task.task_definition) or '?'}"
    if task.part == "migration":
        text = "a migration is stopped half way: the schema may be left half applied, and nothing rolls it back"
        return Risk.SEVERE, (Line(text=f"{name} {task.status}{age} → stopped"), state.warn(text))
    if service is None:
        return Risk.SEVERE, (Line(text=f"{name} {task.status}{age} → stopped"), state.warn(_no_service(world, task)))
    serving = state.target_state(world, service, task, facts.now)
    health = state.health(world, service, facts.now)
    head = Line(text=f"{name} {task.status}{age}, target {serving or 'unknown'} → stopped   {state.counts(service, health)}")
    risk, left = _left(service, task, serving, health)
    return risk, (head, *left, _replacement(service, task), *state.shared_warnings(world, service, facts))


def _no_service(world: World, task: Task) -> str:
    if task.group.startswith("service:"):
        return "its service was not seen: whether a replacement starts is unknown"
    return "no service runs it: nothing starts a replacement"


def _left(service: Service, task: Task, serving: str, health: state.Health) -> tuple[Risk, tuple[Line, ...]]:
    """How many stay healthy. A task whose health is unknown counts as healthy: it may be."""
    if health.healthy is None:
        running = task.status == "RUNNING"
        return Risk.SEVERE if running else Risk.NORMAL, (state.warn(f"{health.words}: whether it is the last healthy one cannot be told"),)
    if serving != "healthy":
        return Risk.NORMAL, (
            Line(text=f"its target is {serving or 'not registered'}: {health.healthy} of {health.registered} stay healthy"),
        )
    left = health.healthy - 1
    if left == 0:
        return Risk.SEVERE, (state.warn(f"it is the last healthy one: nothing serves {service.part} until its replacement is healthy"),)
    return Risk.SEVERE, (state.warn(f"{left} of {health.registered} stay healthy until its replacement is"),)


def _replacement(service: Service, task: Task) -> Line:
    name = f"{service.part}:{revision(service.task_definition) or '?'}"
    if service.desired is None:
        return state.warn("whether a replacement starts is unknown: the desired count was not read")
    if service.desired == 0:
        return Line(text="no replacement starts: the service is scaled to 0")
    if service.running is not None and service.running > service.desired:
        return Line(text=f"no replacement starts: {service.running} run, {service.desired} are desired")
    if task.task_definition != service.task_definition:
        return state.warn(f"its replacement is another revision: {name} starts")
    return Line(text=f"a replacement of {name} starts")
