"""The newest lines of an endless text: follows, or stands still and counts what came meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from textual.binding import Binding, BindingType
from textual.events import MouseScrollDown, MouseScrollUp, Resize
from textual.message import Message

from clickit_tui.ui.cells import Span, Spans
from clickit_tui.ui.lines import Canvas
from clickit_tui.ui.looks import Base
from clickit_tui.ui.tailmodel import TailModel

T = TypeVar("T")


class Tail(Canvas, Generic[T], can_focus=True):
    """Shows the window of a model, which may be exchanged. Change the model a few times a second at most, then `renew`."""

    DEFAULT_CSS: ClassVar[str] = "Tail { height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "follow", "follow/pause", show=False, id="tail.follow", tooltip="follow the newest line, or stand still"),
        Binding("up,k", "move(-1)", "up", show=False, id="tail.up", tooltip="one line up; stands still, nothing is lost"),
        Binding("down,j", "move(1)", "down", show=False, id="tail.down", tooltip="one line down; at the newest line it follows again"),
        Binding("pageup", "page(-1)", "page up", show=False, id="tail.page_up", tooltip="one page up; stands still"),
        Binding("pagedown", "page(1)", "page down", show=False, id="tail.page_down", tooltip="one page down"),
        Binding("g,home", "first", "oldest", show=False, id="tail.first", tooltip="the oldest line held"),
        Binding("G,end", "last", "newest", show=False, id="tail.last", tooltip="the newest line; follows"),
    ]

    class Changed(Message):
        """It follows or stands still now, the cursor is on another line, or the counter of new lines changed."""

        def __init__(self, tail: Tail[Any], following: bool, new: int) -> None:
            super().__init__()
            self.tail = tail
            self.following = following
            self.new = new

        @property
        def control(self) -> Tail[Any]:
            return self.tail

    class Top(Message):
        """Somebody wants to go beyond the oldest line held."""

        def __init__(self, tail: Tail[Any]) -> None:
            super().__init__()
            self.tail = tail

        @property
        def control(self) -> Tail[Any]:
            return self.tail

    def __init__(self, model: TailModel[T], *, empty: Spans = (), id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._model = model
        self.empty = empty
        """What stands there while no line has come."""
        self._told: tuple[object, ...] = (True, 0)

    @property
    def model(self) -> TailModel[T]:
        """What is shown; another one may be put in its place."""
        return self._model

    @model.setter
    def model(self, model: TailModel[T]) -> None:
        self._model = model
        self.renew()

    @property
    def following(self) -> bool:
        """Whether it stays with the newest line."""
        return self.model.following

    @property
    def new(self) -> int:
        """Lines that came since the pause."""
        return self.model.new

    @property
    def hidden(self) -> int:
        """How many lines are hidden."""
        return self.model.hidden

    @property
    def filter_text(self) -> str:
        """Text of the filter in force; empty when there is none."""
        return self.model.filter_text

    def extend(self, lines: Sequence[T]) -> None:
        """Add lines at the end."""
        self.model.extend(lines)
        self.renew()

    def set_filter(self, text: str) -> str:
        """Filter the lines; returns what is wrong with the text, or an empty string."""
        problem = self.model.set_filter(text)
        self.renew()
        return problem

    def action_follow(self) -> None:
        """Follow, or stand still."""
        if self.model.following:
            self.model.pause()
        else:
            self.model.follow()
        self.renew()

    def seek(self, wanted: Callable[[T], bool], by: int) -> bool:
        """Put the cursor on the next or previous line that is wanted; False when there is none."""
        found = self.model.seek(wanted, by, self.rows)
        self.renew()
        return found

    def go(self, key: Any) -> bool:  # noqa: ANN401 - whatever orders the lines
        """Put the cursor on the first line at or after a key; False when all are before it."""
        found = self.model.go(key, self.rows)
        self.renew()
        return found

    def action_move(self, by: int) -> None:
        """The cursor some lines up or down."""
        self._upwards(by)
        self.model.move(by, self.rows)
        self.renew()

    def action_scroll_by(self, by: int) -> None:
        """The window some lines up or down."""
        self._upwards(by)
        self.model.scroll(by, self.rows)
        self.renew()

    def action_page(self, side: int) -> None:
        """One page up or down."""
        self.action_scroll_by(side * max(1, self.rows - 1))

    def action_first(self) -> None:
        """The oldest line held."""
        self._upwards(-1)
        self.model.move(-self.model.count, self.rows)
        self.renew()

    def action_last(self) -> None:
        """The newest line; follows."""
        self.model.follow()
        self.renew()

    def _upwards(self, by: int) -> None:
        if by < 0 and self.model.at_top(self.rows):
            self.post_message(self.Top(self))

    @property
    def rows(self) -> int:
        """Rows in sight."""
        return max(1, self.content_size.height)

    def renew(self) -> None:
        """Show what the model holds now; what has not changed costs no byte."""
        told = (self.model.following, self.model.new, None if self.model.following else self.model.cursor)
        if told != self._told:
            self._told = told
            self.post_message(self.Changed(self, self.model.following, self.model.new))
        width = self.content_size.width
        if not self.is_mounted or not width:
            return
        rows = self.model.window(self.rows, width)
        under: Base = "cursor" if self.has_focus else "cursor-idle"
        bases = {y: under for y, row in enumerate(rows) if row.cursor}
        self.paint([row.spans for row in rows] or [self._nothing()], bases)

    def _nothing(self) -> Spans:
        if not self.model.count:
            return self.empty
        what = self.filter_text or "what is shown"
        return (Span(f" no line matches {what}: all {self.model.hidden:,} hidden", "dim"),)

    def on_mount(self) -> None:
        """Lines may have come before the widget had a size."""
        self.renew()

    def on_resize(self, event: Resize) -> None:
        """As many lines as fit."""
        self.renew()

    def on_focus(self) -> None:
        """The cursor is bright where the keys are."""
        self.renew()

    def on_blur(self) -> None:
        """The keys are elsewhere."""
        self.renew()

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Scrolling up stands still."""
        self.action_scroll_by(-3)

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """Scrolling down to the newest line follows again."""
        self.action_scroll_by(3)
