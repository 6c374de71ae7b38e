"""A list of things over what is known of the one under the cursor: the two panes of the Data and Supply screens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.widget import Widget

from clickit_tui.panes.base import Pane
from clickit_tui.panes.data import data_rows
from clickit_tui.panes.data_detail import data_detail
from clickit_tui.panes.rebuild import rebuild_steps
from clickit_tui.panes.supply import supply_rows
from clickit_tui.panes.supply_detail import supply_detail
from clickit_tui.panes.view import View
from clickit_tui.ui.cells import Row, Span, Spans
from clickit_tui.ui.table import Table
from clickit_tui.ui.wrapping import hung, wrapped
from clickit_tui.world.world import World


class ListPane(Pane):
    """The things, one row each."""

    name_of: ClassVar[str] = ""

    def __init__(self) -> None:
        super().__init__(id=self.name_of)
        self.table = Table()
        self.every = False
        """Show what is folded away."""

    def rows(self, world: World, view: View, width: int) -> list[Row]:
        """The rows at so many cells."""
        raise NotImplementedError

    def body(self) -> Widget:
        return self.table

    def paint(self, world: World, view: View) -> None:
        self.table.show(self.rows(world, view, max(60, self.table.size.width)))

    def title_left(self, world: World, view: View) -> Spans:
        words = [Span(self.heading, "title")]
        if self.table.model.filter_text:
            words.append(Span(f"  /{self.table.model.filter_text}  {self.table.hidden} hidden", "warn"))
        return tuple(words)


class AboutPane(Pane):
    """What is known of the row under the cursor."""

    heading = "details"

    name_of: ClassVar[str] = ""

    def __init__(self) -> None:
        super().__init__(id=self.name_of)
        self.table = Table()
        self.key: str | None = None

    def body(self) -> Widget:
        return self.table

    def lines(self, world: World, view: View) -> Sequence[Spans]:
        """The lines for the present row."""
        raise NotImplementedError

    def paint(self, world: World, view: View) -> None:
        cells = max(40, self.table.size.width)
        folded = [Row(key="", spans=part) for line in self.lines(world, view) for part in (hung(line, cells) if line else ((),))]
        self.table.show(folded or [Row(key="", spans=(Span(" select a row above", "dim"),))])


class DataListPane(ListPane):
    """Database, snapshots, cache."""

    name_of = "data-list"
    reads = frozenset({"database", "databases", "snapshots", "cache", "metrics"})
    heading = "data"
    help_text = (
        "The database, what was restored beside it, its snapshots newest first, and the cache. The pane below tells all that is known of "
        "the row under the cursor. . shows every snapshot; a lists what can be done: snapshot, restore, stop, start. The last row is "
        "the page for a rebuild of the whole environment; nothing of it is ever run from here."
    )

    def rows(self, world: World, view: View, width: int) -> list[Row]:
        return data_rows(world, view, width, self.every)


class DataAboutPane(AboutPane):
    """What is known of a row of the Data screen."""

    name_of = "data-about"
    reads = frozenset({"database", "db_events", "maintenance", "parameters", "rules", "subnets", "cache_events", "services", "metrics"})
    help_text = (
        "The row above in words. The team's budget of connections is no limit of AWS; the hard limit is what was measured on this class. "
        "The path by security groups is drawn from the services' groups to the database's; network ACLs and routes are not looked at."
    )

    def lines(self, world: World, view: View) -> Sequence[Spans]:
        if (self.key or "").startswith("rebuild:"):
            return [step.line for step in rebuild_steps(world, view)]
        return data_detail(world, view, self.key)

    def paint(self, world: World, view: View) -> None:
        if not (self.key or "").startswith("rebuild:"):
            super().paint(world, view)
            return
        cells = max(40, self.table.size.width)
        rows: list[Row] = []
        for number, step in enumerate(rebuild_steps(world, view)):
            first, *more = wrapped(step.line, cells, 4) if step.line else [()]
            rows += [
                Row(key=f"copy:{step.command}" if step.command or not number else "", spans=first),
                *(Row(key="", spans=part) for part in more),
            ]
        self.table.show(rows)


class SupplyListPane(ListPane):
    """Secrets and images."""

    name_of = "supply-list"
    reads = frozenset({"images", "secrets", "secret_list", "repositories", "scans", "definitions", "services", "tasks"})
    heading = "supply"
    help_text = (
        "The secrets that task definitions name, then what else stands under the prefix; the images of both repositories, which of them "
        "run, and what a scan found (`no scan` is not `0 findings`). `2 tasks older` = started before the secret last changed: they run "
        "with the value before. . shows every image; a lists what can be done: rotate, restore, redeploy, roll back. No value is ever read."
    )

    def rows(self, world: World, view: View, width: int) -> list[Row]:
        return supply_rows(world, view, width, self.every)


class SupplyAboutPane(AboutPane):
    """What is known of a row of the Supply screen."""

    name_of = "supply-about"
    reads = frozenset({"images", "secrets", "secret_list", "repositories", "scans"})
    help_text = "The row above in words: versions, uses and older tasks of a secret; tags, place and worst findings of an image."

    def lines(self, world: World, view: View) -> Sequence[Spans]:
        return supply_detail(world, view, self.key)
