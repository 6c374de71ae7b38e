"""docs/clickit.schema.json and the tables of docs/configuration.md, made of the structs that read the file: `make schema`."""

from __future__ import annotations

import re

import msgspec

from clickit_tui.headless.configuration import EMPTY, SECTIONS, meanings, text
from clickit_tui.naming import Names, names
from tests.documents.commands import ROOT

SCHEMA = ROOT / "docs" / "clickit.schema.json"
DOCUMENT = ROOT / "docs" / "configuration.md"
_PLACE = re.compile(r"<!-- keys of (?P<name>[\w.]+) -->\n.*?<!-- end -->", re.S)


def lines(name: str) -> list[str]:
    """A table of one section's keys."""
    section = SECTIONS[name]
    fields = [f for f in msgspec.structs.fields(section) if f.name != "env"]
    rows = [f"| `{f.name}` | {_named(f.name) if section is Names else _usual(f)} | {meanings(section).get(f.name, '')} |" for f in fields]
    return ["| key | usual | meaning |", "|---|---|---|", *rows]


def _named(key: str) -> str:
    """What the runbook calls it."""
    usual = getattr(names("NAME"), key)
    return f"`{usual}`" if isinstance(usual, str) else ", ".join(f"`{name}`" for name in usual.values())


def _usual(field: msgspec.structs.FieldInfo) -> str:
    """The default as TOML writes it; empty where there is none to tell."""
    usual = field.default
    if usual is msgspec.NODEFAULT or usual is None or isinstance(usual, msgspec.Struct) or usual in EMPTY:
        return ""
    if isinstance(usual, bool):
        return f"`{str(usual).lower()}`"
    if isinstance(usual, tuple):
        return f"`{list(usual)}`".replace("'", '"')
    return f'`"{usual}"`' if isinstance(usual, str) else f"`{usual:g}`"


def renewed(document: str) -> str:
    """The document with its tables made anew."""
    return _PLACE.sub(lambda found: "\n".join([f"<!-- keys of {found['name']} -->", *lines(found["name"]), "<!-- end -->"]), document)


if __name__ == "__main__":
    SCHEMA.write_text(text(), "utf-8")
    DOCUMENT.write_text(renewed(DOCUMENT.read_text("utf-8")), "utf-8")
