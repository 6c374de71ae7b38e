"""The database cannot be reached, or does not answer."""

from __future__ import annotations

from clickit_tui.checks.db_logs import hits
from clickit_tui.checks.db_waits import top_wait
from clickit_tui.checks.registry import Todo, Verdict
from clickit_tui.checks.suspects import before
from clickit_tui.playbooks import commands
from clickit_tui.playbooks.api_5xx import FEW, exhausted, felt
from clickit_tui.playbooks.evidence import rise, rollouts, series
from clickit_tui.playbooks.registry import Case, Clue, Playbook, Step, cause
from clickit_tui.world.minutes import Reading
from clickit_tui.world.parts import Database
from clickit_tui.world.words import clock

PLAYBOOK = Playbook(
    id="database",
    title="Database connections",
    order=3,
    steps=(
        Step(title="status", checks=("db.status", "db.alive")),
        Step(title="security groups", checks=("db.reach",)),
        Step(title="connections", checks=("db.connections",)),
        Step(title="migration", checks=("db.migration",)),
        Step(title="locks and waits", checks=("db.locks", "db.waits")),
        Step(title="storage", checks=("db.storage",)),
        Step(title="I/O", checks=("db.io", "db.latency")),
        Step(title="CPU and memory", checks=("db.cpu", "db.memory", "db.credits")),
        Step(title="logs", checks=("db.logs",)),
        Step(title="other users", person="ask whether somebody runs a report or an import; note who and until when"),
    ),
)

FOLLOWS = (
    "app.errors",
    "database.unreachable",
    "database.connections",
    "targets.unhealthy",
    "app.slow",
    "nat.ports",
    "app.crash",
    "database.load",
)


def _clue(name: str, sentence: str, reasons: tuple[str, ...], *todo: Todo, explains: tuple[str, ...] = FOLLOWS) -> Clue:
    return Clue(id=name, sentence=sentence, part="database", reasons=tuple(filter(None, reasons)), todo=todo, explains=explains)


def said(case: Case, check: str) -> str:
    """What a check says when it fails or warns; empty otherwise."""
    bad = case.poor(check)
    return bad.sentence if bad else ""


@cause("database", 200, "db.status", "db.alive")
def status(case: Case) -> Clue | None:
    """What RDS says of the instance; where it may not be asked, that its metrics have ended."""
    bad = case.poor("db.status") if felt(case) else case.bad("db.status")
    found = case.world.database.value
    full = isinstance(found, Database) and found.status.replace(" ", "-") == "storage-full"
    if bad is not None:
        said_so = f"RDS itself says {found.status}" if isinstance(found, Database) else ""
        reasons = (said_so, said(case, "db.logs"), said(case, "api.errors"), said(case, "db.storage"))
        if full:
            return _clue("database.storage_full", bad.sentence, reasons, commands.grow_storage(case))
        stopped = isinstance(found, Database) and found.status in ("stopped", "stopping")
        todo = (commands.start_database(case),) if stopped else bad.todo
        return _clue("database.stopped" if stopped else "database.status", bad.sentence, reasons, *todo)
    return _inferred(case)


def _inferred(case: Case) -> Clue | None:
    """Its metrics have ended, and RDS may not be asked why."""
    ended = case.bad("db.alive")
    unseen = case.found.get("db.status")
    if ended is None or unseen is None or unseen.verdict is not Verdict.UNKNOWN:
        return None
    todo = commands.start_database(case)
    return _clue("database.stopped", ended.sentence, (f"{unseen.sentence}: ask somebody who may see it", said(case, "edge.5xx")), todo)


@cause("database", 205, "db.storage")
def storage(case: Case) -> Clue | None:
    """Storage that is nearly full, before RDS stops writing."""
    bad = case.bad("db.storage")
    return _clue("database.storage_full", bad.sentence, (said(case, "db.logs"),), commands.grow_storage(case)) if bad else None


