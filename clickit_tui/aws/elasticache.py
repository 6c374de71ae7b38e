"""The cache: a replication group or a single cluster, found by ClickIt's name, else by a security group ClickIt uses."""

from __future__ import annotations

from collections.abc import Mapping

from clickit_tui.aws.fetching import garbled, listed, needed, outcomes
from clickit_tui.aws.gateway import Gateway
from clickit_tui.aws.members import Json, flag, integer, records, said, text, when, words
from clickit_tui.naming import Names
from clickit_tui.poll import Fetch
from clickit_tui.world.events import CacheEvent
from clickit_tui.world.parts import Cache, CacheMember, Database
from clickit_tui.world.seen import Absent, Failed
from clickit_tui.world.world import World

Records = list[Json]
DAY_MINUTES = 1440
"""How far back events are read; AWS keeps 14 days."""


def members(group: Json) -> tuple[str, ...]:
    """Cache cluster ids of a replication group, the primary's first where the answer names it."""
    roles = [member for shard in records(group, "NodeGroups") for member in records(shard, "NodeGroupMembers")]
    primary = {text(member, "CacheClusterId") for member in roles if text(member, "CurrentRole") == "primary"}
    listed = words(group, "MemberClusters") or tuple(filter(None, (text(member, "CacheClusterId") for member in roles)))
    return tuple(sorted(dict.fromkeys(listed), key=lambda node: (node not in primary, node)))


def replication_group(group: Json, clusters: Records) -> Cache:
    """A replication group; its engine version stands only in its member clusters."""
    nodes = members(group)
    own = next((each for each in clusters if text(each, "CacheClusterId") in nodes), {})
    return Cache(
        id=text(group, "ReplicationGroupId"),
        status=text(group, "Status").lower(),
        engine=text(group, "Engine") or text(own, "Engine"),
        engine_version=text(own, "EngineVersion"),
        node_type=text(group, "CacheNodeType") or text(own, "CacheNodeType"),
        nodes=nodes or ((text(own, "CacheClusterId"),) if own else ()),
        members=tuple(_member(node, group, clusters) for node in nodes),
        failover=text(group, "AutomaticFailover"),
        multi_az=text(group, "MultiAZ"),
        encrypted=flag(group, "AtRestEncryptionEnabled"),
        encrypted_transit=flag(group, "TransitEncryptionEnabled"),
        snapshot_days=integer(group, "SnapshotRetentionLimit"),
        maintenance_window=text(own, "PreferredMaintenanceWindow"),
        host=text(group, "ConfigurationEndpoint", "Address") or _primary_host(group),
    )


def _primary_host(group: Json) -> str:
    return next((host for shard in records(group, "NodeGroups") if (host := text(shard, "PrimaryEndpoint", "Address"))), "")


def _member(node: str, group: Json, clusters: Records) -> CacheMember:
    """One node: its role stands in the group, the rest in its cluster."""
    placed = [each for shard in records(group, "NodeGroups") for each in records(shard, "NodeGroupMembers")]
    place = next((each for each in placed if text(each, "CacheClusterId") == node), {})
    own = next((each for each in clusters if text(each, "CacheClusterId") == node), {})
    return CacheMember(
        id=node,
        role=text(place, "CurrentRole"),
        status=text(own, "CacheClusterStatus").lower(),
        zone=text(place, "PreferredAvailabilityZone") or text(own, "PreferredAvailabilityZone"),
        engine_version=text(own, "EngineVersion"),
        parameters=text(own, "CacheParameterGroup", "ParameterApplyStatus"),
    )


def cluster(answer: Json) -> Cache:
    """A single cache cluster, which is its own node."""
    name = text(answer, "CacheClusterId")
    return Cache(
        id=name,
        status=text(answer, "CacheClusterStatus").lower(),
        engine=text(answer, "Engine"),
        engine_version=text(answer, "EngineVersion"),
        node_type=text(answer, "CacheNodeType"),
        nodes=(name,) if name else (),
        members=(_member(name, {}, [answer]),) if name else (),
        encrypted=flag(answer, "AtRestEncryptionEnabled"),
        encrypted_transit=flag(answer, "TransitEncryptionEnabled"),
        snapshot_days=integer(answer, "SnapshotRetentionLimit"),
        maintenance_window=text(answer, "PreferredMaintenanceWindow"),
        host=next((text(node, "Endpoint", "Address") for node in records(answer, "CacheNodes")), ""),
    )


