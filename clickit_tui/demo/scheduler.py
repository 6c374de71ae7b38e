"""ECS's service scheduler: tasks through their life, deployments that roll, the circuit breaker. What the API shows follows from it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from clickit_tui.demo import targets
from clickit_tui.demo.program import Behaviour
from clickit_tui.demo.starting import Failure, place_failure, start_failure
from clickit_tui.demo.state import Deployment, Environment, Revision, Service, Task, TaskDefinition, arn

if TYPE_CHECKING:
    from clickit_tui.demo.simulator import Simulator

STOPPED_KEPT_S = 3600.0
BREAKER_LEAST = 3
BACK_OFF_MOST_S = 900.0
DEPROVISIONING_S = 3.0
STOP_TIMEOUT_S = 30.0
AGENT_S = 6.0
"""So long after a task runs its agent of ECS Exec is up."""


def event(sim: Simulator, service: Service, message: str, at: float) -> None:
    """Add a service event; newest first, a hundred are kept."""
    service.events.appendleft({"id": sim.uuid(), "createdAt": at, "message": f"(service {service.name}) {message}"})


def revision(sim: Simulator, service: Service, definition: TaskDefinition, at: float) -> Revision:
    """A service revision; the digest behind the image's tag is pinned now."""
    image = str(definition.container["image"])
    found = sim.image(image)
    resource = f"service-revision/{service.cluster}/{service.name}/{sim.number(19)}"
    return Revision(arn("ecs", resource), definition, found.digest if found else "", image, at)


def deploy(sim: Simulator, service: Service, target: Revision, at: float, undoes: Deployment | None = None) -> Deployment:
    """Make a new PRIMARY deployment of a revision; the one before becomes ACTIVE until its tasks are gone."""
    sources = []
    for each in service.live:
        if each.status == "PRIMARY":
            sources = [each.revision]
            each.status = "ACTIVE"
            if each.rollout == "IN_PROGRESS" and undoes is not each:
                each.state, each.finished_at = "STOPPED", at
                each.state_reason = "Service deployment stopped because a new service deployment started."
    own = arn("ecs", f"service-deployment/{service.cluster}/{service.name}/{sim.token(21)}")
    made = Deployment(f"ecs-svc/{sim.number(19)}", undoes.arn if undoes else own, target, at, at, sources=sources, undoes=undoes)
    made.started_at = at
    made.rollout_reason = f"ECS deployment {made.id} in progress."
    if undoes:
        why = "circuit breaker" if undoes.breaker == "TRIGGERED" else "stopped"
        made.rollout_reason = f"ECS deployment {why}: rolling back to deploymentId {made.id}."
    service.deployments.insert(0, made)
    service.steady = False
    return made


def launch(sim: Simulator, env: Environment, service: Service, deployment: Deployment, at: float) -> Task:
    """Start one task of a deployment in the subnet with the fewest of the service's tasks."""
    used = [each.subnet for each in env.of(service) if each.desired_status == "RUNNING"]
    subnet = min(service.subnets, key=lambda each: (used.count(each), each))
    runs = deployment.revision
    task = new_task(sim, env, f"service:{service.name}", deployment.id, runs.definition, runs.digest, subnet, at)
    task.provider = service.provider
    task.exec_enabled = service.exec_enabled
    return task


