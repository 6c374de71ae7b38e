"""CloudWatch Logs filter patterns: terms, JSON selectors and space-delimited fields, as one function of the message."""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from clickit_tui.demo.errors import AwsError

Matches = Callable[[str], bool]
"""Whether a log message matches."""
Condition = Callable[[Any], bool]
"""Whether a decoded message (a JSON value, or the fields by name) matches."""

PATTERN_MOST = 1_024
_MISSING = object()


def _refused(why: str) -> AwsError:
    return AwsError("InvalidParameterException", f"Invalid filter pattern: {why}")


@lru_cache(maxsize=256)
def compile(text: str) -> Matches:  # noqa: A001
    """The function that tells whether a message matches the pattern; an empty pattern matches everything.

    Raises AwsError (InvalidParameterException) for a pattern that CloudWatch Logs does not accept.
    """
    pattern = text.strip()
    if len(text) > PATTERN_MOST:
        raise _refused(f"longer than {PATTERN_MOST} characters")
    if not pattern:
        return lambda _: True
    if pattern[0] == "{":
        return _json(pattern)
    if pattern[0] == "[":
        return _delimited(pattern)
    return _terms(pattern)


_TERM = re.compile(r'\s*([?-]?)(?:"((?:[^"\\]|\\.)*)"|%((?:[^%\\]|\\.)*)%|([^\s"%]+))(?=\s|$)')
_PLAIN = re.compile(r"\w+")


def _terms(pattern: str) -> Matches:
    """Terms: all plain ones must be there, or any of the `?` ones, and none of the `-` ones.

    Plain terms make CloudWatch ignore the `?` ones, as its documentation warns.
    """
    every: list[Matches] = []
    some: list[Matches] = []
    none: list[Matches] = []
    at = 0
    while at < len(pattern):
        found = _TERM.match(pattern, at)
        if not found:
            raise _refused(f"cannot read '{pattern[at : at + 20]}'; quote terms with special characters")
        {"?": some, "-": none}.get(found[1], every).append(_term(found))
        at = found.end()
    return lambda message: (
        all(each(message) for each in every)
        and not any(each(message) for each in none)
        and (bool(every) or not some or any(each(message) for each in some))
    )


def _term(found: re.Match[str]) -> Matches:
    if found[3] is not None:
        searched = _regex(found[3])
        return lambda message: searched.search(message) is not None
    if found[4] is not None and not _PLAIN.fullmatch(found[4]):
        raise _refused(f"Invalid character(s) in term '{found[4]}'")
    wanted = _unquoted(found[2]) if found[2] is not None else found[4]
    return lambda message: wanted in message


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _regex(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise _refused(f"regular expression %{text}%: {error}") from None


_TOKEN = re.compile(
    r"""\s*(?:
    (?P<op>&&|\|\||!=|>=|<=|=|<|>|\(|\)|,|\.\.\.)
    |(?P<selector>\$(?:\.[\w\-@]+|\[\d+\]|\.?\["[^"]*"\]|\['[^']*'\])*)
    |"(?P<quoted>(?:[^"\\]|\\.)*)"
    |%(?P<regex>(?:[^%\\]|\\.)*)%
    |(?P<word>[^\s"%=!<>&|(),{}\[\]]+)
    )""",
    re.VERBOSE,
)


class _Tokens:
    """The tokens of a pattern's inside, read from left to right."""

    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, str]] = []
        self._at = 0
        at, end = 0, len(text.rstrip())
        while at < end:
            found = _TOKEN.match(text, at)
            if not found or not found.lastgroup:
                raise _refused(f"cannot read '{text[at : at + 20].strip()}'")
            self._tokens.append((found.lastgroup, found[found.lastgroup]))
            at = found.end()

    def peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def next(self) -> tuple[str, str]:
        token = self.peek()
        self._at += 1
        return token

    def take(self, text: str, kind: str = "op") -> bool:
        """Step over a token if it is the next one; words are compared without case."""
        if self.peek()[0] == kind and self.peek()[1].upper() == text:
            self._at += 1
            return True
        return False


Operand = Callable[[_Tokens], Callable[[Any], Any]]
"""Reads the left side of a comparison and gives what looks it up in a decoded message."""


def _any(tokens: _Tokens, operand: Operand) -> Condition:
    parts = [_all(tokens, operand)]
    while tokens.take("||"):
        parts.append(_all(tokens, operand))
    return parts[0] if len(parts) == 1 else lambda value: any(part(value) for part in parts)


def _all(tokens: _Tokens, operand: Operand) -> Condition:
    parts = [_one(tokens, operand)]
    while tokens.take("&&"):
        parts.append(_one(tokens, operand))
    return parts[0] if len(parts) == 1 else lambda value: all(part(value) for part in parts)


def _one(tokens: _Tokens, operand: Operand) -> Condition:
    if tokens.take("("):
        inner = _any(tokens, operand)
        if not tokens.take(")"):
            raise _refused("a closing parenthesis is missing")
        return inner
    return _compared(tokens, operand(tokens))


