"""ClickIt answers slowly."""

from __future__ import annotations

from clickit_tui.checks.edge_latency import slowest_path
from clickit_tui.checks.registry import Todo
from clickit_tui.naming import SERVICES
from clickit_tui.playbooks import commands
from clickit_tui.playbooks.evidence import back, rise, rollouts, series
from clickit_tui.playbooks.registry import Case, Clue, Playbook, Step, cause, each
from clickit_tui.world.minutes import Reading

PLAYBOOK = Playbook(
    id="latency",
    title="High latency",
    order=4,
    steps=(
        Step(title="response time", checks=("edge.latency", "edge.split")),
        Step(title="db I/O", checks=("db.io", "db.latency")),
        Step(title="db load", checks=("db.cpu", "db.memory", "db.credits", "db.waits", "db.locks")),
        Step(title="cache", checks=("cache.status", "cache.hit_rate", "cache.cpu", "cache.memory", "cache.credits")),
        Step(title="CPU of services", checks=each("cpu")),
        Step(title="autoscaling", checks=each("scaling", "subnets")),
        Step(title="deployment", checks=each("deployment")),
        Step(title="NAT", checks=("nat.state", "nat.ports", "nat.connects", "nat.drops", "nat.peak")),
        Step(title="outside", person="ask the providers that ClickIt calls whether they are slow; note which"),
    ),
)

TAIL = 4.0
"""p95 of so many times p50 is a slow tail, not a slow service (heuristic)."""


@cause("latency", 405, "cache.memory", "cache.hit_rate")
def evictions(case: Case) -> Clue | None:
    """The cache is full and forgets: its reads fall upon the database."""
    bad = case.bad("cache.memory")
    if bad is None:
        return None
    rate, cpu = case.poor("cache.hit_rate"), case.poor("db.cpu")
    reasons = tuple(one.sentence for one in (rate, cpu) if one is not None)
    todo = (commands.larger_node(case),)
    return Clue(
        id="cache.evictions",
        sentence=bad.sentence,
        part="cache",
        reasons=reasons,
        todo=todo,
        explains=("database.cpu", "database.load", "load"),
    )


@cause("latency", 407, "cache.credits", "cache.cpu")
def throttled(case: Case) -> Clue | None:
    """The cache's node has no credits left."""
    bad = case.bad("cache.credits")
    if bad is None:
        return None
    slow = case.poor("edge.latency")
    reasons = ("ElastiCache t4g is Standard: at 0 it is throttled", slow.sentence if slow else "")
    return Clue(
        id="cache.credits",
        sentence=bad.sentence,
        part="cache",
        reasons=tuple(filter(None, reasons)),
        todo=(commands.larger_node(case),),
        explains=("app.slow",),
    )


@cause("latency", 430, *each("cpu", "scaling"))
def saturated(case: Case) -> Clue | None:
    """A service's tasks are busy, and it may not grow, or has not yet."""
    for part in SERVICES:
        busy = case.bad(f"{part}.cpu")
        if busy is None:
            continue
        full = case.poor(f"{part}.scaling")
        more = full.todo if full else (Todo(words=f"scale {part} out", action="scale", part=part),)
        late = case.poor("edge.split", "edge.latency")
        reasons = tuple(one.sentence for one in (full, late) if one is not None)
        return Clue(
            id="load.saturation",
            sentence=busy.sentence + (": autoscaling is at its maximum" if full else ""),
            part=part,
            reasons=reasons,
            todo=more,
            explains=("targets.unhealthy", "app.slow", "app.errors", "app.crash"),
        )
    return None


@cause("latency", 500, "edge.latency")
def slow_endpoint(case: Case) -> Clue | None:
    """A slow tail: most requests are as fast as ever, some take seconds."""
    bad = case.poor("edge.latency")
    p95, p50 = series(case, "edge.p95"), series(case, "edge.p50")
    if bad is None or p95 is None or p50 is None or not _tail(p95, p50) or case.bad("edge.5xx") is not None:
        return None
    slowest = slowest_path(case.world, case.facts)
    path = f"{slowest.path} takes {slowest.p95_ms / 1000:.1f} s (p95)" if slowest is not None and slowest.p95_ms > 1000 else ""
    began, newest = rise(p95), next(iter(rollouts(case)), None)
    since = newest is not None and began is not None and began >= newest.at - 60
    after = f"since deployment {newest.name}" if newest is not None and since else ""
    part = newest.service.part if newest is not None and since else "edge"
    return Clue(
        id="app.slow_endpoint",
        sentence=f"some requests are slow, most are not: {path or bad.sentence}" + (f", {after}" if after else ""),
        part=part,
        reasons=(bad.sentence, "database, cache and CPU are as usual"),
        todo=(*(back(case, part) if after else ()), Todo(words="see which path is slow", screen="3")),
        explains=("app.slow",),
    )


def _tail(p95: Reading, p50: Reading) -> bool:
    pairs = [(a, b) for a, b in zip(p95.values[-8:], p50.values[-8:], strict=True) if a is not None and b is not None]
    return bool(pairs) and sum(a > TAIL * b for a, b in pairs) > len(pairs) / 2


@cause("latency", 790, "db.latency", "db.waits")
def database_load(case: Case) -> Clue | None:
    """The database is busy, and nothing tells why."""
    bad = case.bad("db.latency", "db.waits")
    return Clue(id="database.load", sentence=bad.sentence, part=bad.part, todo=bad.todo) if bad else None


@cause("latency", 800, *each("cpu"), "cache.status", "cache.cpu", "cache.hit_rate", "nat.state", "nat.peak")
def load(case: Case) -> Clue | None:
    """Something else is busy, and nothing tells why."""
    bad = case.bad("cache.status", "cache.cpu", "cache.hit_rate", "nat.state", "nat.peak")
    return Clue(id="load", sentence=bad.sentence, part=bad.part, todo=bad.todo) if bad else None


@cause("latency", 820, "edge.latency")
def slow(case: Case) -> Clue | None:
    """Slow, and nothing else is found."""
    bad = case.bad("edge.latency")
    return Clue(id="app.slow", sentence=bad.sentence, part="edge", todo=bad.todo) if bad else None
