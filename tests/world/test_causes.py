"""Stop reasons in AWS's formats, and the one cause each of them means."""

from __future__ import annotations

import pytest

from clickit_tui.world.causes import CATALOGUE, ENDED, FINISHED, RULES, UNSAID, StopCause, cause_of, grouped
from clickit_tui.world.ecs import Container, Task
from clickit_tui.world.health import out_of_memory, stopped_by_itself

FAILED, EXITED, SCHEDULER, USER = "TaskFailedToStart", "EssentialContainerExited", "ServiceSchedulerInitiated", "UserInitiated"
ECR = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/clickit/api"
PULL = "CannotPullContainerError: "
REF = PULL + "pull image manifest has been retried 5 time(s): failed to resolve ref "
INIT = "ResourceInitializationError: "
ASM = (
    INIT + "unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call "
)
SSM = (
    INIT
    + "unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secrets from ssm: service call "
)
ECR_AUTH = (
    INIT
    + "unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve ecr registry auth: service call "
)
LOGS = INIT + "failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: "
ROLE = "User: arn:aws:sts::123456789012:assumed-role/clickit-prod-exec/8f3a is not authorized to perform: "
ESSENTIAL = "Essential container in task exited"
SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:clickit/prod/database-url-AbCdEf"

REASONS: tuple[tuple[str, str, str, str, int | None], ...] = (
    # (cause, stop code, stopped reason, container's reason, exit code)
    ("spot", "SpotInterruption", "Your Spot Task was interrupted.", "", 137),
    ("spot", "TerminationNotice", "Your Spot Task was interrupted.", "", 143),
    ("spot", "SpotInterruption", "", "", None),
    ("spot", "", "SpotInterruptionError: Your Spot Task was interrupted.", "", 137),
    ("oom", EXITED, ESSENTIAL, "OutOfMemoryError: Container killed due to memory usage", 137),
    ("oom", EXITED, ESSENTIAL, "OutOfMemoryError: container killed due to memory usage", 137),
    ("oom", EXITED, "OutOfMemoryError: Container killed due to memory usage", "", 137),
    ("pull-platform", FAILED, PULL + "image Manifest does not contain descriptor matching platform 'linux/amd64'", "", None),
    ("pull-platform", FAILED, PULL + "no match for platform in manifest sha256:41abab: not found", "", None),
    ("pull-platform", FAILED, "", PULL + "image Manifest does not contain descriptor matching platform 'linux/arm64/v8'", None),
    (
        "pull-throttled",
        FAILED,
        PULL + "inspect image has been retried 5 time(s): httpReaderSeeker: failed open: unexpected status code 429 toomanyrequests: "
        "You have reached your pull rate limit. You may increase the limit by authenticating and upgrading",
        "",
        None,
    ),
    ("pull-throttled", FAILED, PULL + "failed to copy: httpReadSeeker: failed open: 429 Too Many Requests - Server message", "", None),
    ("pull-throttled", FAILED, "", PULL + "toomanyrequests: Rate exceeded", None),
    (
        "pull-denied",
        FAILED,
        PULL + "pull access denied for clickit/api, repository does not exist or may require authorization: server message: "
        "insufficient_scope: authorization failed",
        "",
        None,
    ),
    ("pull-denied", FAILED, REF + f"{ECR}:v2.3.1: unexpected status from HEAD request: 403 Forbidden", "", None),
    ("pull-denied", FAILED, REF + "docker.io/clickit/api:v2.3.1: pull access denied, repository does not exist", "", None),
    (
        "pull-denied",
        FAILED,
        "The task can\u2019t pull the image '" + ECR + ":v2' from Amazon Elastic Container Registry using the task execution role. To fix "
        "this, verify that the user has all the required permissions.",
        "",
        None,
    ),
    ("pull-denied", FAILED, PULL + "Error response from daemon: Get https://x/v2/: no basic auth credentials", "", None),
    ("image-missing", FAILED, REF + f"{ECR}:v9.9.9: {ECR}:v9.9.9: not found", "", None),
    ("image-missing", FAILED, REF + f"{ECR}@sha256:{'4030' * 16}: not found", "", None),
    ("image-missing", FAILED, PULL + f"manifest unknown: Requested image not found for {ECR}:gone", "", None),
    ("image-missing", FAILED, PULL + "inspect image has been retried 1 time(s): failed to resolve ref x: name unknown", "", None),
    ("image-missing", FAILED, f"{PULL}The task can\u2019t pull the image '{ECR}:v2': failed to resolve ref {ECR}:v2: not found", "", None),
    ("image-missing", FAILED, "", PULL + f"Error response from daemon: manifest for {ECR}:v9 not found: manifest unknown", None),
    ("pull-network", FAILED, REF + f"{ECR}:v2: failed to do request: Head https://x/v2/: dial tcp 52.1.2.3:443: i/o timeout", "", None),
    ("pull-network", FAILED, REF + f"{ECR}:v2: failed to do request: context canceled", "", None),
    ("pull-network", FAILED, PULL + "context canceled", "", None),
    (
        "pull-network",
        FAILED,
        INIT + "unable to pull secrets or registry auth: The task cannot pull registry auth from Amazon ECR: There is a connection issue "
        "between the task and Amazon ECR. Check your task network configuration. RequestError: send request failed",
        "",
        None,
    ),
    ("pull-network", FAILED, f"The task cannot pull {ECR}:v2. There is a connection issue between the task and Amazon ECR.", "", None),
    ("pull-network", FAILED, "", PULL + "net/http: request canceled while waiting for connection", None),
    (
        "secret-deleted",
        FAILED,
        ASM + "has been retried 1 time(s): failed to fetch secret " + SECRET + " from secrets manager: InvalidRequestException: You can't "
        "perform this operation on the secret because it was marked for deletion.",
        "",
        None,
    ),
    ("secret-deleted", FAILED, INIT + "secret was scheduled for deletion", "", None),
    (
        "secret-key",
        FAILED,
        INIT + "unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: "
        "retrieved secret from Secrets Manager did not contain json key jwt",
        "",
        None,
    ),
    (
        "role-ecr",
        FAILED,
        ECR_AUTH + "has been retried 1 time(s): AccessDeniedException: " + ROLE + "ecr:GetAuthorizationToken on resource: *",
        "",
        None,
    ),
    ("role-ecr", FAILED, ECR_AUTH + "has been retried 1 time(s): AccessDeniedException", "", None),
    ("role-secret", FAILED, ASM + "has been retried 1 time(s): AccessDeniedException: " + ROLE + "secretsmanager:GetSecretValue", "", None),
    ("role-secret", FAILED, ASM + "has been retried 1 time(s): AccessDeniedException: Access to KMS is not allowed: kms:Decrypt", "", None),
    ("role-secret", FAILED, SSM + "has been retried 1 time(s): AccessDeniedException: " + ROLE + "ssm:GetParameters", "", None),
    (
        "secret-missing",
        FAILED,
        ASM + "has been retried 1 time(s): ResourceNotFoundException: Secrets Manager can't find the specified secret. " + SECRET,
        "",
        None,
    ),
    ("secret-missing", FAILED, ASM + "has been retried 1 time(s): Secrets Manager can\u2019t find the specified secret", "", None),
    ("secret-missing", FAILED, SSM + "has been retried 1 time(s): invalid parameters: /clickit/prod/jwt", "", None),
    ("secret-missing", FAILED, INIT + "The task can't find the specified secret in AWS Secrets Manager", "", None),
    ("log-group", FAILED, LOGS + "ResourceNotFoundException: The specified log group does not exist. : exit status 1", "", None),
    ("log-group", FAILED, LOGS + "AccessDeniedException: " + ROLE + "logs:CreateLogStream", "", None),
    (
        "log-group",
        FAILED,
        INIT
        + "failed to validate logger args: The task cannot find the Amazon CloudWatch log group defined in the task definition. There is "
        "a connection issue between the task and Amazon CloudWatch. Check your network configuration. : signal: killed",
        "",
        None,
    ),
    ("log-group", FAILED, INIT + "failed to initialize logging driver: RequestError: dial tcp: i/o timeout", "", None),
    (
        "start-network",
        FAILED,
        INIT
        + "unable to pull secrets or registry auth: The task cannot pull secrets from AWS Secrets Manager: There is a connection issue "
        "between the task and AWS Secrets Manager. Check your task network configuration.",
        "",
        None,
    ),
    ("start-network", FAILED, ASM + "has been retried 5 time(s): RequestCanceled: request context canceled: deadline exceeded", "", None),
    ("start-network", FAILED, ECR_AUTH + "has been retried 3 time(s): RequestError: send request failed: i/o timeout", "", None),
    ("start-network", FAILED, INIT + "failed to download env files: file download command: non empty error: RequestCanceled", "", None),
    ("start-resource", FAILED, INIT + "failed to configure ENI: failed to setup regular eni", "", None),
    ("start-resource", FAILED, INIT + "failed to invoke EFS utils commands to set up EFS volumes", "", None),
    (
        "role-assume",
        FAILED,
        "ECS was unable to assume the role 'arn:aws:iam::123456789012:role/clickit-prod-task' that was provided for this task.",
        "",
        None,
    ),
    (
        "elb-health",
        SCHEDULER,
        "Task failed ELB health checks in (target-group arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/clickit-prod-api/73e2)",
        "",
        137,
    ),
    ("elb-health", SCHEDULER, "Task failed ELB health checks in (target-group clickit-prod-api)", "", 0),
    ("elb-health", "", "Task failed ELB health checks in (target-group clickit-prod-api)", "", 143),
    ("container-health", SCHEDULER, "Task failed container health checks", "", 137),
    ("container-health", SCHEDULER, "Task failed container health checks", "", None),
    ("routine", SCHEDULER, "Scaling activity initiated by (deployment ecs-svc/5892343251)", "", 137),
    ("routine", SCHEDULER, "Scaling activity initiated by (deployment ecs-svc/5892343251)", "", 0),
    ("routine", SCHEDULER, "Task stopped by service scheduler", "", 143),
    ("user", USER, "Task stopped by user", "", 137),
    ("user", USER, "stopped by OnCall/anna: looks like OutOfMemoryError to me", "", 0),
    ("user", USER, "CannotPullContainerError on purpose", "", None),
    ("capacity", FAILED, "Capacity is unavailable at this time. Please try again later or in a different availability zone", "", None),
    ("capacity", FAILED, "You\u2019ve reached the limit on the number of tasks you can run concurrently", "", None),
    ("capacity", FAILED, "You've reached the limit on the number of vCPUs you can run concurrently", "", None),
    ("network-interface", FAILED, "Timeout waiting for network interface provisioning to complete.", "", None),
    ("network-interface", FAILED, "Timeout waiting for EphemeralStorage provisioning to complete.", "", None),
    ("volume", FAILED, "CannotCreateVolumeError: volume driver not found", "", None),
    ("entrypoint", FAILED, "CannotStartContainerError: failed to create task: OCI runtime create failed", "", None),
    ("entrypoint", EXITED, ESSENTIAL, 'CannotStartContainerError: exec: "/app/run": executable file not found in $PATH', 127),
    ("entrypoint", EXITED, ESSENTIAL, "exec /app/run: exec format error", 255),
    ("aws", "InfrastructureHealth", "Task stopped due to an infrastructure issue", "", 137),
    ("aws", FAILED, "InternalError: unexpected EOF", "", None),
    ("aws", EXITED, ESSENTIAL, "ContainerRuntimeTimeoutError: Could not transition to running; timed out after waiting 3m0s", None),
    ("aws", FAILED, "CannotInspectContainerError: Could not transition to inspecting; timed out", "", None),
    ("aws", EXITED, ESSENTIAL, "CannotStopContainerError: Could not stop", 137),
    ("aws", FAILED, "DockerTimeoutError: Could not transition to created; timed out after waiting 4m0s", "", None),
    ("scheduler", SCHEDULER, "", "", 137),
    ("exit", EXITED, ESSENTIAL, "", 1),
    ("exit", EXITED, ESSENTIAL, "", 255),
    ("exit", "", ESSENTIAL, "", 2),
    ("exit-command", EXITED, ESSENTIAL, "", 126),
    ("exit-command", EXITED, ESSENTIAL, "", 127),
    ("exit-abort", EXITED, ESSENTIAL, "", 134),
    ("exit-killed", EXITED, ESSENTIAL, "", 137),
    ("exit-killed", "", "", "", 137),
    ("exit-crash", EXITED, ESSENTIAL, "", 139),
    ("exit-term", EXITED, ESSENTIAL, "", 143),
    ("exit-0", EXITED, ESSENTIAL, "", 0),
    ("unsaid", "", "", "", None),
    ("unsaid", FAILED, "something AWS has never said before", "", None),
)


