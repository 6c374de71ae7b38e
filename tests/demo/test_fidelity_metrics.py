"""Metrics over time: the minute that is not over yet, and values that stay what they were."""

from __future__ import annotations

from typing import Any

from clickit_tui.demo.launch import Demo
from clickit_tui.demo.metricseries import gauge, sums
from clickit_tui.demo.metricstore import MetricStore
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
    window = {"StartTime": aws.now - 300, "EndTime": aws.now}
    found: dict[str, Any] = (await aws.ask("cloudwatch", "get_metric_data", MetricDataQueries=queries, **window))["MetricDataResults"][0]
    return {time.timestamp(): value for time, value in zip(found["Timestamps"], found["Values"], strict=True)}


async def test_the_newest_minute_appears_early_and_grows(demo: Demo) -> None:
    aws = Aws(demo)
    demo.step(60 - aws.now % 60 + 1)
    minute = aws.now // 60 * 60
    assert minute not in await _requests(aws)
    demo.step(20)
    seen = [(await _requests(aws))[minute]]
    for seconds in (20, 40, 60):
        demo.step(seconds)
        seen.append((await _requests(aws))[minute])
    assert 0 < seen[0] < seen[1] < seen[2]
    assert seen[2] == seen[3]


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


def test_a_rare_metric_keeps_its_empty_minutes_as_time_goes_by() -> None:
    store = MetricStore(compute=lambda *_: 7.0)
    store.add("n", "often", {}, START - 7_200, gauge(1.0))
    store.add("n", "rare", {}, START, gauge(1.0))
    key = ("n", "rare", NOBODY)
    for later in (0, 3_600, 7_200, 20_000):
        assert store.read(key, "Sum", 60, START - 7_200, START + 60, START + later) == {START: 1.0}
    assert store.read(key, "Sum", 60, START - 7_320, START - 7_200, START) == {START - 7_320: 7.0, START - 7_260: 7.0}
