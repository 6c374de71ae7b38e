"""Everything around the services: edge, database, cache, network, autoscaling, alarms, metrics, identity. Times are epoch seconds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

import msgspec


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Who speaks to what: pinned at start, shown always, verified before every write."""

    account: str
    """Empty while STS has not said it: then only what configuration says is known, and nothing may be written."""
    arn: str
    region: str
    endpoint: str = ""
    """`host:port` of an endpoint that is not AWS's own; empty on AWS."""
    profile: str = ""
    profile_source: str = ""
    """Where the profile came from: `--profile`, `environment prod in clickit.toml`, `AWS_PROFILE`, `default chain`."""
    expires_at: float | None = None
    """When the credentials stop working; None when they do not expire or it is not known."""
    skew_s: float = 0.0
    """How far this machine's clock is ahead of AWS's, negative when it is behind; 0 within half a minute."""

    @property
    def who(self) -> str:
        """Last parts of the ARN: `OnCall/anna` of an assumed role, `anna` of a user."""
        return self.arn.split(":", 5)[-1].split("/", 1)[-1] if self.arn else ""


_GENERATED = re.compile(r"(:assumed-role/.+/)botocore-session-\d+\Z")


def principal(arn: str) -> str:
    """What two ARNs of one principal have in common: the ARN itself, without the number in a session name that the SDK made up.

    For a role profile without `role_session_name` the SDK makes up `botocore-session-<n>`, and another one whenever it renews credentials.
    """
    return _GENERATED.sub(r"\1botocore-session", arn)


