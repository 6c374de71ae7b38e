"""CloudWatch alarms of the embedded ClickIt: evaluated from the metrics, with AWS's treatment of missing data, reasons and history.

An alarm is a plain dict with the members that DescribeAlarms returns; its times are epoch seconds.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from clickit_tui.demo.errors import AwsError
from clickit_tui.demo.metricstore import MetricStore, dimensions, seconds

Alarm = dict[str, Any]
"""The members of a MetricAlarm or CompositeAlarm; one with AlarmRule is composite."""

OK, ALARM, INSUFFICIENT = "OK", "ALARM", "INSUFFICIENT_DATA"
EXTRA_PERIODS = 2
"""CloudWatch looks at more periods than it needs, to have real datapoints where some are missing."""
HISTORY_MOST = 2_000
REASON_MOST, HISTORY_DATA_MOST = 1_023, 4_095

_OPERATORS: dict[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}
_REQUIRED = ("AlarmName", "ComparisonOperator", "EvaluationPeriods")


class Judgement(NamedTuple):
    """What one evaluation comes to."""

    state: str
    reason: str
    data: dict[str, Any]
    """StateReasonData before it is JSON text."""


def evaluate(alarm: Mapping[str, Any], store: MetricStore, now: float) -> Judgement:
    """The state that a metric alarm ought to be in at `now`; the state it is in stays when the missing data say so."""
    period = _period(alarm)
    periods, needed = int(alarm["EvaluationPeriods"]), int(alarm.get("DatapointsToAlarm") or alarm["EvaluationPeriods"])
    end = now // 60 * 60
    start = end - (periods + EXTRA_PERIODS) * period
    series = _series(alarm, store, start, end, now)
    window = [(start + index * period, series.get(start + index * period)) for index in range(periods + EXTRA_PERIODS)]
    real = [(at, value) for at, value in window if value is not None][-periods:]
    breaches = _breaching(alarm)
    breaching = [point for point in real if breaches(point[1])]
    missing = max(0, periods - len(real))
    state = _state(alarm, len(breaching), len(real), missing, needed, _age(window, breaching))
    data = _reason_data(alarm, real or [(end - period, None)], period, now)
    return Judgement(state, _reason(alarm, state, real, breaching, missing, needed)[:REASON_MOST], data)


def _period(alarm: Mapping[str, Any]) -> int:
    """The alarm's period in seconds; of a metric-math alarm the longest of its metrics' periods."""
    inner = [each["MetricStat"]["Period"] for each in alarm.get("Metrics") or () if each.get("MetricStat")]
    return max(60, int(alarm.get("Period") or max(inner, default=60)))


def _series(alarm: Mapping[str, Any], store: MetricStore, start: float, end: float, now: float) -> dict[float, float]:
    if alarm.get("Metrics"):
        shown = [each["Id"] for each in alarm["Metrics"] if each.get("ReturnData", True) is not False]
        found = store.evaluate(alarm["Metrics"], start, end, now, aligned=False)
        return found[shown[0]]
    key = (alarm["Namespace"], alarm["MetricName"], dimensions(alarm.get("Dimensions")))
    stat = alarm.get("Statistic") or alarm["ExtendedStatistic"]
    return store.read(key, stat, _period(alarm), start, end, now, alarm.get("Unit"))


def _breaching(alarm: Mapping[str, Any]) -> Callable[[float], bool]:
    compare, threshold = _OPERATORS[alarm["ComparisonOperator"]][0], float(alarm["Threshold"])
    return lambda value: compare(value, threshold)


def _age(window: Sequence[tuple[float, float | None]], breaching: Sequence[tuple[float, float]]) -> int:
    """How many periods ago the oldest breaching datapoint began, the newest period counting 1."""
    if not breaching:
        return 0
    return next(len(window) - index for index, (at, _) in enumerate(window) if at == breaching[0][0])


def _state(alarm: Mapping[str, Any], breaching: int, real: int, missing: int, needed: int, age: int) -> str:
    """CloudWatch's rule for M out of N with missing datapoints (user guide, "How alarm state is evaluated when data is missing")."""
    treat, current = alarm.get("TreatMissingData") or "missing", str(alarm.get("StateValue") or INSUFFICIENT)
    if not real:
        return {"breaching": ALARM, "notBreaching": OK, "ignore": current}.get(treat, INSUFFICIENT)
    if breaching >= needed:
        return ALARM
    if not missing or treat == "notBreaching":
        return OK
    if treat == "breaching":
        return ALARM if breaching + missing >= needed else OK
    if breaching < real:
        return OK
    return ALARM if treat == "missing" and age >= needed else current


