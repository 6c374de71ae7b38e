"""The records that Logs Insights works on, and their values."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

Value = Any
"""A number, text, Time or None for a field that the record does not have."""


class Time(int):
    """Epoch milliseconds, written as a date."""


class Row:
    """One record: the built-in fields, those that `parse` and `fields` made, and those discovered in a JSON message."""

    def __init__(self, timestamp: int, ingestion: int, message: str, stream: str, log: str, id: str) -> None:
        pointer = base64.b64encode(id.encode()).decode()
        self.made: dict[str, Value] = {
            "@timestamp": Time(timestamp),
            "@ingestionTime": Time(ingestion),
            "@message": message,
            "@logStream": stream,
            "@log": log,
            "@ptr": pointer,
        }
        self._json: dict[str, Value] | None = None

    @classmethod
    def of(cls, made: dict[str, Value]) -> Row:
        """A row with just these fields, such as `stats` makes."""
        row = cls.__new__(cls)
        row.made, row._json = made, {}
        return row

    def get(self, name: str) -> Value:
        """The field's value, or None."""
        if name in self.made:
            return self.made[name]
        if name.startswith("@"):
            return None
        if self._json is None:
            self._json = _discovered(self.made["@message"])
        return self._json.get(name)


def _discovered(message: str) -> dict[str, Value]:
    """The fields of a JSON message, nested ones as a.b and a.0."""
    start = message.find("{")
    if start < 0:
        return {}
    try:
        value, _ = json.JSONDecoder().raw_decode(message, start)
    except (ValueError, RecursionError):
        return {}
    found: dict[str, Value] = {}
    _flatten(value, "", found)
    return found


def _flatten(value: object, prefix: str, found: dict[str, Value]) -> None:
    if isinstance(value, dict | list):
        for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
            _flatten(inner, f"{prefix}.{name}" if prefix else str(name), found)
    else:
        found[prefix] = int(value) if isinstance(value, bool) else value


def text(value: Value) -> str:
    """A value as GetQueryResults writes it: dates to the millisecond, at most four decimals."""
    if isinstance(value, Time):
        at = datetime.fromtimestamp(value // 1000, UTC)
        return f"{at:%Y-%m-%d %H:%M:%S}.{value % 1000:03d}"
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else f"{value:.4f}".rstrip("0")
    return str(value)


def number(value: Value) -> float | None:
    """The value as a number, if it is one or a text that reads as one."""
    if isinstance(value, int | float):
        return float(value)
    try:
        return float(value) if isinstance(value, str) else None
    except ValueError:
        return None


def rank(value: Value) -> tuple[int, float, str]:
    """Numbers before texts, by size; a missing field is the smallest."""
    size = number(value)
    return (1, size, "") if size is not None else (0, 0.0, "") if value is None else (2, 0.0, str(value))
