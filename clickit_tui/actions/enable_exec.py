"""Enable ECS Exec on a service: new tasks get the agent that shells need, so the tasks are replaced."""

from __future__ import annotations

from clickit_tui.actions import redeploy, state
from clickit_tui.actions.registry import Target, action
from clickit_tui.checks.registry import Facts
from clickit_tui.plan import Call, Line, Plan, Refused, Step
from clickit_tui.world.follow import Follow
from clickit_tui.world.world import World


@action(
    id="enable_exec",
    key="",
    verb="enable exec",
    title="Enable shells (ECS Exec) on a service",
    on=("service", "task"),
    operations=("ecs:UpdateService",),
)
def plan(world: World, target: Target, given: dict[str, str], facts: Facts) -> Plan | Refused:
    """Switch ECS Exec on and replace the tasks, since a running task never gets the agent."""
    service = state.service_of(world, target)
    if isinstance(service, Refused):
        return service
    running = [t for t in world.tasks.value or () if t.group == f"service:{service.name}" and not t.stopped]
    if service.exec_enabled and all(t.exec_enabled for t in running):
        return Refused(f"ECS Exec is on already for {service.part} and its tasks: X opens a shell")
    where = state.cluster(service.cluster, facts)
    health = state.health(world, service, facts.now)
    params = {"cluster": where, "service": service.name, "enableExecuteCommand": True, "forceNewDeployment": True}
    was = "on, but tasks began before it" if service.exec_enabled else "unknown" if service.exec_enabled is None else "off"
    effect = (
        Line(text=f"ECS Exec {was} → on   {state.counts(service, health)}"),
        state.warn("this makes a new deployment: every task is replaced, images and secrets are resolved again"),
        Line(text="the task role needs ssmmessages:* for shells to open; that is not checked here"),
        *redeploy.floor_warning(service, health),
        *state.shared_warnings(world, service, facts),
    )
    return Plan(
        action="enable_exec",
        title=f"ENABLE EXEC {service.name}",
        env=world.env,
        target=service.part,
        steps=(Step(call=Call("ecs", "UpdateService", params)),),
        effect=effect,
        risk=redeploy.risk(service, health),
        undo="aws ecs update-service --no-enable-execute-command switches it off for tasks that start later",
        refreshes=(*state.REFRESHES, "service_deployments"),
        basis=state.basis(world, service, service.part),
        then=Follow(kind="deployment", env=world.env, part=service.part, service=service.name, cluster=where, desired=service.desired),
    )