def stopped(code: str = "", reason: str = "", said: str = "", exit_code: int | None = None, **given: object) -> Task:
    container = Container(name="api", reason=said, exit_code=exit_code)
    plain = {"arn": "a", "id": "a", "part": "api", "group": "service:clickit-prod-api", "status": "STOPPED", "containers": (container,)}
    return Task(**{**plain, "stop_code": code, "stopped_reason": reason, **given})  # type: ignore[arg-type]


@pytest.mark.parametrize(("cause", "code", "reason", "container", "exit_code"), REASONS)
def test_a_stop_reason_means_its_cause(cause: str, code: str, reason: str, container: str, exit_code: int | None) -> None:
    assert cause_of(stopped(code, reason, container, exit_code)).id == cause


def test_sixty_reasons_cover_every_row_of_the_catalogue() -> None:
    assert len(REASONS) >= 60
    assert {cause for cause, *_ in REASONS} | {FINISHED.id} == {cause.id for cause in CATALOGUE}


def test_an_exit_of_137_is_out_of_memory_only_when_a_reason_says_so() -> None:
    for cause, code, reason, container, exit_code in REASONS:
        task = stopped(code, reason, container, 137 if exit_code is not None else None)
        assert out_of_memory(task) == (cause == "oom")


def test_the_case_of_letters_does_not_matter() -> None:
    for cause, code, reason, container, exit_code in REASONS:
        assert cause_of(stopped(code, reason.upper(), container.lower(), exit_code)).id == cause


