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
    if env.database.growth_gib_per_min:
        _grow(env, env.database, now)


def _grow(env: Environment, database: Database, now: float) -> None:
    """One second of data being added, until the storage is full."""
    before = database.storage_gib - database.used_gib
    database.used_gib = min(float(database.storage_gib), database.used_gib + database.growth_gib_per_min / 60)
    free = database.storage_gib - database.used_gib
    low = database.storage_gib * 0.05
    if free < low <= before:
        said = f"The free storage capacity for DB instance {database.id} is low at 5% of the provisioned storage"
        env.events.append(birth.rds_event(database, now, said, "low storage"))
    if free <= 0 < before and database.status == "available":
        database.status = "storage-full"
        env.events.append(birth.rds_event(database, now, "Allocated storage has been exhausted", "low storage"))


def _proceed(env: Environment, database: Database, now: float) -> None:
    if database.phase_until is None or now < database.phase_until:
        return
    database.phase_until = None
    before, database.status = database.status, database.phase_next
    for message, category in _said(before):
        env.events.append(birth.rds_event(database, now, message, category))


def _said(before: str) -> Iterable[tuple[str, str]]:
    return {
        "stopping": [("DB instance stopped", "notification")],
        "starting": [("DB instance started", "notification")],
        "rebooting": [("DB instance shutdown", "availability"), ("DB instance restarted", "availability")],
    }.get(before, [])
