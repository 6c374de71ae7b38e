"""What a typed log filter means: terms that all must hold, each of them in or (with `!`) out.

`word` `"two words"` `/regex/` `level=error` `level>=warn` `part=api` `task=8f3a` `stream=…` `field=value` `field!=value` `field>=500`
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from clickit_tui.logs.level import LEVELS, word_level
from clickit_tui.logs.line import LogLine, json_fields

Accepts = Callable[[LogLine], bool]

_TERM = re.compile(r'!?(?:"[^"]*"?|/(?:[^/\\]|\\.)+/(?=\s|$)|\S+)')
_FIELD = re.compile(r'([A-Za-z_@][\w.@-]{0,60})(!=|>=|<=|=|>|<)(?:"([^"]*)"?|(.*))$')
_AT_LEAST_NOTHING = re.compile(r"^(?:\.\*\??(?![*+?{]))+")
"""What an expression that is looked for anywhere may as well begin without; with it, every place of a line is tried to its end."""
_RANK = {level: rank for rank, level in enumerate(reversed(LEVELS))}


class Sift(NamedTuple):
    """A compiled filter; `problem` says in one sentence why the text could not be used."""

    text: str = ""
    accepts: Accepts | None = None
    """None accepts everything."""
    problem: str = ""
    finds: re.Pattern[str] | None = None
    """What of a shown line made it pass, for marking; None when it was no text."""


class _Unusable(Exception):
    """Why a term cannot be used, in one sentence."""


def parse(text: str) -> Sift:
    """Never raises. Case matters nowhere; an unusable term gives a `problem`."""
    tests: list[Accepts] = []
    marks: list[str] = []
    try:
        for term in _TERM.findall(text):
            out = term.startswith("!") and len(term) > 1
            test, mark = _term(term[1:] if out else term)
            tests.append((lambda line, test=test: not test(line)) if out else test)  # type: ignore[misc]
            marks += [mark] if mark and not out else []
    except _Unusable as unusable:
        return Sift(text, None, str(unusable))
    finds = _marking(marks)
    if len(tests) < 2:
        return Sift(text if tests else "", tests[0] if tests else None, "", finds)
    return Sift(text, lambda line: all(test(line) for test in tests), "", finds)


def _marking(marks: list[str]) -> re.Pattern[str] | None:
    """What to mark: any of the terms; the first alone where they cannot stand in one expression (flags, two groups of one name)."""
    if not marks:
        return None
    try:
        return re.compile("|".join(marks), re.IGNORECASE)
    except re.error:
        return re.compile(marks[0], re.IGNORECASE)


def _term(term: str) -> tuple[Accepts, str]:
    """One term: its test, and what to mark of a line that passes."""
    if len(term) > 2 and term.startswith("/") and term.endswith("/"):
        return _regex(term[1:-1]), term[1:-1]
    if (found := _FIELD.match(term)) is not None and (value := found[3] if found[3] is not None else found[4]):
        return _field(found[1], found[2], value), ""
    word = term.strip('"') if term.startswith('"') else term
    if not word:
        return (lambda line: True), ""
    return _text(word), re.escape(word)


def _regex(pattern: str) -> Accepts:
    try:
        re.compile(pattern, re.IGNORECASE)
        search = re.compile(_AT_LEAST_NOTHING.sub("", pattern), re.IGNORECASE).search
    except (re.error, OverflowError, RecursionError) as error:
        raise _Unusable(f"not a regular expression: {error}") from error
    return lambda line: search(line.text) is not None or (bool(line.raw) and search(line.raw) is not None)


def _text(word: str) -> Accepts:
    wanted = word.lower()
    return lambda line: wanted in line.text.lower() or (line.raw != "" and wanted in line.raw.lower())


def _field(name: str, sign: str, value: str) -> Accepts:
    if name == "level":
        return _level(sign, value)
    if name in ("part", "task", "stream", "group") and sign in ("=", "!="):
        return _place(name, sign == "!=", value.lower())
    if sign in (">", "<", ">=", "<="):
        return _number(name, sign, value)
    return _equals(name, sign == "!=", value.lower())


def _level(sign: str, value: str) -> Accepts:
    if sign in ("=", "!="):
        wanted = {word_level(word) if word != "none" else "" for word in value.lower().split(",")}
        if "" in wanted and "none" not in value.lower():
            raise _Unusable(f"no level {value!r}: error, warn, info, debug, none")
        return lambda line: (line.level in wanted) != (sign == "!=")
    least = word_level(value)
    if not least:
        raise _Unusable(f"no level {value!r}: error, warn, info, debug")
    compare = _COMPARE[sign]
    return lambda line: compare(_RANK.get(line.level, 0), _RANK[least])


def _place(name: str, out: bool, value: str) -> Accepts:
    if name == "stream":
        return lambda line: (value in line.stream.lower()) != out
    if name == "task":
        return lambda line: line.stream.lower().rsplit("/", 1)[-1].startswith(value) != out
    return lambda line: (str(getattr(line, name)).lower() == value) != out


_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
}


def field_of(fields: Mapping[str, object], name: str) -> object:
    """A field by its name or dotted path; None when there is none."""
    if name in fields:
        return fields[name]
    value: object = fields
    for step in name.split("."):
        if not isinstance(value, Mapping) or step not in value:
            return None
        value = value[step]
    return value


def _equals(name: str, out: bool, value: str) -> Accepts:
    plain = re.compile(rf"(?<![\w.]){re.escape(name)}[\"']?\s?[=:]\s?[\"']?{re.escape(value)}(?![\w.])", re.IGNORECASE)

    def test(line: LogLine) -> bool:
        said = line.message
        if value not in said.lower():
            return False
        fields = json_fields(said)
        if fields is None:
            return plain.search(said) is not None
        found = field_of(fields, name)
        return found is not None and _plain(found) == value

    return (lambda line: not test(line)) if out else test


def _plain(value: object) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value).lower()


def _number(name: str, sign: str, value: str) -> Accepts:
    try:
        bound = float(value)
    except ValueError as error:
        raise _Unusable(f"{name}{sign} needs a number, not {value!r}") from error
    compare, last = _COMPARE[sign], name.rsplit(".", 1)[-1]
    plain = re.compile(rf"(?<![\w.]){re.escape(name)}[\"']?\s?[=:]\s?[\"']?(-?\d+(?:\.\d+)?)", re.IGNORECASE)

    def test(line: LogLine) -> bool:
        said = line.message
        if last not in said:
            return False
        fields = json_fields(said)
        found = plain.search(said) if fields is None else None
        number = found[1] if found else None if fields is None else field_of(fields, name)
        try:
            return not isinstance(number, bool) and number is not None and compare(float(str(number)), bound)
        except ValueError:
            return False

    return test
