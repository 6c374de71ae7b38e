"""Status of the database instance."""

from __future__ import annotations

from clickit_tui.checks.reading import awake, measured, present, unknown
from clickit_tui.checks.registry import Facts, Finding, Todo, Verdict, check
from clickit_tui.world.parts import Database
from clickit_tui.world.world import World

CALL = "rds:DescribeDBInstances"
OK = ("available", "backing-up", "storage-optimization", "storage-initialization")
PASSING = (
    "creating",
    "modifying",
    "rebooting",
    "renaming",
    "upgrading",
    "maintenance",
    "starting",
    "stopping",
    "resetting-master-credentials",
    "moving-to-vpc",
    "delete-precheck",
    "converting-to-vpc",
)
"""It is or may be away for minutes."""
BROKEN = ("stopped", "failed", "storage-full", "insufficient-capacity", "restore-error", "deleting")


@check("db.status", "database", "status", ("database", "services"))
def judge(world: World, facts: Facts) -> Finding:
    """FAIL when it is stopped or broken, WARN in a passing state; a status AWS may add later is said and not judged."""
    found = present(world.database, facts.now, CALL, "database", "database")
    status = found.status.lower().replace(" ", "-")
    verdict = status_verdict(status)
    if status in ("stopped", "stopping"):
        awake(world, facts, "database")
    if verdict is Verdict.UNKNOWN:
        return unknown(
            (status or "no data")[:14],
            f"database {found.id} says {found.status or 'nothing'}: not a status this check knows",
            "database",
            CALL,
        )
    return Finding(
        verdict=verdict,
        short=status[:14],
        sentence=f"database {found.id} is {found.status}",
        evidence=measured(found.status, world.database.seen_at, CALL),
        threshold="FAIL when stopped or broken, WARN while it changes (AWS)",
        change="status available",
        part="database",
        todo=(start(found),) if status == "stopped" else (),
    )


def start(found: Database) -> Todo:
    """The change that starts a stopped instance."""
    return Todo(words=f"start the database {found.id}", action="start_database", part="db")


def status_verdict(status: str) -> Verdict:
    """Verdict of a status in lower case with hyphens."""
    if status in OK or status.startswith("configuring-"):
        return Verdict.PASS
    if status in BROKEN or status.startswith(("incompatible-", "inaccessible-")):
        return Verdict.FAIL
    return Verdict.WARN if status in PASSING else Verdict.UNKNOWN
