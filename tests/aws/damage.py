"""Strategies that damage a recorded answer: members dropped, set to null, or replaced by something of an odd type."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec
from hypothesis import strategies as st

ODD: tuple[Any, ...] = (None, "", "x", -1, 3.5, True, [], {}, [None], ["x", 7], {"x": "y"}, float("nan"), "\x1b[31m[/x]\x00\n", 10**400)


@st.composite
def damaged(draw: st.DrawFn, answer: Any) -> Any:
    """The answer with some of its members missing or odd, at any depth."""
    if isinstance(answer, dict):
        kept = {}
        for key, value in answer.items():
            what = draw(st.integers(0, 9))
            if what == 0:
                continue
            kept[key] = draw(st.sampled_from(ODD)) if what == 1 else draw(damaged(value))
        return kept
    if isinstance(answer, list):
        return [draw(damaged(item)) if draw(st.integers(0, 9)) else draw(st.sampled_from(ODD)) for item in answer]
    return answer


def numbers(value: Any) -> Iterator[float]:
    """Every number in a parsed value or an answer, booleans left out, times as epoch seconds."""
    if isinstance(value, bool):
        return
    if isinstance(value, (int, float)):
        yield float(value) if value < 10**300 else 0.0
    elif isinstance(value, datetime):
        yield value.timestamp()
    elif isinstance(value, str) and value.replace(".", "", 1).isdigit():
        yield float(value)
    elif isinstance(value, dict):
        for item in value.values():
            yield from numbers(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from numbers(item)
    elif isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            yield from numbers(getattr(value, field))


def strings(value: Any) -> Iterator[str]:
    """Every string in a parsed value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from strings(item)
    elif isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            yield from strings(getattr(value, field))


def hollow(value: Any, path: str = "") -> Iterator[str]:
    """Paths of the members of a parsed value that are None or empty."""
    if value is None or value in ("", ()):
        yield path
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from hollow(item, f"{path}[{index}]")
    elif isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            yield from hollow(getattr(value, field), f"{path}.{field}")
