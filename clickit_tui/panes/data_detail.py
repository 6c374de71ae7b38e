"""What is known of a row of the Data screen, as lines."""

from __future__ import annotations

from typing import Any

from clickit_tui.checks.registry import Verdict
from clickit_tui.panes.charts import hit_rate, newest_text
from clickit_tui.panes.data import snapshot_state, status_words
from clickit_tui.panes.figures import amount, get, since_minutes
from clickit_tui.panes.network_path import path_lines
from clickit_tui.panes.pages import row, title
from clickit_tui.panes.view import View, reason, verdict_look
from clickit_tui.ui.cells import Look, Span, Spans
from clickit_tui.world.data import DatabaseSnapshot, hard_limit
from clickit_tui.world.minutes import five_minutes
from clickit_tui.world.parts import Cache, Database
from clickit_tui.world.seen import Seen
from clickit_tui.world.words import spell
from clickit_tui.world.world import World

EVENTS = 12
"""Most events that are shown."""
AUTOMATED_S, MANUAL = 86_400.0, "manual"


def data_detail(world: World, view: View, key: str | None) -> list[Spans]:
    """The lines for a row's key."""
    kind, _, rest = (key or "").partition(":")
    if kind == "database":
        return database_page(world, view, rest)
    if kind == "snapshot":
        found = next((s for s in world.snapshots.value or () if s.id == rest), None)
        return snapshot_page(world, view, found) if found else []
    if kind == "cache" and isinstance(world.cache.value, Cache):
        return cache_page(world, view, world.cache.value)
    return []


def line(name: str, *spans: Spans) -> Spans:
    """A named line of several parts with two spaces between them."""
    out: list[Span] = [Span(f" {name:<18}", "dim")]
    for i, part in enumerate(spans):
        out += [*((Span("  "),) if i else ()), *part]
    return tuple(out)


def plain(text: str, look: Look = "plain") -> Spans:
    return (Span(text, look),)


def value(world: World, view: View, key: str, name: str) -> Spans:
    """`cpu 71 %`, or why there is no number."""
    found = newest_text(world, view, key, 12)[0]
    judged = (view.found or {}).get(key)
    look = verdict_look(judged.verdict) if judged is not None and judged.verdict in (Verdict.WARN, Verdict.FAIL) else found.look
    return (*((Span(f"{name} ", "dim"),) if name else ()), Span(found.text.strip(), look))


def missing(what: str, seen: Seen[Any]) -> Spans:
    """Why a list is not there; empty when it is."""
    if seen.value is not None:
        return ()
    return (Span(f" {what}: {reason(seen.fault) if seen.fault else 'loading…'}", "unknown" if seen.fault else "dim"),)


# --- the database -------------------------------------------------------------------------------------------------------------


def database_page(world: World, view: View, name: str) -> list[Spans]:
    """The instance in words; figures and events only for ClickIt's own."""
    own = world.database.value
    if isinstance(own, Database) and own.id == name:
        return [
            *followed(world, view, name),
            line("status", status_words(own, view)),
            *_figures(world, view, own),
            *_backups(world, view, own),
            *_settings(world, view, own),
            (),
            *path_lines(world, view, own),
            (),
            *_events(world, view),
        ]
    found = next((d for d in world.databases.value or () if d.id == name), None)
    if found is None:
        return []
    return [
        *followed(world, view, name),
        line("status", status_words(found, view)),
        *_settings(world, view, found),
        *after_restore(world, view, found),
    ]


def followed(world: World, view: View, name: str) -> list[Spans]:
    """How far the changes of a thing have come."""
    lines: list[Spans] = []
    for each in world.follows:
        recent = each.open or view.now - (each.ended_at or 0.0) < 3600
        if recent and name in (each.follow.resource, each.follow.part):
            look: Look = "fail" if each.phase in ("failed", "still failing") else "ok" if each.phase in ("done", "recovered") else "warn"
            lines.append((Span(f" {each.phase}: ", look), Span(f"{each.follow.did}: {each.sentence}")))
    return [*lines, ()] if lines else []


def _figures(world: World, view: View, of: Database) -> list[Spans]:
    limit, how = hard_limit(of.instance_class, world.parameters.value)
    budget = view.facts.thresholds.db_connections_budget
    hard = f"hard limit ≈{limit} ({how})" if limit is not None else f"hard limit unknown: {how}"
    return [
        line("connections", value(world, view, "db.connections", ""), plain(f"of the team's budget {budget};"), plain(hard, "dim")),
        line("storage", _storage(world, view, of), plain(_growth(of), "dim")),
        line(
            "load",
            value(world, view, "db.cpu", "cpu"),
            value(world, view, "db.memory", "free"),
            value(world, view, "db.swap", "swap"),
            value(world, view, "db.queue", "queue"),
        ),
        line(
            "I/O",
            value(world, view, "db.read_iops", "read"),
            value(world, view, "db.write_iops", "write"),
            value(world, view, "db.io_balance", "burst left"),
            value(world, view, "db.byte_balance", "bytes"),
        ),
        line("latency", value(world, view, "db.read_latency", "read"), value(world, view, "db.write_latency", "write")),
        line(
            "cpu credits",
            value(world, view, "db.credits", ""),
            value(world, view, "db.surplus_charged", "charged"),
            plain("unlimited mode: 0 costs money, nothing slows", "dim"),
        ),
    ]


