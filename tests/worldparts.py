"""What the fixture Worlds are made of: services, tasks, targets, database, alarms, each with a plain form and changes laid over it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from clickit_tui.naming import Names, names
from clickit_tui.world.ecs import (
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
from clickit_tui.world.events import AlarmChange, AlarmHistory
from clickit_tui.world.network import SecurityRule, Subnet
from clickit_tui.world.parts import Alarm, Database, Identity, LogDigest, ScalableTarget, Target, TargetGroup, Wait
from clickit_tui.world.seen import Fault, Seen, Trouble
from clickit_tui.world.supply import Image, Secret, image_name

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
EVERY_S = {
    "services": 5.0,
    "tasks": 5.0,
    "definitions": 5.0,
    "service_deployments": 10.0,
    "targets": 10.0,
    "metrics": 15.0,
    "database": 30.0,
    "alarms": 30.0,
    "nat": 120.0,
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
        platform="1.4.0",
        family="Linux",
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
        task_role=f"arn:aws:iam::{ACCOUNT}:role/clickit-{ENV}-{part}-task",
        containers=(
            ContainerDefinition(
                name=part,
                image=image(part, number),
                command=("alembic", "upgrade", "head") if part == "migration" else (),
                environment=(("APP_ENV", ENV), ("LOG_LEVEL", "info")),
                secrets=(("CLICKIT_DATABASE_URL", arn("secretsmanager", f"secret:clickit/{ENV}/database-url-AbCdEf")),),
                log_group=f"/ecs/clickit-{ENV}-{part}",
                log_mode="blocking",
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


def rules() -> tuple[SecurityRule, ...]:
    """Both services' groups may leave to anywhere; the database lets them in by group on its port."""
    parts = ("api", "frontend")
    out = tuple(SecurityRule(group=f"sg-0{part}", egress=True, protocol="-1", cidr="0.0.0.0/0") for part in parts)
    return (*out, SecurityRule(group="sg-0db", egress=False, protocol="tcp", from_port=5432, to_port=5432, other_group="sg-0api"))


def subnets() -> tuple[Subnet, ...]:
    return (
        Subnet(id="subnet-0a1", vpc="vpc-0c11c417", zone=f"{REGION}a", cidr="10.0.1.0/24", free=231),
        Subnet(id="subnet-0b2", vpc="vpc-0c11c417", zone=f"{REGION}b", cidr="10.0.2.0/24", free=240),
    )


def waits() -> tuple[Wait, ...]:
    return (Wait(event="CPU", kind="CPU", load=0.3), Wait(event="IO:XactSync", kind="IO", load=0.1))


def alarm(name: str, now: float, **changes: Any) -> Alarm:
    plain = Alarm(
        name=f"clickit-{ENV}-{name}",
        arn=arn("cloudwatch", f"alarm:clickit-{ENV}-{name}"),
        state="OK",
        since=now - 86_400,
        reason="Threshold Crossed: no datapoints were received for 5 periods and 5 missing datapoints were treated as [NonBreaching].",
        metric="HTTPCode_Target_5XX_Count",
        namespace="AWS/ApplicationELB",
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
            namespace="AWS/RDS",
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


def alarm_history(now: float, loud: Iterable[str] = ()) -> AlarmHistory:
    """A short ALARM of the CPU two days ago, and the loud ones since six minutes."""
    past = [("clickit-prod-api-cpu", 2 * 86_400.0, "ALARM", "OK"), ("clickit-prod-api-cpu", 2 * 86_400.0 - 1200, "OK", "ALARM")]
    every = [*past, *((name, 360.0, "ALARM", "OK") for name in sorted(loud))]
    changes = (
        AlarmChange(name=name, at=now - ago_s, state=state, before=before, reason="Threshold Crossed: 1 datapoint was greater than 10.0.")
        for name, ago_s, state, before in every
    )
    return AlarmHistory(changes=tuple(changes), since=now - 14 * 86_400)


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


def revision(part: str, number: int, now: float, age_s: float, **changes: Any) -> ServiceRevision:
    """What `service_deployment(part, number, …)` deployed; its definition is ACTIVE."""
    name = f"clickit-{ENV}-{part}"
    plain = ServiceRevision(
        arn=arn("ecs", f"service-revision/clickit-{ENV}-cluster/{name}/{number}"),
        service=name,
        task_definition=definition_arn(part, number),
        created_at=now - age_s,
        images=(RevisionImage(container=part, image=image(part, number), digest=container(part, number).digest),),
        active=True,
    )
    return msgspec.structs.replace(plain, **changes)


def ecr_image(part: str, number: int, now: float, **changes: Any) -> Image:
    """The image of a part's revision, as it stands in ECR."""
    name = image_name(image(part, number))
    plain = Image(
        registry=name.registry,
        repository=name.repository,
        id=name.id,
        exists=True,
        digest=container(part, number).digest,
        tags=(name.tag,),
        pushed_at=now - 90 * 86_400,
        status="ACTIVE",
        size_bytes=120_000_000,
    )
    return msgspec.structs.replace(plain, **changes)


def secret(now: float, key: str = "database-url", **changes: Any) -> Secret:
    """A secret that the definitions name, with a value."""
    reference = arn("secretsmanager", f"secret:clickit/{ENV}/{key}-AbCdEf")
    plain = Secret(reference=reference, exists=True, name=f"clickit/{ENV}/{key}", changed_at=now - 40 * 86_400, has_value=True)
    return msgspec.structs.replace(plain, **changes)
