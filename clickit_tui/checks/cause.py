"""One line for the strip: what the likely cause is, in the order cause before symptom, else what changed last."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from clickit_tui.checks.happened import deployment_name
from clickit_tui.checks.registry import RANK, Facts, Finding, Verdict, checks
from clickit_tui.checks.service_stops import failed_stops
from clickit_tui.checks.strip import findings
from clickit_tui.checks.timeline import last_change
from clickit_tui.naming import SERVICES
from clickit_tui.world.ecs import Deployment, Service
from clickit_tui.world.health import out_of_memory
from clickit_tui.world.minutes import errors_5xx, first_bad, newest_minutes
from clickit_tui.world.seen import Fault, Trouble
from clickit_tui.world.words import brief
from clickit_tui.world.world import FIELDS, World

SUSPECT_S = 3600.0
"""A deployment older than this when the trouble began is not suspected (heuristic, aws.md 10)."""
LOADING = ("loading", "waiting")
SYMPTOMS = ("edge.5xx", "edge.targets", "edge.latency", "alarms.state")


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """The line under the strip."""

    sentence: str
    """E.g. `likely: deployment api:42 (v2.3.1), 4 m before the first 5xx`."""
    likely: bool = False
    """A cause is named."""
    part: str = ""
    """The strip's part that the cause is in."""
    playbook: str = ""
    """The incident it belongs to: 5xx, start, database, latency; empty when nothing is wrong."""


class Clue(msgspec.Struct, frozen=True):
    """A cause that explains what is seen."""

    sentence: str
    part: str
    playbook: str


Found = dict[str, Finding]
Rule = Callable[[World, Facts, Found], Clue | None]


def cause(world: World, facts: Facts, found: Found | None = None) -> Cause:
    """The likely cause, the last change when none is found, or that nothing is wrong; `so far:` while a check still loads."""
    judged = findings(world, facts) if found is None else found
    loading = any(f.verdict is Verdict.UNKNOWN and f.short in LOADING for f in judged.values())
    for rule in RULES:
        if clue := rule(world, facts, judged):
            return Cause(
                sentence=("so far: " if loading else "likely: ") + clue.sentence, likely=not loading, part=clue.part, playbook=clue.playbook
            )
    return _no_cause(world, facts, judged, loading)


def _no_cause(world: World, facts: Facts, found: Found, loading: bool) -> Cause:
    seen = [f for f in found.values() if f.verdict is not Verdict.UNKNOWN]
    change = last_change(world, facts)
    last = f"; last change: {change}" if change else ""
    if not seen and (fault := _blind(world)) is not None:
        why = f"{fault.sentence or fault.kind.value}{f': {fault.fix}' if fault.fix else ''}"
        return Cause(sentence=f"nothing can be read: {why}{last}")
    if loading:
        return Cause(sentence=f"so far: nothing wrong in {len(seen)} of {len(found)} checks" if seen else "so far: reading…")
    if any(RANK[f.verdict] > RANK[Verdict.PASS] for f in found.values()):
        return Cause(sentence=f"no cause found{_not_seen(found)}" + (last or "; no change known"))
    return Cause(sentence=f"nothing is wrong{last}")


def _blind(world: World) -> Fault | None:
    """What keeps everything from being read: the first failure of the most frequent kind; None while anything is still awaited."""
    reads = frozenset[str]().union(*(one.reads for one in checks())) - {"log"}
    faults: list[Fault | None] = [getattr(world, field).fault for field in FIELDS if field in reads | {"identity"}]
    own = [f for f in faults if f is not None and f.kind is not Trouble.WAITING]
    if not own or any(f is None for f in faults):
        return None
    kinds = [f.kind for f in own]
    return max(own, key=lambda f: kinds.count(f.kind))


def _not_seen(found: Found) -> str:
    unseen = sorted({key.split(".", 1)[0] for key, f in found.items() if f.verdict is Verdict.UNKNOWN})
    return f" ({', '.join(unseen)} not seen)" if unseen else ""


def _bad(found: Found, *ids: str, least: Verdict = Verdict.FAIL) -> Finding | None:
    """The first of these checks that is at least so bad; UNKNOWN is not bad."""
    accepted = (Verdict.FAIL,) if least is Verdict.FAIL else (Verdict.FAIL, Verdict.WARN)
    return next((found[key] for key in ids if key in found and found[key].verdict in accepted), None)


