"""The Textual shell: paints the World, and leaves a sane terminal whatever happens."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Protocol

from textual.binding import Binding, BindingType
from textual.events import Event, Key, MouseDown

from clickit_tui.checks.strip import findings, strip
from clickit_tui.logs.mask import mask
from clickit_tui.panes.core import Core
from clickit_tui.panes.view import View
from clickit_tui.playbooks.diagnosis import cause, diagnose
from clickit_tui.screens.arrival import TO_DEMO as TO_DEMO
from clickit_tui.screens.arrival import Arrival
from clickit_tui.screens.asking import Asking
from clickit_tui.screens.board import Board
from clickit_tui.screens.chooser import choose_environment as choose_environment
from clickit_tui.screens.news import News, tell
from clickit_tui.screens.places import FIRST, PLACES, imported
from clickit_tui.screens.resting import Resting
from clickit_tui.ui.child import Lent
from clickit_tui.ui.confirm import Confirm
from clickit_tui.ui.looks import stream_ascii, symbols
from clickit_tui.ui.page import Page
from clickit_tui.ui.terminal import TerminalApp
from clickit_tui.world.world import ALWAYS_READ, World

PAINT_S = 0.15
"""Changes of the World are gathered this long before they are painted."""
IMPORT_S = 3.0
"""The other screens are imported in a thread this long after the first frame, so that no key waits for one."""
TICK_S = 1.0
"""Ages are looked at this often; what they show changes far less often."""
LOG_S = 0.5
"""The tail is painted at most this often."""
SPARING_LOG_S = 2.0
"""The same with --low-bandwidth."""
MODAL_LOG_S = 5.0
"""The same while a dialog is open: Textual then sends the whole screen for a change under it."""
ENDED_BY = {signal.SIGTERM: 143, signal.SIGHUP: 129, signal.SIGINT: 130}


class RunningCore(Core, Protocol):
    """A core that the app starts after its first frame and stops before it leaves."""

    async def start(self) -> None: ...
    async def stop(self) -> None: ...


class Dashboard(TerminalApp):
    """One environment on one terminal."""

    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "ctrl+c", "interrupted", "interrupted", show=False, id="interrupted", tooltip="never quits at once: says how to", priority=True
        ),
        *(Binding(p.key, f"go('{p.key}')", p.name, show=False, id=f"go_{p.key}", tooltip=f"screen {p.name}") for p in PLACES),
        Binding("minus", "previous", "previous screen", show=False, id="previous_screen", tooltip="the screen before this one"),
        Binding("ctrl+z", "suspend_process", "suspend", show=False, id="suspend", tooltip="back to the shell; fg returns"),
    ]

    def __init__(self, core: RunningCore, commands: Sequence[tuple[str, Callable[[], None]]] = ()) -> None:
        super().__init__(core.config.theme)
        self.core = core
        self.crash_folder = Path(core.config.state_dir or ".")
        self._commands = list(commands)
        self._boards: dict[str, Board] = {}
        self._heard: set[str] = set()
        self._previous = FIRST
        self.place = FIRST
        """Key of the screen that is shown."""
        self._painting = False
        self._log_version, self._log_at = -1, 0.0
        self._news, self._resting, self._arrival = News(), Resting(core), Arrival()
        self.lent = Lent(self, touched=self._resting.touched)
        self._leave: Callable[[], None] = lambda: None
        self._attended: frozenset[str] = frozenset()
        self._glyphs = symbols(stream_ascii())

    def on_mount(self) -> None:
        """The first frame is painted before the core, and with it the SDK, is even imported."""
        if self.core.config.keymap:
            keymap, refused = accepted_keys(self.core.config.keymap)
            self.set_keymap(keymap)
            self.core.notices.extend(refused)
        loop = asyncio.get_running_loop()
        for number in ENDED_BY:
            loop.add_signal_handler(number, self.lent.signalled, number, ENDED_BY[number])
        self.push_screen(self._board(FIRST))
        self.call_after_refresh(self._begin)

    def mask(self, text: str) -> str:
        return mask(text)

    @property
    def board(self) -> Board:
        """The screen that is shown, or lies under a dialog."""
        return self._board(self.place)

    def _board(self, key: str) -> Board:
        """A screen, made when it is first wanted and kept."""
        if key not in self._boards:
            board = next(p.make for p in PLACES if p.key == key)(self.core)
            board.commands, board.heard, board.lent = self._commands, self._heard, self.lent
            board.places = tuple((p.key, p.name) for p in PLACES)
            self._boards[key] = board
            self.install_screen(board, name=f"place-{key}")
        return self._boards[key]

    def action_go(self, key: str) -> None:
        """Show another screen; the one before it is kept for `-`."""
        if key == self.place or self.screen is not self.board:
            return
        self._previous, self.place = self.place, key
        self._log_version = -1
        self.switch_screen(self._board(key))
        self.call_after_refresh(self._paint)

    def action_previous(self) -> None:
        """The screen before this one."""
        self.action_go(self._previous)

    def _begin(self) -> None:
        self.core.ask_mfa = Asking(self).code
        self.core.chart(None)
        self._paint()
        self.core.store.subscribe(ALWAYS_READ, self._changed)
        self.set_interval(TICK_S, self._paint)
        self.set_interval(SPARING_LOG_S if self.core.config.low_bandwidth else LOG_S, self._flush_log)
        self.run_worker(self.core.start(), exit_on_error=False)
        self.set_timer(IMPORT_S, lambda: self.run_worker(imported, thread=True, exit_on_error=False))

    def _attend(self) -> None:
        """What is read on demand is read while the screen wants it."""
        wanted = self.board.wants(self.core.store.world)
        if wanted != self._attended:
            before, self._leave, self._attended = self._leave, self.core.store.subscribe(wanted, self._changed), wanted
            before()

    def _changed(self, world: World, fields: frozenset[str]) -> None:
        if not self._painting:
            self._painting = True
            self.set_timer(PAINT_S, self._paint)

    def _view(self, world: World) -> View:
        facts, config = self.core.facts(), self.core.config
        found = findings(world, facts)
        diagnosis = diagnose(world, facts, found)
        calls, dollars = self.core.spent()
        shown = strip(world, facts, found)
        return View(
            facts=facts,
            glyphs=self._glyphs,
            protected=config.protected,
            read_only=self.core.read_only,
            local_time=config.local_time,
            strip=shown,
            slow=self._resting.look(world, shown),
            cause=cause(world, facts, found, diagnosis),
            found=found,
            diagnosis=diagnosis,
            calls_per_minute=calls,
            dollars=dollars,
        )

    def _paint(self) -> None:
        self._painting = False
        world = self.core.store.world
        if not self.board.is_mounted or not self.screen_stack:
            return
        tell(self, self._news, self._news.hear(world), self.core.config.notify, heading(self.core.config.env, self.core.read_only))
        self.board.show(world, self._view(world))
        self._attend()
        if isinstance(self.screen, (Confirm, Page)):
            self.screen.renew()
        self._arrival.look(self.board, world)

    def _flush_log(self) -> None:
        if not self.screen_stack:
            return
        version = self.core.log_version()
        if self.screen is not self.board and self.core.facts().now - self._log_at < MODAL_LOG_S:
            return
        if version != self._log_version and self.board.view is not None:
            self._log_version, self._log_at = version, self.core.facts().now
            self.board.flush_log(self.core.log_lines(), self.core.log_state())

    async def on_event(self, event: Event) -> None:
        """Any key or click wakes what was slowed down."""
        if isinstance(event, (Key, MouseDown)):
            self._resting.touched()
        await super().on_event(event)

    def action_interrupted(self) -> None:
        """Ctrl-C never quits at once."""
        self.board.say("ctrl+c does not quit: press q")

    async def on_unmount(self) -> None:
        """Stop what the core runs before the loop ends."""
        await self.lent.close()
        await self.core.stop()


def accepted_keys(wanted: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """What of the configured keys can be had, and why the rest cannot."""
    from clickit_tui.screens.keymap import accepted

    return accepted(wanted, Dashboard.BINDINGS)


def keys(wanted: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """(the table of keys as lines, sentences about configured keys that are refused), without a terminal."""
    from clickit_tui.screens.keymap import table

    keymap, refused = accepted_keys(wanted)
    return table(Dashboard.BINDINGS, keymap), refused


def heading(env: str, read_only: str | bool) -> str:
    """The terminal's title: environment and mode."""
    return f"{env.strip().upper()} clickit{' READ-ONLY' if read_only else ''}"


def title(text: str) -> None:
    """Put a text into the terminal's title, keeping the former one on the terminal's own stack; an empty text restores it."""
    stream = sys.__stderr__
    if stream is not None and stream.isatty():
        stream.write(f"\x1b[22;0t\x1b]0;{text}\x07" if text else "\x1b[23;0t")
        stream.flush()


def run(core: RunningCore, commands: Sequence[tuple[str, Callable[[], None]]] = (), shell: type[Dashboard] = Dashboard) -> int:
    """Run the dashboard to its end; returns the exit code (143, 129, 130 after SIGTERM, SIGHUP, SIGINT; 1 after a defect)."""
    title(heading(f"{shell.SUB_TITLE or ''} {core.config.env}", core.config.read_only))
    dashboard = shell(core, commands)
    try:
        return dashboard.run(mouse=core.config.mouse) or dashboard.return_code or 0
    finally:
        title("")
