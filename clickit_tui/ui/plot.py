"""A full-size plot with axes, levels and marks, drawn by plotext in a thread; the event loop only paints what is done."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Sequence
from typing import NamedTuple

from clickit_tui.ui.cells import Look, Span, Spans, fit, width
from clickit_tui.ui.lines import Canvas

AXIS = 9
"""Cells of the value axis, its line included."""
LEAST = (30, 6)
"""Smallest plot, columns and rows."""

_ONE_AT_A_TIME = threading.Lock()
"""plotext has one figure for the whole process."""

_LOOKS: tuple[Look, ...] = ("plain", "dim", "bold", "title", "ok", "warn", "fail", "unknown", "accent", "s0", "s1", "s2", "s3", "s4", "s5")
_FIRST = 20
"""The colour number that stands for the first look while plotext draws."""
_INK = re.compile(r"\x1b\[(?:38;5;(\d+)|[0-9;]*)m")


class Stroke(NamedTuple):
    """A run of points without a gap; one point is drawn as a dot."""

    points: tuple[tuple[float, float], ...]
    look: Look = "plain"


class Mark(NamedTuple):
    """Something that happened at a moment: a letter under the plot, and a line through it."""

    at: float
    sign: str
    look: Look = "dim"
    words: str = ""


class Picture(NamedTuple):
    """What is drawn: everything in the units of the axes, times in epoch seconds."""

    left: float
    right: float
    top: float
    strokes: tuple[Stroke, ...] = ()
    levels: tuple[tuple[float, Look], ...] = ()
    """Horizontal lines."""
    marks: tuple[Mark, ...] = ()
    times: tuple[tuple[float, str], ...] = ()
    """Moments named on the time axis."""
    heights: tuple[tuple[float, str], ...] = ()
    """Values named on the value axis."""
    cursor: float | None = None
    words: str = ""
    """Stands in the middle of a plot without points."""


def column(picture: Picture, at: float, cells: int) -> int | None:
    """The cell of a moment, counted from the left edge of a plot that is so wide; None when it is not in sight."""
    inner, span = cells - AXIS - 1, picture.right - picture.left
    if not picture.left <= at <= picture.right or span <= 0 or inner < 2:
        return None
    return AXIS + round((at - picture.left) / span * (inner - 1))


def drawn(picture: Picture, cells: int, rows: int, ascii: bool = False) -> tuple[Spans, ...]:
    """The plot in exactly `rows` lines: frame, strokes, axes and a row of marks. Slow: tens of milliseconds; safe in any thread."""
    with _ONE_AT_A_TIME:
        text = _plotted(picture, max(LEAST[0], cells), max(LEAST[1], rows - 1), ascii)
    lines = [_spans(line, cells) for line in text.split("\n")][: rows - 1]
    lines += [()] * (rows - 1 - len(lines))
    return (*_worded(lines, picture, cells), mark_row(picture, cells))


def _plotted(picture: Picture, cells: int, rows: int, ascii: bool) -> str:
    """Frame, levels, strokes and axes as plotext prints them."""
    import plotext

    plotext.clear_figure()
    plotext.limit_size(False, False)
    plotext.plot_size(cells, rows)
    plotext.theme("clear")
    plotext.xlim(picture.left, picture.right)
    plotext.ylim(0, picture.top)
    for level, look in picture.levels:
        if 0 <= level <= picture.top:
            plotext.hline(level, _ink(look))
    for stroke in picture.strokes:
        x, y = [at for at, _ in stroke.points], [min(value, picture.top) for _, value in stroke.points]
        draw = plotext.scatter if len(x) == 1 else plotext.plot
        draw(x, y, marker="*" if ascii else "hd" if len(x) > 1 else "dot", color=_ink(stroke.look))
    if not picture.strokes:
        plotext.scatter([picture.left], [picture.top], marker=" ")
    plotext.xticks([at for at, _ in picture.times], [text for _, text in picture.times])
    plotext.yticks([value for value, _ in picture.heights], [fit(text, AXIS - 1, right=True) for _, text in picture.heights])
    return str(plotext.build())


def _ink(look: Look) -> int:
    return _FIRST + _LOOKS.index(look)


def _spans(line: str, cells: int) -> Spans:
    """One line of plotext's output, its colour numbers turned back into looks."""
    found: list[Span] = []
    look: Look = "dim"
    end = 0
    for ink in _INK.finditer(line):
        _add(found, line[end : ink.start()], look)
        number = int(ink[1] or -1) - _FIRST
        look, end = _LOOKS[number] if 0 <= number < len(_LOOKS) else "dim", ink.end()
    _add(found, line[end:], look)
    have = sum(width(span.text) for span in found)
    return (*found, Span(" " * (cells - have))) if have < cells else tuple(found)


