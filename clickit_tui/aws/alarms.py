"""CloudWatch alarms: all of the account are listed, and those that concern this environment are kept."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from typing import Any

from clickit_tui.aws.elbv2 import main_balancer
from clickit_tui.aws.fetching import batches, garbled, together
from clickit_tui.aws.gateway import Gateway
from clickit_tui.aws.members import Json, flag, integer, number, records, said, text, when, words
from clickit_tui.naming import Names
from clickit_tui.world.parts import Alarm, Cache
from clickit_tui.world.world import World

_RANK = {"ALARM": 0, "INSUFFICIENT_DATA": 1}
PAGE = 100
"""Most alarms of one page."""
FEW_PAGES = 3
"""Up to so many pages, all alarms of the account are read at every poll."""
FULL_S = 300.0
"""How often all alarms of a large account are looked through."""
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


def _actions(answer: Json) -> dict[str, Any]:
    """What both kinds of alarm say of their actions and of how they are evaluated."""
    return {
        "actions_enabled": flag(answer, "ActionsEnabled"),
        "alarm_actions": words(answer, "AlarmActions"),
        "ok_actions": words(answer, "OKActions"),
        "data_actions": words(answer, "InsufficientDataActions"),
        "evaluation": text(answer, "EvaluationState"),
    }


def metric_alarm(answer: Json) -> Alarm:
    """One entry of MetricAlarms; a metric-math alarm takes metric, namespace and statistic of its first input."""
    inputs = [each for each in records(answer, "Metrics") if _metric(each) is not None]
    stat: Json = inputs[0]["MetricStat"] if inputs else {}
    return Alarm(
        name=text(answer, "AlarmName"),
        arn=text(answer, "AlarmArn"),
        state=text(answer, "StateValue"),
        since=when(answer, "StateTransitionedTimestamp") or when(answer, "StateUpdatedTimestamp"),
        reason=said(answer, "StateReason"),
        metric=text(answer, "MetricName") or text(stat, "Metric", "MetricName"),
        namespace=text(answer, "Namespace") or text(stat, "Metric", "Namespace"),
        dimensions=dimensions(answer),
        statistic=text(answer, "Statistic") or text(answer, "ExtendedStatistic") or text(stat, "Stat"),
        comparison=text(answer, "ComparisonOperator"),
        threshold=number(answer, "Threshold"),
        computed=", ".join(text(each, "Expression") for each in records(answer, "Metrics") if text(each, "Expression")),
        period_s=integer(answer, "Period") or integer(stat, "Period"),
        evaluations=integer(answer, "EvaluationPeriods"),
        to_alarm=integer(answer, "DatapointsToAlarm") or integer(answer, "EvaluationPeriods"),
        missing=text(answer, "TreatMissingData") or "missing",
        **_actions(answer),
        description=said(answer, "AlarmDescription"),
    )


def composite_alarm(answer: Json) -> Alarm:
    """One entry of CompositeAlarms; its rule, without quotation marks, stands in place of a metric."""
    return Alarm(
        name=text(answer, "AlarmName"),
        arn=text(answer, "AlarmArn"),
        state=text(answer, "StateValue"),
        since=when(answer, "StateTransitionedTimestamp") or when(answer, "StateUpdatedTimestamp"),
        reason=said(answer, "StateReason"),
        metric=text(answer, "AlarmRule").replace('"', ""),
        **_actions(answer),
        composite=True,
        description=said(answer, "AlarmDescription"),
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


class Alarms:
    """Reads the alarms: all of the account at every poll where they are few; where they are many, only ours between two full looks."""

    def __init__(self, gateway: Gateway, names: Names, clock: Callable[[], float] = time.time) -> None:
        self._gateway, self._names, self._clock = gateway, names, clock
        self._known: list[str] = []
        self._looked_for: frozenset[tuple[str, str]] = frozenset()
        self._pages = 0
        self._looked_at = float("-inf")

    async def fetch(self, world: World) -> Mapping[str, object]:
        """Feeds `alarms`, target-tracking alarms of autoscaling included."""
        ours = resources(world, self._names)
        if self._pages > FEW_PAGES and ours == self._looked_for and self._clock() - self._looked_at < FULL_S:
            found = parsed(await together(self._read(AlarmNames=batch) for batch in batches(self._known, PAGE)))
            return {"alarms": concerning(found, ours, self._names.env)}
        answers = await self._read()
        kept = concerning(parsed([answers]), ours, self._names.env)
        self._known, self._looked_for = [alarm.name for alarm in kept], ours
        self._pages, self._looked_at = len(answers), self._clock()
        return {"alarms": kept}

    async def _read(self, **params: object) -> list[Json]:
        answers = await self._gateway.answers(
            "cloudwatch",
            "DescribeAlarms",
            AlarmTypes=["MetricAlarm", "CompositeAlarm"],
            MaxRecords=PAGE,
            **params,  # type: ignore[arg-type]
        )
        if not any(isinstance(answer.get("MetricAlarms"), list) for answer in answers):
            raise garbled("cloudwatch:DescribeAlarms", "MetricAlarms")
        return list(answers)


def parsed(answers: list[list[Json]]) -> list[Alarm]:
    """The alarms of several answers, page by page."""
    pages = [page for answer in answers for page in answer]
    found = [metric_alarm(each) for page in pages for each in records(page, "MetricAlarms")]
    return found + [composite_alarm(each) for page in pages for each in records(page, "CompositeAlarms")]
