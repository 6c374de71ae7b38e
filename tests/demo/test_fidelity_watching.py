"""Reads of what is watched: metrics, alarms, logs: answered as AWS does."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from tests.demo.fidelity import ECS_TOKENS, LOG, Aws, Matrix, Row

MATRIX = Matrix()
row = MATRIX.row


def _metric(name: str, stat: str, period: int, identifier: str = "m", namespace: str = "AWS/ECS") -> dict[str, Any]:
    dims = [{"Name": "ClusterName", "Value": "clickit-prod-cluster"}, {"Name": "ServiceName", "Value": "clickit-prod-api"}]
    metric = {"Namespace": namespace, "MetricName": name, "Dimensions": dims}
    return {"Id": identifier, "MetricStat": {"Metric": metric, "Stat": stat, "Period": period}}


async def _data(aws: Aws, *queries: dict[str, Any], minutes: float = 60, **more: Any) -> dict[str, Any]:
    window = {"StartTime": aws.now - minutes * 60, "EndTime": aws.now}
    found: dict[str, Any] = await aws.ask("cloudwatch", "get_metric_data", MetricDataQueries=list(queries), **window, **more)
    return found


@row("cloudwatch.GetMetricData", "CloudWatch API reference, GetMetricData: periods are aligned; ScanBy, TimestampDescending when absent")
async def periods_are_aligned_and_newest_first(aws: Aws) -> None:
    times = (await _data(aws, _metric("CPUUtilization", "Average", 300)))["MetricDataResults"][0]["Timestamps"]
    assert all(each.timestamp() % 300 == 0 for each in times)
    assert times == sorted(times, reverse=True)
    up = await _data(aws, _metric("CPUUtilization", "Average", 300), ScanBy="TimestampAscending")
    assert up["MetricDataResults"][0]["Timestamps"] == times[::-1]


@row("cloudwatch.GetMetricData", "CloudWatch user guide, Percentiles: p50 <= p95 <= Maximum of the same minute")
async def percentiles_are_ordered(aws: Aws) -> None:
    stats = ("Minimum", "p50", "p95", "Maximum")
    found = await _data(aws, *(_metric("CPUUtilization", stat, 300, f"m{at}") for at, stat in enumerate(stats)))
    for values in zip(*(each["Values"] for each in found["MetricDataResults"]), strict=True):
        assert list(values) == sorted(values)


@row("cloudwatch.GetMetricData", "CloudWatch user guide, Namespaces: metrics in different namespaces are isolated from each other")
async def the_namespace_counts(aws: Aws) -> None:
    found = await _data(aws, _metric("CPUUtilization", "Average", 60, namespace="AWS/RDS"))
    assert found["MetricDataResults"][0]["Values"] == []


@row("cloudwatch.GetMetricData", "CloudWatch API reference, GetMetricData: MaxDatapoints, NextToken, StatusCode PartialData")
async def data_come_in_pages(aws: Aws) -> None:
    whole = (await _data(aws, _metric("CPUUtilization", "Average", 60)))["MetricDataResults"][0]
    window = {"StartTime": whole["Timestamps"][-1], "EndTime": aws.now, "MaxDatapoints": 25}
    given = {"MetricDataQueries": [_metric("CPUUtilization", "Average", 60)], **window}
    found = await aws.pages("cloudwatch", "get_metric_data", "MetricDataResults", ("NextToken", "NextToken"), **given)
    assert [each["StatusCode"] for each in found] == ["PartialData"] * (len(found) - 1) + ["Complete"]
    assert [time for each in found for time in each["Timestamps"]] == whole["Timestamps"]


@row("cloudwatch.GetMetricData", "CloudWatch user guide, Using math expressions: arithmetic over metrics, ReturnData false hides one")
async def expressions_are_computed(aws: Aws) -> None:
    plain = _metric("CPUUtilization", "Average", 300, "a")
    found = await _data(aws, plain | {"ReturnData": False}, {"Id": "e", "Expression": "a*2"})
    raw = await _data(aws, plain)
    doubled = [2 * value for value in raw["MetricDataResults"][0]["Values"]]
    assert [each["Id"] for each in found["MetricDataResults"]] == ["e"]
    assert found["MetricDataResults"][0]["Values"] == pytest.approx(doubled)


@row("cloudwatch.GetMetricData", "CloudWatch API reference, GetMetricData: StartTime must be before EndTime (ValidationError)")
async def an_empty_window_is_an_error(aws: Aws) -> None:
    window = {"StartTime": aws.now, "EndTime": aws.now}
    given = {"MetricDataQueries": [_metric("CPUUtilization", "Average", 60)]} | window
    assert await aws.refused("cloudwatch", "get_metric_data", **given) == "ValidationError"


@row(
    "cloudwatch.GetMetricStatistics cloudwatch.ListMetrics",
    "CloudWatch API reference: extended statistics; ListMetrics names each metric once",
)
async def statistics_and_names(aws: Aws) -> None:
    metric = _metric("CPUUtilization", "p95", 300)["MetricStat"]["Metric"]
    window = {"StartTime": aws.now - 3600, "EndTime": aws.now, "Period": 300}
    found = await aws.ask("cloudwatch", "get_metric_statistics", **metric, **window, ExtendedStatistics=["p95"])
    assert all("p95" in each["ExtendedStatistics"] for each in found["Datapoints"])
    listed = (await aws.ask("cloudwatch", "list_metrics", **metric))["Metrics"]
    assert len(listed) == 1


@row("cloudwatch.GetMetricData", "CloudWatch API reference, GetMetricStatistics: an hour's datapoints are kept for 455 days")
async def a_month_of_hours_is_the_same_whenever_it_is_asked(aws: Aws) -> None:
    query = _metric("CPUUtilization", "Average", 3600)
    month = (await _data(aws, query, minutes=30 * 1440))["MetricDataResults"][0]
    again = (await _data(aws, query, minutes=30 * 1440))["MetricDataResults"][0]
    assert len(month["Values"]) in (720, 721)
    assert (month["Timestamps"], month["Values"]) == (again["Timestamps"], again["Values"])
    assert all(math.isfinite(value) and 0 < value < 100 for value in month["Values"])


@row(
    "cloudwatch.DescribeAlarms cloudwatch.DescribeAlarmsForMetric",
    "CloudWatch API reference, DescribeAlarms: prefix and StateValue both apply",
)
async def alarms_are_filtered_by_prefix_and_state_together(aws: Aws) -> None:
    async with aws("cloudwatch") as cloudwatch:
        own = (await cloudwatch.describe_alarms(AlarmNamePrefix="clickit-prod-"))["MetricAlarms"]
        firing = (await cloudwatch.describe_alarms(AlarmNamePrefix="clickit-prod-", StateValue="ALARM"))["MetricAlarms"]
        alarm = own[0]
        same = await cloudwatch.describe_alarms_for_metric(
            MetricName=alarm["MetricName"], Namespace=alarm["Namespace"], Dimensions=alarm["Dimensions"]
        )
    assert own
    assert firing == []
    assert alarm["AlarmName"] in {each["AlarmName"] for each in same["MetricAlarms"]}
    assert all(each["StateReason"] and each["StateTransitionedTimestamp"] for each in own)


@row("cloudwatch.DescribeAlarms", "CloudWatch API reference, DescribeAlarms: MaxRecords and NextToken")
async def alarms_come_in_pages(aws: Aws) -> None:
    found = await aws.pages("cloudwatch", "describe_alarms", "MetricAlarms", ("NextToken", "NextToken"), MaxRecords=2)
    names = [each["AlarmName"] for each in found]
    assert len(set(names)) == len(names) > 4


# Logs


@row("logs.DescribeLogGroups", "CloudWatch Logs API reference, DescribeLogGroups: prefix; retentionInDays absent means never expires")
async def log_groups_by_prefix(aws: Aws) -> None:
    found = (await aws.ask("logs", "describe_log_groups", logGroupNamePrefix="/ecs/clickit-dev"))["logGroups"]
    assert [each["logGroupName"] for each in found] == [f"/ecs/clickit-dev-{part}" for part in ("api", "frontend", "migration")]
    assert all(each["retentionInDays"] > 0 for each in found)


@row("logs.DescribeLogStreams logs.GetLogEvents", "CloudWatch Logs API reference, GetLogEvents: at the end the token sent comes back")
async def a_stream_ends_with_the_token_that_was_sent(aws: Aws) -> None:
    async with aws("logs") as logs:
        streams = (await logs.describe_log_streams(**LOG, orderBy="LastEventTime", descending=True))["logStreams"]
        given = LOG | {"logStreamName": streams[0]["logStreamName"], "startFromHead": True}
        page = await logs.get_log_events(**given)
        token = page["nextForwardToken"]
        for _ in range(5):
            page = await logs.get_log_events(**given, nextToken=token)
            if page["nextForwardToken"] == token:
                break
            token = page["nextForwardToken"]
    assert (page["nextForwardToken"], page["events"]) == (token, [])


@row("logs.FilterLogEvents", "CloudWatch Logs API reference, FilterLogEvents: limit, nextToken, no event twice, in order of time")
async def events_come_in_pages_in_order(aws: Aws) -> None:
    start = int((aws.now - 120) * 1000)
    found = await aws.pages("logs", "filter_log_events", "events", ECS_TOKENS, **LOG, startTime=start, limit=50)
    assert len({each["eventId"] for each in found}) == len(found) > 100
    times = [each["timestamp"] for each in found]
    assert times == sorted(times)
    assert times[0] >= start


@row(
    "logs.FilterLogEvents",
    "CloudWatch Logs API reference, FilteredLogEvent: ingestionTime is when the event was ingested, after its timestamp",
)
async def events_are_ingested_later_than_they_happen(aws: Aws) -> None:
    found = await aws.ask("logs", "filter_log_events", **LOG, limit=500)
    late = [each["ingestionTime"] - each["timestamp"] for each in found["events"]]
    assert min(late) >= 0
    assert max(late) > 0
    assert max(each["ingestionTime"] for each in found["events"]) <= aws.now * 1000


@row("logs.FilterLogEvents", "CloudWatch Logs API reference, FilterLogEvents: logStreamNamePrefix, logStreamNames, logGroupIdentifier")
async def streams_are_chosen_by_name_prefix_and_arn(aws: Aws) -> None:
    async with aws("logs") as logs:
        name = (await logs.describe_log_streams(**LOG))["logStreams"][0]["logStreamName"]
        arn = (await logs.describe_log_groups(logGroupNamePrefix=LOG["logGroupName"]))["logGroups"][0]["logGroupArn"]
        own = await logs.filter_log_events(**LOG, logStreamNames=[name], limit=20)
        prefixed = await logs.filter_log_events(logGroupIdentifier=arn, logStreamNamePrefix=name, limit=20)
    assert {each["logStreamName"] for each in own["events"]} == {name}
    assert own["events"] == prefixed["events"]
    both = LOG | {"logStreamNames": [name], "logStreamNamePrefix": "api"}
    assert await aws.refused("logs", "filter_log_events", **both) == "InvalidParameterException"


PATTERNS = {
    "POST": lambda text: "POST" in text,
    "POST 201": lambda text: "POST" in text and "201" in text,
    "?POST ?PUT": lambda text: "POST" in text or "PUT" in text,
    "INFO -POST": lambda text: "INFO" in text and "POST" not in text,
    '"request_id"': lambda text: "request_id" in text,
    "post": lambda text: "post" in text,
    '{ $.status = 201 && $.method = "POST" }': lambda text: '"status": 201' in text and '"method": "POST"' in text,
    "{ $.ms >= 100 }": lambda text: '"ms": ' in text and json.loads(text)["ms"] >= 100,
}


@row("logs.FilterLogEvents", "CloudWatch Logs user guide, Filter and Pattern Syntax: terms, ?OR, -exclusion, quotes, JSON selectors, case")
async def patterns_choose_events(aws: Aws) -> None:
    given = LOG | {"startTime": int((aws.now - 300) * 1000), "endTime": int((aws.now - 60) * 1000)}
    every = await aws.pages("logs", "filter_log_events", "events", ECS_TOKENS, **given)
    for pattern, fits in PATTERNS.items():
        found = await aws.pages("logs", "filter_log_events", "events", ECS_TOKENS, **given, filterPattern=pattern)
        wanted = [each["eventId"] for each in every if fits(each["message"])]
        assert [each["eventId"] for each in found] == wanted, pattern
        assert len(wanted) < len(every) or pattern == '"request_id"'


@row("logs.FilterLogEvents", "botocore model of logs: InvalidParameterException, ResourceNotFoundException are its errors")
async def bad_patterns_and_groups_are_errors(aws: Aws) -> None:
    assert await aws.refused("logs", "filter_log_events", **LOG, filterPattern="{ $.status = }") == "InvalidParameterException"
    assert await aws.refused("logs", "filter_log_events", logGroupName="/none") == "ResourceNotFoundException"
    assert await aws.refused("logs", "filter_log_events", **LOG, nextToken="f/none") == "InvalidParameterException"


@pytest.mark.parametrize("line", MATRIX.rows, ids=lambda line: line.id)
async def test_reads_as_aws_does(line: Row, still: Aws) -> None:
    await line.proof(still)
