"""How each listed read is tried at least cost, and what was learnt from it: allowed, denied, or not known."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from clickit_tui.aws.fetching import outcomes
from clickit_tui.aws.gateway import Gateway
from clickit_tui.aws.reads import READS, permission
from clickit_tui.checks.registry import Verdict
from clickit_tui.naming import Names
from clickit_tui.world.seen import Failed, Fault, Trouble


class Tried(NamedTuple):
    """What became of one permission."""

    permission: str
    verdict: Verdict
    """PASS allowed, FAIL denied, UNKNOWN not shown either way, NONE not tried."""
    sentence: str
    """Why; empty when it is allowed."""


class Known(NamedTuple):
    """What is known so far, by permission."""

    answers: dict[str, Mapping[str, Any]]
    found: dict[str, Tried]


class Untried(Exception):
    """A read that cannot be tried, with the reason: NONE when there is nothing to try it on, UNKNOWN when another answer is lacking."""

    def __init__(self, reason: str, verdict: Verdict = Verdict.NONE) -> None:
        super().__init__(reason)
        self.reason = reason
        self.verdict = verdict


class Told(NamedTuple):
    """A value out of the answer to an earlier read."""

    permission: str
    path: tuple[str | int, ...]


class Named(NamedTuple):
    """One of ClickIt's names."""

    of: Callable[[Names], str]


class Ago(NamedTuple):
    """A moment so many seconds ago."""

    seconds: float


class Probe(NamedTuple):
    """One read with the parameters by which it costs least; those of a later round use answers of an earlier one."""

    service: str
    operation: str
    round: int = 1
    params: Mapping[str, Any] = {}
    allowed_by: frozenset[str] = frozenset()
    """Error codes that only who is allowed gets to see: what is named is there, and the answer is about it."""
    only_if: Told | None = None
    """It has to be true for the read to mean anything."""


ENVIRONMENT = "needs the name of an environment: --env"
CLUSTER, API = Named(lambda names: names.cluster), Named(lambda names: names.api)
LOG, REPOSITORY = Named(lambda names: names.logs["api"]), Named(lambda names: names.repositories["api"])
DATABASE, SECRETS = Named(lambda names: names.database), Named(lambda names: names.secrets)
GROUP = Told("ecs:DescribeServices", ("services", 0, "loadBalancers", 0, "targetGroupArn"))
INSTANCE = "rds:DescribeDBInstances"
SECRET = Told("secretsmanager:ListSecrets", ("SecretList", 0, "ARN"))
ECS, TWENTY = {"ServiceNamespace": "ecs", "MaxResults": 1}, {"MaxRecords": 20}
CPU = {"Namespace": "AWS/ECS", "MetricName": "CPUUtilization"}
OF_CLUSTER = {**CPU, "Dimensions": [{"Name": "ClusterName", "Value": CLUSTER}, {"Name": "ServiceName", "Value": API}]}
WITHIN = {"StartTime": Ago(360), "EndTime": Ago(60)}

