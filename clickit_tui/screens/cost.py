"""Screen 9: what the environment costs, and what makes it cost less."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from clickit_tui.panes.core import Core
from clickit_tui.panes.cost_panes import CostAboutPane, CostListPane
from clickit_tui.screens.keys import binding
from clickit_tui.screens.listing import ListingScreen
from clickit_tui.ui.picker import Choice, Picker
from clickit_tui.world.prices import EXPLORER_PAGE

DAY_S = 86_400.0


class CostScreen(ListingScreen):
    """The month, savings, autoscaling, log groups, what was billed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        binding("full_stop", "hidden", "cost_hidden", "show what is folded away: every billed service"),
        binding("b", "billed", "cost_billed", "ask Cost Explorer what was billed; says what asking costs first"),
    ]
    name_shown = "Cost"
    details_first = False
    hints = (
        ("enter", "details"),
        ("b", "billed"),
        ("a", "actions"),
        ("/", "filter"),
        ("r", "refresh"),
        (":", "palette"),
        ("?", "help"),
        ("q", "quit"),
    )

    def __init__(self, core: Core) -> None:
        super().__init__(core, CostListPane(), CostAboutPane())

    def action_billed(self) -> None:
        """Ask, after saying what asking costs."""
        spend = self.core.store.world.spend.value
        if spend is not None and self.core.facts().now - spend.asked_at <= DAY_S:
            self.say("billed: asked less than a day ago, and Cost Explorer's data is a day old")
            return
        if self.core.player is not None:
            self.say("billed: a replay asks nothing")
            return
        price = f"ask for the last 30 days: ${EXPLORER_PAGE:.2f} a page, one or two; free within a day"
        self.app.push_screen(Picker("what was billed", [Choice(id="", text="leave"), Choice(id="ask", text=price)]), self._asked)

    def _asked(self, chosen: str | None) -> None:
        if chosen == "ask":
            self.core.refresh(("spend",))
            self.say("asking Cost Explorer")
