"""The verbs of incidents: each gives a function that does one thing to the simulated system, as a person, a program or AWS would."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace

from clickit_tui.demo import scheduler
from clickit_tui.demo.incidents.plot import Do
from clickit_tui.demo.program import Behaviour, Image
from clickit_tui.demo.simulator import Simulator
from clickit_tui.demo.state import Database, Environment, Service, Task, TaskDefinition


def push(sim: Simulator, env: Environment, part: str, tag: str, behaviour: Behaviour, platform: str = "linux/amd64") -> Image:
    """Push an image; it takes the tag `latest` and its own from those that have them."""
    repository = env.names.repositories[part]
    for each in sim.images:
        if each.repository == repository:
            each.tags = [known for known in each.tags if known not in (tag, "latest")]
    made = Image(repository, f"sha256:{sim.hexes(64)}", [tag, "latest"], sim.now - 150, 118_000_000, platform, behaviour=behaviour)
    made.findings, made.scanned_at = {"MEDIUM": 4, "LOW": 12}, sim.now - 100
    sim.images.append(made)
    return made


def register(sim: Simulator, env: Environment, part: str, tag: str, **changes: object) -> TaskDefinition:
    """Register the family's next revision with an image tag; `changes` replace fields of its container."""
    newest = env.definitions[part][-1]
    container = copy.deepcopy(newest.container)
    container["image"] = f"{container['image'].rsplit(':', 1)[0]}:{tag}"
    for each in container["environment"]:
        if each["name"] == "CLICKIT_VERSION":
            each["value"] = tag
    made = replace(newest, revision=newest.revision + 1, containers=[container | changes], registered_at=sim.now)
    env.definitions[part].append(made)
    return made


def deploy(sim: Simulator, service: Service, definition: TaskDefinition) -> None:
    """Update a service to a task definition."""
    scheduler.deploy(sim, service, scheduler.revision(sim, service, definition, sim.now), sim.now)


def release(part: str, tag: str, behaviour: Behaviour | None = None, *, platform: str = "linux/amd64", **changes: object) -> Do:
    """CI pushes an image, registers a revision and deploys it."""

    def do(sim: Simulator, env: Environment) -> None:
        push(sim, env, part, tag, behaviour or Behaviour(), platform)
        deploy(sim, env.services[part], register(sim, env, part, tag, **changes))

    return do


def release_unpushed(part: str, tag: str) -> Do:
    """CI registers and deploys a revision whose image was never pushed."""
    return lambda sim, env: deploy(sim, env.services[part], register(sim, env, part, tag))


def redeploy(part: str) -> Do:
    """Somebody forces a new deployment of what runs."""
    return lambda sim, env: deploy(sim, env.services[part], env.services[part].primary.revision.definition)


def running(env: Environment, part: str) -> list[Task]:
    """The part's running tasks, oldest first."""
    return [each for each in env.of(env.services[part]) if each.last_status == "RUNNING" and each.desired_status == "RUNNING"]


def behave(part: str, **changes: object) -> Do:
    """What runs behaves otherwise from now on."""

    def do(sim: Simulator, env: Environment) -> None:
        for task in running(env, part):
            task.behaviour = copy.copy(task.behaviour)
            _set(task.behaviour, changes)

    return do


def stop_one(part: str, reason: str) -> Do:
    """A colleague stops the part's oldest task."""

    def do(sim: Simulator, env: Environment) -> None:
        for task in running(env, part)[:1]:
            scheduler.stop(sim, env, task, "UserInitiated", reason, sim.now)

    return do


def scale(part: str, change: int) -> Do:
    """A colleague sets the desired count."""

    def do(sim: Simulator, env: Environment) -> None:
        service = env.services[part]
        service.desired, service.steady = max(0, service.desired + change), False

    return do


def reclaim(part: str, count: int) -> Do:
    """AWS takes Spot capacity back."""

    def do(sim: Simulator, env: Environment) -> None:
        for task in running(env, part)[:count]:
            scheduler.reclaim(sim, env, task, sim.now)

    return do


def migrate(behaviour: Behaviour) -> Do:
    """CI runs the migration."""
    return lambda sim, env: _migrate(sim, env, behaviour)


def _migrate(sim: Simulator, env: Environment, behaviour: Behaviour) -> None:
    scheduler.run_task(sim, env, env.definitions["migration"][-1], behaviour, "ci/deploy", sim.now)


def environment(**changes: object) -> Do:
    """Something about the environment changes: surge, scanned, spot_capacity."""
    return lambda sim, env: _set(env, changes)


def database(**changes: object) -> Do:
    """Something about the database changes."""
    return lambda sim, env: _set(env.database, changes)


def cache(**changes: object) -> Do:
    """Something about the cache changes."""
    return lambda sim, env: _set(env.cache, changes)


def outside(connections: int) -> Do:
    """Something holds that many connections to one destination outside."""
    return lambda sim, env: _set(env.network, {"outside_connections": connections})


def _set(of: object, changes: Mapping[str, object]) -> None:
    for name, value in changes.items():
        if not hasattr(of, name):
            raise AttributeError(name)
        setattr(of, name, value)


def stop_database(sim: Simulator, env: Environment) -> None:
    """Somebody stops the database."""
    env.database.status, env.database.phase_next, env.database.phase_until = "stopping", "stopped", sim.now + 45
    env.database.stopped_at = sim.now


def growing(database: Database, free_gib: float, gib_per_min: float, whole_gib: float) -> None:
    """Leave so much free and write `whole_gib` at that rate."""
    database.used_gib, database.growth_gib_per_min, database.growth_left_gib = database.storage_gib - free_gib, gib_per_min, whole_gib


def fill_storage(free_gib: float, gib_per_min: float, whole_gib: float) -> Do:
    """Data grows in storage that was nearly full."""
    return lambda sim, env: growing(env.database, free_gib, gib_per_min, whole_gib)


def remove_rule(role: str, port: int) -> Do:
    """Somebody removes a security group's ingress rule."""

    def do(sim: Simulator, env: Environment) -> None:
        group = env.network.groups[role]
        group.rules = [each for each in group.rules if each.egress or not each.from_port <= port <= each.to_port]

    return do


def take_addresses(left: int) -> Do:
    """Other workloads take the addresses of the private subnets."""

    def do(sim: Simulator, env: Environment) -> None:
        for each in env.network.subnets:
            if not each.public:
                each.free = left

    return do


def delete_secret(key: str, *, now: bool) -> Do:
    """Somebody deletes a secret: at once, or with a recovery window."""

    def do(sim: Simulator, env: Environment) -> None:
        name = f"{env.names.secrets}{key}"
        if now:
            del env.secrets[name]
        else:
            env.secrets[name].deleted_at = sim.now

    return do


def deny_execution(action: str) -> Do:
    """Somebody takes a permission from the execution role."""
    return lambda sim, env: env.execution_denied.add(action)


def delete_log_group(part: str) -> Do:
    """Somebody deletes a log group."""
    return lambda sim, env: sim.logs.delete_group(env.names.logs[part])


def expire_image(part: str) -> Do:
    """A rebuild takes over the running image's tag; the lifecycle policy removes the image that has none any more."""

    def do(sim: Simulator, env: Environment) -> None:
        pinned = env.services[part].primary.revision
        old = sim.by_digest(pinned.digest)
        push(sim, env, part, pinned.image.rsplit(":", 1)[-1], Behaviour())
        sim.images = [each for each in sim.images if each is not old]

    return do
