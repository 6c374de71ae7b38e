"""CloudWatch's metric math: expressions over series, and dynamic labels."""

from __future__ import annotations

import ast
import itertools
import math
import operator
import re
import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from clickit_tui.demo.errors import AwsError

Series = dict[float, float]
"""Timestamp (epoch seconds) -> value."""
Value = float | str | Series | list[Series]
"""What an expression may come to: a number, a text argument, one series, or several."""

_ARITHMETIC: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: math.fmod,
    ast.Pow: operator.pow,
}
_COMPARISON: dict[type[ast.cmpop], Callable[[float, float], float]] = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_OVER: dict[str, Callable[[list[float]], float]] = {
    "SUM": math.fsum,
    "AVG": statistics.fmean,
    "MIN": min,
    "MAX": max,
    "STDDEV": statistics.pstdev,
    "DATAPOINT_COUNT": lambda values: float(len(values)),
}
_EACH: dict[str, Callable[[float], float]] = {
    "ABS": abs,
    "CEIL": math.ceil,
    "FLOOR": math.floor,
    "LOG": math.log,
    "LOG10": math.log10,
}


def _refused(why: str) -> AwsError:
    return AwsError("ValidationError", f"Error in expression: {why}")


def solve(expressions: Mapping[str, str], metrics: Mapping[str, Series], period_s: float) -> dict[str, Series]:
    """Every metric's and expression's series by id; an expression may use the ids of other expressions.

    Raises AwsError (ValidationError) for unknown ids, circles, unknown functions, wrong arguments and scalar results.
    """
    found = dict(metrics)
    sums = _Sums(expressions, metrics, found, period_s)
    for each in expressions:
        sums.id(each)
    return found