@cause("database", 220, "db.reach")
def no_way(case: Case) -> Clue | None:
    """No rule lets the tasks reach it; what is open stays open, so that connections may look as usual."""
    bad = case.bad("db.reach")
    if bad is None:
        return None
    return _clue("network.rule_missing", bad.sentence, (said(case, "db.logs"), "connections that are open stay open"), *bad.todo)


@cause("database", 310, "db.migration", "db.locks", "db.logs")
def locks(case: Case) -> Clue | None:
    """A migration that holds locks: sessions wait for them, or the logs say so."""
    running = next((t for t in case.world.tasks.known(case.facts.now) or () if t.part == "migration" and not t.stopped), None)
    waits = case.poor("db.locks")
    digest = case.world.log.known(case.facts.now)
    told = digest is not None and any(name == "db.lock" and case.facts.now - at <= 300 for _, name, _, at in digest.matches)
    if running is None or not (waits or told):
        return None
    since = f" since {clock(running.started_at)}" if running.started_at is not None else ""
    wait = Todo(words="stop the migration; never roll back into a half-migrated schema unread", action="stop_task", part="migration")
    reasons = (waits.sentence if waits else "lock waits are not seen", said(case, "db.logs"), "wait for its end, or stop it")
    return _clue("migration.locks", f"a migration is running{since} and holds locks", reasons, wait, commands.activity())


@cause("database", 400, "db.connections", "db.logs")
def connections(case: Case) -> Clue | None:
    """Connections used up."""
    bad = case.bad("db.connections")
    if bad is None:
        return None
    got = series(case, "db.connections")
    began = rise(got) if got is not None else None
    newest = next((one for one in rollouts(case) if one.service.part == "api" and not full_before(got, one.at)), None)
    after = f"they climb since deployment {newest.name}" if newest is not None and exhausted(case) else ""
    todo = (
        (Todo(words="roll api back", action="rollback", part="api"),)
        if newest is not None
        else (Todo(words="redeploy api: it frees its connections for some minutes", action="redeploy", part="api"),)
    )
    when = f"{before(began - newest.at)} they rose" if newest is not None and began is not None and began >= newest.at else ""
    return _clue("database.connections", bad.sentence, (after, when, said(case, "db.logs")), *todo, commands.activity())


def full_before(got: Reading | None, at: float) -> bool:
    """Whether the connections were as many as now before a moment already: what came then did not fill them."""
    then = [value for minute, value in got.present if at - 600 <= minute < at - 60] if got is not None else []
    return got is not None and bool(then) and got.last is not None and max(then) >= 0.9 * got.last[1]


@cause("database", 410, "db.cpu", "db.waits")
def busy(case: Case) -> Clue | None:
    """Its processors are full."""
    bad = case.bad("db.cpu")
    if bad is None:
        return None
    wait = top_wait(case.world, case.facts.now)
    leads = f"{wait.event} leads the waits with {wait.load:.1f} sessions" if wait is not None else ""
    calm = "reads and writes are as usual" if case.poor("db.io", "db.latency") is None else ""
    return _clue("database.cpu", bad.sentence, (leads, calm), commands.activity())


@cause("database", 420, "db.io", "db.latency")
def burst(case: Case) -> Clue | None:
    """The burst of reads and writes is used up."""
    bad = case.bad("db.io")
    if bad is None:
        return None
    return _clue("database.io_burst", bad.sentence, (said(case, "db.latency"), "its CPU is not high"), commands.activity())


@cause("database", 640, "db.logs")
def unreachable(case: Case) -> Clue | None:
    """Only the logs say so."""
    bad, digest = case.poor("db.logs"), case.world.log.known(case.facts.now)
    enough = digest is not None and sum(one[2] for one in hits(digest, case.facts.now)) >= FEW
    return _clue("database.unreachable", bad.sentence, (), *bad.todo, explains=("app.errors",)) if bad and enough else None


@cause("database", 590, "db.connections")
def filling(case: Case) -> Clue | None:
    """Connections near their budget."""
    bad = case.poor("db.connections")
    return _clue("database.connections", bad.sentence, (), commands.activity(), explains=()) if bad else None
