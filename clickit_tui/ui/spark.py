"""A row of bars on a fixed scale: what is high today was high yesterday at the same height."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from math import isfinite

from clickit_tui.ui.cells import Look, Span, Spans
from clickit_tui.ui.looks import Symbols, symbols

UNICODE = symbols(False)


def spark(
    values: Sequence[float | None],
    top: float,
    cells: int,
    provisional: int = 0,
    glyphs: Symbols = UNICODE,
    look: Look = "plain",
    faint: Sequence[bool] = (),
) -> Spans:
    """Bars of `values`, oldest first, in exactly `cells` cells on the scale 0..`top` (the values' unit).

    None is a gap, distinct from zero; a value above `top` shows as `▲`. With more values than cells each cell shows the
    greatest of its values; with fewer, the bars stand at the right. The cells of the last `provisional` values are dim, and those
    whose values are all `faint` (a flag for each value).
    """
    columns = _columns(values, cells)
    fresh = len(columns) - _provisional_cells(len(values), provisional, cells)
    dimmed = _all_faint(faint, cells)
    marks = [_mark(value, top, glyphs) for value in columns]
    shown: list[tuple[str, Look]] = [(" ", "dim")] * (cells - len(columns))
    shown += [(mark, "dim" if i >= fresh or mark == glyphs.gap or (dimmed and dimmed[i]) else look) for i, mark in enumerate(marks)]
    return _joined(shown)


def _columns(values: Sequence[float | None], cells: int) -> list[float | None]:
    if cells <= 0:
        return []
    if len(values) <= cells:
        return list(values)
    edges = [len(values) * i // cells for i in range(cells + 1)]
    return [_greatest(values[a:b]) for a, b in itertools.pairwise(edges)]


def _all_faint(faint: Sequence[bool], cells: int) -> list[bool]:
    if len(faint) <= cells:
        return list(faint)
    edges = [len(faint) * i // cells for i in range(cells + 1)]
    return [all(faint[a:b]) for a, b in itertools.pairwise(edges)]


def _greatest(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None and isfinite(value)]
    return max(known, default=None)


def _provisional_cells(count: int, provisional: int, cells: int) -> int:
    if provisional <= 0 or count == 0:
        return 0
    if count <= cells:
        return min(provisional, count)
    return min(cells, -(-provisional * cells // count))


def _mark(value: float | None, top: float, glyphs: Symbols) -> str:
    if value is None or not isfinite(value):
        return glyphs.gap
    if value > top:
        return glyphs.over
    levels = len(glyphs.blocks)
    if value <= 0 or top <= 0:
        return glyphs.blocks[0]
    return glyphs.blocks[min(levels - 1, 1 + int(value / top * (levels - 1)))]


def _joined(cells: Sequence[tuple[str, Look]]) -> Spans:
    out: list[Span] = []
    for mark, look in cells:
        if out and out[-1].look == look:
            out[-1] = Span(out[-1].text + mark, look)
        else:
            out.append(Span(mark, look))
    return tuple(out)
