"""How far this machine's clock is from AWS's: every answer carries the time of the service that gave it."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from clickit_tui.world.words import clock_words

TOLD_S = 30.0
"""A smaller difference may be the way of the answer."""


def ahead_s(headers: object, now: float) -> float | None:
    """Seconds by which our clock is ahead of the service's, by an answer's headers; None when these tell no time."""
    date = headers.get("date") if isinstance(headers, Mapping) else None
    try:
        return now - parsedate_to_datetime(str(date)).timestamp()
    except (ValueError, OverflowError):
        return None


def skew_s(answer: Mapping[str, Any], now: float) -> float:
    """Seconds by which our clock is ahead of the service's, negative when behind; 0 within `TOLD_S` or when the answer tells no time."""
    metadata = answer.get("ResponseMetadata")
    ahead = ahead_s(metadata.get("HTTPHeaders") if isinstance(metadata, Mapping) else None, now)
    return round(ahead) if ahead is not None and abs(ahead) >= TOLD_S else 0.0


def refused_for(answer: Mapping[str, Any], now: float, code: str) -> str:
    """That a signature was refused because of our clock; empty when the clock is right."""
    ahead = skew_s(answer, now)
    return f"{clock_words(ahead)}, so AWS refuses every signature ({code})" if ahead else ""
