"""Logs Insights: the estimate before, the query over groups that exist, its end, its stop; scripted and over HTTP."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from clickit_tui.aws.gateway import Gateway
from clickit_tui.aws.insights import LogsInsights
from clickit_tui.config import Config
from clickit_tui.demo.launch import Demo
from clickit_tui.logs.insights import SUMS, Answer, Estimate
from clickit_tui.naming import names
from clickit_tui.world.seen import Failed, Trouble
from tests.aws.scripted import Scripted, failed

NOW = 1_800_000_000.0
DAY = 86_400.0


async def awake(seconds: float) -> None:
    await asyncio.sleep(0)


def insights(**answers: Any) -> tuple[LogsInsights, Scripted]:
    gateway = Scripted(**answers)
    return LogsInsights(gateway, clock=lambda: NOW, sleep=awake), gateway


async def test_the_estimate_is_what_the_groups_took_in():
    asked, gateway = insights(GetMetricData={"MetricDataResults": [{"Id": "g0", "Values": [1e9, 2e9]}, {"Id": "g1", "Values": [1e9]}]})
    found = await asked.estimate(["/a", "/b"], NOW - DAY, NOW)
    assert found.scanned == pytest.approx(4e9, rel=0.05)
    assert found.dollars == pytest.approx(0.02, rel=0.05)
    assert found.words().startswith("about 4 GB, $0.020")
    assert gateway.count("DescribeLogGroups") == 0


async def test_without_the_metric_the_stored_size_is_shared_over_the_groups_age():
    group = {"logGroupName": "/a", "storedBytes": 30e9, "creationTime": (NOW - 300 * DAY) * 1000, "retentionInDays": 30}
    asked, _ = insights(GetMetricData={"MetricDataResults": []}, DescribeLogGroups={"logGroups": [{"logGroupName": "/a2"}, group]})
    found = await asked.estimate(["/a"], NOW - DAY, NOW)
    assert found.scanned == pytest.approx(1e9)
    assert "stored size" in found.words()


async def test_a_price_that_nothing_tells_is_said_to_be_unknown():
    asked, _ = insights()
    found = await asked.estimate(["/a"], NOW - DAY, NOW)
    assert found.scanned is None
    assert found.words() == "price not known: no permission: logs:DescribeLogGroups"
    asked, _ = insights(GetMetricData={}, DescribeLogGroups={})
    assert "price not known" in (await asked.estimate(["/a"], NOW - DAY, NOW)).words()


async def test_a_query_is_asked_until_it_is_complete():
    states = iter(["Scheduled", "Running", "Complete"])

    def results(params: dict[str, Any]) -> dict[str, Any]:
        rows = [
            [
                {"field": "said", "value": "token=abcdef1234567890 \x1b[31m"},
                {"field": "lines", "value": "3"},
                {"field": "@ptr", "value": "p"},
            ],
            [{"field": "lines", "value": "1"}],
        ]
        return {"status": next(states), "results": rows, "statistics": {"bytesScanned": 5.0}}

    asked, gateway = insights(StartQuery={"queryId": "q"}, GetQueryResults=results)
    told: list[Answer] = []
    answer = await asked.ask("fields @message", ["/a", "/b"], NOW - 60, NOW, told.append)
    assert [state.status for state in told] == ["Scheduled", "Running", "Complete"]
    assert answer.names == ("said", "lines")
    assert answer.rows[0][0].startswith("token=‹masked›")
    assert answer.rows[1] == ("", "1")
    assert answer.scanned == 5.0
    assert gateway.calls[0][1]["logGroupNames"] == ["/a", "/b"]


async def test_a_group_that_does_not_exist_is_left_out():
    def start(params: dict[str, Any]) -> Any:
        return failed(Trouble.MISSING) if "/gone" in params["logGroupNames"] else {"queryId": "q"}

    def groups(params: dict[str, Any]) -> dict[str, Any]:
        return {"logGroups": [{"logGroupName": "/a"}]} if params["logGroupNamePrefix"] == "/a" else {}

    asked, gateway = insights(StartQuery=start, DescribeLogGroups=groups, GetQueryResults={"status": "Complete"})
    answer = await asked.ask("fields @message", ["/a", "/gone"], NOW - 60, NOW, lambda answer: None)
    assert answer == Answer(status="Complete")
    assert [params["logGroupNames"] for name, params in gateway.calls if name == "StartQuery"] == [["/a", "/gone"], ["/a"]]


async def test_left_early_it_is_stopped_at_the_server():
    asked, gateway = insights(StartQuery={"queryId": "q"}, GetQueryResults={"status": "Running"}, StopQuery={"success": True})
    third = asyncio.Event()
    told = lambda answer: third.set() if gateway.count("GetQueryResults") == 3 else None  # noqa: E731
    running = asyncio.create_task(asked.ask("fields @message", ["/a"], NOW - 60, NOW, told))
    await third.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert gateway.calls[-1] == ("StopQuery", {"queryId": "q"})


@pytest.mark.parametrize("answer", [{}, {"queryId": None}])
async def test_an_odd_answer_is_a_failure_and_no_crash(answer):
    asked, _ = insights(StartQuery=answer)
    with pytest.raises(Failed):
        await asked.ask("fields @message", ["/a"], NOW - 60, NOW, lambda answer: None)


def test_estimates_in_words():
    assert Estimate(scanned=12_345.0, basis="x").words() == "about 12.3 kB, under $0.001 (x)"
    assert Estimate(scanned=2.5e12, basis="x").words() == "about 2.5 TB, $12.50 (x)"


@pytest.mark.parametrize("wanted", SUMS, ids=lambda wanted: wanted.id)
async def test_every_sum_is_answered_over_http(demo: Demo, wanted) -> None:
    demo.resume()
    gateway = Gateway(Config(env="dev", names=names("dev")))
    try:
        asked = LogsInsights(gateway, clock=time.time)
        groups = list(names("dev").logs.values())
        estimate = await asked.estimate(groups, time.time() - 3_600, time.time())
        assert estimate.words()
        answer = await asked.ask(wanted.query, groups, time.time() - 3_600, time.time(), lambda answer: None)
        assert answer.status == "Complete"
        if wanted.id == "messages":
            assert answer.names == ("said", "lines")
            assert answer.rows
    finally:
        await gateway.close()
