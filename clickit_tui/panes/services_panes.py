"""The two panes of the Services screen as widgets: the tree of rows, and what is known of the row under its cursor."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from textual.widget import Widget

from clickit_tui.panes.base import Pane
from clickit_tui.panes.services_detail import Logs, detail_lines, detail_parts, log_task
from clickit_tui.panes.services_tree import VIEWS, Looking, revealing, rows
from clickit_tui.panes.view import View
from clickit_tui.ui.cells import Row, Span, Spans
from clickit_tui.ui.table import Table
from clickit_tui.ui.wrapping import hung
from clickit_tui.world.world import World

LEAST_LOG = 4
"""Rows of a task's log that are shown however little room there is, its title included."""


def folded(lines: Sequence[Spans], cells: int) -> list[Spans]:
    """Lines broken to the width of the pane."""
    return [part for line in lines for part in (hung(line, cells) if line else ((),))]


def newest(log: list[Spans], room: int) -> list[Spans]:
    """The title and the last rows of a log, as many as there is room for: what a task said last stands in sight."""
    rows = max(LEAST_LOG, room)
    if len(log) <= rows:
        return log
    return [(*log[0], Span("  newest; l shows all", "dim")), *log[1 - rows :]]


class TreePane(Pane):
    """Services, deployments, tasks, containers; or stopped tasks by cause; or runs of the migration."""

    reads = frozenset({"services", "tasks", "definitions", "service_deployments", "revisions", "target_groups", "targets"})
    heading = "services"
    help_text = (
        "v changes what is listed: services with their deployments, tasks and containers; stopped tasks by cause; runs of the migration. "
        "enter opens and shuts a row. breaker 2/3 = failures of the running deployment and how many make the circuit breaker act. "
        "`memory` marks tasks that ECS has forgotten and this machine's journal remembers. . shows stops that are no failure."
    )

    def __init__(self) -> None:
        super().__init__(id="tree")
        self.looking = Looking()
        self.table = Table()

    def body(self) -> Widget:
        return self.table

    def toggle(self, key: str) -> None:
        """Open or shut a row."""
        self.looking = msgspec.structs.replace(self.looking, toggled=self.looking.toggled ^ {key})

    def turn(self) -> None:
        """Show the next view."""
        following = VIEWS[(VIEWS.index(self.looking.view) + 1) % len(VIEWS)]
        self.looking = msgspec.structs.replace(self.looking, view=following)

    def reveal(self, world: World, view: View, key: str) -> bool:
        """List so that a row is among those listed; False when there is no such row."""
        found = revealing(world, view, key, self.looking)
        self.looking = found or self.looking
        return found is not None

    def paint(self, world: World, view: View) -> None:
        self.table.show(rows(world, view, max(60, self.table.size.width), self.looking))

    def title_left(self, world: World, view: View) -> Spans:
        words = [Span(f"[{name}] ", "title") if name == self.looking.view else Span(f" {name}  ", "dim") for name in VIEWS]
        if self.table.model.filter_text:
            words.append(Span(f"/{self.table.model.filter_text}  {self.table.hidden} hidden", "warn"))
        return tuple(words)


class DetailPane(Pane):
    """What is known of the row under the cursor."""

    reads = frozenset({"services", "tasks"})
    heading = "details"
    help_text = (
        "What is known of the row above: events and network of a service; new and old revision side by side with what differs; cause, fix "
        "and the last 50 lines of a stopped task's own stream. tab brings the keys here: arrows, pgup and pgdn scroll. "
        "d opens it as a page, and d there compares any two revisions."
    )

    def __init__(self) -> None:
        super().__init__(id="detail")
        self.table = Table()
        self.key: str | None = None
        self.logs: dict[str, Logs] = {}
        """What was read of a task's own stream, by the task's ARN."""

    def body(self) -> Widget:
        return self.table

    def lines(self, world: World, view: View) -> Sequence[Spans]:
        """The lines for the present row."""
        return detail_lines(world, view, self.key, self._logs(world))

    def _logs(self, world: World) -> Logs:
        task = log_task(world, self.key)
        return self.logs.get(task.arn, "l reads them") if task is not None else ""

    def paint(self, world: World, view: View) -> None:
        cells = max(40, self.table.size.width)
        before, log, after = (folded(part, cells) for part in detail_parts(world, view, self.key, self._logs(world)))
        shown = [*before, *newest(log, self.table.size.height - len(before)), *after]
        self.table.show([Row(key="", spans=part) for part in shown] or [Row(key="", spans=(Span(" select a row above", "dim"),))])
