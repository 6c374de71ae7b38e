"""What a service can go back to: every revision a deployment of it had, which of them were good, and what keeps one from running."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from clickit_tui.world.difference import differences, in_short
from clickit_tui.world.ecs import Deployment, RevisionImage, Service, ServiceDeployment, ServiceRevision, TaskDefinition, revision
from clickit_tui.world.supply import Image, ImageName, Secret, git_sha, image_name, in_secrets_manager, secret_reference
from clickit_tui.world.words import completed_id
from clickit_tui.world.world import World

MOST = 12
"""Revisions of a service that are looked at, newest first."""


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """One revision that a service could go back to."""

    id: str
    """ARN of the service revision, or of the task definition where ECS has no record."""
    task_definition: str
    images: tuple[RevisionImage, ...] = ()
    good_at: float | None = None
    """When a deployment of it last reached SUCCESSFUL; None when none did, or nobody knows."""
    last_at: float | None = None
    """When it was last deployed, or registered."""
    status: str = ""
    """How its newest deployment ended."""
    recorded: bool = True
    """False when it comes from the list of task definitions: whether it ever worked is not known."""
    same: bool = False
    """It has the task definition that runs now: deploying it again is no way back."""
    blocked: str = ""
    """What it needs and is proven to be missing; empty when nothing is."""
    doubts: tuple[str, ...] = ()
    """What could not be checked, or would not be as it was."""

    @property
    def failed(self) -> bool:
        """Its deployments ended, and none of them well."""
        return self.recorded and self.good_at is None

    @property
    def offered(self) -> bool:
        """Good, possible and a way back."""
        return self.good_at is not None and not self.blocked and not self.same

    @property
    def number(self) -> str:
        return revision(self.task_definition)


def definition_of(world: World, arn: str) -> TaskDefinition | None:
    return next((d for d in world.definitions.value or () if d.arn == arn), None)


def deployments_of(world: World, service: Service) -> list[ServiceDeployment]:
    """The service's deployments that ECS remembers, newest first."""
    own = [d for d in world.service_deployments.value or () if d.service in (service.name, service.arn)]
    return sorted(own, key=lambda d: -(d.created_at or d.started_at or 0.0))


def running_deployment(world: World, service: Service) -> ServiceDeployment | None:
    """The service deployment that is under way (also one that is rolling back); None when none is known."""
    own = deployments_of(world, service)
    current = next((d for d in own if d.arn == service.service_deployment), None)
    return next((d for d in (current, *own[:1]) if d is not None and (d.running or d.rolling_back)), None)


SAME_S = 2.0
"""A deployment of the service and its record begin within this many seconds of each other."""


def undone_by(world: World, service: Service, deployment: Deployment) -> ServiceDeployment | None:
    """The failed or stopped service deployment that this deployment of the service rolls back; None when it is no roll-back.

    ECS keeps one record of a deployment and its roll-back, while the service lists the roll-back as a deployment of its own.
    """
    if deployment.created_at is None:
        return None
    for each in deployments_of(world, service):
        began = each.created_at or each.started_at
        if began is None or began > deployment.created_at + SAME_S:
            continue
        if abs(began - deployment.created_at) <= SAME_S:
            return None
        ended = each.finished_at is None or each.finished_at >= deployment.created_at
        return each if ended and (each.rolling_back or each.status.startswith("ROLLBACK")) else None
    return None


def came_back_to(world: World, service: Service, event: str) -> str:
    """ARN of the task definition that a service event tells a roll-back has come back to; empty for every other event.

    ECS calls that `deployment completed`, as if something new had been deployed.
    """
    completed = completed_id(event)
    back = next((d for d in service.deployments if completed and d.id == completed), None)
    return back.task_definition if back is not None and undone_by(world, service, back) else ""


def current_revision(world: World, service: Service) -> str:
    """ARN of the service revision that is deployed now; empty when it is not known."""
    newest = next(iter(deployments_of(world, service)), None)
    if newest is None:
        return ""
    return newest.rolled_back_to if newest.status.startswith("ROLLBACK") and newest.rolled_back_to else newest.target_revision


def pinned_images(world: World, service: Service) -> list[RevisionImage]:
    """What the service's present revision runs, with the digests it pinned where ECS keeps them."""
    arn = current_revision(world, service)
    known = next((r for r in world.revisions.value or () if r.arn and r.arn == arn), None)
    definition = definition_of(world, service.task_definition)
    if known is not None and known.task_definition == service.task_definition:
        return images_of(known, definition)
    return [RevisionImage(container=c.name, image=c.image) for c in definition.containers if c.image] if definition else []