def _add(found: list[Span], text: str, look: Look) -> None:
    plain = text.replace("┼", "┤") if not found else text
    if plain:
        found.append(Span(plain, look))


def _worded(lines: Sequence[Spans], picture: Picture, cells: int) -> list[Spans]:
    """The words of an empty plot in its middle row."""
    if not picture.words or picture.strokes:
        return list(lines)
    middle = len(lines) // 2
    words = fit(picture.words, min(width(picture.words), cells - AXIS - 4))
    room = cells - AXIS - 1
    left = (room - width(words)) // 2
    row: Spans = (
        Span(" " * (AXIS - 1) + "│", "dim"),
        Span(" " * left + words + " " * (room - left - width(words)), "unknown"),
        Span("│", "dim"),
    )
    return [*lines[:middle], row, *lines[middle + 1 :]]


def mark_row(picture: Picture, cells: int) -> Spans:
    """The letters of what happened, each under its moment; a later one wins where two meet."""
    row: list[tuple[str, Look]] = [(" ", "dim")] * cells
    for mark in picture.marks:
        at = column(picture, mark.at, cells)
        if at is not None:
            row[at] = (mark.sign[:1], mark.look)
    return tuple(Span(char, look) for char, look in row)


def with_cursor(lines: Sequence[Spans], picture: Picture, cells: int, bar: str) -> tuple[Spans, ...]:
    """The lines with the cursor laid over them: in every row a bar where the plot is blank, and the cell made bright where it is not."""
    at = None if picture.cursor is None else column(picture, picture.cursor, cells)
    if at is None:
        return tuple(lines)
    inner = lines[:-3]
    return (*(_barred(line, at, bar) for line in inner), *lines[len(inner) :])


def _barred(line: Spans, at: int, bar: str) -> Spans:
    out: list[Span] = []
    seen = 0
    for text, look in line:
        if seen <= at < seen + len(text):
            cut = at - seen
            char = bar if text[cut] in " ⠀" else text[cut]
            out += [Span(text[:cut], look), Span(char, "bold"), Span(text[cut + 1 :], look)]
        else:
            out.append(Span(text, look))
        seen += len(text)
    return tuple(span for span in out if span.text)


class PlotView(Canvas, can_focus=True):
    """Shows a picture. A new one is drawn in a thread; until it is done the former one stays, and of several only the newest is drawn."""

    DEFAULT_CSS = "PlotView { height: 1fr; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._picture: Picture | None = None
        self._lines: tuple[Spans, ...] = ()
        self._of: tuple[object, ...] = ()
        self._drawing: asyncio.Task[None] | None = None

    @property
    def settled(self) -> bool:
        """Whether what was last given is what is shown."""
        return self._picture is not None and self._of == self._wanted()

    def show(self, picture: Picture) -> None:
        """Show a picture as soon as it is drawn; a cursor that moved needs no drawing."""
        self._picture = picture
        if self.settled:
            self._paint_lines()
        elif self.is_mounted and self.content_size.width and (self._drawing is None or self._drawing.done()):
            self._drawing = asyncio.create_task(self._draw())

    def _wanted(self) -> tuple[object, ...]:
        picture = self._picture._replace(cursor=None) if self._picture else None
        return (picture, self.content_size.width, self.content_size.height)

    async def _draw(self) -> None:
        while self._picture is not None and not self.settled and self.content_size.width:
            wanted, size = self._wanted(), self.content_size
            self._lines = await asyncio.to_thread(drawn, self._picture, size.width, size.height, self.symbols.ascii)
            self._of = wanted
        self._paint_lines()

    def _paint_lines(self) -> None:
        if self._picture is not None:
            self.paint(with_cursor(self._lines, self._picture, self.content_size.width, self.symbols.bar))

    def on_resize(self) -> None:
        """Drawn anew for the new size."""
        if self._picture is not None:
            self.show(self._picture)

    def on_unmount(self) -> None:
        """Nothing is drawn for a screen that is gone."""
        if self._drawing is not None:
            self._drawing.cancel()