class LoadBalancer(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    arn: str
    name: str
    state: str = ""
    dns_name: str = ""
    scheme: str = ""
    """internet-facing or internal."""
    zones: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()

    @property
    def dimension(self) -> str:
        """CloudWatch's LoadBalancer dimension: `app/NAME/ID`."""
        return self.arn.split(":loadbalancer/", 1)[-1]


class TargetGroup(msgspec.Struct, frozen=True, kw_only=True):
    arn: str
    name: str
    part: str = ""
    """The service that registers in it; empty when none was found."""
    port: int | None = None
    vpc: str = ""
    load_balancers: tuple[str, ...] = ()
    balancers_told: bool = True
    """Whether the answer said which load balancers send to it."""
    path: str = ""
    matcher: str = ""
    interval_s: int | None = None
    timeout_s: int | None = None
    unhealthy_after: int | None = None
    healthy_after: int | None = None

    @property
    def dimension(self) -> str:
        """CloudWatch's TargetGroup dimension: `targetgroup/NAME/ID`."""
        return self.arn.rsplit(":", 1)[-1]


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """One registered target and its health as the load balancer sees it."""

    group: str
    """ARN of the target group."""
    id: str
    """IP address or instance id."""
    port: int | None = None
    state: str = ""
    """initial, healthy, unhealthy, unhealthy.draining, unused, draining, unavailable."""
    reason: str = ""
    description: str = ""


class Database(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    id: str
    arn: str = ""
    status: str = ""
    instance_class: str = ""
    engine: str = ""
    engine_version: str = ""
    multi_az: bool | None = None
    storage_gib: int | None = None
    max_storage_gib: int | None = None
    host: str = ""
    port: int | None = None
    vpc: str = ""
    security_groups: tuple[str, ...] = ()
    parameter_groups: tuple[tuple[str, str], ...] = ()
    """(name, apply status)."""
    restorable_to: float | None = None
    deletion_protection: bool | None = None
    resource_id: str = ""
    insights: bool | None = None
    created_at: float | None = None
    restarts_at: float | None = None
    """When RDS starts a stopped instance by itself, seven days after it was stopped."""
    zone: str = ""
    subnet_group: str = ""
    option_groups: tuple[str, ...] = ()
    storage_type: str = ""
    iops: int | None = None
    encrypted: bool | None = None
    kms_key: str = ""
    public: bool | None = None
    log_exports: tuple[str, ...] = ()
    iam_authentication: bool | None = None
    copy_tags: bool | None = None
    minor_upgrades: bool | None = None
    certificate: str = ""
    """CACertificateIdentifier."""
    backup_days: int | None = None
    backup_window: str = ""
    maintenance_window: str = ""
    monitoring_s: int | None = None
    """Interval of Enhanced Monitoring; 0 is off."""
    replicas: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()
    """Names of what is to be modified, e.g. `DBInstanceClass`."""
    tags: tuple[tuple[str, str], ...] = ()


class CacheMember(msgspec.Struct, frozen=True, kw_only=True):
    """One node of the cache."""

    id: str
    role: str = ""
    """primary or replica; empty for a single cluster, and in cluster mode."""
    status: str = ""
    zone: str = ""
    engine_version: str = ""
    parameters: str = ""
    """Apply status of its parameter group."""


class Wait(msgspec.Struct, frozen=True, kw_only=True):
    """What some of the database's sessions wait for."""

    event: str
    """E.g. `Lock:relation`, `CPU`."""
    kind: str = ""
    """Lock, IO, CPU, Client, ..."""
    load: float
    """Sessions on average."""

    @property
    def lock(self) -> bool:
        return self.kind == "Lock" or self.event.startswith("Lock:")


class Cache(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A replication group or a single cluster."""

    id: str
    status: str = ""
    engine: str = ""
    engine_version: str = ""
    node_type: str = ""
    nodes: tuple[str, ...] = ()
    """Cache cluster ids: the values of CloudWatch's CacheClusterId dimension."""
    members: tuple[CacheMember, ...] = ()
    """The same nodes, with what is known of each."""
    failover: str = ""
    """AutomaticFailover of a replication group: enabled, disabled; empty for a single cluster."""
    multi_az: str = ""
    encrypted: bool | None = None
    """At rest."""
    encrypted_transit: bool | None = None
    snapshot_days: int | None = None
    maintenance_window: str = ""
    host: str = ""


class NatGateway(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    state: str = ""
    subnet: str = ""


class ScalableTarget(msgspec.Struct, frozen=True, kw_only=True):
    part: str
    minimum: int | None = None
    maximum: int | None = None
    suspended: tuple[str, ...] = ()
    """Which of in, out, scheduled are suspended."""
    policies: tuple[str, ...] = ()
    """Policy names with their target, e.g. `cpu-60 (ECSServiceAverageCPUUtilization 60)`."""
    metric: str = ""
    """What the only target-tracking policy looks at; empty where there is none, or several."""
    wanted: float | None = None
    """That policy's target, in the metric's unit."""
    scale_in_off: bool | None = None
    """Whether every policy disables scale-in; None when no policy says."""

    @property
    def bounds(self) -> str:
        """`2–6`; a question mark where the answer said nothing."""
        low, high = ("?" if each is None else str(each) for each in (self.minimum, self.maximum))
        return f"{low}–{high}"


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    arn: str = ""
    state: str = ""
    """OK, ALARM, INSUFFICIENT_DATA."""
    since: float | None = None
    """When the state really changed."""
    reason: str = ""
    metric: str = ""
    namespace: str = ""
    dimensions: tuple[tuple[str, str], ...] = ()
    statistic: str = ""
    comparison: str = ""
    threshold: float | None = None
    period_s: int | None = None
    evaluations: int | None = None
    to_alarm: int | None = None
    missing: str = "missing"
    """TreatMissingData."""
    actions_enabled: bool | None = None
    alarm_actions: tuple[str, ...] = ()
    """ARNs of what is told when the alarm goes to ALARM."""
    ok_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    """ARNs of what is told when data are missing."""
    evaluation: str = ""
    """EvaluationState: PARTIAL_DATA, EVALUATION_FAILURE, EVALUATION_ERROR; empty when all is well."""
    composite: bool = False
    computed: str = ""
    """The expression over metrics that the alarm looks at; its metric and statistic are then only the first input."""
    description: str = ""


class MetricClass(StrEnum):
    """What a missing datapoint means (aws.md 2.3)."""

    EVENTS = "events"
    """Published only when non-zero: missing means none, where there was traffic."""
    STATE = "state"
    """Published while tasks run: missing means no running task."""
    ALWAYS = "always"
    """Published while the resource exists: missing means stopped, deleted, wrong dimension or denied."""


class Series(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """One metric over time, oldest first, aligned to its period. Units are CloudWatch's (percent, seconds, bytes, count)."""

    key: str
    """`part.metric`, e.g. `api.cpu`, `edge.elb_5xx`, `db.connections`."""
    label: str
    unit: str
    """`%`, `s`, `B`, `` (count), `/s`."""
    kind: MetricClass
    statistic: str
    namespace: str = ""
    name: str = ""
    period_s: int = 60
    times: tuple[float, ...] = ()
    values: tuple[float, ...] = ()
    note: str = ""
    """What stands in for the metric, where it is replaced (e.g. `SampleCount, about`)."""
    status: str = "Complete"
    """Complete, PartialData, InternalError or Forbidden, as GetMetricData says for this metric."""
    resources: tuple[tuple[tuple[str, str], ...], ...] = ()
    """Dimensions of each metric that the series is made of."""
    end: float = 0.0
    """End of the newest window it was asked for, epoch seconds; 0 stands for that of the whole round."""

    def __post_init__(self) -> None:
        if len(self.times) != len(self.values):
            raise ValueError(f"{len(self.times)} times and {len(self.values)} values")

    def last(self, now: float, closed: bool = False) -> tuple[float, float] | None:
        """Newest (time, value); with `closed`, only minutes that ended at least 2 minutes before now (3 min after their start)."""
        for at, value in zip(reversed(self.times), reversed(self.values), strict=True):
            if not closed or now - at >= 180:
                return at, value
        return None

    def at(self) -> Mapping[float, float]:
        """Value by time."""
        return dict(zip(self.times, self.values, strict=True))


class Metrics(msgspec.Struct, frozen=True, kw_only=True):
    """All series, each round of GetMetricData laid over those before it."""

    series: Mapping[str, Series]
    start: float
    end: float
    """The window that every series was asked for, in this round or an earlier one, end exclusive."""


class SlowPath(msgspec.Struct, frozen=True, kw_only=True):
    """How long the requests of one path took, as the access lines say."""

    part: str
    path: str
    """Without its query; `#` stands for ids."""
    count: int
    """Requests whose line tells how long they took."""
    p95_ms: float
    """95 % of them took at most this long, within 3 %."""
    longest_ms: float


class History(msgspec.Struct, frozen=True, kw_only=True):
    """Series further back than `Metrics` holds, in the period of the range that a chart asked for."""

    series: Mapping[str, Series] = {}
    back_s: float = 0.0
    """How far back was asked, in seconds; 0 when no chart asks."""
    period_s: int = 60
    end: float = 0.0


class LogDigest(msgspec.Struct, frozen=True, kw_only=True):
    """What the log engine counted: lines by level per service and minute."""

    minutes: tuple[tuple[str, float, str, int], ...] = ()
    """(part, minute start, level, lines)."""
    shapes: tuple[tuple[str, str, int, str], ...] = ()
    """(part, shape, count, example), most frequent errors first."""
    matches: tuple[tuple[str, str, int, float], ...] = ()
    """(part, pattern id, count, last at) of the known database and start-up failures."""
    slow: tuple[SlowPath, ...] = ()
    """The slowest paths by their 95th percentile; empty also where no line tells how long a request took."""
    since: float | None = None
    partial: bool = False
    """Cut short: nothing may be concluded from what is not in it."""


class ClusterMissing(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The environment's cluster was not found: what was looked for and what is here instead."""

    looked_for: str
    here: tuple[str, ...] = ()
    """Names of the clusters that exist in this account and region."""
    nearest: str = ""
    hidden: str = ""
    """Why `here` could not be read; empty when it could."""
