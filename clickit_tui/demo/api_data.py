"""RDS and ElastiCache."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from clickit_tui.demo.errors import AwsError
from clickit_tui.demo.metricstore import seconds
from clickit_tui.demo.simulator import Simulator
from clickit_tui.demo.state import Cache, Database, Environment, Snapshot, arn
from clickit_tui.demo.wire import REGION

Params = Mapping[str, Any]
STOP_DAYS = 7
MOVES_S = {"stopping": 45.0, "starting": 60.0, "rebooting": 20.0, "creating": 90.0}


def page(things: Sequence[Any], params: Params, most: int = 100) -> tuple[Sequence[Any], dict[str, str]]:
    """One page of MaxRecords (20 to 100) with its Marker. Raises AwsError (InvalidParameterValue)."""
    marker, size = params.get("Marker") or "0", params.get("MaxRecords") or most
    if not 20 <= size <= most or not str(marker).isdecimal():
        raise AwsError("InvalidParameterValue", f"Invalid value {size} for MaxRecords. Must be between 20 and {most}")
    at = int(marker)
    return things[at : at + size], {"Marker": str(at + size)} if at + size < len(things) else {}


def _databases(sim: Simulator) -> list[tuple[Environment, Database]]:
    found = [(env, env.database) for env in sim.envs.values()]
    return found + [(env, each) for env in sim.envs.values() for each in env.restored]


def _database(sim: Simulator, name: str) -> tuple[Environment, Database]:
    for env, each in _databases(sim):
        if name in (each.id, each.arn):
            return env, each
    raise AwsError("DBInstanceNotFound", f"DBInstance {name} not found.", 404)


def describe_db_instances(sim: Simulator, params: Params) -> dict[str, Any]:
    name = params.get("DBInstanceIdentifier")
    found = [_database(sim, name)] if name else _databases(sim)
    for each in params.get("Filters") or ():
        if each["Name"] in ("db-instance-id", "dbi-resource-id"):
            found = [(env, of) for env, of in found if {of.id, of.arn, of.resource_id} & set(each["Values"])]
    shown, marker = page([_instance(sim, *each) for each in found], params)
    return {"DBInstances": shown} | marker


def _instance(sim: Simulator, env: Environment, of: Database) -> dict[str, Any]:
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
        "MaxAllocatedStorage": of.storage_gib * 2,
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
        "PendingModifiedValues": {},
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
    }


def _move(sim: Simulator, params: Params, allowed: str, during: str, after: str) -> dict[str, Any]:
    env, of = _database(sim, params.get("DBInstanceIdentifier", ""))
    if of.status != allowed:
        raise AwsError("InvalidDBInstanceState", f"Instance {of.id} is not in {allowed} state.")
    of.status, of.phase_next, of.phase_until = during, after, sim.now + MOVES_S[during]
    of.stopped_at = sim.now if during == "stopping" else None
    return {"DBInstance": _instance(sim, env, of)}


def stop_db_instance(sim: Simulator, params: Params) -> dict[str, Any]:
    return _move(sim, params, "available", "stopping", "stopped")


def start_db_instance(sim: Simulator, params: Params) -> dict[str, Any]:
    return _move(sim, params, "stopped", "starting", "available")


def reboot_db_instance(sim: Simulator, params: Params) -> dict[str, Any]:
    return _move(sim, params, "available", "rebooting", "available")


def _snapshots(sim: Simulator) -> list[tuple[Environment, Snapshot]]:
    return [(env, each) for env in sim.envs.values() for each in env.snapshots]


def describe_db_snapshots(sim: Simulator, params: Params) -> dict[str, Any]:
    database, name, kind = params.get("DBInstanceIdentifier"), params.get("DBSnapshotIdentifier"), params.get("SnapshotType")
    found = [
        (env, each)
        for env, each in _snapshots(sim)
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
    env, of = _database(sim, params.get("DBInstanceIdentifier", ""))
    name = params.get("DBSnapshotIdentifier", "")
    if any(each.id == name for _, each in _snapshots(sim)):
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


def restore_db_instance_from_db_snapshot(sim: Simulator, params: Params) -> dict[str, Any]:
    name, wanted = params.get("DBInstanceIdentifier", ""), params.get("DBSnapshotIdentifier", "")
    source = next(((env, each) for env, each in _snapshots(sim) if each.id == wanted), None)
    if source is None:
        raise AwsError("DBSnapshotNotFound", f"DBSnapshot {wanted} not found.", 404)
    if any(each.id == name for _, each in _databases(sim)):
        raise AwsError("DBInstanceAlreadyExists", f"DB instance already exists: {name}")
    env, snapshot = source
    if snapshot.status != "available":
        raise AwsError("InvalidDBSnapshotState", f"DB snapshot {wanted} is not available.")
    made = _restored(sim, env, params, name)
    return {"DBInstance": _instance(sim, env, made)}


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
    )
    env.restored.append(made)
    return made


def describe_rds_events(sim: Simulator, params: Params) -> dict[str, Any]:
    return _events([each for env in sim.envs.values() for each in env.events], sim, params)


def _events(events: list[dict[str, Any]], sim: Simulator, params: Params) -> dict[str, Any]:
    start = seconds(params["StartTime"]) if params.get("StartTime") else sim.now - 60 * (params.get("Duration") or 60)
    end = seconds(params["EndTime"]) if params.get("EndTime") else sim.now
    name, kind = params.get("SourceIdentifier"), params.get("SourceType")
    found = [
        each
        for each in events
        if start <= each["Date"] <= end and name in (None, each["SourceIdentifier"]) and kind in (None, each["SourceType"])
    ]
    shown, marker = page(sorted(found, key=lambda each: float(each["Date"])), params)
    return {"Events": shown} | marker


def describe_pending_maintenance_actions(sim: Simulator, params: Params) -> dict[str, Any]:
    return {"PendingMaintenanceActions": []}


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


def describe_db_parameters(sim: Simulator, params: Params) -> dict[str, Any]:
    known = {
        "max_connections": ("LEAST({DBInstanceClassMemory/9531392},5000)", "static"),
        "idle_in_transaction_session_timeout": ("86400000", "dynamic"),
        "log_min_duration_statement": ("500", "dynamic"),
        "rds.force_ssl": ("1", "dynamic"),
    }
    source = params.get("Source")
    shown = [
        {"ParameterName": name, "ParameterValue": value, "ApplyType": kind, "Source": "system", "IsModifiable": True, "DataType": "integer"}
        for name, (value, kind) in known.items()
        if source in (None, "system")
    ]
    return {"Parameters": shown}


def describe_db_subnet_groups(sim: Simulator, params: Params) -> dict[str, Any]:
    wanted = params.get("DBSubnetGroupName")
    found = [_instance(sim, env, env.database)["DBSubnetGroup"] for env in sim.envs.values()]
    found = [each for each in found if wanted in (None, each["DBSubnetGroupName"])]
    if not found:
        raise AwsError("DBSubnetGroupNotFoundFault", f"DB subnet group '{wanted}' does not exist.", 404)
    return {"DBSubnetGroups": found}


def rds_tags(sim: Simulator, params: Params) -> dict[str, Any]:
    return {"TagList": [{"Key": "Project", "Value": "clickit"}]}


def _caches(sim: Simulator) -> list[tuple[Environment, Cache]]:
    return [(env, env.cache) for env in sim.envs.values()]


def describe_replication_groups(sim: Simulator, params: Params) -> dict[str, Any]:
    wanted = params.get("ReplicationGroupId")
    found = [_replication_group(env, each) for env, each in _caches(sim) if wanted in (None, each.id)]
    if wanted and not found:
        raise AwsError("ReplicationGroupNotFoundFault", f"ReplicationGroup {wanted} not found.", 404)
    shown, marker = page(found, params)
    return {"ReplicationGroups": shown} | marker


def _host(of: Cache, role: str) -> dict[str, Any]:
    return {"Address": f"{role}.{of.id}.{of.host_hash}.euw1.cache.amazonaws.com", "Port": 6379}


def _replication_group(env: Environment, of: Cache) -> dict[str, Any]:
    zones = [each.zone for each in env.network.subnets if not each.public]
    members = [
        {
            "CacheClusterId": node,
            "CacheNodeId": "0001",
            "ReadEndpoint": _host(of, node),
            "PreferredAvailabilityZone": zones[at % len(zones)],
            "CurrentRole": "primary" if at == 0 else "replica",
        }
        for at, node in enumerate(of.nodes)
    ]
    group = {"NodeGroupId": "0001", "Status": of.status, "PrimaryEndpoint": _host(of, "master"), "NodeGroupMembers": members}
    many = "enabled" if len(of.nodes) > 1 else "disabled"
    return {
        "ReplicationGroupId": of.id,
        "Description": f"ClickIt {env.name}",
        "Status": of.status,
        "PendingModifiedValues": {},
        "MemberClusters": of.nodes,
        "NodeGroups": [group],
        "AutomaticFailover": many,
        "MultiAZ": many,
        "SnapshotRetentionLimit": 1,
        "ClusterEnabled": False,
        "CacheNodeType": of.node_type,
        "AuthTokenEnabled": True,
        "TransitEncryptionEnabled": True,
        "AtRestEncryptionEnabled": True,
        "ARN": arn("elasticache", f"replicationgroup:{of.id}"),
        "ReplicationGroupCreateTime": of.created_at,
        "Engine": "redis",
    }


def describe_cache_clusters(sim: Simulator, params: Params) -> dict[str, Any]:
    wanted, nodes = params.get("CacheClusterId"), bool(params.get("ShowCacheNodeInfo"))
    found = [_node(env, of, node, nodes=nodes) for env, of in _caches(sim) for node in of.nodes if wanted in (None, node)]
    if wanted and not found:
        raise AwsError("CacheClusterNotFound", f"CacheCluster not found: {wanted}", 404)
    shown, marker = page(found, params)
    return {"CacheClusters": shown} | marker


def _node(env: Environment, of: Cache, node: str, *, nodes: bool) -> dict[str, Any]:
    found: dict[str, Any] = {
        "CacheClusterId": node,
        "CacheNodeType": of.node_type,
        "Engine": "redis",
        "EngineVersion": "7.1.0",
        "CacheClusterStatus": of.status,
        "NumCacheNodes": 1,
        "PreferredAvailabilityZone": f"{REGION}a",
        "CacheClusterCreateTime": of.created_at,
        "PreferredMaintenanceWindow": "sun:05:00-sun:06:00",
        "PendingModifiedValues": {},
        "CacheParameterGroup": {"CacheParameterGroupName": "default.redis7", "ParameterApplyStatus": "in-sync", "CacheNodeIdsToReboot": []},
        "CacheSubnetGroupName": f"clickit-{env.name}-cache",
        "SecurityGroups": [{"SecurityGroupId": of.security_group, "Status": "active"}],
        "ReplicationGroupId": of.id,
        "SnapshotRetentionLimit": 1,
        "ARN": arn("elasticache", f"cluster:{node}"),
    }
    if nodes:
        own = {"CacheNodeId": "0001", "CacheNodeStatus": of.status, "CacheNodeCreateTime": of.created_at, "Endpoint": _host(of, node)}
        found["CacheNodes"] = [own | {"ParameterGroupStatus": "in-sync", "CustomerAvailabilityZone": f"{REGION}a"}]
    return found


def describe_cache_events(sim: Simulator, params: Params) -> dict[str, Any]:
    return _events([], sim, params)


def describe_cache_subnet_groups(sim: Simulator, params: Params) -> dict[str, Any]:
    found = [{"CacheSubnetGroupName": f"clickit-{env.name}-cache", "VpcId": env.network.vpc, "Subnets": []} for env in sim.envs.values()]
    return {"CacheSubnetGroups": found}


def describe_cache_snapshots(sim: Simulator, params: Params) -> dict[str, Any]:
    return {"Snapshots": []}