PROBES: tuple[Probe, ...] = (
    *(Probe("application-autoscaling", f"Describe{what}", 1, ECS) for what in ("ScalableTargets", "ScalingActivities", "ScalingPolicies")),
    Probe("cloudwatch", "DescribeAlarmHistory", 1, {"MaxRecords": 1}),
    Probe("cloudwatch", "DescribeAlarms", 1, {"MaxRecords": 1}),
    Probe(
        "cloudwatch",
        "GetMetricData",
        1,
        {"MetricDataQueries": [{"Id": "a", "MetricStat": {"Metric": OF_CLUSTER, "Period": 60, "Stat": "Average"}}], **WITHIN},
    ),
    Probe("cloudwatch", "GetMetricStatistics", 1, {**OF_CLUSTER, **WITHIN, "Period": 300, "Statistics": ["Average"]}),
    *(Probe("ec2", f"Describe{what}", 1, {"MaxResults": 5}) for what in ("NatGateways", "Subnets", "VpcEndpoints")),
    Probe("ec2", "DescribeSecurityGroupRules", 1, {"MaxResults": 1000}),
    Probe(
        "ec2",
        "GetManagedPrefixListEntries",
        2,
        {"PrefixListId": Told("ec2:DescribeSecurityGroupRules", ("SecurityGroupRules", "*", "PrefixListId"))},
    ),
    Probe("ecr", "DescribeImages", 1, {"repositoryName": REPOSITORY, "maxResults": 1}),
    Probe(
        "ecr",
        "DescribeImageScanFindings",
        2,
        {
            "repositoryName": REPOSITORY,
            "imageId": {"imageDigest": Told("ecr:DescribeImages", ("imageDetails", "*", "imageDigest"))},
            "maxResults": 1,
        },
        frozenset({"ScanNotFoundException"}),
    ),
    Probe("ecs", "ListClusters", 1, {"maxResults": 1}),
    Probe("ecs", "ListTaskDefinitions", 1, {"familyPrefix": API, "maxResults": 1}),
    Probe("ecs", "DescribeClusters", 1, {"clusters": [CLUSTER]}),
    Probe("ecs", "DescribeServices", 1, {"cluster": CLUSTER, "services": [API]}),
    Probe("ecs", "ListTasks", 1, {"cluster": CLUSTER, "maxResults": 1}),
    Probe("ecs", "ListServiceDeployments", 1, {"cluster": CLUSTER, "service": API, "maxResults": 1}),
    Probe("ecs", "ListTagsForResource", 2, {"resourceArn": Told("ecs:DescribeServices", ("services", 0, "serviceArn"))}),
    Probe("ecs", "DescribeTaskDefinition", 2, {"taskDefinition": Told("ecs:DescribeServices", ("services", 0, "taskDefinition"))}),
    Probe("ecs", "DescribeTasks", 2, {"cluster": CLUSTER, "tasks": [Told("ecs:ListTasks", ("taskArns", 0))]}),
    Probe(
        "ecs",
        "DescribeServiceDeployments",
        2,
        {"serviceDeploymentArns": [Told("ecs:ListServiceDeployments", ("serviceDeployments", 0, "serviceDeploymentArn"))]},
    ),
    Probe(
        "ecs",
        "DescribeServiceRevisions",
        2,
        {"serviceRevisionArns": [Told("ecs:ListServiceDeployments", ("serviceDeployments", 0, "targetServiceRevisionArn"))]},
    ),
    *(Probe("elasticache", f"Describe{what}", 1, TWENTY) for what in ("CacheClusters", "Events", "ReplicationGroups")),
    Probe("elbv2", "DescribeLoadBalancers", 1, {"PageSize": 1}),
    Probe("elbv2", "DescribeTargetGroups", 2, {"TargetGroupArns": [GROUP]}),
    Probe("elbv2", "DescribeTargetHealth", 2, {"TargetGroupArn": GROUP}),
    Probe(
        "iam",
        "SimulatePrincipalPolicy",
        3,
        {
            "PolicySourceArn": Told("ecs:DescribeTaskDefinition", ("taskDefinition", "taskRoleArn")),
            "ActionNames": ["ssmmessages:CreateControlChannel"],
        },
    ),
    Probe("logs", "DescribeLogGroups", 1, {"logGroupNamePrefix": LOG, "limit": 1}),
    Probe("logs", "DescribeLogStreams", 1, {"logGroupName": LOG, "limit": 1}),
    Probe("logs", "FilterLogEvents", 1, {"logGroupName": LOG, "limit": 1}),
    Probe(
        "pi",
        "GetResourceMetrics",
        2,
        {
            "ServiceType": "RDS",
            "Identifier": Told(INSTANCE, ("DBInstances", 0, "DbiResourceId")),
            "MetricQueries": [{"Metric": "db.load.avg"}],
            "PeriodInSeconds": 60,
            **WITHIN,
        },
        only_if=Told(INSTANCE, ("DBInstances", 0, "PerformanceInsightsEnabled")),
    ),
    Probe("rds", "DescribeDBInstances", 1, {"DBInstanceIdentifier": DATABASE}),
    Probe("rds", "DescribeDBSnapshots", 1, {"DBInstanceIdentifier": DATABASE, **TWENTY}),
    Probe("rds", "DescribeEvents", 1, TWENTY),
    Probe("rds", "DescribePendingMaintenanceActions", 1, TWENTY),
    Probe(
        "rds",
        "DescribeDBParameters",
        2,
        {"DBParameterGroupName": Told(INSTANCE, ("DBInstances", 0, "DBParameterGroups", 0, "DBParameterGroupName")), **TWENTY},
    ),
    Probe("rds", "ListTagsForResource", 2, {"ResourceName": Told(INSTANCE, ("DBInstances", 0, "DBInstanceArn"))}),
    Probe("secretsmanager", "ListSecrets", 1, {"Filters": [{"Key": "name", "Values": [SECRETS]}], "MaxResults": 1}),
    Probe("secretsmanager", "DescribeSecret", 2, {"SecretId": SECRET}),
    Probe("sts", "GetCallerIdentity"),
)
"""The reads that can be tried for nothing, or for a thousandth of a cent (GetMetricData)."""

