"""The dashboard over a recording: the same screens, and keys that move through time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

import msgspec
from textual.binding import BindingType

from clickit_tui.app import Dashboard, RunningCore, run
from clickit_tui.checks.strip import PartVerdict
from clickit_tui.config import Config
from clickit_tui.panes.core import Player
from clickit_tui.panes.logs_jump import NoMoment
from clickit_tui.panes.replaying import wanted_moment
from clickit_tui.panes.view import View
from clickit_tui.replay import Replay
from clickit_tui.screens.board import Board
from clickit_tui.screens.news import News
from clickit_tui.screens.resting import Resting
from clickit_tui.screens.transport import KEYS, TransportBar, asking
from clickit_tui.tape.reading import Tape
from clickit_tui.world.world import World


class _Awake(Resting):
    """Nothing is polled, so nothing rests."""

    def look(self, world: World, strip: Iterable[PartVerdict]) -> bool:
        return False


class ReplayDashboard(Dashboard):
    """One recording on one terminal."""

    SUB_TITLE = "REPLAY"
    BINDINGS: ClassVar[list[BindingType]] = list(KEYS)

    def __init__(self, core: RunningCore, commands: Sequence[tuple[str, Callable[[], None]]] = ()) -> None:
        super().__init__(core, commands)
        if core.player is None:
            raise ValueError("there is no recording to play")
        self._player: Player = core.player
        self._resting = _Awake(core)

    def _board(self, key: str) -> Board:
        """A screen whose key rows name the keys of the replay."""
        fresh = key not in self._boards
        board = super()._board(key)
        if fresh:
            board.keys = TransportBar(self._player, board.live_key, id="keys")
        return board

    def _view(self, world: World) -> View:
        return msgspec.structs.replace(super()._view(world), replayed=True)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """In a dialog every key is the dialog's."""
        return super().check_action(action, parameters) if action != "pause" else self.screen is self.board

    def action_pause(self) -> None:
        """Stand still, or go on."""
        self._player.pause()
        self._moved()

    def action_faster(self, by: int) -> None:
        """The next speed, or the one before."""
        self._player.faster(by)
        self._moved()

    def action_leap(self, seconds: int) -> None:
        """Some seconds on or back."""
        self._go(self._player.playing().at + seconds)

    def action_ask_moment(self) -> None:
        """Ask for a moment and go there."""
        prompt, answered = asking(self.core, self._player, self.board.say, self._go)
        self.push_screen(prompt, answered)

    def _go(self, at: float) -> None:
        self._news = News()
        self.clear_notifications()
        self._player.seek(at)
        self._moved()

    def _moved(self) -> None:
        self.board.note = ""
        self._paint()
        self._flush_log()


def play(config: Config, tape: Tape, at: str = "") -> int | str:
    """Play a tape, from a typed moment on; returns the exit code, or why there is no such moment."""
    core = Replay(config, tape)
    try:
        core.seek(wanted_moment(at or "start", core.playing(), tape.world(tape.ended_at)))
    except NoMoment as no:
        return str(no)
    return run(core, (), ReplayDashboard)
