"""The panes of Triage as widgets over the pure renderings of this folder."""

from __future__ import annotations

import msgspec
from textual.widget import Widget

from clickit_tui.panes.alarms import alarm_lines
from clickit_tui.panes.base import Pane
from clickit_tui.panes.charts import data_lines, edge_lines
from clickit_tui.panes.services import Options, service_rows
from clickit_tui.panes.view import View
from clickit_tui.ui.cells import Row, Span, Spans
from clickit_tui.ui.lines import Lines
from clickit_tui.ui.table import Table
from clickit_tui.world.memo import Memo
from clickit_tui.world.world import World

ROOMY = 12
"""Rows of the services pane from which on no task is folded."""


class ServicesPane(Pane):
    """Services and their tasks, worst first."""

    reads = frozenset({"services", "tasks", "definitions", "target_groups", "targets"})
    heading = "services"
    help_text = (
        "Services worst first, their tasks under them. new 0/3 old 1/3 = tasks running of desired in the new and the old deployment. "
        "enter opens and shuts a service; d shows everything known of the row; . shows stops that are no failure; s changes the order; "
        "S R B X K act on the selected row."
    )

    def __init__(self) -> None:
        super().__init__(id="services")
        self.options = Options()
        self.table = Table()
        self._rows = Memo[list[Row]]()

    def body(self) -> Widget:
        return self.table

    def toggle(self, part: str, opened: bool) -> None:
        """Open or shut the tasks of a part."""
        o = self.options
        self.options = msgspec.structs.replace(
            o, open=o.open - {part} if opened else o.open | {part}, shut=o.shut | {part} if opened else o.shut - {part}
        )

    def paint(self, world: World, view: View) -> None:
        options = msgspec.structs.replace(self.options, roomy=self.table.size.height >= ROOMY)
        width = max(40, self.table.size.width)
        self.table.show(self._rows.of((world, view), (width, options), lambda: service_rows(world, view, width, options)))

    def title_left(self, world: World, view: View) -> Spans:
        hidden = self.table.hidden
        words = [Span("services", "title")]
        if self.table.model.filter_text:
            words.append(Span(f"  /{self.table.model.filter_text}  {hidden} hidden", "warn"))
        if self.options.sort != "worst":
            words.append(Span(f"  by {self.options.sort}", "dim"))
        below = len(self.table.model.visible) - self.table.size.height
        if below > 0:
            words.append(Span(f"  {below} more below (z zoom)", "dim"))
        return tuple(words)


class EdgePane(Pane, can_focus=True):
    """The load balancer's minute: requests, latency, errors, targets."""

    reads = frozenset({"balancer", "metrics", "targets"})
    heading = "edge"
    help_text = (
        "The load balancer. req/min and p50/p95 are of the newest closed minute, the counters of the last five closed minutes; "
        "`elb 5xx` are answers the balancer gave itself because no target could; unhlthy counts targets now. "
        "Scales are fixed: counts start at 0, bars rise to the next 1, 2 or 5. Dim bars still grow; a dot is no data, which is not zero."
    )

    def __init__(self) -> None:
        super().__init__(id="edge")
        self.lines = Lines()

    def body(self) -> Widget:
        return self.lines

    def paint(self, world: World, view: View) -> None:
        self.lines.show(edge_lines(world, view, self.lines.size.width or 40))


class DataPane(Pane, can_focus=True):
    """Database and cache."""

    reads = frozenset({"database", "cache", "metrics"})
    heading = "data"
    help_text = (
        "Database and cache. Percent bars reach from 0 to 100; connections from 0 to the team's budget, which is no limit of AWS; "
        "free is memory; iops are reads and writes a second; hit n/a means fewer than 100 look-ups in the minute."
    )

    def __init__(self) -> None:
        super().__init__(id="data")
        self.lines = Lines()

    def body(self) -> Widget:
        return self.lines

    def paint(self, world: World, view: View) -> None:
        self.lines.show(data_lines(world, view, self.lines.size.width or 40, self.lines.size.height or 5))


class AlarmsPane(Pane, can_focus=True):
    """Alarms and what changed; only where the screen is wide."""

    reads = frozenset({"alarms", "services"})
    heading = "alarms and changes"
    help_text = (
        "Alarms, worst first, with how long they have been so; then what changed and what the services say, newest first; 0 shows all of "
        "it. Wide screens only."
    )

    def __init__(self) -> None:
        super().__init__(id="alarms")
        self.lines = Lines()

    def body(self) -> Widget:
        return self.lines

    def paint(self, world: World, view: View) -> None:
        self.lines.show(alarm_lines(world, view, self.lines.size.width or 40, self.lines.size.height or 10))
