"""Over HTTP, held still and stepped: what services, tasks and targets do after each call, as ECS does it."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from clickit_tui.demo.launch import Demo
from tests.conftest import Client

CLUSTER, SERVICE = "clickit-dev-cluster", "clickit-dev-api"
NAMED = {"cluster": CLUSTER, "service": SERVICE}


async def _service(ecs: Any) -> dict[str, Any]:
    found = await ecs.describe_services(cluster=CLUSTER, services=[SERVICE])
    return dict(found["services"][0])


async def _tasks(ecs: Any, status: str = "RUNNING") -> list[dict[str, Any]]:
    arns = (await ecs.list_tasks(cluster=CLUSTER, serviceName=SERVICE, desiredStatus=status))["taskArns"]
    return list((await ecs.describe_tasks(cluster=CLUSTER, tasks=arns))["tasks"]) if arns else []


async def _health(aws: Client, service: dict[str, Any]) -> list[str]:
    async with aws("elbv2") as elbv2:
        found = await elbv2.describe_target_health(TargetGroupArn=service["loadBalancers"][0]["targetGroupArn"])
    return sorted(each["TargetHealth"]["State"] for each in found["TargetHealthDescriptions"])


async def test_scaling_makes_no_deployment_and_ends_with_healthy_targets(demo: Demo, aws: Client) -> None:
    async with aws("ecs") as ecs:
        before = await _service(ecs)
        answer = (await ecs.update_service(**NAMED, desiredCount=3))["service"]
        assert (answer["desiredCount"], answer["runningCount"]) == (3, 2)
        assert [each["id"] for each in answer["deployments"]] == [each["id"] for each in before["deployments"]]
        seen = set()
        for _ in range(30):
            demo.step(1)
            seen |= {each["lastStatus"] for each in await _tasks(ecs)}
        assert {"PROVISIONING", "PENDING", "RUNNING"} <= seen
        demo.step(30)
        after = await _service(ecs)
    assert (after["runningCount"], after["pendingCount"]) == (3, 0)
    assert after["deployments"][0]["rolloutState"] == "COMPLETED"
    assert await _health(aws, after) == ["healthy"] * 3


async def test_scaling_to_zero_drains_and_stops(demo: Demo, aws: Client) -> None:
    async with aws("ecs") as ecs:
        await ecs.update_service(**NAMED, desiredCount=0)
        demo.step(2)
        assert await _health(aws, await _service(ecs)) == ["draining", "draining"]
        demo.step(60)
        assert await _tasks(ecs) == []
        stopped = await _tasks(ecs, "STOPPED")
    assert {each["stopCode"] for each in stopped} == {"ServiceSchedulerInitiated"}
    assert all(each["stoppedReason"].startswith("Scaling activity initiated by (deployment ecs-svc/") for each in stopped)


async def test_force_new_deployment_rolls_without_losing_health(demo: Demo, aws: Client) -> None:
    async with aws("ecs") as ecs:
        old = {each["taskArn"] for each in await _tasks(ecs)}
        answer = (await ecs.update_service(**NAMED, forceNewDeployment=True))["service"]
        assert [each["status"] for each in answer["deployments"]] == ["PRIMARY", "ACTIVE"]
        assert answer["deployments"][0]["rolloutState"] == "IN_PROGRESS"
        for _ in range(25):
            demo.step(4)
            assert (await _health(aws, answer)).count("healthy") >= 2
        after = await _service(ecs)
        new = {each["taskArn"] for each in await _tasks(ecs)}
    assert [each["id"] for each in after["deployments"]] == [answer["deployments"][0]["id"]]
    assert after["deployments"][0]["rolloutState"] == "COMPLETED"
    assert len(new) == 2
    assert not new & old
    assert "has reached a steady state" in after["events"][0]["message"]


async def test_the_same_task_definition_makes_no_deployment_and_another_one_does(demo: Demo, aws: Client) -> None:
    async with aws("ecs") as ecs:
        before = await _service(ecs)
        same = (await ecs.update_service(**NAMED, taskDefinition=before["taskDefinition"]))["service"]
        assert len(same["deployments"]) == 1
        family, revision = before["taskDefinition"].rsplit(":", 1)
        older = f"{family}:{int(revision) - 1}"
        changed = (await ecs.update_service(**NAMED, taskDefinition=older))["service"]
        assert (changed["taskDefinition"], changed["deployments"][0]["taskDefinition"]) == (older, older)
        demo.step(120)
        after = await _service(ecs)
        deployments = (await ecs.list_service_deployments(**NAMED))["serviceDeployments"]
    assert [each["taskDefinition"] for each in after["deployments"]] == [older]
    assert [each["status"] for each in deployments[:2]] == ["SUCCESSFUL", "SUCCESSFUL"]
    assert after["currentServiceDeployment"] == deployments[0]["serviceDeploymentArn"]


async def test_a_running_deployment_can_be_rolled_back_and_a_finished_one_not(demo: Demo, aws: Client) -> None:
    async with aws("ecs") as ecs:
        before = await _service(ecs)
        with pytest.raises(ClientError) as caught:
            await ecs.stop_service_deployment(serviceDeploymentArn=before["currentServiceDeployment"], stopType="ROLLBACK")
        assert caught.value.response["Error"]["Code"] == "ConflictException"
        family, revision = before["taskDefinition"].rsplit(":", 1)
        changed = (await ecs.update_service(**NAMED, taskDefinition=f"{family}:{int(revision) - 1}"))["service"]
        demo.step(5)
        arn = changed["currentServiceDeployment"]
        await ecs.stop_service_deployment(serviceDeploymentArn=arn, stopType="ROLLBACK")
        demo.step(120)
        after = await _service(ecs)
        found = (await ecs.describe_service_deployments(serviceDeploymentArns=[arn]))["serviceDeployments"][0]
    assert after["taskDefinition"] == before["taskDefinition"]
    assert (found["status"], after["deployments"][0]["rolloutState"]) == ("ROLLBACK_SUCCESSFUL", "COMPLETED")


async def test_a_stopped_task_says_why_and_is_replaced(demo: Demo, aws: Client) -> None:
    async with aws("ecs") as ecs:
        victim = (await _tasks(ecs))[0]["taskArn"]
        answer = (await ecs.stop_task(cluster=CLUSTER, task=victim, reason="stuck"))["task"]
        assert (answer["desiredStatus"], answer["stopCode"], answer["stoppedReason"]) == ("STOPPED", "UserInitiated", "stuck")
        demo.step(60)
        found = (await ecs.describe_tasks(cluster=CLUSTER, tasks=[victim]))["tasks"][0]
        assert (found["lastStatus"], found["containers"][0]["exitCode"]) == ("STOPPED", 0)
        service = await _service(ecs)
        assert service["runningCount"] == 2
        assert len(service["deployments"]) == 1
        demo.step(3_700)
        gone = await ecs.describe_tasks(cluster=CLUSTER, tasks=[victim])
    assert (gone["tasks"], gone["failures"][0]["reason"]) == ([], "MISSING")


async def test_a_secret_marked_for_deletion_breaks_the_next_deployment_and_the_breaker_rolls_it_back(demo: Demo, aws: Client) -> None:
    async with aws("secretsmanager") as secrets:
        await secrets.delete_secret(SecretId="clickit/dev/jwt-secret-key")
    async with aws("ecs") as ecs:
        changed = (await ecs.update_service(**NAMED, forceNewDeployment=True))["service"]
        demo.step(90)
        service = await _service(ecs)
        stopped = await _tasks(ecs, "STOPPED")
        found = await ecs.describe_service_deployments(serviceDeploymentArns=[changed["currentServiceDeployment"]])
    assert any("marked for deletion" in each["stoppedReason"] for each in stopped)
    assert {each["stopCode"] for each in stopped} <= {"TaskFailedToStart", "ServiceSchedulerInitiated"}
    assert found["serviceDeployments"][0]["deploymentCircuitBreaker"]["status"] == "TRIGGERED"
    assert found["serviceDeployments"][0]["status"] == "ROLLBACK_IN_PROGRESS"
    assert any("unable to place a task" in each["message"] for each in service["events"])
    assert await _health(aws, service) == ["healthy", "healthy"]


async def test_list_tasks_honours_its_filters_and_pages(aws: Client) -> None:
    async with aws("ecs") as ecs:
        first = await ecs.list_tasks(cluster=CLUSTER, maxResults=1)
        second = await ecs.list_tasks(cluster=CLUSTER, maxResults=100, nextToken=first["nextToken"])
        assert (len(first["taskArns"]), len(second["taskArns"])) == (1, 2)
        with pytest.raises(ClientError) as caught:
            await ecs.list_tasks(cluster=CLUSTER, serviceName="nowhere")
        migrations = await ecs.list_tasks(cluster=CLUSTER, family="clickit-dev-migration", desiredStatus="STOPPED")
        task = (await ecs.describe_tasks(cluster=CLUSTER, tasks=migrations["taskArns"]))["tasks"][0]
    assert caught.value.response["Error"]["Code"] == "ServiceNotFoundException"
    assert task["containers"][0]["exitCode"] == 0


async def test_a_stopped_database_is_felt_everywhere(demo: Demo, aws: Client) -> None:
    async with aws("rds") as rds:
        answer = await rds.stop_db_instance(DBInstanceIdentifier="clickit-prod-db")
        assert answer["DBInstance"]["DBInstanceStatus"] == "stopping"
        demo.step(420)
        found = await rds.describe_db_instances(DBInstanceIdentifier="clickit-prod-db")
    assert found["DBInstances"][0]["DBInstanceStatus"] == "stopped"
    assert found["DBInstances"][0]["AutomaticRestartTime"]
    async with aws("cloudwatch") as cloudwatch:
        alarms = await cloudwatch.describe_alarms(AlarmNames=["clickit-prod-alb-5xx"])
        history = await cloudwatch.describe_alarm_history(AlarmName="clickit-prod-alb-5xx", HistoryItemType="StateUpdate")
    assert alarms["MetricAlarms"][0]["StateValue"] == "ALARM"
    assert history["AlarmHistoryItems"]
    async with aws("logs") as logs:
        events = await logs.filter_log_events(logGroupName="/ecs/clickit-prod-api", filterPattern='{ $.level = "ERROR" }', limit=50)
    assert any("port 5432 failed: Connection refused" in each["message"] for each in events["events"])
