"""Alarms, against the user guide of CloudWatch ("Configuring how CloudWatch alarms treat missing data") and the API reference."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from clickit_tui.demo import alarms
from clickit_tui.demo.alarms import AlarmBook, evaluate, judge
from clickit_tui.demo.errors import AwsError
from clickit_tui.demo.metricstore import MetricStore

NOW = datetime(2026, 11, 23, 14, 3, 10, tzinfo=UTC).timestamp()
NS, DIMS = "AWS/ApplicationELB", {"LoadBalancer": "app/x/1"}


def alarm(name: str = "a", **changes: Any) -> dict[str, Any]:
    return {
        "AlarmName": name,
        "Namespace": NS,
        "MetricName": "5XX",
        "Dimensions": [{"Name": "LoadBalancer", "Value": "app/x/1"}],
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 10.0,
        "ComparisonOperator": "GreaterThanThreshold",
    } | changes


def minutes(*values: float | None, name: str = "5XX") -> MetricStore:
    """The last value is that of the newest minute that is over."""
    store = MetricStore()
    for ago, value in enumerate(reversed(values), 1):
        if value is not None:
            store.put(NS, name, DIMS, NOW // 60 * 60 - 60 * ago, value)
    return store


G, X, N = 0.0, 100.0, None
CURRENT = "current"


# The two tables of the user guide: the datapoints, oldest first; then the outcome for missing, ignore, breaching, notBreaching.
@pytest.mark.parametrize(
    ("points", "needed", "expected"),
    [
        ((G, N, X, N, X), 3, ["OK", "OK", "OK", "OK"]),
        ((N, N, N, N, G), 3, ["OK", "OK", "OK", "OK"]),
        ((N, N, N, N, N), 3, ["INSUFFICIENT_DATA", CURRENT, "ALARM", "OK"]),
        ((G, X, X, N, X), 3, ["ALARM", "ALARM", "ALARM", "ALARM"]),
        ((N, N, X, N, N), 3, ["ALARM", CURRENT, "ALARM", "OK"]),
        ((G, N, X, N, X), 2, ["ALARM", "ALARM", "ALARM", "ALARM"]),
        ((G, G, X, G, X), 2, ["ALARM", "ALARM", "ALARM", "ALARM"]),
        ((G, N, X, N, N), 2, ["OK", "OK", "ALARM", "OK"]),
        ((N, N, N, N, G), 2, ["OK", "OK", "ALARM", "OK"]),
        ((N, N, N, X, N), 2, ["ALARM", CURRENT, "ALARM", "OK"]),
        ((N, N, N, N, X), 3, [CURRENT, CURRENT, "ALARM", "OK"]),
    ],
)
@pytest.mark.parametrize("current", ["OK", "ALARM", "INSUFFICIENT_DATA"])
def test_missing_data(points: tuple[float | None, ...], needed: int, expected: list[str], current: str) -> None:
    store = minutes(*points)
    got = [
        evaluate(alarm(EvaluationPeriods=3, DatapointsToAlarm=needed, TreatMissingData=treat, StateValue=current), store, NOW).state
        for treat in ("missing", "ignore", "breaching", "notBreaching")
    ]
    assert got == [current if state == CURRENT else state for state in expected]
    assert evaluate(alarm(EvaluationPeriods=3, DatapointsToAlarm=needed, StateValue=current), store, NOW).state == got[0]


@pytest.mark.parametrize(
    ("comparison", "states"),
    [
        ("GreaterThanThreshold", ["OK", "OK", "ALARM"]),
        ("GreaterThanOrEqualToThreshold", ["OK", "ALARM", "ALARM"]),
        ("LessThanThreshold", ["ALARM", "OK", "OK"]),
        ("LessThanOrEqualToThreshold", ["ALARM", "ALARM", "OK"]),
    ],
)
def test_comparison(comparison: str, states: list[str]) -> None:
    assert [evaluate(alarm(ComparisonOperator=comparison), minutes(value), NOW).state for value in (9.0, 10.0, 11.0)] == states


def test_the_minute_that_runs_is_not_looked_at() -> None:
    store = minutes(1.0)
    store.put(NS, "5XX", DIMS, NOW, 500.0)
    assert evaluate(alarm(), store, NOW).state == "OK"
    assert evaluate(alarm(), store, NOW + 60).state == "ALARM"


def test_longer_periods_slide_by_the_minute() -> None:
    store = minutes(*[None] * 9, 4.0, 4.0, 4.0)
    assert evaluate(alarm(Period=300), store, NOW).state == "ALARM"
    assert evaluate(alarm(Period=300, Threshold=12.0), store, NOW).state == "OK"


def test_percentile_and_metric_math() -> None:
    store = MetricStore()
    store.put_samples(NS, "Time", DIMS, NOW - 60, [0.1] * 94 + [2.0] * 6)
    slow = alarm(MetricName="Time", ExtendedStatistic="p95", Threshold=1.0)
    del slow["Statistic"]
    assert evaluate(slow, store, NOW).state == "ALARM"
    math = alarm(Threshold=50.0)
    metric = {"Namespace": NS, "MetricName": "5XX", "Dimensions": math.pop("Dimensions")}
    for member in ("MetricName", "Namespace", "Period", "Statistic"):
        del math[member]
    stat = {"Metric": metric, "Period": 60, "Stat": "Sum"}
    math["Metrics"] = [{"Id": "m", "MetricStat": stat, "ReturnData": False}, {"Id": "e", "Expression": "m * 2"}]
    assert [evaluate(math, minutes(value), NOW).state for value in (20.0, 30.0)] == ["OK", "ALARM"]


@pytest.mark.parametrize(
    ("changes", "points", "reason"),
    [
        (
            {},
            (34.0,),
            "Threshold Crossed: 1 out of the last 1 datapoints [34.0 (23/11/26 14:02:00)] was greater than the threshold (10.0) "
            "(minimum 1 datapoint for OK -> ALARM transition).",
        ),
        (
            {"EvaluationPeriods": 3, "DatapointsToAlarm": 2, "ComparisonOperator": "GreaterThanOrEqualToThreshold"},
            (20.0, 1.0, 30.0),
            "Threshold Crossed: 2 out of the last 3 datapoints [30.0 (23/11/26 14:02:00), 20.0 (23/11/26 14:00:00)] "
            "were greater than or equal to the threshold (10.0) (minimum 2 datapoints for OK -> ALARM transition).",
        ),
        (
            {},
            (3.0,),
            "Threshold Crossed: 1 out of the last 1 datapoints [3.0 (23/11/26 14:02:00)] was not greater than the threshold (10.0) "
            "(minimum 1 datapoint for ALARM -> OK transition).",
        ),
        ({}, (), "Insufficient Data: 1 datapoint was unknown."),
        ({"EvaluationPeriods": 5}, (), "Insufficient Data: 5 datapoints were unknown."),
        (
            {"TreatMissingData": "notBreaching"},
            (),
            "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching].",
        ),
        (
            {"TreatMissingData": "breaching", "EvaluationPeriods": 3},
            (),
            "Threshold Crossed: no datapoints were received for 3 periods and 3 missing datapoints were treated as [Breaching].",
        ),
    ],
)
def test_reason(changes: dict[str, Any], points: tuple[float, ...], reason: str) -> None:
    assert evaluate(alarm(**changes), minutes(*points), NOW).reason == reason


def test_reason_data() -> None:
    assert evaluate(alarm(), minutes(34.0), NOW).data == {
        "version": "1.0",
        "queryDate": "2026-11-23T14:03:10.000+0000",
        "startDate": "2026-11-23T14:02:00.000+0000",
        "statistic": "Sum",
        "period": 60,
        "recentDatapoints": [34.0],
        "threshold": 10.0,
        "evaluatedDatapoints": [{"timestamp": "2026-11-23T14:02:00.000+0000", "value": 34.0}],
    }


def book(*given: dict[str, Any]) -> AlarmBook:
    made = AlarmBook()
    for each in given:
        made.put_metric_alarm(each, NOW - 600)
    return made


def test_a_life_of_an_alarm() -> None:
    made = book(alarm(AlarmActions=["arn:aws:sns:x"]))
    assert made.alarms["a"]["StateReason"] == "Unchecked: Initial alarm creation"
    assert made.alarms["a"]["StateValue"] == "INSUFFICIENT_DATA"
    assert made.evaluate(minutes(1.0), NOW) == ["a"]
    assert made.evaluate(minutes(2.0), NOW + 1) == []
    assert made.evaluate(minutes(34.0), NOW + 2) == ["a"]
    shown = made.describe_alarms({}, NOW)["MetricAlarms"][0]
    assert (shown["StateValue"], shown["StateTransitionedTimestamp"], shown["StateUpdatedTimestamp"]) == ("ALARM", NOW + 2, NOW + 2)
    assert json.loads(shown["StateReasonData"])["recentDatapoints"] == [34.0]
    items = made.describe_alarm_history({"AlarmName": "a"}, NOW + 3)["AlarmHistoryItems"]
    assert [(item["HistoryItemType"], item["HistorySummary"]) for item in items] == [
        ("Action", "Successfully executed action arn:aws:sns:x"),
        ("StateUpdate", "Alarm updated from OK to ALARM"),
        ("StateUpdate", "Alarm updated from INSUFFICIENT_DATA to OK"),
        ("ConfigurationUpdate", 'Alarm "a" created'),
    ]
    data = json.loads(items[1]["HistoryData"])
    assert (data["oldState"]["stateValue"], data["newState"]["stateValue"]) == ("OK", "ALARM")
    made.put_metric_alarm(alarm(Threshold=99.0), NOW + 5)
    assert (made.alarms["a"]["StateValue"], made.alarms["a"]["Threshold"]) == ("ALARM", 99.0)
    made.delete_alarms({"AlarmNames": ["a"]}, NOW + 6)
    assert made.describe_alarms({}, NOW)["MetricAlarms"] == []


def test_muted_alarms_run_no_action() -> None:
    made = book(alarm(AlarmActions=["arn:aws:sns:x"]))
    made.enable_alarm_actions({"AlarmNames": ["a", "unknown"]}, NOW, enabled=False)
    made.evaluate(minutes(34.0), NOW)
    assert [item["HistoryItemType"] for item in made.history] == ["ConfigurationUpdate", "StateUpdate"]
    assert made.describe_alarms({}, NOW)["MetricAlarms"][0]["ActionsEnabled"] is False


def test_history_filters_and_pages() -> None:
    made = book(alarm("a"), alarm("b"))
    for turn, value in enumerate((1.0, 34.0, 1.0)):
        made.evaluate(minutes(value), NOW + turn)

    def found(**params: Any) -> list[tuple[str, float]]:
        return [(item["AlarmName"], item["Timestamp"] - NOW) for item in made.describe_alarm_history(params, NOW + 10)["AlarmHistoryItems"]]

    assert found(HistoryItemType="StateUpdate", AlarmName="b") == [("b", 2), ("b", 1), ("b", 0)]
    assert found(AlarmName="b", ScanBy="TimestampAscending", StartDate=NOW + 1) == [("b", 1), ("b", 2)]
    assert found(AlarmName="b", EndDate=NOW, HistoryItemType="StateUpdate") == [("b", 0)]
    assert found(AlarmTypes=["CompositeAlarm"]) == []
    first = made.describe_alarm_history({"MaxRecords": 5}, NOW + 10)
    rest = made.describe_alarm_history({"MaxRecords": 5, "NextToken": first["NextToken"]}, NOW + 10)
    assert (len(first["AlarmHistoryItems"]), len(rest["AlarmHistoryItems"]), "NextToken" in rest) == (5, 3, False)


@pytest.mark.parametrize(
    ("params", "names"),
    [
        ({}, ["dev-1", "dev-2", "prod-1"]),
        ({"AlarmTypes": ["MetricAlarm", "CompositeAlarm"]}, ["dev-1", "dev-2", "dev-all", "prod-1"]),
        ({"AlarmTypes": ["CompositeAlarm"]}, ["dev-all"]),
        ({"AlarmNamePrefix": "dev-"}, ["dev-1", "dev-2"]),
        ({"AlarmNamePrefix": "dev-", "StateValue": "ALARM"}, ["dev-2"]),
        ({"StateValue": "ALARM", "AlarmTypes": ["MetricAlarm", "CompositeAlarm"]}, ["dev-2", "dev-all"]),
        ({"AlarmNames": ["prod-1", "nope"]}, ["prod-1"]),
        ({"ActionPrefix": "arn:aws:sns"}, ["prod-1"]),
    ],
)
def test_describe_alarms(params: dict[str, Any], names: list[str]) -> None:
    made = book(alarm("prod-1", OKActions=["arn:aws:sns:x"]), alarm("dev-1"), alarm("dev-2", MetricName="Other"))
    made.put_composite_alarm({"AlarmName": "dev-all", "AlarmRule": "ALARM(dev-1) OR ALARM(dev-2)"}, NOW)
    made.evaluate(minutes(50.0, name="Other"), NOW)
    answer = made.describe_alarms(params, NOW)
    assert sorted(each["AlarmName"] for each in answer["MetricAlarms"] + answer["CompositeAlarms"]) == names


def test_describe_alarms_pages() -> None:
    made = book(*[alarm(f"a{index}") for index in range(7)])
    first = made.describe_alarms({"MaxRecords": 5}, NOW)
    rest = made.describe_alarms({"MaxRecords": 5, "NextToken": first["NextToken"]}, NOW)
    assert [len(each["MetricAlarms"]) for each in (first, rest)] == [5, 2]
    assert "NextToken" not in rest


def test_composite_alarm_names_the_child_that_moved_last() -> None:
    made = book(alarm("a"), alarm("ab", MetricName="Other"))
    made.put_composite_alarm({"AlarmName": "all", "AlarmRule": "ALARM(a) OR ALARM(ab)"}, NOW)
    made.evaluate(minutes(50.0, name="Other"), NOW)
    made.evaluate(minutes(50.0, name="Other"), NOW + 60)
    shown = made.describe_alarms({"AlarmTypes": ["CompositeAlarm"]}, NOW)["CompositeAlarms"][0]
    assert (shown["StateValue"], shown["StateTransitionedTimestamp"]) == ("ALARM", NOW)
    assert shown["StateReason"].endswith(":alarm:ab transitioned to ALARM at Monday 23 November, 2026 14:03:10 UTC")
    made.delete_alarms({"AlarmNames": ["ab"]}, NOW)
    assert made.evaluate(minutes(), NOW + 120) == ["all"]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("ALARM(x)", True),
        ('ALARM("x")', True),
        ("ALARM(arn:aws:cloudwatch:us-east-1:1:alarm:x)", True),
        ("OK(x)", False),
        ("ALARM(x) AND ALARM(y)", False),
        ("ALARM(x) AND NOT ALARM(y)", True),
        ("NOT (ALARM(x) OR ALARM(y))", False),
        ("FALSE AND TRUE OR TRUE", True),
        ("FALSE AND (TRUE OR TRUE)", False),
        ("INSUFFICIENT_DATA('with space')", True),
    ],
)
def test_rule(rule: str, expected: bool) -> None:
    assert judge(rule, {"x": "ALARM", "y": "OK", "with space": "INSUFFICIENT_DATA"}) is expected


@pytest.mark.parametrize("rule", ["", "ALARM(x", "ALARM x", "ALARM(x) ALARM(x)", "(TRUE", "ALARM(nope)", "MAYBE(x)", "TRUE AND"])
def test_bad_rule(rule: str) -> None:
    with pytest.raises(AwsError):
        judge(rule, {"x": "ALARM"})


@pytest.mark.parametrize(
    ("call", "params", "code"),
    [
        ("put_metric_alarm", {"AlarmName": "x"}, "ValidationError"),
        ("put_metric_alarm", alarm(ComparisonOperator="Near"), "ValidationError"),
        ("put_metric_alarm", alarm(DatapointsToAlarm=2), "ValidationError"),
        ("put_metric_alarm", alarm(MetricName=None), "ValidationError"),
        ("put_composite_alarm", {"AlarmName": "x", "AlarmRule": "ALARM(none)"}, "ValidationError"),
        ("set_alarm_state", {"AlarmName": "none", "StateValue": "OK", "StateReason": "r"}, "ResourceNotFound"),
        ("delete_alarms", {"AlarmNames": ["none"]}, "ResourceNotFound"),
        ("describe_alarms", {"MaxRecords": 101}, "ValidationError"),
        ("describe_alarms", {"NextToken": "x"}, "InvalidNextToken"),
        ("describe_alarms", {"AlarmNames": ["a"], "AlarmNamePrefix": "a"}, "ValidationError"),
    ],
)
def test_refused(call: str, params: dict[str, Any], code: str) -> None:
    with pytest.raises(AwsError) as error:
        getattr(AlarmBook(), call)(params, NOW)
    assert error.value.code == code


def test_a_state_set_by_hand_holds_until_the_next_evaluation() -> None:
    made = book(alarm())
    made.evaluate(minutes(1.0), NOW)
    made.set_alarm_state({"AlarmName": "a", "StateValue": "ALARM", "StateReason": "game day"}, NOW + 1)
    assert (made.alarms["a"]["StateValue"], made.alarms["a"]["StateReason"]) == ("ALARM", "game day")
    made.evaluate(minutes(1.0), NOW + 60)
    assert made.alarms["a"]["StateValue"] == "OK"


def test_alarms_for_one_metric() -> None:
    made = book(alarm("a"), alarm("b", MetricName="Other"), alarm("c", Dimensions=[]))
    params = {"Namespace": NS, "MetricName": "5XX", "Dimensions": alarm()["Dimensions"]}
    assert [each["AlarmName"] for each in made.describe_alarms_for_metric(params, NOW)["MetricAlarms"]] == ["a"]
    assert made.describe_alarms_for_metric(params | {"Statistic": "Maximum"}, NOW)["MetricAlarms"] == []


def test_a_dict_of_plain_alarms_is_taken_as_it_is() -> None:
    mine = {"a": alarm()}
    assert AlarmBook(mine).evaluate(minutes(34.0), NOW) == ["a"]
    assert mine["a"]["StateValue"] == alarms.ALARM


def test_history_is_bounded() -> None:
    made = book(alarm())
    for turn in range(2_500):
        made.set_alarm_state({"AlarmName": "a", "StateValue": ("OK", "ALARM")[turn % 2], "StateReason": "r"}, NOW + turn)
    assert len(made.history) == alarms.HISTORY_MOST
