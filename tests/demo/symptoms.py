"""What each incident shows of itself through AWS's API, as questions to a look."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from tests.demo.look import Look

Symptom = Callable[[Look], Awaitable[bool]]


def alarm(name: str) -> Symptom:
    async def seen(look: Look) -> bool:
        return (await look.alarms()).get(name) == "ALARM"

    return seen


def task(text: str = "", *, code: str = "", exit_code: int | None = None, container: str = "") -> Symptom:
    """A stopped task of the api whose reason holds a text."""

    async def seen(look: Look) -> bool:
        return any(
            text in f"{each.get('stoppedReason')}"
            and code in ("", each.get("stopCode"))
            and exit_code in (None, each["containers"][0].get("exitCode"))
            and container in each["containers"][0].get("reason", "")
            for each in await look.stopped()
        )

    return seen


def never_out_of_memory() -> Symptom:
    async def seen(look: Look) -> bool:
        return not any("OutOfMemory" in each["containers"][0].get("reason", "") for each in await look.stopped())

    return seen


def event(text: str) -> Symptom:
    async def seen(look: Look) -> bool:
        return any(text in each["message"] for each in (await look.service())["events"])

    return seen


def deployment(*states: str, breaker: str = "") -> Symptom:
    """A service deployment of the last minutes in one of these states."""

    async def seen(look: Look) -> bool:
        return any(
            each["status"] in states and breaker in ("", each["deploymentCircuitBreaker"]["status"]) for each in await look.deployments()
        )

    return seen


def no_deployment() -> Symptom:
    async def seen(look: Look) -> bool:
        return not await look.deployments()

    return seen


def short() -> Symptom:
    async def seen(look: Look) -> bool:
        service = await look.service()
        return bool(service["runningCount"] < service["desiredCount"])

    return seen


def full() -> Symptom:
    async def seen(look: Look) -> bool:
        service = await look.service()
        return bool(service["runningCount"] == service["desiredCount"] > 0)

    return seen


def lines(pattern: str, at_least: int = 1) -> Symptom:
    async def seen(look: Look) -> bool:
        return await look.lines(f'"{pattern}"') >= at_least

    return seen


def last(source: str, name: str, stat: str, test: Callable[[float], bool]) -> Symptom:
    """A metric's newest point."""

    async def seen(look: Look) -> bool:
        values = await getattr(look, source)(name, stat) if source != "nat" else await look.nat(name)
        return bool(values) and test(values[-1])

    return seen


def total(name: str, above: float) -> Symptom:
    async def seen(look: Look) -> bool:
        return sum(await look.balancer(name)) > above

    return seen


def silent(source: str, name: str) -> Symptom:
    """A metric that has ended, or never was."""

    async def seen(look: Look) -> bool:
        return len(await getattr(look, source)(name)) < 15

    return seen


def database(status: str) -> Symptom:
    async def seen(look: Look) -> bool:
        return bool((await look.database())["DBInstanceStatus"] == status)

    return seen


def rds_event(text: str) -> Symptom:
    async def seen(look: Look) -> bool:
        return any(text in each for each in await look.rds_events())

    return seen


def refused(service: str, operation: str, text: str, /, **params: Any) -> Symptom:
    async def seen(look: Look) -> bool:
        given = {key: value.replace("ENV", look.env) if isinstance(value, str) else value for key, value in params.items()}
        return text in await look.is_refused(service, operation, **given)

    return seen


def secret(key: str, member: str) -> Symptom:
    async def seen(look: Look) -> bool:
        return member in await look.once("secretsmanager", "DescribeSecret", SecretId=f"clickit/{look.env}/{key}")

    return seen


async def pinned_digest_gone(look: Look) -> bool:
    arn = (await look.service())["currentServiceRevisions"][0]["arn"]
    shown = await look.once("ecs", "DescribeServiceRevisions", serviceRevisionArns=[arn])
    image = shown["serviceRevisions"][0]["containerImages"][0]
    tag = image["image"].rsplit(":", 1)[-1]
    there = not await look.is_refused("ecr", "DescribeImages", repositoryName="clickit/api", imageIds=[{"imageTag": tag}])
    wanted = [{"imageDigest": image["imageDigest"]}]
    return there and "ImageNotFound" in await look.is_refused("ecr", "DescribeImages", repositoryName="clickit/api", imageIds=wanted)


async def tag_never_pushed(look: Look) -> bool:
    """Of the family's newest revision."""
    shown = await look.once("ecs", "DescribeTaskDefinition", taskDefinition=f"clickit-{look.env}-api")
    tag = shown["taskDefinition"]["containerDefinitions"][0]["image"].rsplit(":", 1)[-1]
    said = await look.is_refused("ecr", "DescribeImages", repositoryName="clickit/api", imageIds=[{"imageTag": tag}])
    return "ImageNotFound" in said or "does not exist" in said


