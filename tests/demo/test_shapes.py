"""Every operation's answer has only members that AWS's models know, of the types they say, and survives each protocol."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from clickit_tui.demo import wire
from clickit_tui.demo.simulator import Simulator
from clickit_tui.demo.table import snake, table

START = 1_795_500_000.0
Given = Callable[[Simulator], dict[str, Any]]


def complaints(shape: Any, value: object, where: str) -> Iterator[str]:
    """What in a value does not fit botocore's shape; timestamps are numbers on this side of the wire."""
    kind = shape.type_name
    if kind == "structure":
        if not isinstance(value, Mapping):
            yield f"{where}: {value!r} is no structure"
            return
        for name in shape.required_members:
            if value.get(name) is None:
                yield f"{where}: {name} is missing"
        for name, each in value.items():
            if name not in shape.members:
                yield f"{where}: {name} is not in the model"
            elif each is not None:
                yield from complaints(shape.members[name], each, f"{where}.{name}")
        return
    if kind == "list":
        if not isinstance(value, list | tuple):
            yield f"{where}: {value!r} is no list"
            return
        for index, each in enumerate(value):
            yield from complaints(shape.member, each, f"{where}[{index}]")
        return
    if kind == "map":
        assert isinstance(value, Mapping)
        for key, each in value.items():
            yield from complaints(shape.value, each, f"{where}[{key}]")
        return
    types: dict[str, Any] = {"string": str, "boolean": bool, "integer": int, "long": int, "timestamp": (int, float), "blob": bytes}
    if not isinstance(value, types.get(kind, (int, float))) or (isinstance(value, bool) and kind != "boolean"):
        yield f"{where}: {value!r} is no {kind}"
    if kind == "string" and getattr(shape, "enum", None) and value not in shape.enum:
        yield f"{where}: {value!r} is none of {shape.enum}"


def _dev(sim: Simulator) -> Any:
    return sim.envs["dev"]


def _query(sim: Simulator) -> str:
    asked = {"logGroupName": "/ecs/clickit-dev-api", "startTime": int(START) - 600, "endTime": int(START), "queryString": "fields @message"}
    return str(sim.insights.start_query(asked, START)["queryId"])


