"""The cache: found by name, by a shared security group, or proven absent."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from clickit_tui.aws import ecs
from clickit_tui.aws.elasticache import cache_fetch, find
from clickit_tui.naming import names
from clickit_tui.world.parts import Cache
from clickit_tui.world.seen import Absent, Failed, Seen, Trouble
from clickit_tui.world.world import World
from tests.aws import recorded
from tests.aws.scripted import Scripted, failed

NAMES = names("dev")
EMPTY = World(env="dev")
NONE: dict[str, Any] = {"ReplicationGroups": [], "CacheClusters": []}
DENIED = failed(Trouble.DENIED, sentence="no permission")
GROUP = Cache(
    id="clickit-dev-redis",
    status="available",
    engine="redis",
    engine_version="7.1.0",
    node_type="cache.t4g.micro",
    nodes=("clickit-dev-redis-002", "clickit-dev-redis-001"),
)


def single(name: str, *security_groups: str) -> dict[str, Any]:
    return {
        "CacheClusterId": name,
        "CacheClusterStatus": "available",
        "SecurityGroups": [{"SecurityGroupId": group} for group in security_groups],
    }


async def test_a_replication_group_with_its_primary_first() -> None:
    gateway = Scripted(DescribeReplicationGroups=recorded.REPLICATION_GROUPS, DescribeCacheClusters=recorded.CACHE_CLUSTERS)
    found: Any = (await cache_fetch(gateway, NAMES)(EMPTY))["cache"]
    assert msgspec.structs.replace(found, members=()) == GROUP


async def test_a_reader_who_may_not_list_the_groups_still_sees_the_cache() -> None:
    found: Any = (
        await cache_fetch(Scripted(DescribeReplicationGroups=DENIED, DescribeCacheClusters=recorded.CACHE_CLUSTERS), NAMES)(EMPTY)
    )["cache"]
    assert (found.id, found.status, found.nodes) == ("clickit-dev-redis", "", ("clickit-dev-redis-001", "clickit-dev-redis-002"))


@pytest.mark.parametrize(
    ("present", "chosen"),
    [
        (["clickit-dev-redis", "clickit-dev-redis-old"], "clickit-dev-redis"),
        (["clickit-dev-redis-2", "clickit-dev-sessions"], "clickit-dev-redis-2"),
        (["clickit-prod-redis", "clickit-dev-sessions"], "clickit-dev-sessions"),
        (["clickit-dev2-redis", "other"], None),
    ],
)
def test_the_nearest_name_wins(present: list[str], chosen: str | None) -> None:
    found = find([], [single(name) for name in present], NAMES)
    assert (found.id if found else None) == chosen


async def test_a_cache_of_another_name_is_known_by_a_security_group_of_the_services() -> None:
    world = World(env="dev", services=Seen(value=ecs.services(recorded.SERVICES, NAMES), seen_at=1.0))
    clusters = {"CacheClusters": [single("x", "sg-other"), single("sessions", "sg-api")]}
    gateway = Scripted(DescribeReplicationGroups=NONE, DescribeCacheClusters=clusters)
    found: Any = (await cache_fetch(gateway, NAMES)(world))["cache"]
    assert (found.id, found.nodes) == ("sessions", ("sessions",))


async def test_two_empty_lists_prove_absence() -> None:
    gateway = Scripted(DescribeReplicationGroups=NONE, DescribeCacheClusters=NONE)
    found = (await cache_fetch(gateway, NAMES)(EMPTY))["cache"]
    assert found == Absent(looked_for="replication group or cluster clickit-dev-redis*")


@pytest.mark.parametrize(("groups", "clusters"), [(DENIED, NONE), (NONE, DENIED), ({}, NONE), (NONE, {})])
async def test_half_an_answer_proves_nothing(groups: Any, clusters: Any) -> None:
    with pytest.raises(Failed):
        await cache_fetch(Scripted(DescribeReplicationGroups=groups, DescribeCacheClusters=clusters), NAMES)(EMPTY)
