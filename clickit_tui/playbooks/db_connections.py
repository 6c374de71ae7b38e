"""The database cannot be reached, or does not answer."""

from __future__ import annotations

from clickit_tui.playbooks.registry import Case, Clue, Playbook, Step, cause

PLAYBOOK = Playbook(
    id="database",
    title="Database connections",
    order=3,
    steps=(
        Step(title="status", checks=("db.status",)),
        Step(title="connections", checks=("db.connections",)),
        Step(title="migration", checks=("db.migration",)),
        Step(title="CPU and memory", checks=("db.cpu", "db.memory")),
        Step(title="logs", checks=("db.logs",)),
        Step(title="other users", person="ask whether somebody runs a report or an import; note who and until when"),
    ),
)


@cause("database", 300, "db.status")
def status(case: Case) -> Clue | None:
    bad = case.poor("db.status")
    return Clue(id="database.stopped", sentence=bad.sentence, part="database") if bad else None


@cause("database", 400, "db.connections", "db.logs")
def connections(case: Case) -> Clue | None:
    bad = case.poor("db.connections", "db.logs")
    return Clue(id="database.connections", sentence=bad.sentence, part="database") if bad else None
