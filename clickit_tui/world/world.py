"""The World: one frozen value that panes, checks, playbooks and action plans are pure functions of."""

from __future__ import annotations

import msgspec

from clickit_tui.world.agent import Endpoint, Rights
from clickit_tui.world.data import DatabaseSnapshot, Maintenance, Parameter
from clickit_tui.world.ecs import Cluster, Service, ServiceDeployment, ServiceRevision, Task, TaskDefinition
from clickit_tui.world.events import AlarmHistory, CacheEvent, DatabaseEvents, ScalingActivity
from clickit_tui.world.follow import Following
from clickit_tui.world.incident import Incident, Lost, Recorded
from clickit_tui.world.machine import Tunnel
from clickit_tui.world.mark import Mark
from clickit_tui.world.money import LogGroup, Spend, Usage
from clickit_tui.world.network import SecurityRule, Subnet
from clickit_tui.world.parts import (
    Alarm,
    Cache,
    ClusterMissing,
    Database,
    History,
    Identity,
    LoadBalancer,
    LogDigest,
    Metrics,
    NatGateway,
    ScalableTarget,
    Series,
    Target,
    TargetGroup,
    Wait,
)
from clickit_tui.world.seen import Absent, Seen
from clickit_tui.world.supply import Image, Repository, Scan, Secret


class World(msgspec.Struct, frozen=True, kw_only=True):
    """Everything known of one environment. Each field is read by exactly one source."""

    env: str
    identity: Seen[Identity] = Seen()
    cluster: Seen[Cluster | ClusterMissing] = Seen()
    services: Seen[tuple[Service, ...]] = Seen()
    """ClickIt's services; one that a successful read did not find is missing from the tuple."""
    tasks: Seen[tuple[Task, ...]] = Seen()
    """Running and stopped tasks of the cluster."""
    definitions: Seen[tuple[TaskDefinition, ...]] = Seen()
    """The task definitions that services and tasks name."""
    service_deployments: Seen[tuple[ServiceDeployment, ...]] = Seen()
    revisions: Seen[tuple[ServiceRevision, ...]] = Seen()
    """What the service deployments deployed; the families' task definitions where ECS keeps no record of deployments."""
    images: Seen[tuple[Image, ...]] = Seen()
    """The images of the newest revisions, as far as ECR could be asked."""
    secrets: Seen[tuple[Secret, ...]] = Seen()
    """The secrets that the newest task definitions name."""
    balancer: Seen[LoadBalancer | Absent] = Seen()
    target_groups: Seen[tuple[TargetGroup, ...]] = Seen()
    targets: Seen[tuple[Target, ...]] = Seen()
    database: Seen[Database | Absent] = Seen()
    cache: Seen[Cache | Absent] = Seen()
    waits: Seen[tuple[Wait, ...] | Absent] = Seen()
    """What the database's sessions wait for; absent where Performance Insights is switched off."""
    nat: Seen[tuple[NatGateway, ...]] = Seen()
    rules: Seen[tuple[SecurityRule, ...]] = Seen()
    """Rules of the security groups of tasks and database."""
    subnets: Seen[tuple[Subnet, ...]] = Seen()
    """The subnets that the services' tasks are started in."""
    scaling: Seen[tuple[ScalableTarget, ...]] = Seen()
    alarms: Seen[tuple[Alarm, ...]] = Seen()
    alarm_history: Seen[AlarmHistory] = Seen()
    """Changes of every alarm of the account."""
    db_events: Seen[DatabaseEvents] = Seen()
    cache_events: Seen[tuple[CacheEvent, ...]] = Seen()
    """Of the last day, newest first."""
    scaling_activities: Seen[tuple[ScalingActivity, ...]] = Seen()
    """The newest of each service, newest first."""
    databases: Seen[tuple[Database, ...]] = Seen()
    """Every database instance of the account and region; restored ones are found here."""
    snapshots: Seen[tuple[DatabaseSnapshot, ...]] = Seen()
    """Of the database, newest first."""
    maintenance: Seen[tuple[Maintenance, ...]] = Seen()
    parameters: Seen[tuple[Parameter, ...]] = Seen()
    """Of the database's parameter group: `max_connections` and what was set by hand."""
    repositories: Seen[tuple[Repository, ...]] = Seen()
    scans: Seen[tuple[Scan, ...]] = Seen()
    """Of the images that run, and of the newest ones."""
    secret_list: Seen[tuple[Secret, ...]] = Seen()
    """Every secret under ClickIt's prefix; the list may lag five minutes behind."""
    rights: Seen[tuple[Rights, ...]] = Seen()
    """What the task roles allow of what the agent of ECS Exec needs."""
    endpoints: Seen[tuple[Endpoint, ...]] = Seen()
    """Of the VPC, by service."""
    metrics: Seen[Metrics] = Seen()
    usual: Seen[tuple[Series, ...]] = Seen()
    """p95 of the response time by the hour, of the last seven days; empty where there is no load balancer."""
    history: Seen[History] = Seen()
    """What long ranges of the charts need, while one is shown."""
    log: Seen[LogDigest] = Seen()
    log_groups: Seen[tuple[LogGroup, ...]] = Seen()
    usage: Seen[Usage] = Seen()
    spend: Seen[Spend] = Seen()
    """Asked for by hand only: each page of Cost Explorer costs a cent."""
    follows: tuple[Following, ...] = ()
    """Changes being followed, ours, oldest first."""
    remembered: tuple[Task, ...] = ()
    """Stopped tasks the journal saw in this environment, newest first; ECS itself forgets them after about an hour."""
    record: tuple[Recorded, ...] = ()
    """What the journal tells of this environment, oldest first."""
    incidents: tuple[Incident, ...] = ()
    """The journal's incidents, oldest first; at most the last one is open."""
    lost: tuple[Lost, ...] = ()
    """Changes of earlier sessions without an outcome, found at the start of this one."""
    slept: tuple[tuple[str, Mark], ...] = ()
    """(ARN of a service, mark) as this machine's journal remembers them of the last sleep, where the marks themselves are lost."""
    tunnels: tuple[Tunnel, ...] = ()
    """Forwarded ports of this process, oldest first, also those that ended."""
    denied: frozenset[str] = frozenset()
    """`service:Operation` of every write that AWS denied to this identity."""


FIELDS: tuple[str, ...] = tuple(f.name for f in msgspec.structs.fields(World))

OWN: frozenset[str] = frozenset({"env", "log", "follows", "tunnels", "remembered", "record", "incidents", "lost", "slept", "denied"})
"""Fields that no source feeds: the tail and the session do."""

ON_DEMAND: frozenset[str] = frozenset(
    {
        "log_groups",
        "usage",
        "spend",
        "history",
        "databases",
        "snapshots",
        "maintenance",
        "parameters",
        "repositories",
        "scans",
        "secret_list",
        "rights",
        "endpoints",
    }
)
"""Fields that cost calls or money and no verdict needs: read only while a screen that shows them is there, or when asked for."""

ALWAYS_READ: tuple[str, ...] = tuple(name for name in FIELDS if name not in ON_DEMAND)
"""What the dashboard reads as long as it runs."""
