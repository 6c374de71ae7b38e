"""The screens and the digits that lead to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from clickit_tui.panes.core import Core
from clickit_tui.screens.board import Board
from clickit_tui.screens.logs import LogsScreen
from clickit_tui.screens.services import ServicesScreen
from clickit_tui.screens.triage import TriageScreen


class Place(NamedTuple):
    """One screen: the digit that leads to it, its name, and what makes it."""

    key: str
    name: str
    make: Callable[[Core], Board]


PLACES: tuple[Place, ...] = (
    Place("1", "Triage", TriageScreen),
    Place("2", "Services", ServicesScreen),
    Place("3", "Logs", LogsScreen),
)
"""In the order of the digits, 0 last."""

FIRST = "1"
