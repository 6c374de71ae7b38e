"""A widget that shows lines of spans and sends to the terminal only what differs from what it showed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar

from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from clickit_tui.ui.cells import Spans, width
from clickit_tui.ui.looks import Base, Brush, Symbols, brush_of, cropped, segments

Cell = tuple[str, str, Base]
"""What one terminal cell shows: its character (empty in the right half of a wide one), look, and what lies under it."""


def cell_row(spans: Spans, cells: int, base: Base = "") -> list[Cell]:
    """A line as its terminal cells; the right half of a wide character repeats it, so that the two never differ apart."""
    out: list[Cell] = []
    for text, look in cropped(spans, cells):
        if text.isascii():
            out.extend((char, look, base) for char in text)
            continue
        for char in text:
            span = width(char)
            if span == 0 and out:
                before = out[-1]
                out[-1] = (before[0] + char, before[1], before[2])
            out.extend((char if i == 0 else f"{char}+", look, base) for i in range(span))
    out.extend([(" ", "plain", base)] * (cells - len(out)))
    return out[:cells]


def changed_span(old: Spans, new: Spans, cells: int, bases: tuple[Base, Base] = ("", "")) -> tuple[int, int] | None:
    """First changed column and the number of columns to the last changed one; None when both look alike."""
    if old == new and bases[0] == bases[1]:
        return None
    before, after = cell_row(old, cells, bases[0]), cell_row(new, cells, bases[1])
    differing = [x for x in range(cells) if before[x] != after[x]]
    return (differing[0], differing[-1] - differing[0] + 1) if differing else None


class Canvas(Widget):
    """Lines from the top, cut to the width; nothing is sent while nothing changes. Height `auto` is the number of lines.

    What the widgets of this room are made of; `Lines` is the one that shows just what it is given.
    """

    DEFAULT_CSS: ClassVar[str] = "Canvas { width: 1fr; height: auto; }"

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._shown: tuple[Spans, ...] = ()
        self._bases: Mapping[int, Base] = {}

    def on_mount(self) -> None:
        """Another theme paints every line anew."""
        self.app.theme_changed_signal.subscribe(self, lambda _: self.refresh())

    def on_unmount(self) -> None:
        """The signal would keep what a dialog showed until the theme changes, and Textual's cache of styles its drawn lines."""
        self.app.theme_changed_signal.unsubscribe(self)
        self.refresh()

    @property
    def shown(self) -> tuple[Spans, ...]:
        """The lines last painted; what tests and text snapshots read."""
        return self._shown

    @property
    def text(self) -> str:
        """The lines without their looks."""
        return "\n".join("".join(span.text for span in line) for line in self._shown)

    @property
    def brush(self) -> Brush:
        return brush_of(self.app)

    @property
    def symbols(self) -> Symbols:
        """The glyphs this terminal can show."""
        return self.brush.symbols

    def paint(self, lines: Sequence[Spans], bases: Mapping[int, Base] = MappingProxyType({})) -> None:
        """Replace what is shown; repaints only the columns that differ. `bases`: what lies under some lines (by index), e.g. the cursor."""
        old, old_bases = self._shown, self._bases
        self._shown, self._bases = tuple(lines), bases
        if not self.is_mounted:
            return
        if len(old) != len(self._shown) and self.styles.is_auto_height:
            self.refresh(layout=True)
            return
        for y in range(min(max(len(old), len(self._shown)), self.content_size.height)):
            before = (_line(old, y), old_bases.get(y, ""))
            after = (_line(self._shown, y), bases.get(y, ""))
            if before != after:
                self._repaint(y, before, after)

    def _repaint(self, y: int, before: tuple[Spans, Base], after: tuple[Spans, Base]) -> None:
        span = changed_span(before[0], after[0], self.content_size.width, (before[1], after[1]))
        if span is not None:
            corner = self.content_region.offset - self.region.offset
            self.refresh(Region(corner.x + span[0], corner.y + y, span[1], 1))

    def render_line(self, y: int) -> Strip:
        """One line for the compositor, exactly as wide as the widget."""
        cells = self.content_size.width
        return Strip(segments(_line(self._shown, y), cells, self.brush, self._bases.get(y, "")), cells)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The number of lines, for `height: auto`."""
        return len(self._shown)

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """The widest line, for `width: auto`."""
        return max((sum(width(span.text) for span in line) for line in self._shown), default=0)


class Lines(Canvas):
    """Lines as they are given; it takes no focus."""

    def show(self, lines: Sequence[Spans]) -> None:
        """Replace what is shown; repaints only the columns that differ."""
        self.paint(lines)


def _line(lines: Sequence[Spans], y: int) -> Spans:
    return lines[y] if y < len(lines) else ()
