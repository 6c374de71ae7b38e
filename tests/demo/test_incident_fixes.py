"""What the answers call the fix ends the incident; in process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from clickit_tui.demo.incidents import plot, registry
from clickit_tui.demo.simulator import Simulator
from clickit_tui.demo.table import table
from tests.demo.symptoms import AVAILABLE, full
from tests.demo.test_incidents import ELAPSED_S, in_process
from tests.demo.test_simulator import START

API = {"cluster": "clickit-prod-cluster", "service": "clickit-prod-api"}
BACK = ("ecs", "UpdateService", API | {"taskDefinition": "clickit-prod-api:38"})


def _migration(sim: Simulator) -> str:
    env = sim.envs["prod"]
    return next(each.arn for each in env.tasks.values() if each.last_status == "RUNNING" and not each.service)


def _group(role: str) -> Callable[[Simulator], str]:
    return lambda sim: sim.envs["prod"].network.groups[role].id


def _from_tasks(sim: Simulator) -> list[dict[str, Any]]:
    return [{"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "UserIdGroupPairs": [{"GroupId": _group("app")(sim)}]}]


DATABASE = {"DBInstanceIdentifier": "clickit-prod-db"}
SCALED = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/clickit-prod-cluster/clickit-prod-api",
    "ScalableDimension": "ecs:service:DesiredCount",
}
FIXES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "bad-deployment": BACK,
    "connection-leak": BACK,
    "slow-endpoint": BACK,
    "database-stopped": ("rds", "StartDBInstance", DATABASE),
    "storage-full": ("rds", "ModifyDBInstance", DATABASE | {"AllocatedStorage": 60, "ApplyImmediately": True}),
    "sg-rule-removed": ("ec2", "AuthorizeSecurityGroupIngress", {"GroupId": _group("db"), "IpPermissions": _from_tasks}),
    "database-cpu": ("rds", "RebootDBInstance", DATABASE),
    "io-balance": ("rds", "RebootDBInstance", DATABASE),
    "cpu-saturation": ("application-autoscaling", "RegisterScalableTarget", SCALED | {"MaxCapacity": 14}),
    "log-group-missing": ("logs", "CreateLogGroup", {"logGroupName": "/ecs/clickit-prod-api"}),
    "secret-key-missing": (
        "secretsmanager",
        "PutSecretValue",
        {"SecretId": "clickit/prod/database-url", "SecretString": '{"password": "x", "url": "y"}'},
    ),
    "spot-capacity": (
        "ecs",
        "UpdateService",
        {
            "cluster": "clickit-dev-cluster",
            "service": "clickit-dev-api",
            "capacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1}],
        },
    ),
    "secret-deleted": ("secretsmanager", "RestoreSecret", {"SecretId": "clickit/prod/jwt-secret-key"}),
    "digest-expired": ("ecs", "UpdateService", API | {"forceNewDeployment": True}),
    "migration-locks": ("ecs", "StopTask", {"cluster": "clickit-prod-cluster", "task": _migration}),
}


@pytest.mark.parametrize("name", list(FIXES))
async def test_the_fix_ends_the_incident(name: str) -> None:
    sim = Simulator(seed=1, now=START)
    plot.begin(registry.INCIDENTS[name], sim)
    sim.step(START + ELAPSED_S)
    service, operation, params = FIXES[name]
    given = {key: value(sim) if callable(value) else value for key, value in params.items()}
    table()[service, operation](sim, given)
    sim.step(sim.now + 1200)
    look = in_process(sim, registry.INCIDENTS[name].env)
    look.window_s = 300
    assert sum(await look.balancer("HTTPCode_Target_5XX_Count")) < 20
    assert (await look.balancer("TargetResponseTime", "p95"))[-1] < 0.3
    assert await full()(look)
    assert await AVAILABLE(look)
    assert (await look.alarms())["alb-5xx"] == "OK"