def new_task(
    sim: Simulator, env: Environment, group: str, started_by: str, definition: TaskDefinition, digest: str, subnet: str, at: float
) -> Task:
    """Put a task into PROVISIONING with an address of its own."""
    where = next(each for each in env.network.subnets if each.id == subnet)
    rng = sim.rng
    pace = (rng.uniform(3, 5), rng.uniform(4, 8), rng.uniform(1, 2), rng.uniform(2, 4))
    used = {each.ip for each in env.tasks.values() if each.last_status != "STOPPED"}
    ip = next(ip for ip in (where.cidr.replace("0/24", str(rng.randrange(20, 250))) for _ in range(10_000)) if ip not in used)
    task_id = sim.hexes(32)
    image = sim.by_digest(digest)
    task = Task(
        id=task_id,
        cluster=env.names.cluster,
        group=group,
        started_by=started_by,
        definition=definition,
        subnet=subnet,
        zone=where.zone,
        ip=ip,
        eni=f"eni-{sim.hexes(17)}",
        runtime_id=f"{task_id}-{sim.number(10)}",
        created_at=at,
        provider="FARGATE",
        digest=digest,
        behaviour=image.behaviour if image else sim.unknown_behaviour,
        phase_until=at + pace[0],
        pace=pace,
    )
    env.tasks[task.arn] = task
    return task


def advance(sim: Simulator, env: Environment, task: Task, now: float) -> None:
    """Move a task to its next status when its time has come."""
    if task.last_status == "RUNNING":
        _run(sim, env, task, now)
        return
    if now < task.phase_until:
        return
    moved = {
        "PROVISIONING": _pull,
        "PENDING": _activate,
        "ACTIVATING": _start,
        "DEACTIVATING": _terminate,
        "STOPPING": _deprovision,
        "DEPROVISIONING": _end,
    }.get(task.last_status)
    if moved:
        task.version += 1
        moved(sim, env, task, now)


def _pull(sim: Simulator, env: Environment, task: Task, now: float) -> None:
    failure = place_failure(env, task)
    if failure:
        fail(sim, env, task, failure, now)
        return
    task.last_status, task.phase_until = "PENDING", now + task.pace[1]
    task.pull_started_at = now


def _activate(sim: Simulator, env: Environment, task: Task, now: float) -> None:
    failure = start_failure(sim, env, task)
    if failure:
        fail(sim, env, task, failure, now)
        return
    task.pull_stopped_at = now
    image = sim.by_digest(task.digest)
    if image:
        image.pulled_at = now
    for wanted in task.definition.container.get("secrets", []):
        for secret in env.secrets.values():
            if str(wanted["valueFrom"]).startswith(secret.arn):
                secret.accessed_at = now // 86_400 * 86_400
    task.last_status, task.phase_until = "ACTIVATING", now + task.pace[2]


def _start(sim: Simulator, env: Environment, task: Task, now: float) -> None:
    task.last_status, task.started_at = "RUNNING", now
    sim.voice.started(env, task, now)
    service = sim.service_of(env, task)
    if not service:
        return
    for each in service.deployments:
        if each.id == task.started_by:
            each.failed_tasks = 0
    targets.register(env.groups[service.part], task, service.port, now)
    event(sim, service, f"registered 1 targets in (target-group {service.target_group})", now)


def _run(sim: Simulator, env: Environment, task: Task, now: float) -> None:
    """What happens to a running task by its own program."""
    program, age_s = task.behaviour, now - (task.started_at or now)
    if task.agent_since is None and age_s >= AGENT_S:
        task.agent_since = now
    task.leaked_mib += program.leak_mib_per_min / 60
    task.leaked_connections += program.leak_connections_per_min / 60
    if task.memory_mib >= task.definition.memory:
        exit_container(sim, env, task, 137, now, "OutOfMemoryError: Container killed due to memory usage")
    elif program.crash_after_s is not None and age_s >= program.crash_after_s:
        sim.voice.crashed(env, task, now)
        exit_container(sim, env, task, program.exit_code, now)
    elif task.definition.container.get("healthCheck"):
        _check_container(sim, env, task, age_s, now)


