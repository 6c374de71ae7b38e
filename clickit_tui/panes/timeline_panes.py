"""The two panes of the Timeline as widgets."""

from __future__ import annotations

from textual.widget import Widget

from clickit_tui.checks.timeline import READS, Group, Happening
from clickit_tui.panes.base import Pane
from clickit_tui.panes.timeline import SPAN_S, Looking, before_lines, hidden, rows, runs
from clickit_tui.panes.view import View
from clickit_tui.ui.cells import Span, Spans
from clickit_tui.ui.lines import Lines
from clickit_tui.ui.table import Table
from clickit_tui.world.words import brief
from clickit_tui.world.world import World


class BeforePane(Pane):
    """The first bad minute, and the changes before it."""

    reads = frozenset({"metrics"})
    heading = "first bad minute, and what changed before it"
    help_text = (
        "The minute in which the present trouble began, found from the metrics: 5xx, p95, unhealthy targets; database connections and CPU "
        "where customers feel nothing. Under it the changes of the two hours before, the most suspect first, with the reasons: nearness in "
        "time, the kind of change, whether the part fails, whether it ended badly."
    )

    def __init__(self) -> None:
        super().__init__(id="before")
        self.lines = Lines()

    def body(self) -> Widget:
        return self.lines

    def paint(self, world: World, view: View) -> None:
        self.lines.show(before_lines(world, view, self.lines.size.width or 78, self.lines.size.height or 4))


class TimelinePane(Pane):
    """Everything that is known to have happened, newest first."""

    reads = READS & frozenset(
        {
            "services",
            "service_deployments",
            "tasks",
            "scaling_activities",
            "alarm_history",
            "db_events",
            "cache_events",
            "secrets",
            "secret_list",
            "images",
            "repositories",
        }
    )
    heading = "timeline"
    help_text = (
        "Deployments, autoscaling, events of database and cache, secrets, images, our own changes, service events, stopped tasks, alarms, "
        "verdicts, bookmarks and notes on one axis, newest first. v narrows it to one kind or group, t to a quarter of an hour around a "
        "moment, / to a text. What says the same within three minutes is one row with its count; . shows routine, and each by itself. A "
        "kind that is not seen stands above the rows with the reason. m puts a note or a bookmark at the row's moment; enter shows "
        "everything of a row and the command that shows it."
    )

    def __init__(self) -> None:
        super().__init__(id="timeline")
        self.looking = Looking()
        self.table = Table()

    def body(self) -> Widget:
        return self.table

    def chosen(self, world: World, view: View) -> list[Happening]:
        """The entry under the cursor, or the several alike that are one row, oldest first; empty when there is none."""
        key = self.table.cursor_key
        return next((run for run in runs(world, view, self.looking) if run[0].id == key), []) if key else []

    def paint(self, world: World, view: View) -> None:
        self.table.show(rows(world, view, max(50, self.table.size.width), self.looking))

    def title_left(self, world: World, view: View) -> Spans:
        looking = self.looking
        words = [Span("timeline", "title")]
        if looking.group != Group.ALL:
            words.append(Span(f"  {looking.group}", "warn"))
        if looking.around is not None:
            words.append(Span(f"  {view.clock(looking.around)} ± {brief(SPAN_S)}", "warn"))
        if self.table.model.filter_text:
            words.append(Span(f"  /{self.table.model.filter_text}  {self.table.hidden} hidden", "warn"))
        if count := hidden(world, view, looking):
            words.append(Span(f"  {count} routine (.)", "dim"))
        return tuple(words)
