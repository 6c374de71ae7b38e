"""Screen 7: the database with its snapshots, the cache, and the page for a rebuild."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from clickit_tui.panes.core import Core
from clickit_tui.panes.listing import DataAboutPane, DataListPane
from clickit_tui.screens.keys import binding
from clickit_tui.screens.listing import ListingScreen


class DataScreen(ListingScreen):
    """Database, snapshots, cache."""

    BINDINGS: ClassVar[list[BindingType]] = [
        binding("full_stop", "hidden", "data_hidden", "show what is folded away: older snapshots"),
    ]
    name_shown = "Data"

    def __init__(self, core: Core) -> None:
        super().__init__(core, DataListPane(), DataAboutPane())