def groups_of(clusters: Records) -> Records:
    """Replication groups as far as their member clusters tell, for a reader who may not list the groups themselves."""
    found: dict[str, list[str]] = {}
    for each in clusters:
        if group := text(each, "ReplicationGroupId"):
            found.setdefault(group, []).append(text(each, "CacheClusterId"))
    return [{"ReplicationGroupId": group, "MemberClusters": nodes, "Status": ""} for group, nodes in found.items()]


def _shares(answer: Json, groups: frozenset[str]) -> bool:
    return any(text(each, "SecurityGroupId") in groups for each in records(answer, "SecurityGroups"))


def find(groups: Records, clusters: Records, names: Names, security_groups: frozenset[str] = frozenset()) -> Cache | None:
    """ClickIt's cache: by exact id, then the configured name as prefix, then `clickit-ENV-`, then a shared security group."""
    listed_groups = {text(group, "ReplicationGroupId") for group in groups}
    every = [*groups, *(each for each in groups_of(clusters) if each["ReplicationGroupId"] not in listed_groups)]
    single = [each for each in clusters if not text(each, "ReplicationGroupId")]
    caches = [replication_group(each, clusters) for each in every] + [cluster(each) for each in single]
    for fits in (names.cache.__eq__, lambda name: name.startswith(names.cache), lambda name: name.startswith(f"clickit-{names.env}-")):
        if found := next((each for each in caches if each.id and fits(each.id)), None):
            return found
    near = {text(each, "CacheClusterId") for each in clusters if _shares(each, security_groups)}
    return next((each for each in caches if near & set(each.nodes)), None)


def _security_groups(world: World) -> frozenset[str]:
    found = {group for service in world.services.value or () for group in service.security_groups}
    database = world.database.value
    return frozenset(found | set(database.security_groups if isinstance(database, Database) else ()))


def cache_fetch(gateway: Gateway, names: Names) -> Fetch:
    """Feeds `cache`; `Absent` only when both lists were read and neither holds it."""
    absent = Absent(looked_for=f"replication group or cluster {names.cache}*")

    async def fetch(world: World) -> Mapping[str, object]:
        groups, clusters = await outcomes(
            (
                listed(gateway, "elasticache", "DescribeReplicationGroups", "ReplicationGroups"),
                listed(gateway, "elasticache", "DescribeCacheClusters", "CacheClusters", ShowCacheNodeInfo=True),
            )
        )
        read = ([] if isinstance(groups, Failed) else groups, [] if isinstance(clusters, Failed) else clusters)
        if found := find(*read, names, _security_groups(world)):
            return {"cache": found}
        for failed in (groups, clusters):
            if isinstance(failed, Failed):
                raise failed
        if not all(text(each, "ReplicationGroupId") for each in read[0]) or not all(text(each, "CacheClusterId") for each in read[1]):
            raise garbled("elasticache:DescribeCacheClusters", "CacheClusterId")
        return {"cache": absent}

    return fetch


def cache_event(answer: Json) -> CacheEvent | None:
    """One entry of Events; None when it does not say when."""
    at = when(answer, "Date")
    return None if at is None else CacheEvent(resource=text(answer, "SourceIdentifier"), at=at, text=said(answer, "Message"))


def events_fetch(gateway: Gateway) -> Fetch:
    """Feeds `cache_events`: of the group and of its nodes; an environment without a cache has none."""

    async def fetch(world: World) -> Mapping[str, object]:
        cache = needed(world.cache, "cache")
        if isinstance(cache, Absent):
            return {"cache_events": ()}
        told = await listed(gateway, "elasticache", "DescribeEvents", "Events", Duration=DAY_MINUTES)
        if told and all(cache_event(one) is None for one in told):
            raise garbled("elasticache:DescribeEvents", "Date")
        found = [one for one in map(cache_event, told) if one is not None and (one.resource == cache.id or one.resource in cache.nodes)]
        return {"cache_events": tuple(sorted(found, key=lambda one: -one.at))}

    return fetch
