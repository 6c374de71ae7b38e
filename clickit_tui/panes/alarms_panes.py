"""The panes of the alarms screen as widgets: the list, or the changes of all alarms; and everything known of the selected one."""

from __future__ import annotations

from textual.widget import Widget

from clickit_tui.panes.alarms_list import detail, history_rows, rows
from clickit_tui.panes.base import Pane
from clickit_tui.panes.view import View
from clickit_tui.ui.cells import Row, Span, Spans
from clickit_tui.ui.table import Table
from clickit_tui.ui.wrapping import hung
from clickit_tui.world.world import World

VIEWS = ("alarms", "history")


class AlarmListPane(Pane):
    """The alarms, worst first; or what changed, newest first."""

    reads = frozenset({"alarms", "alarm_history", "target_groups"})
    heading = "alarms"
    help_text = (
        "The environment's alarms, worst first, with how long each has been so; then autoscaling's own, for which ALARM is no trouble. "
        "quiet is INSUFFICIENT_DATA of a counter that has no data while nothing happens. MUTED alarms tell nobody. In protected "
        "environments the runbook's alarms are expected; enter on a missing one shows the command that creates it. v shows all changes "
        "as a timeline. enter opens the evidence, m acknowledges with a note for the journal."
    )

    def __init__(self) -> None:
        super().__init__(id="alarm-list")
        self.shown = VIEWS[0]
        self.table = Table()

    def body(self) -> Widget:
        return self.table

    def turn(self) -> None:
        """The other view."""
        self.shown = VIEWS[1 - VIEWS.index(self.shown)]

    def paint(self, world: World, view: View) -> None:
        width = max(60, self.table.size.width)
        self.table.show(rows(world, view, width) if self.shown == VIEWS[0] else history_rows(world, view, width))

    def title_left(self, world: World, view: View) -> Spans:
        words = [Span(f"[{name}] ", "title") if name == self.shown else Span(f" {name}  ", "dim") for name in VIEWS]
        if self.table.model.filter_text:
            words.append(Span(f"/{self.table.model.filter_text}  {self.table.hidden} hidden", "warn"))
        return tuple(words)


class AlarmDetailPane(Pane):
    """Everything known of the selected alarm."""

    reads = frozenset({"alarms"})
    heading = "details"
    help_text = (
        "The state since it really changed, CloudWatch's reason, where the alarm turns, what missing data mean for it, whom it tells, and "
        "its last day: bars where it was in ALARM, dots where nothing is known. tab brings the keys here: arrows, pgup and pgdn scroll."
    )

    def __init__(self) -> None:
        super().__init__(id="alarm-detail")
        self.table = Table()
        self.key: str | None = None

    def body(self) -> Widget:
        return self.table

    def paint(self, world: World, view: View) -> None:
        cells = max(40, self.table.size.width)
        folded = [part for line in detail(world, view, self.key, cells) for part in (hung(line, cells) if line else ((),))]
        self.table.show([Row(key="", spans=part) for part in folded])

    def title_right(self, world: World, view: View) -> Spans:
        return ()
