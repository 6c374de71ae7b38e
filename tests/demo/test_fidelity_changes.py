"""Calls that change something, and what follows as time is stepped: as AWS does."""

from __future__ import annotations

from typing import Any

import pytest

from clickit_tui.demo.launch import Demo
from tests.demo.fidelity import API, CLUSTER, ECS_TOKENS, LOG, SECRET, Aws, Matrix, Row

MATRIX = Matrix()
row = MATRIX.row


async def _service(aws: Aws) -> dict[str, Any]:
    found: dict[str, Any] = (await aws.ask("ecs", "describe_services", cluster=CLUSTER, services=[API["service"]]))["services"][0]
    return found


async def _older(aws: Aws) -> str:
    family, revision = (await _service(aws))["taskDefinition"].rsplit(":", 1)
    return f"{family}:{int(revision) - 1}"


async def _task(aws: Aws) -> str:
    return str((await aws.ask("ecs", "list_tasks", cluster=CLUSTER, serviceName=API["service"]))["taskArns"][0])


# ECS


@row("ecs.UpdateService", "ECS API reference, UpdateService: desiredCount, deploymentConfiguration and the like trigger no new deployment")
async def counts_and_settings_make_no_deployment(aws: Aws) -> None:
    before = await _service(aws)
    given = {"deploymentConfiguration": {"minimumHealthyPercent": 50, "maximumPercent": 150}, "healthCheckGracePeriodSeconds": 90}
    after = (await aws.ask("ecs", "update_service", **API, desiredCount=3, enableExecuteCommand=False, **given))["service"]
    assert [each["id"] for each in after["deployments"]] == [each["id"] for each in before["deployments"]]
    assert (after["desiredCount"], after["enableExecuteCommand"], after["healthCheckGracePeriodSeconds"]) == (3, False, 90)
    assert after["deploymentConfiguration"]["minimumHealthyPercent"] == 50


