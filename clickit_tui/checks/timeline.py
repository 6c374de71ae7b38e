"""What changed: one pure function of World and facts to time-ordered entries, whatever they come from; and which kinds are not seen.

The cause row's last change, the changes beside the alarms, the Timeline and the incident note are all made of these entries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum

import msgspec

from clickit_tui.checks import happened
from clickit_tui.checks.happened import Happening, Kind
from clickit_tui.checks.registry import Facts
from clickit_tui.world.memo import Memo
from clickit_tui.world.parts import Cache, Database
from clickit_tui.world.seen import Absent, Age, Seen, Trouble
from clickit_tui.world.words import brief, clock
from clickit_tui.world.world import World

__all__ = ["Blind", "Group", "Happening", "Kind", "blind", "last_change", "timeline"]

BUILDERS: tuple[Callable[[World, Facts], Iterator[Happening]], ...] = (
    happened.deployments,
    happened.events,
    happened.stops,
    happened.scalings,
    happened.alarms,
    happened.database,
    happened.cache,
    happened.secrets,
    happened.images,
    happened.ours,
    happened.told,
    happened.incidents,
)
READS = frozenset(
    {
        "services", "tasks", "definitions", "service_deployments", "revisions", "images", "secrets", "alarms", "alarm_history", "db_events",
        "cache_events", "scaling_activities", "database", "cache", "metrics", "follows", "remembered", "record", "incidents",
        "secret_list", "repositories",
    }
)  # fmt: skip
"""World fields that the timeline is made of."""

_MADE_OF = tuple(sorted(READS - {"metrics", "database", "cache"}))
_KEPT: Memo[tuple[Happening, ...]] = Memo()
"""A screen asks for the timeline several times for one painting, and the World seldom differs between two of them."""


class Group(StrEnum):
    """What the entries can be narrowed to, besides one kind."""

    ALL = "all"
    CHANGES = "changes"
    SYMPTOMS = "symptoms"
    OURS = "ours"


_GROUPS: dict[str, frozenset[Kind]] = {
    Group.CHANGES: frozenset({Kind.DEPLOYMENT, Kind.SCALING, Kind.DATABASE, Kind.CACHE, Kind.SECRET, Kind.IMAGE, Kind.YOU}),
    Group.SYMPTOMS: frozenset({Kind.EVENT, Kind.STOP, Kind.ALARM, Kind.VERDICT}),
    Group.OURS: frozenset({Kind.YOU, Kind.BOOKMARK, Kind.NOTE, Kind.INCIDENT}),
}


def kinds(of: str) -> frozenset[Kind]:
    """The kinds that a group, or the name of one kind, stands for."""
    return frozenset(Kind) if of == Group.ALL else _GROUPS.get(of) or frozenset({Kind(of)})


def timeline(world: World, facts: Facts) -> tuple[Happening, ...]:
    """Everything that is known to have happened, oldest first; at one moment in the order of the kinds. Quiet entries are among them."""
    seen = (getattr(world, field) for field in _MADE_OF)
    inputs = tuple(one.value if isinstance(one, Seen) else one for one in seen)
    return _KEPT.of(inputs, (int(facts.now // 60), facts.names), lambda: _made(world, facts))


def _made(world: World, facts: Facts) -> tuple[Happening, ...]:
    order = {kind: place for place, kind in enumerate(Kind)}
    found = {one.id: one for build in BUILDERS for one in build(world, facts)}
    return tuple(sorted(found.values(), key=lambda one: (one.at, order[one.kind], one.id)))


def last_change(world: World, facts: Facts) -> str:
    """The newest change that is known, with its age: ours, a deployment, an alarm's transition, a service event; empty if none is."""
    past = [one for one in timeline(world, facts) if one.news and not one.quiet and one.at <= facts.now]
    if not past:
        return ""
    newest = past[-1]
    when = f" ({clock(newest.at)})" if facts.now - newest.at < 43_200 else ""
    return f"{newest.said}, {brief(facts.now - newest.at)} ago{when}"


# --- what is not seen ---------------------------------------------------------------------------------------------------------


class Blind(msgspec.Struct, frozen=True, kw_only=True):
    """Kinds of entries that are missing or incomplete, and why."""

    kinds: tuple[str, ...]
    why: str
    loading: bool = False
    """Only not read yet."""


_FED: tuple[tuple[str, str], ...] = (
    ("services", "deployment"),
    ("services", "event"),
    ("service_deployments", "deployment"),
    ("tasks", "stop"),
    ("scaling_activities", "scaling"),
    ("alarm_history", "alarm"),
    ("db_events", "database"),
    ("cache_events", "cache"),
    ("secrets", "secret"),
    ("images", "image"),
    ("metrics", "first bad minute"),
)


_BESIDES: tuple[tuple[str, str], ...] = (("secret_list", "secret"), ("repositories", "image"))
"""What is read besides while somebody looks: only its failure is told."""


def blind(world: World, facts: Facts) -> tuple[Blind, ...]:
    """Kinds whose source is denied, throttled, stale, not read yet or cut short, each reason once."""
    why: dict[tuple[str, bool], dict[str, None]] = {}
    for field, kind in _FED:
        if not _absent(world, kind) and (told := _unseen(getattr(world, field), facts.now)):
            why.setdefault(told, {})[kind] = None
    for field, kind in _BESIDES:
        if (fault := getattr(world, field).fault) is not None:
            said = f"no permission: {fault.operation}" if fault.kind is Trouble.DENIED else fault.sentence
            why.setdefault((f"only those that are deployed: {said}", False), {})[kind] = None
    for kind, unread, count in _half_read(world):
        why.setdefault((f"{unread[0]} ({len(unread)} of {count} not read)", False), {})[kind] = None
    history = world.alarm_history.value
    if history is not None and history.since > facts.now - 3600 and ("", False) not in why:
        why.setdefault((f"read back to {clock(history.since)} only", False), {})["alarm"] = None
    found = [Blind(kinds=tuple(names), why=words, loading=loading) for (words, loading), names in why.items()]
    return tuple(sorted(found, key=lambda one: one.loading))


def _absent(world: World, kind: str) -> bool:
    """A database or cache that does not exist has no events that could be missed."""
    part: object = {"database": world.database.value, "cache": world.cache.value}.get(kind)
    return isinstance(part, Absent) and not isinstance(part, (Database, Cache))


def _unseen(seen: Seen[object], now: float) -> tuple[str, bool] | None:
    """(why, whether it is only not read yet) of a source that does not tell how it is now; None when it does."""
    state = seen.age(now)
    if state is Age.FRESH:
        return None
    if state is Age.LOADING:
        return "not read yet", True
    fault = seen.fault
    why = "" if fault is None else f"no permission: {fault.operation}" if fault.kind is Trouble.DENIED else fault.sentence
    if state is Age.STALE:
        why = f"read {brief(now - (seen.seen_at or now))} ago" + (f": {why}" if why else "")
    return why, fault is not None and fault.kind is Trouble.WAITING and seen.seen_at is None and "not read yet" in fault.sentence


def _half_read(world: World) -> Iterator[tuple[str, list[str], int]]:
    """(kind, why each is not known, how many were asked for) of what is read one by one."""
    for kind, found in (("secret", world.secrets.value or ()), ("image", world.images.value or ())):
        if unread := [one.why for one in found if one.exists is None]:
            yield kind, unread, len(found)
