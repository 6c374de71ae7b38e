"""The newest lines of an endless text: follows, or stands still and counts what came meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from typing import ClassVar, NamedTuple

from textual.binding import Binding, BindingType
from textual.events import MouseScrollDown, MouseScrollUp, Resize
from textual.message import Message

from clickit_tui.ui.cells import Span, Spans
from clickit_tui.ui.filtering import Filter, parse_filter
from clickit_tui.ui.lines import Canvas

MOST = 5000
"""Lines kept by default."""

Drawn = Spans | Callable[[], Spans]
"""The spans of a line, or what makes them: called for lines in sight only."""


class Item(NamedTuple):
    """One line: an id that no other line has, its spans, and what the filter looks at (empty: the spans' text)."""

    id: str
    drawn: Drawn
    search: str = ""

    @property
    def spans(self) -> Spans:
        return self.drawn() if callable(self.drawn) else self.drawn

    @property
    def searched(self) -> str:
        return self.search or "".join(span.text for span in self.spans)


class TailModel:
    """Lines, filter and window without a screen. Paused, the window stands on a line (by its id), not on an index."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._items: list[Item] = []
        self._kept: list[Item] = []
        self._filter = Filter()
        self._anchor: str | None = None
        self.new = 0
        """Lines that came since the pause and pass the filter."""
        self.problem = ""
        """Why the text of the filter could not be used; the last good one stays in force."""

    @property
    def following(self) -> bool:
        """Whether the window stands at the newest line."""
        return self._anchor is None

    @property
    def filter_text(self) -> str:
        """The filter in force; empty when there is none."""
        return self._filter.text

    @property
    def hidden(self) -> int:
        """How many of the lines the filter hides."""
        return len(self._items) - len(self._kept)

    @property
    def count(self) -> int:
        """Lines held, also those the filter hides."""
        return len(self._items)

    def extend(self, items: Sequence[tuple[str, Drawn, str]]) -> None:
        """Add lines at the end; the oldest go when there are too many."""
        fresh = [Item(*item) for item in items]
        accepted = self._accepted(fresh)
        self._items += fresh
        self._kept += accepted
        if not self.following:
            self.new += len(accepted)
        if len(self._items) > self._most:
            del self._items[: -self._most]
            self._kept = self._accepted(self._items)

    def show_all(self, items: Sequence[tuple[str, Drawn, str]]) -> None:
        """Replace all lines, e.g. after a late one was put where it belongs; a paused window stays on its line."""
        known = set() if self.following else {item.id for item in self._items}
        self._items = [Item(*item) for item in items[-self._most :]]
        self._kept = self._accepted(self._items)
        if not self.following:
            self.new += sum(item.id not in known for item in self._kept)

    def set_filter(self, text: str) -> str:
        """Hide what the text does not match (see `parse_filter`); returns what is wrong with it, or an empty string."""
        parsed = parse_filter(text)
        self.problem = parsed.problem
        if not parsed.problem:
            self._anchor = self._nearest(parsed)
            self._filter = parsed
            self._kept = self._accepted(self._items)
        return parsed.problem

    def _nearest(self, wanted: Filter) -> str | None:
        """The anchor, or the line before it that the wanted filter lets through."""
        at = next((i for i, item in enumerate(self._items) if item.id == self._anchor), None)
        if at is None or wanted.accepts is None:
            return self._anchor
        before = (item.id for item in reversed(self._items[: at + 1]) if wanted(item.searched))
        return next(before, self._anchor)

    def _accepted(self, items: list[Item]) -> list[Item]:
        accepts = self._filter
        return list(items) if accepts.accepts is None else [item for item in items if accepts(item.searched)]

    def pause(self) -> None:
        """Stand still on the newest line."""
        if self.following and self._kept:
            self._anchor = self._kept[-1].id
            self.new = 0

    def follow(self) -> None:
        """Go to the newest line and stay with it."""
        self._anchor = None
        self.new = 0

    def scroll(self, by: int, height: int) -> None:
        """Move the window by that many lines; upwards pauses, arriving at the newest line follows again."""
        last = len(self._kept) - 1
        if last < 0 or (self.following and by > 0):
            return
        at = max(min(height - 1, last), min(last, self._end(height) - 1 + by))
        if at == last and by > 0:
            self.follow()
            return
        self.pause()
        self._anchor = self._kept[at].id

    def seek(self, wanted: Container[str], by: int) -> bool:
        """Stand still on the next (`by` 1) or previous (-1) visible line whose id is wanted; False when there is none."""
        last = len(self._kept)
        at = last if self._anchor is None else next((i for i, item in enumerate(self._kept) if item.id == self._anchor), last)
        way = range(at + 1, last) if by > 0 else range(at - 1, -1, -1)
        found = next((i for i in way if self._kept[i].id in wanted), None)
        if found is None:
            return False
        self.pause()
        self._anchor = self._kept[found].id
        return True

    def window(self, height: int) -> list[Item]:
        """The lines in sight, oldest first."""
        end = self._end(height)
        return self._kept[max(0, end - height) : end]

    def _end(self, height: int) -> int:
        if self._anchor is not None:
            for i in range(len(self._kept) - 1, -1, -1):
                if self._kept[i].id == self._anchor:
                    return max(i + 1, min(height, len(self._kept)))
            return min(height, len(self._kept))
        return len(self._kept)


class Tail(Canvas, can_focus=True):
    """Follows the newest line until it is paused (`f`) or scrolled up. Give it lines a few times a second, not one by one."""

    DEFAULT_CSS: ClassVar[str] = "Tail { height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "follow", "follow/pause", show=False, id="tail.follow", tooltip="follow the newest line, or stand still"),
        Binding("up,k", "scroll_by(-1)", "up", show=False, id="tail.up", tooltip="one line up; stands still"),
        Binding("down,j", "scroll_by(1)", "down", show=False, id="tail.down", tooltip="one line down"),
        Binding("pageup", "page(-1)", "page up", show=False, id="tail.page_up", tooltip="one page up; stands still"),
        Binding("pagedown", "page(1)", "page down", show=False, id="tail.page_down", tooltip="one page down"),
        Binding("g,home", "first", "oldest", show=False, id="tail.first", tooltip="the oldest line held"),
        Binding("G,end", "last", "newest", show=False, id="tail.last", tooltip="the newest line; follows"),
    ]

    class Changed(Message):
        """It follows or stands still now, or the counter of new lines changed."""

        def __init__(self, tail: Tail, following: bool, new: int) -> None:
            super().__init__()
            self.tail = tail
            self.following = following
            self.new = new

        @property
        def control(self) -> Tail:
            return self.tail

    def __init__(self, most: int = MOST, *, empty: Spans = (), id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.model = TailModel(most)
        self.empty = empty
        """What stands there while no line has come."""
        self._told = (True, 0)

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
        """How many lines the filter hides."""
        return self.model.hidden

    @property
    def filter_text(self) -> str:
        """Text of the filter in force; empty when there is none."""
        return self.model.filter_text

    def extend(self, items: Sequence[tuple[str, Drawn, str]]) -> None:
        """Add lines (id, spans or what makes them, what the filter looks at) at the end."""
        self.model.extend(items)
        self._draw()

    def show_all(self, items: Sequence[tuple[str, Drawn, str]]) -> None:
        """Replace all lines; the way to put a late one where it belongs."""
        self.model.show_all(items)
        self._draw()

    def set_filter(self, text: str) -> str:
        """Filter the lines; returns what is wrong with the text, or an empty string."""
        problem = self.model.set_filter(text)
        self._draw()
        return problem

    def action_follow(self) -> None:
        """Follow, or stand still."""
        if self.model.following:
            self.model.pause()
        else:
            self.model.follow()
        self._draw()

    def seek(self, wanted: Container[str], by: int) -> bool:
        """Stand still on the next or previous line whose id is wanted; False when there is none."""
        found = self.model.seek(wanted, by)
        self._draw()
        return found

    def action_scroll_by(self, by: int) -> None:
        """Some lines up or down."""
        self.model.scroll(by, self._height())
        self._draw()

    def action_page(self, side: int) -> None:
        """One page up or down."""
        self.action_scroll_by(side * max(1, self._height() - 1))

    def action_first(self) -> None:
        """The oldest line held."""
        self.action_scroll_by(-self.model.count)

    def action_last(self) -> None:
        """The newest line; follows."""
        self.model.follow()
        self._draw()

    def _height(self) -> int:
        return max(1, self.content_size.height)

    def _draw(self) -> None:
        told = (self.model.following, self.model.new)
        if told != self._told:
            self._told = told
            self.post_message(self.Changed(self, *told))
        if not self.is_mounted or not self.content_size.width:
            return
        lines = [item.spans for item in self.model.window(self._height())]
        self.paint(lines or [self._nothing()])

    def _nothing(self) -> Spans:
        if not self.model.count:
            return self.empty
        return (Span(f" no line matches {self.filter_text}: all {self.model.hidden} hidden", "dim"),)

    def on_mount(self) -> None:
        """Lines may have come before the widget had a size."""
        self._draw()

    def on_resize(self, event: Resize) -> None:
        """As many lines as fit."""
        self._draw()

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Scrolling up stands still."""
        self.action_scroll_by(-3)

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """Scrolling down to the newest line follows again."""
        self.action_scroll_by(3)
