"""Who has the word on a task's health; a pure reading of a task and its target."""

from __future__ import annotations

from typing import Literal

from clickit_tui.world.ecs import Task
from clickit_tui.world.parts import Target

Said = Literal["stopped", "target", "status", "container", "healthy", "no target", ""]


def task_health(task: Task, target: Target | None) -> Said:
    """What tells how a task is, the first that applies.

    `stopped`: its stop reason; `target`: the load balancer does not call it healthy; `status`: ECS does not call it running;
    `container`: its container's own check fails; `healthy`: the load balancer says so; `no target`: it registers nowhere.
    A container's own health counts only when it is bad: where no check is defined, ECS calls it UNKNOWN.
    """
    if task.stopped:
        return "stopped"
    if target is not None and target.state not in ("healthy", ""):
        return "target"
    if task.status != "RUNNING":
        return "status"
    if task.health == "UNHEALTHY":
        return "container"
    if target is not None and target.state == "healthy":
        return "healthy"
    return "no target" if task.ip else ""
