"""The screens and the digits that lead to them. A screen is imported when it is first wanted: the first frame waits for one only."""

from __future__ import annotations

from importlib import import_module
from typing import NamedTuple, cast

from clickit_tui.panes.core import Core
from clickit_tui.screens.board import Board


class Place(NamedTuple):
    """One screen: the digit that leads to it, its name, and the class that it is, as `module:class` of this folder."""

    key: str
    name: str
    screen: str

    def make(self, core: Core) -> Board:
        """A new screen of this place."""
        module, _, name = self.screen.partition(":")
        return cast(Board, getattr(import_module(f"{__package__}.{module}"), name)(core))


PLACES: tuple[Place, ...] = (
    Place("1", "Triage", "triage:TriageScreen"),
    Place("2", "Services", "services:ServicesScreen"),
    Place("3", "Logs", "logs:LogsScreen"),
    Place("4", "Metrics", "metrics:MetricsScreen"),
    Place("5", "Alarms", "alarms:AlarmsScreen"),
    Place("6", "Playbooks", "playbooks:PlaybooksScreen"),
    Place("7", "Data", "data:DataScreen"),
    Place("8", "Supply", "supply:SupplyScreen"),
    Place("9", "Cost", "cost:CostScreen"),
    Place("0", "Timeline", "timeline:TimelineScreen"),
)
"""In the order of the digits, 0 last."""

FIRST = "1"
