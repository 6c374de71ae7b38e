"""Which operation is answered by which function: (service, operation) -> function(simulator, parameters) -> answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from clickit_tui.demo import api_account, api_cache, api_data, api_ecs, api_ecs_history, api_edge, api_modify, api_restore, api_supply
from clickit_tui.demo.errors import AwsError
from clickit_tui.demo.simulator import Simulator

Operation = Callable[[Simulator, Mapping[str, Any]], dict[str, Any]]
"""Answers one call; raises AwsError."""

_BY_NAME: Mapping[str, tuple[tuple[ModuleType, str], ...]] = {
    "ecs": (
        (api_ecs, "ListClusters DescribeClusters ListServices DescribeServices ListTasks DescribeTasks StopTask UpdateService"),
        (api_ecs, "DescribeTaskDefinition ListTaskDefinitions ListTaskDefinitionFamilies"),
        (api_ecs_history, "ListServiceDeployments DescribeServiceDeployments StopServiceDeployment DescribeServiceRevisions"),
        (api_ecs_history, "ListTagsForResource TagResource UntagResource ExecuteCommand DescribeCapacityProviders"),
    ),
    "elbv2": (
        (api_edge, "DescribeLoadBalancers DescribeLoadBalancerAttributes DescribeTargetGroups DescribeTargetGroupAttributes"),
        (api_edge, "DescribeTargetHealth DescribeListeners DescribeRules DescribeTags"),
    ),
    "ec2": (
        (api_edge, "DescribeVpcs DescribeSubnets DescribeNatGateways DescribeSecurityGroups DescribeSecurityGroupRules"),
        (api_edge, "DescribeNetworkInterfaces DescribeRouteTables DescribeVpcEndpoints"),
        (api_modify, "AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress"),
        (api_modify, "RevokeSecurityGroupIngress RevokeSecurityGroupEgress"),
    ),
    "rds": (
        (api_data, "DescribeDBInstances StopDBInstance StartDBInstance RebootDBInstance DescribeDBSnapshots CreateDBSnapshot"),
        (api_data, "DescribePendingMaintenanceActions DescribeDBParameterGroups DescribeDBParameters DescribeDBSubnetGroups"),
        (api_restore, "RestoreDBInstanceFromDBSnapshot RestoreDBInstanceToPointInTime DescribeDBInstanceAutomatedBackups"),
        (api_modify, "ModifyDBInstance"),
    ),
    "elasticache": ((api_cache, "DescribeReplicationGroups DescribeCacheClusters DescribeCacheSubnetGroups"),),
    "secretsmanager": (
        (api_supply, "ListSecrets DescribeSecret ListSecretVersionIds GetSecretValue PutSecretValue UpdateSecret DeleteSecret"),
        (api_supply, "RestoreSecret UpdateSecretVersionStage CreateSecret"),
    ),
    "ecr": ((api_supply, "DescribeRepositories ListImages DescribeImages BatchGetImage DescribeImageScanFindings StartImageScan"),),
    "sts": ((api_account, "GetCallerIdentity AssumeRole"),),
    "application-autoscaling": (
        (api_account, "DescribeScalableTargets RegisterScalableTarget DescribeScalingPolicies DescribeScalingActivities"),
        (api_account, "DescribeScheduledActions"),
    ),
    "ce": ((api_account, "GetCostAndUsage"),),
    "iam": ((api_account, "SimulatePrincipalPolicy"),),
    "ssm": ((api_account, "StartSession TerminateSession DescribeSessions GetConnectionStatus"),),
    "pi": ((api_account, "GetResourceMetrics"),),
}

_STORES: Mapping[str, tuple[str, str]] = {
    "metrics": ("cloudwatch", "GetMetricData GetMetricStatistics ListMetrics PutMetricData"),
    "alarms": (
        "cloudwatch",
        "DescribeAlarms DescribeAlarmsForMetric DescribeAlarmHistory PutMetricAlarm PutCompositeAlarm DeleteAlarms SetAlarmState "
        "EnableAlarmActions",
    ),
    "insights": ("logs", "StartQuery GetQueryResults StopQuery DescribeQueries"),
    "logs": (
        "logs",
        "FilterLogEvents GetLogEvents DescribeLogGroups DescribeLogStreams PutRetentionPolicy DeleteRetentionPolicy PutLogEvents",
    ),
}


def snake(operation: str) -> str:
    """The function's name of an operation: DescribeDBInstances -> describe_db_instances."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", operation).lower()


def _kept(store: str, name: str) -> Operation:
    """An operation that one of the simulator's stores answers."""

    def answer(sim: Simulator, params: Mapping[str, Any]) -> dict[str, Any]:
        now = sim.served if store == "insights" else sim.now
        if store == "metrics":
            sim.publish_running_minute()
        found: dict[str, Any] = getattr(getattr(sim, store), name)(params, now)
        return found

    return answer


def _log_group(sim: Simulator, params: Mapping[str, Any], *, make: bool) -> dict[str, Any]:
    name = str(params.get("logGroupName", ""))
    if make and name in sim.logs.groups:
        raise AwsError("ResourceAlreadyExistsException", "The specified log group already exists")
    if make:
        sim.logs.create_group(name, int(sim.now * 1000))
    else:
        sim.logs.group(name)
        sim.logs.delete_group(name)
    return {}


def table() -> dict[tuple[str, str], Operation]:
    """Every operation that is answered here."""
    found: dict[tuple[str, str], Operation] = {}
    for service, groups in _BY_NAME.items():
        for module, listed in groups:
            for operation in listed.split():
                found[service, operation] = getattr(module, snake(operation))
    for store, (service, listed) in _STORES.items():
        for operation in listed.split():
            found[service, operation] = _kept(store, snake(operation))
    found["cloudwatch", "DisableAlarmActions"] = lambda sim, params: sim.alarms.enable_alarm_actions(params, sim.now, enabled=False)
    found["rds", "DescribeEvents"] = api_data.describe_rds_events
    found["rds", "ListTagsForResource"] = api_data.rds_tags
    found["elasticache", "DescribeEvents"] = api_cache.describe_cache_events
    found["elasticache", "DescribeSnapshots"] = api_cache.describe_cache_snapshots
    found["elasticache", "ListTagsForResource"] = api_data.rds_tags
    found["logs", "CreateLogGroup"] = lambda sim, params: _log_group(sim, params, make=True)
    found["logs", "DeleteLogGroup"] = lambda sim, params: _log_group(sim, params, make=False)
    return found
