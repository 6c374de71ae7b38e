"""Screen 4: the metrics by layer, one time cursor for all of them and the log, and any of them in full size."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import Horizontal
from textual.events import Resize
from textual.widget import Widget

from clickit_tui.actions.registry import Target
from clickit_tui.panes.base import Pane
from clickit_tui.panes.core import Core
from clickit_tui.panes.identity import badge
from clickit_tui.panes.keys import look_hints
from clickit_tui.panes.metrics import Looking
from clickit_tui.panes.metrics_detail import command, metric_page
from clickit_tui.panes.metrics_panes import CallsPane, ChartsPane, PlotPane
from clickit_tui.panes.view import View
from clickit_tui.screens.board import Board
from clickit_tui.screens.keys import binding
from clickit_tui.ui.cells import Spans
from clickit_tui.ui.keybar import KeyHint
from clickit_tui.ui.table import Table
from clickit_tui.world.charting import DERIVED, HOUR, RANGES
from clickit_tui.world.parts import Series
from clickit_tui.world.world import World

BESIDE = 130
"""From so many columns on, rows and plot stand side by side."""

HINTS = (
    ("enter", "full size"), ("t", "range"), ("←→", "cursor"), ("f", "newest"), ("l", "its log"), ("d", "details"), ("v", "dollars"),
    ("/", "filter"), ("c", "command"), (":", "palette"), ("?", "help"), ("q", "back"),
)  # fmt: skip


class MetricsScreen(Board):
    """Rows by layer; the selected one in full size, beside them where there is room."""

    name_shown = "Metrics"
    BINDINGS: ClassVar[list[BindingType]] = [
        binding("t", "range", "metrics_range", "the next range: 15 m, 1 h, 3 h, 12 h, 24 h, 7 d, 30 d"),
        binding("left", "cursor(-1)", "metrics_earlier", "the time cursor one period back; all charts and the log share it"),
        binding("right", "cursor(1)", "metrics_later", "the time cursor one period on; past the end it follows the newest"),
        binding("shift+left,comma", "cursor(-10)", "metrics_much_earlier", "ten periods back"),
        binding("shift+right,semicolon", "cursor(10)", "metrics_much_later", "ten periods on"),
        binding("f", "follow", "metrics_follow", "let the cursor go: show the newest values"),
        binding("l", "its_log", "metrics_log", "the log of the moment under the cursor"),
        binding("v", "turn", "metrics_view", "calls and dollars of this session and a month; again: the charts"),
        binding("z", "zoom", "metrics_zoom", "the selected chart fills the screen; again: back"),
        binding("up,k", "chart(-1)", "metrics_previous", "in full size: the chart before"),
        binding("down,j", "chart(1)", "metrics_next", "in full size: the next chart"),
        binding("enter", "zoom", "metrics_full", "in full size: back to the rows"),
    ]

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self.charts, self.plot, self.calls = ChartsPane(), PlotPane(), CallsPane(core)
        self._counting = False
        self.range = HOUR
        self._zoomed = False

    def content(self) -> Iterable[Widget]:
        yield Horizontal(self.charts, self.plot, id="metrics-both")
        yield self.calls

    def on_mount(self) -> None:
        """Focus starts in the rows."""
        self._arrange()
        self.charts.table.focus()

    def on_screen_resume(self) -> None:
        """The charts are shown: what only they need is read from now on."""
        self.core.chart(self.range)

    def on_screen_suspend(self) -> None:
        """The charts are hidden: what only they need is not read."""
        self.core.chart(None)

    def on_resize(self, event: Resize) -> None:
        """Rows and plot beside each other where there is room."""
        self._arrange()

    def _arrange(self) -> None:
        self.query_one("#metrics-both").display = not self._counting
        self.calls.display = self._counting
        self.charts.display = not self._zoomed
        self.plot.display = self._zoomed or self.size.width >= BESIDE

    def make_room(self, pane: Pane) -> None:
        """The charts, the plot in full size, or what is spent: one in place of the other."""
        self._counting, self._zoomed = pane is self.calls, pane is self.plot
        self._arrange()

    def selected(self) -> Target | None:
        """No row a change could act on."""
        return None

    @property
    def looking(self) -> Looking:
        return Looking(range=self.range, cursor=self.core.cursor)

    def show(self, world: World, view: View) -> None:
        self.charts.looking = self.plot.looking = self.looking
        self.plot.key = self.charts.table.cursor_key
        super().show(world, view)
        screens = look_hints(self.places, self.name_shown)[: len(self.places)]
        own = (KeyHint(key=key, word=word) for key, word in HINTS)
        self.keys.show(self.live_hints([*screens, *own]), note=self.foot())

    def on_table_moved(self, event: Table.Moved) -> None:
        """Another chart is selected."""
        self.repaint()

    def on_table_chosen(self, event: Table.Chosen) -> None:
        """The chart in full size."""
        self.action_zoom()

    # --- the keys ---

    def action_zoom(self) -> None:
        """The selected chart fills the screen; again: back to the rows."""
        self._zoomed = not self._zoomed
        self._arrange()
        (self.plot.view_ if self._zoomed else self.charts.table).focus()
        self.call_after_refresh(self.repaint)

    def action_back(self) -> None:
        """Esc: back to the rows, then the newest values, then the end of the filter."""
        if self._counting:
            self.action_turn()
        elif self._zoomed:
            self.action_zoom()
        elif self.core.cursor is not None:
            self.action_follow()
        else:
            super().action_back()

    def action_turn(self) -> None:
        """What the session asks of AWS and costs, in place of the charts; again: back."""
        self._counting = not self._counting
        self._arrange()
        if not self._counting:
            (self.plot.view_ if self._zoomed else self.charts.table).focus()
        self.call_after_refresh(self.repaint)

    def action_chart(self, by: int) -> None:
        """Another chart, while one is in full size."""
        self.charts.table.action_move(by)
        self.repaint()

    def action_range(self) -> None:
        """The next range; what it lacks is read once and kept."""
        self.range = RANGES[(RANGES.index(self.range) + 1) % len(RANGES)]
        self.core.chart(self.range)
        self.repaint()

    def action_cursor(self, by: int) -> None:
        """Move the time cursor by some periods; past the newest it follows."""
        if self.view is None:
            return
        period, now = self._period_s(), self.view.now
        newest = now // period * period - period
        at = (self.core.cursor if self.core.cursor is not None else newest) // period * period + by * period
        oldest = newest - self.range.back_s + period
        self.core.cursor = None if at > newest else max(at, oldest)
        self.repaint()

    def _period_s(self) -> int:
        """The period that a step of the cursor means."""
        drawn = self.plot.drawn(self.core.store.world, self.view) if self.view else None
        return drawn.period_s if drawn is not None else self.range.period_s

    def action_follow(self) -> None:
        """Show the newest values."""
        self.core.cursor = None
        self.repaint()

    def action_its_log(self) -> None:
        """Go to the log; with a cursor, to its moment."""
        self.call_later(self.run_action, "app.go('3')")

    def action_details(self) -> None:
        """Everything known of the selected chart, as a page."""
        looking = self.looking

        def lines() -> list[Spans]:
            drawn = self.plot.drawn(self.core.store.world, self.view) if self.view else None
            return metric_page(self.core.store.world, self.view, drawn, looking) if self.view and drawn else []

        if lines():
            self.page(f"{self.plot.key}  {badge(self.core.store.world)}", lines)
        else:
            self.say("details: select a metric")

    def _series(self) -> Series | None:
        metrics, key = self.core.store.world.metrics.value, self.plot.key or ""
        return metrics.series.get(DERIVED[key][1][0] if key in DERIVED else key) if metrics else None

    def action_copy_id(self) -> None:
        """Copy the metric's name."""
        series = self._series()
        self._copy(f"{series.namespace} {series.name}" if series else "")

    def action_copy_command(self) -> None:
        """Copy the command line that reads the metric over the range."""
        series = self._series()
        self._copy(command(series, self.looking, self.core.facts().now) if series else "")

    def action_quit(self) -> None:
        """Back to Triage, where q quits."""
        self.call_later(self.run_action, "app.go('1')")
