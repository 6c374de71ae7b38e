"""All sources together: what feeds what, in which order, with how many calls, and what a reader without permissions sees."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest

from clickit_tui.aws.errors import fault_of
from clickit_tui.aws.sources import sources
from clickit_tui.config import Config
from clickit_tui.naming import names
from clickit_tui.poll import Poller, Source
from clickit_tui.store import Store
from clickit_tui.world.ecs import Cluster
from clickit_tui.world.parts import Cache, Database, LoadBalancer, Metrics
from clickit_tui.world.seen import Absent, Failed, Seen, Trouble
from clickit_tui.world.world import FIELDS, OWN, World
from tests.aws import recorded
from tests.aws.scripted import Scripted, failed

CONFIG = Config(env="dev", names=names("dev"), state_dir="/dev/null")
NOW = 1_795_442_599.0


def no_points(id: str) -> dict[str, Any]:
    return {"Id": id, "StatusCode": "Complete", "Timestamps": [], "Values": []}


ANSWERS: dict[str, Any] = {operation: answer for (_, operation), answer in recorded.SHAPES.items()} | {
    "ListTasks": lambda params: {"taskArns": [recorded.TASK if params["desiredStatus"] == "RUNNING" else recorded.STOPPED]},
    "ListClusters": {"clusterArns": [recorded.CLUSTER]},
    "GetMetricData": lambda params: {"MetricDataResults": [no_points(query["Id"]) for query in params["MetricDataQueries"]]},
}
"""An environment in which everything can be read."""


def all_sources(gateway: Scripted) -> tuple[Source, ...]:
    return sources(gateway, CONFIG, clock=lambda: NOW)  # type: ignore[arg-type]


def test_each_field_has_exactly_one_source() -> None:
    fed = [field for source in all_sources(Scripted()) for field in source.feeds]
    assert sorted(fed) == sorted(set(FIELDS) - OWN)


def depth(source: Source, every: tuple[Source, ...]) -> int:
    before = [depth(other, every) for other in every if other.feeds & source.needs]
    return 1 + max(before, default=0)


def test_the_longest_chain_of_sources_is_four() -> None:
    every = all_sources(Scripted())
    assert max(depth(source, every) for source in every) == 4
    assert {source.name for source in every if not source.needs} >= {"services", "tasks", "database", "cluster", "identity", "scaling"}


async def fill(gateway: Scripted) -> World:
    """The World after one poll of every source."""
    store = Store(World(env="dev"))
    poller = Poller(store, all_sources(gateway), fault_of=fault_of, clock=lambda: NOW, rng=random.Random(1))
    unsubscribe = store.subscribe(poller.fields, lambda world, changed: None)
    poller.start()
    await poller.tried()
    await poller.stop()
    unsubscribe()
    return store.world


def seen(world: World, field: str) -> Seen[Any]:
    found: Seen[Any] = getattr(world, field)
    return found


FED = sorted(set(FIELDS) - OWN)


async def test_one_poll_fills_the_world_with_few_calls() -> None:
    gateway = Scripted(**ANSWERS)
    world = await fill(gateway)
    assert {field: seen(world, field).fault for field in FED} == dict.fromkeys(FED)
    assert isinstance(world.cluster.value, Cluster)
    assert isinstance(world.balancer.value, LoadBalancer)
    assert isinstance(world.database.value, Database)
    assert isinstance(world.cache.value, Cache)
    assert isinstance(world.metrics.value, Metrics)
    assert {"edge.p95", "cache.cpu", "db.cpu", "api.cpu"} <= set(world.metrics.value.series)
    assert [service.part for service in world.services.value or ()] == ["api", "frontend"]
    assert len(world.tasks.value or ()) == 2
    assert gateway.count("GetMetricData") == 3, (
        "one a minute for the metrics, one an hour for what is usual and for the use of the day while somebody looks at it"
    )
    assert len(gateway.calls) <= 77


async def test_a_reader_without_any_permission_sees_why_everywhere() -> None:
    world = await fill(Scripted())
    kinds = {field: fault.kind for field in FED if (fault := seen(world, field).fault)}
    assert set(kinds) == set(FED) - {"identity", "history"}
    assert set(kinds.values()) == {Trouble.DENIED, Trouble.WAITING}
    assert all(seen(world, field).value is None for field in kinds)
    assert world.targets.fault is not None
    assert world.targets.fault.sentence == "waits for services: no permission: ecs:DescribeServices"


@pytest.mark.parametrize("operation", sorted(ANSWERS))
async def test_one_denied_operation_hides_no_more_than_its_own(operation: str) -> None:
    hides = {
        "DescribeEvents": {"db_events", "cache_events"},
        "DescribeServices": {"services", "target_groups", "balancer", "targets", "subnets", "usual"},
        "DescribeDBInstances": {"database", "databases", "waits", "maintenance", "parameters"},
        "DescribeImages": {"images", "repositories", "scans"},
        "GetManagedPrefixListEntries": set(),
        "DescribeTargetGroups": {"target_groups", "balancer", "usual"},
        "DescribeTasks": {"tasks"},
        "ListTasks": {"tasks"},
        "DescribeReplicationGroups": set(),
        "DescribeCacheClusters": set(),
        "DescribeScalingPolicies": set(),
        "ListClusters": set(),
        "DescribeTaskDefinition": {"definitions", "secrets", "rights"},
        "DescribeServiceRevisions": set(),
        "ListTaskDefinitions": set(),
        "GetMetricData": {"metrics", "usage", "usual"},
        "DescribeLogGroups": {"log_groups", "usage"},
    }
    denied = failed(Trouble.DENIED, sentence="no permission")
    world = await fill(Scripted(**(ANSWERS | {operation: denied})))
    faulty = {field for field in FED if seen(world, field).fault is not None}
    assert len(faulty) == 1 if operation not in hides else faulty == hides[operation]


async def test_an_empty_account_is_told_as_not_found_and_never_as_zero() -> None:
    gone = failed(Trouble.MISSING, "ClusterNotFoundException")
    empty: dict[str, Any] = {
        "DescribeClusters": {"clusters": [], "failures": [{"arn": "x", "reason": "MISSING"}]},
        "ListClusters": {"clusterArns": []},
        **dict.fromkeys(("DescribeServices", "ListTasks", "ListServiceDeployments"), gone),
        "DescribeDBInstances": failed(Trouble.MISSING, "DBInstanceNotFound"),
        "DescribeReplicationGroups": {"ReplicationGroups": []},
        "DescribeCacheClusters": {"CacheClusters": []},
        "DescribeScalableTargets": {"ScalableTargets": []},
        "DescribeScalingPolicies": {"ScalingPolicies": []},
        "DescribeAlarms": {"MetricAlarms": [], "CompositeAlarms": []},
        "GetMetricData": ANSWERS["GetMetricData"],
    }
    world = await fill(Scripted(**empty))
    assert isinstance(world.database.value, Absent)
    assert isinstance(world.cache.value, Absent)
    for field in ("services", "tasks", "service_deployments"):
        assert seen(world, field).fault is not None
        assert seen(world, field).fault.sentence == "not found: looked for cluster clickit-dev-cluster"  # type: ignore[union-attr]
    assert world.targets.value is None
    assert world.targets.fault is not None
    assert world.targets.fault.kind is Trouble.WAITING


@pytest.mark.parametrize("answer", [{}, {"unexpected": None}])
async def test_an_endpoint_that_answers_nothing_useful_fills_nothing_with_zeros(answer: dict[str, Any]) -> None:
    world = await fill(Scripted(**dict.fromkeys(ANSWERS, answer)))
    claimed = {field for field in FED if seen(world, field).seen_at is not None} - {"identity", "history"}
    assert claimed == set()


async def test_a_source_raises_nothing_but_failed() -> None:
    for source in all_sources(Scripted()):
        if source.name not in ("identity", "history"):
            with pytest.raises(Failed):
                await source.fetch(World(env="dev"))


async def test_hostile_names_reach_the_world_harmless() -> None:
    text = "[/x] \x1b[31m\n漢"
    api = recorded.API | {"serviceName": "clickit-dev-api", "events": [{"id": "e", "message": text}]}
    alarm = recorded.ALARMS["MetricAlarms"][0] | {"StateReason": text, "AlarmDescription": text}
    world = await fill(Scripted(**(ANSWERS | {"DescribeServices": {"services": [api]}, "DescribeAlarms": {"MetricAlarms": [alarm]}})))
    written = msgspec.json.encode([world.services.value, world.alarms.value]).decode()
    assert "\\u001b" not in written
    assert "\\n" not in written
    assert "[/x]" in written
