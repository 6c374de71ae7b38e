"""What exists in the embedded ClickIt, as plain objects. Times are epoch seconds; ARNs carry `wire.REGION` in place of a region."""

from __future__ import annotations

import functools
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from clickit_tui.demo.program import Behaviour
from clickit_tui.demo.wire import ACCOUNT, REGION
from clickit_tui.naming import Names


def arn(service: str, resource: str, region: str = REGION) -> str:
    """An ARN in the demo's account."""
    return f"arn:aws:{service}:{region}:{ACCOUNT}:{resource}"


@dataclass
class TaskDefinition:
    """One revision of a family; `containers` are ECS's containerDefinitions."""

    family: str
    revision: int
    containers: list[dict[str, Any]]
    cpu: int
    memory: int
    registered_at: float
    status: str = "ACTIVE"
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        return arn("ecs", f"task-definition/{self.family}:{self.revision}")

    @property
    def container(self) -> dict[str, Any]:
        """The essential container; ClickIt's tasks have one."""
        return self.containers[0]


@dataclass
class Task:
    """One task through its life; `phase_until` is when `last_status` moves on."""

    id: str
    cluster: str
    group: str
    """`service:NAME` or `family:NAME`."""
    started_by: str
    definition: TaskDefinition
    subnet: str
    zone: str
    ip: str
    eni: str
    runtime_id: str
    created_at: float
    provider: str
    digest: str
    """Image digest that the deployment pinned."""
    behaviour: Behaviour
    last_status: str = "PROVISIONING"
    desired_status: str = "RUNNING"
    phase_until: float = 0.0
    pace: tuple[float, float, float, float] = (4.0, 6.0, 2.0, 4.0)
    """Seconds of provisioning, pulling, activating, stopping."""
    pull_started_at: float | None = None
    pull_stopped_at: float | None = None
    started_at: float | None = None
    agent_since: float | None = None
    """When the agent of ECS Exec was up."""
    stopping_at: float | None = None
    stopped_at: float | None = None
    execution_stopped_at: float | None = None
    stop_code: str = ""
    stopped_reason: str = ""
    exit_code: int | None = None
    container_reason: str = ""
    exec_enabled: bool = True
    version: int = 1
    tags: dict[str, str] = field(default_factory=dict)
    load: float = 0.0
    """CPU in percent of what the task reserved, in the last step."""
    leaked_mib: float = 0.0
    leaked_connections: float = 0.0
    health: str = "UNKNOWN"
    """Of the container's own health check, in ECS's words."""

    @property
    def memory_mib(self) -> float:
        """What the container uses."""
        usual = self.definition.memory * (0.33 if self.definition.container["name"] == "frontend" else 0.41)
        return usual + self.behaviour.memory_mib + self.leaked_mib + self.load * 0.4

    @property
    def arn(self) -> str:
        return arn("ecs", f"task/{self.cluster}/{self.id}")

    @functools.cached_property
    def service(self) -> str:
        """Name of the service, or "" for a stand-alone task; a task never changes its group."""
        return self.group.removeprefix("service:") if self.group.startswith("service:") else ""

    @property
    def stream(self) -> str:
        """Log stream: PREFIX/CONTAINER/TASK-ID."""
        options = self.definition.container["logConfiguration"]["options"]
        return f"{options['awslogs-stream-prefix']}/{self.definition.container['name']}/{self.id}"

    @property
    def log_group(self) -> str:
        return str(self.definition.container["logConfiguration"]["options"]["awslogs-group"])


@dataclass
class Revision:
    """A service revision: what one deployment runs, with the digests it pinned."""

    arn: str
    definition: TaskDefinition
    digest: str
    image: str
    created_at: float


@dataclass
class Deployment:
    """A deployment of a service, in both of ECS's views (`deployments[]` and service deployments)."""

    id: str
    """`ecs-svc/NUMBER`."""
    arn: str
    """ARN of the service deployment."""
    revision: Revision
    created_at: float
    updated_at: float
    status: str = "PRIMARY"
    """PRIMARY, ACTIVE (being replaced) or INACTIVE (gone from `deployments[]`)."""
    rollout: str = "IN_PROGRESS"
    rollout_reason: str = ""
    failed_tasks: int = 0
    failures: int = 0
    """What the circuit breaker counted; unlike `failed_tasks` it does not start again."""
    state: str = "IN_PROGRESS"
    """ServiceDeployment status."""
    state_reason: str = ""
    sources: list[Revision] = field(default_factory=list)
    started_at: float | None = None
    finished_at: float | None = None
    stopped_at: float | None = None
    rollback: dict[str, Any] | None = None
    breaker: str = "MONITORING"
    launch_after: float = 0.0
    """Launches wait until then after failures."""
    undoes: Deployment | None = None
    """The deployment that this one rolls back; such a one has no service deployment of its own."""


