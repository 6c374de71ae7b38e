"""Screen 5: the alarms, what each means here, how it changed; and from an alarm to its evidence in one key."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

from clickit_tui.actions.registry import Target
from clickit_tui.logs.line import LogLine
from clickit_tui.logs.search import Wanted
from clickit_tui.panes.alarms_list import detail, promised
from clickit_tui.panes.alarms_panes import AlarmDetailPane, AlarmListPane
from clickit_tui.panes.core import Core
from clickit_tui.panes.evidence import MINUTE_MS, Gathered, evidence_lines, picture, playbook, window
from clickit_tui.panes.identity import badge
from clickit_tui.panes.keys import look_hints
from clickit_tui.panes.view import View
from clickit_tui.plan import Call, as_cli
from clickit_tui.screens.board import Board
from clickit_tui.screens.keys import binding
from clickit_tui.screens.rows import share
from clickit_tui.ui.cells import Spans
from clickit_tui.ui.keybar import KeyHint
from clickit_tui.ui.page import Page
from clickit_tui.ui.plot import drawn, with_cursor
from clickit_tui.ui.prompt import Prompt
from clickit_tui.ui.table import Table
from clickit_tui.world.honesty import acknowledging
from clickit_tui.world.parts import Alarm
from clickit_tui.world.seen import Failed
from clickit_tui.world.world import World

HINTS = (
    ("enter", "evidence"), ("v", "history"), ("m", "acknowledge"), ("l", "its log"), ("/", "filter"), ("c", "command"), ("y", "copy"),
    (":", "palette"), ("?", "help"), ("q", "back"),
)  # fmt: skip
PLOT = (100, 12)
"""Widest plot of the evidence, and its rows."""


class Evidence(Page):
    """The page of one change of an alarm; its keys lead on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("6", "on('6')", "playbook", show=False, id="evidence.playbook", tooltip="the playbook for this alarm"),
        Binding("3,l", "on('3')", "log", show=False, id="evidence.log", tooltip="the log at that moment"),
        Binding("4", "on('4')", "metrics", show=False, id="evidence.metrics", tooltip="all metrics at that moment"),
        Binding("m", "on('m')", "acknowledge", show=False, id="evidence.acknowledge", tooltip="acknowledge with a note for the journal"),
    ]

    def __init__(self, board: AlarmsScreen, gathered: Gathered) -> None:
        super().__init__(self._of_evidence, f"evidence  {badge(board.core.store.world)}")
        self._board, self.gathered = board, gathered

    def _of_evidence(self) -> Sequence[Spans]:
        view = self._board.view
        return evidence_lines(self.gathered, self._board.core.store.world, view) if view is not None else []

    def action_on(self, key: str) -> None:
        """Leave the page and go on."""
        self.dismiss(None)
        self._board.call_later(self._board.lead_on, key, self.gathered)


