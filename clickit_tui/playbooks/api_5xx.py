"""The API answers 5xx."""

from __future__ import annotations

from clickit_tui.checks.cause import began_at
from clickit_tui.checks.happened import deployment_name
from clickit_tui.checks.registry import Todo
from clickit_tui.naming import SERVICES
from clickit_tui.playbooks.registry import Case, Clue, Playbook, Step, cause, each
from clickit_tui.world.ecs import Deployment, Service
from clickit_tui.world.words import brief

PLAYBOOK = Playbook(
    id="5xx",
    title="API returning 5xx",
    order=1,
    steps=(
        Step(title="answers", checks=("edge.5xx",)),
        Step(title="logs", checks=("db.logs",)),
        Step(title="targets", checks=("edge.targets", *each("targets"))),
        Step(title="database", checks=("db.status",)),
        Step(title="db load", checks=("db.cpu", "db.connections", "db.memory")),
        Step(title="deployment", checks=each("deployment")),
        Step(title="restarts", checks=each("stops", "memory")),
        Step(title="NAT", checks=("nat.state", "nat.ports")),
        Step(title="a request", person="send one failing request yourself and note path, status and time"),
    ),
)

SUSPECT_S = 3600.0
"""A deployment older than this when the trouble began is not suspected (heuristic, aws.md 10)."""
SYMPTOMS = ("edge.5xx", "edge.targets", "edge.latency", "alarms.state")


def suffering(case: Case) -> bool:
    """Whether anything is wrong that a user or a pager would notice."""
    return case.poor(*SYMPTOMS, *each("tasks", "targets", "stops")) is not None


@cause("5xx", 100, "edge.5xx", "edge.targets", *each("deployment"))
def deployment(case: Case) -> Clue | None:
    """The newest deployment, when the trouble began with it."""
    if not suffering(case):
        return None
    began = began_at(case.world)
    suspects = [s for one in case.world.services.value or () if (s := _suspect(one, began, case.facts.now)) is not None]
    if not suspects:
        return None
    service, newest = max(suspects, key=lambda one: one[1].created_at or 0.0)
    name = deployment_name(case.world, service, newest)
    back = (Todo(words=f"roll {service.part} back", action="rollback", part=service.part),)
    if began is not None and newest.created_at is not None:
        delay = before(began - newest.created_at)
        return Clue(id="deployment.bad", sentence=f"deployment {name}, {delay} the first 5xx", part=service.part, todo=back)
    own = tuple(f"{service.part}.{one}" for one in ("targets", "tasks", "stops", "deployment"))
    if bad := case.poor(*own):
        return Clue(id="deployment.bad", sentence=f"deployment {name}: {bad.sentence}", part=service.part, todo=back)
    return None


def before(seconds: float) -> str:
    """How long before, to the nearest minute: minutes are as fine as the metrics are."""
    if seconds < 30:
        return "in the same minute as"
    return f"{brief(max(60, round(seconds / 60) * 60))} before"


def _suspect(service: Service, began: float | None, now: float) -> tuple[Service, Deployment] | None:
    """The primary deployment when it began within the hour before the trouble; the very first one of a service has nothing to compare."""
    newest = service.primary
    if newest is None or newest.created_at is None:
        return None
    delay = (now if began is None else began + 60) - newest.created_at
    return (service, newest) if 0 <= delay <= SUSPECT_S and (began is not None or service.rolling) else None


@cause("5xx", 200, "edge.targets", *each("targets", "tasks"))
def no_healthy_target(case: Case) -> Clue | None:
    bad = case.bad("edge.targets", *each("targets"), *each("tasks"))
    return Clue(id="targets.unhealthy", sentence=bad.sentence, part=bad.part) if bad else None


@cause("5xx", 700, "edge.5xx")
def application(case: Case) -> Clue | None:
    """Nothing but the application's own errors."""
    digest = case.world.log.known(case.facts.now)
    if digest is None or not digest.shapes or case.poor("edge.5xx") is None:
        return None
    part, _, count, example = digest.shapes[0]
    words = example if len(example) <= 60 else example[:59] + "…"
    sentence = f"{part} errors, {count} like “{words}”"
    return Clue(
        id="app.errors", sentence=sentence, part=part if part in SERVICES else "edge", todo=(Todo(words="read the log", screen="3"),)
    )
