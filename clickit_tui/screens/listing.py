"""A screen with a list of things over what is known of the one under the cursor."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.widget import Widget

from clickit_tui.actions.registry import Target
from clickit_tui.panes.core import Core
from clickit_tui.panes.identity import badge
from clickit_tui.panes.keys import look_hints, row_changes
from clickit_tui.panes.listing import AboutPane, ListPane
from clickit_tui.panes.view import View
from clickit_tui.screens.rows import RowsBoard, share
from clickit_tui.ui.cells import Spans
from clickit_tui.ui.keybar import KeyHint
from clickit_tui.ui.table import Table
from clickit_tui.world.world import World

HINTS = (
    ("enter", "details"), (".", "all"), ("a", "actions"), ("/", "filter"), ("r", "refresh"), (":", "palette"), ("?", "help"), ("q", "quit"),
)  # fmt: skip


class ListingScreen(RowsBoard):
    """The frame of the Data and the Supply screen."""

    hints: ClassVar[tuple[tuple[str, str], ...]] = HINTS
    details_first: ClassVar[bool] = True
    """The list has only the rows it needs, so that the details have the rest."""

    def __init__(self, core: Core, listing: ListPane, about: AboutPane) -> None:
        super().__init__(core)
        self.listing, self.about = listing, about

    def content(self) -> Iterable[Widget]:
        yield self.listing
        yield self.about

    def on_mount(self) -> None:
        """Focus starts in the list."""
        self.listing.table.focus()

    def show(self, world: World, view: View) -> None:
        self.about.key = self.listing.table.cursor_key
        super().show(world, view)
        if self.details_first:
            share(self.listing, self.listing.table, self.about, self.size.height)
        looks = look_hints(self.places, self.name_shown)[: len(self.places)]
        possible = self.possible(world, view)
        own = (KeyHint(key=key, word=possible if key == "a" else word) for key, word in self.hints)
        self.keys.show(self.live_hints([*looks, *own]), note=self.foot("read-only: changes are previews" if view.read_only else ""))

    def possible(self, world: World, view: View) -> str:
        """The changes that the row under the cursor allows, for the key row."""
        return row_changes(world, view, self.selected(), self.size.width)

    def selected(self) -> Target | None:
        """What the row under the cursor stands for; nothing when the cursor got there by itself."""
        return self.selection.target(self.listing.table.cursor_key, self.core.store.world)

    def on_table_moved(self, event: Table.Moved) -> None:
        """Another row: its details."""
        if event.table is not self.listing.table:
            return
        self.moved(event, lost=event.lost)
        self.repaint()

    def on_table_chosen(self, event: Table.Chosen) -> None:
        """Enter shows all that is known of the row."""
        if not self.took_up() and event.table is self.listing.table:
            self.action_details()

    def action_hidden(self) -> None:
        """Show or fold what is less important."""
        self.listing.every = not self.listing.every
        self.repaint()

    def action_details(self) -> None:
        """What is known of the row under the cursor, as a page."""
        key = self.listing.table.cursor_key
        if key is None:
            self.say("details: select a row (tab)")
            return
        kept = type(self.about)()
        kept.key = key

        def lines() -> list[Spans]:
            return list(kept.lines(self.core.store.world, self.view)) if self.view else []

        self.page(f"{key.partition(':')[0]}  {badge(self.core.store.world)}", lines)
