"""The query language of CloudWatch Logs Insights: fields, display, filter, parse, stats, sort, dedup, limit."""

from __future__ import annotations

import math
import operator
import re
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from clickit_tui.demo.errors import AwsError
from clickit_tui.demo.insightsrow import Row, Time, Value, number, rank, text

Expression = Callable[[Sequence[Row]], Value]
"""Of the first of the rows; aggregates are of all of them."""
Command = Callable[[list[Row]], list[Row]]


@dataclass
class Plan:
    """A query that can be run."""

    limit: int
    commands: list[Command] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    aggregated: bool = False
    filters: int = 0
    """How many of the commands come before the first that makes other rows of them."""

    def run(self, rows: list[Row]) -> tuple[list[list[dict[str, str]]], int]:
        """(results as GetQueryResults gives them, records matched) of rows in order of time; unsorted results are newest first."""
        rows = rows[::-1]
        matched = len(rows)
        for index, command in enumerate(self.commands):
            rows = command(rows)
            matched = len(rows) if index < self.filters else matched
        names = self.shown or ["@timestamp", "@message"]
        names = names if self.aggregated else [*names, "@ptr"]
        return [
            [{"field": name, "value": text(value)} for name in names if (value := row.get(name)) is not None] for row in rows[: self.limit]
        ], matched


def _malformed(why: str) -> AwsError:
    return AwsError("MalformedQueryException", f"unexpected symbol found: {why}")


class _Scanner:
    """The query's text, read from left to right."""

    def __init__(self, text: str) -> None:
        self.text = re.sub(r"(?m)^\s*#.*$", "", text)
        self.at = 0

    def take(self, pattern: str) -> re.Match[str] | None:
        """Step over what matches here, after any white space."""
        found = re.compile(r"\s*(?:" + pattern + ")", re.IGNORECASE).match(self.text, self.at)
        if found:
            self.at = found.end()
        return found

    def word(self, *words: str) -> str | None:
        found = self.take(rf"({'|'.join(words)})\b")
        return found[1].lower() if found else None

    def sign(self, text: str) -> bool:
        return self.take(re.escape(text)) is not None

    def need(self, pattern: str, what: str) -> re.Match[str]:
        found = self.take(pattern)
        if not found:
            raise self.wrong(what)
        return found

    def wrong(self, what: str) -> AwsError:
        return _malformed(f"{what} expected at '{self.text[self.at : self.at + 30].strip()}'")

    @property
    def done(self) -> bool:
        return not self.text[self.at :].strip()


