"""The screens and the digits that lead to them. A screen is imported when it is first wanted: the first frame waits for one only."""

from __future__ import annotations

from importlib import import_module
from typing import NamedTuple, cast

from clickit_tui.panes.core import Core
from clickit_tui.screens.board import Board


class Place(NamedTuple):
    """One screen: the digit that leads to it, its name, the class that it is, as `module:class` of this folder, and its panes."""

    key: str
    name: str
    screen: str
    panes: tuple[str, ...]
    """Headings of its panes, in the order of the screen."""

    @property
    def board(self) -> type[Board]:
        """The class, imported now."""
        module, _, name = self.screen.partition(":")
        return cast("type[Board]", getattr(import_module(f"{__package__}.{module}"), name))

    def make(self, core: Core) -> Board:
        """A new screen of this place."""
        return self.board(core)


PLACES: tuple[Place, ...] = (
    Place("1", "Triage", "triage:TriageScreen", ("services", "edge", "data", "alarms and changes", "logs")),
    Place("2", "Services", "services:ServicesScreen", ("services", "details")),
    Place("3", "Logs", "logs:LogsScreen", ("logs",)),
    Place("4", "Metrics", "metrics:MetricsScreen", ("metrics", "plot", "calls and dollars")),
    Place("5", "Alarms", "alarms:AlarmsScreen", ("alarms", "details")),
    Place("6", "Playbooks", "playbooks:PlaybooksScreen", ("playbook",)),
    Place("7", "Data", "data:DataScreen", ("data", "details")),
    Place("8", "Supply", "supply:SupplyScreen", ("supply", "details")),
    Place("9", "Cost", "cost:CostScreen", ("cost", "details")),
    Place("0", "Timeline", "timeline:TimelineScreen", ("first bad minute, and what changed before it", "timeline")),
)
"""In the order of the digits, 0 last."""

FIRST = "1"


def imported() -> None:
    """Import every screen, so that no key waits for it."""
    for place in PLACES:
        _ = place.board