def test_a_migration_that_exits_0_has_finished_and_a_service_that_does_so_has_not() -> None:
    migration = stopped("EssentialContainerExited", ESSENTIAL, exit_code=0, part="migration", group="family:clickit-prod-migration")
    assert cause_of(migration) == FINISHED
    assert cause_of(stopped("EssentialContainerExited", ESSENTIAL, exit_code=0)) == ENDED
    assert not stopped_by_itself(migration)


def test_the_container_that_ended_first_speaks_before_those_that_were_killed_after_it() -> None:
    containers = (Container(name="proxy", exit_code=137), Container(name="api", exit_code=3), Container(name="agent", exit_code=0))
    assert cause_of(stopped("EssentialContainerExited", ESSENTIAL, containers=containers)).id == "exit"


def test_a_task_without_containers_has_no_known_reason() -> None:
    assert cause_of(stopped(containers=())) == UNSAID


def test_what_is_routine_or_meant_is_no_failure_and_the_rest_has_a_fix() -> None:
    for cause in CATALOGUE:
        assert isinstance(cause, StopCause)
        assert bool(cause.fix) == (not cause.hidden)
        assert not (cause.hidden and cause.failed)
        assert len(cause.title) <= 44
    assert {rule.cause.id for rule in RULES if not rule.cause.failed} == {"spot", "routine", "user", "scheduler"}


def test_groups_stand_by_part_and_cause_with_their_times_failures_first() -> None:
    tasks = [
        stopped(SCHEDULER, "Scaling activity initiated by (deployment x)", exit_code=137, arn="1", stopped_at=500.0),
        stopped(EXITED, ESSENTIAL, exit_code=1, arn="2", stopped_at=100.0),
        stopped(EXITED, ESSENTIAL, exit_code=1, arn="3", stopped_at=300.0),
        stopped(EXITED, ESSENTIAL, exit_code=1, arn="4", part="frontend"),
        stopped(status="RUNNING", arn="5"),
        stopped(USER, "Task stopped by user", arn="6", stopped_at=900.0),
    ]
    groups = grouped(tasks)
    assert [(g.part, g.cause.id, [t.arn for t in g.tasks]) for g in groups] == [
        ("api", "exit", ["3", "2"]),
        ("frontend", "exit", ["4"]),
        ("api", "user", ["6"]),
        ("api", "routine", ["1"]),
    ]
    assert (groups[0].first_at, groups[0].last_at) == (100.0, 300.0)
    assert (groups[1].first_at, groups[1].last_at) == (None, None)
