"""Screen 3: the log, live and beyond what is held; nothing here changes anything."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from clickit_tui.actions.registry import Target
from clickit_tui.logs.line import LogLine
from clickit_tui.logs.plain import plain_line
from clickit_tui.logs.reader import SWEEP_PATTERN
from clickit_tui.logs.search import Search, Wanted, pattern_of
from clickit_tui.logs.sift import parse
from clickit_tui.panes.core import Core
from clickit_tui.panes.keys import look_hints
from clickit_tui.panes.log import line_page
from clickit_tui.panes.logs_jump import HINT, NoMoment, age_s, moment
from clickit_tui.panes.logs_keep import file_text, save, task_streams
from clickit_tui.panes.logs_pane import LogsPane, line_key
from clickit_tui.panes.view import View
from clickit_tui.plan import Call, as_cli
from clickit_tui.screens.board import Board
from clickit_tui.screens.keys import binding
from clickit_tui.screens.sums import Sums
from clickit_tui.ui.cells import Look
from clickit_tui.ui.clipboard import copy
from clickit_tui.ui.keybar import KeyHint
from clickit_tui.ui.patience import TOO_LONG, TooLong
from clickit_tui.ui.picker import Choice, Picker
from clickit_tui.ui.prompt import Prompt
from clickit_tui.ui.tail import Tail
from clickit_tui.world.world import World

HOUR_MS = 3_600_000
OLDER_MS = 24 * HOUR_MS
OLDER_LINES = 300
SEARCH_S = 0.5
"""How often the found lines of a running search are painted."""

HINTS = (
    ("/", "filter"), ("f", "pause"), ("e", "error"), ("h", "errors 1 h"), ("l", "only"), ("t", "jump"), ("n", "find"),
    ("b", "beyond"), ("u", "sums"), ("v", "shape"), ("o", "clock"), ("m", "mark"), ("y", "copy"), ("x", "save"),
)  # fmt: skip


class LogsScreen(Board):
    """The log alone, with everything that can be asked of it."""

    name_shown = "Logs"
    BINDINGS: ClassVar[list[BindingType]] = [
        binding("e", "error(1)", "logs_next_error", "go to the next error"),
        binding("E", "error(-1)", "logs_previous_error", "go to the previous error"),
        binding("n", "find(1)", "logs_next_match", "go to the next match; asks what to find when nothing was asked yet; esc ends it"),
        binding("N", "find(-1)", "logs_previous_match", "go to the previous match"),
        binding("t", "jump", "logs_jump", "jump to a time, an age, `deploy` or `alarm`"),
        binding("h", "last_hour", "logs_last_hour", "the errors of the last hour, searched on the server"),
        binding("b", "beyond", "logs_beyond", "search on the server beyond what is held; esc stops it, then goes back"),
        binding("u", "sums", "logs_sums", "count with Logs Insights over a large window; says the price before it asks"),
        binding("l", "its_logs", "logs_only", "only one part, or one task, running or stopped"),
        binding("v", "shape", "logs_shape", "the next shape: lines, wrapped, columns, raw, unfolded"),
        binding("o", "clock", "logs_clock", "the next clock: UTC, local, relative"),
        binding("comma", "fields", "logs_fields", "choose the JSON fields that the columns show"),
        binding("m", "bookmark", "logs_bookmark", "put the line under the cursor into the timeline, or the newest one"),
        binding("space", "range", "logs_range", "begin a range at the cursor; y copies, x saves from there to the cursor"),
        binding("x", "save", "logs_save", "save the lines shown, or the range, to a file that only you can read"),
        binding("enter", "details", "logs_details", "everything known of the line under the cursor"),
    ]

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self.logs = LogsPane()
        self._searches: dict[Search, asyncio.Task[None]] = {}
        self._shown: tuple[Search, int] | None = None
        self._older: Search | None = None
        self._finding = ""
        self._cursor: float | None = None
        self._going: float | None = None
        self._range: tuple[int, int, str] | None = None

    def content(self) -> Iterable[Widget]:
        yield self.logs

    def on_mount(self) -> None:
        """All keys are the log's."""
        self.logs.tail.focus()
        self.set_interval(SEARCH_S, self._look_at_searches)

    def selected(self) -> Target | None:
        """No row a change could act on."""
        return None

    def show(self, world: World, view: View) -> None:
        self.logs.troubles = self.core.log_troubles()
        super().show(world, view)
        screens = look_hints(self.places, self.name_shown)[: len(self.places)]
        hints = [KeyHint(key=key, word=word) for key, word in HINTS]
        ends = (KeyHint(key=":", word="palette"), KeyHint(key="?", word="help"), KeyHint(key="q", word="back"))
        self.keys.show(self.live_hints([*screens, *hints, *ends]), note=self.foot())

    def flush_log(self, lines: Sequence[LogLine], state: tuple[str, Look]) -> None:
        if self.view is not None:
            self.logs.flush(self.core.log_update(self.logs.version), state, self.view)
            going, self._going = self._going, None
            if going is not None:
                self._go_to(int(going * 1000))
            self.logs.show(self.core.store.world, self.view)

    def on_tail_changed(self, event: Tail.Changed) -> None:
        """The title says at once that it stands still."""
        if self.view is not None:
            self.logs.show(self.core.store.world, self.view)

    def line(self) -> LogLine | None:
        """The line under the cursor; following, the newest one."""
        return self.logs.tail.model.cursor

    # --- moving ---

    def action_error(self, by: int) -> None:
        """Go to the next or previous error."""
        if not self.logs.to_error(by):
            self.say("no newer error" if by > 0 else "no older error here; h searches the last hour on the server")

    def action_find(self, by: int) -> None:
        """Go to the next or previous match; ask what to find when nothing was asked yet."""
        if not self._finding:
            self.app.push_screen(Prompt("find: ", changed=lambda text: parse(text).problem), lambda text: self._find(text, by))
            return
        self._look_for(self._finding, (by,), f"no {'newer' if by > 0 else 'older'} match of {self._finding} among the lines shown")

    def _find(self, text: str | None, by: int) -> None:
        found = parse(text or "")
        if found.accepts is None:
            return
        self._finding = found.text
        self.logs.draw(finds=found.finds)
        self._look_for(found.text, (by, -by), f"no match of {found.text} among the lines shown; b searches on the server")

    def _look_for(self, text: str, ways: tuple[int, ...], none: str) -> None:
        """Go to the nearest match in one of some directions, or say that there is none."""
        accepts = parse(text).accepts
        try:
            if accepts is not None and not any(self.logs.tail.seek(accepts, way) for way in ways):
                self.say(none)
        except TooLong:
            self.say(f"{text} {TOO_LONG}")

    def action_jump(self) -> None:
        """Ask for a moment and go there."""
        self.app.push_screen(Prompt("jump to: ", changed=self._no_moment), self._jump)

    def _moment(self, text: str) -> float:
        local = self.logs.drawing.clock == "local"
        return moment(text, self.core.facts().now, self.core.store.world, self.logs.only.partition("/")[0], local)

    def _no_moment(self, text: str) -> str:
        try:
            self._moment(text)
        except NoMoment as none:
            return str(none) if text else HINT
        return ""

    def _jump(self, text: str | None) -> None:
        if not text:
            return
        try:
            self._go_to(int(self._moment(text) * 1000))
        except NoMoment as none:
            self.say(str(none))

    def _go_to(self, at_ms: int) -> None:
        """To a moment among the lines held, or read around it on the server."""
        held = self.logs.tail.model.lines
        if held and held[0].at_ms <= at_ms:
            if not self.logs.tail.go((at_ms, 0, "")):
                self.say("no line shown is that new")
            return
        self.say("before the lines held: reading around it on the server")
        self._search(Wanted(from_ms=at_ms - 120_000, to_ms=at_ms + 600_000), at_ms)

    def on_screen_resume(self) -> None:
        """Another screen moved the shared time cursor: the log goes there as soon as its lines are taken over."""
        at = self.core.cursor
        if at is not None and at != self._cursor:
            self._cursor = self._going = at

    def on_screen_suspend(self) -> None:
        """The line at which the log stands still is where the charts look next."""
        line = self.line()
        if line is not None and not self.logs.tail.model.following:
            self.core.cursor = self._cursor = line.at_ms / 1000

    # --- beyond what is held ---

    def action_last_hour(self) -> None:
        """The errors of the last hour."""
        now_ms = int(self.core.facts().now * 1000)
        self._search(Wanted(from_ms=now_ms - HOUR_MS, to_ms=now_ms + 1, pattern=SWEEP_PATTERN, name="errors"))
        self.logs.tail.set_filter("level=error")
        self.repaint()

    def action_beyond(self) -> None:
        """Ask for a pattern and a window, and search on the server."""
        self.app.push_screen(Prompt("search the last (15m 1h 6h 2d), pattern: ", "1h ", changed=self._unsearchable), self._beyond)

    def action_sums(self) -> None:
        """Errors per minute, top messages, slowest requests: with the price before."""
        part = self.logs.only.partition("/")[0]
        groups = [group for name, group in self.core.config.names.logs.items() if part in ("", name)]
        self.say("estimating what a query would scan")
        self.run_worker(Sums(self.app, self.core, groups).open(), exclusive=True, group="sums", exit_on_error=False)

    def _asked(self, text: str) -> tuple[float, str]:
        back, _, pattern = text.strip().partition(" ")
        return age_s(back), pattern_of(pattern)

    def _unsearchable(self, text: str) -> str:
        try:
            self._asked(text)
        except NoMoment as none:
            return str(none)
        return "" if len(text) < 1_000 else "a pattern has at most 1,024 characters"

    def _beyond(self, text: str | None) -> None:
        if not text or self._unsearchable(text):
            return
        back_s, pattern = self._asked(text)
        now_ms = int(self.core.facts().now * 1000)
        part = self.logs.only.partition("/")[0]
        self._search(Wanted(from_ms=now_ms - int(back_s * 1000), to_ms=now_ms + 1, pattern=pattern, parts=(part,) if part else ()))

    def _search(self, wanted: Wanted, go_ms: int | None = None) -> None:
        """Begin a search and show its lines in place of the tail."""
        self._stop_searches()
        if self._shown is not None:
            self.logs.show_live()
        search = self.core.log_search(wanted)
        self._run(search, lambda: None if go_ms is None else self._arrived(search, go_ms))
        self._shown = (search, -1)
        self._look_at_searches()
        self.repaint()

    def _arrived(self, search: Search, at_ms: int) -> None:
        if self._shown is not None and self._shown[0] is search:
            self._look_at_searches()
            self.logs.tail.go((at_ms, 0, ""))

    def _run(self, search: Search, then: Callable[[], None]) -> None:
        async def run() -> None:
            await search.run()
            self._look_at_searches()
            then()

        self._searches[search] = asyncio.create_task(run())

    def _stop_searches(self) -> None:
        for task in self._searches.values():
            task.cancel()
        self._searches.clear()
        self._older = None

    def on_unmount(self) -> None:
        """Nothing is read for a screen that is gone."""
        self._stop_searches()

    def _look_at_searches(self) -> None:
        """Paint what a search found since the last look."""
        if self._shown is None or self._shown[0].version == self._shown[1]:
            return
        search = self._shown[0]
        self._shown = (search, search.version)
        words: tuple[str, Look] = (search.words(), "warn" if search.faults or search.unread else "plain")
        self.logs.show_found(search.lines, lambda: words)
        if self.view is not None:
            self.logs.show(self.core.store.world, self.view)

    def on_tail_top(self, event: Tail.Top) -> None:
        """Going up beyond the oldest line of the tail reads older ones."""
        lines = self.logs.live.lines
        if self._shown is not None or self._older is not None or not lines:
            return
        first_ms = lines[0].at_ms
        span = lines[min(len(lines) - 1, 2 * OLDER_LINES)].at_ms - first_ms
        wanted = Wanted(from_ms=first_ms - OLDER_MS, to_ms=first_ms + 1, enough=OLDER_LINES, slice_ms=max(5_000, min(600_000, span)))
        self._older = self.core.log_search(wanted)
        self.say("reading older lines")
        self._run(self._older, self._got_older)

    def _got_older(self) -> None:
        search, self._older = self._older, None
        if search is None:
            return
        self._searches.pop(search, None)
        added = self.logs.live.prepend(search.lines)
        self.logs.levels.renew(self.logs.live.lines, 0)
        if added:
            self.logs.tail.action_move(-1)
        self.say(f"{added:,} older lines" if added else f"no older lines in 24 h{search.words().partition(';')[2]}")

    def action_back(self) -> None:
        """Esc: stop the search, leave what it found, end find, range and filter, one after the other."""
        if self._shown is not None and self._shown[0].running:
            self._stop_searches()
        elif self._shown is not None:
            self._shown = None
            self.logs.show_live()
        elif self._finding or self._range:
            self._finding, self._range = "", None
            self.logs.draw(finds=None)
        elif self.logs.tail.filter_text or self.logs.tail.model.problem:
            self.logs.tail.set_filter("")
        else:
            self.logs.only = ""
        self.repaint()

    def action_quit(self) -> None:
        """Back to Triage, where q quits."""
        self.call_later(self.run_action, "app.go('1')")

    # --- one part, one task ---

    def open(self, what: str) -> None:
        """The live log of one part."""
        self._stop_searches()
        if self._shown is not None:
            self._shown = None
            self.logs.show_live()
        self._only(what)

    def action_its_logs(self) -> None:
        """Choose a part or a task; a task's own stream is read from the server too, dead or alive."""
        tasks = self.core.store.world.tasks.value or ()
        line = self.line()
        own = [Choice(id=f"{line.part}/{line.stream.rsplit('/', 1)[-1]}", text=f"this task: {line.part}/{line.task}")] if line else []
        parts = [Choice(id=part, text=f"{part}") for part in self.core.config.names.logs]
        known = [
            Choice(id=f"{task.part}/{task.id}", text=f"task {task.part}/{task.id[:8]}  {task.status.lower()} {task.stopped_reason[:60]}")
            for task in sorted(tasks, key=lambda t: (t.stopped, t.part, -(t.created_at or 0.0)))
        ]
        self.app.push_screen(Picker("show only the log of", [Choice(id="", text="everything"), *own, *parts, *known]), self._only)

    def _only(self, chosen: str | None) -> None:
        if chosen is None:
            return
        self.logs.only = chosen
        wanted = chosen.partition("/")[2]
        task = next((t for t in self.core.store.world.tasks.value or () if t.id == wanted), None)
        if task is not None and not self.logs.tail.model.shown:
            self._task_log(task.id)
        self.repaint()

    def _task_log(self, id: str) -> None:
        """Read a task's own stream from its start to its end."""
        task = next(t for t in self.core.store.world.tasks.value or () if t.id == id)
        streams = task_streams(self.core.store.world, task, self.logs.live.lines, self.core.config.names.logs)
        if not streams:
            self.say(f"task {id[:8]}: neither a line nor its task definition names its log stream")
            return
        now = self.core.facts().now
        begin, end = task.created_at or now - 3_600.0, task.stopped_at or now
        wanted = Wanted(
            from_ms=int(begin * 1000) - 60_000,
            to_ms=int(end * 1000) + 300_000,
            parts=(task.part,),
            streams=streams,
            name=f"task {task.part}/{id[:8]}",
        )
        self._search(wanted)

    # --- how it is drawn ---

    def action_shape(self) -> None:
        """The next shape."""
        self.say(f"shape: {self.logs.next_shape()}")

    def action_clock(self) -> None:
        """The next clock."""
        self.say(f"clock: {self.logs.next_clock()}")

    def action_fields(self) -> None:
        """Choose the fields of the columns."""
        self.app.push_screen(Prompt("columns: ", " ".join(self.logs.drawing.fields)), self._fields)

    def _fields(self, text: str | None) -> None:
        if text is not None:
            self.logs.draw(fields=tuple(text.replace(",", " ").split())[:6], shape="columns")
            self.repaint()

    # --- keeping lines ---

    def chosen(self) -> list[LogLine]:
        """The range, or the line under the cursor."""
        line = self.line()
        if line is None:
            return []
        return [line] if self._range is None else self.logs.tail.model.between(self._range, line_key(line))

    def action_range(self) -> None:
        """Begin a range at the cursor."""
        line = self.line()
        if line is not None:
            self.logs.tail.model.pause()
            self._range = line_key(line)
            self.say("range begun: move, then y copies or x saves it; esc forgets it")

    def action_copy_id(self) -> None:
        """Copy the line or the range."""
        lines = self.chosen()
        if not lines:
            self.say("copy: there is no line")
            return
        self.run_worker(self._copied_lines(lines), exit_on_error=False)

    async def _copied_lines(self, lines: list[LogLine]) -> None:
        self._range = None
        said = await copy(self.app, "\n".join(plain_line(line) for line in lines))
        self.say(f"{len(lines):,} line{'s' if len(lines) > 1 else ''}: {said}")

    def action_copy_arn(self) -> None:
        """Copy log group and stream of the line."""
        line = self.line()
        self._copy(f"{line.group} {line.stream}" if line else "")

    def action_copy_command(self) -> None:
        """Copy the command line that reads the minutes around the line."""
        line = self.line()
        if line is None:
            self.say("copy: there is no line")
            return
        params: dict[str, Any] = {"logGroupName": line.group, "startTime": line.at_ms - 60_000, "endTime": line.at_ms + 60_000}
        if line.stream:
            params["logStreamNames"] = [line.stream]
        self._copy(as_cli(Call("logs", "FilterLogEvents", params)))

    def action_details(self) -> None:
        """Everything known of the line."""
        line = self.line()
        if line is not None:
            self.page(f"{line.part} {line.task}", lambda: line_page(line))

    def action_bookmark(self) -> None:
        """Put the line into the timeline."""
        line = self.line()
        if line is not None:
            self.run_worker(self._bookmark(line), exit_on_error=False)

    async def _bookmark(self, line: LogLine) -> None:
        problem = await self.core.bookmark(plain_line(line))
        if not problem:
            self.logs.draw(marked=self.logs.drawing.marked | {line_key(line)})
        self.say(problem or "bookmarked: it stands in the timeline")

    def action_save(self) -> None:
        """Save the lines shown, or the range."""
        lines = self.chosen() if self._range is not None else self.logs.tail.model.shown_lines()
        if not lines:
            self.say("save: there is no line")
            return
        self.run_worker(self._save(lines), exit_on_error=False)

    async def _save(self, lines: list[LogLine]) -> None:
        folder, now = Path(self.core.config.state_dir or "."), self.core.facts().now
        text = file_text(lines, self.made_by(len(lines)))
        try:
            path = await asyncio.to_thread(save, folder, self.core.config.env, now, text)
        except OSError as error:
            self.say(f"not saved: {error.strerror or error}")
            return
        self._range = None
        self.say(f"{len(lines):,} lines saved to {path}")

    def made_by(self, count: int) -> list[str]:
        """What made a file: where, when, how it was searched and filtered, what is hidden."""
        world, tail = self.core.store.world, self.logs.tail
        identity = world.identity.value
        where = f"{identity.account} {identity.region} {identity.endpoint}".strip() if identity else "account not known"
        view = self.view.clock(self.core.facts().now, seconds=True) if self.view else ""
        source = self._shown[0].words() if self._shown is not None else f"tail: {self.logs.state[0]}"
        return [
            f"clickit {self.core.config.env}, {where}, saved {view}",
            f"log groups: {' '.join(self.core.config.names.logs.values())}",
            f"source: {source}",
            f"only: {self.logs.only or 'everything'}   filter: {tail.filter_text or 'none'}   range: {'yes' if self._range else 'no'}",
            f"{count:,} lines; {tail.hidden:,} hidden; secrets {'masked' if self.core.config.mask else 'not masked'}",
        ]
