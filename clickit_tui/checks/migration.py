"""Whether a migration is running or has just failed: it locks tables, and what failed may have left the schema half applied."""

from __future__ import annotations

from clickit_tui.checks.reading import TASKS_CALL, measured, tasks_of, unknown
from clickit_tui.checks.registry import Facts, Finding, Verdict, check
from clickit_tui.world.causes import cause_of
from clickit_tui.world.ecs import Task, revision
from clickit_tui.world.words import brief
from clickit_tui.world.world import World

STATES = ("PROVISIONING", "PENDING", "ACTIVATING", "RUNNING", "DEACTIVATING", "STOPPING", "DEPROVISIONING", "STOPPED")


@check("db.migration", "database", "migration", ("tasks",))
def judge(world: World, facts: Facts) -> Finding:
    """WARN while one runs, FAIL when the newest one ended badly within the hour, UNKNOWN when that is not told."""
    tasks = tasks_of(world, facts, "migration")
    runs = sorted(tasks, key=lambda t: -(t.started_at or t.created_at or 0.0))
    if any(run.status not in STATES for run in runs):
        return unknown("bad answer", "the answer does not tell the status of a migration's task", "database", TASKS_CALL)
    if untold(runs, facts.now - facts.thresholds.migration_recent_s):
        return unknown("bad answer", "the answer does not tell how the newest migration ended", "database", TASKS_CALL)
    verdict, short, said = _judged(runs, facts.now, facts.thresholds.migration_recent_s)
    return Finding(
        verdict=verdict,
        short=short,
        sentence=said,
        evidence=measured(said, world.tasks.seen_at, TASKS_CALL),
        threshold="WARN while a migration runs (runbook), "
        f"FAIL for {brief(facts.thresholds.migration_recent_s)} after one that failed (heuristic)",
        change="the migration's end, or one that ends well",
    )


def untold(runs: list[Task], since: float) -> bool:
    """Whether the newest run ended since then in a way that the answer does not tell: its container ran, and has no exit code."""
    newest = next(iter(runs), None)
    if newest is None or not all(run.stopped for run in runs) or (newest.stopped_at or since) < since:
        return False
    codes = [container.exit_code for container in newest.containers]
    return newest.stop_code in ("", "EssentialContainerExited") and all(code is None for code in codes)


def _judged(runs: list[Task], now: float, recent_s: float) -> tuple[Verdict, str, str]:
    running = next((t for t in runs if not t.stopped), None)
    if running is not None:
        since = f" for {brief(now - running.started_at)}" if running.started_at is not None else ""
        number = revision(running.task_definition) or "?"
        return Verdict.WARN, "migrating", f"a migration (:{number}) is running{since}: table locks likely"
    newest = next(iter(runs), None)
    if newest is None:
        return Verdict.PASS, "none running", "no migration is running"
    cause = cause_of(newest)
    ago_s = now - (newest.stopped_at or now)
    if cause.failed and ago_s < recent_s:
        return Verdict.FAIL, "migr. failed", f"the migration failed {brief(ago_s)} ago: {cause.title}; its schema may be half applied"
    return Verdict.PASS, "none running", f"no migration is running; the last ended {brief(ago_s)} ago: {cause.title}"
