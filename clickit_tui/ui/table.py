"""Rows with a cursor that follows a key, never an index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Blur, Click, Focus, MouseScrollDown, MouseScrollUp, Resize
from textual.message import Message

from clickit_tui.ui.cells import Row, Spans
from clickit_tui.ui.filtering import Filter, parse_filter
from clickit_tui.ui.lines import Canvas
from clickit_tui.ui.looks import Base
from clickit_tui.ui.patience import FILTER_S, TOO_LONG, TooLong, at_most


def _searched(row: Row) -> str:
    return row.search or "".join(span.text for span in row.spans)


class TableModel:
    """Rows, filter and cursor without a screen.

    Invariant: `cursor_key` is the key of a visible row, or None when none can be selected. It changes only by a cursor
    key, or because its row is no longer visible; then it goes to the nearest following row of the old order.
    """

    def __init__(self) -> None:
        self._rows: tuple[Row, ...] = ()
        self._filter = Filter()
        self._visible: tuple[Row, ...] = ()
        self._index: dict[str, int] = {}
        self.cursor_key: str | None = None
        self.problem = ""
        """Why the text of the filter could not be used; the last good one stays in force."""

    @property
    def rows(self) -> tuple[Row, ...]:
        """All rows, also those the filter hides."""
        return self._rows

    @property
    def visible(self) -> tuple[Row, ...]:
        """The rows that pass the filter, in the order given."""
        return self._visible

    @property
    def hidden(self) -> int:
        """How many rows the filter hides."""
        return len(self._rows) - len(self._visible)

    @property
    def filter_text(self) -> str:
        """The filter in force; empty when there is none."""
        return self._filter.text

    @property
    def cursor(self) -> int | None:
        """Index of the cursor's row among the visible."""
        return None if self.cursor_key is None else self._index[self.cursor_key]

    @property
    def cursor_row(self) -> Row | None:
        """The row under the cursor."""
        return None if self.cursor is None else self._visible[self.cursor]

    def show(self, rows: Sequence[Row]) -> bool:
        """Replace the rows; True when the cursor's row vanished and the cursor is on another (or none)."""
        order = self._order()
        self._rows = tuple(rows)
        return self._recompute(order)

    def set_filter(self, text: str) -> bool:
        """Hide what the text does not match (see `parse_filter`); empty restores. True when the cursor had to move."""
        parsed = parse_filter(text)
        self.problem = parsed.problem
        if parsed.problem:
            return False
        before, self._filter = self._filter, parsed
        moved = self._recompute(self._order())
        if not self.problem:
            return moved
        self._filter = before
        return self._recompute(self._order()) or moved

    def move(self, by: int) -> bool:
        """Move the cursor by that many selectable rows, stopping at the ends. True when it moved."""
        keys = list(self._index)
        if not keys or self.cursor_key is None:
            return False
        at = keys.index(self.cursor_key)
        return self.to(keys[max(0, min(len(keys) - 1, at + by))])

    def to(self, key: str) -> bool:
        """Put the cursor on a key. True when it moved; False also when no visible row has the key."""
        if key not in self._index or key == self.cursor_key:
            return False
        self.cursor_key = key
        return True

    def _order(self) -> list[str]:
        return list(dict.fromkeys(row.key for row in self._rows if row.key))

    def _recompute(self, old: Sequence[str]) -> bool:
        self._visible = self._passing()
        self._index = {}
        for i, row in enumerate(self._visible):
            if row.key:
                self._index.setdefault(row.key, i)
        return self._keep(old)

    def _passing(self) -> tuple[Row, ...]:
        """The rows that pass the filter; one that takes too long is given up, and all rows are shown."""
        accepts = self._filter
        if accepts.accepts is None:
            return self._rows
        try:
            with at_most(FILTER_S):
                return tuple(row for row in self._rows if accepts(_searched(row)))
        except TooLong:
            self._filter, self.problem = Filter(), TOO_LONG
            return self._rows

    def _keep(self, old: Sequence[str]) -> bool:
        before = self.cursor_key
        if before is not None and before in self._index:
            return False
        at = old.index(before) if before is not None else 0
        heirs = [*old[at + 1 :], *reversed(old[:at]), *self._index]
        self.cursor_key = next((key for key in heirs if key in self._index), None)
        return self.cursor_key != before