async def no_log_group(look: Look) -> bool:
    found = await look.once("logs", "DescribeLogGroups", logGroupNamePrefix=f"/ecs/clickit-{look.env}-api")
    return not found["logGroups"]


async def no_ingress_5432(look: Look) -> bool:
    group = (await look.database())["VpcSecurityGroups"][0]["VpcSecurityGroupId"]
    found = await look.once("ec2", "DescribeSecurityGroupRules", Filters=[{"Name": "group-id", "Values": [group]}])
    return not any(not each["IsEgress"] and each["FromPort"] == 5432 for each in found["SecurityGroupRules"])


async def no_addresses(look: Look) -> bool:
    subnets = (await look.service())["networkConfiguration"]["awsvpcConfiguration"]["subnets"]
    found = await look.once("ec2", "DescribeSubnets", SubnetIds=subnets)
    return all(each["AvailableIpAddressCount"] == 0 for each in found["Subnets"])


async def migration_runs(look: Look) -> bool:
    found = await look.once("ecs", "ListTasks", cluster=look.cluster, family=f"clickit-{look.env}-migration", desiredStatus="RUNNING")
    return bool(found["taskArns"])


def waits(event: str) -> Symptom:
    """Most of the database's sessions wait for this in the last minutes, and did not before the incident."""

    async def seen(look: Look) -> bool:
        found = await look.once(
            "pi",
            "GetResourceMetrics",
            ServiceType="RDS",
            Identifier=(await look.database())["DbiResourceId"],
            MetricQueries=[{"Metric": "db.load.avg", "GroupBy": {"Group": "db.wait_event"}}],
            StartTime=datetime.fromtimestamp(look.now - look.window_s - 600, UTC),
            EndTime=datetime.fromtimestamp(look.now, UTC),
            PeriodInSeconds=60,
        )
        loads = {
            each["Key"]["Dimensions"]["db.wait_event.name"]: each["DataPoints"]
            for each in found["MetricList"]
            if "Dimensions" in each["Key"]
        }
        points = loads.get(event, [])
        leads = max(loads, key=lambda name: float(loads[name][-1]["Value"])) == event
        return bool(leads and points[-1]["Value"] > 0.5 and points[0]["Value"] < 0.5)

    return seen


async def at_most_tasks(look: Look) -> bool:
    service = await look.service()
    found = await look.once(
        "application-autoscaling",
        "DescribeScalableTargets",
        ServiceNamespace="ecs",
        ResourceIds=[f"service/{look.cluster}/{service['serviceName']}"],
    )
    return any(each["MaxCapacity"] == service["desiredCount"] for each in found["ScalableTargets"])


async def no_target(look: Look) -> bool:
    group = (await look.service())["loadBalancers"][0]["targetGroupArn"]
    return not (await look.once("elbv2", "DescribeTargetHealth", TargetGroupArn=group))["TargetHealthDescriptions"]


async def hardly_a_line(look: Look) -> bool:
    return await look.lines(after_s=900) < 100


async def drops_lines_silently(look: Look) -> bool:
    return bool((await look.definition())["logConfiguration"]["options"]["mode"] == "non-blocking")


async def has_container_check(look: Look) -> bool:
    """Of any revision of the window: the deployment may have been rolled back."""
    found = await look.once("ecs", "ListTaskDefinitions", familyPrefix=f"clickit-{look.env}-api", sort="DESC")
    shown = await look.once("ecs", "DescribeTaskDefinition", taskDefinition=found["taskDefinitionArns"][0])
    return "healthCheck" in shown["taskDefinition"]["containerDefinitions"][0]


async def no_cache(look: Look) -> bool:
    found = await look.once("elasticache", "DescribeReplicationGroups")
    return not any(each["ReplicationGroupId"] == f"clickit-{look.env}-redis" for each in found["ReplicationGroups"])


async def no_alarms(look: Look) -> bool:
    return not await look.alarms()


async def marked_asleep(look: Look) -> bool:
    found = await look.once("ecs", "ListTagsForResource", resourceArn=(await look.service())["serviceArn"])
    return any(each["key"] == "clickit:asleep" for each in found["tags"])


async def nothing_runs(look: Look) -> bool:
    services = [await look.service(part) for part in ("api", "frontend")]
    return all(each["desiredCount"] == each["runningCount"] == 0 for each in services)


async def memory_climbs(look: Look) -> bool:
    values = await look.ecs("MemoryUtilization", "Maximum")
    return max(values) > 95 and min(values) < 50


