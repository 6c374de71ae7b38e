"""What is said of a mistake in the configuration: the file, the key, and the nearest word that would be right."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from clickit_tui.naming import LOG_SOURCES, Names, names, nearest

T = TypeVar("T")
_KINDS = {
    "bool": "true or false",
    "str": "a text, in quotes",
    "int": "a number",
    "float": "a number",
    "object": "a table",
    "array": "a list",
}
"""What msgspec calls the kinds of TOML's values, in words."""
_NAME = re.compile(r"[A-Za-z0-9._/#+=@-]{1,512}")
"""What the names of clusters, services, instances, log groups, repositories and secrets are made of; no wildcard, and never nothing."""
_NAMES = tuple(field for field in Names.__struct_fields__ if field != "env")


DAY_MINUTES = 1_440


class ConfigError(Exception):
    """The configuration cannot be used; the message names the file, the key and, for a misspelling, the nearest known one."""


def typed(path: Path, prefix: str, table: Mapping[str, object], kind: type[T]) -> T:
    """The table as a value of that kind. Raises ConfigError."""
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: {_plain(error, prefix)}") from error


def _plain(error: msgspec.ValidationError, prefix: str) -> str:
    """`environments.prod.account: must be a text, in quotes, and is a number` from msgspec's message."""
    what, _, where = str(error).partition(" - at `$")
    kinds = re.match(r"Expected `(\w+)(?: \| null)?`, got `(\w+)`", what)
    said = what[:1].lower() + what[1:]
    if kinds is not None and kinds[1] in _KINDS and kinds[2] in _KINDS:
        said = f"must be {_KINDS[kinds[1]]}, and is {_KINDS[kinds[2]].partition(',')[0]}"
    return f"{prefix}{where.strip('`.') or 'the file'}: {said}"


def _hint(word: str, known: tuple[str, ...], words: str) -> str:
    near = nearest(word, known)
    return f"did you mean `{near}`?" if near else f"{words}: {', '.join(known)}"


def spelling(path: Path, key: str, table: object, known: Iterable[str]) -> None:
    """No key of the table is unknown."""
    known = tuple(known)
    for word in table if isinstance(table, dict) else ():
        if word not in known:
            raise ConfigError(f"{path}: {f'{key}.' if key else ''}{word}: unknown key; {_hint(word, known, 'known here')}")


def limits(path: Path, key: str, table: object, kind: type[msgspec.Struct]) -> None:
    """Only keys of that kind, each a number, a whole one where the usual value is whole."""
    spelling(path, key, table, kind.__struct_fields__)
    for word, value in table.items() if isinstance(table, dict) else ():
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1e12:
            raise ConfigError(f"{path}: {key}.{word}: must be a number, 0 or more")
        if word.endswith("_minutes") and value > DAY_MINUTES:
            raise ConfigError(f"{path}: {key}.{word}: must be at most {DAY_MINUTES:,}: no more minutes are looked at")
        if isinstance(value, float) and not value.is_integer() and isinstance(getattr(kind(), word), int):
            raise ConfigError(f"{path}: {key}.{word}: must be a whole number")


def choices(path: Path, table: Mapping[str, object], kind: type[msgspec.Struct]) -> None:
    """Words of which there are only some: the theme, the clock, the ways to tell."""
    for key, hint in get_type_hints(kind).items():
        known = _literals(hint)
        value = table.get(key)
        for word in value if isinstance(value, list) else (value,):
            if known and isinstance(word, str) and word not in known:
                raise ConfigError(f"{path}: {key}: there is no `{word}`; {_hint(word, known, 'known')}")


def _literals(hint: object) -> tuple[str, ...]:
    """The words that a key may have, itself or each in its list; empty where any may be."""
    inner = get_args(hint)[:1] if get_origin(hint) is tuple else (hint,)
    return tuple(word for each in inner if get_origin(each) is Literal for word in get_args(each))


def texts(path: Path, key: str, table: object) -> None:
    """Every value is a text. A name with a point is a table in TOML unless it stands in quotes."""
    for word, value in table.items() if isinstance(table, dict) else ():
        if isinstance(value, dict):
            inner = f"{word}.{next(iter(value), '')}"
            raise ConfigError(f'{path}: {key}.{inner}: write the name in quotes: "{inner}" = "..."')
        if not isinstance(value, str):
            raise ConfigError(f"{path}: {key}.{word}: must be a text, in quotes")


def printable(path: Path, key: str, value: object) -> None:
    """No key and no text has a character in it that a terminal would obey."""
    if isinstance(value, dict):
        for word, inner in value.items():
            where = f"{key}.{word}" if key else word
            if not word.isprintable():
                raise ConfigError(f"{path}: {ascii(where)[1:-1]}: unknown key, with characters in it that cannot be shown")
            printable(path, where, inner)
    elif isinstance(value, list):
        for inner in value:
            printable(path, key, inner)
    elif isinstance(value, str) and not value.isprintable():
        raise ConfigError(f"{path}: {key}: {value!a} has characters in it that cannot be shown")


def pattern(path: Path, key: str, text: str) -> None:
    """A regular expression that finds something, and not everything."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            empty = re.search(text, "")
    except (re.error, OverflowError, RecursionError) as error:
        raise ConfigError(f"{path}: {key}: `{_short(text)}` is no regular expression: {error}") from error
    if empty:
        raise ConfigError(f"{path}: {key}: `{_short(text)}` matches where there is nothing, so it would mask everything")


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:80]}…"


def named(path: Path, key: str, table: object) -> None:
    """Names as the runbook has them: a text, or a table by part."""
    spelling(path, key, table, _NAMES)
    plain = names("dev")
    for word, value in table.items() if isinstance(table, dict) else ():
        nested = isinstance(getattr(plain, word), Mapping)
        if nested != isinstance(value, dict):
            wanted = 'a table by part, e.g. { api = "name" }' if nested else "a text"
            raise ConfigError(f"{path}: {key}.{word}: must be {wanted}")
        if isinstance(value, dict):
            spelling(path, f"{key}.{word}", value, LOG_SOURCES)
        for part, name in value.items() if isinstance(value, dict) else (("", value),):
            if isinstance(name, str) and not _NAME.fullmatch(name):
                where = f"{key}.{word}{f'.{part}' if part else ''}"
                raise ConfigError(f"{path}: {where}: must be a name as AWS has them: letters, digits and any of . _ - / # + = @")
