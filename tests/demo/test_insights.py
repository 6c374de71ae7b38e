"""Logs Insights, against "CloudWatch Logs Insights query syntax" of the user guide and the API reference."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clickit_tui.demo.errors import AwsError
from clickit_tui.demo.insights import Insights
from clickit_tui.demo.logstore import LogStore

NOW = 1_795_000_200.0  # a multiple of five minutes
GROUP = "/ecs/clickit-dev-api"


def logs() -> LogStore:
    """Ten JSON lines a minute apart, the newest half a minute old, and one plain line."""
    store = LogStore()
    for index in range(10):
        line = {
            "level": "ERROR" if index % 3 == 0 else "INFO",
            "status": 200 + index * 50,
            "took_ms": index * 1.5,
            "req": {"path": f"/p{index % 2}", "tags": ["t"]},
        }
        store.put(GROUP, f"s{index % 2}", int(NOW * 1000) - 30_000 - 60_000 * (9 - index), json.dumps(line))
    store.put(GROUP, "plain", int(NOW * 1000) - 10_000, 'GET /health "200" took 12ms')
    return store


def ask(query: str, store: LogStore | None = None, **params: Any) -> dict[str, Any]:
    insights = Insights(store or logs())
    request = {"logGroupName": GROUP, "startTime": int(NOW) - 3600, "endTime": int(NOW), "queryString": query} | params
    query_id = insights.start_query(request, NOW)["queryId"]
    return insights.get_query_results({"queryId": query_id}, NOW + 60)


def rows(query: str, **params: Any) -> list[dict[str, str]]:
    """The results without @ptr, each as a dict."""
    return [{each["field"]: each["value"] for each in row if each["field"] != "@ptr"} for row in ask(query, **params)["results"]]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("filter level = 'ERROR'", 4),
        ('filter level = "ERROR"', 4),
        ("filter level == 'error'", 0),
        ("filter level != 'ERROR'", 7),
        ("filter ispresent(level) and level != 'ERROR'", 6),
        ("filter status >= 500", 4),
        ("filter status > 500 and level = 'ERROR'", 1),
        ("filter status < 300 or status = 650", 3),
        ("filter not level = 'INFO'", 5),
        ("filter (status < 300 or status = 650) and level = 'ERROR'", 2),
        ("filter @message like 'ERROR'", 4),
        ("filter @message like /(?i)error/", 4),
        ("filter @message like /GET|ERROR/", 5),
        ("filter @message =~ /error/i", 4),
        ("filter @message not like /ERROR/", 7),
        ("filter level in ['ERROR', 'FATAL']", 4),
        ("filter level not in ['ERROR']", 7),
        ("filter req.path = '/p1'", 5),
        ("filter req.tags.0 = 't'", 10),
        ("filter @logStream = 'plain'", 1),
        ("filter took_ms * 2 = 27", 1),
        ("filter strcontains(tolower(level), 'err')", 4),
        ("filter level = 'ERROR' | filter status >= 500", 2),
        ("# a comment\nfields @timestamp\n| filter level = 'ERROR'\n| limit 2", 2),
        ("fields @message | limit 3", 3),
        ("dedup level", 3),
        ("", 11),
    ],
)
def test_which_records(query: str, count: int) -> None:
    assert len(ask(query)["results"]) == count


def test_fields_times_and_pointer() -> None:
    newest = ask("fields @timestamp, @message, level, missing | filter level like 'E'")["results"][0]
    assert [each["field"] for each in newest] == ["@timestamp", "@message", "level", "@ptr"]
    assert newest[0]["value"] == "2026-11-18 11:09:30.000"
    assert newest[-1]["value"]


def test_newest_first_unless_sorted() -> None:
    statuses = [row["status"] for row in rows("fields status | filter ispresent(status)")]
    assert statuses == [str(200 + 50 * index) for index in range(9, -1, -1)]
    assert [row["status"] for row in rows("fields status | filter ispresent(status) | sort @timestamp asc | limit 2")] == ["200", "250"]
    assert [row["status"] for row in rows("fields status | sort level asc, status desc | filter ispresent(level) | limit 2")] == [
        "650",
        "500",
    ]
    assert [row["took_ms"] for row in rows("fields took_ms | sort took_ms desc | limit 3")] == ["13.5", "12", "10.5"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("stats count(*)", [{"count(*)": "11"}]),
        ("stats count() as n", [{"n": "11"}]),
        ("stats count(level) as n", [{"n": "10"}]),
        ("filter level = 'none' | stats count(*) as n", [{"n": "0"}]),
        ("stats count(*) as n by level | sort n desc", [{"level": "INFO", "n": "6"}, {"level": "ERROR", "n": "4"}, {"n": "1"}]),
        (
            "stats min(status), max(status), sum(took_ms), avg(took_ms)",
            [{"min(status)": "200", "max(status)": "650", "sum(took_ms)": "67.5", "avg(took_ms)": "6.75"}],
        ),
        ("stats pct(status, 50) as p50, pct(status, 90) as p90", [{"p50": "400", "p90": "600"}]),
        ("stats count_distinct(level) as n", [{"n": "2"}]),
        ("stats sum(took_ms) / count(took_ms) as mean", [{"mean": "6.75"}]),
        ("stats earliest(status) as a, latest(status) as z", [{"a": "200", "z": "650"}]),
        ("filter status > 0 | stats count(*) as n by bin(5m) | sort bin(5m) asc", [{"n": "5"}, {"n": "5"}]),
        ("stats count(*) as n by level | filter n > 4", [{"level": "INFO", "n": "6"}]),
        (
            "filter level = 'ERROR' | stats count(*) by req.path | sort req.path asc",
            [{"req.path": "/p0", "count(*)": "2"}, {"req.path": "/p1", "count(*)": "2"}],
        ),
    ],
)
def test_stats(query: str, expected: list[dict[str, str]]) -> None:
    assert [{name: value for name, value in row.items() if not name.startswith("bin")} for row in rows(query)] == expected


def test_bins_begin_at_multiples_of_their_width() -> None:
    found = rows("filter status > 0 | stats count(*) as n by bin(5m) as t | sort t asc")
    assert [row["t"] for row in found] == ["2026-11-18 11:00:00.000", "2026-11-18 11:05:00.000"]
    assert [row["n"] for row in found] == ["5", "5"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (
            "parse @message '* /* \"*\" took *ms' as verb, path, code, ms | filter verb = 'GET' | display verb, path, code, ms",
            [{"verb": "GET", "path": "health", "code": "200", "ms": "12"}],
        ),
        ("parse @message /took (?<ms>\\d+)ms/ | filter ispresent(ms) | stats max(ms) as ms", [{"ms": "12"}]),
        ("fields toupper(level) as big, status + 1 as next | filter status = 650 | display big, next", [{"big": "ERROR", "next": "651"}]),
        ("fields concat(level, '-', status) as both | filter status = 650", [{"both": "ERROR-650"}]),
        ("fields strlen(level) as n | filter status = 650", [{"n": "5"}]),
        ("fields coalesce(nope, level) as c | filter status = 650", [{"c": "ERROR"}]),
        ("fields status / 0 as x, `level` | filter status = 650", [{"level": "ERROR"}]),
    ],
)
def test_parse_and_functions(query: str, expected: list[dict[str, str]]) -> None:
    assert rows(query) == expected


@pytest.mark.parametrize(
    "query",
    [
        "nonsense",
        "filter",
        "filter level =",
        "fields @message |",
        "stats frobnicate(x)",
        "limit x",
        "filter @message like /(/",
        "stats count(*) by",
        "parse @message '*' as",
        "parse @message '* *' as a",
        "sort",
        "filter (a = 1",
        "stats count(*) by bin(x)",
    ],
)
def test_malformed(query: str) -> None:
    with pytest.raises(AwsError) as error:
        ask(query)
    assert error.value.code == "MalformedQueryException"


def test_statistics() -> None:
    statistics = ask("filter level = 'ERROR' | stats count(*) by req.path")["statistics"]
    whole = sum(len(event.message) for event in logs().groups[GROUP].events)
    assert (statistics["recordsScanned"], statistics["recordsMatched"], statistics["bytesScanned"]) == (11.0, 4.0, float(whole))
    assert (statistics["logGroupsScanned"], statistics["resultCount"]) == (1.0, 2.0)


def test_time_range_is_in_seconds_and_inclusive() -> None:
    assert len(rows("", startTime=int(NOW) - 90, endTime=int(NOW) - 30)) == 2
    assert len(rows("", startTime=int(NOW) - 90, endTime=int(NOW) - 31)) == 1


def start(insights: Insights, now: float = NOW, query: str = "fields @message") -> str:
    query_id: str = insights.start_query(
        {"logGroupNames": [GROUP], "startTime": int(NOW) - 3600, "endTime": int(NOW), "queryString": query}, now
    )["queryId"]
    return query_id


def test_a_query_is_scheduled_runs_and_completes() -> None:
    insights = Insights(logs())
    query_id = start(insights)
    polled = [insights.get_query_results({"queryId": query_id}, NOW + after) for after in (0.1, 0.5, 1.0)]
    assert [each["status"] for each in polled] == ["Scheduled", "Running", "Complete"]
    assert [len(each["results"]) for each in polled] == [0, 0, 11]
    assert insights.describe_queries({}, NOW + 2)["queries"][0]["queryId"] == query_id


def test_a_query_can_be_stopped_only_while_it_runs() -> None:
    insights = Insights(logs())
    query_id, other = start(insights), start(insights)
    assert query_id != other
    assert insights.stop_query({"queryId": query_id}, NOW + 0.5) == {"success": True}
    assert insights.get_query_results({"queryId": query_id}, NOW + 60)["status"] == "Cancelled"
    with pytest.raises(AwsError) as error:
        insights.stop_query({"queryId": other}, NOW + 60)
    assert error.value.code == "InvalidParameterException"


def test_only_so_many_run_at_once() -> None:
    insights = Insights(logs())
    for _ in range(30):
        start(insights)
    with pytest.raises(AwsError) as error:
        start(insights)
    assert error.value.code == "LimitExceededException"
    start(insights, NOW + 5)


def test_results_come_in_pages() -> None:
    insights = Insights(logs())
    query_id = start(insights)
    first = insights.get_query_results({"queryId": query_id, "maxItems": 6}, NOW + 5)
    rest = insights.get_query_results({"queryId": query_id, "maxItems": 6, "nextToken": first["nextToken"]}, NOW + 5)
    assert (len(first["results"]), len(rest["results"]), "nextToken" in rest) == (6, 5, False)


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"logGroupName": "/nope"}, "ResourceNotFoundException"),
        ({"logGroupNames": [GROUP]}, "InvalidParameterException"),
        ({"logGroupName": None}, "InvalidParameterException"),
        ({"endTime": 5}, "MalformedQueryException"),
        ({"limit": 100_001}, "InvalidParameterException"),
    ],
)
def test_refused(params: dict[str, Any], code: str) -> None:
    with pytest.raises(AwsError) as error:
        ask("fields @message", **params)
    assert error.value.code == code


def test_an_unknown_query() -> None:
    for call in (Insights(logs()).get_query_results, Insights(logs()).stop_query):
        with pytest.raises(AwsError) as error:
            call({"queryId": "x"}, NOW)
        assert error.value.code == "ResourceNotFoundException"


def test_late_events_are_found_once_ingested() -> None:
    store = LogStore()
    store.put(GROUP, "s", int(NOW * 1000) - 5_000, "late", int(NOW * 1000) + 3_600_000)
    store.put(GROUP, "s", int(NOW * 1000) - 5_000, "prompt")
    assert [row["@message"] for row in rows("fields @message", store=store)] == ["prompt"]
