"""The rows of the Data screen: the database, what was restored beside it, its snapshots, the cache."""

from __future__ import annotations

from typing import Any

from clickit_tui.checks.db_status import status_verdict
from clickit_tui.checks.registry import Verdict
from clickit_tui.panes.charts import hit_rate, newest_text
from clickit_tui.panes.figures import since_minutes
from clickit_tui.panes.view import View, reason, verdict_look
from clickit_tui.ui.cells import Look, Row, Span, Spans, fit, middle
from clickit_tui.world.data import DatabaseSnapshot
from clickit_tui.world.parts import Cache, Database
from clickit_tui.world.seen import Absent, Seen
from clickit_tui.world.world import World

KIND = 10
"""Cells of the first column."""
FOLDED = 4
"""Snapshots that are listed before the others are folded away."""


def columns(width: int) -> tuple[int, int]:
    """Cells of the name and of the state."""
    state = 17 if width < 100 else 24
    return max(22, min(46, width - KIND - state - 29)), state


def data_rows(world: World, view: View, width: int, every: bool = False) -> list[Row]:
    """One row a thing; `every` lists all snapshots. The page for a rebuild comes after the first answer, so that no cursor waits on it."""
    things = (*_database_rows(world, view, width), *_snapshot_rows(world, view, width, every), *_cache_rows(world, view, width))
    page: tuple[str, Look] = ("  page to read", "dim")
    rebuild = thing(f"rebuild:{world.env}", "rebuild", f"clickit {world.env}", page, "the runbook's steps", width)
    read = world.database.seen_at is not None or world.database.fault is not None
    return [*things, rebuild] if read else list(things)


def thing(key: str, kind: str, name: str, state: tuple[str, Look], rest: str, width: int, search: str = "") -> Row:
    """One row: kind, name, state as symbol, word and colour, and what fits behind."""
    cells, state_cells = columns(width)
    spans = (
        Span(" " + fit(kind, KIND - 1), "dim"),
        Span(fit(middle(name, cells - 1), cells)),
        Span(fit(state[0], state_cells - 1) + " ", state[1]),
        Span(fit(rest, max(1, width - KIND - cells - state_cells))),
    )
    return Row(key=key, spans=spans, search=search or f"{kind} {name} {state[0]} {rest}")


def unseen_row(kind: str, seen: Seen[Any], view: View) -> Row:
    """What stands in the place of things that were not read, or that are not there."""
    if isinstance(seen.value, Absent):
        return Row(
            key="", spans=(Span(" " + fit(kind, KIND - 1), "dim"), Span(f"{view.mark('NONE')} none: {seen.value.looked_for}", "dim"))
        )
    word = f"{view.mark('UNKNOWN')} {reason(seen.fault)}" if seen.fault else "loading…"
    return Row(key="", spans=(Span(" " + fit(kind, KIND - 1), "dim"), Span(word, "unknown" if seen.fault else "dim")))


def status_state(status: str, view: View) -> tuple[str, Look]:
    """The status of an instance with its symbol."""
    verdict = status_verdict(status)
    word = status or "unknown"
    return f"{view.mark(verdict)} {word}", "plain" if verdict is Verdict.PASS else verdict_look(verdict)


def status_words(database: Database, view: View) -> Spans:
    """The status in a sentence that tells a broken instance from one that changes."""
    text, look = status_state(database.status, view)
    verdict = status_verdict(database.status)
    if database.status == "stopped":
        at = database.restarts_at
        more = f": RDS starts it by itself {view.moment(at)}" if at else ": RDS starts it by itself seven days after it was stopped"
    elif verdict is Verdict.FAIL:
        more = ": broken; it does not come back by itself"
    elif verdict is Verdict.WARN:
        more = ": it changes, and may be away for minutes"
    else:
        more = "" if verdict is Verdict.PASS else ": not a status that is known here"
    return (Span(f"{text}{more}", look),)


def restored(world: World, view: View) -> list[Database]:
    """The environment's other instances: those whose name begins as the database's does, and those that are followed."""
    own = view.facts.names.database
    followed = {f.follow.resource for f in world.follows if f.follow.kind == "database"}
    return [d for d in world.databases.value or () if d.id != own and (d.id.startswith(own) or d.id in followed)]


def _database_rows(world: World, view: View, width: int) -> list[Row]:
    found = world.database.value
    if not isinstance(found, Database):
        rows = [unseen_row("database", world.database, view)]
    else:
        rows = [thing(f"database:{found.id}", "database", found.id, status_state(found.status, view), in_short(found), width)]
    others = [
        thing(
            f"database:{d.id}",
            "restored",
            d.id,
            status_state(d.status, view),
            f"{since_minutes(d.created_at, view.now)}  {in_short(d)}",
            width,
        )
        for d in restored(world, view)
    ]
    return [*rows, *others]


def in_short(database: Database) -> str:
    """`t4g.small Multi-AZ 16.4`; a question mark where the answer said nothing."""
    zones = {True: "Multi-AZ", False: "one zone", None: "zones ?"}[database.multi_az]
    return f"{database.instance_class.removeprefix('db.') or '?'} {zones} {database.engine_version or '?'}"


def snapshot_state(of: DatabaseSnapshot, view: View) -> tuple[str, Look]:
    """`✔ available`, `! creating 34 %`."""
    if of.whole:
        return f"{view.mark('PASS')} available", "plain"
    if not of.status:
        return f"{view.mark('UNKNOWN')} unknown", "unknown"
    if of.status == "failed":
        return f"{view.mark('FAIL')} failed", "fail"
    percent = f" {of.percent} %" if of.percent is not None and of.status == "creating" else ""
    return f"{view.mark('WARN')} {of.status}{percent}", "warn"


def _snapshot_rows(world: World, view: View, width: int, every: bool) -> list[Row]:
    found = world.snapshots.value
    if found is None:
        return [unseen_row("snapshot", world.snapshots, view)]
    if not found:
        return [Row(key="", spans=(Span(" " + fit("snapshot", KIND - 1), "dim"), Span("none: nothing could be restored from", "warn")))]
    shown = found if every else found[:FOLDED]
    rows = [
        thing(
            f"snapshot:{s.id}", "snapshot", s.id, snapshot_state(s, view), f"{since_minutes(s.created_at, view.now):>4}  {_about(s)}", width
        )
        for s in shown
    ]
    more = len(found) - len(shown)
    folded = Row(key="", spans=(Span(" " * KIND + f"{more} older (. shows them)", "dim"),), search="snapshots")
    return [*rows, folded] if more else rows


def _about(of: DatabaseSnapshot) -> str:
    sealed = "NOT encrypted " if of.encrypted is False else ""
    return f"{sealed}{(of.kind or '?')[:9]:<9} {'?' if of.size_gib is None else of.size_gib} GiB"


def _cache_rows(world: World, view: View, width: int) -> list[Row]:
    found = world.cache.value
    if not isinstance(found, Cache):
        return [unseen_row("cache", world.cache, view)]
    mark = view.mark("PASS" if found.status == "available" else "WARN" if found.status else "UNKNOWN")
    state: tuple[str, Look] = (
        f"{mark} {found.status or 'unknown'}",
        "plain" if found.status == "available" else "warn" if found.status else "unknown",
    )
    memory = newest_text(world, view, "cache.memory", 12)[0].text.strip()
    rest = f"{found.node_type.removeprefix('cache.') or '?'} {hit_rate(world, view)} mem {memory}"
    return [thing(f"cache:{found.id}", "cache", found.id, state, rest, width)]
