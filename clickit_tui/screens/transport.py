"""The keys of a replay, the key rows that name them, and the question for a moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.binding import Binding, BindingType

from clickit_tui.panes.core import Core, Player
from clickit_tui.panes.logs_jump import NoMoment
from clickit_tui.panes.replaying import HINT, span_words, transport_hints, wanted_moment
from clickit_tui.screens.keys import binding
from clickit_tui.ui.keybar import KeyBar, KeyHint
from clickit_tui.ui.prompt import Prompt

WIDE = 120
"""Columns from which on the keys of a replay leave room for others beside them."""

KEYS: tuple[BindingType, ...] = (
    Binding("space", "pause", "pause", show=False, id="replay_pause", tooltip="stand still, or go on; so on every screen", priority=True),
    binding("less_than_sign", "faster(-1)", "replay_slower", "slower: 120, 30, 8, 4, 2 seconds in one, then as it was"),
    binding("greater_than_sign", "faster(1)", "replay_faster", "faster: 2, 4, 8, 30, 120 seconds in one"),
    binding("left_square_bracket", "leap(-60)", "replay_minute_back", "one minute back"),
    binding("right_square_bracket", "leap(60)", "replay_minute_on", "one minute on"),
    binding("left_curly_bracket", "leap(-600)", "replay_ten_back", "ten minutes back"),
    binding("right_curly_bracket", "leap(600)", "replay_ten_on", "ten minutes on"),
    binding("at", "ask_moment", "replay_go", "go to a time, to the start or end, a deployment or an alarm"),
)
"""In a replay only. `space` has priority: on screens where it means something else in a live session, it pauses too."""


class TransportBar(KeyBar):
    """Key rows whose last row names the keys of the replay and says how far it is."""

    def __init__(self, player: Player, live: Callable[[str], str], *, id: str | None = None) -> None:
        super().__init__(2, id=id)
        self._player, self._live = player, live

    def show(self, *groups: Sequence[KeyHint], note: str = "") -> None:
        """Show hints; without those whose key is the replay's."""
        playing = self._player.playing()
        own = transport_hints(playing, self._live)
        taken = {own[0].key}
        first, *others = [[hint for hint in group if hint.key not in taken] for group in groups] or [[]]
        beside = [hint for group in others for hint in group] if self.content_size.width >= WIDE else []
        super().show(first, [*own, *beside], note=span_words(playing))


def asking(
    core: Core, player: Player, say: Callable[[str], None], go: Callable[[float], None]
) -> tuple[Prompt, Callable[[str | None], None]]:
    """The question for a moment, and what becomes of its answer."""

    def found(text: str) -> float:
        return wanted_moment(text, player.playing(), core.store.world, core.config.local_time)

    def wrong(text: str) -> str:
        try:
            found(text)
        except NoMoment as no:
            return str(no)
        return ""

    def answered(text: str | None) -> None:
        if not text or not text.strip():
            return
        if why := wrong(text):
            say(f"go to: {why}")
        else:
            go(found(text))

    return Prompt("go to: ", changed=lambda text: wrong(text) if text.strip() else "", hint=f"{HINT}  enter  esc"), answered
