"""Fixture Worlds for tests: healthy, incident (as in the wireframes), loading, denied, stale, hostile, huge, absent.

Every builder takes `now` (epoch seconds) and returns a frozen World in which all ages are relative to it; nothing here talks to AWS.
The parts they are made of are in `worldparts`, their metrics in `worldmetrics`; both can be reached through this module.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from clickit_tui.world.agent import CHANNELS, Endpoint, Rights
from clickit_tui.world.ecs import Cluster, Service, ServiceEvent, Task
from clickit_tui.world.events import DatabaseEvent, DatabaseEvents
from clickit_tui.world.machine import Machine
from clickit_tui.world.money import LogGroup, Usage
from clickit_tui.world.parts import History, LoadBalancer, MetricClass, Metrics, NatGateway
from clickit_tui.world.seen import Absent, Fault, Seen, Trouble, clean
from clickit_tui.world.world import FIELDS, World
from tests.worlddata import data_fields
from tests.worldmetrics import ERRORS, LEVEL, catalogue, line, metrics, series
from tests.worldparts import (
    ACCOUNT,
    ENV,
    EVERY_S,
    GROUPS,
    HOSTILE,
    LB,
    NAMES,
    NOW,
    REGION,
    TG_API,
    TG_FRONTEND,
    alarm,
    alarm_history,
    alarms,
    arn,
    container,
    database,
    definition,
    definition_arn,
    denied,
    deployment,
    deployment_id,
    ecr_image,
    faulty,
    identity,
    image,
    log_digest,
    migration,
    revision,
    rules,
    scaling,
    secret,
    seen,
    service,
    service_deployment,
    steady_services,
    steady_tasks,
    stopped,
    subnets,
    target_groups,
    targets,
    task,
    waiting,
    waits,
)
from tests.worldpast import scaled

MACHINE = Machine(
    terminal=True,
    host="oncall",
    plugin="/usr/local/bin/session-manager-plugin",
    looked=True,
    version="1.2.896.0",
    credentials="profile clickit-prod",
    free_ports=(15432, 16379),
)
"""A machine from which everything can be reached."""

__all__ = [
    "ACCOUNT",
    "DENIED",
    "ENV",
    "ERRORS",
    "EVERY_S",
    "GROUPS",
    "HOSTILE",
    "KEPT",
    "LB",
    "LEVEL",
    "MACHINE",
    "NAMES",
    "NOW",
    "REGION",
    "TG_API",
    "TG_FRONTEND",
    "Seen",
    "ServiceEvent",
    "World",
    "absent_world",
    "alarm",
    "alarm_history",
    "alarms",
    "arn",
    "catalogue",
    "container",
    "database",
    "definition",
    "definition_arn",
    "denied",
    "denied_world",
    "deployment",
    "deployment_id",
    "ecr_image",
    "faulty",
    "healthy_world",
    "hostile_world",
    "huge_world",
    "identity",
    "image",
    "incident_metrics",
    "incident_services",
    "incident_tasks",
    "incident_world",
    "line",
    "loading_world",
    "log_digest",
    "metrics",
    "migration",
    "revision",
    "rewrite",
    "scaling",
    "secret",
    "seen",
    "series",
    "service",
    "service_deployment",
    "stale_world",
    "steady_services",
    "steady_tasks",
    "stopped",
    "target_groups",
    "targets",
    "task",
    "waiting",
]


def healthy_world(now: float = NOW) -> World:
    """Production at rest: every field fresh, api 3/3 on 41, frontend 2/2 on 17, no alarm."""
    tasks = steady_tasks(now)
    fields: dict[str, Any] = {
        "identity": identity(),
        "cluster": Cluster(name=NAMES.cluster, arn=arn("ecs", f"cluster/{NAMES.cluster}"), status="ACTIVE", container_insights=False),
        "services": steady_services(now),
        "tasks": tasks,
        "definitions": (
            definition("api", 41, now, 3 * 86_400 + 60),
            definition("frontend", 17, now, 3 * 86_400 + 60),
            definition("migration", 41, now, 3 * 86_400 + 120),
            definition("api", 40, now, 10 * 86_400 + 60),
            definition("frontend", 16, now, 10 * 86_400 + 60),
        ),
        "service_deployments": (
            service_deployment("api", 41, now, 3 * 86_400),
            service_deployment("api", 40, now, 10 * 86_400),
            service_deployment("frontend", 17, now, 3 * 86_400),
            service_deployment("frontend", 16, now, 10 * 86_400),
        ),
        "revisions": (
            revision("api", 41, now, 3 * 86_400),
            revision("api", 40, now, 10 * 86_400),
            revision("frontend", 17, now, 3 * 86_400),
            revision("frontend", 16, now, 10 * 86_400),
        ),
        "images": tuple(ecr_image(part, number, now) for part, number in (("api", 41), ("api", 40), ("frontend", 17), ("frontend", 16))),
        "balancer": LoadBalancer(
            arn=LB,
            name=f"clickit-{ENV}-alb",
            state="active",
            dns_name=f"clickit-{ENV}.elb.amazonaws.com",
            scheme="internet-facing",
            zones=(f"{REGION}a", f"{REGION}b"),
            security_groups=("sg-0alb",),
        ),
        "target_groups": target_groups(),
        "targets": targets(tasks),
        "nat": (NatGateway(id="nat-0a1", state="available", subnet="subnet-0p1"), NatGateway(id="nat-0b2", state="available")),
        "rights": tuple(
            Rights(role=f"arn:aws:iam::{ACCOUNT}:role/clickit-{ENV}-{part}-task", allowed=frozenset(CHANNELS))
            for part in ("api", "frontend", "migration")
        ),
        "endpoints": (Endpoint(service=f"com.amazonaws.{REGION}.s3", kind="Gateway", state="available"),),
        "waits": waits(),
        "rules": rules(),
        "subnets": subnets(),
        "scaling": scaling(),
        "alarms": alarms(now),
        "alarm_history": alarm_history(now),
        "scaling_activities": (),
        "cache_events": (),
        "log_groups": (
            LogGroup(name=f"/ecs/clickit-{ENV}-api", part="api", stored_bytes=6_300_000_000, retention_days=30),
            LogGroup(name=f"/ecs/clickit-{ENV}-frontend", part="frontend", stored_bytes=2_400_000_000, retention_days=30),
            LogGroup(name=f"/ecs/clickit-{ENV}-migration", part="migration", stored_bytes=41_000_000),
        ),
        "usage": Usage(
            ingested=tuple((f"/ecs/clickit-{ENV}-{part}", size) for part, size in (("api", 2.1e8), ("frontend", 8e7), ("migration", 0.0))),
            capacity_units=0.45,
            nat_bytes=1.4e9,
        ),
        "db_events": DatabaseEvents(
            events=(DatabaseEvent(at=now - 9 * 3600, text="Finished DB Instance backup"),), since=now - 14 * 86_400
        ),
        "metrics": metrics(now),
        "history": History(),
        "log": log_digest(now),
        **data_fields(now),
    }
    return World(env=ENV, **{name: seen(value, now, name) for name, value in fields.items()})


def incident_tasks(now: float) -> tuple[Task, ...]:
    """One old api task left, two new ones failing their checks, three that exited 1, the frontend, the migration."""
    reason = "Essential container in task exited"
    crashed = tuple(stopped(now, "api", 0x30 + index, 42, 120 + 60 * index, reason, "EssentialContainerExited", 1) for index in range(3))
    failing = tuple(task("api", 0x40 + index, 42, now, 360, health="UNHEALTHY") for index in range(2))
    frontend = tuple(task("frontend", 0x20 + index, 17, now, 3 * 86_400) for index in range(2))
    return (task("api", 0x10, 41, now, 3 * 86_400), *failing, *crashed, *frontend, migration(now))


def incident_services(now: float) -> tuple[Service, ...]:
    new = deployment(
        "api",
        42,
        now,
        600,
        desired=3,
        running=2,
        pending=1,
        failed=2,
        rollout="IN_PROGRESS",
        rollout_reason="ECS deployment in progress.",
        updated_at=now - 60,
    )
    old = deployment("api", 41, now, 3 * 86_400, status="ACTIVE", desired=3, running=1, pending=0)
    message = "(service clickit-prod-api) (port 8000) is unhealthy in (target-group clickit-prod-api) due to (reason Health checks failed "
    events = (
        ServiceEvent(id="e1", at=now - 50, message=message + "with these codes: [502])."),
        ServiceEvent(id="e2", at=now - 595, message="(service clickit-prod-api) has started 1 tasks: (task 8f3a21)."),
    )
    return (
        service("api", now, (new, old), desired=3, running=3, pending=1, events=events),
        service("frontend", now, (deployment("frontend", 17, now, 3 * 86_400),)),
    )


def incident_metrics(now: float) -> Metrics:
    """First 5xx six minutes ago; 34 target 5xx and 3 ELB 5xx in the last five closed minutes."""
    return metrics(
        now,
        {
            "api.cpu": (31, 45, 62, 74, 83, 88, 90, 91),
            "api.cpu_max": (38, 60, 80, 92, 97, 99, 99, 99),
            "api.memory": (44, 48, 52, 55, 58, 60, 61, 62),
            "api.running": (3, 3, 3, 3, 3, 3, 3, 3),
            "edge.requests": (410, 415, 420, 418, 409, 400, 405, 412),
            "edge.p95": (0.12, 0.2, 0.5, 0.9, 1.4, 2.0, 2.6, 2.81),
            "edge.p99": (0.31, 0.6, 1.2, 2.0, 3.0, 4.1, 4.9, 5.2),
            "edge.target_5xx": (1, 4, 6, 8, 9, 7),
            "edge.elb_5xx": (1, 1, 1),
            "edge.elb_502": (1, 1, 1),
            "edge.unhealthy": (0, 1, 1, 2, 2, 2, 2, 2),
            "api.unhealthy": (0, 1, 1, 2, 2, 2, 2, 2),
            "api.healthy": (3, 2, 2, 1, 1, 1, 1, 1),
            "edge.healthy": (5, 4, 4, 3, 3, 3, 3, 3),
            "db.cpu": (22, 30, 38, 46, 55, 62, 68, 71),
            "db.connections": (21, 28, 34, 41, 46, 50, 53, 54),
            "db.memory": tuple(mib * 2**20 for mib in (341, 300, 262, 230, 200, 171, 142, 121)),
            "db.read_iops": (12, 18, 24, 30, 35, 38, 40, 41),
            "db.write_iops": (9, 10, 10, 11, 11, 12, 12, 12),
        },
    )


def incident_world(now: float = NOW) -> World:
    """The wireframes' incident: api 41→42 rolling, 1 of 3 targets healthy, 34 5xx in 5 minutes, 54 database connections, 2 alarms."""
    calm = healthy_world(now)
    tasks = incident_tasks(now)
    bad = {each.ip for each in tasks if each.part == "api" and each.health == "UNHEALTHY"}
    hosts = tuple(
        msgspec.structs.replace(
            each,
            state="unhealthy",
            reason="Target.ResponseCodeMismatch",
            description="Health checks failed with these codes: [502]",
        )
        if each.id in bad and each.group == TG_API
        else each
        for each in targets(tasks)
    )
    loud = {"clickit-prod-alb-5xx", "clickit-prod-unhealthy-targets"}
    quiet_or_loud = tuple(
        msgspec.structs.replace(each, state="ALARM", since=now - 360, reason="Threshold Crossed: 1 datapoint [34.0] was greater than 10.0.")
        if each.name in loud
        else each
        for each in alarms(now)
    )
    fields: dict[str, Any] = {
        "services": incident_services(now),
        "tasks": tasks,
        "definitions": (
            definition("api", 42, now, 660),
            definition("migration", 42, now, 700),
            *(calm.definitions.value or ()),
        ),
        "service_deployments": (
            service_deployment("api", 42, now, 600, status="IN_PROGRESS", finished_at=None, failures=2, breaker="MONITORING"),
            *(calm.service_deployments.value or ()),
        ),
        "revisions": (revision("api", 42, now, 600), *(calm.revisions.value or ())),
        "images": (ecr_image("api", 42, now), *(calm.images.value or ())),
        "targets": hosts,
        "alarms": quiet_or_loud,
        "alarm_history": alarm_history(now, loud),
        "scaling_activities": (scaled(now, 4 * 3600, 3),),
        "metrics": incident_metrics(now),
        "log": log_digest(now, 42),
    }
    return msgspec.structs.replace(calm, **{name: seen(value, now, name) for name, value in fields.items()})


