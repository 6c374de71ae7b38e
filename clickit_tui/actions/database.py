"""What changes of the database start from: the instance a row means, the names that RDS takes, what a restore carries over."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping

import msgspec

from clickit_tui.actions import state
from clickit_tui.actions.registry import Target
from clickit_tui.checks.registry import Facts
from clickit_tui.plan import Basis, Line, Refused
from clickit_tui.world.parts import Database
from clickit_tui.world.words import spell
from clickit_tui.world.world import World

REFRESHES = ("database", "databases", "snapshots", "db_events")
_NAME = re.compile(r"[A-Za-z](?:-?[A-Za-z0-9])*")
LONGEST_INSTANCE, LONGEST_SNAPSHOT = 63, 255


def database_of(world: World, target: Target) -> Database | Refused:
    """The instance of the selected row: ClickIt's own, or one that was restored beside it."""
    own = world.database.value
    listed = next((d for d in world.databases.value or () if d.id == target.id), None)
    found = own if isinstance(own, Database) and own.id == target.id else listed
    if target.kind != "database" or found is None:
        fault = world.database.fault
        return Refused(f"database {target.id} not seen: {fault.sentence if fault else 'it is not there'}")
    return found


def named(text: str, what: str, longest: int, taken: tuple[str, ...] = ()) -> str | Refused:
    """A name for an instance or a snapshot, as RDS takes it, or why it is none."""
    name = text.strip()
    if not name:
        return Refused(f"type a name for the {what}")
    if len(name) > longest or not _NAME.fullmatch(name):
        return Refused(f"not a name RDS takes: letters, digits and single hyphens, at most {longest}, a letter first")
    return Refused(f"there is a {what} {name.lower()} already") if name.lower() in taken else name.lower()


def stamp(facts: Facts) -> str:
    """The moment as part of a name: `1123-1403`."""
    return time.strftime("%m%d-%H%M", time.gmtime(facts.now))


def basis(world: World, database: str, *, status: str = "", snapshot: str = "") -> Basis:
    """What must still be so: who we are, and the instance's status or the snapshot."""
    identity = world.identity.value
    return Basis(
        account=identity.account if identity else "",
        identity=identity.arn if identity else "",
        part="db",
        database=database,
        database_status=status,
        snapshot=snapshot,
    )


def freshness(world: World, facts: Facts) -> tuple[Line, ...]:
    """That the instance was not read lately."""
    old = state.trouble(world.database, facts.now)
    age = spell(facts.now - (world.database.seen_at or facts.now))
    return (state.warn(f"database as of {age} ago: {old}"),) if old else ()


# --- what a restore carries over ----------------------------------------------------------------------------------------------

TYPED = ("class", "subnet_group", "security_groups", "parameter_group")
"""Inputs that stand for the source's settings where the source cannot be read."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters of a restore that make the copy as its source, and what could not be carried over."""

    params: Mapping[str, object]
    unknown: tuple[str, ...] = ()
    """Parameters that the source's answer lacked: RDS takes its default for them."""


def settings_of(source: Database) -> Settings:
    """Everything of the source that a restore accepts."""
    wanted: dict[str, object] = {
        "DBInstanceClass": source.instance_class,
        "DBSubnetGroupName": source.subnet_group,
        "VpcSecurityGroupIds": list(source.security_groups),
        "DBParameterGroupName": next((name for name, _ in source.parameter_groups), ""),
        "OptionGroupName": next(iter(source.option_groups), ""),
        "MultiAZ": source.multi_az,
        "PubliclyAccessible": source.public,
        "Port": source.port,
        "DeletionProtection": source.deletion_protection,
        "EnableCloudwatchLogsExports": list(source.log_exports),
        "EnableIAMDatabaseAuthentication": source.iam_authentication,
        "CopyTagsToSnapshot": source.copy_tags,
        "AutoMinorVersionUpgrade": source.minor_upgrades,
        "CACertificateIdentifier": source.certificate,
        "BackupRetentionPeriod": source.backup_days,
        "PreferredBackupWindow": source.backup_window,
        "Tags": [{"Key": key, "Value": value} for key, value in source.tags if not key.lower().startswith("aws:")],
    }
    may_be_empty = ("EnableCloudwatchLogsExports", "Tags")
    known = {name: value for name, value in wanted.items() if value not in (None, "", [])}
    return Settings(params=known, unknown=tuple(name for name in wanted if name not in known and name not in may_be_empty))