def _stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%d/%m/%y %H:%M:%S")


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"


def _plural(count: int) -> str:
    return "datapoint" if count == 1 else "datapoints"


def _listed(points: Iterable[tuple[float, float]]) -> str:
    return ", ".join(f"{value!r} ({_stamp(at)})" for at, value in reversed(list(points)))


def _reason(
    alarm: Mapping[str, Any],
    state: str,
    real: Sequence[tuple[float, float]],
    breaching: Sequence[tuple[float, float]],
    missing: int,
    needed: int,
) -> str:
    """The sentence of StateReason."""
    treat = {"breaching": "Breaching", "notBreaching": "NonBreaching"}.get(alarm.get("TreatMissingData") or "")
    periods = int(alarm["EvaluationPeriods"])
    if not real and not treat:
        return f"Insufficient Data: {periods} {_plural(periods)} {'was' if periods == 1 else 'were'} unknown."
    treated = f"{missing} missing {_plural(missing)} {'was' if missing == 1 else 'were'} treated as [{treat}]"
    if not real:
        return f"Threshold Crossed: no datapoints were received for {periods} {'period' if periods == 1 else 'periods'} and {treated}."
    shown = breaching if state == ALARM and breaching else [point for point in real if point not in breaching] or real
    verb = ("was" if len(shown) == 1 else "were") + ("" if state == ALARM else " not")
    words = _OPERATORS[alarm["ComparisonOperator"]][1]
    least = needed if state == ALARM else periods - needed + 1
    turn = "OK -> ALARM" if state == ALARM else "ALARM -> OK"
    tail = f" and {treated}" if missing and treat else ""
    return (
        f"Threshold Crossed: {len(shown)} out of the last {periods} datapoints [{_listed(shown)}] {verb} {words} "
        f"the threshold ({float(alarm['Threshold'])!r}){tail} (minimum {least} {_plural(least)} for {turn} transition)."
    )


def _reason_data(alarm: Mapping[str, Any], points: Sequence[tuple[float, float | None]], period: int, now: float) -> dict[str, Any]:
    data: dict[str, Any] = {
        "version": "1.0",
        "queryDate": _iso(now),
        "startDate": _iso(points[0][0]),
        "statistic": alarm.get("Statistic") or alarm.get("ExtendedStatistic"),
        "unit": alarm.get("Unit"),
        "period": period,
        "recentDatapoints": [value for _, value in points if value is not None],
        "threshold": alarm.get("Threshold"),
        "evaluatedDatapoints": [{"timestamp": _iso(at)} | ({} if value is None else {"value": value}) for at, value in reversed(points)],
    }
    return {name: value for name, value in data.items() if value is not None}


_RULE = re.compile(r"\s*(?:(?P<sign>[()])|\"(?P<quoted>[^\"]*)\"|'(?P<single>[^']*)'|(?P<word>[^\s()\"']+))")


def judge(rule: str, states: Mapping[str, str]) -> bool:
    """Whether a composite alarm's rule holds: ALARM(x), OK(x), INSUFFICIENT_DATA(x), TRUE, FALSE with AND, OR, NOT and parentheses.

    `states` is StateValue by alarm name. Raises AwsError (ValidationError) for a rule that cannot be read or names an unknown alarm.
    """
    tokens = [found[found.lastgroup or 0] for found in _RULE.finditer(rule.strip())]
    value, at = _rule_any(tokens, 0, states)
    if at != len(tokens):
        raise _rule_refused(f"unexpected '{tokens[at]}'")
    return value


def _children(rule: str) -> list[str]:
    """The names of the alarms that a rule names."""
    tokens = [found[found.lastgroup or 0] for found in _RULE.finditer(rule.strip())]
    return [
        tokens[at + 2].rpartition(":alarm:")[2]
        for at in range(len(tokens) - 3)
        if tokens[at + 1] == "(" and tokens[at] in (OK, ALARM, INSUFFICIENT)
    ]


def _rule_refused(why: str) -> AwsError:
    return AwsError("ValidationError", f"Error in AlarmRule: {why}")