def _storage(world: World, view: View, of: Database) -> Spans:
    series = get(world.metrics.value, "db.storage")
    last = series.last(view.now) if series else None
    if last is None or of.storage_gib is None:
        return (*value(world, view, "db.storage", "free"), Span(f" of {'?' if of.storage_gib is None else of.storage_gib} GiB"))
    share = 100.0 * last[1] / (of.storage_gib * 2**30)
    look: Look = "fail" if share < 10 else "warn" if share < 20 else "plain"
    return (Span(f"{amount(last[1], 'B')} free of {of.storage_gib} GiB ({share:.0f} %)", look),)


def _growth(of: Database) -> str:
    if of.max_storage_gib is not None and of.storage_gib is not None and of.max_storage_gib > of.storage_gib:
        return f"grows by itself to {of.max_storage_gib} GiB"
    return "whether it grows by itself is unknown" if of.storage_gib is None else "does not grow by itself"


def _backups(world: World, view: View, of: Database) -> list[Spans]:
    to = of.restorable_to
    loss = f"{view.moment(to)}, {spell(view.now - to)} ago" if to is not None else "unknown"
    keep = (
        "off: no point in time can be restored" if of.backup_days == 0 else f"kept {'?' if of.backup_days is None else of.backup_days} days"
    )
    newest = next((s for s in world.snapshots.value or () if s.whole and s.created_at), None)
    silent = world.snapshots.value is None or any(not s.status or (s.whole and not s.created_at) for s in world.snapshots.value)
    shot = f"{since_minutes(newest.created_at, view.now)} ago" if newest else "unknown" if silent else "none"
    return [
        line("restorable to", plain(loss), plain(f"newest snapshot {shot}", "dim")),
        line("backups", plain(keep, "fail" if of.backup_days == 0 else "plain"), plain(f"window {of.backup_window or '?'}", "dim")),
    ]


def _settings(world: World, view: View, of: Database) -> list[Spans]:
    groups = [(f"{name} {state or '?'}", "plain" if state == "in-sync" else "warn") for name, state in of.parameter_groups]
    kept: list[Look] = ["warn" if look == "warn" else "plain" for _, look in groups]
    zones = {True: "Multi-AZ", False: "one zone, no stand-by", None: "zones unknown"}[of.multi_az]
    lines = [
        row(
            "instance", f"{of.instance_class or '?'}  {of.engine} {of.engine_version}  {zones}  {of.storage_type} {of.iops or ''}".rstrip()
        ),
        row("endpoint", f"{of.host or 'none yet'}:{of.port or '?'}"),
        line("parameter group", *(plain(text, look) for (text, _), look in zip(groups, kept, strict=True)))
        if groups
        else row("parameter group", None),
        row(
            "protection", f"deletion protection {_switch(of.deletion_protection)}  encrypted {_yes(of.encrypted)}  public {_yes(of.public)}"
        ),
    ]
    set_by_hand = [f"{p.name}={p.value}" for p in world.parameters.value or () if p.source == "user"]
    lines += [row("set by hand", ", ".join(set_by_hand))] if set_by_hand else []
    lines += [line("pending", plain(f"{', '.join(of.pending)} is to be modified", "warn"))] if of.pending else []
    return [*lines, *_maintenance(world, view)]


def _maintenance(world: World, view: View) -> list[Spans]:
    if world.maintenance.value is None:
        return [line("maintenance", plain(reason(world.maintenance.fault) if world.maintenance.fault else "loading…", "unknown"))]
    if not world.maintenance.value:
        return [row("maintenance", "nothing pending")]
    return [
        line(
            "maintenance",
            plain(f"{m.action}: {m.description}", "warn"),
            plain(_due(m.applied_at or m.forced_at or m.auto_after, view), "dim"),
        )
        for m in world.maintenance.value
    ]


def _due(at: float | None, view: View) -> str:
    return "no date" if at is None else f"on {view.moment(at)}"


def _events(world: World, view: View) -> list[Spans]:
    lines = [title("events, newest first")]
    if world.db_events.value is None:
        return [*lines, missing("events", world.db_events)]
    newest = world.db_events.value.events[::-1][:EVENTS]
    lines += [(Span(f" {view.moment(e.at):<14}", "dim"), Span(e.text)) for e in newest]
    return lines if newest else [*lines, plain(" none in 14 days", "dim")]


def _switch(value: bool | None) -> str:
    return "unknown" if value is None else "on" if value else "OFF"


