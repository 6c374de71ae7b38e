"""ECS answers as values: cluster, services, deployments, tasks, task definitions. Pure; the fetchers are in `ecs_sources.py`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from clickit_tui.aws.members import Json, flag, integer, member, records, said, tail, text, when, words
from clickit_tui.logs.mask import mask
from clickit_tui.naming import Names
from clickit_tui.world.ecs import (
    Cluster,
    Container,
    ContainerDefinition,
    Deployment,
    RevisionImage,
    Service,
    ServiceDeployment,
    ServiceEvent,
    ServiceRevision,
    Task,
    TaskDefinition,
)
from clickit_tui.world.seen import clean

_SECRET_NAME = re.compile(r"(?i)pass(wd|word|phrase)?(_|$)|secret|token|credential|api_?key|private_?key|access_?key|dsn")
_OPTION = re.compile(r"(?i)--?[\w-]*(?:password|passwd|secret|token|api-?key|private-?key|access-?key)")
_USERINFO = re.compile(r"(\w+://[^\s:/@]*:)[^\s/@]+@")


def cluster(answer: Json) -> Cluster:
    """One entry of `clusters`, read with its settings."""
    insights = {text(each, "name"): text(each, "value").lower() for each in records(answer, "settings")}.get("containerInsights")
    shells = ("configuration", "executeCommandConfiguration")
    bucket = (text(answer, *shells, "logConfiguration", "s3BucketName"), text(answer, *shells, "logConfiguration", "s3KeyPrefix"))
    return Cluster(
        name=text(answer, "clusterName"),
        arn=text(answer, "clusterArn"),
        status=text(answer, "status"),
        container_insights=None if not insights else insights in ("enabled", "enhanced"),
        exec_logging=text(answer, *shells, "logging"),
        exec_key=text(answer, *shells, "kmsKeyId"),
        exec_log_group=text(answer, *shells, "logConfiguration", "cloudWatchLogGroupName"),
        exec_bucket="/".join(filter(None, (each.strip("/") for each in bucket))) if bucket[0] else "",
    )


def deployment(answer: Json, service: str) -> Deployment:
    """One entry of `services[].deployments` of a service by that name."""
    apart = (service, tail(text(answer, "taskDefinition")), str(when(answer, "createdAt") or text(answer, "status")))
    return Deployment(
        id=text(answer, "id") or " ".join(apart),
        status=text(answer, "status"),
        task_definition=text(answer, "taskDefinition"),
        desired=integer(answer, "desiredCount"),
        running=integer(answer, "runningCount"),
        pending=integer(answer, "pendingCount"),
        failed=integer(answer, "failedTasks"),
        rollout=text(answer, "rolloutState"),
        rollout_reason=said(answer, "rolloutStateReason"),
        created_at=when(answer, "createdAt"),
        updated_at=when(answer, "updatedAt"),
    )


def events(answer: Json) -> tuple[ServiceEvent, ...]:
    """The service's events, newest first; those without a time keep their place at the end."""
    found = [ServiceEvent(id=text(e, "id"), at=when(e, "createdAt"), message=said(e, "message")) for e in records(answer, "events")]
    return tuple(sorted(found, key=lambda event: -(event.at or 0.0)))


def _capacity(answer: Json) -> tuple[str, ...]:
    providers = tuple(text(each, "capacityProvider") for each in records(answer, "capacityProviderStrategy"))
    return tuple(filter(None, providers or (text(answer, "launchType"),)))