def _rule_any(tokens: Sequence[str], at: int, states: Mapping[str, str]) -> tuple[bool, int]:
    value, at = _rule_all(tokens, at, states)
    while at < len(tokens) and tokens[at].upper() == "OR":
        other, at = _rule_all(tokens, at + 1, states)
        value = value or other
    return value, at


def _rule_all(tokens: Sequence[str], at: int, states: Mapping[str, str]) -> tuple[bool, int]:
    value, at = _rule_one(tokens, at, states)
    while at < len(tokens) and tokens[at].upper() == "AND":
        other, at = _rule_one(tokens, at + 1, states)
        value = value and other
    return value, at


def _rule_one(tokens: Sequence[str], at: int, states: Mapping[str, str]) -> tuple[bool, int]:
    word = tokens[at].upper() if at < len(tokens) else ""
    if word == "NOT":
        value, at = _rule_one(tokens, at + 1, states)
        return not value, at
    if word == "(":
        value, at = _rule_any(tokens, at + 1, states)
        if tokens[at : at + 1] != [")"]:
            raise _rule_refused("a closing parenthesis is missing")
        return value, at + 1
    if word in ("TRUE", "FALSE"):
        return word == "TRUE", at + 1
    if word not in (OK, ALARM, INSUFFICIENT) or tokens[at + 1 : at + 2] != ["("] or tokens[at + 3 : at + 4] != [")"]:
        raise _rule_refused(f"cannot read '{' '.join(tokens[at : at + 4])}'")
    name = tokens[at + 2].rpartition(":alarm:")[2]
    if name not in states:
        raise _rule_refused(f"the alarm {name} does not exist")
    return states[name] == word, at + 4


