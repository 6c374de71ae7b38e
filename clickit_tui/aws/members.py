"""Reading AWS answers without trusting them: any member may be missing, null or of an odd type; nothing here raises.

Every function takes an answer and the path of a member. What cannot be read is None, an empty string or an empty list: unknown, never zero.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from clickit_tui.logs.mask import mask
from clickit_tui.world.seen import clean

Json = Mapping[str, Any]
"""One structure of an answer, as botocore parsed it."""


def member(answer: object, *path: str) -> object:
    """The member at a path, or None as soon as a step is missing or is no structure."""
    for key in path:
        if not isinstance(answer, Mapping):
            return None
        answer = answer.get(key)
    return answer


def text(answer: object, *path: str, limit: int = 4000) -> str:
    """A string without control characters; a number as its digits; otherwise empty."""
    found = member(answer, *path)
    if isinstance(found, str):
        return clean(found, limit)
    sensible = isinstance(found, (int, float)) and not isinstance(found, bool) and -1e18 < found < 1e18
    return str(found) if sensible else ""


def said(answer: object, *path: str) -> str:
    """A sentence that somebody or some program wrote, as `text`, with secrets masked: reasons repeat what a command or a log line held."""
    return mask(text(answer, *path))


def number(answer: object, *path: str) -> float | None:
    """A finite number, also when it came as a string."""
    found = member(answer, *path)
    if isinstance(found, bool) or not isinstance(found, (str, int, float)):
        return None
    try:
        value = float(found)
    except (ValueError, OverflowError):
        return None
    return value if math.isfinite(value) else None


def integer(answer: object, *path: str) -> int | None:
    """A whole number, also when it came as a string or as 3.0."""
    value = number(answer, *path)
    return int(value) if value is not None and value.is_integer() else None


def flag(answer: object, *path: str) -> bool | None:
    """A boolean, also when it came as the word `true` or `false`."""
    found = member(answer, *path)
    if isinstance(found, str):
        return {"true": True, "false": False}.get(found.lower())
    return found if isinstance(found, bool) else None


def when(answer: object, *path: str) -> float | None:
    """A time in epoch seconds; botocore gives datetimes, some endpoints numbers (seconds or milliseconds) or ISO 8601 text."""
    return moment(member(answer, *path))


def moment(found: object) -> float | None:
    """Epoch seconds of a datetime (naive ones are UTC), a number or ISO 8601 text."""
    try:
        if isinstance(found, str):
            found = float(found) if found.replace(".", "", 1).isdigit() else datetime.fromisoformat(found)
        if isinstance(found, datetime):
            found = (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
    if isinstance(found, bool) or not isinstance(found, (int, float)) or not 0 < found < 1e14:
        return None
    return found / 1000 if found > 1e11 else float(found)


def records(answer: object, *path: str) -> list[Json]:
    """The structures of a list; items of other types are left out."""
    found = member(answer, *path)
    return [item for item in found if isinstance(item, Mapping)] if isinstance(found, (list, tuple)) else []


def words(answer: object, *path: str) -> tuple[str, ...]:
    """The strings of a list, cleaned; empty ones and other types are left out."""
    found = member(answer, *path)
    return tuple(clean(item) for item in found if isinstance(item, str) and item) if isinstance(found, (list, tuple)) else ()


def tail(arn: str) -> str:
    """The part of an ARN after its last slash, or after its last colon when it has none."""
    return arn.rsplit("/", 1)[-1].rsplit(":", 1)[-1]
