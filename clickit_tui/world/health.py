"""What tasks and targets say about a service's health; pure readings of the World."""

from __future__ import annotations

from clickit_tui.world.causes import cause_of
from clickit_tui.world.ecs import Service, Task
from clickit_tui.world.follow import Following
from clickit_tui.world.world import World


def healthy_targets(world: World, service: Service, now: float) -> tuple[int, int] | None:
    """(healthy, registered) in the service's target groups, draining ones left out; with several groups, the one with the fewest healthy.

    None when the service registers nowhere or the targets are not freshly known.
    """
    targets = world.targets.known(now)
    if targets is None or not service.target_groups:
        return None
    per_group = [[t.state for t in targets if t.group == group and t.state != "draining"] for group in service.target_groups]
    fewest = min(per_group, key=lambda states: states.count("healthy"))
    return fewest.count("healthy"), len(fewest)


def own_changes(world: World) -> tuple[Following, ...]:
    """The followed changes that this program sent, oldest first; what somebody else began is followed too, but is not among them."""
    return tuple(f for f in world.follows if f.follow.did)


def stopped_by_itself(task: Task) -> bool:
    """Whether a stopped task failed, rather than being stopped by a hand, the scheduler or a Spot reclaim."""
    return cause_of(task).failed


def out_of_memory(task: Task) -> bool:
    """Whether a container's reason says so; an exit code alone proves nothing."""
    return cause_of(task).id == "oom"


def why_stopped(task: Task) -> str:
    """Why a task stopped, in few words: the container's reason, its exit code, or the task's reason."""
    for container in task.containers:
        if container.reason:
            return f"{container.name}: {container.reason}"
    for container in task.containers:
        if container.exit_code:
            return f"{container.name} exited {container.exit_code}"
    return task.stopped_reason or task.stop_code or "no reason given"