@dataclass
class Service:
    """An ECS service with the deployments it ever had, newest first."""

    name: str
    part: str
    cluster: str
    desired: int
    deployments: list[Deployment]
    target_group: str
    port: int
    provider: str
    """FARGATE or FARGATE_SPOT."""
    subnets: list[str]
    security_group: str
    created_at: float
    grace_s: int = 60
    minimum_percent: int = 100
    maximum_percent: int = 200
    breaker: bool = True
    rollback: bool = True
    exec_enabled: bool = True
    events: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=100))
    steady: bool = True
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        return arn("ecs", f"service/{self.cluster}/{self.name}")

    @property
    def primary(self) -> Deployment:
        return next(each for each in self.deployments if each.status == "PRIMARY")

    @property
    def live(self) -> list[Deployment]:
        """Deployments that DescribeServices still shows."""
        return [each for each in self.deployments if each.status != "INACTIVE"]


@dataclass
class Target:
    """A registered target of a target group."""

    ip: str
    port: int
    zone: str
    task: str
    registered_at: float
    state: str = "initial"
    reason: str = "Elb.RegistrationInProgress"
    description: str = "Target registration is in progress"
    passed: int = 0
    failed: int = 0
    next_check: float = 0.0
    drained_at: float | None = None


@dataclass
class TargetGroup:
    """A target group and its health check."""

    name: str
    id: str
    port: int
    path: str
    vpc: str
    balancer: str
    interval_s: int = 5
    timeout_s: int = 3
    healthy_after: int = 2
    unhealthy_after: int = 2
    matcher: str = "200"
    draining_s: int = 15
    targets: list[Target] = field(default_factory=list)

    @property
    def arn(self) -> str:
        return arn("elasticloadbalancing", f"targetgroup/{self.name}/{self.id}")

    @property
    def dimension(self) -> str:
        return f"targetgroup/{self.name}/{self.id}"

    @property
    def serving(self) -> list[Target]:
        """Targets that get requests: the healthy ones, or all when none is (a load balancer fails open)."""
        in_service = [each for each in self.targets if each.state != "draining"]
        healthy = [each for each in in_service if each.state == "healthy"]
        return healthy or [each for each in in_service if each.state == "unhealthy"]


@dataclass
class LoadBalancer:
    """The environment's application load balancer with one listener: `/api/*` to api, everything else to frontend."""

    name: str
    id: str
    vpc: str
    subnets: list[str]
    security_group: str
    created_at: float

    @property
    def arn(self) -> str:
        return arn("elasticloadbalancing", f"loadbalancer/app/{self.name}/{self.id}")

    @property
    def dimension(self) -> str:
        return f"app/{self.name}/{self.id}"

    @property
    def listener(self) -> str:
        return arn("elasticloadbalancing", f"listener/app/{self.name}/{self.id}/{self.id[::-1]}")


@dataclass
class Rule:
    """One rule of a security group."""

    id: str
    protocol: str
    from_port: int
    to_port: int
    source_group: str = ""
    cidr: str = ""
    egress: bool = False
    description: str = ""


@dataclass
class SecurityGroup:
    id: str
    name: str
    vpc: str
    rules: list[Rule]


@dataclass
class Subnet:
    id: str
    zone: str
    cidr: str
    public: bool
    free: int


@dataclass
class Network:
    """VPC, subnets, security groups by role (alb, app, db, cache) and NAT gateways."""

    vpc: str
    cidr: str
    subnets: list[Subnet]
    groups: dict[str, SecurityGroup]
    nats: list[dict[str, Any]]
    outside_connections: int = 0
    """Connections to one destination outside that something holds through the NAT gateways, beside the usual ones."""


