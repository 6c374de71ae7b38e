"""RDS: instances, snapshots, events, parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clickit_tui.demo.errors import AwsError
from clickit_tui.demo.metricstore import seconds
from clickit_tui.demo.simulator import Simulator
from clickit_tui.demo.state import Database, Environment, Snapshot, arn
from clickit_tui.demo.wire import REGION

Params = Mapping[str, Any]
STOP_DAYS = 7
EVENTS_KEPT_MINUTES = 14 * 24 * 60
MOVES_S = {"stopping": 45.0, "starting": 60.0, "rebooting": 20.0, "creating": 90.0, "modifying": 60.0}


def page(things: Sequence[Any], params: Params, most: int = 100) -> tuple[Sequence[Any], dict[str, str]]:
    """One page of MaxRecords (20 to 100) with its Marker. Raises AwsError (InvalidParameterValue)."""
    marker, size = params.get("Marker") or "0", params.get("MaxRecords") or most
    if not 20 <= size <= most or not str(marker).isdecimal():
        raise AwsError("InvalidParameterValue", f"Invalid value {size} for MaxRecords. Must be between 20 and {most}")
    at = int(marker)
    return things[at : at + size], {"Marker": str(at + size)} if at + size < len(things) else {}


def databases(sim: Simulator) -> list[tuple[Environment, Database]]:
    """Every instance, the restored ones last."""
    found = [(env, env.database) for env in sim.envs.values()]
    return found + [(env, each) for env in sim.envs.values() for each in env.restored]


def database(sim: Simulator, name: str) -> tuple[Environment, Database]:
    """The instance of that identifier or ARN. Raises AwsError (DBInstanceNotFound)."""
    for env, each in databases(sim):
        if name in (each.id, each.arn):
            return env, each
    raise AwsError("DBInstanceNotFound", f"DBInstance {name} not found.", 404)


def describe_db_instances(sim: Simulator, params: Params) -> dict[str, Any]:
    name = params.get("DBInstanceIdentifier")
    found = [database(sim, name)] if name else databases(sim)
    for each in params.get("Filters") or ():
        if each["Name"] in ("db-instance-id", "dbi-resource-id"):
            found = [(env, of) for env, of in found if {of.id, of.arn, of.resource_id} & set(each["Values"])]
    shown, marker = page([instance(sim, *each) for each in found], params)
    return {"DBInstances": shown} | marker


def instance(sim: Simulator, env: Environment, of: Database) -> dict[str, Any]:
    """A DBInstance as every operation shows it."""
    subnets = [each for each in env.network.subnets if each.id in of.subnets]
    group = {
        "DBSubnetGroupName": f"clickit-{env.name}-db",
        "DBSubnetGroupDescription": "private subnets",
        "VpcId": of.vpc,
        "SubnetGroupStatus": "Complete",
        "Subnets": [
            {"SubnetIdentifier": each.id, "SubnetAvailabilityZone": {"Name": each.zone}, "SubnetStatus": "Active"} for each in subnets
        ],
    }
    waiting = {"AllocatedStorage": of.wanted_gib, "DBInstanceClass": of.wanted_class}
    stopped = of.status == "stopped" and of.stopped_at is not None
    return {
        "DBInstanceIdentifier": of.id,
        "DBInstanceClass": of.instance_class,
        "Engine": "postgres",
        "EngineVersion": "16.4",
        "DBInstanceStatus": of.status,
        "AutomaticRestartTime": (of.stopped_at or 0) + STOP_DAYS * 86_400 if stopped else None,
        "MasterUsername": "clickit",
        "DBName": "clickit",
        "Endpoint": {"Address": of.host, "Port": 5432, "HostedZoneId": "Z29XKXDKYMONMX"} if of.status != "creating" else None,
        "AllocatedStorage": of.storage_gib,
        "InstanceCreateTime": of.created_at,
        "PreferredBackupWindow": "03:00-03:30",
        "BackupRetentionPeriod": 7,
        "VpcSecurityGroups": [{"VpcSecurityGroupId": of.security_group, "Status": "active"}],
        "DBSecurityGroups": [],
        "DBParameterGroups": [{"DBParameterGroupName": f"clickit-{env.name}-pg16", "ParameterApplyStatus": "in-sync"}],
        "AvailabilityZone": f"{REGION}a",
        "SecondaryAvailabilityZone": f"{REGION}b" if of.multi_az else None,
        "DBSubnetGroup": group,
        "PreferredMaintenanceWindow": "sun:04:00-sun:04:30",
        "PendingModifiedValues": {key: value for key, value in waiting.items() if value},
        "LatestRestorableTime": (sim.now - 30) // 300 * 300 if not stopped else of.stopped_at,
        "MultiAZ": of.multi_az,
        "AutoMinorVersionUpgrade": True,
        "LicenseModel": "postgresql-license",
        "Iops": 3000,
        "StorageThroughput": 125,
        "OptionGroupMemberships": [{"OptionGroupName": "default:postgres-16", "Status": "in-sync"}],
        "PubliclyAccessible": False,
        "StorageType": "gp3",
        "StorageEncrypted": True,
        "KmsKeyId": arn("kms", "key/0c8f8f6e-6d1c-4e0a-9a43-clickit00demo"),
        "DbiResourceId": of.resource_id,
        "CACertificateIdentifier": "rds-ca-rsa2048-g1",
        "CopyTagsToSnapshot": True,
        "MonitoringInterval": 0,
        "DBInstanceArn": of.arn,
        "IAMDatabaseAuthenticationEnabled": False,
        "PerformanceInsightsEnabled": env.name == "prod",
        "DeletionProtection": env.name == "prod",
        "TagList": [{"Key": "Project", "Value": "clickit"}],
    } | of.settings


def _move(sim: Simulator, params: Params, allowed: str, during: str, after: str) -> dict[str, Any]:
    env, of = database(sim, params.get("DBInstanceIdentifier", ""))
    if of.status != allowed:
        raise AwsError("InvalidDBInstanceState", f"Instance {of.id} is not in {allowed} state.")
    of.status, of.phase_next, of.phase_until = during, after, sim.now + MOVES_S[during]
    of.stopped_at = sim.now if during == "stopping" else None
    if during in ("stopping", "rebooting"):  # what others ran in it ends with it
        of.extra_cpu = of.extra_iops = 0.0
        of.extra_connections = 0
    return {"DBInstance": instance(sim, env, of)}


def stop_db_instance(sim: Simulator, params: Params) -> dict[str, Any]:
    return _move(sim, params, "available", "stopping", "stopped")


def start_db_instance(sim: Simulator, params: Params) -> dict[str, Any]:
    return _move(sim, params, "stopped", "starting", "available")


def reboot_db_instance(sim: Simulator, params: Params) -> dict[str, Any]:
    return _move(sim, params, "available", "rebooting", "available")


def snapshots(sim: Simulator) -> list[tuple[Environment, Snapshot]]:
    """Every snapshot with the environment of its database."""
    return [(env, each) for env in sim.envs.values() for each in env.snapshots]


def describe_db_snapshots(sim: Simulator, params: Params) -> dict[str, Any]:
    database, name, kind = params.get("DBInstanceIdentifier"), params.get("DBSnapshotIdentifier"), params.get("SnapshotType")
    found = [
        (env, each)
        for env, each in snapshots(sim)
        if database in (None, each.database, env.database.arn) and name in (None, each.id) and kind in (None, each.kind)
    ]
    if name and not found:
        raise AwsError("DBSnapshotNotFound", f"DBSnapshot {name} not found.", 404)
    shown, marker = page([_snapshot(sim, *each) for each in found], params)
    return {"DBSnapshots": shown} | marker


def _snapshot(sim: Simulator, env: Environment, of: Snapshot) -> dict[str, Any]:
    return {
        "DBSnapshotIdentifier": of.id,
        "DBInstanceIdentifier": of.database,
        "SnapshotCreateTime": of.created_at,
        "Engine": "postgres",
        "EngineVersion": "16.4",
        "AllocatedStorage": of.storage_gib,
        "Status": of.status,
        "PercentProgress": of.percent,
        "Port": 5432,
        "AvailabilityZone": f"{REGION}a",
        "VpcId": env.network.vpc,
        "InstanceCreateTime": env.database.created_at,
        "MasterUsername": "clickit",
        "LicenseModel": "postgresql-license",
        "SnapshotType": of.kind,
        "StorageType": "gp3",
        "Encrypted": True,
        "KmsKeyId": arn("kms", "key/0c8f8f6e-6d1c-4e0a-9a43-clickit00demo"),
        "DBSnapshotArn": arn("rds", f"snapshot:{of.id}"),
        "DbiResourceId": env.database.resource_id,
    }


def create_db_snapshot(sim: Simulator, params: Params) -> dict[str, Any]:
    env, of = database(sim, params.get("DBInstanceIdentifier", ""))
    name = params.get("DBSnapshotIdentifier", "")
    if any(each.id == name for _, each in snapshots(sim)):
        raise AwsError(
            "DBSnapshotAlreadyExists", f"Cannot create the snapshot because a snapshot with the identifier {name} already exists."
        )
    if of.status != "available":
        raise AwsError(
            "InvalidDBInstanceState", f"Cannot create a snapshot because the database instance {of.id} is not currently available."
        )
    made = Snapshot(name, of.id, "manual", sim.now, of.storage_gib, status="creating", percent=0)
    env.snapshots.append(made)
    return {"DBSnapshot": _snapshot(sim, env, made)}


def describe_rds_events(sim: Simulator, params: Params) -> dict[str, Any]:
    return events([each for env in sim.envs.values() for each in env.events], sim, params)


def events(known: list[dict[str, Any]], sim: Simulator, params: Params) -> dict[str, Any]:
    """DescribeEvents of RDS and ElastiCache: the last hour, oldest first, unless asked otherwise.

    Raises AwsError (InvalidParameterCombination) for a SourceIdentifier without SourceType.
    """
    name, kind, wanted = params.get("SourceIdentifier"), params.get("SourceType"), set(params.get("EventCategories") or ())
    if name and not kind:
        raise AwsError("InvalidParameterCombination", "The parameter SourceType must be specified if SourceIdentifier is specified.")
    if not 0 < int(params.get("Duration") or 60) <= EVENTS_KEPT_MINUTES:
        raise AwsError("InvalidParameterValue", f"Duration must be between 1 and {EVENTS_KEPT_MINUTES} minutes.")
    now = max(sim.now, sim.served)
    end = seconds(params["EndTime"]) if params.get("EndTime") else now
    start = seconds(params["StartTime"]) if params.get("StartTime") else end - 60 * (params.get("Duration") or 60)
    start = max(start, now - 60 * EVENTS_KEPT_MINUTES)
    found = [
        each
        for each in known
        if start <= each["Date"] <= end
        and name in (None, each["SourceIdentifier"])
        and kind in (None, each["SourceType"])
        and (not wanted or wanted & set(each.get("EventCategories") or ()))
    ]
    shown, marker = page(sorted(found, key=lambda each: float(each["Date"])), params)
    return {"Events": shown} | marker


def describe_pending_maintenance_actions(sim: Simulator, params: Params) -> dict[str, Any]:
    wanted = params.get("ResourceIdentifier")
    if wanted and not str(wanted).startswith("arn:"):
        raise AwsError("InvalidParameterValue", f"Invalid resource identifier: {wanted}")
    names = [value for each in params.get("Filters") or () if each["Name"] == "db-instance-id" for value in each["Values"]]
    found = [
        {"ResourceIdentifier": env.database.arn, "PendingMaintenanceActionDetails": [env.maintenance]}
        for env in sim.envs.values()
        if env.maintenance and wanted in (None, env.database.arn) and (not names or {env.database.id, env.database.arn} & set(names))
    ]
    if wanted and wanted not in {each.arn for _, each in databases(sim)}:
        raise AwsError("ResourceNotFoundFault", f"The specified resource {wanted} was not found.", 404)
    shown, marker = page(found, params)
    return {"PendingMaintenanceActions": shown} | marker


def describe_db_parameter_groups(sim: Simulator, params: Params) -> dict[str, Any]:
    wanted = params.get("DBParameterGroupName")
    known = [f"clickit-{env.name}-pg16" for env in sim.envs.values()]
    if wanted and wanted not in known:
        raise AwsError("DBParameterGroupNotFound", f"DBParameterGroup not found: {wanted}", 404)
    names = [wanted] if wanted else known
    about = {"DBParameterGroupFamily": "postgres16", "Description": "ClickIt"}
    return {
        "DBParameterGroups": [about | {"DBParameterGroupName": each, "DBParameterGroupArn": arn("rds", f"pg:{each}")} for each in names]
    }


PARAMETERS = (
    ("max_connections", "LEAST({DBInstanceClassMemory/9531392},5000)", "static", "integer", "system"),
    ("shared_buffers", "{DBInstanceClassMemory/32768}", "static", "integer", "system"),
    ("rds.force_ssl", "1", "dynamic", "boolean", "system"),
    ("log_min_duration_statement", "500", "dynamic", "integer", "user"),
    ("idle_in_transaction_session_timeout", "86400000", "dynamic", "integer", "system"),
    ("statement_timeout", None, "dynamic", "integer", "engine-default"),
    ("lock_timeout", None, "dynamic", "integer", "engine-default"),
)
"""(name, value or None, apply type, data type, source) of the parameters that are shown."""


def describe_db_parameters(sim: Simulator, params: Params) -> dict[str, Any]:
    describe_db_parameter_groups(sim, params)
    listed = [
        {
            "ParameterName": name,
            "ParameterValue": value,
            "ApplyType": kind,
            "Source": source,
            "IsModifiable": True,
            "DataType": data,
            "ApplyMethod": "pending-reboot" if kind == "static" else "immediate",
        }
        for name, value, kind, data, source in PARAMETERS
        if params.get("Source") in (None, source)
    ]
    shown, marker = page(listed, params)
    return {"Parameters": shown} | marker


def describe_db_subnet_groups(sim: Simulator, params: Params) -> dict[str, Any]:
    wanted = params.get("DBSubnetGroupName")
    found = [instance(sim, env, env.database)["DBSubnetGroup"] for env in sim.envs.values()]
    found = [each for each in found if wanted in (None, each["DBSubnetGroupName"])]
    if not found:
        raise AwsError("DBSubnetGroupNotFoundFault", f"DB subnet group '{wanted}' does not exist.", 404)
    return {"DBSubnetGroups": found}


def rds_tags(sim: Simulator, params: Params) -> dict[str, Any]:
    return {"TagList": [{"Key": "Project", "Value": "clickit"}]}
