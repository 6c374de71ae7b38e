"""Spans of time, moments and durations in words, the same in every sentence."""

from __future__ import annotations

from datetime import UTC, datetime


def spell(seconds: float) -> str:
    """A duration with its two largest units: `40 s`, `1 m 12 s`, `3 h 5 m`, `2 d 4 h`; never negative."""
    s = max(0, int(seconds))
    for unit, size, smaller, part in (("d", 86400, "h", 3600), ("h", 3600, "m", 60), ("m", 60, "s", 1)):
        if s >= size:
            rest = s % size // part
            return f"{s // size} {unit} {rest} {smaller}" if rest else f"{s // size} {unit}"
    return f"{s} s"


def brief(seconds: float) -> str:
    """A duration with its largest unit only: `40 s`, `4 m`, `3 h`, `2 d`."""
    return " ".join(spell(seconds).split(" ")[:2])


def clock(at: float) -> str:
    """A moment as `14:03Z`."""
    return datetime.fromtimestamp(at, UTC).strftime("%H:%MZ")


def several(count: int, one: str, many: str = "") -> str:
    """A count with its noun: `1 task`, `3 tasks`."""
    return f"{count} {one if count == 1 else many or one + 's'}"
