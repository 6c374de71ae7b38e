"""Alarms of the environment among all alarms of the account."""

from __future__ import annotations

from typing import Any

import pytest

from clickit_tui.aws.alarms import Alarms, metric_alarm
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
    alarms: Any = (await Alarms(gateway, NAMES).fetch(WORLD))["alarms"]
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
    assert set(hollow(alarm)) == {".computed"}
    assert (alarm.since, alarm.threshold, alarm.period_s, alarm.evaluations, alarm.to_alarm) == (recorded.EPOCH, 10.0, 300, 2, 1)
    assert alarm.missing == "notBreaching"
    composite = alarms["page-someone"]
    assert (composite.composite, composite.actions_enabled, composite.metric) == (True, False, "ALARM(storage) OR ALARM(somebody-else)")


async def test_a_metric_math_alarm_takes_its_first_input() -> None:
    alarm = (await found(recorded.ALARMS))["error-rate"]
    assert (alarm.metric, alarm.namespace, alarm.statistic, alarm.period_s) == ("HTTPCode_ELB_5XX_Count", "AWS/ApplicationELB", "Sum", 60)
    assert alarm.computed == "100*a/b"


async def test_composite_alarms_alone_do_not_tell_that_there_are_no_others() -> None:
    with pytest.raises(Failed):
        await found({"CompositeAlarms": []})


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


class Account:
    """An account with many alarms in many pages, of which few are ours."""

    def __init__(self, pages: int) -> None:
        self.pages, self.asked = pages, []
        self.state = "OK"

    async def answers(self, service: str, operation: str, /, **params: Any) -> list[dict[str, Any]]:
        self.asked.append(params)
        ours = {"AlarmName": "clickit-dev-api-cpu", "StateValue": self.state}
        if "AlarmNames" in params:
            assert params["AlarmNames"] == ["clickit-dev-api-cpu"]
            return [{"MetricAlarms": [ours]}]
        return [{"MetricAlarms": [ours]}, *({"MetricAlarms": [{"AlarmName": f"other-{page}"}]} for page in range(1, self.pages))]


@pytest.mark.parametrize(("pages", "full"), [(3, 21), (4, 3)])
async def test_a_large_account_is_looked_through_rarely_and_ours_at_every_poll(pages: int, full: int) -> None:
    account, now = Account(pages), [0.0]
    reader = Alarms(account, NAMES, lambda: now[0])
    for poll in range(21):
        now[0], account.state = poll * 30.0, "ALARM" if poll % 2 else "OK"
        found: Any = (await reader.fetch(WORLD))["alarms"]
        assert [(alarm.name, alarm.state) for alarm in found] == [("clickit-dev-api-cpu", account.state)]
    assert sum("AlarmNames" not in params for params in account.asked) == full
    await reader.fetch(World(env="dev"))
    assert "AlarmNames" not in account.asked[-1], "other resources are looked for at once"
