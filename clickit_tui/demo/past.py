"""What has already happened when the simulator begins: running tasks, earlier deployments, a finished migration, alarms, scaling."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clickit_tui.demo import birth, scheduler, targets, watch
from clickit_tui.demo.scaling import policy
from clickit_tui.demo.state import Deployment, Environment, Scaling, Service, Task, arn

if TYPE_CHECKING:
    from clickit_tui.demo.simulator import Simulator

DAY_S = 86_400.0


def furnish(sim: Simulator, env: Environment) -> None:
    """Fill a new environment with its past."""
    for name in sorted(env.log_groups):
        days = birth.SCALES[env.name].retention_days
        sim.logs.create_group(name, int((sim.start - 190 * DAY_S) * 1000), retention_days=days)
    for part in ("api", "frontend"):
        service = env.services[part] = birth.service(env, part, sim.start)
        _deployments(sim, env, service)
        for index in range(service.desired):
            _running(sim, env, service, sim.start - _age(sim, service) - 11 * index)
        scheduler.event(sim, service, "has reached a steady state.", sim.start - 1800)
    _migration(sim, env)
    if not env.watched:
        return
    for part, (least, most) in birth.SCALES[env.name].scaling.items():
        name = env.names.service(part)
        env.scaling[part] = Scaling(name, least, most, 60.0, f"{name}-cpu-60", sim.start - 120 * DAY_S)
        policy(sim, env, env.scaling[part])
    watch.furnish(sim, env)
    if env.name == "prod":
        env.maintenance = {"Action": "system-update", "Description": "New Operating System update is available"}


def _age(sim: Simulator, service: Service) -> float:
    return sim.start - service.primary.created_at - 40


def _deployments(sim: Simulator, env: Environment, service: Service) -> None:
    """One finished deployment for each of the last revisions."""
    before: Deployment | None = None
    for definition in env.definitions[service.part]:
        at = definition.registered_at + sim.rng.uniform(60, 400)
        target = scheduler.revision(sim, service, definition, at)
        made = scheduler.deploy(sim, service, target, at)
        made.rollout, made.rollout_reason = "COMPLETED", f"ECS deployment {made.id} completed."
        made.state, made.finished_at, made.updated_at = "SUCCESSFUL", at + 96, at + 96
        made.breaker = "MONITORING_COMPLETE"
        if before:
            before.status = "INACTIVE"
        before = made
        scheduler.event(sim, service, f"(deployment {made.id}) deployment completed.", at + 96)
    service.steady = True


def _running(sim: Simulator, env: Environment, service: Service, at: float) -> Task:
    """A task that has been running since shortly after the deployment."""
    task = scheduler.launch(sim, env, service, service.primary, at)
    task.last_status, task.version = "RUNNING", 4
    task.pull_started_at, task.pull_stopped_at, task.started_at, task.agent_since = at + 4, at + 9, at + 11, at + 17
    group = env.groups[service.part]
    target = targets.register(group, task, service.port, task.started_at)
    target.state, target.reason, target.description, target.passed = "healthy", "", "", 2
    target.next_check = sim.start + sim.rng.randrange(1, group.interval_s + 1)
    return task


def _migration(sim: Simulator, env: Environment) -> None:
    """A migration that ran twenty minutes ago and ended well."""
    definition = env.definitions["migration"][-1]
    at = sim.start - 22 * 60
    image = sim.image(str(definition.container["image"]))
    subnet = env.services["api"].subnets[0]
    group = f"family:{definition.family}"
    task = scheduler.new_task(sim, env, group, "ci/deploy", definition, image.digest if image else "", subnet, at)
    task.exec_enabled = False
    task.pull_started_at, task.pull_stopped_at, task.started_at = at + 4, at + 10, at + 12
    task.execution_stopped_at = at + 58
    task.stopping_at, task.stopped_at = at + 59, at + 63
    task.last_status, task.desired_status, task.version = "STOPPED", "STOPPED", 6
    task.stop_code, task.stopped_reason, task.exit_code = "EssentialContainerExited", "Essential container in task exited", 0
    sim.voice.migrated(task, at + 13, 42.0)


def topic(env: Environment) -> str:
    """ARN of the topic that the alarms notify."""
    return arn("sns", f"clickit-{env.name}-oncall")