async def slow_path_lines(look: Look) -> bool:
    return await look.lines('{ $.path = "/api/v1/stats/*" && $.ms > 2000 }') > 5


async def quiet_alarms(look: Look) -> bool:
    return set((await look.alarms()).values()) == {"OK"}


FIVES = alarm("alb-5xx")
MANY = total("HTTPCode_Target_5XX_Count", 100)
AVAILABLE = database("available")
KILLED = task(exit_code=137)

SYMPTOMS: dict[str, tuple[Symptom, ...]] = {
    "bad-deployment": (FIVES, MANY, deployment("SUCCESSFUL"), lines("KeyError: 'plan'", 20)),
    "circuit-breaker": (
        deployment("ROLLBACK_SUCCESSFUL", breaker="TRIGGERED"),
        task(code="EssentialContainerExited", exit_code=1),
        lines("CLICKIT_REGION"),
    ),
    "image-tag-missing": (
        deployment("ROLLBACK_SUCCESSFUL", breaker="TRIGGERED"),
        task("not found", code="TaskFailedToStart", container="CannotPullContainerError"),
        tag_never_pushed,
    ),
    "digest-expired": (short(), task("CannotPullContainerError"), task("@sha256:"), pinned_digest_gone),
    "pull-denied": (
        task("not authorized to perform: ecr:BatchGetImage"),
        event("unable to consistently start tasks"),
        deployment("ROLLBACK_IN_PROGRESS"),
    ),
    "wrong-platform": (task("does not contain descriptor matching platform 'linux/amd64'"), deployment("ROLLBACK_SUCCESSFUL")),
    "secret-missing": (
        task("Secrets Manager can't find the specified secret"),
        refused("secretsmanager", "DescribeSecret", "ResourceNotFound", SecretId="clickit/ENV/stripe-api-key"),
        deployment("ROLLBACK_IN_PROGRESS"),
    ),
    "secret-deleted": (short(), task("marked for deletion"), secret("jwt-secret-key", "DeletedDate")),
    "secret-key-missing": (task("did not contain json key password"), deployment("ROLLBACK_SUCCESSFUL")),
    "secret-denied": (task("AccessDeniedException"), task("secretsmanager:GetSecretValue"), deployment("ROLLBACK_IN_PROGRESS")),
    "log-group-missing": (task("The specified log group does not exist"), no_log_group),
    "out-of-memory": (
        task(code="EssentialContainerExited", exit_code=137, container="OutOfMemoryError"),
        memory_climbs,
        deployment("SUCCESSFUL"),
    ),
    "spot-reclaim": (task("Your Spot Task was interrupted", code="SpotInterruption", exit_code=137),),
    "elb-kill": (task("Task failed ELB health checks", exit_code=137), event("Request timed out")),
    "scale-in": (task("Scaling activity initiated by", exit_code=137),),
    "stop-timeout": (task("Scaling activity initiated by", exit_code=137), deployment("SUCCESSFUL")),
    "container-health": (task("Task failed container health checks"), event("failed container health checks"), has_container_check),
    "health-path": (
        task("Task failed ELB health checks"),
        event("Health checks failed with these codes: [404]"),
        deployment("ROLLBACK_SUCCESSFUL"),
    ),
    "health-timeout": (task("Task failed ELB health checks"), event("Request timed out"), deployment("ROLLBACK_SUCCESSFUL")),
    "app-crash": (task("Essential container in task exited", exit_code=1), lines("RecursionError"), deployment("SUCCESSFUL")),
    "database-stopped": (
        FIVES,
        MANY,
        database("stopped"),
        rds_event("DB instance stopped"),
        lines("Connection refused", 20),
        silent("rds", "CPUUtilization"),
    ),
    "storage-full": (
        FIVES,
        MANY,
        database("storage-full"),
        rds_event("Allocated storage has been exhausted"),
        lines("No space left on device", 20),
        silent("rds", "FreeStorageSpace"),
    ),
    "connection-leak": (
        FIVES,
        MANY,
        last("rds", "DatabaseConnections", "Maximum", lambda value: value > 175),
        lines("too many clients already", 20),
    ),
    "sg-rule-removed": (
        FIVES,
        MANY,
        no_ingress_5432,
        lines("timeout expired", 20),
        last("balancer", "TargetResponseTime", "p50", lambda value: value > 4),
    ),
    "migration-locks": (
        FIVES,
        MANY,
        migration_runs,
        waits("Lock:relation"),
        lines("lock timeout", 20),
        last("balancer", "TargetResponseTime", "p95", lambda value: value > 3),
    ),
    "io-balance": (
        waits("IO:DataFileRead"),
        last("rds", "EBSIOBalance%", "Average", lambda value: value == 0),
        last("rds", "ReadLatency", "Average", lambda value: value > 0.02),
        last("rds", "DiskQueueDepth", "Average", lambda value: value > 10),
        last("balancer", "TargetResponseTime", "p95", lambda value: value > 0.25),
    ),
    "database-cpu": (
        waits("CPU"),
        last("rds", "CPUUtilization", "Average", lambda value: value > 90),
        last("balancer", "TargetResponseTime", "p95", lambda value: value > 0.25),
    ),
    "redis-evictions": (
        last("redis", "Evictions", "Sum", lambda value: value > 0),
        last("redis", "DatabaseMemoryUsagePercentage", "Average", lambda value: value == 100),
        last("redis", "CacheHitRate", "Average", lambda value: value < 50),
        last("rds", "CPUUtilization", "Average", lambda value: value > 60),
    ),
    "redis-credits": (
        last("redis", "CPUCreditBalance", "Average", lambda value: value == 0),
        last("redis", "CPUUtilization", "Average", lambda value: value > 9),
        last("balancer", "TargetResponseTime", "p50", lambda value: value > 0.12),
    ),
    "nat-ports": (FIVES, MANY, last("nat", "ErrorPortAllocation", "Sum", lambda value: value > 100), lines("api.payments.example", 10)),
    "cpu-saturation": (
        alarm("api-cpu-high"),
        at_most_tasks,
        total("HTTPCode_ELB_504_Count", 100),
        last("ecs", "CPUUtilization", "Average", lambda value: value > 85),
    ),
    "subnet-full": (short(), task("InsufficientFreeAddressesInSubnet"), no_addresses),
    "spot-capacity": (
        short(),
        task("Capacity is unavailable at this time"),
        task(code="SpotInterruption"),
        no_target,
        total("HTTPCode_ELB_503_Count", 100),
    ),
    "quiet-logs": (FIVES, MANY, deployment("SUCCESSFUL"), hardly_a_line),
    "slow-endpoint": (last("balancer", "TargetResponseTime", "p95", lambda value: value > 1), slow_path_lines),
    "noise": (
        total("HTTPCode_Target_4XX_Count", 2000),
        task("testing the shutdown", code="UserInitiated"),
        lines("retried after error", 3),
    ),
    "two-causes": (
        FIVES,
        MANY,
        deployment("SUCCESSFUL"),
        lines("ValueError", 20),
        last("rds", "CPUUtilization", "Average", lambda value: value > 90),
    ),
    "half-blind": (
        FIVES,
        MANY,
        refused("rds", "DescribeDBInstances", "AccessDenied"),
        refused("logs", "FilterLogEvents", "AccessDenied", logGroupName="/ecs/clickit-ENV-api"),
        refused("elasticache", "DescribeReplicationGroups", "AccessDenied"),
        silent("rds", "DatabaseConnections"),
    ),
    "bare": (no_cache, no_alarms, silent("redis", "CPUUtilization")),
    "asleep": (marked_asleep, nothing_runs, database("stopped"), no_target),
}
"""What each incident shows and the healthy world does not."""

