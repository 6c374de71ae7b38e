"""Fixture Worlds for tests: healthy, incident (as in the wireframes), loading, denied, stale, hostile, huge.

Every builder takes `now` (epoch seconds) and returns a frozen World in which all ages are relative to it; nothing here talks to AWS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from clickit_tui.naming import Names, names
from clickit_tui.world.ecs import (
    Cluster,
    Container,
    ContainerDefinition,
    Deployment,
    Service,
    ServiceDeployment,
    ServiceEvent,
    Task,
    TaskDefinition,
)
from clickit_tui.world.parts import (
    Alarm,
    Cache,
    Database,
    Identity,
    LoadBalancer,
    LogDigest,
    MetricClass,
    Metrics,
    NatGateway,
    ScalableTarget,
    Series,
    Target,
    TargetGroup,
)
from clickit_tui.world.seen import Absent, Fault, Seen, Trouble, clean
from clickit_tui.world.world import FIELDS, World

NOW = 1_795_442_599.0
"""2026-11-23T14:03:19Z: the moment of the wireframes."""
ENV = "prod"
REGION = "eu-west-1"
ACCOUNT = "123456789012"
NAMES: Names = names(ENV)
LB = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/app/clickit-prod-alb/50dc6c495c0c9188"
TG_API = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/clickit-prod-api/73e2d6bc24d8a067"
TG_FRONTEND = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/clickit-prod-frontend/9c1f2d6bc24d8a06"
GROUPS = {"api": TG_API, "frontend": TG_FRONTEND}
HOSTILE = "[/x] [b] \x1b[31m \n 漢 é"
"""Text that breaks markup, terminals and column counts."""
EVERY_S = {"services": 5.0, "tasks": 5.0, "service_deployments": 10.0, "targets": 10.0, "database": 30.0, "alarms": 30.0, "nat": 120.0}

EVENTS, STATE, ALWAYS = MetricClass.EVENTS, MetricClass.STATE, MetricClass.ALWAYS
CATALOGUE: dict[str, tuple[str, str, MetricClass, str, str, str]] = {
    "cpu": ("cpu", "%", STATE, "Average", "AWS/ECS", "CPUUtilization"),
    "cpu_max": ("cpu max", "%", STATE, "Maximum", "AWS/ECS", "CPUUtilization"),
    "memory": ("mem", "%", STATE, "Average", "AWS/ECS", "MemoryUtilization"),
    "memory_max": ("mem max", "%", STATE, "Maximum", "AWS/ECS", "MemoryUtilization"),
    "running": ("tasks", "", STATE, "SampleCount", "AWS/ECS", "CPUUtilization"),
}


def arn(service: str, rest: str) -> str:
    """An ARN of the fixture's account and region."""
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}"


def definition_arn(part: str, number: int) -> str:
    """ARN of revision `number` of a part's task definition."""
    return arn("ecs", f"task-definition/clickit-{ENV}-{part}:{number}")


def deployment_id(number: int) -> str:
    """Deployment id as ECS writes it."""
    return f"ecs-svc/{number:019d}"


def seen(value: Any, now: float, field: str = "", age_s: float = 1.0) -> Seen[Any]:
    """A value read `age_s` ago without a failure since."""
    return Seen(value=value, seen_at=now - age_s, every_s=EVERY_S.get(field, 60.0))


def faulty(fault: Fault, now: float, value: Any = None, seen_at: float | None = None) -> Seen[Any]:
    """A field whose newest read failed a second ago."""
    return Seen(value=value, seen_at=seen_at, fault=fault, fault_at=now - 1, next_try_at=now + 8)


def denied(operation: str) -> Fault:
    """The identity lacks a permission."""
    return Fault(
        kind=Trouble.DENIED,
        sentence=f"no permission: {operation}",
        fix=f"add {operation} to the role's policy",
        operation=operation,
        code="AccessDeniedException",
    )


def waiting(upon: str, reason: str) -> Fault:
    """A dependent read that cannot begin."""
    return Fault(kind=Trouble.WAITING, sentence=f"waits for {upon}: {reason}")


