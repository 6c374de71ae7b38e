"""A task whose agent starts, over real HTTP: it is waited for, and nothing is asked of ECS before."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from clickit_tui.aws import ecs
from clickit_tui.checks.preflight import preflight, stopper
from clickit_tui.checks.registry import Facts
from clickit_tui.config import Thresholds
from clickit_tui.demo.launch import Demo
from clickit_tui.naming import names
from clickit_tui.world.world import World
from tests import worlds
from tests.conftest import Client

NAMES = names("dev")
FACTS = Facts(now=worlds.NOW, names=NAMES, thresholds=Thresholds(), machine=worlds.MACHINE)


async def test_an_agent_that_starts_is_waited_for_until_it_runs(demo: Demo, aws: Client) -> None:
    async with aws("ecs") as client:

        async def newest() -> ecs.Task | None:
            listed = (await client.list_tasks(cluster=NAMES.cluster, serviceName="clickit-dev-api"))["taskArns"]
            found = [ecs.task(each, NAMES) for each in (await client.describe_tasks(cluster=NAMES.cluster, tasks=listed))["tasks"]]
            return next((each for each in found if each.arn not in known), None)

        known = set((await client.list_tasks(cluster=NAMES.cluster, serviceName="clickit-dev-api"))["taskArns"])
        await client.stop_task(cluster=NAMES.cluster, task=min(known))
        waited = []
        for _ in range(120):
            demo.step(1)
            task = await newest()
            if task is None:
                continue
            stops = stopper(preflight(World(env="dev"), FACTS, task))
            if stops is None:
                break
            assert stops.waits, stops
            waited.append(stops.name)
            if stops.name == "agent" and waited.count("agent") == 1:
                with pytest.raises(ClientError, match="TargetNotConnected"):
                    await client.execute_command(cluster=NAMES.cluster, task=task.arn, container="api", interactive=True, command="sh")
        assert list(dict.fromkeys(waited)) == ["task", "agent"]
        assert task is not None
        assert task.containers[0].exec_agent == "RUNNING"