def service(answer: Json, names: Names) -> Service:
    """One entry of `services`."""
    name, balancers = text(answer, "serviceName"), records(answer, "loadBalancers")
    network = member(answer, "networkConfiguration", "awsvpcConfiguration")
    breaker = member(answer, "deploymentConfiguration", "deploymentCircuitBreaker")
    ports = (integer(each, "containerPort") for each in balancers)
    return Service(
        part=names.part(name),
        name=name,
        arn=text(answer, "serviceArn"),
        cluster=tail(text(answer, "clusterArn")) or names.cluster,
        status=text(answer, "status"),
        desired=integer(answer, "desiredCount"),
        running=integer(answer, "runningCount"),
        pending=integer(answer, "pendingCount"),
        task_definition=text(answer, "taskDefinition"),
        deployments=tuple(deployment(each, name) for each in records(answer, "deployments")),
        events=events(answer),
        groups_told=isinstance(member(answer, "loadBalancers"), list),
        target_groups=tuple(dict.fromkeys(filter(None, (text(each, "targetGroupArn") for each in balancers)))),
        container_port=next((port for port in ports if port is not None), None),
        subnets=words(network, "subnets"),
        security_groups=words(network, "securityGroups"),
        public_addresses={"ENABLED": True, "DISABLED": False}.get(text(network, "assignPublicIp")),
        capacity=_capacity(answer),
        min_healthy_percent=integer(answer, "deploymentConfiguration", "minimumHealthyPercent"),
        max_percent=integer(answer, "deploymentConfiguration", "maximumPercent"),
        breaker_enabled=flag(breaker, "enable"),
        breaker_rollback=flag(breaker, "rollback"),
        grace_s=integer(answer, "healthCheckGracePeriodSeconds"),
        exec_enabled=flag(answer, "enableExecuteCommand"),
        created_at=when(answer, "createdAt"),
        service_deployment=text(answer, "currentServiceDeployment"),
        tags=tuple((text(each, "key"), text(each, "value")) for each in records(answer, "tags")),
        tags_told=isinstance(member(answer, "tags"), (list, tuple)),
    )


def services(answer: Json, names: Names) -> tuple[Service, ...]:
    """A DescribeServices answer, in the order of ClickIt's services; deleted ones (INACTIVE) are left out."""
    found = {each.name: each for each in (service(entry, names) for entry in records(answer, "services")) if each.status != "INACTIVE"}
    return tuple(found[name] for name in (names.api, names.frontend) if name in found)


def container(answer: Json) -> Container:
    """One entry of `tasks[].containers`."""
    agent = next((each for each in records(answer, "managedAgents") if text(each, "name") == "ExecuteCommandAgent"), {})
    return Container(
        name=text(answer, "name"),
        status=text(answer, "lastStatus"),
        health=text(answer, "healthStatus"),
        exit_code=integer(answer, "exitCode"),
        reason=said(answer, "reason"),
        image=text(answer, "image"),
        digest=text(answer, "imageDigest"),
        runtime_id=text(answer, "runtimeId"),
        exec_agent=text(agent, "lastStatus"),
        exec_reason=said(agent, "reason"),
    )


def part_of(group: str, names: Names) -> str:
    """ClickIt's short name for a task's group: services by name, the migration by family; any other group is its own."""
    kind, _, name = group.partition(":")
    if kind == "service":
        return names.part(name)
    return "migration" if kind == "family" and name == names.migration else group


def _address(answer: Json) -> str:
    details = [detail for each in records(answer, "attachments") for detail in records(each, "details")]
    return next((text(each, "value") for each in details if text(each, "name") == "privateIPv4Address"), "")


def task(answer: Json, names: Names) -> Task:
    """One entry of `tasks`."""
    arn, group, definition = text(answer, "taskArn"), text(answer, "group"), text(answer, "taskDefinitionArn")
    family = tail(definition.rsplit(":", 1)[0])
    return Task(
        arn=arn,
        id=arn.rsplit("/", 1)[-1],
        part=part_of(group or f"family:{family}", names),
        group=group,
        status=text(answer, "lastStatus"),
        desired_status=text(answer, "desiredStatus"),
        health=text(answer, "healthStatus"),
        task_definition=definition,
        ip=_address(answer),
        zone=text(answer, "availabilityZone"),
        cpu=text(answer, "cpu"),
        memory=text(answer, "memory"),
        capacity=text(answer, "capacityProviderName") or text(answer, "launchType"),
        started_by=text(answer, "startedBy"),
        created_at=when(answer, "createdAt"),
        started_at=when(answer, "startedAt"),
        stopping_at=when(answer, "stoppingAt"),
        stopped_at=when(answer, "stoppedAt"),
        stop_code=text(answer, "stopCode"),
        stopped_reason=said(answer, "stoppedReason"),
        exec_enabled=flag(answer, "enableExecuteCommand"),
        platform=text(answer, "platformVersion"),
        family=text(answer, "platformFamily"),
        containers=tuple(container(each) for each in records(answer, "containers")),
    )


def masked(name: str, value: str) -> str:
    """A plain environment value for the screen: a value named like a secret, a password within an address, and keys become `***`."""
    return "***" if value and _SECRET_NAME.search(name) else _USERINFO.sub(r"\1***@", mask(value))


