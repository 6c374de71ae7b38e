"""Pages that open by themselves, each once: what is missing on a first run, and that the environment is not here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.binding import BindingType

from clickit_tui.panes.pages import cluster_missing_page
from clickit_tui.panes.setup_page import setup_page
from clickit_tui.panes.view import View
from clickit_tui.screens.board import Board
from clickit_tui.screens.keys import binding
from clickit_tui.ui.cells import Spans
from clickit_tui.ui.page import Page
from clickit_tui.world.parts import ClusterMissing
from clickit_tui.world.setup import missing
from clickit_tui.world.world import World

TO_DEMO = 75
"""What the dashboard returns when the user asked for the demo instead."""


class FirstRun(Page):
    """The page of a first run."""

    leave = (("page.demo", "demo"), ("page.leave", "leave"), ("page.stop", "quit"))
    BINDINGS: ClassVar[list[BindingType]] = [
        binding("D", "demo", "page.demo", "on the page of a first run: leave for the demo, an embedded ClickIt"),
        binding("q", "stop", "page.stop", "on the page of a first run: quit"),
    ]

    def action_demo(self) -> None:
        """End the dashboard; the command line then opens the demo."""
        self.app.exit(TO_DEMO)

    def action_stop(self) -> None:
        """There is nothing to come back to."""
        self.app.exit(0)


class Arrival:
    """Remembers which of the pages were shown."""

    def __init__(self) -> None:
        self._shown: set[str] = set()

    def look(self, board: Board, world: World) -> None:
        """Open what is called for now; not over a dialog."""
        if board.app.screen is not board:
            return
        if isinstance(world.cluster.value, ClusterMissing):
            self._open(board, "no cluster", Page, cluster_missing_page)
        elif missing(world):
            self._open(board, "nothing can be read yet", FirstRun, lambda w, view: setup_page(w, view, board.core.config))

    def _open(self, board: Board, name: str, kind: type[Page], lines: Callable[[World, View], Sequence[Spans]]) -> None:
        view = board.view
        if name not in self._shown and view is not None:
            self._shown.add(name)
            board.app.push_screen(kind(lambda: lines(board.core.store.world, board.view or view), name))