def loading_world(env: str = ENV) -> World:
    """Nothing has been tried yet."""
    return World(env=env)


def unset_world(now: float = NOW) -> World:
    """A machine whose AWS configuration lacks the profile that is named."""
    fault = Fault(kind=Trouble.CREDENTIALS, sentence="there is no profile ops in the AWS config", fix="name another with --profile")
    return World(env=ENV, identity=faulty(fault, now), cluster=faulty(fault, now))


DENIED = {
    "tasks": "ecs:ListTasks",
    "service_deployments": "ecs:ListServiceDeployments",
    "targets": "elasticloadbalancing:DescribeTargetHealth",
    "database": "rds:DescribeDBInstances",
    "databases": "rds:DescribeDBInstances",
    "snapshots": "rds:DescribeDBSnapshots",
    "repositories": "ecr:DescribeImages",
    "secret_list": "secretsmanager:ListSecrets",
    "nat": "ec2:DescribeNatGateways",
    "scaling": "application-autoscaling:DescribeScalableTargets",
    "alarms": "cloudwatch:DescribeAlarms",
    "log": "logs:FilterLogEvents",
}
"""What the observer of `denied_world` may not read."""


def denied_world(now: float = NOW) -> World:
    """An observer who lacks half of the permissions from the start, and may not update services."""
    hidden = {name: faulty(denied(operation), now) for name, operation in DENIED.items()}
    series = {key: each for key, each in metrics(now).series.items() if not key.startswith(("db.", "nat."))}
    end = now // 60 * 60
    return msgspec.structs.replace(
        healthy_world(now),
        **hidden,
        metrics=seen(Metrics(series=series, start=end - 3600, end=end), now),
        denied=frozenset({"ecs:UpdateService"}),
    )


