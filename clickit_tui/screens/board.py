"""What stands on every screen: identity, verdicts and cause above, keys below."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import Key, Resize
from textual.widget import Widget

from clickit_tui.actions.registry import Target
from clickit_tui.actions.rollback import ahead
from clickit_tui.logs.line import LogLine
from clickit_tui.panes.base import Pane
from clickit_tui.panes.core import Core
from clickit_tui.panes.identity import cause_line, following, identity_line, strip_line
from clickit_tui.panes.timeline import open_incident
from clickit_tui.panes.view import View
from clickit_tui.screens import aftermath
from clickit_tui.screens.keys import KEYS, Keys
from clickit_tui.ui.cells import Look, Span, Spans, fit
from clickit_tui.ui.keybar import KeyBar
from clickit_tui.ui.lines import Lines
from clickit_tui.ui.picker import Picker
from clickit_tui.ui.table import Table
from clickit_tui.world.seen import Trouble
from clickit_tui.world.world import ON_DEMAND, World

NOTE_S = 8.0
"""A sentence to the user gives the cause its row back after this long, or at the next key."""


FOLLOW_NOTE_S = 60.0
"""How a followed change ended, and what the session found at start, stand longer."""


class Board(Keys):
    """The frame around a screen's panes."""

    BINDINGS: ClassVar[list[BindingType]] = list(KEYS)
    name_shown: ClassVar[str] = ""
    """The screen's name in the key row."""
    places: Sequence[tuple[str, str]] = ()
    """(digit, name) of every screen."""

    def __init__(self, core: Core) -> None:
        super().__init__()
        self.core = core
        self._told = 0
        self._arriving: Callable[[], object] | None = None
        self.heard: set[str] = set()
        """Intents of the followed changes whose end was said; shared by all screens."""
        self.identity = Lines(id="identity")
        self.strip = Lines(id="strip")
        self.cause = Lines(id="cause")
        self.keys = KeyBar(2, id="keys")

    def content(self) -> Iterable[Widget]:
        """The widgets between the cause row and the key rows."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        yield self.identity
        yield self.strip
        yield self.cause
        yield from self.content()
        yield self.keys

    def selected(self) -> Target | None:
        """What a change would act on now; None when nothing is selected."""
        raise NotImplementedError

    def panes(self) -> list[Pane]:
        """The panes, in the order of the screen."""
        return list(self.query(Pane))

    def reads(self) -> frozenset[str]:
        """World fields that this screen's panes read."""
        return frozenset[str]().union(*(pane.reads for pane in self.panes()))

    def wants(self, world: World) -> frozenset[str]:
        """World fields that are read on demand and wanted now: by a pane, ahead of a roll-back, or for the note of an open incident."""
        noted = frozenset({"repositories", "secret_list"}) if open_incident(world) is not None else frozenset()
        return (self.reads() | noted | ahead(world, self.view.strip if self.view is not None else ())) & ON_DEMAND

    def show(self, world: World, view: View) -> None:
        """Paint frame and panes; what has not changed costs no byte."""
        self.view = view
        if self.note and view.now - self.noted_at > NOTE_S:
            self.note = ""
        self._hear_of_ends(world)
        self._offer_to_look(world, view)
        width = self.size.width
        player = self.core.player
        self.identity.show([identity_line(world, view, width, self.core.recording, player.playing() if player is not None else None)])
        self.strip.show([strip_line(view, width)])
        self.cause.show([self._third_row(world, view, width)])
        for pane in self.panes():
            if pane.display:
                pane.show(world, view)
        if self._arriving is not None:
            then, self._arriving = self._arriving, None
            self.call_after_refresh(then)

    def arrive(self, then: Callable[[], object]) -> None:
        """Do something here as soon as the screen has its rows."""
        self._arriving = then
        self.repaint()

    def reveal(self, heading: str) -> None:
        """Bring a pane into sight and give it the keys."""
        pane = next(p for p in self.panes() if p.heading == heading)
        if not pane.display:
            self.make_room(pane)
        inner = next((each for each in (pane, *pane.query(Widget)) if each.focusable), None)
        if inner is not None:
            inner.focus()
        self.call_after_refresh(self.repaint)

    def make_room(self, pane: Pane) -> None:
        """Show a pane that is hidden; here all of them at once."""
        for each in self.panes():
            each.display = True

    def select(self, key: str) -> None:
        """Put the cursor on a row by its key, as if the user had gone there."""
        table = next((t for t in self.query(Table) if any(row.key == key for row in t.model.rows)), None)
        if table is None:
            self.say("it is not on this screen any more")
            return
        if not any(row.key == key for row in table.model.visible):
            table.set_filter("")
        table.focus()
        table.to(key)
        self.adopt()

    def foot(self, note: str = "") -> str:
        """What stands at the right of the key rows where there is room: a note, else the mouse's key."""
        return note or f"{self.live_key('M')} mouse"

    def _hear_of_ends(self, world: World) -> None:
        """A followed change that ended since the last look is said, with the terminal's bell."""
        now = self.core.facts().now
        for f in world.follows:
            if f.ended_at is not None and now - f.ended_at < FOLLOW_NOTE_S and f.follow.intent not in self.heard:
                self.heard.add(f.follow.intent)
                self.noted_at = now + FOLLOW_NOTE_S - NOTE_S
                self.note = f"{f.follow.kind} {f.follow.part}: {f.phase}: {f.sentence}"
                if self.core.config.bell:
                    self.app.bell()

    def _offer_to_look(self, world: World, view: View) -> None:
        """A change of an earlier session without an outcome is told once, with where to look."""
        lost = aftermath.waiting(world, self.heard) if self.app.screen is self else None
        if lost is not None:
            self.heard.add(lost.id)
            self.app.push_screen(Picker(aftermath.title(lost, view), aftermath.choices(lost, world, view)), self._look_at)

    def _look_at(self, place: str | None) -> None:
        if place:
            self.call_later(self.app.run_action, f"go('{place}')")

    def _third_row(self, world: World, view: View, width: int) -> Spans:
        if not self.note and self._told < len(self.core.notices):
            self.note, self.noted_at = self.core.notices[self._told], self.core.facts().now + FOLLOW_NOTE_S - NOTE_S
            self._told += 1
        if self.note:
            return (Span(fit(f" {self.note}", width), "warn"),)
        fault = world.identity.fault
        if fault is not None and fault.kind in (Trouble.CREDENTIALS, Trouble.REFUSED):
            fix = fault.fix or ("L logs in through SSO" if fault.kind is Trouble.CREDENTIALS else "nothing is shown or sent")
            return (Span(fit(f" {fault.sentence}: {fix}", width), "fail"),)
        followed = following(world)
        if not followed:
            return cause_line(view, width)
        most = width // 2 if view.cause is not None and view.cause.likely else width - 14
        tail = fit(followed, min(len(followed) + 2, most), right=True)
        return (*cause_line(view, width - len(tail)), Span(tail, "bold"))

    def flush_log(self, lines: Sequence[LogLine], state: tuple[str, Look]) -> None:
        """New log lines came, or the tail's state changed; a screen with a log pane shows them."""

    def on_resize(self, event: Resize) -> None:
        """Frame and panes are drawn for the new size at once."""
        self.call_after_refresh(self.repaint)

    def on_key(self, event: Key) -> None:
        """A key press answers the last note."""
        self.note = ""
