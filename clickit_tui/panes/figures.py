"""Numbers as the screens print them: fixed widths, units, and the difference between zero, no data and no permission."""

from __future__ import annotations

from clickit_tui.world.minutes import CLOSED_S, read
from clickit_tui.world.parts import Metrics, Series


def ago(seconds: float) -> str:
    """An age in at most four cells: `42s`, `6m`, `3h`, `12d`."""
    s = max(0, int(seconds))
    if s < 60:
        return f"{s}s"
    if s < 3600:
        return f"{s // 60}m"
    return f"{s // 3600}h" if s < 86400 else f"{s // 86400}d"


def since_minutes(at: float | None, now: float) -> str:
    """An age that changes only when a minute of the clock begins: `<1m`, `6m`, `3h`; `?` when the time is unknown.

    After the first minute it is the difference of the two times as a clock without seconds shows them.
    """
    if at is None:
        return "?"
    return "<1m" if now - at < 60 else ago((now // 60 - at // 60) * 60)


def count(value: float) -> str:
    """A count in at most five cells: `412`, `12.3k`, `1.2M`."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= size:
            scaled = value / (1e3 if unit == "k" else size)
            return f"{scaled:.0f}{unit}" if scaled >= 100 else f"{scaled:.1f}{unit}"
    return f"{value:.0f}"


def amount(value: float, unit: str) -> str:
    """A value with its unit, in at most eight cells."""
    if unit == "%":
        return f"{value:.0f} %"
    if unit == "s":
        return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s"
    if unit == "B":
        return f"{value / 2**30:.1f} GiB" if value >= 2**30 else f"{value / 2**20:.0f} MiB"
    return count(value) + unit


def buckets(metrics: Metrics | None, key: str, end: float, cells: int) -> list[float | None]:
    """One value a minute for the last `cells` minutes before `end` (epoch seconds), oldest first; None is no data."""
    last = int(end // 60) * 60
    minutes = tuple(float(last - i * 60) for i in range(cells, 0, -1))
    found = read(metrics, key, minutes) if metrics else None
    return list(found.values) if found else [None] * cells


def provisional_cells(end: float, cells: int) -> int:
    """How many of the newest minutes are still growing (their sums are too low)."""
    last = int(end // 60) * 60
    return sum(1 for i in range(1, cells + 1) if end - (last - i * 60) < CLOSED_S)


def get(metrics: Metrics | None, key: str) -> Series | None:
    return metrics.series.get(key) if metrics else None