class AlarmBook:
    """All alarms of the account with their history.

    `alarms` may be a dict of the caller's (by name); entries need only the members that PutMetricAlarm asks for.
    """

    def __init__(self, alarms: dict[str, Alarm] | None = None, *, region: str = "us-east-1", account: str = "123456789012") -> None:
        self.alarms: dict[str, Alarm] = {} if alarms is None else alarms
        self.history: list[dict[str, Any]] = []
        self._arn = f"arn:aws:cloudwatch:{region}:{account}:alarm:"

    def put_metric_alarm(self, params: Mapping[str, Any], now: float) -> dict[str, Any]:
        """PutMetricAlarm: a new alarm begins with INSUFFICIENT_DATA; an existing one keeps its state and history."""
        absent = [name for name in _REQUIRED if params.get(name) is None]
        if absent:
            raise AwsError("ValidationError", f"The parameter {absent[0]} is required.")
        if params["ComparisonOperator"] not in _OPERATORS:
            raise AwsError("ValidationError", f"ComparisonOperator {params['ComparisonOperator']} is not supported.")
        if int(params.get("DatapointsToAlarm") or 1) > int(params["EvaluationPeriods"]):
            raise AwsError("ValidationError", "DatapointsToAlarm must be less than or equal to EvaluationPeriods.")
        if bool(params.get("Metrics")) == bool(params.get("MetricName")):
            raise AwsError("ValidationError", "Exactly one of MetricName and Metrics must be specified.")
        return self._put(params, now)

    def put_composite_alarm(self, params: Mapping[str, Any], now: float) -> dict[str, Any]:
        """PutCompositeAlarm. Raises AwsError (ValidationError) for a rule that cannot be read."""
        judge(params["AlarmRule"], self._states())
        return self._put(params, now)

    def _put(self, params: Mapping[str, Any], now: float) -> dict[str, Any]:
        name = params["AlarmName"]
        old = self.alarms.get(name)
        fresh = {"StateValue": INSUFFICIENT, "StateReason": "Unchecked: Initial alarm creation", "StateUpdatedTimestamp": now}
        fresh |= {"StateTransitionedTimestamp": now}
        kept = {member: value for member, value in (old or fresh).items() if member.startswith("State")}
        lists: Alarm = {member: [] for member in ("OKActions", "AlarmActions", "InsufficientDataActions")}
        given = {member: value for member, value in params.items() if member != "Tags"}
        self.alarms[name] = {
            **lists,
            "ActionsEnabled": True,
            **given,
            **kept,
            "AlarmArn": self._arn + name,
            "AlarmConfigurationUpdatedTimestamp": now,
        }
        verb = "updated" if old else "created"
        self._note(name, now, "ConfigurationUpdate", f'Alarm "{name}" {verb}', {"version": "1.0", "type": "Update" if old else "Create"})
        return {}

    def delete_alarms(self, params: Mapping[str, Any], now: float) -> dict[str, Any]:
        """DeleteAlarms; raises AwsError (ResourceNotFound) when one of them does not exist."""
        for name in params["AlarmNames"]:
            self._alarm(name)
        for name in params["AlarmNames"]:
            del self.alarms[name]
        return {}

    def enable_alarm_actions(self, params: Mapping[str, Any], now: float, *, enabled: bool = True) -> dict[str, Any]:
        """EnableAlarmActions, or DisableAlarmActions with `enabled` False; unknown names are passed over."""
        for name in params["AlarmNames"]:
            if name in self.alarms:
                self.alarms[name]["ActionsEnabled"] = enabled
        return {}

    def set_alarm_state(self, params: Mapping[str, Any], now: float) -> dict[str, Any]:
        """SetAlarmState: holds until the next evaluation."""
        alarm = self._alarm(params["AlarmName"])
        if params["StateValue"] not in (OK, ALARM, INSUFFICIENT):
            raise AwsError("ValidationError", f"The value {params['StateValue']} for StateValue is not supported.")
        data = json.loads(params.get("StateReasonData") or "{}")
        self._move(alarm, Judgement(params["StateValue"], params["StateReason"], data), now)
        return {}

    def evaluate(self, store: MetricStore, now: float) -> list[str]:
        """Evaluate every alarm, composite ones last; the names of those that changed state."""
        changed = []
        for alarm in self.alarms.values():
            if "AlarmRule" not in alarm and self._move(alarm, evaluate(alarm, store, now), now):
                changed.append(alarm["AlarmName"])
        for alarm in self.alarms.values():
            if "AlarmRule" in alarm and self._move(alarm, self._composed(alarm, now), now):
                changed.append(alarm["AlarmName"])
        return changed

    def _composed(self, alarm: Alarm, now: float) -> Judgement:
        states = dict.fromkeys(_children(alarm["AlarmRule"]), INSUFFICIENT) | self._states()
        state = ALARM if judge(alarm["AlarmRule"], states) else OK
        children = [self.alarms[name] for name in _children(alarm["AlarmRule"]) if name in self.alarms]
        last = max(children, key=lambda child: child.get("StateTransitionedTimestamp") or 0.0, default=alarm)
        at, value, arn = last.get("StateTransitionedTimestamp") or now, last.get("StateValue"), self._arn + last["AlarmName"]
        reason = f"{arn} transitioned to {value} at {datetime.fromtimestamp(at, UTC):%A %d %B, %Y %H:%M:%S} UTC"
        return Judgement(state, reason, {"triggeringAlarms": [{"arn": arn, "state": {"value": value, "timestamp": _iso(at)}}]})

    def _states(self) -> dict[str, str]:
        return {name: alarm.get("StateValue") or INSUFFICIENT for name, alarm in self.alarms.items()}

    def _alarm(self, name: str) -> Alarm:
        if name not in self.alarms:
            raise AwsError("ResourceNotFound", f"Unknown alarm: {name}", 404)
        return self.alarms[name]

    def _move(self, alarm: Alarm, judgement: Judgement, now: float) -> bool:
        """Bring an alarm into a state; whether that is another one than before."""
        old = alarm.get("StateValue") or INSUFFICIENT
        if old == judgement.state:
            return False
        before = {"stateValue": old, "stateReason": alarm.get("StateReason", "")}
        after = {"stateValue": judgement.state, "stateReason": judgement.reason, "stateReasonData": judgement.data}
        alarm.update(
            StateValue=judgement.state,
            StateReason=judgement.reason,
            StateReasonData=json.dumps(judgement.data),
            StateUpdatedTimestamp=now,
            StateTransitionedTimestamp=now,
        )
        name = alarm["AlarmName"]
        self._note(
            name,
            now,
            "StateUpdate",
            f"Alarm updated from {old} to {judgement.state}",
            {"version": "1.0", "oldState": before, "newState": after},
        )
        member = {OK: "OKActions", ALARM: "AlarmActions"}.get(judgement.state, "InsufficientDataActions")
        for action in (alarm.get(member) or ()) if alarm.get("ActionsEnabled", True) else ():
            data = {"actionState": "Succeeded", "notificationResource": action}
            self._note(name, now, "Action", f"Successfully executed action {action}"[:255], data)
        return True

    def _note(self, name: str, now: float, kind: str, summary: str, data: dict[str, Any]) -> None:
        composite = "AlarmRule" in self.alarms.get(name, {})
        self.history.append(
            {
                "AlarmName": name,
                "AlarmType": "CompositeAlarm" if composite else "MetricAlarm",
                "Timestamp": now,
                "HistoryItemType": kind,
                "HistorySummary": summary,
                "HistoryData": json.dumps(data)[:HISTORY_DATA_MOST],
            }
        )
        del self.history[:-HISTORY_MOST]

    def describe_alarms(self, params: Mapping[str, Any], now: float) -> dict[str, Any]:
        """DescribeAlarms: all filters hold together; without AlarmTypes only metric alarms are returned; in order of name."""
        if params.get("AlarmNames") and params.get("AlarmNamePrefix"):
            raise AwsError("ValidationError", "AlarmNames and AlarmNamePrefix can't be specified together.")
        types = params.get("AlarmTypes") or ["MetricAlarm"]
        found = [alarm for _, alarm in sorted(self.alarms.items()) if _type(alarm) in types and _asked(alarm, params)]
        page, token = _page(found, params, 50)
        return {
            "MetricAlarms": [_shown(alarm) for alarm in page if "AlarmRule" not in alarm],
            "CompositeAlarms": [_shown(alarm) for alarm in page if "AlarmRule" in alarm],
        } | token

    def describe_alarms_for_metric(self, params: Mapping[str, Any], now: float) -> dict[str, Any]:
        """DescribeAlarmsForMetric: the metric alarms of exactly that metric."""
        same = ("Namespace", "MetricName")
        maybe = ("Statistic", "ExtendedStatistic", "Period", "Unit")
        found = [
            _shown(alarm)
            for _, alarm in sorted(self.alarms.items())
            if all(alarm.get(name) == params[name] for name in same)
            and all(params.get(name) in (None, alarm.get(name)) for name in maybe)
            and dimensions(alarm.get("Dimensions")) == dimensions(params.get("Dimensions"))
        ]
        return {"MetricAlarms": found}

    def describe_alarm_history(self, params: Mapping[str, Any], now: float) -> dict[str, Any]:
        """DescribeAlarmHistory, newest first unless ScanBy says otherwise; of metric alarms unless AlarmTypes says otherwise."""
        types, name, kind = params.get("AlarmTypes") or ["MetricAlarm"], params.get("AlarmName"), params.get("HistoryItemType")
        since = seconds(params["StartDate"]) if params.get("StartDate") else 0.0
        until = seconds(params["EndDate"]) if params.get("EndDate") else now
        found = [
            item
            for item in self.history
            if item["AlarmType"] in types
            and name in (None, item["AlarmName"])
            and kind in (None, item["HistoryItemType"])
            and since <= item["Timestamp"] <= until
        ]
        if params.get("ScanBy") != "TimestampAscending":
            found.reverse()
        page, token = _page(found, params, 100)
        return {"AlarmHistoryItems": list(page)} | token


