"""Screen 7: the database with its snapshots, the cache, and the page for a rebuild."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from clickit_tui.panes.core import Core
from clickit_tui.panes.listing import DataAboutPane, DataListPane
from clickit_tui.screens.keys import binding
from clickit_tui.screens.listing import ListingScreen
from clickit_tui.ui.table import Table


class DataScreen(ListingScreen):
    """Database, snapshots, cache."""

    BINDINGS: ClassVar[list[BindingType]] = [
        binding("full_stop", "hidden", "data_hidden", "show what is folded away: older snapshots"),
    ]
    name_shown = "Data"

    def __init__(self, core: Core) -> None:
        super().__init__(core, DataListPane(), DataAboutPane())

    def reads(self) -> frozenset[str]:
        """The page for a rebuild looks at images and secrets too, while it is shown."""
        page = (self.listing.table.cursor_key or "").startswith("rebuild:")
        return super().reads() | (frozenset({"repositories", "secrets", "secret_list", "definitions"}) if page else frozenset())

    def on_table_moved(self, event: Table.Moved) -> None:
        """The page for a rebuild is read now; the frame's own handler shows the row."""
        if (event.key or "").startswith("rebuild:"):
            self.core.refresh(("repositories", "secrets", "secret_list"))

    def action_copy_command(self) -> None:
        """The command under the cursor of the page for a rebuild; elsewhere the one that shows the row."""
        key = self.about.table.cursor_key or ""
        if self.focused is self.about.table and key.startswith("copy:"):
            self._copy(key.removeprefix("copy:"))
        else:
            super().action_copy_command()
