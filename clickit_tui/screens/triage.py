"""Screen 1: are we down, where, why, what changed; and the keys that act."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

import msgspec
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.events import Resize
from textual.widget import Widget

from clickit_tui.actions.registry import Target
from clickit_tui.logs.line import LogLine
from clickit_tui.panes.base import Pane
from clickit_tui.panes.core import Core
from clickit_tui.panes.keys import change_hints, look_hints, target_of
from clickit_tui.panes.layout import layout
from clickit_tui.panes.logs_pane import LogPane
from clickit_tui.panes.triage import AlarmsPane, DataPane, EdgePane, ServicesPane
from clickit_tui.panes.view import View
from clickit_tui.screens.keys import binding
from clickit_tui.screens.rows import RowsBoard
from clickit_tui.ui.cells import Look, Span
from clickit_tui.ui.table import Table
from clickit_tui.world.world import World

SORTS = ("worst", "name", "age")


class TriageScreen(RowsBoard):
    """Services, edge, data, alarms and the live tail on one screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        binding("full_stop", "hidden", "hidden", "show what is hidden: stops that are no failure"),
        binding("s", "sort", "sort", "change the order of the services: worst, name, age"),
        binding("l", "its_logs", "its_logs", "only the log of the selected row; again: all"),
        binding("f", "follow", "follow", "pause the log, or follow it again"),
        binding("e", "error(1)", "next_error", "go to the next error in the log"),
        binding("E", "error(-1)", "previous_error", "go to the previous error in the log"),
        binding("z", "zoom", "zoom", "the focused pane fills the screen; again: back"),
    ]

    name_shown = "Triage"

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self.services = ServicesPane()
        self.logs = LogPane()
        self.edge, self.data, self.alarms = EdgePane(), DataPane(), AlarmsPane()
        self._zoomed: Pane | None = None

    def content(self) -> Iterable[Widget]:
        yield Horizontal(Vertical(self.services, Horizontal(self.edge, self.data, id="charts"), id="left"), self.alarms, id="upper")
        yield self.logs

    def on_mount(self) -> None:
        """Focus starts in services; the table puts its cursor on the worst row."""
        self.services.table.focus()

    def on_resize(self, event: Resize) -> None:
        """Give every pane its rows for the new size."""
        self._arrange(event.size.width, event.size.height)

    def _arrange(self, width: int, height: int) -> None:
        plan = layout(width, height)
        for pane in self.panes():
            pane.display = plan is not None and (self._zoomed is None or pane is self._zoomed)
        upper, charts = self.query_one("#upper"), self.query_one("#charts")
        upper.display = plan is not None and self._zoomed is not self.logs
        charts.display = plan is not None and self._zoomed in (None, self.edge, self.data)
        if plan is None:
            return
        zoomed = self._zoomed is not None
        upper.styles.height = "1fr" if zoomed else plan.services + plan.charts
        charts.styles.height = "1fr" if zoomed else plan.charts
        self.services.styles.height = "1fr" if zoomed else plan.services
        self.logs.styles.height = "1fr" if zoomed else plan.logs
        self.alarms.display = (plan.wide and not zoomed) or self._zoomed is self.alarms
        self.alarms.styles.width = "1fr" if zoomed else plan.aside
        self.query_one("#left").display = self._zoomed is not self.alarms
        self.call_after_refresh(self._refocus)

    def _refocus(self) -> None:
        """A pane that was hidden lost the focus; the keys must not go nowhere when there is room again."""
        if self.focused is None and self.services.table.focusable:
            self.services.table.focus()

    def make_room(self, pane: Pane) -> None:
        """Back to all panes; one that has no room among them fills the screen."""
        self._zoomed = None
        self._arrange(self.size.width, self.size.height)
        if not pane.display:
            self._zoomed = pane
            self._arrange(self.size.width, self.size.height)

    def show(self, world: World, view: View) -> None:
        super().show(world, view)
        if layout(self.size.width, self.size.height) is None:
            self.cause.show([(Span(f" too small: need 60x16, have {self.size.width}x{self.size.height}", "warn"),)])
        hints = change_hints(world, view, self.selected())
        looks = look_hints(self.places, self.name_shown)
        self.keys.show(self.live_hints(looks), self.live_hints(hints), note=self.foot("read-only: keys dimmed" if view.read_only else ""))

    def selected(self) -> Target | None:
        """The row under the cursor; nothing when the cursor got there by itself."""
        return self.selection.target(self.services.table.cursor_key, self.core.store.world)

    def on_table_moved(self, event: Table.Moved) -> None:
        """A cursor that moved by itself must not lend its new row to the next upper-case key."""
        self.moved(event, lost=event.lost)
        self.repaint()

    def on_table_chosen(self, event: Table.Chosen) -> None:
        """Enter opens and shuts a service; on a task it shows its details."""
        if self.took_up():
            return
        target = target_of(event.key, self.core.store.world)
        if event.key == "migration" or (target and target.kind == "service"):
            part = target.part if target else "migration"
            self.services.toggle(part, self._is_open(part))
        else:
            self.action_details()

    def _is_open(self, part: str) -> bool:
        rows = self.services.table.model.rows
        head = next((r for r in rows if r.search.startswith(f"{part} ")), None)
        return head is not None and head.spans[0].text.startswith(self.services.table.symbols.open)

    def action_hidden(self) -> None:
        """Show or hide stops that are no failure."""
        o = self.services.options
        self.services.options = msgspec.structs.replace(o, all_stopped=not o.all_stopped)

    def action_sort(self) -> None:
        """The next order."""
        o = self.services.options
        self.services.options = msgspec.structs.replace(o, sort=SORTS[(SORTS.index(o.sort) + 1) % len(SORTS)])

    def action_its_logs(self) -> None:
        """Narrow the log to the selected service or task, or show all again."""
        target = target_of(self.services.table.cursor_key, self.core.store.world)
        key = self.services.table.cursor_key or ""
        part = target.part if target else "migration" if key == "migration" else ""
        wanted = f"{part}/{target.id.rsplit('/', 1)[-1]}" if target and target.kind == "task" else part
        self.logs.only = "" if self.logs.only == wanted else wanted
        self._log_in_sight()

    def _log_in_sight(self) -> None:
        """A key of the log shows it, where another pane fills the screen."""
        if not self.logs.display:
            self.make_room(self.logs)
            self.call_after_refresh(self.repaint)

    def action_follow(self) -> None:
        """Pause or follow the log, from any pane."""
        self._log_in_sight()
        self.logs.tail.action_follow()

    def flush_log(self, lines: Sequence[LogLine], state: tuple[str, Look]) -> None:
        if self.view is not None and self.logs.display:
            self.logs.flush(self.core.log_update(self.logs.version), state, self.view)
            self.logs.show(self.core.store.world, self.view)

    def action_error(self, by: int) -> None:
        """Go to the next or previous error line of the log."""
        self._log_in_sight()
        if not self.logs.to_error(by):
            self.say("no newer error in the log" if by > 0 else "no older error in the log")

    def action_zoom(self) -> None:
        """The focused pane fills the screen; again: back."""
        focused = self.focused
        pane = next((p for p in self.panes() if focused is not None and p in focused.ancestors_with_self), self.services)
        self._zoomed = None if self._zoomed is not None else pane
        self._arrange(self.size.width, self.size.height)
        self.call_after_refresh(self.repaint)
