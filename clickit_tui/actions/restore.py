"""Restore the database beside the present one: from a snapshot, or to a point in time, with the settings of its source."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import msgspec

from clickit_tui.actions import database, state
from clickit_tui.actions.database import Settings
from clickit_tui.actions.registry import Field, Target, action
from clickit_tui.checks.registry import Facts
from clickit_tui.plan import Basis, Call, Line, Plan, Refused, Risk, Step
from clickit_tui.world.data import DatabaseSnapshot
from clickit_tui.world.drift import definitions_in_use, names_secret, short
from clickit_tui.world.follow import Follow
from clickit_tui.world.parts import Database
from clickit_tui.world.words import spell
from clickit_tui.world.world import World

LATEST = "latest"
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?Z?")


def _name(facts: Facts) -> Field:
    return Field(name="name", label="new name", initial=f"{facts.names.database}-{database.stamp(facts)}")


def snapshot_fields(world: World, target: Target, facts: Facts) -> tuple[Field, ...]:
    """The new name; where the source cannot be read also what decides whether the copy can be reached."""
    source = world.database.value if isinstance(world.database.value, Database) else None
    found = database.reaches(source)
    typed = () if all(found.values()) else tuple(Field(name=name, label=name.replace("_", " "), initial=was) for name, was in found.items())
    return (_name(facts), *typed)


def point_fields(world: World, target: Target, facts: Facts) -> tuple[Field, ...]:
    """The new name and the moment."""
    return (_name(facts), Field(name="time", label="time (UTC)", initial=LATEST))


@action(
    id="restore_snapshot",
    key="",
    verb="restore",
    title="Restore a snapshot to a new instance, with the source's settings",
    on=("snapshot",),
    operations=("rds:RestoreDBInstanceFromDBSnapshot",),
    fields=snapshot_fields,
)
def from_snapshot(world: World, target: Target, given: dict[str, str], facts: Facts) -> Plan | Refused:
    """A new instance from the row's snapshot; the present one is not touched."""
    of = next((s for s in world.snapshots.value or () if s.id == target.id), None)
    if of is None:
        return Refused(f"snapshot {target.id} is not there any more")
    if not of.whole:
        return Refused(f"snapshot {of.id} is {of.status or 'in no known status'}: only a complete one can be restored")
    source = world.database.value if isinstance(world.database.value, Database) else None
    settings = database.settings_given(source, given)
    if isinstance(settings, Refused):
        return settings
    name = _named(world, given)
    if isinstance(name, Refused):
        return name
    call = Call("rds", "RestoreDBInstanceFromDBSnapshot", {"DBInstanceIdentifier": name, "DBSnapshotIdentifier": of.id, **settings.params})
    effect = (
        Line(text=f"{of.id} → new instance {name}; it takes 10 to 30 minutes, longer for much data"),
        *_loss(world, of, source, facts),
    )
    basis = database.basis(world, "", snapshot=of.id)
    return _plan(world, "restore_snapshot", f"RESTORE {of.id}", call, name, settings, source, effect, facts, basis=basis)


@action(
    id="restore_point",
    key="",
    verb="restore to a point in time",
    title="Restore to a point in time, to a new instance, with the source's settings",
    on=("database",),
    operations=("rds:RestoreDBInstanceToPointInTime",),
    fields=point_fields,
)
def to_point(world: World, target: Target, given: dict[str, str], facts: Facts) -> Plan | Refused:
    """A new instance as the row's was at a moment of the last days; the present one is not touched."""
    source = database.database_of(world, target)
    if isinstance(source, Refused):
        return source
    if source.backup_days == 0:
        return Refused(f"{source.id} keeps no automated backups: no point in time can be restored")
    if source.restorable_to is None:
        return Refused(f"{source.id} names no restorable time: look at its backups first")
    if lacking := [name.replace("_", " ") for name, was in database.reaches(source).items() if not was]:
        return Refused(f"{source.id} does not tell its {', '.join(lacking)}, so the copy might be out of reach: restore a snapshot")
    at = moment(given.get("time", ""), source, facts)
    if isinstance(at, Refused):
        return at
    name = _named(world, given)
    if isinstance(name, Refused):
        return name
    settings = _growing(database.settings_of(source), source)
    when: dict[str, object] = {"UseLatestRestorableTime": True} if at is None else {"RestoreTime": _iso(at)}
    params = {"SourceDBInstanceIdentifier": source.id, "TargetDBInstanceIdentifier": name, **when, **settings.params}
    effective = source.restorable_to if at is None else at
    loss = state.warn(f"it has everything up to {_iso(effective)}: {spell(facts.now - effective)} are lost")
    effect = (Line(text=f"{source.id} → new instance {name}; it takes 10 to 30 minutes, longer for much data"), loss)
    call = Call("rds", "RestoreDBInstanceToPointInTime", params)
    basis = database.basis(world, source.id)
    return _plan(world, "restore_point", f"RESTORE {source.id}", call, name, settings, source, effect, facts, basis=basis)