# --- services, tasks, definitions -------------------------------------------------------------------------------------------


def deployment(part: str, number: int, now: float, age_s: float, **changes: Any) -> Deployment:
    """A completed primary deployment of two tasks, unless changed."""
    plain = Deployment(
        id=deployment_id(number),
        status="PRIMARY",
        task_definition=definition_arn(part, number),
        desired=2,
        running=2,
        pending=0,
        failed=0,
        rollout="COMPLETED",
        rollout_reason=f"ECS deployment {deployment_id(number)} completed.",
        created_at=now - age_s,
        updated_at=now - age_s + 180,
    )
    return msgspec.structs.replace(plain, **changes)


def service(part: str, now: float, deployments: tuple[Deployment, ...], **changes: Any) -> Service:
    """A steady service of two tasks, unless changed."""
    name = f"clickit-{ENV}-{part}"
    plain = Service(
        part=part,
        name=name,
        arn=arn("ecs", f"service/clickit-{ENV}-cluster/{name}"),
        cluster=f"clickit-{ENV}-cluster",
        status="ACTIVE",
        desired=2,
        running=2,
        pending=0,
        task_definition=deployments[0].task_definition,
        deployments=deployments,
        events=(ServiceEvent(id=f"e-{part}-1", at=now - 3600, message=f"(service {name}) has reached a steady state."),),
        target_groups=(GROUPS[part],) if part in GROUPS else (),
        container_port={"api": 8000}.get(part, 3000),
        subnets=("subnet-0a1", "subnet-0b2"),
        security_groups=(f"sg-0{part}",),
        capacity=("FARGATE",),
        min_healthy_percent=100,
        max_percent=200,
        breaker_enabled=True,
        breaker_rollback=False,
        grace_s=60,
        exec_enabled=True,
        created_at=now - 90 * 86_400,
        service_deployment=arn("ecs", f"service-deployment/clickit-{ENV}-cluster/{name}/d{deployments[0].id[-3:]}"),
    )
    return msgspec.structs.replace(plain, **changes)


def task(part: str, number: int, revision: int, now: float, age_s: float, **changes: Any) -> Task:
    """A healthy running task `number` of a part, on revision `revision`, unless changed."""
    key = f"{number:04x}{sum(map(ord, part)) % 0xFFFF:04x}{'0a1b2c3d4e5f6071'}{number:08x}"
    plain = Task(
        arn=arn("ecs", f"task/clickit-{ENV}-cluster/{key}"),
        id=key,
        part=part,
        group=f"family:clickit-{ENV}-migration" if part == "migration" else f"service:clickit-{ENV}-{part}",
        status="RUNNING",
        desired_status="RUNNING",
        health="HEALTHY",
        task_definition=definition_arn(part, revision),
        ip=f"10.0.{1 + number % 2}.{17 + number % 200}",
        zone=f"{REGION}{'ab'[number % 2]}",
        cpu="512",
        memory="1024",
        capacity="FARGATE",
        started_by="" if part == "migration" else deployment_id(revision),
        created_at=now - age_s - 30,
        started_at=now - age_s,
        exec_enabled=True,
        containers=(container(part, revision),),
    )
    return msgspec.structs.replace(plain, **changes)


def image(part: str, revision: int) -> str:
    """Image reference of a part's revision: api:42 is v2.3.1, api:41 v2.3.0, frontend:17 v2.2.9."""
    version = {42: "v2.3.1", 41: "v2.3.0", 17: "v2.2.9"}.get(revision, f"v2.0.{revision}")
    return f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/clickit/{'api' if part == 'migration' else part}:{version}"


def container(part: str, revision: int, **changes: Any) -> Container:
    plain = Container(
        name=part,
        status="RUNNING",
        health="HEALTHY",
        image=image(part, revision),
        digest=f"sha256:{revision:02d}" + "ab" * 31,
        runtime_id=f"rt-{part}-{revision}",
        exec_agent="RUNNING",
    )
    return msgspec.structs.replace(plain, **changes)