@row(
    "ecs.UpdateService", "ECS API reference, UpdateService: forceNewDeployment, another taskDefinition or networkConfiguration trigger one"
)
async def definition_force_and_network_make_a_deployment(aws: Aws) -> None:
    before = await _service(aws)
    network = before["networkConfiguration"]["awsvpcConfiguration"]
    for given in (
        {"forceNewDeployment": True},
        {"taskDefinition": await _older(aws)},
        {"networkConfiguration": {"awsvpcConfiguration": network | {"subnets": network["subnets"][:1]}}},
        {"capacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1}]},
    ):
        after = (await aws.ask("ecs", "update_service", **API, **given))["service"]
        assert after["deployments"][0]["id"] not in {each["id"] for each in before["deployments"]}
        assert after["deployments"][0]["rolloutState"] == "IN_PROGRESS"
        before = after
    assert await aws.refused("ecs", "update_service", **API, taskDefinition="none:1") == "ClientException"
    assert await aws.refused("ecs", "update_service", cluster=CLUSTER, service="none") == "ServiceNotFoundException"


@row("ecs.StopTask", "ECS API reference, Task: stopCode UserInitiated, stoppedReason as given; stopped tasks stay for at least an hour")
async def stopped_tasks_say_why_for_an_hour(aws: Aws) -> None:
    task = await _task(aws)
    stopped = (await aws.ask("ecs", "stop_task", cluster=CLUSTER, task=task, reason="stuck"))["task"]
    assert (stopped["stopCode"], stopped["stoppedReason"], stopped["desiredStatus"]) == ("UserInitiated", "stuck", "STOPPED")
    assert stopped["lastStatus"] != "STOPPED"
    aws.demo.step(60)
    found = (await aws.ask("ecs", "describe_tasks", cluster=CLUSTER, tasks=[task]))["tasks"][0]
    assert found["stoppingAt"] < found["stoppedAt"]
    aws.demo.step(3_500)
    listed = (await aws.ask("ecs", "list_tasks", cluster=CLUSTER, desiredStatus="STOPPED"))["taskArns"]
    assert task in listed
    assert await aws.refused("ecs", "stop_task", cluster=CLUSTER, task="0" * 32) == "InvalidParameterException"


@row(
    "ecs.StopServiceDeployment",
    "ECS developer guide, Stopping Amazon ECS service deployments: PENDING and IN_PROGRESS, via ROLLBACK_REQUESTED",
)
async def a_deployment_under_way_is_rolled_back(aws: Aws) -> None:
    before = await _service(aws)
    arn = (await aws.ask("ecs", "update_service", **API, taskDefinition=await _older(aws)))["service"]["currentServiceDeployment"]
    aws.demo.step(5)
    await aws.ask("ecs", "stop_service_deployment", serviceDeploymentArn=arn, stopType="ROLLBACK")
    seen = []
    for seconds in (0, 10, 120):
        aws.demo.step(seconds)
        found = (await aws.ask("ecs", "describe_service_deployments", serviceDeploymentArns=[arn]))["serviceDeployments"][0]
        seen.append(found["status"])
    assert seen == ["ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS", "ROLLBACK_SUCCESSFUL"]
    assert found["rollback"]["reason"]
    assert (await _service(aws))["taskDefinition"] == before["taskDefinition"]


@row(
    "ecs.StopServiceDeployment",
    "ECS developer guide, Stopping Amazon ECS service deployments: one that is rolling back continues; a finished one conflicts",
)
async def stopping_twice_is_accepted_and_a_finished_one_is_not(aws: Aws) -> None:
    finished = (await _service(aws))["currentServiceDeployment"]
    assert await aws.refused("ecs", "stop_service_deployment", serviceDeploymentArn=finished) == "ConflictException"
    arn = (await aws.ask("ecs", "update_service", **API, forceNewDeployment=True))["service"]["currentServiceDeployment"]
    for _ in range(2):
        assert (await aws.ask("ecs", "stop_service_deployment", serviceDeploymentArn=arn))["serviceDeploymentArn"] == arn
    assert await aws.refused("ecs", "stop_service_deployment", serviceDeploymentArn=arn, stopType="ABORT") == "InvalidParameterException"
    assert await aws.refused("ecs", "stop_service_deployment", serviceDeploymentArn=arn + "0") == "ServiceDeploymentNotFoundException"


@row(
    "ecs.DescribeServiceDeployments",
    "ECS developer guide, How the Amazon ECS deployment circuit breaker detects failures: threshold at least 3, rolls back",
)
async def the_breaker_counts_failures_and_rolls_back(aws: Aws) -> None:
    await aws.ask("secretsmanager", "delete_secret", **SECRET)
    arn = (await aws.ask("ecs", "update_service", **API, forceNewDeployment=True))["service"]["currentServiceDeployment"]
    aws.demo.step(90)
    found = (await aws.ask("ecs", "describe_service_deployments", serviceDeploymentArns=[arn]))["serviceDeployments"][0]
    breaker = found["deploymentCircuitBreaker"]
    assert (breaker["status"], breaker["threshold"]) == ("TRIGGERED", 3)
    assert breaker["failureCount"] >= 3
    failed = [each for each in (await _service(aws))["deployments"] if each["rolloutState"] == "FAILED"]
    assert failed[0]["failedTasks"] >= 3


@row(
    "elbv2.DescribeTargetHealth",
    "ELBv2 API reference, TargetHealth: initial (Elb.RegistrationInProgress), healthy, draining (Target.DeregistrationInProgress)",
)
async def targets_go_from_initial_to_draining(aws: Aws) -> None:
    group = (await _service(aws))["loadBalancers"][0]["targetGroupArn"]
    seen: set[tuple[str, str | None]] = set()

    async def watch(steps: int) -> None:
        for _ in range(steps):
            aws.demo.step(1)
            for each in (await aws.ask("elbv2", "describe_target_health", TargetGroupArn=group))["TargetHealthDescriptions"]:
                seen.add((each["TargetHealth"]["State"], each["TargetHealth"].get("Reason")))

    await aws.ask("ecs", "update_service", **API, desiredCount=3)
    await watch(25)
    await aws.ask("ecs", "update_service", **API, desiredCount=2)
    await watch(4)
    reasons = {"initial": "Elb.RegistrationInProgress", "healthy": None, "draining": "Target.DeregistrationInProgress"}
    assert seen >= set(reasons.items())


@row(
    "ecs.ListTagsForResource ecs.TagResource ecs.UntagResource",
    "ECS API reference, TagResource: services, tasks, clusters, task definitions",
)
async def tags_stay_on_every_kind_of_resource(aws: Aws) -> None:
    service = await _service(aws)
    for arn in (service["serviceArn"], service["clusterArn"], service["taskDefinition"], await _task(aws)):
        await aws.ask("ecs", "tag_resource", resourceArn=arn, tags=[{"key": "owner", "value": "anna"}])
        tags = (await aws.ask("ecs", "list_tags_for_resource", resourceArn=arn))["tags"]
        assert {"key": "owner", "value": "anna"} in tags
        await aws.ask("ecs", "untag_resource", resourceArn=arn, tagKeys=["owner"])
        assert {"key": "owner", "value": "anna"} not in (await aws.ask("ecs", "list_tags_for_resource", resourceArn=arn))["tags"]
    given = {"resourceArn": service["serviceArn"], "tags": [{"key": "aws:x", "value": "y"}]}
    assert await aws.refused("ecs", "tag_resource", **given) == "InvalidParameterException"


@row("ecs.ExecuteCommand", "ECS API reference, ExecuteCommand: interactive only; InvalidParameterException where it is not enabled")
async def a_shell_answers_with_a_session(aws: Aws) -> None:
    given = {"cluster": CLUSTER, "task": await _task(aws), "command": "/bin/sh"}
    found = await aws.ask("ecs", "execute_command", **given, interactive=True)
    assert set(found["session"]) == {"sessionId", "streamUrl", "tokenValue"}
    assert found["session"]["streamUrl"].startswith("wss://ssmmessages.")
    assert await aws.refused("ecs", "execute_command", **given, interactive=False) == "InvalidParameterException"
    stopped = (await aws.ask("ecs", "list_tasks", cluster=CLUSTER, desiredStatus="STOPPED"))["taskArns"][0]
    assert await aws.refused("ecs", "execute_command", **given | {"task": stopped}, interactive=True) == "InvalidParameterException"


@row(
    "ssm.StartSession ssm.DescribeSessions ssm.GetConnectionStatus ssm.TerminateSession",
    "Systems Manager API reference, StartSession: SessionId, StreamUrl, TokenValue; TargetNotConnected",
)
async def a_port_forward_is_a_session(aws: Aws) -> None:
    task = (await aws.ask("ecs", "describe_tasks", cluster=CLUSTER, tasks=[await _task(aws)]))["tasks"][0]
    target = f"ecs:{CLUSTER}_{task['taskArn'].rsplit('/', 1)[1]}_{task['containers'][0]['runtimeId']}"
    async with aws("ssm") as ssm:
        made = await ssm.start_session(Target=target, DocumentName="AWS-StartPortForwardingSessionToRemoteHost")
        assert (await ssm.get_connection_status(Target=target))["Status"] == "connected"
        assert [each["SessionId"] for each in (await ssm.describe_sessions(State="Active"))["Sessions"]] == [made["SessionId"]]
        await ssm.terminate_session(SessionId=made["SessionId"])
        assert (await ssm.describe_sessions(State="Active"))["Sessions"] == []
    assert made["TokenValue"]
    assert made["StreamUrl"].startswith("wss://")
    assert await aws.refused("ssm", "start_session", Target="ecs:none") == "TargetNotConnected"


# Alarms and logs


@row(
    "cloudwatch.PutMetricAlarm cloudwatch.PutMetricData cloudwatch.DescribeAlarmHistory cloudwatch.DeleteAlarms",
    "CloudWatch user guide, Evaluating an alarm: INSUFFICIENT_DATA at first, then by the metric; state reason, transition time, history",
)
async def an_alarm_follows_its_metric(aws: Aws) -> None:
    alarm = {"AlarmName": "mine", "Namespace": "Mine", "MetricName": "m", "Statistic": "Maximum", "Period": 60, "EvaluationPeriods": 1}
    states = []
    async with aws("cloudwatch") as cloudwatch:
        await cloudwatch.put_metric_alarm(**alarm, Threshold=5.0, ComparisonOperator="GreaterThanThreshold", TreatMissingData="ignore")
        for value in (None, 9.0, 1.0):
            if value is not None:
                await cloudwatch.put_metric_data(Namespace="Mine", MetricData=[{"MetricName": "m", "Value": value, "Timestamp": aws.now}])
                aws.demo.step(70)
            found = (await cloudwatch.describe_alarms(AlarmNames=["mine"]))["MetricAlarms"][0]
            states.append(found["StateValue"])
        history = (await cloudwatch.describe_alarm_history(AlarmName="mine", HistoryItemType="StateUpdate"))["AlarmHistoryItems"]
        await cloudwatch.delete_alarms(AlarmNames=["mine"])
        assert (await cloudwatch.describe_alarms(AlarmNames=["mine"]))["MetricAlarms"] == []
    assert states == ["INSUFFICIENT_DATA", "ALARM", "OK"]
    assert found["StateReason"].startswith("Threshold Crossed: ")
    assert aws.now - 70 <= found["StateTransitionedTimestamp"].timestamp() <= aws.now
    assert [each["HistorySummary"] for each in history] == [
        "Alarm updated from ALARM to OK",
        "Alarm updated from INSUFFICIENT_DATA to ALARM",
    ]


@row(
    "cloudwatch.PutMetricAlarm",
    "CloudWatch user guide, Configuring how CloudWatch alarms treat missing data: missing, notBreaching, breaching, ignore",
)
async def missing_data_are_treated_as_told(aws: Aws) -> None:
    alarm = {"Namespace": "Mine", "MetricName": "none", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1, "Threshold": 1.0}
    treatments = {"missing": "INSUFFICIENT_DATA", "notBreaching": "OK", "breaching": "ALARM", "ignore": "INSUFFICIENT_DATA"}
    async with aws("cloudwatch") as cloudwatch:
        for treat in treatments:
            await cloudwatch.put_metric_alarm(AlarmName=treat, ComparisonOperator="GreaterThanThreshold", TreatMissingData=treat, **alarm)
        aws.demo.step(70)
        found = (await cloudwatch.describe_alarms(AlarmNames=list(treatments)))["MetricAlarms"]
    assert {each["AlarmName"]: each["StateValue"] for each in found} == treatments


@row(
    "cloudwatch.SetAlarmState cloudwatch.DisableAlarmActions cloudwatch.EnableAlarmActions cloudwatch.PutCompositeAlarm",
    "CloudWatch API reference, SetAlarmState: temporary, the next evaluation sets it back; a composite alarm follows its rule",
)
async def a_state_that_was_set_lasts_until_the_next_evaluation(aws: Aws) -> None:
    name = "clickit-prod-alb-5xx"
    async with aws("cloudwatch") as cloudwatch:
        await cloudwatch.put_composite_alarm(AlarmName="both", AlarmRule=f"ALARM({name})")
        await cloudwatch.disable_alarm_actions(AlarmNames=[name])
        await cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="drill")
        set_ = (await cloudwatch.describe_alarms(AlarmNames=[name]))["MetricAlarms"][0]
        assert (set_["StateValue"], set_["StateReason"], set_["ActionsEnabled"]) == ("ALARM", "drill", False)
        await cloudwatch.enable_alarm_actions(AlarmNames=[name])
        aws.demo.step(70)
        back = (await cloudwatch.describe_alarms(AlarmNames=[name]))["MetricAlarms"][0]
        both = (await cloudwatch.describe_alarms(AlarmNames=["both"], AlarmTypes=["CompositeAlarm"]))["CompositeAlarms"][0]
    assert (back["StateValue"], back["ActionsEnabled"], both["StateValue"]) == ("OK", True, "OK")