def stale_world(now: float = NOW, age_s: float = 134.0) -> World:
    """The incident as it was `age_s` ago; every read since was throttled."""
    fault = Fault(
        kind=Trouble.THROTTLED,
        sentence="throttled by ECS (Rate exceeded)",
        operation="ecs:DescribeServices",
        code="ThrottlingException",
    )
    old = incident_world(now - age_s)
    fields = [name for name in FIELDS if isinstance(getattr(old, name), Seen)]
    return msgspec.structs.replace(old, **{name: faulty(fault, now, getattr(old, name).value, now - age_s) for name in fields})


KEPT = {"part", "status", "state", "kind", "key", "rollout", "health", "arn", "group", "period_s", "unit", "desired_status"}
"""Fields whose values the product compares; hostile text stands everywhere else."""


def rewrite(value: Any, text: Callable[[str], str]) -> Any:
    """The same value with every string outside `KEPT` replaced."""
    if isinstance(value, MetricClass):
        return value
    if isinstance(value, str):
        return text(value)
    if isinstance(value, tuple):
        return tuple(rewrite(item, text) for item in value)
    if isinstance(value, dict):
        return {key: rewrite(item, text) for key, item in value.items()}
    if isinstance(value, msgspec.Struct):
        changes = {f: rewrite(getattr(value, f), text) for f in value.__struct_fields__ if f not in KEPT}
        return msgspec.structs.replace(value, **changes)
    return value


