"""Alarms of the environment among all alarms of the account."""

from __future__ import annotations

from typing import Any

import pytest

from clickit_tui.aws.alarms import alarms_fetch, metric_alarm
from clickit_tui.naming import names
from clickit_tui.world.parts import TargetGroup
from clickit_tui.world.seen import Failed, Seen
from clickit_tui.world.world import World
from tests.aws import recorded
from tests.aws.damage import hollow
from tests.aws.scripted import Scripted

NAMES = names("dev")
WORLD = World(
    env="dev", target_groups=Seen(value=(TargetGroup(arn=recorded.TG_API, name="api", load_balancers=(recorded.LB,)),), seen_at=1.0)
)


async def found(answer: Any) -> dict[str, Any]:
    gateway = Scripted(DescribeAlarms=answer)
    alarms: Any = (await alarms_fetch(gateway, NAMES)(WORLD))["alarms"]
    assert gateway.calls == [("DescribeAlarms", {"AlarmTypes": ["MetricAlarm", "CompositeAlarm"], "MaxRecords": 100})]
    return {alarm.name: alarm for alarm in alarms}


async def test_ours_are_found_by_name_by_dimension_and_by_composition_worst_first() -> None:
    assert list(await found(recorded.ALARMS)) == [
        "TargetTracking-service/clickit-dev-cluster/clickit-dev-api-AlarmHigh-1",
        "page-someone",
        "error-rate",
        "clickit-dev-alb-5xx",
        "storage",
    ]


async def test_an_alarm_is_read_wholly() -> None:
    alarms = await found(recorded.ALARMS)
    alarm = alarms["clickit-dev-alb-5xx"]
    assert set(hollow(alarm)) == set()
    assert (alarm.since, alarm.threshold, alarm.period_s, alarm.evaluations, alarm.to_alarm) == (recorded.EPOCH, 10.0, 300, 2, 1)
    assert alarm.missing == "notBreaching"
    composite = alarms["page-someone"]
    assert (composite.composite, composite.actions_enabled, composite.metric) == (True, False, "ALARM(storage) OR ALARM(somebody-else)")


async def test_a_metric_math_alarm_takes_its_first_input() -> None:
    alarm = (await found(recorded.ALARMS))["error-rate"]
    assert (alarm.metric, alarm.namespace, alarm.statistic, alarm.period_s) == ("HTTPCode_ELB_5XX_Count", "AWS/ApplicationELB", "Sum", 60)


def test_what_an_alarm_does_not_say_is_unknown() -> None:
    alarm = metric_alarm({"AlarmName": "x"})
    assert (alarm.threshold, alarm.period_s, alarm.evaluations, alarm.since, alarm.actions_enabled, alarm.missing) == (
        *(None,) * 5,
        "missing",
    )


async def test_no_alarm_is_an_empty_tuple_and_no_list_is_a_fault() -> None:
    assert await found({"MetricAlarms": []}) == {}
    with pytest.raises(Failed):
        await found({})