def candidates(world: World, service: Service) -> tuple[Candidate, ...]:
    """What the service could go back to: those on offer first, newest first; then those that are no way back, blocked or failed."""
    known = [r for r in world.revisions.value or () if r.service == service.name]
    found = _recorded(world, service, known) or _unrecorded(service, known)
    judged = [judge(world, service, each) for each in found]
    return tuple(sorted(judged, key=lambda c: (not c.offered, c.recorded and c.failed, bool(c.blocked), -_newest(c)))[:MOST])


def _newest(of: Candidate) -> float:
    return of.good_at or of.last_at or float(of.number or 0)


def _key(of: ServiceRevision) -> tuple[str, tuple[str, ...]]:
    """What tells deployed states apart: the definition and the digests its tags meant."""
    return of.task_definition, tuple(sorted(i.digest for i in of.images))


def _recorded(world: World, service: Service, known: list[ServiceRevision]) -> list[Candidate]:
    """One candidate for each state that a deployment put in place, the present one left out."""
    by_arn = {r.arn: r for r in known if r.arn}
    now = by_arn.get(current_revision(world, service))
    found: dict[tuple[str, tuple[str, ...]], Candidate] = {}
    for deployment in deployments_of(world, service):
        target = by_arn.get(deployment.target_revision)
        if target is None or (now is not None and _key(target) == _key(now)):
            continue
        good_at = (deployment.finished_at or deployment.created_at) if deployment.status == "SUCCESSFUL" else None
        before = found.get(_key(target))
        if before is None:
            found[_key(target)] = Candidate(
                id=target.arn,
                task_definition=target.task_definition,
                images=target.images,
                good_at=good_at,
                last_at=deployment.created_at,
                status=deployment.status,
                same=target.task_definition == service.task_definition,
            )
        elif before.good_at is None and good_at is not None:
            found[_key(target)] = msgspec.structs.replace(before, good_at=good_at)
    return list(found.values())


def _unrecorded(service: Service, known: list[ServiceRevision]) -> list[Candidate]:
    """The family's other task definitions, where ECS keeps no record of deployments."""
    return [
        Candidate(id=r.task_definition, task_definition=r.task_definition, images=r.images, last_at=r.created_at, recorded=False)
        for r in known
        if not r.arn and r.task_definition != service.task_definition
    ]


# --- what keeps a revision from running ---------------------------------------------------------------------------------------


def judge(world: World, service: Service, of: Candidate) -> Candidate:
    """The candidate with what blocks it and what could not be checked."""
    blocked: list[str] = []
    doubts: list[str] = []
    definition = definition_of(world, of.task_definition)
    for certain, text in (*_definition(world, of), *_images(world, of, definition), *_secrets(world, definition)):
        (blocked if certain else doubts).append(text)
    return msgspec.structs.replace(of, blocked="; ".join(blocked), doubts=tuple(dict.fromkeys(doubts)))


Judged = tuple[bool, str]
"""(proven, what is missing or not known)."""


def _definition(world: World, of: Candidate) -> list[Judged]:
    active = next((r.active for r in world.revisions.value or () if r.task_definition == of.task_definition), None)
    if active is None:
        return [(False, "whether its task definition is still ACTIVE was not read")]
    return [] if active else [(True, f"task definition :{of.number} is not ACTIVE any more")]


def images_of(of: Candidate | ServiceRevision, definition: TaskDefinition | None) -> list[RevisionImage]:
    """What a revision's containers run: as pinned, else as its definition names them."""
    if of.images:
        return list(of.images)
    return [RevisionImage(container=c.name, image=c.image) for c in definition.containers if c.image] if definition else []


def _images(world: World, of: Candidate, definition: TaskDefinition | None) -> list[Judged]:
    asked = images_of(of, definition)
    if not asked:
        return [(False, "images not checked: its task definition was not read")]
    found: list[Judged] = []
    for each in asked:
        name = image_name(each.image)
        if not name.registry:
            found.append((False, f"image {each.image} is not in ECR: not checkable"))
            continue
        found += _image(name, each.digest, looked_up(world, name, name.id), world)
    return found


def looked_up(world: World, name: ImageName, id: str) -> Image | None:
    """What ECR said of a tag or digest; None when it was not asked."""
    every = world.images.value or ()
    return next((i for i in every if (i.registry, i.repository, i.id) == (name.registry, name.repository, id)), None)