def reaches(source: Database | None) -> dict[str, str]:
    """What decides whether the copy can be reached, by the names of `TYPED`; empty where the source's answer lacks it."""
    if source is None:
        return dict.fromkeys(TYPED, "")
    group = next((name for name, _ in source.parameter_groups), "")
    return dict(zip(TYPED, (source.instance_class, source.subnet_group, ", ".join(source.security_groups), group), strict=True))


def settings_given(source: Database | None, given: Mapping[str, str]) -> Settings | Refused:
    """Those of the source, and in the place of what its answer lacks of `TYPED` what was typed, or why that is not enough."""
    if all(reaches(source).values()) and source is not None:
        return settings_of(source)
    typed = settings_typed(given)
    if source is None or isinstance(typed, Refused):
        return typed
    known = settings_of(source)
    params = {**typed.params, **known.params}
    return Settings(params=params, unknown=tuple(name for name in known.unknown if name not in params))


def settings_typed(given: Mapping[str, str]) -> Settings | Refused:
    """The settings that decide whether the copy can be reached, as they were typed; the rest is RDS's default."""
    missing = [name.replace("_", " ") for name in TYPED if not given.get(name, "").strip()]
    if missing:
        return Refused(f"the source instance does not tell it, or was not read: type {', '.join(missing)}")
    groups = [group for group in re.split(r"[,\s]+", given["security_groups"].strip()) if group]
    params: dict[str, object] = {
        "DBInstanceClass": given["class"].strip(),
        "DBSubnetGroupName": given["subnet_group"].strip(),
        "VpcSecurityGroupIds": groups,
        "DBParameterGroupName": given["parameter_group"].strip(),
        "PubliclyAccessible": False,
        "DeletionProtection": True,
    }
    return Settings(params=params, unknown=("OptionGroupName", "MultiAZ", "Port", "EnableCloudwatchLogsExports", "Tags"))


def carried(settings: Settings) -> tuple[Line, ...]:
    """What the copy has from its source, what RDS decides, and what needs ModifyDBInstance afterwards."""
    p = settings.params
    groups = p.get("VpcSecurityGroupIds")
    told = ", ".join(map(str, groups)) if isinstance(groups, list) else "?"
    zones = "zones unknown" if "MultiAZ" not in p else "Multi-AZ" if p["MultiAZ"] else "one zone"
    lines = [
        Line(
            text=f"as the source: {p.get('DBInstanceClass', '?')}, {zones}, "
            f"subnet group {p.get('DBSubnetGroupName', '?')}, security groups {told}, parameter group {p.get('DBParameterGroupName', '?')}"
        ),
    ]
    if settings.unknown:
        lines.append(state.warn(f"not known, so RDS takes its default: {', '.join(settings.unknown)}"))
    return tuple(lines)


def not_carried(source: Database | None) -> tuple[str, ...]:
    """What no restore accepts, as far as the source has it."""
    if source is None:
        return ("whatever the source had beside the settings above",)
    found = {
        "Performance Insights": source.insights is not False,
        f"Enhanced Monitoring every {source.monitoring_s} s": bool(source.monitoring_s),
        f"storage growth to {source.max_storage_gib} GiB": source.max_storage_gib is not None,
        f"maintenance window {source.maintenance_window}": bool(source.maintenance_window),
    }
    return tuple(name for name, present in found.items() if present)


def checklist(name: str, host: str, left: tuple[str, ...], service_secret: str) -> tuple[str, ...]:
    """What is left to a person once the copy is available, in order."""
    return (
        f"wait until {name} is available (screen 7); note its endpoint",
        f"rotate {service_secret or 'the secret with the database URL'} (screen 8) from {host or 'the old endpoint'} to the new one; "
        "the password is the one of the backup",
        "redeploy the services that use it: they read secrets only when a task starts",
        f"ModifyDBInstance for what is not carried over: {', '.join(left)}" if left else "nothing else has to be modified",
        "Terraform does not know the copy: import it, or rename it after renaming the old one; delete the old one yourself, if at all",
    )
