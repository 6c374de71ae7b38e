"""The panes of the metrics screen as widgets: the charts as rows by layer, one chart in full size, and what all this costs."""

from __future__ import annotations

from typing import Any

import msgspec
from textual.containers import Vertical
from textual.widget import Widget

from clickit_tui.panes.base import Pane
from clickit_tui.panes.core import Core
from clickit_tui.panes.metrics import Looking, picture, plot_head, rows, title
from clickit_tui.panes.metrics_calls import call_lines
from clickit_tui.panes.view import View, age_words
from clickit_tui.ui.cells import Span, Spans
from clickit_tui.ui.lines import Lines
from clickit_tui.ui.plot import PlotView
from clickit_tui.ui.table import Table
from clickit_tui.world.charting import HOUR, Chart, chart
from clickit_tui.world.seen import Seen
from clickit_tui.world.world import World

READS = frozenset({"metrics", "history", "alarm_history", "db_events"})


def moment_words(looking: Looking, view: View) -> Spans:
    """`1h  at 13:53:00Z` or `1h  newest`."""
    at = f"at {view.moment(looking.cursor)}" if looking.cursor is not None else "newest"
    return (Span(f"  {looking.range.name}", "bold"), Span(f"  {at}", "plain" if looking.cursor is not None else "dim"))


class _MetricsPane(Pane):
    """A pane of charts; its title tells the age of the metrics, and of the past where that is shown."""

    reads = READS

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self.looking = Looking()

    def title_right(self, world: World, view: View) -> Spans:
        seen: Seen[Any] = world.metrics
        if self.looking.range.back_s > HOUR.back_s and world.history.fault is not None:
            read = world.history.value is not None and world.history.value.back_s > 0
            seen = world.history if read else msgspec.structs.replace(world.history, value=None, seen_at=None)
        return age_words(seen, view.now)


class ChartsPane(_MetricsPane):
    """Every chart in a row, by layer."""

    heading = "metrics"
    help_text = (
        "One row a metric, by layer. Percent bars reach from 0 to 100, the others to the next 1, 2 or 5. Dim bars are provisional, "
        "or percentiles of too few requests; a dot is no data, which is not zero. t changes the range; left and right move one time "
        "cursor for all charts and the log, f lets it go; enter shows a chart in full size; l goes to the log of that moment; "
        "c copies the command."
    )

    def __init__(self) -> None:
        super().__init__("metrics")
        self.table = Table()

    def body(self) -> Widget:
        return self.table

    def paint(self, world: World, view: View) -> None:
        self.table.show(rows(world, view, max(60, self.table.size.width), self.looking))

    def title_left(self, world: World, view: View) -> Spans:
        words = [Span(self.heading, "title"), *moment_words(self.looking, view)]
        if self.table.model.filter_text:
            words.append(Span(f"  /{self.table.model.filter_text}  {self.table.hidden} hidden", "warn"))
        return tuple(words)


class PlotPane(_MetricsPane):
    """The selected chart in full size."""

    heading = "plot"
    help_text = (
        "The chart in full size. The line across is an alarm's threshold; letters under it are what happened: D deployment, A this "
        "metric's alarm, a another alarm, Y your own change, R an event of the database. Dim parts are provisional. left and right "
        "move the cursor, up and down change the chart, enter or esc goes back."
    )

    def __init__(self) -> None:
        super().__init__("plot")
        self.key: str | None = None
        self.head = Lines(id="plot-head")
        self.view_ = PlotView(id="plot-view")

    def body(self) -> Widget:
        return Vertical(self.head, self.view_, id="plot-body")

    def drawn(self, world: World, view: View) -> Chart | None:
        """The chart that is shown now."""
        return chart(world, self.key, self.looking.range, view.now) if self.key else None

    def paint(self, world: World, view: View) -> None:
        drawn = self.drawn(world, view)
        if drawn is None:
            self.head.show([(Span(" select a metric", "dim"),), (), ()])
            return
        self.head.show(plot_head(world, view, drawn, self.looking, self.head.size.width or 80))
        self.view_.show(picture(world, view, drawn, self.looking))

    def title_left(self, world: World, view: View) -> Spans:
        drawn = self.drawn(world, view)
        return (Span(title(drawn) if drawn else self.heading, "title"), *moment_words(self.looking, view))


class CallsPane(Pane):
    """What this session asks of AWS, and what it costs."""

    heading = "calls and dollars"
    help_text = (
        "What this session has asked of AWS and what that costs. Only GetMetricData and Cost Explorer cost money here; one GetMetricData a "
        "minute asks for everything that the verdicts and the shown charts need. The month is reckoned from the present rate. v goes back."
    )

    def __init__(self, core: Core) -> None:
        super().__init__(id="calls")
        self._core = core
        self.lines = Lines()

    def body(self) -> Widget:
        return self.lines

    def paint(self, world: World, view: View) -> None:
        self.lines.show(call_lines(self._core.spending(), view))