def _yes(value: bool | None) -> str:
    return "unknown" if value is None else "yes" if value else "no"


# --- snapshots ----------------------------------------------------------------------------------------------------------------


def snapshot_page(world: World, view: View, of: DatabaseSnapshot) -> list[Spans]:
    """The snapshot, and what restoring it would lose beside a point in time."""
    state, look = snapshot_state(of, view)
    lines = [
        *followed(world, view, of.id),
        line("status", plain(state, look)),
        row("taken", f"{view.moment(of.created_at)} ({since_minutes(of.created_at, view.now)} ago)" if of.created_at else None),
        row("type", of.kind),
        row("size", None if of.size_gib is None else f"{of.size_gib} GiB"),
        row("encrypted", f"{_yes(of.encrypted)}  {of.kms_key}".rstrip()),
        row("engine", of.engine_version),
        (),
        *loss_lines(world, view, of),
    ]
    return lines


def loss_lines(world: World, view: View, of: DatabaseSnapshot) -> list[Spans]:
    """What a restore of it loses, and what a point in time would."""
    database = world.database.value
    to = database.restorable_to if isinstance(database, Database) else None
    lines = [title("what a restore loses")]
    if of.created_at is not None:
        lines.append(
            line("this snapshot", plain(f"everything since {view.moment(of.created_at)}: {spell(view.now - of.created_at)}", "warn"))
        )
    if to is None:
        lines.append(line("point in time", plain("unknown: the instance names no restorable time", "unknown")))
    else:
        lines.append(
            line(
                "point in time",
                plain(f"everything since {view.moment(to)}: {spell(view.now - to)}"),
                plain("a on the database row restores it", "dim"),
            )
        )
    return lines


def after_restore(world: World, view: View, of: Database) -> list[Spans]:
    """What is left to do once a restored instance is available; RDS and this program do none of it."""
    own = world.database.value
    host = own.host if isinstance(own, Database) else "the old endpoint"
    return [
        (),
        title("to do once it is available"),
        plain(f" 1  the database secret still names {host}: rotate it (screen 8) to {of.host or 'the new endpoint'}"),
        plain(" 2  redeploy the services that use it: they read secrets only when a task starts"),
        plain(" 3  ModifyDBInstance for what a restore does not carry over: insights, monitoring, storage growth, maintenance window"),
        plain(" 4  Terraform knows nothing of it: import it, or rename it after renaming the old one"),
        plain(" 5  the first reads are slow: the storage is loaded lazily"),
    ]


# --- the cache ----------------------------------------------------------------------------------------------------------------


def cache_page(world: World, view: View, of: Cache) -> list[Spans]:
    """Nodes, memory, hit rate, evictions, credits, events."""
    lines = [
        row("cache", f"{of.id}  {of.engine} {of.engine_version}  {of.node_type}"),
        row("endpoint", of.host),
        row("replication", f"failover {of.failover or 'none: a single cluster'}  Multi-AZ {of.multi_az or '?'}"),
        row("protection", f"encrypted at rest {_yes(of.encrypted)}, in transit {_yes(of.encrypted_transit)}  backups {_days(of)}"),
        row("maintenance", of.maintenance_window),
        line(
            "load",
            value(world, view, "cache.cpu", "cpu"),
            value(world, view, "cache.engine_cpu", "engine"),
            value(world, view, "cache.connections", "conns"),
        ),
        line("memory", value(world, view, "cache.memory", ""), plain(hit_rate(world, view)), plain(_evictions(world, view), "dim")),
        line(
            "cpu credits", value(world, view, "cache.credits", ""), plain("standard mode: at 0 the node IS slowed to its baseline", "dim")
        ),
        (),
        title("nodes"),
    ]
    for node in of.members:
        look: Look = "plain" if node.status == "available" else "warn"
        lines.append(
            (
                Span(f" {node.id:<30} "),
                Span(f"{node.role or 'single':<8} "),
                Span(f"{node.status or 'status unknown':<14} ", look),
                Span(f"{node.zone} {node.parameters}", "dim"),
            )
        )
    lines += [(), title("events, newest first")]
    if world.cache_events.value is None:
        return [*lines, missing("events", world.cache_events)]
    newest = world.cache_events.value[:EVENTS]
    lines += [(Span(f" {view.moment(e.at):<14}", "dim"), Span(f"{e.resource}: {e.text}")) for e in newest]
    return lines if newest else [*lines, plain(" none in a day", "dim")]


def _days(of: Cache) -> str:
    return "unknown" if of.snapshot_days is None else "off" if of.snapshot_days == 0 else f"{of.snapshot_days} days"


def _evictions(world: World, view: View) -> str:
    metrics, read_at = world.metrics.value, world.metrics.seen_at
    total = five_minutes(metrics, "cache.evictions", read_at) if metrics is not None and read_at is not None else None
    return "evictions unknown" if total is None else f"evictions {total:.0f} in 5 m"
