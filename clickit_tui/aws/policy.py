"""The IAM policy of an observer or an operator, made of the listed reads and of the calls that actions can plan."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from clickit_tui.aws.reads import READS, permission
from clickit_tui.naming import SERVICES, Names

LIMIT = 6_144
"""Characters, white space not counted, that a managed policy may have."""
VERSION = "2012-10-17"

BESIDE: Mapping[str, tuple[str, ...]] = {
    "rds:CreateDBSnapshot": ("rds:AddTagsToResource",),
    "rds:RestoreDBInstanceFromDBSnapshot": ("rds:AddTagsToResource",),
    "rds:RestoreDBInstanceToPointInTime": ("rds:AddTagsToResource",),
    "ssm:StartSession": ("ssm:ResumeSession", "ssm:TerminateSession"),
    "ecs:ExecuteCommand": ("ssm:ResumeSession", "ssm:TerminateSession"),
}
"""What IAM asks for besides a planned call: tags go along with a copy, and session-manager-plugin resumes and ends a session by itself."""

SECRET_VALUES = ("logs:Unmask", "secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue")
"""What would show the value of a secret; denied to everybody."""
SHELLS = ("ecs:ExecuteCommand", "rds-db:connect", "rds:DownloadCompleteDBLogFile", "rds:DownloadDBLogFilePortion", "ssm:StartSession")
"""What leads into a task or the database, or shows what the database wrote; denied to an observer."""
FORWARDING = "AWS-StartPortForwardingSessionToRemoteHost"
"""The only document that a tunnel is opened with."""

Json = dict[str, object]


class Place(NamedTuple):
    """Where the resources are; `*` stands for what is not known."""

    account: str = "*"
    region: str = "*"

    @property
    def partition(self) -> str:
        """`aws`, `aws-cn` or `aws-us-gov`, by the region's name."""
        known = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
        return next((name for begin, name in known.items() if self.region.startswith(begin)), "aws")

    def arn(self, service: str, resource: str, *, account: str | None = None) -> str:
        """ARN of a resource in this account and region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account if account is None else account}:{resource}"


class Grant(NamedTuple):
    """Permissions that share their resources."""

    sid: str
    """Says what the resources are, and where they are `*`, why."""
    actions: frozenset[str]
    resources: Callable[[Names, Place], tuple[str, ...]]
    condition: Callable[[Names, Place], Json] | None = None


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


def _all(names: Names, place: Place) -> tuple[str, ...]:
    return ("*",)


def _cluster(names: Names, place: Place) -> tuple[str, ...]:
    kinds = ("service", "service-deployment", "service-revision", "task")
    return (place.arn("ecs", f"cluster/{names.cluster}"), *(place.arn("ecs", f"{kind}/{names.cluster}/*") for kind in kinds))


def _of_cluster(names: Names, place: Place) -> Json:
    return {"ArnEquals": {"ecs:cluster": place.arn("ecs", f"cluster/{names.cluster}")}}


def _services(names: Names, place: Place) -> tuple[str, ...]:
    return tuple(place.arn("ecs", f"service/{names.cluster}/{names.service(part)}") for part in SERVICES)


def _deployments(names: Names, place: Place) -> tuple[str, ...]:
    made = (place.arn("ecs", f"service-deployment/{names.cluster}/{names.service(part)}/*") for part in SERVICES)
    return (*_services(names, place), *made)


def _tasks(names: Names, place: Place) -> tuple[str, ...]:
    return (place.arn("ecs", f"task/{names.cluster}/*"),)


def _shells(names: Names, place: Place) -> tuple[str, ...]:
    return (place.arn("ecs", f"cluster/{names.cluster}"), *_tasks(names, place))


def _logs(names: Names, place: Place) -> tuple[str, ...]:
    groups = dict.fromkeys(names.logs.values())
    return tuple(place.arn("logs", f"log-group:{group}{rest}") for group in groups for rest in ("", ":*"))


def _repositories(names: Names, place: Place) -> tuple[str, ...]:
    return tuple(place.arn("ecr", f"repository/{name}") for name in dict.fromkeys(names.repositories.values()))


def _secrets(names: Names, place: Place) -> tuple[str, ...]:
    return (place.arn("secretsmanager", f"secret:{names.secrets}*"),)


def _database(names: Names, place: Place) -> tuple[str, ...]:
    """The database, and what is restored beside it under the name that is offered."""
    return tuple(place.arn("rds", f"db:{names.database}{rest}") for rest in ("", "-*"))


def _copies(names: Names, place: Place) -> tuple[str, ...]:
    snapshots = (place.arn("rds", f"snapshot:{kind}{names.database}-*") for kind in ("", "rds:"))
    return (*_database(names, place), *snapshots)


def _restored(names: Names, place: Place) -> tuple[str, ...]:
    return (*_copies(names, place), *(place.arn("rds", f"{kind}:*") for kind in ("og", "pg", "subgrp", "auto-backup")))


def _kinds(names: Names, place: Place) -> tuple[str, ...]:
    return (
        *(place.arn("rds", f"{kind}:*") for kind in ("db", "snapshot", "pg")),
        *(place.arn("elasticache", f"{kind}:*") for kind in ("cluster", "replicationgroup")),
        place.arn("ec2", "prefix-list/*", account="*"),  # AWS's own lists are not the account's
        place.arn("pi", "metrics/rds/*"),
    )


def _roles(names: Names, place: Place) -> tuple[str, ...]:
    return (f"arn:{place.partition}:iam::{place.account}:role/*",)


def _scaling(names: Names, place: Place) -> tuple[str, ...]:
    return (place.arn("application-autoscaling", "scalable-target/*"),)


def _counts(names: Names, place: Place) -> Json:
    prefix = "application-autoscaling"
    return {"StringEquals": {f"{prefix}:service-namespace": "ecs", f"{prefix}:scalable-dimension": "ecs:service:DesiredCount"}}


def _tunnels(names: Names, place: Place) -> tuple[str, ...]:
    return (*_tasks(names, place), place.arn("ssm", f"document/{FORWARDING}", account=""))


def _with_document(names: Names, place: Place) -> Json:
    return {"BoolIfExists": {"ssm:SessionDocumentAccessCheck": "true"}}


def _sessions(names: Names, place: Place) -> tuple[str, ...]:
    return tuple(place.arn("ssm", f"session/{whose}-*") for whose in ("${aws:userid}", "ecs-execute-command"))


GRANTS: tuple[Grant, ...] = (
    Grant(
        "AskedForWholeKindSoNotByName",
        _set(
            "ec2:GetManagedPrefixListEntries elasticache:DescribeCacheClusters elasticache:DescribeReplicationGroups "
            "pi:GetResourceMetrics rds:DescribeDBInstances rds:DescribeDBParameters "
            "rds:DescribeDBSnapshots rds:DescribePendingMaintenanceActions rds:ListTagsForResource"
        ),
        _kinds,
    ),
    Grant("BillOfWholeAccount", _set("ce:GetCostAndUsage"), _all),
    Grant("RightsOfTaskRole", _set("iam:SimulatePrincipalPolicy"), _roles),
    Grant("CompositeAlarmsNeedAllResources", _set("cloudwatch:DescribeAlarmHistory cloudwatch:DescribeAlarms"), _all),
    Grant(
        "ReadCluster",
        _set(
            "ecs:DescribeClusters ecs:DescribeServiceDeployments ecs:DescribeServiceRevisions ecs:DescribeServices ecs:DescribeTasks "
            "ecs:ListServiceDeployments ecs:ListTagsForResource"
        ),
        _cluster,
    ),
    Grant("ListInClusterByCondition", _set("ecs:ListTasks"), _all, _of_cluster),
    Grant(
        "ReadLogs",
        _set("logs:DescribeLogStreams logs:FilterLogEvents logs:GetQueryResults logs:StartQuery"),
        _logs,
    ),
    Grant(
        "ReadImages",
        _set("ecr:DescribeImageScanFindings ecr:DescribeImages"),
        _repositories,
    ),
    Grant("ReadSecretsButNoValue", _set("secretsmanager:DescribeSecret"), _secrets),
    Grant("ChangeServices", _set("ecs:TagResource ecs:UpdateService"), _services),
    Grant("StopDeployments", _set("ecs:StopServiceDeployment"), _deployments),
    Grant("StopTasks", _set("ecs:StopTask"), _tasks),
    Grant("OpenShells", _set("ecs:ExecuteCommand"), _shells),
    Grant("OpenTunnels", _set("ssm:StartSession"), _tunnels, _with_document),
    Grant("EndOwnSessions", _set("ssm:ResumeSession ssm:TerminateSession"), _sessions),
    Grant("SetBounds", _set("application-autoscaling:RegisterScalableTarget"), _scaling, _counts),
    Grant("SetRetention", _set("logs:PutRetentionPolicy"), _logs),
    Grant("SwitchDatabase", _set("rds:StartDBInstance rds:StopDBInstance"), _database),
    Grant("KeepSnapshots", _set("rds:AddTagsToResource rds:CreateDBSnapshot"), _copies),
    Grant("RestoreDatabase", _set("rds:RestoreDBInstanceFromDBSnapshot rds:RestoreDBInstanceToPointInTime"), _restored),
    Grant(
        "ChangeSecrets",
        _set("secretsmanager:PutSecretValue secretsmanager:RestoreSecret secretsmanager:UpdateSecretVersionStage"),
        _secrets,
    ),
)
"""Where each permission is granted. One that stands in no grant is one that IAM cannot narrow."""
UNNARROWED = Grant("NotNarrowableInIam", frozenset(), _all)
_READING = frozenset(
    grant.sid for grant in (UNNARROWED, *GRANTS) if grant.actions <= frozenset(permission(service, name) for service, name in READS)
)


def wanted(planned: Iterable[str] = ()) -> frozenset[str]:
    """Every permission: the listed reads, the calls that can be planned, and what IAM asks for besides these."""
    calls = frozenset(planned)
    return frozenset(permission(*read) for read in READS) | calls | {each for call in calls for each in BESIDE.get(call, ())}


def statements(names: Names, place: Place, planned: Iterable[str] = ()) -> list[Json]:
    """The statements, those that allow first; without planned calls they are an observer's."""
    asked = wanted(planned)
    placed = frozenset(name for grant in GRANTS for name in grant.actions)
    groups = (UNNARROWED._replace(actions=asked - placed), *(grant._replace(actions=grant.actions & asked) for grant in GRANTS))
    allowed = [_statement(group, names, place) for group in groups if group.actions]
    denied = [_denial("NeverSecretValues", SECRET_VALUES)]
    if not asked & frozenset(SHELLS):
        denied.append(_denial("NeverIntoTasksOrDatabase", SHELLS))
    return [*allowed, *denied]


