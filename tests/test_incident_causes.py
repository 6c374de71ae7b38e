"""Every incident of the demo that stops tasks shows its right group of causes, over HTTP."""

from __future__ import annotations

import pytest

from clickit_tui.aws import ecs
from clickit_tui.demo.launch import Demo
from clickit_tui.naming import names
from clickit_tui.world.causes import cause_of
from tests.conftest import Client

NAMES = names("dev")
INCIDENTS = {
    "app_crash": "exit",
    "circuit_breaker": "exit",
    "container_health": "container-health",
    "digest_expired": "image-missing",
    "elb_kill": "elb-health",
    "image_tag_missing": "image-missing",
    "log_group_missing": "log-group",
    "out_of_memory": "oom",
    "pull_denied": "pull-denied",
    "scale_in": "routine",
    "secret_deleted": "secret-deleted",
    "secret_denied": "role-secret",
    "secret_key_missing": "secret-key",
    "secret_missing": "secret-missing",
    "spot_capacity": "capacity",
    "spot_reclaim": "spot",
    "stop_timeout": "routine",
    "subnet_full": "network-interface",
    "wrong_platform": "pull-platform",
}


QUICK = ("circuit_breaker", "image_tag_missing", "out_of_memory", "subnet_full")
"""Incidents of a plain run; the others are played in a long one."""


@pytest.mark.parametrize(
    ("incident", "cause"), [pytest.param(*each, marks=() if each[0] in QUICK else pytest.mark.long) for each in INCIDENTS.items()]
)
async def test_an_incidents_stopped_tasks_are_of_its_cause(demo: Demo, aws: Client, incident: str, cause: str) -> None:
    demo.reset(seed=1, paused=True, elapsed_s=2400.0, incident=incident.replace("_", "-"))
    found: dict[str, int] = {}
    async with aws("ecs") as client:
        for cluster in ("clickit-dev-cluster", "clickit-prod-cluster"):
            arns = (await client.list_tasks(cluster=cluster, desiredStatus="STOPPED"))["taskArns"]
            if arns:
                answer = await client.describe_tasks(cluster=cluster, tasks=arns[:100])
                for task in (ecs.task(each, NAMES) for each in answer["tasks"]):
                    if task.stopped and not task.group.startswith("family:"):
                        found[cause_of(task).id] = found.get(cause_of(task).id, 0) + 1
    assert cause in found, found
    if cause != "oom":
        assert "oom" not in found