@row("logs.FilterLogEvents", "CloudWatch Logs API reference, FilterLogEvents: a page may be empty and still carry a nextToken")
async def a_page_may_be_empty_with_a_token(aws: Aws) -> None:
    aws.demo.log_rate(12)
    aws.demo.step(600)
    page = await aws.ask("logs", "filter_log_events", **LOG, filterPattern='"no such words"')
    assert (page["events"], bool(page.get("nextToken"))) == ([], True)
    found = await aws.pages("logs", "filter_log_events", "events", ECS_TOKENS, **LOG, filterPattern='"no such words"')
    assert found == []


@row(
    "logs.CreateLogGroup logs.PutRetentionPolicy logs.DeleteRetentionPolicy logs.DeleteLogGroup",
    "CloudWatch Logs API reference, PutRetentionPolicy: only the listed numbers of days; without a policy events never expire",
)
async def retention_is_one_of_the_numbers_offered(aws: Aws) -> None:
    async with aws("logs") as logs:
        await logs.create_log_group(logGroupName="/mine")
        assert await aws.refused("logs", "create_log_group", logGroupName="/mine") == "ResourceAlreadyExistsException"
        await logs.put_retention_policy(logGroupName="/mine", retentionInDays=30)
        assert (await logs.describe_log_groups(logGroupNamePrefix="/mine"))["logGroups"][0]["retentionInDays"] == 30
        await logs.delete_retention_policy(logGroupName="/mine")
        assert "retentionInDays" not in (await logs.describe_log_groups(logGroupNamePrefix="/mine"))["logGroups"][0]
        assert await aws.refused("logs", "put_retention_policy", logGroupName="/mine", retentionInDays=2) == "InvalidParameterException"
        await logs.delete_log_group(logGroupName="/mine")
    assert await aws.refused("logs", "put_retention_policy", logGroupName="/mine", retentionInDays=30) == "ResourceNotFoundException"


