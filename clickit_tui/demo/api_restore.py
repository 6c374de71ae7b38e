"""RDS: instances made from snapshots and from automated backups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from clickit_tui.demo.api_data import MOVES_S, database, databases, instance, page, snapshots
from clickit_tui.demo.errors import AwsError
from clickit_tui.demo.metricstore import seconds
from clickit_tui.demo.simulator import Simulator
from clickit_tui.demo.state import Database, Environment, arn
from clickit_tui.demo.wire import REGION

Params = Mapping[str, Any]
RETENTION_S = 7 * 86_400


def restore_db_instance_from_db_snapshot(sim: Simulator, params: Params) -> dict[str, Any]:
    name, wanted = params.get("DBInstanceIdentifier", ""), params.get("DBSnapshotIdentifier", "")
    source = next(((env, each) for env, each in snapshots(sim) if each.id == wanted), None)
    if source is None:
        raise AwsError("DBSnapshotNotFound", f"DBSnapshot {wanted} not found.", 404)
    _free(sim, name)
    env, snapshot = source
    if snapshot.status != "available":
        raise AwsError("InvalidDBSnapshotState", f"DB snapshot {wanted} is not available.")
    made = _restored(sim, env, params, name)
    return {"DBInstance": instance(sim, env, made)}


def restorable(sim: Simulator, of: Database) -> tuple[float, float]:
    """(earliest, latest) time that the automated backups can restore; the latest lies up to five minutes back."""
    latest = of.stopped_at if of.status == "stopped" and of.stopped_at is not None else (sim.now - 30) // 300 * 300
    return max(of.created_at, latest - RETENTION_S), latest


def restore_db_instance_to_point_in_time(sim: Simulator, params: Params) -> dict[str, Any]:
    name, wanted = params.get("TargetDBInstanceIdentifier", ""), params.get("RestoreTime")
    latest = bool(params.get("UseLatestRestorableTime"))
    if latest == bool(wanted):
        raise AwsError("InvalidParameterCombination", "Specify either RestoreTime or UseLatestRestorableTime.")
    env, source = _source(sim, params)
    first, last = restorable(sim, source)
    if wanted and not first <= seconds(wanted) <= last:
        raise AwsError("InvalidRestoreFault", f"The specified time is not within the restorable times of {source.id}.")
    _free(sim, name)
    return {"DBInstance": instance(sim, env, _restored(sim, env, params, name))}


def _source(sim: Simulator, params: Params) -> tuple[Environment, Database]:
    """The instance whose backups are asked for, by its identifier, resource id or automated backup."""
    if params.get("SourceDBInstanceIdentifier"):
        return database(sim, params["SourceDBInstanceIdentifier"])
    keys = (params.get("SourceDbiResourceId"), params.get("SourceDBInstanceAutomatedBackupsArn"))
    for env, each in databases(sim):
        if each.resource_id in keys or _backup_arn(each) in keys:
            return env, each
    raise AwsError("DBInstanceNotFound", "The source DB instance was not found.", 404)


def _backup_arn(of: Database) -> str:
    return arn("rds", f"auto-backup:ab-{of.resource_id.removeprefix('db-').lower()}")


def describe_db_instance_automated_backups(sim: Simulator, params: Params) -> dict[str, Any]:
    name, resource = params.get("DBInstanceIdentifier"), params.get("DbiResourceId")
    found = [
        _backup(sim, env, each)
        for env, each in databases(sim)
        if name in (None, each.id, each.arn) and resource in (None, each.resource_id)
    ]
    if resource and not found:
        raise AwsError("DBInstanceAutomatedBackupNotFound", f"No automated backup for {resource}.", 404)
    shown, marker = page(found, params)
    return {"DBInstanceAutomatedBackups": shown} | marker


def _backup(sim: Simulator, env: Environment, of: Database) -> dict[str, Any]:
    first, last = restorable(sim, of)
    shown = instance(sim, env, of)
    same = (
        "Engine",
        "EngineVersion",
        "AvailabilityZone",
        "MasterUsername",
        "InstanceCreateTime",
        "LicenseModel",
        "StorageType",
        "KmsKeyId",
    )
    return {name: shown[name] for name in same} | {
        "DBInstanceArn": of.arn,
        "DbiResourceId": of.resource_id,
        "Region": REGION,
        "DBInstanceIdentifier": of.id,
        "RestoreWindow": {"EarliestTime": first, "LatestTime": last},
        "AllocatedStorage": of.storage_gib,
        "Status": "active",
        "Port": 5432,
        "VpcId": of.vpc,
        "Encrypted": True,
        "BackupRetentionPeriod": 7,
        "DBInstanceAutomatedBackupsArn": _backup_arn(of),
    }


def _free(sim: Simulator, name: str) -> None:
    if any(each.id == name for _, each in databases(sim)):
        raise AwsError("DBInstanceAlreadyExists", f"DB instance already exists: {name}")


def _settings(params: Params) -> dict[str, Any]:
    """What a restored instance does not take over from its source."""
    group = params.get("DBParameterGroupName") or "default.postgres16"
    return {
        "DBParameterGroups": [{"DBParameterGroupName": group, "ParameterApplyStatus": "in-sync"}],
        "DeletionProtection": bool(params.get("DeletionProtection")),
        "PubliclyAccessible": bool(params.get("PubliclyAccessible")),
        "PerformanceInsightsEnabled": False,
    }


def _restored(sim: Simulator, env: Environment, params: Params, name: str) -> Database:
    """What AWS makes of it: the defaults where the caller gives nothing."""
    groups = params.get("VpcSecurityGroupIds") or ["sg-default"]
    made = replace(
        env.database,
        id=name,
        instance_class=params.get("DBInstanceClass") or env.database.instance_class,
        multi_az=bool(params.get("MultiAZ")),
        security_group=groups[0],
        created_at=sim.now,
        resource_id=f"db-{sim.token(26).upper()}",
        host=env.database.host.replace(env.database.id, name),
        status="creating",
        phase_until=sim.now + MOVES_S["creating"],
        phase_next="available",
        settings=_settings(params),
        wanted_gib=None,
        wanted_class="",
        storage_changed_at=None,
        growth_gib_per_min=0.0,
        extra_cpu=0.0,
        extra_iops=0.0,
        stopped_at=None,
    )
    env.restored.append(made)
    return made
