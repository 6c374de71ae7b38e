"""ECS: cluster, services, deployments, tasks, task definitions. Times are epoch seconds."""

from __future__ import annotations

import msgspec


class Cluster(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    name: str
    arn: str = ""
    status: str = ""
    container_insights: bool | None = None
    """None when the answer does not say."""
    exec_logging: str = ""
    """Where sessions are recorded: NONE, DEFAULT, OVERRIDE; empty when the answer does not say."""
    exec_key: str = ""
    """KMS key that encrypts sessions; empty when there is none or the answer does not say."""
    exec_log_group: str = ""
    """Name of the log group that sessions are recorded to with OVERRIDE; empty as above."""
    exec_bucket: str = ""
    """S3 bucket, and `/` and the prefix where there is one, that sessions are recorded to with OVERRIDE; empty as above."""


class Deployment(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of `services[].deployments[]`."""

    id: str
    """`ecs-svc/NUMBER`; where the answer gives none, service, task definition and when it began, which tell it apart from others."""
    status: str
    """PRIMARY, ACTIVE (the old one) or INACTIVE."""
    task_definition: str = ""
    """ARN."""
    desired: int | None = None
    running: int | None = None
    pending: int | None = None
    failed: int | None = None
    """Consecutive failed tasks; AWS resets it to 0 as soon as one runs, so 0 does not mean healthy."""
    rollout: str = ""
    """IN_PROGRESS, COMPLETED, FAILED, or empty when the answer does not say."""
    rollout_reason: str = ""
    created_at: float | None = None
    updated_at: float | None = None


class ServiceEvent(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    at: float | None
    message: str


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """One ECS service. Counts are None when the answer lacks them: unknown, never zero."""

    part: str
    """ClickIt's short name: api, frontend."""
    name: str
    arn: str = ""
    cluster: str = ""
    status: str = ""
    desired: int | None = None
    running: int | None = None
    pending: int | None = None
    task_definition: str = ""
    """ARN of the definition the service is set to."""
    deployments: tuple[Deployment, ...] = ()
    events: tuple[ServiceEvent, ...] = ()
    """Newest first."""
    target_groups: tuple[str, ...] = ()
    """ARNs."""
    groups_told: bool = True
    """Whether the answer said in which target groups it registers; when it did not, none is known, which is not the same as none."""
    container_port: int | None = None
    subnets: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()
    public_addresses: bool | None = None
    """Whether its tasks get public addresses."""
    capacity: tuple[str, ...] = ()
    """Capacity providers, or the launch type."""
    min_healthy_percent: int | None = None
    max_percent: int | None = None
    breaker_enabled: bool | None = None
    breaker_rollback: bool | None = None
    grace_s: int | None = None
    """Health-check grace period."""
    exec_enabled: bool | None = None
    created_at: float | None = None
    service_deployment: str = ""
    """ARN of the current service deployment, where ECS gives one."""
    tags: tuple[tuple[str, str], ...] = ()
    tags_told: bool = True
    """Whether the answer had a list of tags, be it empty."""

    @property
    def primary(self) -> Deployment | None:
        return next((d for d in self.deployments if d.status == "PRIMARY"), None)

    @property
    def rolling(self) -> bool:
        """A deployment is under way."""
        primary = self.primary
        if primary is None:
            return False
        return primary.rollout == "IN_PROGRESS" or (not primary.rollout and len(self.deployments) > 1)

    @property
    def rolling_back(self) -> bool:
        """Its primary deployment says that it is a roll-back; this is known earlier than what DescribeServiceDeployments says."""
        return self.rolling and self.primary is not None and "rolling back" in self.primary.rollout_reason


class Container(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    status: str = ""
    health: str = ""
    exit_code: int | None = None
    reason: str = ""
    image: str = ""
    digest: str = ""
    runtime_id: str = ""
    exec_agent: str = ""
    """lastStatus of the ExecuteCommandAgent; empty when there is none."""
    exec_reason: str = ""
    """Why the agent is not running, where ECS says so."""


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """One task, running or stopped (ECS forgets a stopped one after about an hour)."""

    arn: str
    id: str
    """The last part of the ARN."""
    part: str
    """api, frontend, migration, or the task's own group when it is none of them."""
    group: str = ""
    """`service:NAME` or `family:NAME`."""
    status: str = ""
    """lastStatus: PROVISIONING, PENDING, ACTIVATING, RUNNING, DEACTIVATING, STOPPING, DEPROVISIONING, STOPPED."""
    desired_status: str = ""
    health: str = ""
    """HEALTHY, UNHEALTHY, UNKNOWN, or empty."""
    task_definition: str = ""
    ip: str = ""
    zone: str = ""
    cpu: str = ""
    memory: str = ""
    capacity: str = ""
    started_by: str = ""
    """`ecs-svc/ID` names the deployment that started it."""
    created_at: float | None = None
    started_at: float | None = None
    stopping_at: float | None = None
    stopped_at: float | None = None
    stop_code: str = ""
    stopped_reason: str = ""
    exec_enabled: bool | None = None
    platform: str = ""
    """Fargate platform version, e.g. `1.4.0`; empty when the answer does not say."""
    family: str = ""
    """Linux, WINDOWS_SERVER_2019_CORE, ...; empty when the answer does not say."""
    containers: tuple[Container, ...] = ()

    @property
    def stopped(self) -> bool:
        return self.status == "STOPPED"


class ContainerDefinition(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    image: str = ""
    essential: bool = True
    cpu: int | None = None
    memory: int | None = None
    command: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    secrets: tuple[tuple[str, str], ...] = ()
    """(name, valueFrom): references only."""
    log_group: str = ""
    log_prefix: str = ""
    log_mode: str = ""
    """`non-blocking` may drop lines; so may an unset one, empty here: it is ECS's default since June 2025."""
    health_check: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    """Docker labels."""
    read_only_root: bool | None = None
    init_process: bool | None = None


class TaskDefinition(msgspec.Struct, frozen=True, kw_only=True):
    arn: str
    family: str
    revision: int
    cpu: str = ""
    """CPU units as a string, e.g. `512`."""
    memory: str = ""
    """MiB as a string."""
    status: str = ""
    registered_at: float | None = None
    registered_by: str = ""
    architecture: str = ""
    task_role: str = ""
    """ARN."""
    execution_role: str = ""
    """ARN."""
    pid_mode: str = ""
    containers: tuple[ContainerDefinition, ...] = ()

    @property
    def short(self) -> str:
        """`family:revision`."""
        return f"{self.family}:{self.revision}"

    @property
    def on_arm(self) -> bool:
        return self.architecture.upper() == "ARM64"


class ServiceDeployment(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of DescribeServiceDeployments: what a deployment came to, kept 90 days."""

    arn: str
    service: str
    status: str
    reason: str = ""
    started_at: float | None = None
    created_at: float | None = None
    finished_at: float | None = None
    failures: int | None = None
    threshold: int | None = None
    breaker: str = ""
    target_revision: str = ""
    source_revisions: tuple[str, ...] = ()
    rolled_back_to: str = ""
    """ARN of the service revision that a roll-back goes to."""

    @property
    def running(self) -> bool:
        """Still to be stopped: neither ended nor already on its way back."""
        return self.status in ("PENDING", "IN_PROGRESS")

    @property
    def rolling_back(self) -> bool:
        return self.status in ("STOP_REQUESTED", "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS")


class RevisionImage(msgspec.Struct, frozen=True, kw_only=True):
    """The image of one container as a service revision pinned it."""

    container: str
    image: str
    digest: str = ""


class ServiceRevision(msgspec.Struct, frozen=True, kw_only=True):
    """What a deployment deployed: a task definition with the digests its tags meant then; without a record of it, the definition alone."""

    arn: str = ""
    """Empty when it is known from the list of task definitions only."""
    service: str
    """Name of the service."""
    task_definition: str
    """ARN."""
    created_at: float | None = None
    images: tuple[RevisionImage, ...] = ()
    active: bool | None = None
    """Whether the task definition can still be deployed (is ACTIVE); None when that was not read."""


def revision(definition: str) -> str:
    """`42` of `arn:…:task-definition/clickit-prod-api:42`; empty when there is none."""
    tail = definition.rsplit("/", 1)[-1]
    return tail.rsplit(":", 1)[1] if ":" in tail else ""


def tag(image: str) -> str:
    """The tag of an image reference; a digest is shortened to `sha256:` and 12 characters; `latest` when neither is given."""
    if "@" in image:
        return image.split("@", 1)[1][:19]
    last = image.rsplit("/", 1)[-1]
    return last.split(":", 1)[1] if ":" in last else "latest" if last else ""
