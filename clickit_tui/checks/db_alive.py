"""Whether the database still reports metrics: they end when it stops, also for a reader who may not ask RDS."""

from __future__ import annotations

from clickit_tui.checks.reading import METRICS_CALL, awake, measured, metrics, none, unknown, whole, window
from clickit_tui.checks.registry import Facts, Finding, Verdict, check
from clickit_tui.world.minutes import read
from clickit_tui.world.parts import Metrics
from clickit_tui.world.seen import Absent
from clickit_tui.world.words import clock, several
from clickit_tui.world.world import World

KEYS = ("db.cpu", "db.connections", "db.memory")


@check("db.alive", "database", "its metrics", ("metrics", "database", "services"))
def judge(world: World, facts: Facts) -> Finding:
    """FAIL when every metric of a database that reported within the hour has been silent for 5 closed minutes."""
    if isinstance(world.database.known(facts.now), Absent):
        return none("no database here", part="database")
    awake(world, facts, "database")
    found = metrics(world, facts, "database")
    limit = max(1, facts.thresholds.db_silent_minutes)
    closed = window(world, facts, limit, "database")
    last = [at for key in KEYS if key in found.series and (at := _last(found, key)) is not None]
    if not last:
        return unknown("no data", "no metric of the database in the hour", "database", METRICS_CALL)
    forbidden = any(found.series[key].status == "Forbidden" for key in KEYS if key in found.series)
    got = [one for key in KEYS if (one := read(found, key, closed)) is not None]
    if forbidden or len(closed) < limit:
        return unknown("denied" if forbidden else "no data", "the database's metrics are not seen", "database", METRICS_CALL)
    silent = not any(one.present for one in got)
    if silent:
        whole(world, facts, tuple(key for key in KEYS if key in found.series), "database")
    newest = max(last)
    if silent and newest > (world.metrics.seen_at or facts.now):
        said = "the database's metrics have points of the future only: a clock is wrong"
        return unknown("bad answer", said, "database", METRICS_CALL)
    return Finding(
        verdict=Verdict.FAIL if silent else Verdict.PASS,
        short="metrics ended" if silent else "reports",
        sentence=f"the database's metrics ended at {clock(newest + 60)}: it is stopped or gone"
        if silent
        else "the database reports metrics",
        evidence=measured(f"newest point {clock(newest)}", newest),
        threshold=f"FAIL after {several(limit, 'closed minute')} without a point (AWS: a stopped instance reports none)",
        change="a new point",
        part="database",
    )


def _last(found: Metrics, key: str) -> float | None:
    times = found.series[key].times
    return times[-1] if times else None
