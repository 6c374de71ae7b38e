"""The alarms that the runbook promises in production: which of them exist, and the call that would create a missing one."""

from __future__ import annotations

import msgspec

from clickit_tui.naming import Names
from clickit_tui.plan import Call
from clickit_tui.world.honesty import scales
from clickit_tui.world.parts import Alarm, TargetGroup
from clickit_tui.world.world import World

TOPIC = "SNS_TOPIC_ARN"
"""Stands in a command for whom to tell, when no other alarm shows it."""


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """One alarm of the runbook, and the alarm that fills its place, if there is one."""

    id: str
    title: str
    says: str
    """The condition in the runbook's words."""
    creates: Call
    """Shown, never sent."""
    found: Alarm | None = None
    differs: str = ""
    """How the alarm that was found is weaker than the runbook says."""


def expected(world: World, names: Names) -> tuple[Expected, ...]:
    """The runbook's three production alarms; those on a load balancer only when it is known."""
    wanted = [_api_cpu(names)]
    groups = [group for group in world.target_groups.value or () if group.load_balancers]
    if groups:
        balancer = groups[0].load_balancers[0].split(":loadbalancer/", 1)[-1]
        wanted.append(_errors(names, balancer))
        wanted += [_unhealthy(names, balancer, group) for group in groups if group.part == "api"]
    topic = next((arn for alarm in world.alarms.value or () if not scales(alarm) for arn in alarm.alarm_actions), TOPIC)
    return tuple(_matched(each, world.alarms.value or (), topic) for each in wanted)


def missing(world: World, names: Names, now: float) -> tuple[Expected, ...] | None:
    """Those of the runbook's alarms that a fresh reading did not find; None when that cannot be said."""
    if world.alarms.known(now) is None or world.target_groups.value is None:
        return None
    return tuple(each for each in expected(world, names) if each.found is None)


def _call(names: Names, suffix: str, what: str, **params: object) -> Call:
    head = {"AlarmName": f"clickit-{names.env}-{suffix}", "AlarmDescription": what}
    return Call("cloudwatch", "PutMetricAlarm", {**head, **params, "AlarmActions": [TOPIC]})


def _dimensions(**values: str) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in values.items()]


def _api_cpu(names: Names) -> Expected:
    creates = _call(
        names,
        "api-cpu-high",
        "API CPU High: investigate and scale",
        Namespace="AWS/ECS",
        MetricName="CPUUtilization",
        Dimensions=_dimensions(ClusterName=names.cluster, ServiceName=names.api),
        Statistic="Average",
        Period=300,
        EvaluationPeriods=2,
        Threshold=85,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="missing",
    )
    return Expected(id="api-cpu-high", title="API CPU High", says="CPU > 85 % for 10 min", creates=creates)


def _errors(names: Names, balancer: str) -> Expected:
    creates = _call(
        names,
        "alb-5xx",
        "ALB 5xx Errors: check the API's logs",
        Namespace="AWS/ApplicationELB",
        MetricName="HTTPCode_Target_5XX_Count",
        Dimensions=_dimensions(LoadBalancer=balancer),
        Statistic="Sum",
        Period=300,
        EvaluationPeriods=1,
        Threshold=10,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
    )
    return Expected(id="alb-5xx", title="ALB 5xx Errors", says="> 10 5xx in 5 min", creates=creates)


def _unhealthy(names: Names, balancer: str, group: TargetGroup) -> Expected:
    creates = _call(
        names,
        "unhealthy-targets",
        "Unhealthy Targets: check the health endpoint",
        Namespace="AWS/ApplicationELB",
        MetricName="UnHealthyHostCount",
        Dimensions=_dimensions(LoadBalancer=balancer, TargetGroup=group.dimension),
        Statistic="Minimum",
        Period=60,
        EvaluationPeriods=2,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="missing",
    )
    return Expected(id="unhealthy-targets", title="Unhealthy Targets", says="any unhealthy target", creates=creates)


def _matched(wanted: Expected, alarms: tuple[Alarm, ...], topic: str) -> Expected:
    params = wanted.creates.params
    creates = Call("cloudwatch", "PutMetricAlarm", {**params, "AlarmActions": [topic]})
    found = [alarm for alarm in alarms if _fills(alarm, params)]
    best = min(found, key=lambda alarm: (bool(_weaker(alarm, params)), alarm.name), default=None)
    return msgspec.structs.replace(wanted, creates=creates, found=best, differs=_weaker(best, params) if best else "")


def _fills(alarm: Alarm, params: object) -> bool:
    """Whether an alarm watches what the runbook wants watched: the metric, of our resource, in the same direction."""
    wanted = dict(params)  # type: ignore[call-overload]
    metric = {wanted["MetricName"]} | ({"HTTPCode_ELB_5XX_Count"} if "5XX" in wanted["MetricName"] else set())
    ours = {(each["Name"], each["Value"]) for each in wanted["Dimensions"]}
    mine = set(alarm.dimensions)
    same = ours <= mine if "TargetGroup" not in dict(ours) else any(pair in mine for pair in ours)
    upwards = alarm.comparison.startswith("Greater") or not alarm.comparison
    return not scales(alarm) and alarm.namespace == wanted["Namespace"] and alarm.metric in metric and same and upwards


def _weaker(alarm: Alarm, params: object) -> str:
    """How an alarm turns later than the runbook says; empty when it does not, or when its numbers are not known."""
    wanted = dict(params)  # type: ignore[call-overload]
    if alarm.actions_enabled is False:
        return "it is muted"
    if alarm.computed:
        return f"it looks at a computed number: {alarm.computed}"
    if alarm.threshold is not None and alarm.threshold > wanted["Threshold"]:
        return f"it turns above {alarm.threshold:g}, the runbook says {wanted['Threshold']:g}"
    have, want = (alarm.period_s or 0) * (alarm.to_alarm or 0), wanted["Period"] * wanted["EvaluationPeriods"]
    return (
        f"it takes {have // 60} min, the runbook says {want // 60}" if have > want and "Unhealthy" not in str(wanted["AlarmName"]) else ""
    )