class AlarmsScreen(Board):
    """The list over the details of the selected alarm."""

    name_shown = "Alarms"
    BINDINGS: ClassVar[list[BindingType]] = [
        binding("v", "turn", "alarms_view", "what is listed: the alarms, or all their changes as a timeline"),
        binding("m", "acknowledge", "alarms_acknowledge", "acknowledge the alarm with a note for the journal; nothing is sent to AWS"),
        binding("l", "its_log", "alarms_log", "the log of the minute in which the alarm changed"),
        binding("z", "zoom", "alarms_zoom", "the focused pane fills the screen; again: back"),
    ]

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self.listing, self.detail = AlarmListPane(), AlarmDetailPane()

    def content(self) -> Iterable[Widget]:
        yield self.listing
        yield self.detail

    def on_mount(self) -> None:
        """Focus starts in the list."""
        self.listing.table.focus()

    def selected(self) -> Target | None:
        """No change acts on an alarm."""
        return None

    def show(self, world: World, view: View) -> None:
        self.detail.key = self._alarm_key()
        super().show(world, view)
        share(self.listing, self.listing.table, self.detail, self.size.height)
        screens = look_hints(self.places, self.name_shown)[: len(self.places)]
        self.keys.show(self.live_hints([*screens, *(KeyHint(key=key, word=word) for key, word in HINTS)]), note=self.foot())

    def _alarm_key(self) -> str | None:
        """The key of the list that the row under the cursor stands for; a change means its alarm."""
        key = self.listing.table.cursor_key
        return f"alarm:{key.split(':', 2)[2]}" if key and key.startswith("change:") else key

    def alarm(self) -> Alarm | None:
        """The alarm under the cursor."""
        name = (self._alarm_key() or "").partition(":")[2]
        return next((each for each in self.core.store.world.alarms.value or () if each.name == name), None)

    def changed(self) -> tuple[float, str] | None:
        """(when, to what state) of the change under the cursor: the row's in the history, else the alarm's last."""
        key, alarm = self.listing.table.cursor_key or "", self.alarm()
        if alarm is None:
            return None
        history = self.core.store.world.alarm_history.value
        if key.startswith("change:"):
            at = float(key.split(":", 2)[1])
            found = [each for each in history.changes if each.name == alarm.name and int(each.at) == int(at)] if history else []
            return (found[0].at, found[0].state) if found else None
        return None if alarm.since is None else (alarm.since, alarm.state)

    def on_table_moved(self, event: Table.Moved) -> None:
        """Another alarm: its details."""
        if event.table is self.listing.table:
            self.repaint()

    def on_table_chosen(self, event: Table.Chosen) -> None:
        """The evidence of the alarm; of a missing one the command that creates it."""
        if event.key.startswith("missing:"):
            self.page(f"missing alarm  {badge(self.core.store.world)}", lambda: self._detail_lines(event.key))
        else:
            self.open_evidence()

    def _detail_lines(self, key: str) -> list[Spans]:
        return detail(self.core.store.world, self.view, key, 100) if self.view is not None else []

    # --- the evidence ---

    def open_evidence(self) -> None:
        """Open the page and read what it shows."""
        alarm, changed = self.alarm(), self.changed()
        if alarm is None or changed is None:
            self.say("evidence: select an alarm whose change is known")
            return
        gathered = Gathered(alarm=alarm, at=changed[0], state=changed[1])
        page = Evidence(self, gathered)
        self.app.push_screen(page)
        self.run_worker(self._gather(page), group="evidence", exclusive=True, exit_on_error=False)

    async def _gather(self, page: Evidence) -> None:
        await asyncio.gather(self._read_metric(page), self._read_log(page))

    async def _read_metric(self, page: Evidence) -> None:
        gathered, now = page.gathered, self.core.facts().now
        start, end = window(gathered.at, now, gathered.alarm.period_s or 60)
        try:
            gathered.series = await self.core.alarm_metric(gathered.alarm, start, end)
        except Failed as failed:
            gathered.series = failed.fault.sentence
        if self.view is not None:
            shown = picture(gathered, self.core.store.world, self.view)
            cells = max(40, min(PLOT[0], self.size.width - 8))
            lines = await asyncio.to_thread(drawn, shown, cells, PLOT[1], self.view.glyphs.ascii)
            gathered.plot = with_cursor(lines, shown, cells, self.view.glyphs.bar)
        self._renew(page)

    async def _read_log(self, page: Evidence) -> None:
        at_ms = int(page.gathered.at * 1000)
        search = self.core.log_search(Wanted(from_ms=at_ms - MINUTE_MS, to_ms=at_ms + MINUTE_MS, enough=200))
        await search.run()
        lines: Sequence[LogLine] = search.lines
        failed = [fault.sentence for fault in search.faults.values()] if not lines else []
        page.gathered.lines = failed[0] if failed else list(lines)
        self._renew(page)

    def _renew(self, page: Evidence) -> None:
        if page.is_mounted:
            page.renew()

    async def lead_on(self, key: str, gathered: Gathered) -> None:
        """From the evidence to the log, the metrics or the playbook of that moment."""
        if key == "m":
            self.ask_acknowledgement(gathered.alarm)
            return
        if key == "6":
            await self._to_playbook(playbook(gathered.alarm).id)
            return
        self.core.cursor = gathered.at
        await self.run_action(f"app.go('{key}')")

    async def _to_playbook(self, id: str) -> None:
        """Show the playbook, where there is a screen for it."""
        if not any(key == "6" for key, _ in self.places):
            self.say("there is no screen of playbooks here: see the runbook")
            return
        await self.run_action("app.go('6')")
        opened = getattr(getattr(self.app, "board", None), "open", None)
        if callable(opened):
            opened(id)

    # --- the keys ---

    def action_turn(self) -> None:
        """The other view."""
        self.listing.turn()
        self.repaint()

    def action_acknowledge(self) -> None:
        """Ask for the note."""
        alarm = self.alarm()
        if alarm is None:
            self.say("acknowledge: select an alarm")
        else:
            self.ask_acknowledgement(alarm)

    def ask_acknowledgement(self, alarm: Alarm) -> None:
        """Ask for a note and put it into the journal."""
        self.app.push_screen(Prompt(f"acknowledge {alarm.name}, note: "), lambda text: self._acknowledged(alarm, text))

    def _acknowledged(self, alarm: Alarm, text: str | None) -> None:
        if text is not None:
            self.run_worker(self._note(alarm, text.strip() or "seen"), exit_on_error=False)

    async def _note(self, alarm: Alarm, text: str) -> None:
        problem = await self.core.note(acknowledging(alarm, text))
        self.say(problem or f"acknowledged here, in the journal; AWS knows nothing of it: {alarm.name}")

    def action_its_log(self) -> None:
        """The log of the minute in which the alarm changed."""
        changed = self.changed()
        if changed is None:
            self.say("log: select an alarm whose change is known")
            return
        self.core.cursor = changed[0]
        self.call_later(self.run_action, "app.go('3')")

    def action_details(self) -> None:
        """Everything known of the alarm, as a page."""
        key = self._alarm_key() or ""
        if key:
            self.page(f"alarm  {badge(self.core.store.world)}", lambda: self._detail_lines(key))

    def action_zoom(self) -> None:
        """The focused pane fills the screen; again: back."""
        both = self.listing.display and self.detail.display
        in_detail = self.focused is self.detail.table
        self.listing.display, self.detail.display = not both or not in_detail, not both or in_detail
        share(self.listing, self.listing.table, self.detail, self.size.height)

    def action_copy_id(self) -> None:
        """Copy the alarm's name."""
        alarm = self.alarm()
        self._copy(alarm.name if alarm else "")

    def action_copy_arn(self) -> None:
        """Copy the alarm's ARN."""
        alarm = self.alarm()
        self._copy(alarm.arn if alarm else "")

    def action_copy_command(self) -> None:
        """Copy the command that shows the alarm; of a missing one the command that creates it."""
        key, alarm = self._alarm_key() or "", self.alarm()
        wanted = [each for each in promised(self.core.store.world, self.view) if f"missing:{each.id}" == key] if self.view else []
        if wanted:
            self._copy(as_cli(wanted[0].creates))
        else:
            self._copy(as_cli(Call("cloudwatch", "DescribeAlarms", {"AlarmNames": [alarm.name]})) if alarm else "")

    def action_quit(self) -> None:
        """Back to Triage, where q quits."""
        self.call_later(self.run_action, "app.go('1')")