def command_line(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words of a command; what follows an option named like a secret becomes `***`."""
    after = ("", *words)
    return tuple("***" if _OPTION.fullmatch(before) else masked("", word) for before, word in zip(after, words, strict=False))


def container_definition(answer: Json) -> ContainerDefinition:
    """One entry of `containerDefinitions`; secrets stay references, plain values are masked where they look like secrets."""
    log, essential = member(answer, "logConfiguration", "options"), flag(answer, "essential")
    ports = (integer(each, "containerPort") for each in records(answer, "portMappings"))
    variables = ((text(each, "name"), text(each, "value")) for each in records(answer, "environment"))
    return ContainerDefinition(
        name=text(answer, "name"),
        image=text(answer, "image"),
        essential=essential is not False,
        cpu=integer(answer, "cpu"),
        memory=integer(answer, "memory"),
        command=command_line(words(answer, "command")),
        environment=tuple((name, masked(name, value)) for name, value in variables),
        secrets=tuple((text(each, "name"), text(each, "valueFrom")) for each in records(answer, "secrets")),
        log_group=text(log, "awslogs-group"),
        log_prefix=text(log, "awslogs-stream-prefix"),
        log_mode=text(log, "mode"),
        health_check=command_line(words(answer, "healthCheck", "command")),
        ports=tuple(port for port in ports if port is not None),
        labels=_labels(answer),
        read_only_root=flag(answer, "readonlyRootFilesystem"),
        init_process=flag(member(answer, "linuxParameters"), "initProcessEnabled"),
    )


def _labels(answer: Json) -> tuple[tuple[str, str], ...]:
    found = member(answer, "dockerLabels")
    return tuple((clean(k), masked(clean(k), text(found, k))) for k in found if isinstance(k, str)) if isinstance(found, Mapping) else ()


def task_definition(answer: Json) -> TaskDefinition | None:
    """A `taskDefinition`; None when it does not say which one it is."""
    arn = text(answer, "taskDefinitionArn")
    family, _, number = tail_of_definition(arn)
    revision = integer(answer, "revision") or integer({"revision": number}, "revision")
    if not arn or revision is None:
        return None
    return TaskDefinition(
        arn=arn,
        family=text(answer, "family") or family,
        revision=revision,
        cpu=text(answer, "cpu"),
        memory=text(answer, "memory"),
        status=text(answer, "status"),
        registered_at=when(answer, "registeredAt"),
        registered_by=text(answer, "registeredBy"),
        architecture=text(answer, "runtimePlatform", "cpuArchitecture"),
        task_role=text(answer, "taskRoleArn"),
        execution_role=text(answer, "executionRoleArn"),
        pid_mode=text(answer, "pidMode"),
        containers=tuple(container_definition(each) for each in records(answer, "containerDefinitions")),
    )


def tail_of_definition(arn: str) -> tuple[str, str, str]:
    """`family`, `:`, `revision` of a task-definition ARN."""
    return arn.rsplit("/", 1)[-1].rpartition(":")


def service_deployment(answer: Json) -> ServiceDeployment:
    """One entry of DescribeServiceDeployments."""
    sources = (text(each, "arn") for each in records(answer, "sourceServiceRevisions"))
    return ServiceDeployment(
        arn=text(answer, "serviceDeploymentArn"),
        service=tail(text(answer, "serviceArn")),
        status=text(answer, "status"),
        reason=said(answer, "statusReason"),
        started_at=when(answer, "startedAt"),
        created_at=when(answer, "createdAt"),
        finished_at=when(answer, "finishedAt") or when(answer, "stoppedAt"),
        failures=integer(answer, "deploymentCircuitBreaker", "failureCount"),
        threshold=integer(answer, "deploymentCircuitBreaker", "threshold"),
        breaker=text(answer, "deploymentCircuitBreaker", "status"),
        target_revision=text(answer, "targetServiceRevision", "arn"),
        source_revisions=tuple(filter(None, sources)),
        rolled_back_to=text(answer, "rollback", "serviceRevisionArn"),
    )


def service_revision(answer: Json, service: str = "") -> ServiceRevision | None:
    """One entry of DescribeServiceRevisions; None when it names no task definition."""
    definition = text(answer, "taskDefinition")
    images = (
        RevisionImage(container=text(each, "containerName"), image=text(each, "image"), digest=text(each, "imageDigest"))
        for each in records(answer, "containerImages")
    )
    return (
        ServiceRevision(
            arn=text(answer, "serviceRevisionArn"),
            service=tail(text(answer, "serviceArn")) or service,
            task_definition=definition,
            created_at=when(answer, "createdAt"),
            images=tuple(images),
        )
        if definition
        else None
    )