def _check_container(sim: Simulator, env: Environment, task: Task, age_s: float, now: float) -> None:
    """The container's own health check: after its retries in a row have failed, ECS stops the task."""
    check, fails_s = task.definition.container["healthCheck"], task.behaviour.check_fails_after_s
    if age_s >= check["interval"] and (fails_s is None or age_s < fails_s):
        task.health = "HEALTHY"
    if fails_s is None or age_s < max(fails_s, check.get("startPeriod", 0)) + check["interval"] * check["retries"]:
        return
    task.health = "UNHEALTHY"
    service = sim.service_of(env, task)
    if service:
        event(sim, service, f"(task {task.id}) failed container health checks.", now)
    stop(sim, env, task, "ServiceSchedulerInitiated", "Task failed container health checks", now)
    count_failure(sim, env, task, now)


def reclaim(sim: Simulator, env: Environment, task: Task, now: float) -> None:
    """AWS takes a Spot task's capacity back."""
    stop(sim, env, task, "SpotInterruption", "Your Spot Task was interrupted.", now)


def run_task(sim: Simulator, env: Environment, definition: TaskDefinition, behaviour: Behaviour, started_by: str, now: float) -> Task:
    """Run a task that belongs to no service, as RunTask does."""
    image = sim.image(str(definition.container["image"]))
    subnet = env.services["api"].subnets[0]
    task = new_task(sim, env, f"family:{definition.family}", started_by, definition, image.digest if image else "", subnet, now)
    task.behaviour, task.exec_enabled = behaviour, False
    return task


def exit_container(sim: Simulator, env: Environment, task: Task, code: int, now: float, reason: str = "") -> None:
    """The essential container ends by itself; ECS stops the task."""
    task.exit_code, task.container_reason = code, reason
    task.execution_stopped_at = now
    count_failure(sim, env, task, now)
    _leave(sim, env, task, "EssentialContainerExited", "Essential container in task exited", now)
    task.last_status, task.phase_until = "DEPROVISIONING", now + DEPROVISIONING_S


def fail(sim: Simulator, env: Environment, task: Task, failure: Failure, now: float) -> None:
    """A task that never ran goes to STOPPED with its reason."""
    task.desired_status, task.stopping_at = "STOPPED", now
    task.stop_code, task.stopped_reason = failure.stop_code, failure.reason
    task.container_reason, task.exit_code = failure.container_reason, failure.exit_code
    task.last_status, task.phase_until = "DEPROVISIONING", now + DEPROVISIONING_S
    service = sim.service_of(env, task)
    if service:
        said = f"was unable to place a task. Reason: {failure.reason}."
        event(sim, service, said, now)
    count_failure(sim, env, task, now)


def stop(sim: Simulator, env: Environment, task: Task, code: str, reason: str, now: float) -> None:
    """Ask a task to stop: it drains first when it is behind the load balancer."""
    if task.desired_status == "STOPPED":
        return
    running = task.last_status == "RUNNING"
    _leave(sim, env, task, code, reason, now)
    draining = targets.draining_s(env, task) if running else 0.0
    task.last_status = "DEACTIVATING" if running else "DEPROVISIONING"
    task.phase_until = now + (draining if running else DEPROVISIONING_S)


def _leave(sim: Simulator, env: Environment, task: Task, code: str, reason: str, now: float) -> None:
    task.desired_status, task.stopping_at = "STOPPED", now
    task.stop_code, task.stopped_reason = code, reason
    task.version += 1
    service = sim.service_of(env, task)
    if not service:
        return
    service.steady = False
    if targets.deregister(env.groups[service.part], task, now):
        event(sim, service, f"deregistered 1 targets in (target-group {service.target_group})", now)
        event(sim, service, "has begun draining connections on 1 tasks.", now)


def _terminate(sim: Simulator, env: Environment, task: Task, now: float) -> None:
    wait_s = task.definition.container.get("stopTimeout", STOP_TIMEOUT_S) if task.behaviour.ignores_sigterm else task.pace[3]
    task.last_status, task.phase_until = "STOPPING", now + wait_s
    sim.voice.stopping(env, task, now)