@dataclass
class Database:
    """The RDS instance. `phase_until` is when a transient status (stopping, starting, ...) becomes `phase_next`."""

    id: str
    instance_class: str
    multi_az: bool
    storage_gib: int
    security_group: str
    created_at: float
    resource_id: str
    vpc: str
    subnets: list[str]
    host: str
    status: str = "available"
    phase_until: float | None = None
    phase_next: str = "available"
    used_gib: float = 6.0
    connections_most: int = 79
    cpu: float = 0.0
    """Percent, smoothed over the last seconds."""
    extra_cpu: float = 0.0
    extra_connections: int = 0
    extra_iops: float = 0.0
    io_balance: float = 99.0
    """EBSIOBalance%: what is left of the burst."""
    growth_gib_per_min: float = 0.0
    growth_left_gib: float = 0.0
    """How much more of it will come."""
    wanted_gib: int | None = None
    wanted_class: str = ""
    """What a modification will make of it."""
    storage_changed_at: float | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    """Members of DBInstance that are not as usual."""
    stopped_at: float | None = None

    @property
    def arn(self) -> str:
        return arn("rds", f"db:{self.id}")


@dataclass
class Snapshot:
    id: str
    database: str
    kind: str
    """automated or manual."""
    created_at: float
    storage_gib: int
    status: str = "available"
    percent: int = 100


@dataclass
class Cache:
    """The ElastiCache replication group."""

    id: str
    node_type: str
    nodes: list[str]
    security_group: str
    created_at: float
    host_hash: str
    status: str = "available"
    hit_rate: float = 0.94
    extra_cpu: float = 0.0
    memory_percent: float = 31.0
    evictions_per_s: float = 0.0
    credits: float = 288.0
    fill_percent_per_min: float = 0.0
    """How fast new keys fill the memory, beside the usual ones."""


@dataclass
class Secret:
    """A secret without any value: there is none to leak."""

    name: str
    suffix: str
    created_at: float
    changed_at: float
    accessed_at: float
    versions: dict[str, list[str]]
    deleted_at: float | None = None
    description: str = ""
    digests: dict[str, str] = field(default_factory=dict)
    """Salted digest of what was put, by version, to tell a repeated write from another one."""
    keys: frozenset[str] = frozenset()
    """Keys of the JSON object inside; empty for plain text."""
    keys_of: dict[str, frozenset[str]] = field(default_factory=dict)
    """The same, of versions that were put."""

    @property
    def arn(self) -> str:
        return arn("secretsmanager", f"secret:{self.name}-{self.suffix}")


@dataclass
class Scaling:
    """Application Auto Scaling of one service: bounds and one target-tracking policy on CPU."""

    service: str
    minimum: int
    maximum: int
    target: float
    policy: str
    created_at: float
    suspended: dict[str, bool] = field(
        default_factory=lambda: {
            "DynamicScalingInSuspended": False,
            "DynamicScalingOutSuspended": False,
            "ScheduledScalingSuspended": False,
        }
    )
    activities: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=50))
    out_after: float = 0.0
    in_after: float = 0.0


@dataclass
class Environment:
    """One ClickIt."""

    name: str
    names: Names
    rps: float
    """Requests per second of an ordinary hour."""
    network: Network
    balancer: LoadBalancer
    groups: dict[str, TargetGroup]
    services: dict[str, Service]
    definitions: dict[str, list[TaskDefinition]]
    database: Database
    cache: Cache
    secrets: dict[str, Secret]
    scaling: dict[str, Scaling]
    tasks: dict[str, Task] = field(default_factory=dict)
    snapshots: list[Snapshot] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    """RDS events."""
    cache_events: list[dict[str, Any]] = field(default_factory=list)
    maintenance: dict[str, Any] | None = None
    """What RDS waits to apply to the database: a PendingMaintenanceAction."""
    tags: dict[str, str] = field(default_factory=dict)
    """Of the cluster."""
    restored: list[Database] = field(default_factory=list)
    """Databases made from snapshots beside the environment's own."""
    log_groups: set[str] = field(default_factory=set)
    surge: float = 1.0
    """Factor on the requests that arrive."""
    scanned: float = 0.0
    """Share of the requests that ask for what never existed."""
    watched: bool = True
    """Whether alarms and scaling policies were set up when it was built."""
    spot_capacity: bool = True
    execution_denied: set[str] = field(default_factory=set)
    """IAM actions that the execution role lacks."""

    def service(self, part: str) -> Service:
        return self.services[part]

    def of(self, service: Service) -> list[Task]:
        """The service's tasks, stopped ones too, oldest first."""
        return [each for each in self.tasks.values() if each.service == service.name]
