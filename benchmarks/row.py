"""One measured row and how rows are printed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple


class Row(NamedTuple):
    """One line of the table. A budget is a bound of the ratio (`<= 1.5x`) or of the measured value itself."""

    name: str
    measured: float
    unit: str
    baseline: float | None = None
    against: str = ""
    most: float | None = None
    """Largest allowed measured value, in `unit`."""
    most_ratio: float | None = None
    """Largest allowed ratio."""

    @property
    def ratio(self) -> float | None:
        """Measured to baseline; None without a baseline, or when it is zero."""
        return self.measured / self.baseline if self.baseline else None

    @property
    def verdict(self) -> str:
        """`ok`, `over`, or nothing when the row has no budget."""
        if self.most is None and self.most_ratio is None:
            return ""
        over = self.most is not None and self.measured > self.most
        ratio = self.ratio
        over = over or (self.most_ratio is not None and (ratio is None or ratio > self.most_ratio))
        return "over" if over else "ok"


Group = Callable[[], Iterator[Row]]
"""Measures some rows, one after the other."""


def number(value: float) -> str:
    """Three figures that matter: `0.34`, `12.8`, `1,204`."""
    if value == 0:
        return "0"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def cells(row: Row) -> tuple[str, ...]:
    """The row's columns as text."""
    ratio = row.ratio
    budget = [f"<= {number(row.most)} {row.unit}"] if row.most is not None else []
    budget += [f"<= {row.most_ratio:g}x"] if row.most_ratio is not None else []
    return (
        row.name,
        f"{number(row.measured)} {row.unit}",
        f"{number(row.baseline)} {row.unit}  {row.against}" if row.baseline is not None else row.against,
        f"{ratio:.2f}x" if ratio is not None else "",
        ", ".join(budget),
        row.verdict,
    )


HEADINGS = ("row", "measured", "baseline", "ratio", "budget", "")


def table(rows: Iterable[Row]) -> str:
    """The rows as a Markdown table with aligned columns."""
    lines = [HEADINGS, *(cells(row) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEADINGS))]
    drawn = [_joined(line, widths) for line in lines]
    return "\n".join([drawn[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *drawn[1:]])


def _joined(line: Sequence[str], widths: Sequence[int]) -> str:
    return "| " + " | ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)) + " |"


def p95(values: Sequence[float]) -> float:
    """The value that 95 % do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * 95 // 100) - 1)]