def _statement(grant: Grant, names: Names, place: Place) -> Json:
    made: Json = {"Sid": grant.sid, "Effect": "Allow", "Action": sorted(grant.actions), "Resource": _one(grant.resources(names, place))}
    return made | ({"Condition": grant.condition(names, place)} if grant.condition else {})


def _denial(sid: str, actions: Iterable[str]) -> Json:
    return {"Sid": sid, "Effect": "Deny", "Action": sorted(actions), "Resource": "*"}


def _one(resources: tuple[str, ...]) -> str | list[str]:
    return resources[0] if len(resources) == 1 else list(resources)


def size(document: Json) -> int:
    """Characters as IAM counts them: without white space."""
    return sum(not char.isspace() for char in json.dumps(document, ensure_ascii=False))


def documents(made: list[Json], limit: int = LIMIT) -> list[Json]:
    """The statements in one policy; where that is too long, denials and reads in one and changes in another, cut again if need be."""
    if size(_document(made)) <= limit:
        return [_document(made)]
    denials = [each for each in made if each["Effect"] == "Deny"]
    changes = [each for each in made if each["Effect"] == "Allow" and not _reads(each)]
    reads = [each for each in made if each["Effect"] == "Allow" and _reads(each)]
    return [*_cut([*denials, *reads], limit), *_cut(changes, limit)]


def _reads(statement: Json) -> bool:
    return statement["Sid"] in _READING


def _cut(made: list[Json], limit: int) -> list[Json]:
    parts: list[list[Json]] = [[]]
    for each in made:
        if parts[-1] and size(_document([*parts[-1], each])) > limit:
            parts.append([])
        parts[-1].append(each)
    return [_document(part) for part in parts]


def _document(made: list[Json]) -> Json:
    return {"Version": VERSION, "Statement": made}
