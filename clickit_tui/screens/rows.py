"""A screen whose changes act on the row under the cursor of one table."""

from __future__ import annotations

from textual.widget import Widget

from clickit_tui.panes.core import Core
from clickit_tui.panes.keys import Selection
from clickit_tui.screens.board import Board
from clickit_tui.ui.table import Table

FRAME, LEAST = 5, 6
"""Rows of a screen above and below its panes; rows that a list has at least, its title included."""


def share(listing: Widget, table: Table, below: Widget, screen_rows: int) -> None:
    """Give a list the rows it needs, at most half of the screen, and the rest to the pane below; all, where that is hidden."""
    wanted = len(table.model.rows) + 1
    listing.styles.height = max(LEAST, min(wanted, (screen_rows - FRAME) // 2)) if below.display else "1fr"


class RowsBoard(Board):
    """Knows whether somebody chose the row under the cursor, or the cursor only got there."""

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self.selection = Selection()

    def adopt(self) -> None:
        self.selection.chosen()
        self.say("")

    def moved(self, event: Table.Moved, *, lost: bool) -> None:
        """The cursor is on another row; one that it only fell on, `lost`, must not be lent to the next upper-case key."""
        self.selection.moved(event.key, lost)
        if self.selection.adrift:
            self.say("the selected row is gone: choose again with the arrows or enter")

    def took_up(self) -> bool:
        """Whether enter chose the row that the cursor had only fallen on; it then does nothing else."""
        adrift = self.selection.adrift
        if adrift:
            self.selection.chosen()
            self.repaint()
        return adrift
