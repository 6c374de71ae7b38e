"""Storage of the database: free space, its burst of reads and writes, how long they take, and what credits cost."""

from __future__ import annotations

from clickit_tui.checks.db_load import open_database
from clickit_tui.checks.db_status import CALL
from clickit_tui.checks.reading import lasts, measured, newest, reading, slow, unknown
from clickit_tui.checks.registry import Facts, Finding, Verdict, check
from clickit_tui.world.world import World

GIB = 2**30


@check("db.storage", "database", "free storage", ("database", "metrics"))
def storage(world: World, facts: Facts) -> Finding:
    """FAIL below 10 % of the storage, WARN below 20 %."""
    found = open_database(world, facts)
    at, value = newest(world, facts, "db.storage", "database")
    limits = facts.thresholds
    if not found.storage_gib:
        said = f"{value / GIB:.1f} GiB of the database's storage free, of how much is not known: the answer names no AllocatedStorage"
        return unknown("no size", said, "database", CALL)
    share = 100 * value / (found.storage_gib * GIB)
    verdict = Verdict.FAIL if share < limits.db_storage_fail else Verdict.WARN if share < limits.db_storage_warn else Verdict.PASS
    return Finding(
        verdict=verdict,
        short=f"{value / GIB:.1f} GiB free",
        sentence=f"{value / GIB:.1f} GiB of the database's storage free, {share:.0f} %",
        evidence=measured(f"{value / GIB:.2f} GiB", at),
        threshold=f"FAIL below {limits.db_storage_fail:g} %, WARN below {limits.db_storage_warn:g} % (AWS)",
        change=f"more than {limits.db_storage_warn:g} % free",
        part="database",
    )


@check("db.io", "database", "I/O balance", ("database", "metrics"))
def balance(world: World, facts: Facts) -> Finding:
    """FAIL when EBSIOBalance% or EBSByteBalance% stayed below 10 % for 3 minutes, WARN below 30 %: then I/O falls to the baseline."""
    open_database(world, facts)
    limits = facts.thresholds
    got = [reading(world, facts, key, 5, "database") for key in ("db.io_balance", "db.byte_balance")]
    least = min(got, key=lambda one: one.present[-1][1])
    at, value = least.present[-1]
    recent = [one for _, one in least.present[-3:]]
    verdict = Verdict.WARN if value < limits.db_balance_warn else Verdict.PASS
    if len(recent) == 3 and all(one < limits.db_balance_fail for one in recent):
        verdict = Verdict.FAIL
    said = ": reads and writes are held to the class's baseline" if value < limits.db_balance_fail else ""
    return Finding(
        verdict=verdict,
        short=f"i/o {value:.0f} %",
        sentence=f"{least.label} of the database at {value:.0f} %{said}",
        evidence=measured(f"{value:.1f} %", at),
        threshold=f"FAIL below {limits.db_balance_fail:g} % for 3 min (AWS), WARN below {limits.db_balance_warn:g} % (heuristic)",
        change="a balance that recovers: fewer reads and writes, or a larger class",
        part="database",
    )


@check("db.latency", "database", "read and write latency", ("database", "metrics"))
def latency(world: World, facts: Facts) -> Finding:
    """FAIL above 20 ms or 10 outstanding requests for 5 minutes, WARN above 10 ms."""
    open_database(world, facts)
    limits = facts.thresholds
    got = [reading(world, facts, key, 5, "database") for key in ("db.read_latency", "db.write_latency")]
    queue = reading(world, facts, "db.queue", 5, "database")
    slowest = max(got, key=lambda one: one.present[-1][1])
    at, value = slowest.present[-1]
    bounds = [(queue, limits.db_queue_fail), *((one, limits.db_latency_fail_ms / 1000) for one in got)]
    fail = any(one.above(limit, 5) for one, limit in bounds) or any(lasts(one, limit, 5, "database") for one, limit in bounds)
    warn = not fail and any(lasts(one, limits.db_latency_warn_ms / 1000, 5, "database") for one in got)
    return Finding(
        verdict=Verdict.FAIL if fail else Verdict.WARN if warn else Verdict.PASS,
        short=f"i/o {1000 * value:.0f} ms",
        sentence=f"{slowest.label} of the database {1000 * value:.1f} ms, {queue.present[-1][1]:.0f} waiting",
        evidence=measured(f"{1000 * value:.2f} ms", at),
        threshold=f"FAIL above {limits.db_latency_fail_ms:g} ms (AWS) or {limits.db_queue_fail:g} waiting (heuristic), "
        f"WARN above {limits.db_latency_warn_ms:g} ms (heuristic), for 5 min",
        change="one closed minute below the limit",
        part="database",
    )


@check("db.credits", "database", "CPU credits", ("database", "metrics"))
def credits_(world: World, facts: Facts) -> Finding:
    """WARN when surplus credits are charged: on RDS's burstable classes that costs money and throttles nothing."""
    open_database(world, facts)
    at, balance_ = slow(world, facts, "db.credits", "database")
    _, charged = slow(world, facts, "db.surplus_charged", "database")
    return Finding(
        verdict=Verdict.WARN if charged > 0 else Verdict.PASS,
        short=f"{balance_:.0f} credits",
        sentence=f"{charged:.0f} surplus CPU credits are charged: money, not throttling"
        if charged > 0
        else f"{balance_:.0f} CPU credits left",
        evidence=measured(f"balance {balance_:.0f}, charged {charged:.0f}", at),
        threshold="WARN when surplus credits are charged (AWS: RDS t classes are Unlimited)",
        change="less CPU than the class's baseline",
        part="database",
    )
