"""After a day of stepped time: the server stays small, and forgets what AWS forgets."""

from __future__ import annotations

from pathlib import Path

import pytest

from clickit_tui.demo.launch import start
from clickit_tui.demo.logstore import EVENTS_MOST
from tests.demo.fidelity import CLUSTER, LOG, Aws

MEMORY_MOST_KIB = 400 * 1024
HOURS = 24


def _resident_kib(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


@pytest.mark.long
async def test_a_day_fits_into_memory() -> None:
    with start(seed=1, paused=True) as demo:
        aws = Aws(demo)
        for _ in range(HOURS):
            task = (await aws.ask("ecs", "list_tasks", cluster=CLUSTER))["taskArns"][0]
            await aws.ask("ecs", "stop_task", cluster=CLUSTER, task=task)
            demo.step(1800)
            demo.step(1800)
        await aws.ask("sns", "list_topics")
        queries = [_query(metric) for metric in (await aws.ask("cloudwatch", "list_metrics"))["Metrics"][:40]]
        window = {"StartTime": aws.now - 30 * 86_400, "EndTime": aws.now}
        month = await aws.ask("cloudwatch", "get_metric_data", MetricDataQueries=queries, **window)
        stopped = (await aws.ask("ecs", "list_tasks", cluster=CLUSTER, desiredStatus="STOPPED"))["taskArns"]
        tasks = (await aws.ask("ecs", "describe_tasks", cluster=CLUSTER, tasks=stopped))["tasks"]
        groups = (await aws.ask("logs", "describe_log_groups"))["logGroups"]
        kept = 0
        for group in groups:
            kept += len(
                await aws.pages("logs", "filter_log_events", "events", ("nextToken", "nextToken"), logGroupName=group["logGroupName"])
            )
        resident = _resident_kib(demo.pid)
    assert LOG["logGroupName"] in {each["logGroupName"] for each in groups}
    assert 0.9 * EVENTS_MOST < kept <= EVENTS_MOST
    assert len(tasks) <= 3
    assert all(aws_now - each["stoppedAt"].timestamp() <= 3_601 for aws_now in [window["EndTime"]] for each in tasks)
    assert sum(len(each["Values"]) for each in month["MetricDataResults"]) > 20 * 720
    assert resident <= MEMORY_MOST_KIB, f"{resident / 1024:.0f} MiB"


def _query(metric: dict[str, object]) -> dict[str, object]:
    name = "".join(each for each in str(metric) if each.isalnum()).lower()
    return {"Id": f"m{abs(hash(name)) % 10**12}", "MetricStat": {"Metric": metric, "Period": 3600, "Stat": "Average"}}
