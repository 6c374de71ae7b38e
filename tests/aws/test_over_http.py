"""All sources against the embedded ClickIt over real HTTP."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from clickit_tui.aws.errors import fault_of
from clickit_tui.aws.gateway import Gateway
from clickit_tui.aws.sources import sources
from clickit_tui.config import Config
from clickit_tui.demo.launch import Demo
from clickit_tui.naming import LOG_SOURCES, names
from clickit_tui.poll import Poller
from clickit_tui.store import Store
from clickit_tui.world.parts import ClusterMissing
from clickit_tui.world.seen import Absent, Seen, Trouble
from clickit_tui.world.world import ON_DEMAND, World


class Running:
    """A poller on the demo, and the World it feeds."""

    def __init__(self, env: str) -> None:
        config = Config(env=env, names=names(env))
        self.gateway = Gateway(config)
        self.store = Store(World(env=env))
        self.poller = Poller(self.store, sources(self.gateway, config, clock=time.time), fault_of=fault_of, rng=random.Random(1))
        self.store.subscribe(self.poller.fields - ON_DEMAND, lambda world, changed: None)

    @property
    def world(self) -> World:
        return self.store.world

    @property
    def faults(self) -> dict[str, tuple[Trouble, str]]:
        fields: dict[str, Seen[object]] = {field: getattr(self.world, field) for field in self.poller.fields}
        return {name: (seen.fault.kind, seen.fault.sentence) for name, seen in fields.items() if seen.fault}


@asynccontextmanager
async def filled(env: str) -> AsyncIterator[Running]:
    """The World after each source has been tried once."""
    running = Running(env)
    running.poller.start()
    await running.poller.tried(running.poller.fields - ON_DEMAND)
    try:
        yield running
    finally:
        await running.poller.stop()
        await running.gateway.close()


@pytest.mark.parametrize("env", ["dev", "prod"])
async def test_every_field_of_the_world_is_filled(demo: Demo, env: str) -> None:
    async with filled(env) as running:
        world = running.world
        assert running.faults == {}
        assert [service.part for service in world.services.value or ()] == ["api", "frontend"]
        assert {task.part for task in world.tasks.value or ()} >= {"api", "frontend"}
        assert {definition.family for definition in world.definitions.value or ()} >= {f"clickit-{env}-api", f"clickit-{env}-frontend"}
        assert {target.state for target in world.targets.value or ()} == {"healthy"}
        for field in (world.balancer, world.database, world.cache, world.cluster):
            assert field.value is not None
            assert not isinstance(field.value, (Absent, ClusterMissing))
        assert world.nat.value
        assert world.alarms.value
        assert world.service_deployments.value
    counts = demo.counts()
    assert counts["cloudwatch.GetMetricData"] == 2, "one a minute for the metrics, one an hour for what is usual"
    assert sum(counts.values()) <= 60


async def test_what_is_read_on_demand_is_read_when_a_screen_shows_it(demo: Demo) -> None:
    async with filled("prod") as running:
        assert {field: getattr(running.world, field).seen_at for field in ON_DEMAND} == dict.fromkeys(ON_DEMAND)
        running.store.subscribe(("log_groups", "usage"), lambda world, changed: None)
        await asyncio.wait_for(running.poller.tried(("log_groups", "usage")), 20)
        usage = running.world.usage.value
        assert running.faults == {}
        assert usage is not None
        took = {name: size > 0 for name, size in usage.ingested}
        assert took == {f"/ecs/clickit-prod-{part}": part != "migration" for part in LOG_SOURCES}
        assert usage.capacity_units is not None
        assert 0 < usage.capacity_units < 5
        assert (usage.nat_bytes or 0) > 0
        assert "ce.GetCostAndUsage" not in demo.counts()


async def test_every_metric_has_an_hour_of_points_but_the_errors(demo: Demo) -> None:
    async with filled("prod") as running:
        metrics = running.world.metrics.value
    assert metrics is not None
    points = {key: len(series.times) for key, series in metrics.series.items()}
    always = {
        key: many for key, many in points.items() if not key.startswith("edge.") or key in ("edge.requests", "edge.p95", "edge.healthy")
    }
    assert {key: many for key, many in always.items() if many < 3600 // metrics.series[key].period_s} == {}
    assert {series.status for series in metrics.series.values()} == {"Complete"}
    running_tasks = metrics.series["api.running"].values[-1]
    assert running_tasks == len([task for task in running.world.tasks.value or () if task.part == "api" and task.status == "RUNNING"])


async def test_an_unknown_environment_says_what_was_looked_for_and_what_is_here(demo: Demo) -> None:
    async with filled("prd") as running:
        missing = running.world.cluster.value
        assert isinstance(missing, ClusterMissing)
        assert (missing.looked_for, missing.nearest) == ("clickit-prd-cluster", "clickit-prod-cluster")
        assert {"clickit-dev-cluster", "clickit-prod-cluster"} <= set(missing.here)
        assert running.faults["services"] == (Trouble.MISSING, "not found: looked for cluster clickit-prd-cluster")
        assert running.world.database.value == Absent(looked_for="database instance clickit-prd-db")


async def test_a_denied_operation_hides_only_what_it_feeds(demo: Demo) -> None:
    demo.fault("rds.DescribeDBInstances=deny")
    demo.fault("ecs.DescribeServices=deny")
    async with filled("dev") as running:
        kinds = {field: kind for field, (kind, _) in running.faults.items()}
        assert kinds == {
            "database": Trouble.DENIED,
            "services": Trouble.DENIED,
            "target_groups": Trouble.WAITING,
            "balancer": Trouble.WAITING,
            "targets": Trouble.WAITING,
            "nat": Trouble.WAITING,
            "rules": Trouble.WAITING,
            "subnets": Trouble.WAITING,
            "waits": Trouble.WAITING,
            "usual": Trouble.WAITING,
        }
        assert running.faults["targets"][1] == "waits for services: no permission: ecs:DescribeServices"


async def test_a_failure_keeps_the_last_good_value_and_recovers(demo: Demo) -> None:
    async with filled("dev") as running:
        before = running.world.tasks.value
        demo.fault("ecs.DescribeTasks=deny")
        demo.fault("ecs.ListTasks=deny")
        await running.poller.read_now(["tasks"])
        assert running.world.tasks.value == before
        assert running.world.tasks.fault is not None
        demo.heal()
        await running.poller.read_now(["tasks"])
        assert running.world.tasks.fault is None