def hostile_world(now: float = NOW, *, cleaned: bool = True, length: int = 3000) -> World:
    """The incident with hostile text in every free string, and one very long event.

    `cleaned`: as the fetchers deliver it (control characters are spaces already); without, raw, for what must survive even that.
    """
    raw = HOSTILE
    text = clean(raw) if cleaned else raw
    world = rewrite(incident_world(now), lambda _: text)
    services = world.services.value
    long = ServiceEvent(id="long", at=now - 1, message=(text + " ") * (length // len(text)))
    first = msgspec.structs.replace(services[0], events=(long, *services[0].events))
    return msgspec.structs.replace(world, env=ENV, services=seen((first, *services[1:]), now, "services"))


def huge_world(now: float = NOW, tasks: int = 1000, services: int = 50) -> World:
    """Many services and tasks in one cluster, evenly spread; api and frontend come first."""
    parts = ("api", "frontend", *(f"worker-{index:02d}" for index in range(services - 2)))
    each = max(1, tasks // services)
    listed = tuple(
        service(part, now, (deployment(part, 7, now, 86_400, desired=each, running=each),), desired=each, running=each) for part in parts
    )
    running = tuple(task(parts[index % services], index, 7, now, 60.0 * index) for index in range(tasks))
    definitions = tuple(definition(part, 7, now, 86_500) for part in parts)
    return msgspec.structs.replace(
        healthy_world(now),
        services=seen(listed, now, "services"),
        tasks=seen(running, now, "tasks"),
        definitions=seen(definitions, now, "definitions"),
        targets=seen(targets(running), now, "targets"),
        metrics=seen(metrics(now, parts=parts), now),
    )


def absent_world(now: float = NOW) -> World:
    """An environment that a successful read showed to have no load balancer, cache, NAT gateway, autoscaling or alarm."""
    return msgspec.structs.replace(
        healthy_world(now),
        balancer=seen(Absent(looked_for="load balancer of target groups clickit-prod-api, clickit-prod-frontend"), now),
        cache=seen(Absent(looked_for=f"replication group or cluster {NAMES.cache}*"), now),
        nat=seen((), now),
        scaling=seen((), now),
        alarms=seen((), now),
    )
