"""CloudWatch alarms: all of the account are listed, and those that concern this environment are kept."""

from __future__ import annotations

import re
from collections.abc import Mapping

from clickit_tui.aws.elbv2 import main_balancer
from clickit_tui.aws.fetching import garbled
from clickit_tui.aws.gateway import Gateway
from clickit_tui.aws.members import Json, flag, integer, number, records, text, when
from clickit_tui.naming import Names
from clickit_tui.poll import Fetch
from clickit_tui.world.parts import Alarm, Cache
from clickit_tui.world.world import World

_RANK = {"ALARM": 0, "INSUFFICIENT_DATA": 1}
PAGE = 100
"""Most alarms of one page."""
NESTED = 3
"""Levels of composite alarms that are looked through."""


def dimensions(answer: Json) -> tuple[tuple[str, str], ...]:
    """An alarm's dimensions, those of its metric-math inputs included."""
    places = [answer, *(metric for each in records(answer, "Metrics") if (metric := _metric(each)) is not None)]
    found = ((text(each, "Name"), text(each, "Value")) for place in places for each in records(place, "Dimensions"))
    return tuple(dict.fromkeys(found))


def _metric(answer: Json) -> Json | None:
    stat = answer.get("MetricStat")
    metric = stat.get("Metric") if isinstance(stat, Mapping) else None
    return metric if isinstance(metric, Mapping) else None


def metric_alarm(answer: Json) -> Alarm:
    """One entry of MetricAlarms; a metric-math alarm takes metric, namespace and statistic of its first input."""
    inputs = [each for each in records(answer, "Metrics") if _metric(each) is not None]
    stat: Json = inputs[0]["MetricStat"] if inputs else {}
    return Alarm(
        name=text(answer, "AlarmName"),
        arn=text(answer, "AlarmArn"),
        state=text(answer, "StateValue"),
        since=when(answer, "StateTransitionedTimestamp") or when(answer, "StateUpdatedTimestamp"),
        reason=text(answer, "StateReason"),
        metric=text(answer, "MetricName") or text(stat, "Metric", "MetricName"),
        namespace=text(answer, "Namespace") or text(stat, "Metric", "Namespace"),
        dimensions=dimensions(answer),
        statistic=text(answer, "Statistic") or text(answer, "ExtendedStatistic") or text(stat, "Stat"),
        comparison=text(answer, "ComparisonOperator"),
        threshold=number(answer, "Threshold"),
        period_s=integer(answer, "Period") or integer(stat, "Period"),
        evaluations=integer(answer, "EvaluationPeriods"),
        to_alarm=integer(answer, "DatapointsToAlarm") or integer(answer, "EvaluationPeriods"),
        missing=text(answer, "TreatMissingData") or "missing",
        actions_enabled=flag(answer, "ActionsEnabled"),
        description=text(answer, "AlarmDescription"),
    )


def composite_alarm(answer: Json) -> Alarm:
    """One entry of CompositeAlarms; its rule, without quotation marks, stands in place of a metric."""
    return Alarm(
        name=text(answer, "AlarmName"),
        arn=text(answer, "AlarmArn"),
        state=text(answer, "StateValue"),
        since=when(answer, "StateTransitionedTimestamp") or when(answer, "StateUpdatedTimestamp"),
        reason=text(answer, "StateReason"),
        metric=text(answer, "AlarmRule").replace('"', ""),
        actions_enabled=flag(answer, "ActionsEnabled"),
        composite=True,
        description=text(answer, "AlarmDescription"),
    )


def resources(world: World, names: Names) -> frozenset[tuple[str, str]]:
    """The dimensions that name this environment's resources; a service counts only within its cluster, a target group by itself."""
    groups = world.target_groups.value or ()
    found = {("DBInstanceIdentifier", names.database), ("ClusterName", names.cluster)}
    found |= {("TargetGroup", group.dimension) for group in groups}
    if balancer := main_balancer(groups):
        found.add(("LoadBalancer", balancer.split(":loadbalancer/", 1)[-1]))
    cache = world.cache.value
    found |= {("CacheClusterId", node) for node in (cache.nodes if isinstance(cache, Cache) else ())}
    return frozenset(found | {("NatGatewayId", gateway.id) for gateway in world.nat.value or ()})


def concerning(alarms: list[Alarm], ours: frozenset[tuple[str, str]], env: str) -> tuple[Alarm, ...]:
    """The environment's alarms, worst and newest first: by name, by a dimension, or composed of such alarms."""
    own = re.compile(rf"clickit-{re.escape(env)}(?![A-Za-z0-9])")
    kept = {each.name for each in alarms if own.search(each.name) or ours.intersection(each.dimensions)}
    for _ in range(NESTED):
        names = {word for each in alarms if each.name in kept for word in (each.name, each.arn) if word}
        kept |= {each.name for each in alarms if each.composite and any(f"({name})" in each.metric for name in names)}
    found = (each for each in alarms if each.name and each.name in kept)
    return tuple(sorted(found, key=lambda each: (_RANK.get(each.state, 2), -(each.since or 0.0), each.name)))


def alarms_fetch(gateway: Gateway, names: Names) -> Fetch:
    """Feeds `alarms`, target-tracking alarms of autoscaling included."""

    async def fetch(world: World) -> Mapping[str, object]:
        answers = await gateway.answers("cloudwatch", "DescribeAlarms", AlarmTypes=["MetricAlarm", "CompositeAlarm"], MaxRecords=PAGE)
        if not any(isinstance(answers[0].get(member), list) for member in ("MetricAlarms", "CompositeAlarms")):
            raise garbled("cloudwatch:DescribeAlarms", "MetricAlarms")
        found = [metric_alarm(each) for answer in answers for each in records(answer, "MetricAlarms")]
        found += [composite_alarm(each) for answer in answers for each in records(answer, "CompositeAlarms")]
        return {"alarms": concerning(found, resources(world, names), names.env)}

    return fetch
