"""One-row titles over panes: `─ services ─────── now ─`."""

from __future__ import annotations

from typing import ClassVar

from textual.events import Resize

from clickit_tui.ui.cells import Look, Span, Spans, spans_width
from clickit_tui.ui.lines import Canvas
from clickit_tui.ui.looks import cropped


def titled(left: Spans, right: Spans, cells: int, focused: bool = False, rule: str = "─") -> Spans:
    """A rule of that many cells with a title at its left and a state at its right; the left gives way first."""
    look: Look = "bold" if focused else "dim"
    heads = tuple(Span(span.text, "title" if focused and span.look in ("plain", "dim") else span.look) for span in left)
    tail = (Span(" ", look), *right, Span(f" {rule}", look)) if right else ()
    room = cells - spans_width(tail)
    lead = cropped((Span(f"{rule * (2 if focused else 1)} ", look), *heads, Span(" ", look)), room) if left else ()
    return (*lead, Span(rule * max(0, room - spans_width(lead)), look), *tail)


class Rule(Canvas):
    """A pane's title. `focused` is set by whoever knows where the focus is."""

    DEFAULT_CSS: ClassVar[str] = "Rule { height: 1; }"

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._left: Spans = ()
        self._right: Spans = ()
        self._focused = False

    def show(self, left: Spans, right: Spans = ()) -> None:
        """Show a title and, at the right, the pane's state or age."""
        self._left, self._right = left, right
        self._draw()

    @property
    def focused(self) -> bool:
        """Whether the pane under it has the focus: drawn bold instead of dim."""
        return self._focused

    @focused.setter
    def focused(self, value: bool) -> None:
        self._focused = value
        self._draw()

    def _draw(self) -> None:
        if self.is_mounted and self.content_size.width:
            self.paint([titled(self._left, self._right, self.content_size.width, self._focused, self.symbols.rule)])

    def on_resize(self, event: Resize) -> None:
        """The rule always fills its row."""
        self._draw()
