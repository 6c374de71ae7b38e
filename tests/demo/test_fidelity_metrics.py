"""Metrics over time: the minute that is not over yet, and values that stay what they were."""

from __future__ import annotations

from typing import Any

import pytest

from clickit_tui.demo.launch import Demo
from clickit_tui.demo.metricpast import PastMinutes
from clickit_tui.demo.metricseries import gauge, sums
from clickit_tui.demo.metricstore import Key, MetricStore
from clickit_tui.demo.simulator import Simulator
from tests.demo.fidelity import Aws

START = 1_795_500_000.0
ECS = {"ClusterName": "clickit-prod-cluster", "ServiceName": "clickit-prod-api"}
NOBODY: frozenset[tuple[str, str]] = frozenset()


async def _requests(aws: Aws) -> dict[float, float]:
    """Requests of the last minutes by minute."""
    balancer = (await aws.ask("elbv2", "describe_load_balancers", Names=["clickit-prod-alb"]))["LoadBalancers"][0]["LoadBalancerArn"]
    dims = [{"Name": "LoadBalancer", "Value": balancer.partition(":loadbalancer/")[2]}]
    metric = {"Namespace": "AWS/ApplicationELB", "MetricName": "RequestCount", "Dimensions": dims}
    queries = [{"Id": "m", "MetricStat": {"Metric": metric, "Stat": "Sum", "Period": 60}}]
    window = {"StartTime": aws.now - 600, "EndTime": aws.now}
    found: dict[str, Any] = (await aws.ask("cloudwatch", "get_metric_data", MetricDataQueries=queries, **window))["MetricDataResults"][0]
    return {time.timestamp(): value for time, value in zip(found["Timestamps"], found["Values"], strict=True)}


async def test_the_newest_minute_appears_early_and_grows_for_two_more(demo: Demo) -> None:
    aws = Aws(demo)
    demo.step(60 - aws.now % 60 + 1)
    minute = aws.now // 60 * 60
    assert minute not in await _requests(aws)
    demo.step(20)
    seen = [(await _requests(aws))[minute]]
    for seconds in (20, 40, 60, 60, 60):
        demo.step(seconds)
        seen.append((await _requests(aws))[minute])
    assert 0 < seen[0] < seen[1] < seen[2] < seen[3] < seen[4]
    assert seen[4] == seen[5]
    assert seen[2] == pytest.approx(0.7 * seen[5], rel=0.02)


def test_a_growing_minute_is_replaced_and_what_others_publish_is_merged() -> None:
    store = MetricStore()
    for total in (1.0, 2.0, 3.0):
        store.grow("n", "m", {}, START, sums(total, total))
    store.add("n", "m", {}, START, sums(4.0, 4.0))
    store.add("n", "m", {}, START, sums(5.0, 5.0))
    assert store.read(("n", "m", NOBODY), "Sum", 60, START, START + 60, START + 60) == {START: 9.0}


def test_asking_early_changes_no_final_value() -> None:
    asked, quiet = Simulator(seed=4, now=START), Simulator(seed=4, now=START)
    for _ in range(40):
        asked.step(asked.now + 6)
        asked.publish_running_minute()
    quiet.step(asked.now)
    for name in ("CPUUtilization", "MemoryUtilization"):
        key = ("AWS/ECS", name, frozenset(ECS.items()))
        ended = asked.now // 60 * 60
        values = [sim.metrics.read(key, "p95", 60, START - 600, ended, asked.now) for sim in (asked, quiet)]
        assert values[0] == values[1]
        assert len(values[0]) == 14


def test_the_past_does_not_depend_on_what_was_asked_before() -> None:
    first, second = Simulator(seed=4, now=START), Simulator(seed=4, now=START)
    key = ("AWS/ECS", "CPUUtilization", frozenset(ECS.items()))
    day = START - 3 * 86_400
    second.metrics.read(key, "Average", 3600, START - 86_400, START, START)
    values = [sim.metrics.read(key, "Average", 3600, day, day + 86_400, START) for sim in (first, second)]
    assert values[0] == values[1]
    assert len(values[0]) == 24