def _deprovision(sim: Simulator, env: Environment, task: Task, now: float) -> None:
    task.last_status, task.phase_until = "DEPROVISIONING", now + DEPROVISIONING_S
    task.execution_stopped_at = now
    if task.exit_code is None:
        task.exit_code = 137 if task.behaviour.ignores_sigterm else 0


def _end(sim: Simulator, env: Environment, task: Task, now: float) -> None:
    task.last_status, task.stopped_at, task.load = "STOPPED", now, 0.0


def count_failure(sim: Simulator, env: Environment, task: Task, now: float) -> None:
    """Count a failed task for its deployment: launches back off, the circuit breaker may roll back."""
    service = sim.service_of(env, task)
    if not service:
        return
    of = next((each for each in service.live if each.id == task.started_by), None)
    if of is None:
        return
    of.failed_tasks += 1
    of.failures += 1
    of.updated_at = now
    if of.failed_tasks >= BREAKER_LEAST:
        of.launch_after = now + min(BACK_OFF_MOST_S, 10.0 * 2 ** (of.failed_tasks - BREAKER_LEAST))
        event(
            sim, service, "is unable to consistently start tasks successfully. For more information, see the Troubleshooting section.", now
        )
    if service.breaker and of.rollout == "IN_PROGRESS" and of.failures >= breaker_threshold(service) and not of.undoes:
        _break(sim, service, of, now)


def breaker_threshold(service: Service) -> int:
    """Failures after which the circuit breaker triggers: half of the desired count, 3 to 200."""
    return max(BREAKER_LEAST, min(200, math.ceil(service.desired / 2)))


def _break(sim: Simulator, service: Service, failed: Deployment, now: float) -> None:
    failed.rollout, failed.rollout_reason = "FAILED", "ECS deployment circuit breaker: tasks failed to start."
    failed.breaker, failed.updated_at = "TRIGGERED", now
    event(sim, service, f"(deployment {failed.id}) deployment failed: tasks failed to start.", now)
    if service.rollback:
        roll_back(sim, service, failed, "Service deployment rolled back because the circuit breaker threshold was exceeded.", now)


def roll_back(sim: Simulator, service: Service, failed: Deployment, reason: str, now: float) -> bool:
    """Go back to the last successful revision; False when there is none."""
    before = next((each for each in service.deployments if each is not failed and each.state == "SUCCESSFUL"), None)
    if before is None:
        return False
    failed.rollout = "FAILED"
    failed.state, failed.state_reason = "ROLLBACK_IN_PROGRESS", reason
    failed.rollback = {"reason": reason, "startedAt": now, "serviceRevisionArn": before.revision.arn}
    made = deploy(sim, service, before.revision, now, undoes=failed)
    event(sim, service, f"rolling back to deployment {made.id}.", now)
    return True


def reconcile(sim: Simulator, env: Environment, service: Service, now: float) -> None:
    """One look of the scheduler: launch what is missing, stop what is too much, finish the deployment."""
    live = [each for each in env.of(service) if each.desired_status == "RUNNING"]
    primary = service.primary
    mine = [each for each in live if each.started_by == primary.id]
    old = [each for each in live if each.started_by != primary.id]
    _replace_unhealthy(sim, env, service, live, now)
    _launch(sim, env, service, primary, len(mine), len(live), now)
    _stop_old(sim, env, service, old, live, now)
    surplus = len(mine) - service.desired
    if surplus > 0:
        _scale_in(sim, env, service, mine, surplus, now)
    _finish(sim, env, service, now)


def _launch(sim: Simulator, env: Environment, service: Service, primary: Deployment, mine: int, live: int, now: float) -> None:
    room = max(math.ceil(service.desired * service.maximum_percent / 100), service.desired) - live
    count = min(service.desired - mine, room)
    if count <= 0 or now < primary.launch_after:
        return
    made = [launch(sim, env, service, primary, now) for _ in range(count)]
    service.steady = False
    primary.updated_at = now
    event(sim, service, f"has started {count} tasks: {' '.join(f'(task {each.id})' for each in made)}.", now)