def _image(name: ImageName, pinned: str, seen: Image | None, world: World) -> list[Judged]:
    words = f"image {name.repository}:{name.tag}" if name.tag else f"image {name.repository}@{name.digest[:19]}"
    if seen is None or seen.exists is None:
        fault = world.images.fault
        return [(False, f"{words} not checked: {seen.why if seen else fault.sentence if fault else 'not read yet'}")]
    if not seen.exists:
        return [(True, f"{words} is not in ECR")]
    if seen.status == "ARCHIVED":
        return [(True, f"{words} is archived: it cannot be pulled")]
    if name.tag and pinned and seen.digest and seen.digest != pinned:
        return [(False, f"tag {name.tag} names another image now: {seen.digest[:19]} would run, {pinned[:19]} ran then")]
    return []


def references(definition: TaskDefinition | None) -> list[str]:
    """The secrets a definition's containers need, each once."""
    every = [value for c in definition.containers for _, value in c.secrets] if definition else []
    return list(dict.fromkeys(secret_reference(value) for value in every))


def _secrets(world: World, definition: TaskDefinition | None) -> list[Judged]:
    known = {s.reference: s for s in world.secrets.value or ()}
    found: list[Judged] = []
    unread: list[str] = []
    for reference in references(definition):
        judged = _secret(reference, known.get(reference))
        if judged is None:
            unread.append(reference)
        else:
            found += judged
    if unread:
        fault = world.secrets.fault
        why = next((s.why for r in unread if (s := known.get(r)) and s.why), fault.sentence if fault else "not read yet")
        found.append((False, f"{len(unread)} secret{'s' if len(unread) > 1 else ''} not checked: {why}"))
    return found


def _secret(reference: str, seen: Secret | None) -> list[Judged] | None:
    """What is wrong with a secret; None when it is not known."""
    if seen is None or seen.exists is None:
        return None
    name = seen.name or reference.rsplit(":", 1)[-1]
    if not seen.exists:
        return [(True, f"secret {name} does not exist")]
    if seen.deleted_at is not None:
        return [(True, f"secret {name} is scheduled for deletion")]
    return [(False, f"secret {name} has no current value")] if seen.has_value is False else []


# --- what to read -------------------------------------------------------------------------------------------------------------


def shortlist(world: World, service: Service) -> list[ServiceRevision]:
    """The newest revisions of a service, each task definition once, the present one included: what pickers and pages look into."""
    known = [r for r in world.revisions.value or () if r.service == service.name]
    rank = {d.target_revision: i for i, d in enumerate(deployments_of(world, service))}
    ordered = sorted(known, key=lambda r: (rank.get(r.arn, len(rank)), -(r.created_at or 0.0)))
    first: dict[str, ServiceRevision] = {}
    for each in ordered:
        first.setdefault(each.task_definition, each)
    return list(first.values())[: MOST + 1]


def shortlisted(world: World) -> list[ServiceRevision]:
    """The shortlists of all services."""
    return [r for service in world.services.value or () for r in shortlist(world, service)]


# --- in words -----------------------------------------------------------------------------------------------------------------


def ended_words(status: str) -> str:
    """How a service deployment ended, in words: `successful`, `failed, rolled back`."""
    words = {"ROLLBACK_SUCCESSFUL": "failed, rolled back", "ROLLBACK_FAILED": "failed, and its roll-back failed"}
    return words.get(status, status.lower().replace("_", " "))


def tag_and_digest(images: Iterable[RevisionImage], definition: TaskDefinition | None) -> str:
    """`v2.3.0 sha256:41abababab` of a revision's first image; what is not known is left out."""
    first = next(iter(images), None)
    reference = first.image if first else next((c.image for c in definition.containers if c.image), "") if definition else ""
    if not reference:
        return ""
    name = image_name(reference)
    digest = (first.digest if first else "") or name.digest
    return " ".join(filter(None, (name.tag, digest[:17])))


def commit(of: Candidate, definition: TaskDefinition | None) -> str:
    """The git commit a candidate was built from, where its tag or a label names it."""
    labels = tuple(label for c in definition.containers for label in c.labels) if definition else ()
    tags = [image_name(i.image).tag for i in images_of(of, definition)]
    return next((sha for tag in tags or [""] if (sha := git_sha(tag, labels))), "")


def change_in_short(world: World, service: Service, of: Candidate) -> str:
    """What would differ from now, in a few words: `image, LOG_LEVEL`; `?` where a definition was not read."""
    now, then = definition_of(world, service.task_definition), definition_of(world, of.task_definition)
    return "?" if now is None or then is None else in_short(differences(now, then))


def needs_secret(reference: str) -> bool:
    """Whether a reference can be looked up in Secrets Manager: an ARN of it or a bare name."""
    return in_secrets_manager(reference) or not reference.startswith("arn:")