CPU = [{"Name": "ClusterName", "Value": "clickit-dev-cluster"}, {"Name": "ServiceName", "Value": "clickit-dev-api"}]
LOGS = {"logGroupName": "/ecs/clickit-dev-api"}
SECRET = {"SecretId": "clickit/dev/jwt-secret-key"}
DB = {"DBInstanceIdentifier": "clickit-dev-db"}
SCALED = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/clickit-prod-cluster/clickit-prod-api",
    "ScalableDimension": "ecs:service:DesiredCount",
}
SERVICE = {"cluster": "clickit-dev-cluster", "service": "clickit-dev-api"}
WINDOW = {"StartTime": START - 900, "EndTime": START}
METRIC = {"Namespace": "AWS/ECS", "MetricName": "CPUUtilization", "Dimensions": CPU}
ALARM = {"AlarmName": "mine", "ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 1, "Period": 60, "Statistic": "Average"}
ALARMS = {"AlarmNames": ["clickit-prod-alb-5xx"]}

GIVEN: dict[str, Given] = {
    "ecs.DescribeClusters": lambda sim: {"clusters": ["clickit-dev-cluster", "nowhere"]},
    "ecs.ListServices": lambda sim: {"cluster": "clickit-dev-cluster"},
    "ecs.DescribeServices": lambda sim: {"cluster": "clickit-dev-cluster", "services": ["clickit-dev-api", "none"], "include": ["TAGS"]},
    "ecs.ListTasks": lambda sim: {"cluster": "clickit-dev-cluster"},
    "ecs.DescribeTasks": lambda sim: {"cluster": "clickit-dev-cluster", "tasks": [*_dev(sim).tasks, "none"]},
    "ecs.StopTask": lambda sim: {"cluster": "clickit-dev-cluster", "task": next(iter(_dev(sim).tasks))},
    "ecs.UpdateService": lambda sim: {**SERVICE, "forceNewDeployment": True, "desiredCount": 3},
    "ecs.DescribeTaskDefinition": lambda sim: {"taskDefinition": "clickit-dev-api"},
    "ecs.ListServiceDeployments": lambda sim: SERVICE,
    "ecs.DescribeServiceDeployments": lambda sim: {"serviceDeploymentArns": [each.arn for each in _dev(sim).services["api"].deployments]},
    "ecs.StopServiceDeployment": lambda sim: {"serviceDeploymentArn": _deploying(sim), "stopType": "ROLLBACK"},
    "ecs.DescribeServiceRevisions": lambda sim: {"serviceRevisionArns": [_dev(sim).services["api"].primary.revision.arn, "none"]},
    "ecs.ListTagsForResource": lambda sim: {"resourceArn": _dev(sim).services["api"].arn},
    "ecs.TagResource": lambda sim: {"resourceArn": _dev(sim).services["api"].arn, "tags": [{"key": "a", "value": "b"}]},
    "ecs.UntagResource": lambda sim: {"resourceArn": _dev(sim).services["api"].arn, "tagKeys": ["Project"]},
    "ecs.ExecuteCommand": lambda sim: {**_shell(sim), "command": "/bin/sh", "interactive": True},
    "elbv2.DescribeLoadBalancerAttributes": lambda sim: {"LoadBalancerArn": _dev(sim).balancer.arn},
    "elbv2.DescribeTargetGroupAttributes": lambda sim: {"TargetGroupArn": _dev(sim).groups["api"].arn},
    "elbv2.DescribeTargetHealth": lambda sim: {"TargetGroupArn": _dev(sim).groups["api"].arn},
    "elbv2.DescribeListeners": lambda sim: {"LoadBalancerArn": _dev(sim).balancer.arn},
    "elbv2.DescribeRules": lambda sim: {"ListenerArn": _dev(sim).balancer.listener},
    "elbv2.DescribeTags": lambda sim: {"ResourceArns": [_dev(sim).balancer.arn]},
    "rds.StopDBInstance": lambda sim: DB,
    "rds.StartDBInstance": lambda sim: _stopped(sim),
    "rds.RebootDBInstance": lambda sim: DB,
    "rds.CreateDBSnapshot": lambda sim: {**DB, "DBSnapshotIdentifier": "mine"},
    "rds.DescribeEvents": lambda sim: {"Duration": 20_160},
    "rds.RestoreDBInstanceFromDBSnapshot": lambda sim: {"DBInstanceIdentifier": "new", "DBSnapshotIdentifier": _dev(sim).snapshots[0].id},
    "rds.RestoreDBInstanceToPointInTime": lambda sim: {
        "SourceDBInstanceIdentifier": "clickit-dev-db",
        "TargetDBInstanceIdentifier": "new",
        "UseLatestRestorableTime": True,
    },
    "rds.ListTagsForResource": lambda sim: {"ResourceName": _dev(sim).database.arn},
    "elasticache.DescribeCacheClusters": lambda sim: {"ShowCacheNodeInfo": True},
    "elasticache.ListTagsForResource": lambda sim: {"ResourceName": "any"},
    "secretsmanager.DescribeSecret": lambda sim: SECRET,
    "secretsmanager.ListSecretVersionIds": lambda sim: SECRET,
    "secretsmanager.PutSecretValue": lambda sim: {**SECRET, "SecretString": "x"},
    "secretsmanager.UpdateSecret": lambda sim: {**SECRET, "SecretString": "x"},
    "secretsmanager.DeleteSecret": lambda sim: SECRET,
    "secretsmanager.RestoreSecret": lambda sim: SECRET,
    "secretsmanager.UpdateSecretVersionStage": lambda sim: {**SECRET, **_previous(sim)},
    "ecr.ListImages": lambda sim: {"repositoryName": "clickit/api"},
    "ecr.DescribeImages": lambda sim: {"repositoryName": "clickit/api"},
    "ecr.BatchGetImage": lambda sim: {"repositoryName": "clickit/api", "imageIds": [{"imageTag": "latest"}, {"imageTag": "none"}]},
    "ecr.DescribeImageScanFindings": lambda sim: {"repositoryName": "clickit/api", "imageId": {"imageTag": "latest"}},
    "ecr.StartImageScan": lambda sim: {"repositoryName": "clickit/api", "imageId": {"imageTag": "latest"}},
    "sts.AssumeRole": lambda sim: {"RoleArn": "arn:aws:iam::123456789012:role/OnCall", "RoleSessionName": "anna"},
    "application-autoscaling.DescribeScalableTargets": lambda sim: {"ServiceNamespace": "ecs"},
    "application-autoscaling.RegisterScalableTarget": lambda sim: {**SCALED, "MinCapacity": 2, "MaxCapacity": 8},
    "application-autoscaling.DescribeScalingPolicies": lambda sim: {"ServiceNamespace": "ecs"},
    "application-autoscaling.DescribeScalingActivities": lambda sim: {"ServiceNamespace": "ecs"},
    "application-autoscaling.DescribeScheduledActions": lambda sim: {"ServiceNamespace": "ecs"},
    "ce.GetCostAndUsage": lambda sim: {
        "TimePeriod": {"Start": "2026-11-01", "End": "2026-11-20"},
        "Granularity": "DAILY",
        "Metrics": ["UnblendedCost"],
        "GroupBy": [{"Type": "DIMENSION", "Key": "SERVICE"}],
    },
    "iam.SimulatePrincipalPolicy": lambda sim: {
        "PolicySourceArn": "arn:aws:iam::123456789012:role/clickit-dev-api-task",
        "ActionNames": ["ssmmessages:OpenDataChannel"],
    },
    "ssm.StartSession": lambda sim: {"Target": _target(sim)},
    "ssm.GetConnectionStatus": lambda sim: {"Target": _target(sim)},
    "ssm.DescribeSessions": lambda sim: {"State": "Active"},
    "ssm.TerminateSession": lambda sim: {"SessionId": "demo-1"},
    "pi.GetResourceMetrics": lambda sim: {
        **WINDOW,
        "ServiceType": "RDS",
        "Identifier": sim.envs["prod"].database.resource_id,
        "MetricQueries": [{"Metric": "db.load.avg", "GroupBy": {"Group": "db.wait_event"}}],
    },
    "cloudwatch.GetMetricData": lambda sim: {
        **WINDOW,
        "MetricDataQueries": [{"Id": "a", "MetricStat": {"Metric": METRIC, "Period": 60, "Stat": "p95"}}],
    },
    "cloudwatch.GetMetricStatistics": lambda sim: {**METRIC, **WINDOW, "Period": 60, "Statistics": ["Average"]},
    "cloudwatch.PutMetricData": lambda sim: {"Namespace": "Mine", "MetricData": [{"MetricName": "m", "Value": 1.0}]},
    "cloudwatch.DescribeAlarmsForMetric": lambda sim: METRIC,
    "cloudwatch.PutMetricAlarm": lambda sim: {**ALARM, **METRIC, "Threshold": 1.0},
    "cloudwatch.PutCompositeAlarm": lambda sim: {"AlarmName": "both", "AlarmRule": "ALARM(clickit-prod-alb-5xx)"},
    "cloudwatch.DeleteAlarms": lambda sim: ALARMS,
    "cloudwatch.EnableAlarmActions": lambda sim: ALARMS,
    "cloudwatch.DisableAlarmActions": lambda sim: ALARMS,
    "cloudwatch.SetAlarmState": lambda sim: {"AlarmName": ALARMS["AlarmNames"][0], "StateValue": "ALARM", "StateReason": "test"},
    "logs.FilterLogEvents": lambda sim: {**LOGS, "limit": 5},
    "logs.GetLogEvents": lambda sim: {**LOGS, "logStreamName": next(iter(sim.logs.groups[LOGS["logGroupName"]].streams))},
    "logs.DescribeLogStreams": lambda sim: LOGS,
    "logs.PutRetentionPolicy": lambda sim: {**LOGS, "retentionInDays": 7},
    "logs.DeleteRetentionPolicy": lambda sim: LOGS,
    "logs.PutLogEvents": lambda sim: {
        **LOGS,
        "logStreamName": next(iter(sim.logs.groups[LOGS["logGroupName"]].streams)),
        "logEvents": [{"timestamp": int(START * 1000), "message": "hello"}],
    },
    "logs.CreateLogGroup": lambda sim: {"logGroupName": "/mine"},
    "logs.DeleteLogGroup": lambda sim: LOGS,
    "logs.StartQuery": lambda sim: {**LOGS, "startTime": int(START) - 60, "endTime": int(START), "queryString": "fields @message"},
    "logs.GetQueryResults": lambda sim: {"queryId": _query(sim)},
    "logs.StopQuery": lambda sim: {"queryId": _query(sim)},
}
REFUSED = {("secretsmanager", "GetSecretValue")}


def _running(sim: Simulator) -> Any:
    return next(each for each in _dev(sim).tasks.values() if each.last_status == "RUNNING")


def _shell(sim: Simulator) -> dict[str, Any]:
    return {"cluster": "clickit-dev-cluster", "task": _running(sim).id}


def _target(sim: Simulator) -> str:
    of = _running(sim)
    return f"ecs:{of.cluster}_{of.id}_{of.runtime_id}"


def _deploying(sim: Simulator) -> str:
    answer = table()["ecs", "UpdateService"](sim, {**SERVICE, "forceNewDeployment": True})
    return str(answer["service"]["currentServiceDeployment"])


def _stopped(sim: Simulator) -> dict[str, Any]:
    table()["rds", "StopDBInstance"](sim, DB)
    sim.step(sim.now + 60)
    return DB


def _previous(sim: Simulator) -> dict[str, Any]:
    old, new = _dev(sim).secrets[SECRET["SecretId"]].versions
    return {"VersionStage": "AWSCURRENT", "MoveToVersionId": old, "RemoveFromVersionId": new}


def _rule(sim: Simulator, *, more: int = 0) -> dict[str, Any]:
    groups = _dev(sim).network.groups
    pairs = [{"GroupId": groups["app"].id, "Description": "again"}]
    return {
        "GroupId": groups["db"].id,
        "IpPermissions": [{"IpProtocol": "tcp", "FromPort": 5432 + more, "ToPort": 5432 + more, "UserIdGroupPairs": pairs}],
    }


def _egress(sim: Simulator) -> dict[str, Any]:
    own = _dev(sim).network.groups["app"]
    return {"GroupId": own.id, "SecurityGroupRuleIds": [each.id for each in own.rules if each.egress]}


GIVEN |= {
    "ec2.AuthorizeSecurityGroupIngress": lambda sim: _rule(sim, more=1),
    "ec2.AuthorizeSecurityGroupEgress": lambda sim: _rule(sim),
    "ec2.RevokeSecurityGroupIngress": lambda sim: _rule(sim),
    "ec2.RevokeSecurityGroupEgress": _egress,
    "rds.ModifyDBInstance": lambda sim: DB | {"AllocatedStorage": 40, "ApplyImmediately": True, "MaxAllocatedStorage": 100},
    "secretsmanager.CreateSecret": lambda sim: {"Name": "clickit/dev/new", "SecretString": "x"},
}
READS = ("Describe", "List", "Get", "Filter", "Batch")


@pytest.fixture(scope="module")
def untouched() -> Simulator:
    """One simulator for all operations that change nothing."""
    return Simulator(seed=3, now=START)


@pytest.mark.parametrize(("service", "operation"), sorted(set(table()) - REFUSED))
def test_answers_fit_the_models(service: str, operation: str, untouched: Simulator) -> None:
    sim = untouched if operation.startswith(READS) else Simulator(seed=3, now=START)
    params = GIVEN.get(f"{service}.{operation}", lambda _: {})(sim)
    answer = table()[service, operation](sim, params)
    shape = wire.model(service).operation_model(operation).output_shape
    assert list(complaints(shape, answer, operation) if shape else answer) == []
    for protocol in ("json", "query", "cbor"):
        asked = wire.Asked(service, operation, {}, "eu-west-1", protocol, "id")
        body = wire.answer(asked, answer).body
        assert wire.REGION.encode() not in body


def test_every_operation_of_the_table_exists_in_the_models() -> None:
    for service, operation in table():
        assert operation in wire.model(service).operation_names


def test_function_names_follow_the_operations() -> None:
    assert snake("DescribeDBInstances") == "describe_db_instances"
    assert snake("RestoreDBInstanceFromDBSnapshot") == "restore_db_instance_from_db_snapshot"