class _Sums:
    """One request's expressions while they are worked out."""

    def __init__(self, expressions: Mapping[str, str], metrics: Mapping[str, Series], found: dict[str, Series], period_s: float) -> None:
        self._expressions = expressions
        self._metrics = metrics
        self._found = found
        self._period_s = period_s
        self._open: list[str] = []

    def id(self, name: str) -> Series:
        if name in self._found:
            return self._found[name]
        if name not in self._expressions:
            raise _refused(f"the id {name} is not defined")
        if name in self._open:
            raise _refused(f"circular reference: {' -> '.join([*self._open, name])}")
        self._open.append(name)
        value = self._of(_parsed(self._expressions[name]))
        self._open.pop()
        if not isinstance(value, dict):
            raise _refused(f"{name} does not return a time series")
        self._found[name] = value
        return value

    def _of(self, node: ast.expr) -> Value:
        match node:
            case ast.Constant(value=int() | float() as number):
                return float(number)
            case ast.Constant(value=str() as text):
                return text
            case ast.Name(id=name):
                return name if name in ("REPEAT", "LINEAR") else self.id(name)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return _paired(operator.sub, 0.0, self._of(operand))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return _paired(operator.eq, 0.0, self._of(operand))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
                return _paired(_ARITHMETIC[type(op)], self._of(left), self._of(right))
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARISON:
                return _paired(_COMPARISON[type(op)], self._of(left), self._of(right))
            case ast.BoolOp(op=op, values=values):
                return self._logic(isinstance(op, ast.And), [self._of(each) for each in values])
            case ast.List(elts=elements):
                return [_series(self._of(each)) for each in elements]
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
                return self._call(name.upper(), [self._of(each) for each in args])
        raise _refused("the syntax is not supported")

    def _logic(self, every: bool, values: Sequence[Value]) -> Value:
        judge: Callable[[float, float], float] = (lambda a, b: bool(a and b)) if every else (lambda a, b: bool(a or b))
        value = values[0]
        for each in values[1:]:
            value = _paired(judge, value, each)
        return value

    def _call(self, name: str, args: Sequence[Value]) -> Value:
        if name == "METRICS":
            part = args[0] if args else ""
            return [series for key, series in self._metrics.items() if str(part) in key]
        if name in _OVER and len(args) == 1:
            return _aggregate(_OVER[name], args[0])
        if name in _EACH and len(args) == 1:
            each = _EACH[name]
            return _paired(lambda value, _: each(value), args[0], 0.0)
        known: dict[str, tuple[int, Callable[..., Value]]] = {
            "FILL": (2, self._fill),
            "IF": (3, _if),
            "RATE": (1, lambda series: _steps(_series(series), lambda rise, apart: rise / apart)),
            "DIFF": (1, lambda series: _steps(_series(series), lambda rise, _: rise)),
            "RUNNING_SUM": (1, _running),
            "PERIOD": (1, lambda _: self._period_s),
            "TIME_SERIES": (1, self._constant),
        }
        if name == "IF" and len(args) == 2:
            args = [*args, {}]
        if name not in known or len(args) != known[name][0]:
            raise _refused(f"{name} is not supported with {len(args)} arguments")
        return known[name][1](*args)

    def _times(self) -> list[float]:
        """Every period between the first and the last datapoint of the request."""
        known = [time for series in self._metrics.values() for time in series]
        if not known:
            return []
        steps = int((max(known) - min(known)) // self._period_s)
        return [min(known) + step * self._period_s for step in range(steps + 1)]

    def _constant(self, value: Value) -> Value:
        return dict.fromkeys(self._times(), _number(value))

    def _fill(self, given: Value, by: Value) -> Value:
        if isinstance(given, list):
            return [_filled(each, by, self._times()) for each in given]
        return _filled(_series(given), by, self._times())


def _parsed(text: str) -> ast.expr:
    plain = re.sub(r"\bAND\b|&&", " and ", re.sub(r"\bOR\b|\|\|", " or ", text.strip()))
    try:
        return ast.parse(re.sub(r"!(?!=)", " not ", plain).replace("^", "**"), mode="eval").body
    except (SyntaxError, ValueError, RecursionError):
        raise _refused(f"cannot parse '{text}'") from None


def _series(value: Value) -> Series:
    if isinstance(value, dict):
        return value
    raise _refused("a time series is expected")


def _number(value: Value) -> float:
    if isinstance(value, float | int):
        return float(value)
    raise _refused("a number is expected")


def _paired(op: Callable[[float, float], float], left: Value, right: Value) -> Value:
    """`op` on numbers, on a series and a number, on two series where both have a datapoint, or on each of several series."""
    if isinstance(left, list):
        return [_series(_paired(op, each, right)) for each in left]
    if isinstance(right, list):
        return [_series(_paired(op, left, each)) for each in right]
    if isinstance(left, str) or isinstance(right, str):
        raise _refused("a text is no operand")
    if not isinstance(left, dict) and not isinstance(right, dict):
        return _safe(op, left, right) or 0.0
    times = left.keys() & right.keys() if isinstance(left, dict) and isinstance(right, dict) else left if isinstance(left, dict) else right
    found: Series = {}
    for time in times:  # type: ignore[union-attr]
        value = _safe(op, left[time] if isinstance(left, dict) else left, right[time] if isinstance(right, dict) else right)
        if value is not None:
            found[time] = value
    return found


def _safe(op: Callable[[float, float], float], left: float, right: float) -> float | None:
    try:
        value = float(op(left, right))
    except (ArithmeticError, ValueError, TypeError):
        return None
    return value if math.isfinite(value) else None


def _aggregate(of: Callable[[list[float]], float], value: Value) -> Value:
    """One number for a series; for several series, one series over whatever datapoints each time has."""
    if isinstance(value, dict):
        return of(list(value.values())) if value else 0.0
    if not isinstance(value, list):
        raise _refused("a time series is expected")
    by_time: dict[float, list[float]] = {}
    for series in value:
        for time, each in series.items():
            by_time.setdefault(time, []).append(each)
    return {time: of(values) for time, values in by_time.items()}


def _if(condition: Value, then: Value, other: Value) -> Value:
    if not isinstance(condition, dict):
        return then if _number(condition) else other
    found: Series = {}
    for time, holds in condition.items():
        chosen = then if holds else other
        value = chosen.get(time) if isinstance(chosen, dict) else _number(chosen)
        if value is not None:
            found[time] = value
    return found


def _steps(series: Series, of: Callable[[float, float], float]) -> Series:
    times = sorted(series)
    return {later: of(series[later] - series[earlier], later - earlier) for earlier, later in itertools.pairwise(times)}


def _running(value: Value) -> Series:
    total, found = 0.0, {}
    for time, each in sorted(_series(value).items()):
        total += each
        found[time] = total
    return found


def _filled(series: Series, by: Value, times: Sequence[float]) -> Series:
    if by not in ("REPEAT", "LINEAR"):
        filler = by if isinstance(by, dict) else dict.fromkeys(times, _number(by))
        return {time: value for time in times if (value := series.get(time, filler.get(time))) is not None}
    known, found = sorted(series), dict(series)
    for time in times:
        before = max((each for each in known if each < time), default=None)
        after = min((each for each in known if each > time), default=None)
        if time in series or before is None:
            continue
        if by == "REPEAT":
            found[time] = series[before]
        elif after is not None:
            found[time] = series[before] + (series[after] - series[before]) * (time - before) / (after - before)
    return found


_DYNAMIC = re.compile(r"\$\{(LAST|FIRST|MAX|MIN|AVG|SUM|DATAPOINT_COUNT|LABEL|PROP\('([^']*)'\))\}")


def labelled(label: str, plain: str, stat: Mapping[str, Any] | None, series: Mapping[float, float]) -> str:
    """A label with its ${LAST}, ${MAX}, ${PROP('Dim.X')} and the like filled in."""
    return _DYNAMIC.sub(lambda found: _dynamic(found, plain, stat, series), label)


def _dynamic(found: re.Match[str], plain: str, stat: Mapping[str, Any] | None, series: Mapping[float, float]) -> str:
    if found[1] == "LABEL":
        return plain
    if found[2] is not None:
        return _property(found[2], stat)
    if not series:
        return "-"
    values = [series[time] for time in sorted(series)]
    picked = {"LAST": values[-1], "FIRST": values[0]}.get(found[1])
    return f"{picked if picked is not None else _OVER[found[1]](values):.10g}"


def _property(name: str, stat: Mapping[str, Any] | None) -> str:
    metric = stat["Metric"] if stat else {}
    if name.startswith("Dim."):
        return next((str(each["Value"]) for each in metric.get("Dimensions") or () if each["Name"] == name[4:]), "")
    return str({**metric, **(stat or {})}.get(name, ""))