NOT_TRIED: Mapping[str, str] = {
    "ce:GetCostAndUsage": "each call costs $0.01: screen 9 asks when told to",
    "logs:StartQuery": "a query is charged by what it scans",
    "logs:GetQueryResults": "needs a query, which is charged by what it scans",
    "logs:StopQuery": "needs a query, which is charged by what it scans",
}
"""Why the other reads are not tried."""
MOST_ROUNDS = max(probe.round for probe in PROBES)
NO_TIME = "no answer in time"
EACH_S = 10.0
"""Longest wait for one read."""


async def try_all(gateway: Gateway, names: Names, now: float, within_s: float, *, each_s: float = EACH_S) -> tuple[Tried, ...]:
    """Try every listed read, round by round; without an environment (`names.env` is empty) those that need no name. Never raises Failed.

    A read is given `each_s` seconds, all together `within_s`.
    """
    known = Known({}, {name: Tried(name, Verdict.NONE, why) for name, why in NOT_TRIED.items()})
    try:
        async with asyncio.timeout(within_s):
            for number in range(1, MOST_ROUNDS + 1):
                await outcomes(_one(gateway, probe, names, now, known, each_s) for probe in PROBES if probe.round == number)
    except TimeoutError:
        pass
    asked = sorted(permission(*read) for read in READS)
    return tuple(known.found.get(name, Tried(name, Verdict.UNKNOWN, NO_TIME)) for name in asked)


async def _one(gateway: Gateway, probe: Probe, names: Names, now: float, known: Known, each_s: float) -> None:
    """Try one read and note what came of it at once: another one may hang until the time is over."""
    name = permission(probe.service, probe.operation)
    try:
        params = prepared(probe, names, known, now)
        async with asyncio.timeout(each_s):
            known.answers[name] = await gateway.read(probe.service, probe.operation, **params)
        known.found[name] = Tried(name, Verdict.PASS, "")
    except TimeoutError:
        known.found[name] = Tried(name, Verdict.UNKNOWN, NO_TIME)
    except Untried as untried:
        known.found[name] = Tried(name, untried.verdict, untried.reason)
    except Failed as failed:
        known.found[name] = judged(probe, failed.fault)


def judged(probe: Probe, fault: Fault) -> Tried:
    """What a failure says of the permission: a thing that is not there, or an endpoint that does not answer, says nothing."""
    name = permission(probe.service, probe.operation)
    if fault.kind is Trouble.DENIED:
        return Tried(name, Verdict.FAIL, f"denied ({fault.code})" if fault.code else "denied")
    if fault.code in probe.allowed_by:
        return Tried(name, Verdict.PASS, "")
    return Tried(name, Verdict.UNKNOWN, fault.sentence)


def prepared(probe: Probe, names: Names, known: Known, now: float) -> dict[str, Any]:
    """The parameters with names, moments and earlier answers filled in. Raises Untried."""
    if probe.only_if is not None and _told(probe.only_if, known) is not True:
        raise Untried(f"{probe.only_if.path[-1]} is not set: there is nothing to read")
    return {key: _filled(value, names, known, now) for key, value in probe.params.items()}


def _filled(value: object, names: Names, known: Known, now: float) -> object:
    if isinstance(value, Named):
        if not names.env:
            raise Untried(ENVIRONMENT)
        return value.of(names)
    if isinstance(value, Ago):
        return datetime.fromtimestamp(now - value.seconds, UTC)
    if isinstance(value, Told):
        return _told(value, known)
    if isinstance(value, Mapping):
        return {key: _filled(item, names, known, now) for key, item in value.items()}
    return [_filled(item, names, known, now) for item in value] if isinstance(value, list) else value


def _told(wanted: Told, known: Known) -> object:
    """The value in an earlier answer. Raises Untried when there was no answer, or nothing in it."""
    if wanted.permission not in known.answers:
        before = known.found.get(wanted.permission)
        if before is not None and before.verdict is Verdict.NONE:
            raise Untried(before.sentence)
        raise Untried(f"needs the answer to {wanted.permission}", Verdict.UNKNOWN)
    found = _at(known.answers[wanted.permission], wanted.path)
    if found is None:
        raise Untried(f"{wanted.permission} named nothing to try it on")
    return found


def _at(value: object, path: Sequence[str | int]) -> object:
    """The value at a path: a member, an item by its number, or the first found in any item for `*`. None when there is none."""
    if not path:
        return value if value != "" else None
    step, rest = path[0], path[1:]
    if step == "*":
        items = value if isinstance(value, list) else []
        return next((found for item in items if (found := _at(item, rest)) is not None), None)
    if isinstance(step, int):
        return _at(value[step], rest) if isinstance(value, list) and len(value) > step else None
    return _at(value.get(step), rest) if isinstance(value, Mapping) else None
