"""What runs and is no longer what is declared: images whose tag moved, values of secrets that were changed, definitions, bounds. Pure."""

from __future__ import annotations

import msgspec

from clickit_tui.world.ecs import Service, Task, TaskDefinition, revision
from clickit_tui.world.memo import Memo
from clickit_tui.world.revisions import definition_of
from clickit_tui.world.supply import Secret, image_name, secret_reference
from clickit_tui.world.words import several
from clickit_tui.world.world import World


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """One difference between what runs and what is declared."""

    part: str
    text: str
    """E.g. `latest names another image than the 2 tasks run`."""
    warn: bool = True
    """False where it may be meant so."""


def running(world: World, part: str) -> list[Task]:
    """The part's tasks that have started and not stopped."""
    return [t for t in world.tasks.value or () if t.part == part and not t.stopped and t.started_at is not None]


def digests(world: World) -> dict[str, dict[str, int]]:
    """Which image runs where: digest -> part -> tasks."""
    found: dict[str, dict[str, int]] = {}
    for task in world.tasks.value or ():
        for digest in {c.digest for c in task.containers if c.digest and not task.stopped}:
            parts = found.setdefault(digest, {})
            parts[task.part] = parts.get(task.part, 0) + 1
    return found


# --- secrets ------------------------------------------------------------------------------------------------------------------


def definitions_in_use(world: World) -> dict[str, TaskDefinition]:
    """Part -> the definition it is set to; for the migration the one of its newest run."""
    found = {s.part: definition_of(world, s.task_definition) for s in world.services.value or ()}
    runs = sorted((t for t in world.tasks.value or () if t.part == "migration"), key=lambda t: t.created_at or 0.0)
    if runs:
        found["migration"] = definition_of(world, runs[-1].task_definition)
    return {part: definition for part, definition in found.items() if definition is not None}


def unread(world: World) -> str:
    """Why it is not known what every deployed definition uses; empty when all of them were read."""
    services = world.services.value
    if services is None:
        return world.services.fault.sentence if world.services.fault else "the services were not read yet"
    parts = [s.part for s in services if definition_of(world, s.task_definition) is None]
    fault = world.definitions.fault
    return f"the task definition of {', '.join(parts)} was not read{f': {fault.sentence}' if fault else ''}" if parts else ""


def names_secret(value_from: str, secret: Secret) -> bool:
    """Whether a task definition's `valueFrom` means this secret: by ARN, by its ARN without the suffix, or by name."""
    reference = secret_reference(value_from)
    known = {secret.reference, secret.arn, secret.name, secret.arn.rsplit("-", 1)[0]}
    return reference in known - {""}


def uses(world: World, secret: Secret) -> list[tuple[str, str, str]]:
    """(part, container's variable, json key) of every use by what is deployed; the key is empty where the whole value is taken."""
    return [
        (part, variable, json_key(value))
        for part, definition in definitions_in_use(world).items()
        for container in definition.containers
        for variable, value in container.secrets
        if names_secret(value, secret)
    ]


def json_key(value_from: str) -> str:
    """The key that a `valueFrom` takes out of a JSON secret; empty when it takes the whole."""
    fields = value_from.split(":")
    return fields[7] if value_from.startswith("arn:") and len(fields) > 7 else ""


def users(world: World, secret: Secret) -> tuple[str, ...]:
    """The parts that use a secret, each once."""
    return tuple(dict.fromkeys(part for part, _, _ in uses(world, secret)))


def older_tasks(world: World, secret: Secret) -> list[Task]:
    """Running tasks that were started before the secret last changed: values are read at the start of a task only."""
    changed_at = secret.changed_at
    if changed_at is None:
        return []
    return [t for part in users(world, secret) for t in running(world, part) if (t.started_at or 0.0) < changed_at]


# --- drift --------------------------------------------------------------------------------------------------------------------


_LAST: Memo[tuple[Drift, ...]] = Memo()