def _named(world: World, given: dict[str, str]) -> str | Refused:
    taken = tuple(d.id for d in world.databases.value or ())
    return database.named(given.get("name", ""), "database instance", database.LONGEST_INSTANCE, taken)


def _growing(settings: Settings, source: Database) -> Settings:
    """A point in time accepts the limit up to which storage grows; a snapshot does not."""
    if source.max_storage_gib is None:
        return settings
    return msgspec.structs.replace(settings, params={**settings.params, "MaxAllocatedStorage": source.max_storage_gib})


def moment(text: str, source: Database, facts: Facts) -> float | Refused | None:
    """The typed moment in epoch seconds; None for the latest one, or why it cannot be restored."""
    typed = text.strip()
    if typed.lower() in ("", LATEST):
        return None
    at = _parsed(typed, facts)
    if at is None:
        return Refused("not a time: latest, 14:05 (UTC), or 2026-11-23T14:05Z")
    last = source.restorable_to or facts.now
    if at > last:
        return Refused(f"{_iso(at)} cannot be restored yet: the latest is {_iso(last)}")
    first = max(source.created_at or 0.0, facts.now - (source.backup_days or 35) * 86_400)
    return Refused(f"{_iso(at)} is too long ago: backups reach to {_iso(first)}") if at < first else at


def _parsed(typed: str, facts: Facts) -> float | None:
    now = datetime.fromtimestamp(facts.now, UTC)
    if found := _CLOCK.fullmatch(typed):
        hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
        if hour > 23 or minute > 59 or second > 59:
            return None
        at = now.replace(hour=hour, minute=minute, second=second, microsecond=0)
        return (at if at <= now else at - timedelta(days=1)).timestamp()
    try:
        at = datetime.fromisoformat(typed.replace(" ", "T", 1))
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _loss(world: World, of: DatabaseSnapshot, source: Database | None, facts: Facts) -> tuple[Line, ...]:
    """What this snapshot loses, beside what a point in time would."""
    if of.created_at is None:
        return (state.warn("how much is lost is unknown: the snapshot names no time"),)
    lost = f"everything since {_iso(of.created_at)} is not in it: {spell(facts.now - of.created_at)}"
    if source is None or source.restorable_to is None:
        return (state.warn(f"{lost}; whether a point in time would lose less is unknown"),)
    less = spell(facts.now - source.restorable_to)
    better = source.restorable_to > of.created_at
    return (state.warn(f"{lost}" + (f"; a point in time loses {less}: restore it from the database's row" if better else "")),)


def _plan(
    world: World,
    action_id: str,
    title: str,
    call: Call,
    name: str,
    settings: Settings,
    source: Database | None,
    effect: tuple[Line, ...],
    facts: Facts,
    *,
    basis: Basis,
) -> Plan:
    left = database.not_carried(source)
    if "MaxAllocatedStorage" in settings.params:
        left = tuple(each for each in left if not each.startswith("storage growth"))
    return Plan(
        action=action_id,
        title=title,
        env=world.env,
        target="db",
        steps=(Step(call=call),),
        effect=(
            *effect,
            *database.carried(settings),
            Line(text=f"not carried over (ModifyDBInstance afterwards): {', '.join(left) or 'nothing'}; the password is the backup's"),
            Line(text="the services go on using the present instance until the secret is rotated; a second instance is billed"),
            *database.freshness(world, facts),
        ),
        risk=Risk.SEVERE,
        undo="cannot be undone from here: this program deletes nothing; the new instance is billed until you delete it",
        refreshes=database.REFRESHES,
        basis=basis,
        then=Follow(kind="database", env=world.env, part="db", resource=name, wanted="available"),
        checklist=database.checklist(name, source.host if source else "", left, url_secret(world)),
    )


def url_secret(world: World) -> str:
    """Short name of the secret that holds the database's URL; empty when no definition says."""
    for definition in definitions_in_use(world).values():
        for container in definition.containers:
            for variable, reference in container.secrets:
                if "DATABASE" in variable.upper():
                    found = next((s for s in world.secrets.value or () if names_secret(reference, s)), None)
                    return short(found) if found else reference.rsplit("/", 1)[-1].split(":")[0]
    return ""