@row("logs.PutLogEvents", "CloudWatch Logs API reference, PutLogEvents: what is put is found by FilterLogEvents, ingested now")
async def what_is_put_is_found(aws: Aws) -> None:
    async with aws("logs") as logs:
        stream = (await logs.describe_log_streams(**LOG))["logStreams"][0]["logStreamName"]
        event = {"timestamp": int(aws.now * 1000) - 5000, "message": "hello from afar"}
        await logs.put_log_events(**LOG, logStreamName=stream, logEvents=[event])
        found = (await logs.filter_log_events(**LOG, filterPattern="hello afar", startTime=event["timestamp"]))["events"]
    assert [(each["message"], each["timestamp"]) for each in found] == [(event["message"], event["timestamp"])]
    assert found[0]["ingestionTime"] >= event["timestamp"]


@row(
    "logs.StartQuery logs.GetQueryResults logs.StopQuery logs.DescribeQueries",
    "CloudWatch Logs user guide, Logs Insights query syntax: fields, filter, stats count(*) by bin(); a query runs before it is Complete",
)
async def insights_counts_by_bin(aws: Aws) -> None:
    window = {"startTime": int(aws.now) - 600, "endTime": int(aws.now)}
    query = 'fields @timestamp, @message | filter level = "INFO" | stats count(*) as lines by bin(5m)'
    async with aws("logs") as logs:
        started = (await logs.start_query(**LOG, **window, queryString=query))["queryId"]
        first = (await logs.get_query_results(queryId=started))["status"]
        aws.demo.step(10)
        done = await logs.get_query_results(queryId=started)
        other = (await logs.start_query(**LOG, **window, queryString=query))["queryId"]
        assert (await logs.stop_query(queryId=other))["success"]
        assert (await logs.get_query_results(queryId=other))["status"] == "Cancelled"
        known = {each["queryId"] for each in (await logs.describe_queries())["queries"]}
    assert first in ("Scheduled", "Running")
    assert done["status"] == "Complete"
    assert {started, other} <= known
    rows = [{field["field"]: field["value"] for field in each} for each in done["results"]]
    assert all(int(each["lines"]) > 0 and each["bin(5m)"].endswith(".000") for each in rows)
    assert done["statistics"]["recordsMatched"] == sum(int(each["lines"]) for each in rows)
    assert await aws.refused("logs", "start_query", **LOG, **window, queryString="statz x") == "MalformedQueryException"


@pytest.mark.parametrize("line", MATRIX.rows, ids=lambda line: line.id)
async def test_changes_as_aws_does(line: Row, demo: Demo) -> None:
    await line.proof(Aws(demo))
