"""Screen 8: what tasks are made of: secrets and images."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from clickit_tui.panes.core import Core
from clickit_tui.panes.listing import SupplyAboutPane, SupplyListPane
from clickit_tui.screens.keys import binding
from clickit_tui.screens.listing import ListingScreen


class SupplyScreen(ListingScreen):
    """Secrets and images."""

    BINDINGS: ClassVar[list[BindingType]] = [
        binding("full_stop", "hidden", "supply_hidden", "show what is folded away: older images"),
    ]
    name_shown = "Supply"

    def __init__(self, core: Core) -> None:
        super().__init__(core, SupplyListPane(), SupplyAboutPane())
