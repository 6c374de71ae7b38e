"""A page of lines to read over the screen, with scrolling."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from textual.binding import ActiveBinding, Binding, BindingType
from textual.events import MouseScrollDown, MouseScrollUp

from clickit_tui.ui.box import boxed
from clickit_tui.ui.cells import Spans
from clickit_tui.ui.modal import Modal
from clickit_tui.ui.wrapping import hung


def page_lines(
    title: str, lines: Sequence[Spans], top: int, cells: int, rows: int, leave: str = "esc leave"
) -> tuple[tuple[Spans, ...], int]:
    """The box at most `cells` x `rows` with the lines wrapped, and the first line in sight after keeping `top` in range.

    `leave` tells the keys that go elsewhere.
    """
    body = [part for line in lines for part in (hung(line, cells - 4) if line else ((),))]
    room = max(1, rows - 2)
    top = max(0, min(top, len(body) - room))
    below = len(body) - top - room
    footer = leave if len(body) <= room else f"{top + 1}-{min(len(body), top + room)} of {len(body)}   up down pgup pgdn   {leave}"
    return boxed(title, body[top : top + room], f"{footer}   more below" if below > 0 else footer, cells), top


def ways_out(leave: Sequence[tuple[str, str]], active: Iterable[ActiveBinding]) -> str:
    """The first key of each id, as it is configured, with its word: `esc leave`."""
    keys: dict[str, str] = {}
    for bound in active:
        keys.setdefault(bound.binding.id or "", bound.binding.key)
    return "   ".join(f"{'esc' if keys[one] == 'escape' else keys[one]} {word}" for one, word in leave if one in keys)


class Page(Modal[None]):
    """Lines from a function, asked again by `renew()`; long ones wrap."""

    leave: ClassVar[tuple[tuple[str, str], ...]] = (("page.leave", "leave"),)
    """The keys that go elsewhere, by their ids, each with its word; they stand in the last row."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter,question_mark", "leave", "leave", show=False, id="page.leave", tooltip="leave the page"),
        Binding("up,k", "scroll_by(-1)", "up", show=False, id="page.up", tooltip="one line up"),
        Binding("down,j", "scroll_by(1)", "down", show=False, id="page.down", tooltip="one line down"),
        Binding("pageup,b", "scroll_by(-15)", "page up", show=False, id="page.page_up", tooltip="one page up"),
        Binding("pagedown,space", "scroll_by(15)", "page down", show=False, id="page.page_down", tooltip="one page down"),
        Binding("g,home", "scroll_by(-100000)", "first", show=False, id="page.first", tooltip="first line"),
        Binding("G,end", "scroll_by(100000)", "last", show=False, id="page.last", tooltip="last line"),
    ]

    def __init__(self, lines: Callable[[], Sequence[Spans]], title: str = "") -> None:
        super().__init__()
        self._lines_of = lines
        self._title = title
        self._top = 0

    def renew(self) -> None:
        """Ask for the lines again."""
        self.draw()

    def draw(self) -> None:
        """What the app says of itself, its sub-title, stands before the title: a page may cover all else."""
        width, height = self.app.size
        leave = ways_out(self.leave, self.active_bindings.values())
        title = f"{self.app.sub_title} {self._title}".strip()
        shown, self._top = page_lines(title, self._lines_of(), self._top, max(24, min(width - 2, 120)), max(3, height), leave)
        self._box.show(shown)

    def action_leave(self) -> None:
        """Back to the screen."""
        if self.is_active:  # a second key close behind would close the screen below
            self.dismiss(None)

    def action_scroll_by(self, by: int) -> None:
        """Some lines up or down."""
        self._top += by
        self.renew()

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """Down."""
        self.action_scroll_by(3)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Up."""
        self.action_scroll_by(-3)