YET: dict[str, tuple[Symptom, ...]] = {
    "bad-deployment": (full(), AVAILABLE),
    "circuit-breaker": (full(), never_out_of_memory(), quiet_alarms),
    "digest-expired": (no_deployment(),),
    "secret-deleted": (no_deployment(),),
    "spot-reclaim": (full(), never_out_of_memory()),
    "elb-kill": (full(), never_out_of_memory(), quiet_alarms),
    "scale-in": (full(), never_out_of_memory(), quiet_alarms, no_deployment()),
    "stop-timeout": (full(), never_out_of_memory(), quiet_alarms),
    "database-stopped": (full(), no_deployment()),
    "sg-rule-removed": (full(), AVAILABLE, no_deployment()),
    "connection-leak": (full(), AVAILABLE),
    "migration-locks": (full(), AVAILABLE, no_deployment(), last("rds", "CPUUtilization", "Average", lambda value: value < 40)),
    "nat-ports": (full(), AVAILABLE, no_deployment()),
    "io-balance": (last("rds", "CPUUtilization", "Average", lambda value: value < 40), quiet_alarms),
    "quiet-logs": (full(), AVAILABLE, drops_lines_silently),
    "slow-endpoint": (last("balancer", "TargetResponseTime", "p50", lambda value: value < 0.1), quiet_alarms),
    "noise": (full(), AVAILABLE, quiet_alarms),
    "half-blind": (full(), no_deployment()),
    "bare": (full(), AVAILABLE),
}
"""What looks as it should all the same: the evidence that tells look-alikes apart."""