def definition(part: str, number: int, now: float, age_s: float) -> TaskDefinition:
    return TaskDefinition(
        arn=definition_arn(part, number),
        family=f"clickit-{ENV}-{part}",
        revision=number,
        cpu="512",
        memory="1024",
        status="ACTIVE",
        registered_at=now - age_s,
        registered_by=f"arn:aws:sts::{ACCOUNT}:assumed-role/Deploy/ci-deploy",
        architecture="ARM64",
        containers=(
            ContainerDefinition(
                name=part,
                image=image(part, number),
                command=("alembic", "upgrade", "head") if part == "migration" else (),
                environment=(("APP_ENV", ENV), ("LOG_LEVEL", "info")),
                secrets=(("CLICKIT_DATABASE_URL", arn("secretsmanager", f"secret:clickit/{ENV}/database-url-AbCdEf")),),
                log_group=f"/ecs/clickit-{ENV}-{part}",
                log_prefix="ecs",
                ports=(8000,) if part == "api" else (3000,) if part == "frontend" else (),
            ),
        ),
    )


def stopped(now: float, part: str, number: int, revision: int, ago_s: float, reason: str, code: str, exit_code: int | None) -> Task:
    """A task that ended `ago_s` ago."""
    return task(
        part,
        number,
        revision,
        now,
        ago_s + 40,
        status="STOPPED",
        desired_status="STOPPED",
        health="UNKNOWN",
        stopping_at=now - ago_s - 2,
        stopped_at=now - ago_s,
        stop_code=code,
        stopped_reason=reason,
        containers=(container(part, revision, status="STOPPED", health="UNKNOWN", exit_code=exit_code, exec_agent="STOPPED"),),
    )


def migration(now: float, revision: int = 42, ago_s: float = 420.0) -> Task:
    """The last migration: 38 s long, exit 0."""
    done = stopped(now, "migration", 0xA1, revision, ago_s, "Essential container in task exited", "EssentialContainerExited", 0)
    return msgspec.structs.replace(done, started_at=now - ago_s - 38, created_at=now - ago_s - 60)


# --- metrics ----------------------------------------------------------------------------------------------------------------