def drifts(world: World, now: float) -> tuple[Drift, ...]:
    """Every difference that fresh answers show; what was not read shows none. Compared once for each reading, since every key paints."""
    seen = (world.services, world.tasks, world.definitions, world.images, world.secrets, world.scaling, world.revisions)
    values = tuple(each.value for each in seen)
    return _LAST.of(values, tuple(each.age(now) for each in seen), lambda: _compared(world, now))


def _compared(world: World, now: float) -> tuple[Drift, ...]:
    services = world.services.known(now) or ()
    return tuple(
        d
        for s in services
        for d in (*_images(world, s, now), *_secrets(world, s, now), *_definition(world, s, now), *_bounds(world, s, now))
    )


def _images(world: World, service: Service, now: float) -> list[Drift]:
    """Tags of the service's definition that name another image than its tasks run, or none any more."""
    definition = definition_of(world, service.task_definition)
    images, tasks = world.images.known(now), world.tasks.known(now)
    if definition is None or images is None or tasks is None:
        return []
    found = []
    for container in definition.containers:
        name = image_name(container.image)
        seen = next(
            (i for i in images if name.tag and (i.registry, i.repository, i.id) == (name.registry, name.repository, name.tag)), None
        )
        ran = {
            c.digest
            for t in running(world, service.part)
            if t.task_definition == definition.arn
            for c in t.containers
            if c.name == container.name
        }
        others = {digest for digest in ran if digest} - {seen.digest if seen else ""}
        if seen is not None and seen.exists is False:
            found.append(Drift(part=service.part, text=f"image tag {name.tag} is not in ECR any more: no new task can start"))
        elif seen is not None and seen.digest and others:
            text = f"{name.tag} names {seen.digest[7:15]}, {', '.join(sorted(d[7:15] for d in others))} runs: the tag moved"
            found.append(Drift(part=service.part, text=text))
    return found


def _secrets(world: World, service: Service, now: float) -> list[Drift]:
    secrets, tasks = world.secrets.known(now), world.tasks.known(now)
    if secrets is None or tasks is None:
        return []
    found = []
    for secret in secrets:
        old = [t for t in older_tasks(world, secret) if t.part == service.part]
        if old:
            text = f"{several(len(old), 'task')} older than secret {short(secret)}: started before it changed"
            found.append(Drift(part=service.part, text=text))
        if service.part in users(world, secret) and (secret.deleted_at is not None or secret.exists is False):
            word = "is scheduled for deletion" if secret.exists else "does not exist"
            found.append(Drift(part=service.part, text=f"secret {short(secret)} {word}: no new task can start"))
    return found


def short(secret: Secret) -> str:
    """The last word of a secret's name: `jwt-secret-key`."""
    return (secret.name or secret.reference.rsplit(":", 1)[-1]).rsplit("/", 1)[-1]


def _definition(world: World, service: Service, now: float) -> list[Drift]:
    """That the family has a newer definition than the service is set to."""
    revisions = world.revisions.known(now)
    own = revision(service.task_definition)
    family = service.task_definition.rsplit(":", 1)[0]
    same = [d.revision for d in world.definitions.value or () if d.arn.rsplit(":", 1)[0] == family]
    listed = [
        int(n) for r in revisions or () if r.task_definition.rsplit(":", 1)[0] == family and (n := revision(r.task_definition)).isdigit()
    ]
    newest = max((*same, *listed), default=0)
    if not own.isdigit() or newest <= int(own):
        return []
    return [Drift(part=service.part, text=f":{own} is deployed, :{newest} is the newest revision", warn=False)]


def _bounds(world: World, service: Service, now: float) -> list[Drift]:
    """That the desired count lies outside autoscaling's bounds."""
    target = next((s for s in world.scaling.known(now) or () if s.part == service.part), None)
    if target is None or service.desired is None:
        return []
    below = target.minimum is not None and service.desired < target.minimum
    above = target.maximum is not None and service.desired > target.maximum
    if not below and not above:
        return []
    return [Drift(part=service.part, text=f"desired {service.desired} is outside autoscaling {target.minimum}–{target.maximum}")]
