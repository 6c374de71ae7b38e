"""A service does not start, or its tasks come and go."""

from __future__ import annotations

from clickit_tui.checks.registry import Todo
from clickit_tui.checks.service_stops import failed_stops
from clickit_tui.naming import SERVICES
from clickit_tui.playbooks.registry import Case, Clue, Playbook, Step, cause, each
from clickit_tui.world.health import out_of_memory

PLAYBOOK = Playbook(
    id="start",
    title="Service won't start",
    order=2,
    steps=(
        Step(title="stopped tasks", checks=each("stops")),
        Step(title="running tasks", checks=each("tasks")),
        Step(title="deployment", checks=each("deployment")),
        Step(title="health checks", checks=("edge.targets", *each("targets"))),
        Step(title="memory", checks=each("memory")),
        Step(title="health endpoint", person="start the image by hand and ask its health endpoint; note what it answers"),
    ),
)


@cause("start", 50, *each("deployment"))
def failed_deployment(case: Case) -> Clue | None:
    """A roll-out that failed by itself."""
    for part in SERVICES:
        if bad := case.bad(f"{part}.deployment"):
            todo = (Todo(words=f"roll {part} back", action="rollback", part=part),)
            return Clue(id="deployment.failed", sentence=bad.sentence, part=part, todo=todo)
    return None


@cause("start", 600, *each("stops", "memory"), "db.memory")
def memory(case: Case) -> Clue | None:
    for part in SERVICES:
        stopped = failed_stops(tuple(t for t in case.world.tasks.known(case.facts.now) or () if t.part == part), case.facts.now)
        if killed := [t for t in stopped if out_of_memory(t)]:
            return Clue(id="memory.leak", sentence=f"{len(killed)} of the tasks of {part} ran out of memory", part=part)
    bad = case.bad(*each("stops", "memory"), "db.memory")
    return Clue(id="app.crash", sentence=bad.sentence, part=bad.part) if bad else None
