"""Any two revisions of a service's task definition: which there are, which two a row suggests, and what differs between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from clickit_tui.panes.services_detail import before_now, difference_lines
from clickit_tui.panes.view import View
from clickit_tui.ui.cells import Span, Spans, fit
from clickit_tui.ui.picker import Choice
from clickit_tui.world.ecs import Service, TaskDefinition, revision
from clickit_tui.world.revisions import definition_of, deployments_of, ended_words, tag_and_digest
from clickit_tui.world.words import brief
from clickit_tui.world.world import World

Read = Mapping[str, TaskDefinition | str]
"""What was read on demand, by ARN: the definition, or why there is none."""


def service_under(world: World, key: str | None) -> Service | None:
    """The service that a row of the Services screen belongs to."""
    kind, _, rest = (key or "").partition(":")
    services = world.services.value or ()
    if kind == "service":
        return next((s for s in services if rest in (s.arn, s.name)), None)
    if kind == "deployment":
        return next((s for s in services if any(d.id == rest for d in s.deployments)), None)
    if kind == "past-deployment":
        owner = next((d.service for d in world.service_deployments.value or () if d.arn == rest), "")
        return next((s for s in services if owner in (s.arn, s.name)), None)
    task = next((t for t in (*(world.tasks.value or ()), *world.remembered) if t.arn == rest.split("#", 1)[0]), None)
    part = task.part if task is not None else rest.split("/", 1)[0].split(":", 1)[0]
    return next((s for s in services if s.part == part), None)


def definition_under(world: World, service: Service, key: str | None) -> str:
    """ARN of the task definition that a row shows: a deployment's or a task's own, else the service's present one."""
    kind, _, rest = (key or "").partition(":")
    found = ""
    if kind == "deployment":
        found = next((d.task_definition for d in service.deployments if d.id == rest), "")
    elif kind == "past-deployment":
        target = next((d.target_revision for d in world.service_deployments.value or () if d.arn == rest), "")
        found = next((r.task_definition for r in world.revisions.value or () if r.arn and r.arn == target), "")
    elif kind in ("task", "container"):
        every = (*(world.tasks.value or ()), *world.remembered)
        found = next((t.task_definition for t in every if t.arn == rest.split("#", 1)[0]), "")
    return found or service.task_definition


def family(definition: str) -> str:
    """A task definition's ARN without its revision."""
    return definition.rpartition(":")[0]


def known_revisions(world: World, service: Service, listed: Sequence[str] = ()) -> list[str]:
    """ARNs of every revision of the service's family that is known, newest first; `listed` are those that ECS has registered."""
    every = [service.task_definition, *(d.task_definition for d in service.deployments), *listed]
    every += [r.task_definition for r in world.revisions.value or () if r.service == service.name]
    every += [d.arn for d in world.definitions.value or ()]
    own = {arn for arn in every if arn and family(arn) == family(service.task_definition)}
    return sorted(own, key=lambda arn: -int(revision(arn) if revision(arn).isdigit() else 0))


def suggested(world: World, service: Service, key: str | None) -> tuple[str, str]:
    """(from, to) that a row suggests: from its own revision to the present one; on the present one from the last good other one."""
    shown = definition_under(world, service, key)
    return (shown if shown != service.task_definition else before_now(world, service)), service.task_definition


def revision_choices(world: World, view: View, service: Service, arns: Sequence[str]) -> list[Choice]:
    """One choice a revision: number, image, age, what became of it."""
    cells = [_cells(world, view, service, arn) for arn in arns]
    widths = [max((len(row[i]) for row in cells), default=0) for i in range(3)]
    return [
        Choice(id=arn, text="  ".join((*(fit(text, widths[i]) for i, text in enumerate(row[:3])), row[3])).rstrip())
        for arn, row in zip(arns, cells, strict=True)
    ]


def _cells(world: World, view: View, service: Service, arn: str) -> tuple[str, str, str, str]:
    definition = definition_of(world, arn)
    recorded = [r for r in world.revisions.value or () if r.task_definition == arn and r.service == service.name]
    image = tag_and_digest(recorded[-1].images if recorded else (), definition)
    at = definition.registered_at if definition is not None else None
    age = "" if at is None else f"{brief(view.now - at)} old"
    return f":{revision(arn) or '?'}", image, age, _became(world, service, arn)


def _became(world: World, service: Service, arn: str) -> str:
    """`now`, else how the newest deployment of a revision ended; `never deployed` only where that is known."""
    if arn == service.task_definition:
        return "now"
    own = {r.arn for r in world.revisions.value or () if r.arn and r.task_definition == arn}
    newest = next((d for d in deployments_of(world, service) if d.target_revision in own), None)
    if newest is not None:
        return ended_words(newest.status)
    return "" if world.service_deployments.value is None or world.revisions.value is None else "not deployed in 90 days"


def compared(world: World, read: Read, old: str, new: str) -> list[Spans]:
    """What differs between two revisions; where one could not be read, why."""
    found = [definition_of(world, arn) or read.get(arn, "reading…") for arn in (old, new)]
    unread = [(arn, each) for arn, each in zip((old, new), found, strict=True) if isinstance(each, str)]
    if unread:
        return [(Span(f" :{revision(arn) or '?'} ", "bold"), Span(each, "dim" if each == "reading…" else "warn")) for arn, each in unread]
    before, after = (each for each in found if isinstance(each, TaskDefinition))
    return difference_lines(before, after)