class Table(Canvas, can_focus=True):
    """Rows with a cursor; an optional header line stays at the top. Repaints only the lines that differ."""

    DEFAULT_CSS: ClassVar[str] = "Table { height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "up", show=False, id="table.up", tooltip="one row up"),
        Binding("down,j", "move(1)", "down", show=False, id="table.down", tooltip="one row down"),
        Binding("g,home", "ends(-1)", "first", show=False, id="table.first", tooltip="first row"),
        Binding("G,end", "ends(1)", "last", show=False, id="table.last", tooltip="last row"),
        Binding("pageup", "page(-1)", "page up", show=False, id="table.page_up", tooltip="one page up"),
        Binding("pagedown", "page(1)", "page down", show=False, id="table.page_down", tooltip="one page down"),
        Binding("enter", "choose", "open", show=False, id="table.choose", tooltip="open the row"),
    ]

    class Moved(Message):
        """The cursor is on another row. `lost` when its former row vanished."""

        def __init__(self, table: Table, key: str | None, lost: bool) -> None:
            super().__init__()
            self.table = table
            self.key = key
            self.lost = lost

        @property
        def control(self) -> Table:
            return self.table

    class Chosen(Message):
        """Enter was pressed on a row."""

        def __init__(self, table: Table, key: str) -> None:
            super().__init__()
            self.table = table
            self.key = key

        @property
        def control(self) -> Table:
            return self.table

    def __init__(self, header: Spans = (), *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.model = TableModel()
        self._header = header
        self._top = 0

    @property
    def cursor_key(self) -> str | None:
        """Key of the highlighted row; None when no row can be selected."""
        return self.model.cursor_key

    @property
    def hidden(self) -> int:
        """How many rows the filter hides."""
        return self.model.hidden

    @property
    def filter_text(self) -> str:
        """Text of the filter in force; empty when there is none."""
        return self.model.filter_text

    def show(self, rows: Sequence[Row], header: Spans | None = None) -> None:
        """Show rows; the cursor stays on its key. Posts `Moved(lost=True)` when its row vanished."""
        if header is not None:
            self._header = header
        before = self._offset()
        lost = self.model.show(rows)
        self._settle(before)
        self._draw()
        if lost:
            self.post_message(self.Moved(self, self.cursor_key, lost=True))

    def set_filter(self, text: str) -> str:
        """Filter the rows (see `ui.filtering.parse_filter`); returns what is wrong with the text, or an empty string."""
        moved = self.model.set_filter(text)
        self._draw()
        if moved:
            self.post_message(self.Moved(self, self.cursor_key, lost=True))
        return self.model.problem

    def to(self, key: str) -> bool:
        """Put the cursor on a key; False when no visible row has it."""
        self._went(self.model.to(key))
        return self.cursor_key == key

    def action_move(self, by: int) -> None:
        """One row up or down."""
        if self.model.cursor_key is None:
            self._scroll(by)
            return
        self._went(self.model.move(by))

    def action_ends(self, side: int) -> None:
        """First or last row."""
        count = len(self.model.visible)
        self._top = 0 if side < 0 else max(0, count - self._page())
        self._went(self.model.move(side * max(1, count)))

    def action_page(self, side: int) -> None:
        """One page up or down."""
        if self.model.cursor_key is None:
            self._scroll(side * self._page())
            return
        self._went(self.model.move(side * max(1, self._page() - 1)))

    def action_choose(self) -> None:
        """Open the row under the cursor."""
        if self.cursor_key is not None:
            self.post_message(self.Chosen(self, self.cursor_key))

    def _went(self, moved: bool) -> None:
        self._draw()
        if moved:
            self.post_message(self.Moved(self, self.cursor_key, lost=False))

    def _page(self) -> int:
        return max(1, self.content_size.height - bool(self._header))

    def _offset(self) -> int:
        """How far below the top of the window the cursor is."""
        return (self.model.cursor or 0) - self._top

    def _settle(self, offset: int) -> None:
        """Keep the cursor at the same height of the window while rows come and go above it."""
        if self._top and self.model.cursor is not None:
            self._top = max(0, self.model.cursor - max(0, offset))

    def _scroll(self, by: int) -> None:
        self._top = max(0, min(len(self.model.visible) - self._page(), self._top + by))
        self._draw(follow=False)

    def _draw(self, follow: bool = True) -> None:
        if not self.is_mounted or not self.content_size.width:
            return
        page, cursor, visible = self._page(), self.model.cursor, self.model.visible
        if follow and cursor is not None:
            self._top = top_for(visible, cursor, self._top, page)
        self._top = max(0, min(self._top, len(visible) - page))
        lines = [row.spans for row in visible[self._top : self._top + page]]
        head = [self._header] if self._header else []
        bases: dict[int, Base] = {}
        if cursor is not None and 0 <= cursor - self._top < page:
            bases[cursor - self._top + len(head)] = "cursor" if self.has_focus else "cursor-idle"
        self.paint([*head, *lines], bases)

    def on_mount(self) -> None:
        """Rows may have come before the widget had a size."""
        self._draw()

    def on_resize(self, event: Resize) -> None:
        """Keep the cursor in sight."""
        self._draw()

    def on_focus(self, event: Focus) -> None:
        """The cursor is brighter with the focus."""
        self._draw()

    def on_blur(self, event: Blur) -> None:
        """The cursor stays, darker."""
        self._draw()

    def on_click(self, event: Click) -> None:
        """Put the cursor on the row; a second click opens it."""
        y = event.y + self._top - bool(self._header)
        visible = self.model.visible
        if 0 <= y < len(visible) and visible[y].key:
            self.to(visible[y].key)
            if event.chain > 1:
                self.action_choose()

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """The wheel moves the cursor, as the arrow keys do."""
        self.action_move(1)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """The wheel moves the cursor, as the arrow keys do."""
        self.action_move(-1)


def top_for(visible: Sequence[Row], cursor: int, top: int, page: int) -> int:
    """The first row of the window so that the cursor is in it, with the unselectable rows above the first selectable one."""
    first = cursor
    while first > 0 and not visible[first - 1].key and cursor - first < page - 1:
        first -= 1
    if first < top:
        return first
    return max(top, cursor - page + 1)
