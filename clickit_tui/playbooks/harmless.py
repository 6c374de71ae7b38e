"""What looks like trouble and is none: tasks with exit code 137 that scale-in, a deployment or Spot took away."""

from __future__ import annotations

from clickit_tui.checks.reading import awake
from clickit_tui.checks.registry import Blind
from clickit_tui.playbooks.evidence import services
from clickit_tui.playbooks.registry import Case, Clue, cause
from clickit_tui.world.causes import cause_of
from clickit_tui.world.ecs import Service, Task
from clickit_tui.world.words import several

KILLED = 137
WITHIN_S = 3600.0


def _gone(case: Case, cause_id: str) -> dict[str, list[Task]]:
    """By part: the tasks that stopped in the last hour for this cause."""
    now = case.facts.now
    found: dict[str, list[Task]] = {}
    for t in case.world.tasks.known(now) or ():
        if t.stopped and now - (t.stopped_at or 0.0) <= WITHIN_S and cause_of(t).id == cause_id:
            found.setdefault(t.part, []).append(t)
    return found


def _full(service: Service) -> bool:
    return service.running is not None and service.running == service.desired


@cause("none", 940)
def asleep(case: Case) -> Clue | None:
    """Every service sleeps by our mark."""
    try:
        awake(case.world, case.facts, "")
    except Blind as resting:
        return Clue(id="nothing", sentence=resting.finding.sentence, part="")
    return None


@cause("none", 950)
def reclaimed(case: Case) -> Clue | None:
    """Spot capacity was taken back, and the tasks were replaced."""
    spot = _gone(case, "spot")
    for service in services(case):
        gone = spot.get(service.part, [])
        if gone and _full(service):
            said = f"Spot took {several(len(gone), 'task')} of {service.part} back, all replaced; exit 137 is not out of memory here"
            return Clue(id="spot.reclaimed", sentence=said, part=service.part)
    return None


@cause("none", 960)
def killed(case: Case) -> Clue | None:
    """A scale-in or a deployment stopped tasks that do not handle SIGTERM."""
    routine = _gone(case, "routine")
    for service in services(case):
        gone = [t for t in routine.get(service.part, ()) if any(c.exit_code == KILLED for c in t.containers)]
        if not gone or not _full(service):
            continue
        old = [t for t in gone if t.task_definition != service.task_definition]
        how = "a deployment" if old else "scale-in"
        said = f"{how} stopped {several(len(gone), 'task')} of {service.part}; exit 137: the program ignores SIGTERM, not out of memory"
        return Clue(id="app.ignores_sigterm" if old else "scaling.in", sentence=said, part=service.part)
    return None