def _balancer(sim: Simulator, name: str) -> Key:
    return ("AWS/ApplicationELB", name, frozenset({("LoadBalancer", sim.envs["prod"].balancer.dimension)}))


def test_a_month_in_short_periods_computes_each_hour_once() -> None:
    sim = Simulator(seed=4, now=START)
    asked: list[tuple[str, int]] = []
    past = PastMinutes(lambda name, minute: asked.append((name, minute)) or sim._usual_hour(name, minute), seed=4)
    sim._past = past
    for stat in ("Sum", "SampleCount", "p95"):
        for name in ("RequestCount", "TargetResponseTime"):
            values = sim.metrics.read(_balancer(sim, name), stat, 300, START // 300 * 300 - 30 * 86_400, START, START)
            assert len(values) == 30 * 288
    assert len(asked) == len(set(asked)) <= 721


def test_short_periods_of_the_past_add_up_to_long_ones() -> None:
    sim = Simulator(seed=4, now=START)
    day = START // 3600 * 3600 - 3 * 86_400
    hours = sim.metrics.read(_balancer(sim, "RequestCount"), "Sum", 3600, day, day + 86_400, START)
    for period in (60, 300, 900):
        parts = sim.metrics.read(_balancer(sim, "RequestCount"), "Sum", period, day, day + 86_400, START)
        assert len(parts) == 86_400 // period
        assert len(set(parts.values())) > len(parts) / 3
        assert sum(parts.values()) == pytest.approx(sum(hours.values()), rel=0.03)
    ordered = [sim.metrics.read(_balancer(sim, "TargetResponseTime"), stat, 300, day, day + 86_400, START) for stat in ("p50", "p95")]
    assert all(ordered[0][time] < ordered[1][time] for time in ordered[0])


def test_credits_have_a_point_every_five_minutes_in_the_past() -> None:
    sim = Simulator(seed=4, now=START)
    key = ("AWS/RDS", "CPUCreditBalance", frozenset({("DBInstanceIdentifier", "clickit-prod-db")}))
    day = START // 300 * 300 - 2 * 86_400
    minutes = sim.metrics.read(key, "Average", 60, day, day + 86_400, START)
    assert len(minutes) == 288
    assert all(time % 300 == 0 for time in minutes)
    assert len(sim.metrics.read(key, "Average", 300, day, day + 86_400, START)) == 288


async def test_a_month_of_five_minutes_comes_in_pages(demo: Demo) -> None:
    aws = Aws(demo)
    dims = [{"Name": "DBInstanceIdentifier", "Value": "clickit-prod-db"}]
    stats = [
        {"Metric": {"Namespace": "AWS/RDS", "MetricName": name, "Dimensions": dims}, "Stat": "Average", "Period": 300}
        for name in ("CPUUtilization", "FreeableMemory")
    ]
    given = {
        "MetricDataQueries": [{"Id": f"m{at}", "MetricStat": each} for at, each in enumerate(stats)],
        "StartTime": aws.now - 30 * 86_400,
        "EndTime": aws.now,
        "ScanBy": "TimestampAscending",
        "MaxDatapoints": 5_000,
    }
    found = await aws.pages("cloudwatch", "get_metric_data", "MetricDataResults", ("NextToken", "NextToken"), **given)
    whole: dict[str, list[Any]] = {}
    for each in found:
        whole.setdefault(each["Id"], []).extend(each["Timestamps"])
    assert len(found) == 4 * len(stats)
    assert {len(times) for times in whole.values()} <= {8639, 8640, 8641}
    assert all(times == sorted(set(times)) for times in whole.values())


def test_a_rare_metric_keeps_its_empty_minutes_as_time_goes_by() -> None:
    store = MetricStore(compute=lambda *_: 7.0)
    store.add("n", "often", {}, START - 7_200, gauge(1.0))
    store.add("n", "rare", {}, START, gauge(1.0))
    key = ("n", "rare", NOBODY)
    for later in (0, 3_600, 7_200, 20_000):
        assert store.read(key, "Sum", 60, START - 7_200, START + 60, START + later) == {START: 1.0}
    assert store.read(key, "Sum", 60, START - 7_320, START - 7_200, START) == {START - 7_320: 7.0, START - 7_260: 7.0}
