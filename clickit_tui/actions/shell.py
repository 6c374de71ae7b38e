"""A shell in a container, through ECS Exec."""

from __future__ import annotations

from clickit_tui.actions import reaching, state
from clickit_tui.actions.registry import Target, action
from clickit_tui.checks.registry import Facts
from clickit_tui.plan import Call, Line, Opening, Plan, Refused, Step
from clickit_tui.world.world import World


@action(
    id="shell",
    key="X",
    verb="shell",
    title="Open a shell in a container",
    on=("task", "service"),
    operations=("ecs:ExecuteCommand",),
    choices=reaching.choices,
    chosen="container",
    reaches=True,
)
def plan(world: World, target: Target, given: dict[str, str], facts: Facts) -> Plan | Refused:
    """Ask ECS for a session in the container; bash if the image has it, else sh."""
    found = reaching.chosen(world, target, given)
    if isinstance(found, Refused):
        return found
    task, container = found
    if refused := reaching.stopped_by(world, facts, task, container):
        return refused
    params = {
        "cluster": reaching.cluster_of(task, facts),
        "task": task.arn,
        "container": container.name,
        "interactive": True,
        "command": reaching.in_shell(reaching.SHELL),
    }
    effect = (
        Line(text=f"a shell as root in container {container.name} of task {task.id[:8]} ({task.part})"),
        state.warn("what you do there is not previewed and not journalled; it hits the running task"),
        Line(text="the session ends after 20 minutes without a key; Enter ~ . leaves it at any time"),
        *reaching.warnings(world, facts, task, container),
    )
    return Plan(
        action="shell",
        title=f"SHELL {container.name} in task {task.id[:8]} of {task.part}",
        env=world.env,
        target=task.part,
        steps=(Step(call=Call("ecs", "ExecuteCommand", params)),),
        effect=effect,
        undo="leaving the shell ends the session; what was done in it stays",
        basis=reaching.basis(world, task),
        opens=Opening(
            kind="shell",
            name=f"{task.part}/{task.id[:8]} {container.name}",
            target=reaching.plugin_target(task, container, facts),
            part=task.part,
            task=task.arn,
        ),
    )
