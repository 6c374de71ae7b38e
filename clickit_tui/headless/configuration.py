"""`clickit-tui config`: the JSON schema of the configuration, and whether a file can be used; both without AWS."""

from __future__ import annotations

import ast
import inspect
import json
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import Any, TextIO

import msgspec

from clickit_tui.config import ENVIRONMENT_NAME, Config, ConfigError, Environment, File, Reach, Thresholds, choose
from clickit_tui.naming import LOG_SOURCES, Names
from clickit_tui.world.seen import clean

OK, UNUSABLE = 0, 4
SECTIONS: Mapping[str, type[msgspec.Struct]] = {
    "clickit.toml": File,
    "environment": Environment,
    "checks": Thresholds,
    "shell": Reach,
    "names": Names,
}
"""The tables of the file, by what the schema calls them."""
EMPTY: tuple[object, ...] = ("", (), {}, [])
_LIMITS = ("thresholds", "checks")


@cache
def meanings(section: type[msgspec.Struct]) -> Mapping[str, str]:
    """What each key means, by key: the docstrings under the fields."""
    body = ast.parse(textwrap.dedent(inspect.getsource(section))).body[0]
    lines = body.body if isinstance(body, ast.ClassDef) else []
    return dict(_pairs(lines))


def _pairs(lines: Sequence[ast.stmt]) -> Iterator[tuple[str, str]]:
    for field, said in pairwise(lines):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(said, ast.Expr):
            text = ast.literal_eval(said.value)
            yield field.target.id, " ".join(str(text).split())


def schema() -> dict[str, Any]:
    """The JSON schema, made of the structs that read the file: what they refuse, an editor marks."""
    kinds = {kind.__name__: name for name, kind in SECTIONS.items()}
    _, found = msgspec.json.schema_components(SECTIONS.values(), ref_template="{name}")
    tables = {name: _table(found[kind], SECTIONS[name]) for kind, name in kinds.items() if kind in found}
    for table in (tables["clickit.toml"], tables["environment"]):
        table["properties"] |= {key: {"$ref": "#/$defs/checks", "description": table["properties"][key]["description"]} for key in _LIMITS}
    tables["clickit.toml"]["properties"]["shell"] = {"$ref": "#/$defs/shell"}
    tables["clickit.toml"]["properties"]["environments"] |= {
        "additionalProperties": {"$ref": "#/$defs/environment"},
        "propertyNames": {"pattern": f"^{ENVIRONMENT_NAME.pattern}$"},
    }
    tables["environment"]["properties"]["account"]["pattern"] = r"^\d{12}$"
    tables["environment"]["properties"]["names"] = {"$ref": "#/$defs/names"}
    top = tables.pop("clickit.toml")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "clickit.toml", **top, "$defs": tables}


def _table(found: Mapping[str, Any], section: type[msgspec.Struct]) -> dict[str, Any]:
    said = meanings(section)
    properties = {
        key: _property(key, dict(value), section, said.get(key, "")) for key, value in found["properties"].items() if key != "env"
    }
    return {"type": "object", "description": inspect.getdoc(section), "properties": properties, "additionalProperties": False}


def _property(key: str, found: dict[str, Any], section: type[msgspec.Struct], said: str) -> dict[str, Any]:
    """One key: without null, which TOML has not, and without a default that says nothing."""
    choices = [each for each in found.pop("anyOf", ()) if each != {"type": "null"}]
    found |= choices[0] if len(choices) == 1 else {"anyOf": choices} if choices else {}
    if found.get("default") is None or found["default"] in EMPTY:
        found.pop("default", None)
    if section is Thresholds:
        found["minimum"] = 0
    if section is Names and found["type"] == "object":
        found = {"type": "object", "properties": {part: {"type": "string"} for part in LOG_SOURCES}, "additionalProperties": False}
    return {"description": said, **found}


def text() -> str:
    """The schema as it is printed and kept."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def check(config: Config, refused: Sequence[str], *, out: TextIO | None = None, err: TextIO | None = None) -> int:
    """Print what each environment is with this file; `refused` are sentences about keys that cannot be had."""
    stream, wrong = out or sys.stdout, err or sys.stderr
    try:
        each = [choose(config, name) for name in config.environments]
    except ConfigError as error:
        wrong.write(f"clickit-tui: {clean(error)}\n")
        return UNUSABLE
    stream.write(f"{config.file or 'no configuration file: the defaults'}\n")
    stream.writelines(f"  {line}\n" for line in table([(c.env, *described(c)) for c in each]))
    wrong.writelines(f"clickit-tui: {clean(sentence)}\n" for sentence in (*config.notes, *refused))
    return UNUSABLE if refused else OK


def described(config: Config) -> tuple[str, ...]:
    """What is known of an environment before anything is read: protection, mode, where."""
    return (
        "protected" if config.protected else "not protected",
        "read-only" if config.read_only else "",
        f"profile {config.profile}" if config.profile else "",
        config.account,
        config.region,
    )


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows in columns as wide as their widest cell; columns that are empty throughout are left out."""
    columns = [column for column in zip(*rows, strict=True) if any(column)]
    widths = [max(map(len, column)) for column in columns]
    return ["  ".join(f"{cell:<{cells}}" for cell, cells in zip(row, widths, strict=True)).rstrip() for row in zip(*columns, strict=True)]
