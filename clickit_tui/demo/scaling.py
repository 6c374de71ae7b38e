"""Application Auto Scaling: one target-tracking policy per service with its two alarms, acted on once a minute."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from clickit_tui.demo import watch
from clickit_tui.demo.state import Environment, Scaling, arn

if TYPE_CHECKING:
    from clickit_tui.demo.simulator import Simulator

OUT_COOLDOWN_S = 60.0
IN_COOLDOWN_S = 300.0
HIGH_MINUTES, LOW_MINUTES = 3, 15


def resource(env: Environment, scaling: Scaling) -> str:
    """ResourceId of the scalable target."""
    return f"service/{env.names.cluster}/{scaling.service}"


def policy_arn(env: Environment, scaling: Scaling) -> str:
    """ARN of the scaling policy."""
    tail = f"resource/ecs/{resource(env, scaling)}:policyName/{scaling.policy}"
    return arn("autoscaling", f"scalingPolicy:6d8972f3-efc8-437c-92d1-{env.name:0>12}:{tail}")


def alarm_names(env: Environment, scaling: Scaling) -> tuple[str, str]:
    """(high, low): the two alarms that the policy keeps."""
    head = f"TargetTracking-{resource(env, scaling)}"
    return f"{head}-AlarmHigh-0f2f6c5e", f"{head}-AlarmLow-9be8d8a1"


def policy(sim: Simulator, env: Environment, scaling: Scaling) -> None:
    """Make the policy's alarms."""
    dims = [{"Name": "ClusterName", "Value": env.names.cluster}, {"Name": "ServiceName", "Value": scaling.service}]
    high, low = alarm_names(env, scaling)
    for name, comparison, threshold, periods in (
        (high, "GreaterThanThreshold", scaling.target, HIGH_MINUTES),
        (low, "LessThanThreshold", scaling.target * 0.9, LOW_MINUTES),
    ):
        alarm = {
            "AlarmName": name,
            "AlarmDescription": f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {policy_arn(env, scaling)}.",
            "AlarmActions": [policy_arn(env, scaling)],
            "Namespace": "AWS/ECS",
            "MetricName": "CPUUtilization",
            "Dimensions": dims,
            "Statistic": "Average",
            "Unit": "Percent",
            "Period": 60,
            "EvaluationPeriods": periods,
            "Threshold": threshold,
            "ComparisonOperator": comparison,
        }
        watch.add(sim, alarm)


def minute(sim: Simulator, env: Environment, now: float) -> None:
    """Look at the CPU of every scaled service and move its desired count within the bounds."""
    for part, scaling in env.scaling.items():
        service = env.services[part]
        if service.desired == 0:
            continue
        recent = _cpu(sim, env, scaling, now, HIGH_MINUTES)
        long = _cpu(sim, env, scaling, now, LOW_MINUTES)
        if service.desired < scaling.minimum:
            _move(sim, env, part, scaling, scaling.minimum, f"minimum capacity was set to {scaling.minimum}", now)
        elif len(recent) == HIGH_MINUTES and min(recent) > scaling.target and now >= scaling.out_after:
            wanted = math.ceil(service.desired * (sum(recent) / len(recent)) / scaling.target)
            _out(sim, env, part, scaling, min(wanted, scaling.maximum), now)
        elif len(long) == LOW_MINUTES and max(long) < 0.9 * scaling.target and now >= scaling.in_after:
            wanted = max(scaling.minimum, math.ceil(service.desired * (sum(long) / len(long)) / (0.9 * scaling.target)))
            _in(sim, env, part, scaling, wanted, now)


def _cpu(sim: Simulator, env: Environment, scaling: Scaling, now: float, minutes: int) -> list[float]:
    dims = frozenset({("ClusterName", env.names.cluster), ("ServiceName", scaling.service)})
    start = now // 60 * 60 - minutes * 60
    return list(sim.metrics.read(("AWS/ECS", "CPUUtilization", dims), "Average", 60, start, start + minutes * 60, now).values())


def _out(sim: Simulator, env: Environment, part: str, scaling: Scaling, wanted: int, now: float) -> None:
    if scaling.suspended["DynamicScalingOutSuspended"] or wanted <= env.services[part].desired:
        return
    scaling.out_after = now + OUT_COOLDOWN_S
    scaling.in_after = now + IN_COOLDOWN_S
    _move(sim, env, part, scaling, wanted, _cause(env, scaling, alarm_names(env, scaling)[0]), now)


def _in(sim: Simulator, env: Environment, part: str, scaling: Scaling, wanted: int, now: float) -> None:
    if scaling.suspended["DynamicScalingInSuspended"] or wanted >= env.services[part].desired:
        return
    scaling.in_after = now + IN_COOLDOWN_S
    _move(sim, env, part, scaling, env.services[part].desired - 1, _cause(env, scaling, alarm_names(env, scaling)[1]), now)


def _cause(env: Environment, scaling: Scaling, alarm: str) -> str:
    return f"monitor alarm {alarm} in state ALARM triggered policy {scaling.policy}"


def _move(sim: Simulator, env: Environment, part: str, scaling: Scaling, wanted: int, cause: str, now: float) -> None:
    service = env.services[part]
    service.desired, service.steady = wanted, False
    activity: dict[str, Any] = {
        "ActivityId": sim.uuid(),
        "ServiceNamespace": "ecs",
        "ResourceId": resource(env, scaling),
        "ScalableDimension": "ecs:service:DesiredCount",
        "Description": f"Setting desired count to {wanted}.",
        "Cause": cause,
        "StartTime": now,
        "EndTime": now + 20,
        "StatusCode": "Successful",
        "StatusMessage": f"Successfully set desired count to {wanted}. Change successfully fulfilled by ecs.",
    }
    scaling.activities.appendleft(activity)
