"""GetMetricData and its kin, against the API reference and user guide of CloudWatch."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clickit_tui.demo.errors import AwsError
from clickit_tui.demo.metricseries import Point, Series, percentile, samples
from clickit_tui.demo.metricstore import MetricStore

NOW = 1_795_000_020.0 // 60 * 60 + 20  # 20 s into a minute
THIS = NOW - 20
NS, DIMS = "AWS/ECS", {"ClusterName": "c", "ServiceName": "s"}
LISTED = [{"Name": name, "Value": value} for name, value in DIMS.items()]


def query(id: str = "a", stat: str = "Average", period: int = 60, **metric: Any) -> dict[str, Any]:
    return {
        "Id": id,
        "MetricStat": {"Metric": {"Namespace": NS, "MetricName": "CPU", "Dimensions": LISTED} | metric, "Period": period, "Stat": stat},
    }


def ask(store: MetricStore, *queries: dict[str, Any], since: float = 600, until: float = 0, **params: Any) -> dict[str, Any]:
    """GetMetricData of [this minute - since, this minute - until), oldest first."""
    given = {"MetricDataQueries": list(queries), "StartTime": THIS - since, "EndTime": THIS - until, "ScanBy": "TimestampAscending"}
    return store.get_metric_data(given | params, NOW)


def values(answer: dict[str, Any], index: int = 0) -> list[float]:
    found: list[float] = answer["MetricDataResults"][index]["Values"]
    return found


def minutes_ago(answer: dict[str, Any], index: int = 0) -> list[float]:
    return [(THIS - at) / 60 for at in answer["MetricDataResults"][index]["Timestamps"]]


def ramp(minutes: int = 10, **options: Any) -> MetricStore:
    """CPU is 0, 1, 2, ...; the newest minute is the last one that is over."""
    store = MetricStore(**options)
    for minute in range(minutes):
        store.put(NS, "CPU", DIMS, THIS - 60 * (minutes - minute), float(minute), unit="Percent")
    return store


def fault(call: Any, params: dict[str, Any]) -> tuple[str, str]:
    with pytest.raises(AwsError) as error:
        call(params, NOW)
    assert error.value.status == 400
    return error.value.code, error.value.message


def test_start_is_inclusive_and_end_exclusive() -> None:
    answer = ask(ramp(), query(), since=180, until=60)
    assert (minutes_ago(answer), values(answer)) == ([3, 2], [7, 8])


def test_newest_comes_first_by_default() -> None:
    answer = ask(ramp(), query(), since=180, ScanBy=None)
    assert minutes_ago(answer) == [1, 2, 3]


def test_start_is_rounded_down_to_the_minute() -> None:
    answer = ask(ramp(), query(), StartTime=THIS - 180 + 59)
    assert minutes_ago(answer) == [3, 2, 1]


@pytest.mark.parametrize("at", [datetime.fromtimestamp(THIS - 120, UTC), datetime.fromtimestamp(THIS - 120, UTC).isoformat(), THIS - 120])
def test_times_may_be_numbers_datetimes_or_text(at: object) -> None:
    assert minutes_ago(ask(ramp(), query(), StartTime=at)) == [2, 1]


def test_periods_are_aligned_to_the_period() -> None:
    store = ramp(60)
    answer = ask(store, query(period=300, stat="Sum"), since=1800)
    assert all(at % 300 == 0 for at in answer["MetricDataResults"][0]["Timestamps"])
    per_minute = dict(
        zip(*[ask(store, query(stat="Sum"), since=1800)["MetricDataResults"][0][each] for each in ("Timestamps", "Values")], strict=True)
    )
    for at, value in zip(answer["MetricDataResults"][0]["Timestamps"], values(answer), strict=True):
        assert value == sum(per_minute.get(at + 60 * minute, 0) for minute in range(5))


@pytest.mark.parametrize(
    ("stat", "expected"),
    [
        ("Average", 50.5),
        ("Sum", 5050),
        ("Minimum", 1),
        ("Maximum", 100),
        ("SampleCount", 100),
        ("p50", 50),
        ("p95", 95),
        ("p99.5", 100),
        ("p0", 1),
        ("p100", 100),
        ("tm90", 45.5),
        ("TM(10%:90%)", 50),
        ("TM(:10)", 5.5),
        ("IQM", 50),
        ("PR(:25)", 25),
        ("TC(91:100)", 10),
        ("TS(99:100)", 199),
        ("WM(:50)", 37.75),
    ],
)
def test_statistics_of_a_distribution(stat: str, expected: float) -> None:
    store = MetricStore()
    store.put_samples(NS, "CPU", DIMS, THIS - 60, [float(value) for value in range(100, 0, -1)])
    assert values(ask(store, query(stat=stat))) == [pytest.approx(expected)]


def test_percentiles_over_a_longer_period_weigh_each_sample() -> None:
    store = MetricStore()
    start = THIS // 300 * 300 - 300
    store.put_samples(NS, "CPU", DIMS, start, [1.0] * 900)
    store.put_samples(NS, "CPU", DIMS, start + 60, [5.0] * 100)
    answer = ask(store, query("a", "p90", 300), query("b", "p91", 300), since=900)
    assert (values(answer, 0), values(answer, 1)) == ([1.0], [5.0])


def test_sums_have_no_percentiles_unless_all_samples_are_one_value() -> None:
    store = MetricStore()
    store.put_sum(NS, "CPU", DIMS, THIS - 60, 120, 3)
    store.add(NS, "CPU", DIMS, THIS - 120, Point(3, 120, 10, 90))
    answer = ask(store, query("a", "Sum"), query("b", "p95"), query("c", "SampleCount"))
    assert [values(answer, index) for index in range(3)] == [[120, 120], [40], [3, 3]]


def test_what_is_published_for_one_minute_is_merged() -> None:
    store = MetricStore()
    store.put_samples(NS, "CPU", DIMS, THIS - 60, [1.0, 2.0])
    store.put(NS, "CPU", DIMS, THIS - 30, 9.0)
    answer = ask(store, query("a", "SampleCount"), query("b", "Maximum"), query("c", "p50"))
    assert [values(answer, index) for index in range(3)] == [[3], [9], [2]]


@settings(deadline=None, derandomize=True, max_examples=60)
@given(given=st.lists(st.floats(0, 1000), min_size=1, max_size=2_000), percent=st.integers(1, 100))
def test_thinned_samples_keep_their_percentiles(given: list[float], percent: int) -> None:
    kept = samples(given)
    ordered = sorted(given)
    near = [ordered[max(0, math.ceil(len(ordered) * share / 100) - 1)] for share in (max(0, percent - 1), min(100, percent + 1))]
    assert near[0] <= percentile([(value, 1.0) for value in kept.values], percent) <= near[1]
    assert (kept.sample_count, kept.low, kept.high, kept.total) == (len(given), min(given), max(given), pytest.approx(sum(given)))


@pytest.mark.parametrize(
    "metric",
    [
        {"Namespace": "AWS/RDS"},
        {"MetricName": "Memory"},
        {"Dimensions": LISTED[:1]},
        {"Dimensions": [*LISTED, {"Name": "x", "Value": "y"}]},
        {"Dimensions": [LISTED[0], {"Name": "ServiceName", "Value": "other"}]},
        {"Dimensions": []},
    ],
)
def test_another_metric_is_complete_and_empty(metric: dict[str, Any]) -> None:
    result = ask(ramp(), query(**metric))["MetricDataResults"][0]
    assert (result["StatusCode"], result["Values"], result["Timestamps"]) == ("Complete", [], [])


def test_order_of_dimensions_does_not_matter_and_a_wrong_unit_has_no_data() -> None:
    store = ramp()
    turned = query(Dimensions=LISTED[::-1])
    assert len(values(ask(store, turned))) == 10
    turned["MetricStat"]["Unit"] = "Bytes"
    assert values(ask(store, turned)) == []
    turned["MetricStat"]["Unit"] = "Percent"
    assert len(values(ask(store, turned))) == 10


def test_minutes_without_data_are_left_out() -> None:
    store = MetricStore()
    for minute in (9, 4, 1):
        store.put(NS, "CPU", DIMS, THIS - 60 * minute, 0.0)
    assert minutes_ago(ask(store, query())) == [9, 4, 1]


def test_minutes_may_come_in_any_order() -> None:
    store = MetricStore()
    for minute in (3, 9, 1, 5):
        store.put(NS, "CPU", DIMS, THIS - 60 * minute, float(minute))
    assert values(ask(store, query())) == [9, 5, 3, 1]


@pytest.mark.parametrize(
    ("period", "age_days", "seen"),
    [
        (60, 14, True),
        (60, 16, False),
        (300, 16, True),
        (300, 62, True),
        (300, 64, False),
        (3600, 64, True),
        (3600, 454, True),
        (3600, 456, False),
    ],
)
def test_retention_depends_on_the_period(period: int, age_days: int, seen: bool) -> None:
    store = MetricStore()
    store.put(NS, "CPU", DIMS, THIS - age_days * 86_400, 1.0)
    answer = ask(store, query(period=period), since=age_days * 86_400 + 7_200, until=age_days * 86_400 - 7_200)
    assert bool(values(answer)) is seen


def test_older_minutes_are_computed_and_younger_ones_are_not() -> None:
    store = MetricStore(compute=lambda namespace, name, dims, minute: float(minute % 7) if name == "CPU" and dims == DIMS else None)
    store.put(NS, "CPU", DIMS, THIS - 60 * 110, 99.0)
    answer = ask(store, query(), since=60 * 125)
    ago = minutes_ago(answer)
    assert ago == [125, 124, 123, 122, 121, 110]
    assert values(answer)[:5] == [(THIS / 60 - each) % 7 for each in ago[:5]]
    assert values(ask(store, query(Dimensions=[]), since=60 * 125)) == []


def test_what_is_held_is_not_computed() -> None:
    store = ramp(300, compute=lambda *_: 1e9)
    assert max(values(ask(store, query(), since=60 * 300))) == 299


def test_a_month_is_computed_by_the_hour() -> None:
    calls = []

    def compute(namespace: str, name: str, dims: object, minute: int) -> Point:
        calls.append(minute)
        return Point(2, 20, 10, 10)

    store = MetricStore(compute=compute)
    store.declare(NS, "CPU", DIMS)
    answer = ask(store, query("a", "Sum", 3600), query("b", "Average", 3600), since=30 * 86_400)
    assert len(values(answer)) in (718, 719, 720)
    assert set(values(answer)[:-3]) == {1200}
    assert set(values(answer, 1)) == {10}
    assert len(calls) <= 2 * 720 * 7


def test_what_is_kept_is_bounded() -> None:
    store = ramp(1_000, keep_minutes=100)
    assert 100 <= len(values(ask(store, query(), since=60_000))) <= 125
    assert values(ask(store, query(), since=120)) == [998, 999]
    store.put(NS, "CPU", DIMS, THIS - 86_400, 5.0)
    assert 5.0 not in values(ask(store, query(), since=90_000))


def test_forgetting_keeps_samples_and_the_newest_minute() -> None:
    series = Series()
    for minute in range(10):
        series.add(minute, samples([1.0, 2.0]))
    series.forget(100)
    assert (series.first, series.end, sorted(series.samples)) == (9, 10, [9])


@settings(deadline=None, derandomize=True, max_examples=80)
@given(
    held=st.lists(st.sets(st.integers(1, 20)), min_size=1, max_size=4),
    most=st.integers(1, 12),
    scan=st.sampled_from(["TimestampAscending", "TimestampDescending"]),
)
def test_paging_never_loses_or_repeats_a_datapoint(held: list[set[int]], most: int, scan: str) -> None:
    store = MetricStore()
    for index, minutes in enumerate(held):
        for minute in minutes:
            store.put(NS, f"m{index}", DIMS, THIS - 60 * minute, float(minute))
    queries = [query(f"q{index}", MetricName=f"m{index}") for index in range(len(held))]
    found: dict[str, list[float]] = {each["Id"]: [] for each in queries}
    token, turns = None, 0
    while True:
        answer = ask(store, *queries, since=1200, ScanBy=scan, MaxDatapoints=most, **({"NextToken": token} if token else {}))
        assert sum(len(each["Values"]) for each in answer["MetricDataResults"]) <= most
        for each in answer["MetricDataResults"]:
            found[each["Id"]] += each["Values"]
        token, turns = answer.get("NextToken"), turns + 1
        assert any(each["StatusCode"] == "PartialData" for each in answer["MetricDataResults"]) is bool(token)
        if not token:
            break
    assert found == {f"q{index}": sorted(map(float, minutes), reverse=scan == "TimestampAscending") for index, minutes in enumerate(held)}
    assert turns == max(1, math.ceil(sum(map(len, held)) / most))


def test_a_token_belongs_to_its_request() -> None:
    store = ramp()
    token = ask(store, query(), MaxDatapoints=3)["NextToken"]
    request = {"MetricDataQueries": [query("b")], "StartTime": THIS - 600, "EndTime": THIS, "NextToken": token}
    assert fault(store.get_metric_data, request)[0] == "InvalidNextToken"
    assert fault(store.get_metric_data, request | {"NextToken": "x"})[0] == "InvalidNextToken"


@pytest.mark.parametrize(
    ("queries", "extra", "words"),
    [
        ([query("Big")], {}, "expected pattern"),
        ([query("1a")], {}, "expected pattern"),
        ([query("a-b")], {}, "expected pattern"),
        ([query(), query()], {}, "not unique"),
        ([query(f"q{index}") for index in range(501)], {}, "greater than 500"),
        ([], {}, "required"),
        ([query(period=90)], {}, "Period"),
        ([query(period=0)], {}, "Period"),
        ([query(stat="Median")], {}, "not supported"),
        ([query(stat="p101")], {}, "not supported"),
        ([query() | {"Expression": "a"}], {}, "Exactly one"),
        ([{"Id": "a"}], {}, "Exactly one"),
        ([query() | {"ReturnData": False}], {}, "ReturnData"),
        ([query()], {"EndTime": THIS - 600}, "less than"),
        ([query()], {"MaxDatapoints": 100_801}, "MaxDatapoints"),
    ],
)
def test_refused(queries: list[dict[str, Any]], extra: dict[str, Any], words: str) -> None:
    params = {"MetricDataQueries": queries, "StartTime": THIS - 600, "EndTime": THIS} | extra
    code, message = fault(ramp().get_metric_data, params)
    assert code == "ValidationError"
    assert words in message


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("a * 2", [0, 2, 4, 6]),
        ("-a + 10", [10, 9, 8, 7]),
        ("a + b", [11, 23]),
        ("100 * a / (a + b)", [pytest.approx(100 / 11), pytest.approx(300 / 23)]),
        ("b / a", [10, pytest.approx(20 / 3)]),
        ("a / a", [1, 1, 1]),
        ("a ^ 2", [0, 1, 4, 9]),
        ("a > 1", [0, 0, 1, 1]),
        ("a > 0 AND a < 3", [0, 1, 1, 0]),
        ("a == 0 || a == 3", [1, 0, 0, 1]),
        ("FILL(b, 0)", [0, 10, 0, 20]),
        ("FILL(b, REPEAT)", [10, 10, 20]),
        ("FILL(b, LINEAR)", [10, 15, 20]),
        ("SUM([a, b])", [0, 11, 2, 23]),
        ("SUM(METRICS())", [0, 11, 2, 23]),
        ("MAX(METRICS())", [0, 10, 2, 20]),
        ("SUM(METRICS('b'))", [10, 20]),
        ("a / SUM(a)", [0, pytest.approx(1 / 6), pytest.approx(1 / 3), 0.5]),
        ("IF(a > 1, a, 0)", [0, 0, 2, 3]),
        ("IF(a > 1, b)", [20]),
        ("ABS(a - 2)", [2, 1, 0, 1]),
        ("DIFF(a)", [1, 1, 1]),
        ("RATE(a)", [pytest.approx(1 / 60)] * 3),
        ("RUNNING_SUM(a)", [0, 1, 3, 6]),
        ("a / PERIOD(a)", [0, pytest.approx(1 / 60), pytest.approx(1 / 30), 0.05]),
        ("TIME_SERIES(7)", [7, 7, 7, 7]),
        ("other + 1", [1, 3, 5, 7]),
    ],
)
def test_metric_math(expression: str, expected: list[float]) -> None:
    store = ramp(4)
    for minute, value in ((3, 10.0), (1, 20.0)):
        store.put(NS, "B", DIMS, THIS - 60 * minute, value)
    hidden = [query("a") | {"ReturnData": False}, query("b", MetricName="B") | {"ReturnData": False}]
    asked = [*hidden, {"Id": "e", "Expression": expression}, {"Id": "other", "Expression": "a * 2", "ReturnData": False}]
    answer = ask(store, *asked)
    assert [each["Id"] for each in answer["MetricDataResults"]] == ["e"]
    assert values(answer) == expected


@pytest.mark.parametrize(
    "expression",
    ["nope + 1", "e", "a +", "SEARCH('x', 'Sum', 60)", "SUM(a)", "5", "IF(a)", "a.b", "__import__('os')", "a + 'x'", "FILL(a)"],
)
def test_bad_expressions(expression: str) -> None:
    params = {"MetricDataQueries": [query("a"), {"Id": "e", "Expression": expression}], "StartTime": THIS - 600, "EndTime": THIS}
    assert fault(ramp().get_metric_data, params)[0] == "ValidationError"


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        (None, "CPU"),
        ("cpu", "cpu"),
        ("${LABEL} ${MAX}/${MIN}/${LAST}", "CPU 9/0/9"),
        ("${PROP('Dim.ServiceName')} ${PROP('Stat')}", "s Average"),
    ],
)
def test_labels(label: str | None, expected: str) -> None:
    asked = query() | ({"Label": label} if label else {})
    assert ask(ramp(), asked)["MetricDataResults"][0]["Label"] == expected


def test_get_metric_statistics() -> None:
    params = {"Namespace": NS, "MetricName": "CPU", "Dimensions": LISTED, "StartTime": THIS - 240, "EndTime": THIS, "Period": 120}
    answer = ramp().get_metric_statistics(params | {"Statistics": ["Maximum", "SampleCount"], "ExtendedStatistics": ["p50"]}, NOW)
    assert answer["Label"] == "CPU"
    expected = {"Unit": "Percent", "Maximum": 9, "SampleCount": 2, "ExtendedStatistics": {"p50": 8}, "Timestamp": THIS - 120}
    assert max(answer["Datapoints"], key=lambda each: each["Timestamp"]) == expected


@pytest.mark.parametrize(
    ("extra", "code"),
    [
        ({}, "InvalidParameterCombination"),
        ({"Statistics": ["Sum"], "Period": 61}, "InvalidParameterValue"),
        ({"Statistics": ["Sum"], "EndTime": THIS - 9e9}, "InvalidParameterCombination"),
        ({"Statistics": ["Sum"], "StartTime": THIS - 86_400 * 10}, "InvalidParameterCombination"),
    ],
)
def test_get_metric_statistics_refuses(extra: dict[str, Any], code: str) -> None:
    params = {"Namespace": NS, "MetricName": "CPU", "StartTime": THIS - 240, "EndTime": THIS, "Period": 60} | extra
    assert fault(ramp().get_metric_statistics, params)[0] == code


def test_list_metrics() -> None:
    store = ramp()
    for index in range(700):
        store.put("Many", f"m{index:03}", {"Id": "x"}, THIS - 60, 1.0)
    store.put("Old", "m", {}, THIS - 15 * 86_400, 1.0)
    store.put("Rare", "m", {}, THIS - 86_400, 1.0)
    assert store.list_metrics({"Namespace": NS}, NOW)["Metrics"] == [{"Namespace": NS, "MetricName": "CPU", "Dimensions": LISTED}]
    first = store.list_metrics({"Namespace": "Many"}, NOW)
    rest = store.list_metrics({"Namespace": "Many", "NextToken": first["NextToken"]}, NOW)
    assert (len(first["Metrics"]), len(rest["Metrics"]), "NextToken" in rest) == (500, 200, False)
    assert store.list_metrics({"Namespace": "Old"}, NOW)["Metrics"] == []
    assert len(store.list_metrics({"Namespace": "Rare"}, NOW)["Metrics"]) == 1
    assert store.list_metrics({"Namespace": "Rare", "RecentlyActive": "PT3H"}, NOW)["Metrics"] == []
    by_dimension = [
        {"Dimensions": [{"Name": "ServiceName"}]},
        {"Dimensions": [LISTED[1]]},
        {"Dimensions": [{"Name": "ServiceName", "Value": "no"}]},
    ]
    assert [len(store.list_metrics(each, NOW)["Metrics"]) for each in by_dimension] == [1, 1, 0]


def test_put_metric_data() -> None:
    store = MetricStore()
    data = [
        {"MetricName": "CPU", "Dimensions": LISTED, "Value": 4.0, "Timestamp": THIS - 120},
        {"MetricName": "CPU", "Dimensions": LISTED, "Values": [1.0, 5.0], "Counts": [3.0, 1.0], "Timestamp": THIS - 60},
        {
            "MetricName": "CPU",
            "Dimensions": LISTED,
            "StatisticValues": {"SampleCount": 2, "Sum": 6, "Minimum": 1, "Maximum": 5},
            "Timestamp": THIS - 180,
        },
    ]
    store.put_metric_data({"Namespace": NS, "MetricData": data}, NOW)
    assert values(ask(store, query(stat="Sum"))) == [6, 4, 8]
    store.remove(NS, "CPU", DIMS)
    assert values(ask(store, query(stat="Sum"))) == []