_NAME = r"`([^`]+)`|(@?[A-Za-z_][\w.@]*)"
_STRING = r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\""
_REGEX = r"/((?:[^/\\]|\\.)+)/(i?)"
_SPAN_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_COMPARE: dict[str, Callable[[Value, Value], bool]] = {
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def parsed(query: str, limit: int) -> Plan:
    """The plan of a query; `limit` holds unless the query has a limit of its own. Raises AwsError (MalformedQueryException)."""
    scanner, plan = _Scanner(query), Plan(limit)
    if scanner.done:
        return plan
    scanner.sign("|")
    while True:
        command = scanner.word(*_COMMANDS)
        if not command:
            raise scanner.wrong("a command")
        _COMMANDS[command](scanner, plan)
        if scanner.done:
            return plan
        if not scanner.sign("|"):
            raise scanner.wrong("|")


def _listed(scanner: _Scanner) -> list[tuple[str, Expression, bool]]:
    """`expression [as name], ...`: (name, expression, whether it is more than a plain field)."""
    found = []
    while True:
        scanner.take("")
        start = scanner.at
        expression = _or(scanner)
        source = scanner.text[start : scanner.at].strip().strip("`")
        alias = scanner.need(_NAME, "a name") if scanner.word("as") else None
        plain = re.fullmatch(r"@?[\w.@]+", source) is not None
        found.append(((alias[1] or alias[2]) if alias else source, expression, bool(alias) or not plain))
        if not scanner.sign(","):
            return found


def _fields(scanner: _Scanner, plan: Plan) -> None:
    listed = _listed(scanner)
    plan.shown += [name for name, _, _ in listed if name not in plan.shown]
    made = [(name, expression) for name, expression, computed in listed if computed]
    _append(plan, partial(_make, made), keeps=True)


def _make(made: Sequence[tuple[str, Expression]], rows: list[Row]) -> list[Row]:
    for row in rows:
        for name, expression in made:
            row.made[name] = expression((row,))
    return rows


def _append(plan: Plan, command: Command, *, keeps: bool) -> None:
    """Add a command; one that `keeps` makes no other records of those it gets."""
    if keeps and plan.filters == len(plan.commands):
        plan.filters += 1
    plan.commands.append(command)


def _display(scanner: _Scanner, plan: Plan) -> None:
    plan.shown = []
    _fields(scanner, plan)


def _filter(scanner: _Scanner, plan: Plan) -> None:
    holds = _or(scanner)
    _append(plan, lambda rows: [row for row in rows if holds((row,))], keeps=True)


def _sort(scanner: _Scanner, plan: Plan) -> None:
    keys = []
    while True:
        scanner.take("")
        start = scanner.at
        expression = _or(scanner)
        keys.append((scanner.text[start : scanner.at].strip(), expression, scanner.word("asc", "desc") == "desc"))
        if not scanner.sign(","):
            break

    def ordered(rows: list[Row]) -> list[Row]:
        for source, expression, descending in reversed(keys):
            rows = sorted(rows, key=partial(_key, source, expression), reverse=descending)
        return rows

    _append(plan, ordered, keeps=False)


def _key(source: str, expression: Expression, row: Row) -> tuple[int, float, str]:
    """What a row is sorted by; `bin(5m)` and `count(*)` after `stats` are columns of that name."""
    return rank(row.made[source] if source in row.made else expression((row,)))


def _limited(scanner: _Scanner, plan: Plan) -> None:
    most = int(scanner.need(r"(\d+)", "a number")[1])
    plan.limit = most
    _append(plan, lambda rows: rows[:most], keeps=False)


def _dedup(scanner: _Scanner, plan: Plan) -> None:
    names = [name for name, _, _ in _listed(scanner)]

    def first_of_each(rows: list[Row]) -> list[Row]:
        return list({tuple(str(row.get(name)) for name in names): row for row in reversed(rows)}.values())[::-1]

    _append(plan, first_of_each, keeps=False)


def _parse(scanner: _Scanner, plan: Plan) -> None:
    source = _primary(scanner) if not re.match(r"\s*['\"/]", scanner.text[scanner.at :]) else _field("@message")
    regex = scanner.take(_REGEX)
    if regex:
        pattern = _compiled(re.sub(r"\(\?<(?=\w)", "(?P<", regex[1]), regex[2])
        names = list(pattern.groupindex)
    else:
        glob = scanner.need(_STRING, "a pattern")
        scanner.need(r"as\b", "as")
        names = [name for name, _, _ in _listed(scanner)]
        parts = [re.escape(part) for part in (glob[1] or glob[2] or "").split("*")]
        if len(parts) != len(names) + 1:
            raise _malformed("as many names as wildcards are needed")
        pattern = re.compile("(.*?)".join(parts) + ("$" if parts[-1] == "" else ""), re.DOTALL)

    def extract(rows: list[Row]) -> list[Row]:
        for row in rows:
            found = pattern.search(str(source((row,)) or ""))
            row.made.update(zip(names, found.groups() if found else (), strict=False))
        return rows

    plan.shown += [name for name in names if plan.shown and name not in plan.shown]
    _append(plan, extract, keeps=True)


def _stats(scanner: _Scanner, plan: Plan) -> None:
    wanted = _listed(scanner)
    by = _listed(scanner) if scanner.word("by") else []
    plan.shown, plan.aggregated = [name for name, _, _ in [*by, *wanted]], True

    def grouped(rows: list[Row]) -> list[Row]:
        groups: dict[tuple[Value, ...], list[Row]] = {}
        for row in rows:
            groups.setdefault(tuple(of((row,)) for _, of, _ in by), []).append(row)
        if not by:
            groups.setdefault((), [])
        return [
            Row.of({name: value for (name, _, _), value in zip(by, key, strict=True)} | {name: of(inside) for name, of, _ in wanted})
            for key, inside in groups.items()
        ]

    _append(plan, grouped, keeps=False)


_COMMANDS: dict[str, Callable[[_Scanner, Plan], None]] = {
    "fields": _fields,
    "display": _display,
    "filter": _filter,
    "stats": _stats,
    "sort": _sort,
    "limit": _limited,
    "parse": _parse,
    "dedup": _dedup,
}


def _or(scanner: _Scanner) -> Expression:
    parts = [_and(scanner)]
    while scanner.word("or"):
        parts.append(_and(scanner))
    return parts[0] if len(parts) == 1 else lambda rows: any(part(rows) for part in parts)


def _and(scanner: _Scanner) -> Expression:
    parts = [_not(scanner)]
    while scanner.word("and"):
        parts.append(_not(scanner))
    return parts[0] if len(parts) == 1 else lambda rows: all(part(rows) for part in parts)


def _not(scanner: _Scanner) -> Expression:
    if scanner.word("not"):
        inner = _not(scanner)
        return lambda rows: not inner(rows)
    return _comparison(scanner)


def _comparison(scanner: _Scanner) -> Expression:
    left = _sum(scanner)
    negated = scanner.take(r"not\s+(?=like\b|in\b)") is not None
    if scanner.word("like") or scanner.sign("=~"):
        search = _pattern(scanner)
        return lambda rows: (search(left(rows)) if left(rows) is not None else False) != negated
    if scanner.word("in"):
        scanner.need(r"\[", "[")
        among = [expression for _, expression, _ in _listed(scanner)]
        scanner.need(r"\]", "]")
        return lambda rows: any(_compared(operator.eq, left(rows), each(rows)) for each in among) != negated
    sign = scanner.take(r"(==|!=|<=|>=|=|<|>)")
    if not sign:
        return left
    right, compare = _sum(scanner), _COMPARE[sign[1]]
    return lambda rows: _compared(compare, left(rows), right(rows))


def _pattern(scanner: _Scanner) -> Callable[[Value], bool]:
    regex = scanner.take(_REGEX)
    if regex:
        search = _compiled(regex[1], regex[2]).search
        return lambda value: search(str(value)) is not None
    wanted = _unquoted(scanner.need(_STRING, "a text or regular expression"))
    return lambda value: wanted in str(value)


def _compiled(text: str, flags: str) -> re.Pattern[str]:
    try:
        return re.compile(text.replace("\\/", "/"), re.IGNORECASE if flags else 0)
    except re.error as error:
        raise _malformed(f"regular expression {text}: {error}") from None


def _unquoted(found: re.Match[str]) -> str:
    return re.sub(r"\\(.)", r"\1", found[1] if found[1] is not None else found[2])


def _compared(compare: Callable[[Value, Value], bool], left: Value, right: Value) -> bool:
    """Numbers by size, else texts; a missing field only differs."""
    if left is None or right is None:
        return compare is operator.ne
    numbers = number(left), number(right)
    return compare(*numbers) if None not in numbers else compare(str(left), str(right))


def _sum(scanner: _Scanner) -> Expression:
    value = _product(scanner)
    while sign := scanner.take(r"([+-])"):
        value = _calculated(operator.add if sign[1] == "+" else operator.sub, value, _product(scanner))
    return value


def _product(scanner: _Scanner) -> Expression:
    value = _primary(scanner)
    while sign := scanner.take(r"([*/%])"):
        value = _calculated({"*": operator.mul, "/": operator.truediv, "%": math.fmod}[sign[1]], value, _primary(scanner))
    return value


def _calculated(op: Callable[[float, float], float], left: Expression, right: Expression) -> Expression:
    def value(rows: Sequence[Row]) -> Value:
        numbers = number(left(rows)), number(right(rows))
        try:
            return None if numbers[0] is None or numbers[1] is None else op(numbers[0], numbers[1])
        except (ArithmeticError, ValueError):
            return None

    return value


def _field(name: str) -> Expression:
    return lambda rows: rows[0].get(name) if rows else None


def _primary(scanner: _Scanner) -> Expression:
    if scanner.sign("("):
        inner = _or(scanner)
        scanner.need(r"\)", ")")
        return inner
    literal = scanner.take(r"(-?\d+(?:\.\d+)?)(?![\w.])")
    if literal:
        constant = float(literal[1]) if "." in literal[1] else int(literal[1])
        return lambda _: constant
    quoted = scanner.take(_STRING)
    if quoted:
        plain = _unquoted(quoted)
        return lambda _: plain
    call = scanner.take(r"(\w+)\s*\(")
    if call:
        return _call(scanner, call[1].lower())
    name = scanner.need(_NAME, "a field, value or function")
    return _field(name[1] or name[2])


def _call(scanner: _Scanner, name: str) -> Expression:
    if name == "bin":
        span = scanner.need(r"(\d+)\s*(ms|s|m|h|d|w)[a-z]*\s*\)", "a period such as 5m")
        width = max(1, int(span[1])) * _SPAN_MS[span[2].lower()]
        return lambda rows: Time(rows[0].get("@timestamp") // width * width) if rows and rows[0].get("@timestamp") is not None else None
    if name == "count" and scanner.take(r"\*?\s*\)"):
        return len
    args = [expression for _, expression, _ in _listed(scanner)]
    scanner.need(r"\)", ")")
    if name in _AGGREGATES and len(args) <= 2:
        return _aggregated(_AGGREGATES[name], args)
    if name in _FUNCTIONS:
        of = _FUNCTIONS[name]
        return lambda rows: _applied(of, [arg(rows) for arg in args])
    raise _malformed(f"the function {name} is not supported")


def _applied(of: Callable[..., Value], args: Sequence[Value]) -> Value:
    try:
        return of(*args)
    except (TypeError, ValueError, ArithmeticError, AttributeError):
        return None


def _aggregated(of: Callable[[list[Value], float], Value], args: Sequence[Expression]) -> Expression:
    def value(rows: Sequence[Row]) -> Value:
        values = [each for row in rows if (each := args[0]((row,))) is not None]
        return of(values, number(args[1](rows)) or 0.0 if len(args) > 1 else 0.0)

    return value


def _numbers(values: Sequence[Value]) -> list[float]:
    return [size for each in values if (size := number(each)) is not None]


def _percentile(values: list[Value], percent: float) -> Value:
    numbers = sorted(_numbers(values))
    return numbers[max(0, math.ceil(len(numbers) * percent / 100) - 1)] if numbers else None


_AGGREGATES: Mapping[str, Callable[[list[Value], float], Value]] = {
    "count": lambda values, _: len(values),
    "count_distinct": lambda values, _: len({str(each) for each in values}),
    "sum": lambda values, _: math.fsum(_numbers(values)),
    "avg": lambda values, _: statistics.fmean(_numbers(values)) if _numbers(values) else None,
    "min": lambda values, _: min(values, key=rank, default=None),
    "max": lambda values, _: max(values, key=rank, default=None),
    "stddev": lambda values, _: statistics.pstdev(_numbers(values)) if _numbers(values) else None,
    "pct": _percentile,
    "median": lambda values, _: _percentile(values, 50),
    "latest": lambda values, _: values[0] if values else None,
    "earliest": lambda values, _: values[-1] if values else None,
}
_FUNCTIONS: Mapping[str, Callable[..., Value]] = {
    "strlen": lambda text: len(str(text)),
    "toupper": lambda text: str(text).upper(),
    "tolower": lambda text: str(text).lower(),
    "trim": lambda text: str(text).strip(),
    "strcontains": lambda text, part: int(str(part) in str(text)),
    "concat": lambda *texts: "".join(text(each) for each in texts if each is not None),
    "coalesce": lambda *values: next((each for each in values if each is not None), None),
    "ispresent": lambda value: value is not None,
    "isempty": lambda value: value in (None, ""),
    "isblank": lambda value: value is None or not str(value).strip(),
    "abs": lambda value: abs(float(value)),
    "ceil": lambda value: math.ceil(float(value)),
    "floor": lambda value: math.floor(float(value)),
    "tomillis": lambda value: int(value),
    "frommillis": lambda value: Time(value),
}
