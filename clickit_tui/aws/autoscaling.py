"""What may change the desired counts by itself: application-autoscaling's targets and policies of the services."""

from __future__ import annotations

from collections.abc import Mapping

from clickit_tui.aws.fetching import garbled, listed, outcomes, together
from clickit_tui.aws.gateway import Gateway
from clickit_tui.aws.members import Json, flag, integer, member, number, records, said, tail, text, when
from clickit_tui.naming import SERVICES, Names
from clickit_tui.poll import Fetch
from clickit_tui.world.events import ScalingActivity
from clickit_tui.world.parts import ScalableTarget
from clickit_tui.world.seen import Failed
from clickit_tui.world.world import World

SERVICE = "application-autoscaling"
DIMENSION = "ecs:service:DesiredCount"
_SUSPENDED = {"DynamicScalingInSuspended": "in", "DynamicScalingOutSuspended": "out", "ScheduledScalingSuspended": "scheduled"}


TRACKING = "TargetTrackingScalingPolicyConfiguration"


def policy(answer: Json) -> str:
    """A policy as `name (metric target)`, e.g. `cpu-60 (ECSServiceAverageCPUUtilization 60)`."""
    metric = text(answer, TRACKING, "PredefinedMetricSpecification", "PredefinedMetricType")
    metric = metric or text(answer, TRACKING, "CustomizedMetricSpecification", "MetricName") or text(answer, "PolicyType")
    target = number(answer, TRACKING, "TargetValue")
    told = " ".join(filter(None, (metric, "" if target is None else f"{target:g}")))
    return f"{text(answer, 'PolicyName')} ({told})" if told else text(answer, "PolicyName")


def scalable_target(answer: Json, policies: list[Json], names: Names, hidden: str = "") -> ScalableTarget:
    """One entry of ScalableTargets with the policies of the same resource; `hidden` says why policies could not be read."""
    resource = text(answer, "ResourceId")
    mine = [each for each in policies if text(each, "ResourceId") == resource]
    own = dict.fromkeys(policy(each) for each in mine)
    tracked = [each for each in mine if member(each, TRACKING) is not None]
    only = tracked[0] if len(tracked) == 1 else {}
    off = [found for each in tracked if (found := flag(each, TRACKING, "DisableScaleIn")) is not None]
    return ScalableTarget(
        part=names.part(tail(resource)),
        minimum=integer(answer, "MinCapacity"),
        maximum=integer(answer, "MaxCapacity"),
        suspended=tuple(word for key, word in _SUSPENDED.items() if flag(answer, "SuspendedState", key)),
        policies=(*own, *([f"? {hidden}"] if hidden else [])),
        metric=text(only, TRACKING, "PredefinedMetricSpecification", "PredefinedMetricType"),
        wanted=number(only, TRACKING, "TargetValue"),
        scale_in_off=all(off) if off else None,
    )


def scaling(targets: list[Json], policies: list[Json], names: Names, hidden: str = "") -> tuple[ScalableTarget, ...]:
    """ClickIt's scalable targets, in the order of the services."""
    ours = {f"service/{names.cluster}/{names.service(part)}": part for part in SERVICES}
    counted = [each for each in targets if text(each, "ScalableDimension") in ("", DIMENSION) and text(each, "ResourceId") in ours]
    found = {text(each, "ResourceId"): scalable_target(each, policies, names, hidden) for each in counted}
    return tuple(found[resource] for resource in ours if resource in found)


def scaling_fetch(gateway: Gateway, names: Names) -> Fetch:
    """Feeds `scaling`: bounds and policies; unreadable policies are said in their place and do not hide the bounds."""
    resources = [f"service/{names.cluster}/{names.service(part)}" for part in SERVICES]

    async def fetch(world: World) -> Mapping[str, object]:
        calls = [listed(gateway, SERVICE, "DescribeScalableTargets", "ScalableTargets", ServiceNamespace="ecs", ResourceIds=resources)]
        calls += [
            listed(gateway, SERVICE, "DescribeScalingPolicies", "ScalingPolicies", ServiceNamespace="ecs", ResourceId=resource)
            for resource in resources
        ]
        targets, *policies = await outcomes(calls)
        if isinstance(targets, Failed):
            raise targets
        hidden = next((each.fault.sentence for each in policies if isinstance(each, Failed)), "")
        read = [each for answer in policies if not isinstance(answer, Failed) for each in answer]
        return {"scaling": scaling(targets, read, names, hidden)}

    return fetch


def activity(answer: Json, names: Names) -> ScalingActivity:
    """One entry of ScalingActivities."""
    return ScalingActivity(
        part=names.part(tail(text(answer, "ResourceId"))),
        id=text(answer, "ActivityId"),
        at=when(answer, "StartTime"),
        ended_at=when(answer, "EndTime"),
        status=text(answer, "StatusCode"),
        description=said(answer, "Description"),
        cause=said(answer, "Cause"),
        message=said(answer, "StatusMessage"),
    )


def activities_fetch(gateway: Gateway, names: Names) -> Fetch:
    """Feeds `scaling_activities`: the newest of each service, newest first; AWS keeps six weeks of them."""
    resources = [f"service/{names.cluster}/{names.service(part)}" for part in SERVICES]

    async def fetch(world: World) -> Mapping[str, object]:
        answers = await together(
            gateway.read(SERVICE, "DescribeScalingActivities", ServiceNamespace="ecs", ResourceId=resource, MaxResults=50)
            for resource in resources
        )
        if not all(isinstance(answer.get("ScalingActivities"), list) for answer in answers):
            raise garbled(f"{SERVICE}:DescribeScalingActivities", "ScalingActivities")
        found = [activity(each, names) for answer in answers for each in records(answer, "ScalingActivities")]
        return {"scaling_activities": tuple(sorted(found, key=lambda one: -(one.at or 0.0)))}

    return fetch