def _stop_old(sim: Simulator, env: Environment, service: Service, old: list[Task], live: list[Task], now: float) -> None:
    floor = math.ceil(service.desired * service.minimum_percent / 100)
    spare = sum(targets.healthy(env, each) for each in live) - floor
    reason = f"Scaling activity initiated by (deployment {service.primary.id})"
    for task in sorted(old, key=lambda each: (targets.healthy(env, each), each.created_at)):
        if targets.healthy(env, task):
            if spare <= 0:
                return
            spare -= 1
        elif spare < 0:
            continue
        _stop_one(sim, env, service, task, reason, now)


def _scale_in(sim: Simulator, env: Environment, service: Service, mine: list[Task], surplus: int, now: float) -> None:
    reason = f"Scaling activity initiated by (deployment {service.primary.id})"
    zones = [each.zone for each in mine]
    order = sorted(mine, key=lambda each: (targets.healthy(env, each), -zones.count(each.zone), each.created_at))
    for task in order[:surplus]:
        _stop_one(sim, env, service, task, reason, now)


def _stop_one(sim: Simulator, env: Environment, service: Service, task: Task, reason: str, now: float) -> None:
    stop(sim, env, task, "ServiceSchedulerInitiated", reason, now)
    event(sim, service, f"has stopped 1 running tasks: (task {task.id}).", now)


def _replace_unhealthy(sim: Simulator, env: Environment, service: Service, live: list[Task], now: float) -> None:
    """After the grace period ECS stops a task whose target is unhealthy."""
    for task in live:
        if task.started_at is None or now - task.started_at < service.grace_s:
            continue
        target = targets.of(env, task)
        if target is not None and target.state == "unhealthy":
            code = "ServiceSchedulerInitiated"
            reason = f"Task failed ELB health checks in (target-group {service.target_group})"
            event(
                sim,
                service,
                f"(port {target.port}) is unhealthy in (target-group {service.target_group}) due to ({target.description}).",
                now,
            )
            stop(sim, env, task, code, reason, now)
            count_failure(sim, env, task, now)


def _finish(sim: Simulator, env: Environment, service: Service, now: float) -> None:
    """Deployment COMPLETED, and the steady-state event, once nothing moves any more."""
    if service.steady:
        return
    there = [each for each in env.of(service) if each.last_status != "STOPPED"]
    primary = service.primary
    settled = len(there) == service.desired and all(each.started_by == primary.id and targets.healthy(env, each) for each in there)
    if not settled:
        return
    service.steady = True
    if primary.rollout == "IN_PROGRESS":
        _complete(sim, service, primary, now)
    event(sim, service, "has reached a steady state.", now)


def _complete(sim: Simulator, service: Service, primary: Deployment, now: float) -> None:
    primary.rollout, primary.rollout_reason = "COMPLETED", f"ECS deployment {primary.id} completed."
    primary.state, primary.finished_at, primary.updated_at = "SUCCESSFUL", now, now
    primary.breaker = "MONITORING_COMPLETE"
    primary.failed_tasks = 0
    if primary.undoes:
        primary.undoes.state, primary.undoes.finished_at = "ROLLBACK_SUCCESSFUL", now
    for each in service.deployments:
        if each.status == "ACTIVE":
            each.status = "INACTIVE"
    event(sim, service, f"(deployment {primary.id}) deployment completed.", now)


def tick(sim: Simulator, env: Environment, now: float) -> None:
    """One second of ECS in one environment."""
    for task in list(env.tasks.values()):
        if task.last_status == "STOPPED":
            if task.stopped_at is not None and now - task.stopped_at > STOPPED_KEPT_S:
                del env.tasks[task.arn]
            continue
        advance(sim, env, task, now)
    for service in env.services.values():
        reconcile(sim, env, service, now)