def _type(alarm: Alarm) -> str:
    return "CompositeAlarm" if "AlarmRule" in alarm else "MetricAlarm"


def _asked(alarm: Alarm, params: Mapping[str, Any]) -> bool:
    names, prefix, state, action = (params.get(name) for name in ("AlarmNames", "AlarmNamePrefix", "StateValue", "ActionPrefix"))
    actions = [each for member in ("OKActions", "AlarmActions", "InsufficientDataActions") for each in alarm.get(member) or ()]
    return (
        (not names or alarm["AlarmName"] in names)
        and alarm["AlarmName"].startswith(prefix or "")
        and state in (None, alarm.get("StateValue") or INSUFFICIENT)
        and (not action or any(each.startswith(action) for each in actions))
    )


def _shown(alarm: Alarm) -> Alarm:
    return {member: value for member, value in alarm.items() if value is not None}


def _page(found: Sequence[Any], params: Mapping[str, Any], default: int) -> tuple[Sequence[Any], dict[str, str]]:
    most = params.get("MaxRecords") or default
    if not 1 <= most <= 100:
        raise AwsError("ValidationError", f"The value {most} for parameter MaxRecords must be between 1 and 100.")
    token = params.get("NextToken") or "0"
    if not token.isdecimal():
        raise AwsError("InvalidNextToken", "The next token specified is invalid.")
    at = int(token)
    return found[at : at + most], {"NextToken": str(at + most)} if at + most < len(found) else {}
