"""CloudWatch alarms over the simulated metrics, and the database's own changes of status."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from clickit_tui.demo import birth
from clickit_tui.demo.alarms import evaluate
from clickit_tui.demo.state import Database, Environment, arn

if TYPE_CHECKING:
    from clickit_tui.demo.simulator import Simulator

STOPPED_MOST_S = 7 * 86_400.0
OPTIMIZED_S = 180.0
"""How long new storage is optimized; on AWS it takes hours."""
CONNECTIONS_MOST = {"db.t4g.micro": 79, "db.t4g.small": 181, "db.t4g.medium": 403, "db.t4g.large": 845}


def furnish(sim: Simulator, env: Environment) -> None:
    """The environment's alarms: the runbook's three in prod, one in dev, and those of the scaling policies."""
    dims = {"LoadBalancer": env.balancer.dimension}
    own = [_alarm(env, "alb-5xx", "More than 10 5xx from targets in 5 minutes", "AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", dims)]
    own[0] |= {"Statistic": "Sum", "Period": 300, "EvaluationPeriods": 1, "Threshold": 10.0, "TreatMissingData": "notBreaching"}
    if env.name == "prod":
        own += _production(env, dims)
    for each in own:
        add(sim, each)


def add(sim: Simulator, alarm: dict[str, Any]) -> None:
    """Put an alarm into the book that has existed for a long time."""
    sim.alarms.alarms[alarm["AlarmName"]] = alarm
    _complete(alarm, sim.start - 3 * 86_400)


def _production(env: Environment, dims: dict[str, str]) -> list[dict[str, Any]]:
    ecs = {"ClusterName": env.names.cluster, "ServiceName": env.names.api}
    cpu = _alarm(env, "api-cpu-high", "API CPU above 85 % for 10 minutes", "AWS/ECS", "CPUUtilization", ecs)
    cpu |= {"Statistic": "Average", "Period": 300, "EvaluationPeriods": 2, "Threshold": 85.0}
    found = [cpu]
    for part, group in env.groups.items():
        own = dims | {"TargetGroup": group.dimension}
        name = "unhealthy-targets" if part == "api" else f"unhealthy-{part}-targets"
        alarm = _alarm(env, name, f"Any unhealthy {part} target", "AWS/ApplicationELB", "UnHealthyHostCount", own)
        alarm |= {"Statistic": "Minimum", "Period": 60, "EvaluationPeriods": 2, "Threshold": 0.0, "TreatMissingData": "notBreaching"}
        found.append(alarm)
    return found


def _alarm(env: Environment, name: str, about: str, namespace: str, metric: str, dims: dict[str, str]) -> dict[str, Any]:
    return {
        "AlarmName": f"clickit-{env.name}-{name}",
        "AlarmDescription": about,
        "AlarmActions": [arn("sns", f"clickit-{env.name}-oncall")],
        "Namespace": namespace,
        "MetricName": metric,
        "Dimensions": [{"Name": key, "Value": value} for key, value in dims.items()],
        "ComparisonOperator": "GreaterThanThreshold",
    }


def _complete(alarm: dict[str, Any], since: float) -> None:
    """Give a new alarm what CloudWatch gives one."""
    defaults = {
        "AlarmArn": arn("cloudwatch", f"alarm:{alarm['AlarmName']}"),
        "AlarmConfigurationUpdatedTimestamp": since - 30 * 86_400,
        "ActionsEnabled": True,
        "OKActions": [],
        "InsufficientDataActions": [],
        "DatapointsToAlarm": alarm["EvaluationPeriods"],
        "TreatMissingData": "missing",
        "StateValue": "OK",
        "StateReason": "Threshold Crossed: no datapoints were breaching.",
        "StateUpdatedTimestamp": since,
        "StateTransitionedTimestamp": since,
    }
    for key, value in defaults.items():
        alarm.setdefault(key, value)


def settle(sim: Simulator) -> None:
    """Give every alarm the state that its metric has had for a while, without a transition."""
    for alarm in sim.alarms.alarms.values():
        found = evaluate(alarm, sim.metrics, sim.start)
        alarm |= {"StateValue": found.state, "StateReason": found.reason, "StateReasonData": json.dumps(found.data)}


def database(sim: Simulator, env: Environment, now: float) -> None:
    """Transient statuses of the database and its snapshots come to their end."""
    for snapshot in env.snapshots:
        if snapshot.status == "creating":
            snapshot.percent = min(100, int((now - snapshot.created_at) * 100 / 40))
            if snapshot.percent == 100:
                snapshot.status = "available"
                env.events.append(birth.rds_event(env.database, now, "Manual snapshot created", "backup"))
    for database in (env.database, *env.restored):
        _proceed(env, database, now)
    if env.database.growth_left_gib > 0:
        _grow(env, env.database, now)


def _grow(env: Environment, database: Database, now: float) -> None:
    """One second of data being added, until the storage is full."""
    before = database.storage_gib - database.used_gib
    added = min(database.growth_gib_per_min / 60, database.growth_left_gib, max(0.0, before))
    database.used_gib += added
    database.growth_left_gib -= added
    free = database.storage_gib - database.used_gib
    low = database.storage_gib * 0.05
    if free < low <= before:
        said = f"The free storage capacity for DB instance {database.id} is low at 5% of the provisioned storage"
        env.events.append(birth.rds_event(database, now, said, "low storage"))
    if free <= 1e-6 and database.status in ("available", "storage-optimization"):
        database.phase_until = None
        database.status = "storage-full"
        env.events.append(birth.rds_event(database, now, "Allocated storage has been exhausted", "low storage"))


def _proceed(env: Environment, database: Database, now: float) -> None:
    if database.status == "stopped" and database.stopped_at is not None and now >= database.stopped_at + STOPPED_MOST_S:
        database.status, database.phase_next, database.phase_until, database.stopped_at = "starting", "available", now + 60, None
        env.events.append(
            birth.rds_event(
                database, now, "DB instance is being started due to it exceeding the maximum allowed time being stopped.", "notification"
            )
        )
    if database.phase_until is None or now < database.phase_until:
        return
    database.phase_until = None
    before, database.status = database.status, database.phase_next
    if before == "modifying":
        _modified(env, database, now)
    for message, category in _said(before):
        env.events.append(birth.rds_event(database, now, message, category))


def _modified(env: Environment, database: Database, now: float) -> None:
    """A modification takes effect; new storage is optimized for a while."""
    if database.wanted_class:
        database.instance_class, database.wanted_class = database.wanted_class, ""
        database.connections_most = CONNECTIONS_MOST[database.instance_class]
        env.events.append(birth.rds_event(database, now, "Finished applying modification to DB instance class", "configuration change"))
    if database.wanted_gib:
        database.storage_gib, database.wanted_gib = database.wanted_gib, None
        database.phase_next, database.phase_until = "available", now + OPTIMIZED_S
        env.events.append(birth.rds_event(database, now, "Finished applying modification to allocated storage", "configuration change"))


def _said(before: str) -> Iterable[tuple[str, str]]:
    return {
        "stopping": [("DB instance stopped", "notification")],
        "starting": [("DB instance started", "notification")],
        "rebooting": [("DB instance shutdown", "availability"), ("DB instance restarted", "availability")],
    }.get(before, [])
