"""What numbers and alarms are said to mean."""

from __future__ import annotations

import msgspec
import pytest

from clickit_tui.world.charting import HOUR, chart
from clickit_tui.world.honesty import (
    actions_words,
    alarms_of,
    condition,
    connections,
    credit_words,
    limits,
    state_words,
    threshold,
    turns_at,
    when_missing,
)
from clickit_tui.world.parts import Alarm
from tests import worlds

NOW = worlds.NOW


def test_connections_are_shown_beside_the_budget_and_what_is_only_estimated():
    assert connections(41, 60, "db.t4g.micro") == "41 / 60 budget (about 79 hard, estimated)"
    assert connections(41, 60, "db.t4g.small") == "41 / 60 budget (about 181 hard, measured elsewhere)"
    assert connections(None, 60, "db.m7g.large") == "? / 60 budget (hard limit unknown)"


def test_credits_are_money_in_rds_and_slowness_in_elasticache():
    assert "charged" in credit_words("db.credits", 0)
    assert "slow" not in credit_words("db.surplus", 5).replace("not slowness", "")
    assert credit_words("cache.credits", 0) == "empty: slowed to its baseline"
    assert credit_words("db.surplus", 0) == ""


def test_over_a_hundred_percent_of_cpu_is_explained():
    world = worlds.healthy_world(NOW)
    metrics = world.metrics.value
    over = msgspec.structs.replace(metrics.series["api.cpu"], values=tuple(180.0 for _ in metrics.series["api.cpu"].values))
    series = {**metrics.series, "api.cpu": over}
    world = msgspec.structs.replace(world, metrics=worlds.seen(msgspec.structs.replace(metrics, series=series), NOW, "metrics"))
    assert limits(world, chart(world, "api.cpu", HOUR, NOW), None, 60) == "over 100 %: percent of what the tasks reserve"


@pytest.mark.parametrize(
    ("alarm", "said"),
    [
        (
            Alarm(name="a", state="INSUFFICIENT_DATA", metric="HTTPCode_Target_5XX_Count"),
            "INSUFFICIENT_DATA (no data, which for this metric means that nothing happened)",
        ),
        (Alarm(name="a", state="INSUFFICIENT_DATA", metric="CPUUtilization"), "INSUFFICIENT_DATA (no data: it cannot see)"),
        (Alarm(name="TargetTracking-x", state="ALARM"), "ALARM (autoscaling's own, no trouble)"),
        (
            Alarm(name="a", state="OK", evaluation="EVALUATION_ERROR"),
            "OK (EVALUATION_ERROR: CloudWatch could not judge it properly)",
        ),
    ],
)
def test_a_state_says_whether_it_is_trouble(alarm, said):
    assert state_words(alarm) == said


def test_who_is_told_is_said_plainly():
    assert actions_words(Alarm(name="a", actions_enabled=False, alarm_actions=("arn",))).startswith("MUTED")
    assert actions_words(Alarm(name="a", actions_enabled=True)) == "enabled, but it tells nobody: it has no action for ALARM"
    assert actions_words(Alarm(name="a", actions_enabled=True, alarm_actions=("arn",))) == "enabled"
    assert actions_words(Alarm(name="a")) == "not said"


def test_a_condition_in_words():
    alarm = worlds.alarms(NOW)[1]
    assert condition(alarm) == "Minimum of UnHealthyHostCount > 0 in 2 of 2 periods of 1 m"
    assert turns_at(alarm) == "> 0 in 2 m: Minimum of UnHealthyHostCount"
    assert condition(Alarm(name="c", composite=True, metric="ALARM(a) OR ALARM(b)")) == "ALARM(a) OR ALARM(b)"
    assert condition(Alarm(name="x")) == "? of ? ? ?"
    assert "count as good" in when_missing(worlds.alarms(NOW)[0])


def test_an_alarm_belongs_to_the_chart_of_exactly_its_resource():
    world = worlds.healthy_world(NOW)
    series = world.metrics.value.series
    assert [a.name for a in alarms_of(world, series["api.cpu"])] == ["clickit-prod-api-cpu"]
    assert alarms_of(world, series["frontend.cpu"]) == ()
    assert alarms_of(world, series["db.cpu"]) == ()


def test_a_sum_over_another_period_gets_words_and_no_line():
    world = worlds.healthy_world(NOW)
    series = world.metrics.value.series
    errors, cpu = world.alarms.value[0], world.alarms.value[3]
    found = threshold(errors, series["edge.target_5xx"], chart(world, "edge.target_5xx", HOUR, NOW))
    assert found.level is None
    assert "no line" in found.words
    assert threshold(cpu, series["api.cpu"], chart(world, "api.cpu", HOUR, NOW)).level == 85.0


def test_an_alarm_on_a_computed_number_is_said_as_such_and_draws_no_line():
    alarm = Alarm(name="rate", metric="HTTPCode_Target_5XX_Count", namespace="AWS/ApplicationELB", statistic="Sum", period_s=60)
    alarm = msgspec.structs.replace(alarm, threshold=5.0, comparison="GreaterThanThreshold", evaluations=1, to_alarm=1, computed="100*a/b")
    assert condition(alarm) == "100*a/b (computed, of HTTPCode_Target_5XX_Count and others) > 5 in 1 m"
    world = worlds.healthy_world(worlds.NOW)
    series = world.metrics.value.series["edge.target_5xx"]
    found = threshold(alarm, series, chart(world, "edge.target_5xx", HOUR, worlds.NOW))
    assert (found.level, "no line: it looks at a computed number" in found.words) == (None, True)


def test_a_line_is_drawn_only_where_it_means_the_same_number():
    world = worlds.healthy_world(NOW)
    series = world.metrics.value.series
    cpu = world.alarms.value[3]
    assert alarms_of(world, series["api.cpu_max"]) == (cpu,)
    tasks = msgspec.structs.replace(series["api.running"], namespace="AWS/ECS", name="CPUUtilization", statistic="SampleCount")
    assert alarms_of(world, tasks) == ()
    p95 = series["edge.p95"]
    slow = Alarm(
        name="slow", namespace=p95.namespace, metric=p95.name, dimensions=p95.resources[0], statistic="p95", threshold=1.0, period_s=60
    )
    drawn = {key: chart(world, key, HOUR, NOW) for key in ("edge.p50", "edge.p95")}
    assert threshold(slow, p95, drawn["edge.p95"]).level == 1.0
    found = threshold(slow, series["edge.p50"], drawn["edge.p50"])
    assert (found.level, "no line: the chart is p50" in found.words) == (None, True)