def line(now: float, values: Iterable[float], period_s: int = 60) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Times and values whose last point begins in the newest whole period before `now`."""
    points = tuple(float(value) for value in values)
    last = now // period_s * period_s - period_s
    return tuple(last - period_s * (len(points) - 1 - index) for index in range(len(points))), points


def series(key: str, now: float, values: Iterable[float], spec: tuple[str, str, MetricClass, str, str, str], period_s: int = 60) -> Series:
    label, unit, kind, statistic, namespace, name = spec
    times, points = line(now, values, period_s)
    return Series(
        key=key,
        label=label,
        unit=unit,
        kind=kind,
        statistic=statistic,
        namespace=namespace,
        name=name,
        period_s=period_s,
        times=times,
        values=points,
        note="SampleCount, about" if name == "CPUUtilization" and statistic == "SampleCount" else "",
    )


ALB, RDS, REDIS, NAT = "AWS/ApplicationELB", "AWS/RDS", "AWS/ElastiCache", "AWS/NATGateway"
WHOLE: dict[str, tuple[str, str, MetricClass, str, str, str]] = {
    "edge.requests": ("requests", "", EVENTS, "Sum", ALB, "RequestCount"),
    "edge.p50": ("p50", "s", EVENTS, "p50", ALB, "TargetResponseTime"),
    "edge.p95": ("p95", "s", EVENTS, "p95", ALB, "TargetResponseTime"),
    "edge.p99": ("p99", "s", EVENTS, "p99", ALB, "TargetResponseTime"),
    "edge.target_5xx": ("5xx", "", EVENTS, "Sum", ALB, "HTTPCode_Target_5XX_Count"),
    "edge.elb_5xx": ("elb 5xx", "", EVENTS, "Sum", ALB, "HTTPCode_ELB_5XX_Count"),
    "edge.elb_502": ("elb 502", "", EVENTS, "Sum", ALB, "HTTPCode_ELB_502_Count"),
    "edge.elb_503": ("elb 503", "", EVENTS, "Sum", ALB, "HTTPCode_ELB_503_Count"),
    "edge.elb_504": ("elb 504", "", EVENTS, "Sum", ALB, "HTTPCode_ELB_504_Count"),
    "edge.rejected": ("rejected", "", EVENTS, "Sum", ALB, "RejectedConnectionCount"),
    "edge.target_connection_errors": ("connect errors", "", EVENTS, "Sum", ALB, "TargetConnectionErrorCount"),
    "edge.unhealthy": ("unhealthy", "", ALWAYS, "Maximum", ALB, "UnHealthyHostCount"),
    "edge.healthy": ("healthy", "", ALWAYS, "Minimum", ALB, "HealthyHostCount"),
    "api.unhealthy": ("unhealthy", "", ALWAYS, "Maximum", ALB, "UnHealthyHostCount"),
    "api.healthy": ("healthy", "", ALWAYS, "Minimum", ALB, "HealthyHostCount"),
    "frontend.unhealthy": ("unhealthy", "", ALWAYS, "Maximum", ALB, "UnHealthyHostCount"),
    "frontend.healthy": ("healthy", "", ALWAYS, "Minimum", ALB, "HealthyHostCount"),
    "db.cpu": ("db cpu", "%", ALWAYS, "Average", RDS, "CPUUtilization"),
    "db.memory": ("free", "B", ALWAYS, "Minimum", RDS, "FreeableMemory"),
    "db.read_iops": ("read iops", "/s", ALWAYS, "Average", RDS, "ReadIOPS"),
    "db.write_iops": ("write iops", "/s", ALWAYS, "Average", RDS, "WriteIOPS"),
    "db.connections": ("conns", "", ALWAYS, "Maximum", RDS, "DatabaseConnections"),
    "db.storage": ("storage free", "B", ALWAYS, "Minimum", RDS, "FreeStorageSpace"),
    "db.swap": ("swap", "B", ALWAYS, "Maximum", RDS, "SwapUsage"),
    "db.read_latency": ("read latency", "s", ALWAYS, "Average", RDS, "ReadLatency"),
    "db.write_latency": ("write latency", "s", ALWAYS, "Average", RDS, "WriteLatency"),
    "db.queue": ("disk queue", "", ALWAYS, "Average", RDS, "DiskQueueDepth"),
    "db.io_balance": ("io balance", "%", ALWAYS, "Minimum", RDS, "EBSIOBalance%"),
    "db.byte_balance": ("byte balance", "%", ALWAYS, "Minimum", RDS, "EBSByteBalance%"),
    "cache.cpu": ("cache", "%", ALWAYS, "Average", REDIS, "CPUUtilization"),
    "cache.engine_cpu": ("engine cpu", "%", ALWAYS, "Average", REDIS, "EngineCPUUtilization"),
    "cache.connections": ("conns", "", ALWAYS, "Maximum", REDIS, "CurrConnections"),
    "cache.hits": ("hits", "", ALWAYS, "Sum", REDIS, "CacheHits"),
    "cache.misses": ("misses", "", ALWAYS, "Sum", REDIS, "CacheMisses"),
    "cache.evictions": ("evictions", "", ALWAYS, "Sum", REDIS, "Evictions"),
    "cache.memory": ("memory", "%", ALWAYS, "Maximum", REDIS, "DatabaseMemoryUsagePercentage"),
    "nat.bytes_out": ("out", "B", ALWAYS, "Sum", NAT, "BytesOutToDestination"),
    "nat.bytes_in": ("in", "B", ALWAYS, "Sum", NAT, "BytesInFromDestination"),
    "nat.peak": ("peak", "B/s", ALWAYS, "Maximum", NAT, "PeakBytesPerSecond"),
    "nat.port_errors": ("port errors", "", ALWAYS, "Sum", NAT, "ErrorPortAllocation"),
    "nat.drops": ("drops", "", ALWAYS, "Sum", NAT, "PacketsDropCount"),
    "nat.attempts": ("attempts", "", ALWAYS, "Sum", NAT, "ConnectionAttemptCount"),
    "nat.established": ("established", "", ALWAYS, "Sum", NAT, "ConnectionEstablishedCount"),
    "nat.active": ("active", "", ALWAYS, "Maximum", NAT, "ActiveConnectionCount"),
    "nat.idle_timeouts": ("idle timeouts", "", ALWAYS, "Sum", NAT, "IdleTimeoutCount"),
}
FIVE: dict[str, tuple[str, str, MetricClass, str, str, str]] = {
    "db.credits": ("credits", "", ALWAYS, "Minimum", RDS, "CPUCreditBalance"),
    "db.surplus": ("surplus", "", ALWAYS, "Maximum", RDS, "CPUSurplusCreditBalance"),
    "db.surplus_charged": ("surplus charged", "", ALWAYS, "Maximum", RDS, "CPUSurplusCreditsCharged"),
    "cache.credits": ("credits", "", ALWAYS, "Minimum", REDIS, "CPUCreditBalance"),
}
LEVEL: dict[str, float] = {
    "api.cpu": 31,
    "api.cpu_max": 38,
    "api.memory": 44,
    "api.memory_max": 47,
    "api.running": 3,
    "frontend.cpu": 11,
    "frontend.cpu_max": 14,
    "frontend.memory": 31,
    "frontend.memory_max": 33,
    "frontend.running": 2,
    "edge.requests": 412,
    "edge.p50": 0.041,
    "edge.p95": 0.12,
    "edge.p99": 0.31,
    "edge.healthy": 2,
    "api.healthy": 3,
    "frontend.healthy": 2,
    "db.cpu": 22,
    "db.memory": 341 * 2**20,
    "db.read_iops": 12,
    "db.write_iops": 9,
    "db.connections": 21,
    "db.storage": 14 * 2**30,
    "db.read_latency": 0.0006,
    "db.write_latency": 0.0011,
    "db.queue": 0.1,
    "db.io_balance": 99,
    "db.byte_balance": 99,
    "db.credits": 288,
    "cache.cpu": 9,
    "cache.engine_cpu": 3,
    "cache.connections": 12,
    "cache.hits": 970,
    "cache.misses": 30,
    "cache.memory": 18,
    "cache.credits": 288,
    "nat.bytes_out": 4_000_000,
    "nat.bytes_in": 9_000_000,
    "nat.peak": 400_000,
    "nat.attempts": 120,
    "nat.established": 120,
    "nat.active": 40,
}
ERRORS = {
    "edge.target_5xx",
    "edge.elb_5xx",
    "edge.elb_502",
    "edge.elb_503",
    "edge.elb_504",
    "edge.rejected",
    "edge.target_connection_errors",
}
"""Published only when non-zero: a healthy World has no point of them."""


def metrics(now: float, overrides: dict[str, Iterable[float]] | None = None, parts: tuple[str, ...] = ("api", "frontend")) -> Metrics:
    """An hour of every series at its healthy level; `overrides` replaces the newest points of a series, oldest first."""
    changed = {key: [float(value) for value in values] for key, values in (overrides or {}).items()}
    specs = {f"{part}.{suffix}": spec for part in parts for suffix, spec in CATALOGUE.items()} | WHOLE
    found: dict[str, Series] = {}
    for period_s, table in ((60, specs), (300, FIVE)):
        for key, spec in table.items():
            points = [] if key in ERRORS else [LEVEL.get(key, 0.0)] * (3600 // period_s)
            tail = changed.get(key, [])
            found[key] = series(key, now, points[: max(0, len(points) - len(tail))] + tail, spec, period_s)
    end = now // 60 * 60
    return Metrics(series=found, start=end - 3600, end=end)


# --- whole Worlds -----------------------------------------------------------------------------------------------------------


def target_groups() -> tuple[TargetGroup, ...]:
    return tuple(
        TargetGroup(
            arn=group,
            name=f"clickit-{ENV}-{part}",
            part=part,
            port={"api": 8000}.get(part, 3000),
            vpc="vpc-0c11c417",
            load_balancers=(LB,),
            path="/health",
            matcher="200",
            interval_s=30,
            timeout_s=5,
            unhealthy_after=3,
            healthy_after=2,
        )
        for part, group in GROUPS.items()
    )


def targets(tasks: Iterable[Task]) -> tuple[Target, ...]:
    """A healthy target for every running task of a service."""
    return tuple(
        Target(group=GROUPS[each.part], id=each.ip, port={"api": 8000}.get(each.part, 3000), state="healthy")
        for each in tasks
        if each.part in GROUPS and each.status == "RUNNING"
    )


def database(**changes: Any) -> Database:
    plain = Database(
        id=NAMES.database,
        arn=arn("rds", f"db:{NAMES.database}"),
        status="available",
        instance_class="db.t4g.small",
        engine="postgres",
        engine_version="16.4",
        multi_az=True,
        storage_gib=20,
        max_storage_gib=100,
        host=f"{NAMES.database}.c9akciq32.{REGION}.rds.amazonaws.com",
        port=5432,
        vpc="vpc-0c11c417",
        security_groups=("sg-0db",),
        parameter_groups=((f"{NAMES.database}-pg16", "in-sync"),),
        restorable_to=NOW - 240,
        deletion_protection=True,
        resource_id="db-ABCDEFGHIJKLMNOP",
        insights=True,
    )
    return msgspec.structs.replace(plain, **changes)


def alarm(name: str, now: float, **changes: Any) -> Alarm:
    plain = Alarm(
        name=f"clickit-{ENV}-{name}",
        arn=arn("cloudwatch", f"alarm:clickit-{ENV}-{name}"),
        state="OK",
        since=now - 86_400,
        reason="Threshold Crossed: no datapoints were received for 5 periods and 5 missing datapoints were treated as [NonBreaching].",
        metric="HTTPCode_Target_5XX_Count",
        namespace=ALB,
        dimensions=(("LoadBalancer", LB.split(":loadbalancer/", 1)[-1]),),
        statistic="Sum",
        comparison="GreaterThanThreshold",
        threshold=10.0,
        period_s=300,
        evaluations=1,
        to_alarm=1,
        missing="notBreaching",
        actions_enabled=True,
        description=f"ClickIt {ENV}: {name}",
    )
    return msgspec.structs.replace(plain, **changes)


def alarms(now: float) -> tuple[Alarm, ...]:
    """Four quiet alarms."""
    database_dimension = (("DBInstanceIdentifier", NAMES.database),)
    return (
        alarm("alb-5xx", now),
        alarm(
            "unhealthy-targets",
            now,
            metric="UnHealthyHostCount",
            statistic="Minimum",
            threshold=0.0,
            period_s=60,
            evaluations=2,
            to_alarm=2,
            missing="missing",
            dimensions=(
                ("LoadBalancer", LB.split(":loadbalancer/", 1)[-1]),
                ("TargetGroup", TG_API.rsplit(":", 1)[-1]),
            ),
        ),
        alarm(
            "db-connections",
            now,
            metric="DatabaseConnections",
            namespace=RDS,
            statistic="Maximum",
            threshold=54.0,
            period_s=60,
            evaluations=3,
            to_alarm=3,
            missing="missing",
            dimensions=database_dimension,
        ),
        alarm(
            "api-cpu",
            now,
            metric="CPUUtilization",
            namespace="AWS/ECS",
            statistic="Average",
            threshold=85.0,
            evaluations=2,
            to_alarm=2,
            missing="missing",
            dimensions=(("ClusterName", NAMES.cluster), ("ServiceName", NAMES.api)),
        ),
    )


def scaling() -> tuple[ScalableTarget, ...]:
    return (ScalableTarget(part="api", minimum=2, maximum=6, policies=("cpu-60 (ECSServiceAverageCPUUtilization 60)",)),)


def identity(**changes: Any) -> Identity:
    plain = Identity(
        account=ACCOUNT,
        arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/OnCall/oncall",
        region=REGION,
        profile="clickit",
        profile_source=f"environment {ENV} in clickit.toml",
    )
    return msgspec.structs.replace(plain, **changes)


def log_digest(now: float, api_errors: int = 0) -> LogDigest:
    """Ten minutes of counted lines; `api_errors` errors in each of the last five."""
    minute = now // 60 * 60
    counts = [("api", minute - 60 * back, "INFO", 400) for back in range(10)]
    counts += [("api", minute - 60 * back, "ERROR", api_errors) for back in range(5) if api_errors]
    shape = "could not connect to server: connection refused"
    return LogDigest(
        minutes=tuple(counts),
        shapes=(("api", shape, api_errors * 5, shape),) if api_errors else (),
        matches=(("api", "db.refused", api_errors * 5, now - 4),) if api_errors else (),
        since=now - 600,
    )


def steady_tasks(now: float) -> tuple[Task, ...]:
    """Three api tasks on 41, two frontend tasks on 17 and the last migration."""
    api = tuple(task("api", 0x10 + index, 41, now, 3 * 86_400) for index in range(3))
    frontend = tuple(task("frontend", 0x20 + index, 17, now, 3 * 86_400) for index in range(2))
    return (*api, *frontend, migration(now, 41, 3 * 86_400))


def steady_services(now: float) -> tuple[Service, ...]:
    api = deployment("api", 41, now, 3 * 86_400, desired=3, running=3)
    return (
        service("api", now, (api,), desired=3, running=3),
        service("frontend", now, (deployment("frontend", 17, now, 3 * 86_400),)),
    )


def service_deployment(part: str, number: int, now: float, age_s: float, **changes: Any) -> ServiceDeployment:
    name = f"clickit-{ENV}-{part}"
    plain = ServiceDeployment(
        arn=arn("ecs", f"service-deployment/clickit-{ENV}-cluster/{name}/d{number:03d}"),
        service=name,
        status="SUCCESSFUL",
        created_at=now - age_s,
        started_at=now - age_s + 1,
        finished_at=now - age_s + 180,
        failures=0,
        threshold=3,
        breaker="MONITORING_COMPLETE",
        target_revision=arn("ecs", f"service-revision/clickit-{ENV}-cluster/{name}/{number}"),
        source_revisions=(arn("ecs", f"service-revision/clickit-{ENV}-cluster/{name}/{number - 1}"),),
    )
    return msgspec.structs.replace(plain, **changes)


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
        ),
        "service_deployments": (
            service_deployment("api", 41, now, 3 * 86_400),
            service_deployment("frontend", 17, now, 3 * 86_400),
        ),
        "balancer": LoadBalancer(
            arn=LB, name=f"clickit-{ENV}-alb", state="active", dns_name=f"clickit-{ENV}.elb.amazonaws.com", security_groups=("sg-0alb",)
        ),
        "target_groups": target_groups(),
        "targets": targets(tasks),
        "database": database(restorable_to=now - 240),
        "cache": Cache(
            id=NAMES.cache,
            status="available",
            engine="redis",
            engine_version="7.1",
            node_type="cache.t4g.micro",
            nodes=(f"{NAMES.cache}-001",),
        ),
        "nat": (NatGateway(id="nat-0a1", state="available", subnet="subnet-0p1"), NatGateway(id="nat-0b2", state="available")),
        "scaling": scaling(),
        "alarms": alarms(now),
        "metrics": metrics(now),
        "log": log_digest(now),
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
            "edge.healthy": (2, 2, 2, 1, 1, 1, 1, 1),
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
        "targets": hosts,
        "alarms": quiet_or_loud,
        "metrics": incident_metrics(now),
        "log": log_digest(now, 42),
    }
    return msgspec.structs.replace(calm, **{name: seen(value, now, name) for name, value in fields.items()})


def loading_world(env: str = ENV) -> World:
    """Nothing has been tried yet."""
    return World(env=env)


DENIED = {
    "tasks": "ecs:ListTasks",
    "service_deployments": "ecs:ListServiceDeployments",
    "targets": "elasticloadbalancing:DescribeTargetHealth",
    "database": "rds:DescribeDBInstances",
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