def _suffering(found: Found) -> bool:
    ids = (*SYMPTOMS, *(f"{part}.{name}" for part in SERVICES for name in ("tasks", "targets", "stops")))
    return _bad(found, *ids, least=Verdict.WARN) is not None


# --- the rules, cause before symptom ------------------------------------------------------------------------------------------


def _deployment(world: World, facts: Facts, found: Found) -> Clue | None:
    for part in SERVICES:
        if bad := _bad(found, f"{part}.deployment"):
            return Clue(bad.sentence, part, "start")
    if not _suffering(found):
        return None
    began = began_at(world)
    suspects = [s for one in world.services.value or () if (s := _suspect(one, began, facts.now)) is not None]
    if not suspects:
        return None
    service, newest = max(suspects, key=lambda one: one[1].created_at or 0.0)
    name = deployment_name(world, service, newest)
    if began is not None and newest.created_at is not None:
        return Clue(f"deployment {name}, {_before(began - newest.created_at)} the first 5xx", service.part, "5xx")
    if bad := _bad(found, *(f"{service.part}.{name}" for name in ("targets", "tasks", "stops", "deployment")), least=Verdict.WARN):
        return Clue(f"deployment {name}: {bad.sentence}", service.part, "start")
    return None


def _before(seconds: float) -> str:
    """How long before, to the nearest minute: minutes are as fine as the metrics are."""
    if seconds < 0:
        return "in the same minute as"
    return f"{brief(max(60, round(seconds / 60) * 60) if seconds >= 30 else seconds)} before"


def _suspect(service: Service, began: float | None, now: float) -> tuple[Service, Deployment] | None:
    """The primary deployment when it began within the hour before the trouble; the very first one of a service has nothing to compare."""
    newest = service.primary
    if newest is None or newest.created_at is None:
        return None
    delay = (now if began is None else began + 60) - newest.created_at
    return (service, newest) if 0 <= delay <= SUSPECT_S and (began is not None or service.rolling) else None


def began_at(world: World) -> float | None:
    """Start of the first minute of the current run of 5xx; None when there is none or it cannot be told."""
    found = world.metrics.value
    if found is None or world.metrics.seen_at is None:
        return None
    minutes = newest_minutes(found, world.metrics.seen_at, 180)
    return first_bad(errors_5xx(found, minutes)) if minutes else None


def _no_healthy_target(world: World, facts: Facts, found: Found) -> Clue | None:
    bad = _bad(found, "edge.targets", *(f"{part}.targets" for part in SERVICES), *(f"{part}.tasks" for part in SERVICES))
    return Clue(bad.sentence, bad.part, "5xx") if bad else None


def _database_status(world: World, facts: Facts, found: Found) -> Clue | None:
    bad = _bad(found, "db.status", least=Verdict.WARN)
    return Clue(bad.sentence, "database", "database") if bad else None


def _connections(world: World, facts: Facts, found: Found) -> Clue | None:
    bad = _bad(found, "db.connections", "db.logs", least=Verdict.WARN)
    return Clue(bad.sentence, "database", "database") if bad else None


def _memory(world: World, facts: Facts, found: Found) -> Clue | None:
    for part in SERVICES:
        stopped = failed_stops(tuple(t for t in world.tasks.known(facts.now) or () if t.part == part), facts.now)
        if killed := [t for t in stopped if out_of_memory(t)]:
            return Clue(f"{len(killed)} of the tasks of {part} ran out of memory", part, "start")
    ids = [f"{part}.{name}" for name in ("stops", "memory") for part in SERVICES]
    bad = _bad(found, *ids, "db.memory")
    return Clue(bad.sentence, bad.part, "start") if bad else None


def _application(world: World, facts: Facts, found: Found) -> Clue | None:
    digest = world.log.known(facts.now)
    if digest is None or not digest.shapes or _bad(found, "edge.5xx", least=Verdict.WARN) is None:
        return None
    part, _, count, example = digest.shapes[0]
    words = example if len(example) <= 60 else example[:59] + "…"
    return Clue(f"{part} errors, {count} like “{words}”", part if part in SERVICES else "edge", "5xx")


def _load(world: World, facts: Facts, found: Found) -> Clue | None:
    ids = ("db.cpu", *(f"{part}.cpu" for part in SERVICES), "cache.status", "cache.cpu", "cache.hit_rate", "nat.state", "nat.ports")
    bad = _bad(found, *ids)
    return Clue(bad.sentence, bad.part, "latency") if bad else None


RULES: tuple[Rule, ...] = (_deployment, _no_healthy_target, _database_status, _connections, _memory, _application, _load)
