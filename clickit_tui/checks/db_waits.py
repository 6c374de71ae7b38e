"""What the database's sessions wait for, from Performance Insights: locks, and whether there is more load than processors."""

from __future__ import annotations

from clickit_tui.checks.db_status import CALL as DATABASE_CALL
from clickit_tui.checks.reading import measured, present, unknown
from clickit_tui.checks.registry import Facts, Finding, Verdict, check
from clickit_tui.world.parts import Database, Wait
from clickit_tui.world.seen import Absent
from clickit_tui.world.world import World

CALL = "pi:GetResourceMetrics"
CPUS = {"micro": 2, "small": 2, "medium": 2, "large": 2, "xlarge": 4}
"""Virtual processors by size; `Nxlarge` has four times N."""


def _waits(world: World, facts: Facts) -> tuple[Wait, ...]:
    return present(world.waits, facts.now, CALL, "Performance Insights", "database")


@check("db.locks", "database", "lock waits", ("waits",))
def locks(world: World, facts: Facts) -> Finding:
    """FAIL from one session that waits for locks on average, WARN from half of one."""
    limits = facts.thresholds
    found = [one for one in _waits(world, facts) if one.lock]
    load = sum(one.load for one in found)
    verdict = Verdict.FAIL if load >= limits.db_locks_fail else Verdict.WARN if load >= limits.db_locks_warn else Verdict.PASS
    names = ", ".join(f"{one.event} {one.load:.1f}" for one in found[:3])
    return Finding(
        verdict=verdict,
        short=f"{load:.1f} lock waits",
        sentence=f"{load:.1f} sessions wait for locks on average over 5 min" + (f": {names}" if names else ""),
        evidence=measured(names or "no lock among the waits", world.waits.seen_at, CALL),
        threshold=f"FAIL from {limits.db_locks_fail:g}, WARN from {limits.db_locks_warn:g} sessions (heuristic)",
        change="no session waiting for a lock",
        part="database",
    )


@check("db.waits", "database", "load by wait", ("waits", "database"))
def load(world: World, facts: Facts) -> Finding:
    """WARN above half a session for each processor, FAIL above one; names what they wait for."""
    found = _waits(world, facts)
    total = sum(one.load for one in found)
    database = present(world.database, facts.now, DATABASE_CALL, "database", "database")
    processors = cpus(database)
    if processors is None:
        said = f"{total:.1f} sessions active, on how many processors is not known: class {database.instance_class or '?'}"
        return unknown("no size", said, "database", DATABASE_CALL)
    limits = facts.thresholds
    warn, fail = processors * limits.db_load_warn, processors * limits.db_load_fail
    verdict = Verdict.FAIL if total > fail else Verdict.WARN if total > warn else Verdict.PASS
    top = f", most of them {found[0].event} ({found[0].load:.1f})" if found else ""
    return Finding(
        verdict=verdict,
        short=f"load {total:.1f}",
        sentence=f"{total:.1f} sessions active on {processors} processors{top}",
        evidence=measured(", ".join(f"{one.event} {one.load:.1f}" for one in found[:4]) or "no load", world.waits.seen_at, CALL),
        threshold=f"FAIL above {fail:g}, WARN above {warn:g} sessions (AWS: DBLoad against vCPU)",
        change="fewer active sessions than processors",
        part="database",
    )


def cpus(database: Database) -> int | None:
    """Virtual processors of its class; None for a class whose name does not tell."""
    size = database.instance_class.rpartition(".")[2]
    times = size.removesuffix("xlarge")
    return 4 * int(times) if times != size and times.isdecimal() else CPUS.get(size)


def top_wait(world: World, now: float) -> Wait | None:
    """What most sessions wait for; None when that is not known."""
    found = world.waits.known(now)
    return found[0] if found and not isinstance(found, Absent) else None