def _compared(tokens: _Tokens, look: Callable[[Any], Any]) -> Condition:
    if tokens.take("IS", "word"):
        kind, word = tokens.next()
        known = {"NULL": None, "TRUE": True, "FALSE": False}
        if kind != "word" or word.upper() not in known:
            raise _refused("IS must be followed by NULL, TRUE or FALSE")
        constant = known[word.upper()]
        return lambda value: look(value) is constant
    if tokens.take("NOT", "word"):
        if not tokens.take("EXISTS", "word"):
            raise _refused("NOT must be followed by EXISTS")
        return lambda value: look(value) is _MISSING
    kind, sign = tokens.next()
    if kind != "op" or sign not in _SIGNS:
        raise _refused("a comparison is missing")
    return _compared_with(look, sign, *tokens.next())


_SIGNS: dict[str, Callable[[float, float], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


def _compared_with(look: Callable[[Any], Any], sign: str, kind: str, text: str) -> Condition:
    if kind not in ("quoted", "regex", "word"):
        raise _refused(f"a value is missing after {sign}")
    number = _number(text) if kind == "word" else None
    if number is not None:
        return _numeric(look, _SIGNS[sign], number, other=sign == "!=")
    if sign not in ("=", "!="):
        raise _refused(f"{sign} needs a number")
    wanted = _regex(text) if kind == "regex" else re.compile(".*".join(re.escape(part) for part in _unquoted(text).split("*")), re.DOTALL)
    found = wanted.search if kind == "regex" else wanted.fullmatch

    def holds(value: object) -> bool:
        have = look(value)
        if have is _MISSING or have is None or isinstance(have, dict | list):
            return False
        return (found(_text(have)) is not None) == (sign == "=")

    return holds


def _numeric(look: Callable[[Any], Any], compare: Callable[[float, float], bool], number: float, *, other: bool) -> Condition:
    def holds(value: object) -> bool:
        have = look(value)
        if isinstance(have, bool) or not isinstance(have, int | float | str):
            return False
        left = _number(have) if isinstance(have, str) else float(have)
        return other if left is None else compare(left, number)

    return holds


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _json(pattern: str) -> Matches:
    """`{ $.level = "ERROR" && $.status >= 500 }`: messages that are JSON and for which it holds."""
    if pattern[-1] != "}":
        raise _refused("a closing brace is missing")
    tokens = _Tokens(pattern[1:-1])
    condition = _any(tokens, _selector)
    if tokens.peek()[0] != "end":
        raise _refused(f"unexpected '{tokens.peek()[1]}'")

    def matches(message: str) -> bool:
        if not message.lstrip().startswith(("{", "[")):
            return False
        try:
            value = json.loads(message)
        except (ValueError, RecursionError):
            return False
        return condition(value)

    return matches


_STEP = re.compile(r"""\.([\w\-@]+)|\[(\d+)\]|\.?\["([^"]*)"\]|\['([^']*)'\]""")


def _selector(tokens: _Tokens) -> Callable[[Any], Any]:
    kind, text = tokens.next()
    if kind != "selector":
        raise _refused("a selector such as $.level is missing")
    steps: list[str | int] = [int(step[2]) if step[2] else step[1] or step[3] or step[4] for step in _STEP.finditer(text)]
    return lambda value: _at(value, steps)


def _at(value: object, steps: Sequence[str | int]) -> object:
    for step in steps:
        if isinstance(step, str):
            value = value.get(step, _MISSING) if isinstance(value, dict) else _MISSING
        else:
            value = value[step] if isinstance(value, list) and step < len(value) else _MISSING
    return value


def _delimited(pattern: str) -> Matches:
    """`[ip, user, status >= 400, ...]`: fields by position; in a message, brackets and quotes hold a field together."""
    if pattern[-1] != "]":
        raise _refused("a closing bracket is missing")
    tokens = _Tokens(pattern[1:-1])
    conditions: dict[int, Condition] = {}
    count, gap = 0, None
    while tokens.peek()[0] != "end":
        if tokens.take("..."):
            if gap is not None:
                raise _refused("only one ... is allowed")
            gap = count
        else:
            condition = _field(tokens, count)
            if condition:
                conditions[count] = condition
            count += 1
        if tokens.peek()[0] != "end" and not tokens.take(","):
            raise _refused("fields are separated by commas")
    return lambda message: _fits(_FIELDS.findall(message), conditions, count, gap)


def _field(tokens: _Tokens, index: int) -> Condition | None:
    kind, name = tokens.next()
    if kind not in ("word", "selector"):
        raise _refused("a field's name is missing")
    if tokens.peek() in (("end", ""), ("op", ",")):
        return None
    look: Callable[[Any], Any] = lambda fields: fields[index]  # noqa: E731
    first = _compared(tokens, look)
    parts, every = [first], True
    while tokens.peek()[1] in ("&&", "||"):
        every = tokens.next()[1] == "&&"
        if tokens.peek() == (kind, name):
            tokens.next()
        parts.append(_compared(tokens, look))
    return lambda fields: (all if every else any)(part(fields) for part in parts)


_FIELDS = re.compile(r'\[[^\]]*\]|"[^"]*"|\S+')


def _fits(fields: list[str], conditions: dict[int, Condition], count: int, gap: int | None) -> bool:
    if len(fields) < count or (gap is None and len(fields) != count):
        return False
    plain = [each[1:-1] if len(each) > 1 and each[0] in '["' and each[-1] in ']"' else each for each in fields]
    if gap is not None:
        plain = plain[:gap] + plain[len(plain) - (count - gap) :]
    return all(condition(plain) for condition in conditions.values())
