"""Connections, CPU and memory of the database."""

from __future__ import annotations

from clickit_tui.checks.db_status import CALL
from clickit_tui.checks.reading import lasts, measured, newest, newest_maximum, none, present, reading, unknown
from clickit_tui.checks.registry import Blind, Facts, Finding, Verdict, check
from clickit_tui.world.minutes import Reading
from clickit_tui.world.parts import Database
from clickit_tui.world.world import World

MIB = 2**20
GIB_BY_SIZE = {"micro": 1, "small": 2, "medium": 4, "large": 8, "xlarge": 16}
"""Memory of burstable and general-purpose classes (db.t*, db.m*); `Nxlarge` has N times that of `xlarge`, db.r* twice as much."""


def open_database(world: World, facts: Facts) -> Database:
    """The database when it runs; Blind when it is stopped, absent or not known."""
    found = present(world.database, facts.now, CALL, "database", "database")
    if found.status.lower() == "stopped":
        raise Blind(none(f"database {found.id} is stopped: nothing to measure", "stopped", "database"))
    return found


@check("db.connections", "database", "connections", ("database", "metrics"))
def connections(world: World, facts: Facts) -> Finding:
    """FAIL above 90 % of the budget, WARN above 80 %. The budget is the team's, no value of AWS."""
    open_database(world, facts)
    at, value = newest_maximum(world, facts, "db.connections", "database")
    limits = facts.thresholds
    budget = limits.db_connections_budget
    share = 100 * value / budget if budget > 0 else 100.0
    verdict = Verdict.FAIL if share > limits.db_connections_fail else Verdict.WARN if share > limits.db_connections_warn else Verdict.PASS
    return Finding(
        verdict=verdict,
        short=f"{value:.0f}/{budget}",
        sentence=f"{value:.0f} database connections of a budget of {budget}",
        evidence=measured(f"{value:.0f}", at),
        threshold=f"FAIL above {limits.db_connections_fail:g} %, WARN above {limits.db_connections_warn:g} % (AWS) "
        f"of the budget {budget} (runbook)",
        change=f"at most {int(budget * limits.db_connections_warn / 100)} connections",
        part="database",
    )


@check("db.cpu", "database", "CPU", ("database", "metrics"))
def cpu(world: World, facts: Facts) -> Finding:
    """FAIL above 90 % for 5 closed minutes, WARN above 80 %."""
    open_database(world, facts)
    got = reading(world, facts, "db.cpu", 5, "database")
    limits = facts.thresholds
    at, value = got.present[-1]
    full = lasts(got, limits.db_cpu_fail, 5, "database")
    high = not full and lasts(got, limits.db_cpu_warn, 5, "database")
    verdict = Verdict.FAIL if full else Verdict.WARN if high else Verdict.PASS
    return Finding(
        verdict=verdict,
        short=f"cpu {value:.0f} %",
        sentence=f"database CPU {value:.0f} %",
        evidence=measured(f"{value:.1f} %", at),
        threshold=f"FAIL above {limits.db_cpu_fail:g} % (AWS), WARN above {limits.db_cpu_warn:g} % (heuristic), for 5 min",
        change="one closed minute below the limit",
        part="database",
    )


@check("db.memory", "database", "free memory", ("database", "metrics"))
def memory(world: World, facts: Facts) -> Finding:
    """Classes of up to 2 GiB: FAIL below 40 MiB with swap rising, WARN below it. Larger ones: WARN below 25 % of the class."""
    found = open_database(world, facts)
    at, value = newest(world, facts, "db.memory", "database")
    free_mib = value / MIB
    gib = class_gib(found.instance_class)
    small, share = gib is None or gib <= 2, facts.thresholds.db_memory_warn_share
    floor_mib = facts.thresholds.db_memory_fail_mib if small else 10.24 * share * (gib or 0)
    low = free_mib < floor_mib
    if gib is None and not low:
        said = f"{free_mib:.0f} MiB of the database's memory free, of how much is not known: class {found.instance_class or '?'}"
        return unknown("no size", said, "database", CALL)
    rising = low and small and _rising(world, facts)
    verdict = Verdict.FAIL if rising else Verdict.WARN if low else Verdict.PASS
    return Finding(
        verdict=verdict,
        short=f"{free_mib:.0f} MiB",
        sentence=f"database has {free_mib:.0f} MiB free" + (" and swaps more and more" if rising else ""),
        evidence=measured(f"{free_mib:.0f} MiB", at),
        threshold=f"WARN below {floor_mib:g} MiB, FAIL when swap rises too (heuristic)"
        if small
        else f"WARN below {floor_mib:g} MiB, {share:g} % of the class (AWS)",
        change=f"more than {floor_mib:g} MiB free",
        part="database",
    )


def class_gib(instance_class: str) -> int | None:
    """Memory of an instance class in GiB; None for a class that is not in the table."""
    family, _, size = instance_class.removeprefix("db.").partition(".")
    times = size.removesuffix("xlarge")
    gib = int(times) * GIB_BY_SIZE["xlarge"] if times != size and times.isdecimal() else GIB_BY_SIZE.get(size)
    return None if gib is None or family[:1] not in ("t", "m", "r") else 2 * gib if family[:1] == "r" else gib


def _rising(world: World, facts: Facts) -> bool:
    """Whether swap grew by more than 1 MiB over the newest closed minutes; False when nothing tells."""
    try:
        got: Reading = reading(world, facts, "db.swap", 10, "database")
    except Blind:
        return False
    return got.present[-1][1] - got.present[0][1] > MIB
