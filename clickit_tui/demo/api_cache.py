"""ElastiCache: replication groups, nodes, snapshots, events."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from clickit_tui.demo.api_data import events, page
from clickit_tui.demo.errors import AwsError
from clickit_tui.demo.simulator import Simulator
from clickit_tui.demo.state import Cache, Environment, arn
from clickit_tui.demo.wire import REGION

Params = Mapping[str, Any]
DAY_S = 86_400
EVENTS_KEPT_DAYS = 14
SNAPSHOT_AT_S = 2 * 3600
"""When in the day (UTC) the nightly snapshot begins."""
SNAPSHOT_TAKES_S = 130


def _caches(sim: Simulator) -> list[tuple[Environment, Cache]]:
    return [(env, env.cache) for env in sim.envs.values() if env.cache.status != "deleted"]


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
    known = [each for env in sim.envs.values() for each in env.cache_events]
    return events([*known, *(each for env, of in _caches(sim) for at in _nights(sim) for each in _saved(env, of, at))], sim, params)


def _nights(sim: Simulator) -> list[float]:
    """When the last nightly snapshots began, as far back as events are kept; oldest first."""
    last = max(sim.now, sim.served) // DAY_S * DAY_S + SNAPSHOT_AT_S
    return [at for day in range(EVENTS_KEPT_DAYS, -1, -1) if (at := last - day * DAY_S) + SNAPSHOT_TAKES_S <= sim.now]


def _saved(env: Environment, of: Cache, at: float) -> list[dict[str, Any]]:
    """The events of one nightly snapshot, taken from the last node."""
    said = f"Snapshot succeeded for snapshot with ID '{_nightly(of, at)}' of replication group with ID '{of.id}'"
    return [{"SourceIdentifier": of.id, "SourceType": "replication-group", "Message": said, "Date": at + SNAPSHOT_TAKES_S}]


def _nightly(of: Cache, at: float) -> str:
    return f"automatic.{of.id}-{datetime.fromtimestamp(at, UTC):%Y-%m-%d-%H-%M}"


def describe_cache_subnet_groups(sim: Simulator, params: Params) -> dict[str, Any]:
    wanted = params.get("CacheSubnetGroupName")
    found = [
        {
            "CacheSubnetGroupName": f"clickit-{env.name}-cache",
            "CacheSubnetGroupDescription": "private subnets",
            "VpcId": env.network.vpc,
            "ARN": arn("elasticache", f"subnetgroup:clickit-{env.name}-cache"),
            "Subnets": [
                {"SubnetIdentifier": each.id, "SubnetAvailabilityZone": {"Name": each.zone}}
                for each in env.network.subnets
                if not each.public
            ],
        }
        for env in sim.envs.values()
        if wanted in (None, f"clickit-{env.name}-cache")
    ]
    if wanted and not found:
        raise AwsError("CacheSubnetGroupNotFoundFault", f"Cache Subnet Group {wanted} does not exist.", 400)
    shown, marker = page(found, params)
    return {"CacheSubnetGroups": shown} | marker


def describe_cache_snapshots(sim: Simulator, params: Params) -> dict[str, Any]:
    at, group, name = _nights(sim)[-1], params.get("ReplicationGroupId"), params.get("SnapshotName")
    found = [
        {
            "SnapshotName": _nightly(of, at),
            "ReplicationGroupId": of.id,
            "SnapshotStatus": "available",
            "SnapshotSource": "automated",
            "CacheNodeType": of.node_type,
            "Engine": "redis",
            "EngineVersion": "7.1.0",
            "Port": 6379,
            "VpcId": env.network.vpc,
            "SnapshotRetentionLimit": 1,
            "ARN": arn("elasticache", f"snapshot:{_nightly(of, at)}"),
            "NodeSnapshots": [{"CacheNodeId": "0001", "CacheSize": "12 MB", "SnapshotCreateTime": at}],
        }
        for env, of in _caches(sim)
        if group in (None, of.id) and name in (None, _nightly(of, at))
    ]
    if name and not found:
        raise AwsError("SnapshotNotFoundFault", f"{name} is either not present or not available.", 404)
    return {"Snapshots": found}
