"""Screen 0: what changed, on one time axis."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import ClassVar

import msgspec
from textual.binding import BindingType
from textual.events import Resize
from textual.widget import Widget

from clickit_tui.actions.registry import Target
from clickit_tui.checks.timeline import Group, Happening, Kind, blind, timeline
from clickit_tui.panes.core import Core
from clickit_tui.panes.identity import badge
from clickit_tui.panes.keys import look_hints
from clickit_tui.panes.logs_jump import NoMoment, moment_or_bad_minute
from clickit_tui.panes.timeline import entry_page
from clickit_tui.panes.timeline_panes import BeforePane, TimelinePane
from clickit_tui.panes.view import View
from clickit_tui.plan import as_cli
from clickit_tui.screens.board import Board
from clickit_tui.screens.keys import binding
from clickit_tui.ui.keybar import KeyHint
from clickit_tui.ui.picker import Choice, Picker
from clickit_tui.ui.prompt import Prompt
from clickit_tui.ui.table import Table
from clickit_tui.world.world import World

HINTS = (
    ("enter", "all of it"), ("v", "kinds"), ("t", "around"), (".", "routine"), ("m", "note"), ("i", "incident"), ("c", "command"),
    ("/", "filter"), ("w", "why"), (":", "palette"), ("?", "help"), ("q", "quit"),
)  # fmt: skip
MOMENTS = "14:03, 10m (ago), first, deploy, alarm; empty shows all"


class TimelineScreen(Board):
    """The changes before the first bad minute over everything that happened."""

    BINDINGS: ClassVar[list[BindingType]] = [
        binding("v", "kinds", "timeline_kinds", "what is listed: changes, symptoms, ours, or one kind"),
        binding("t", "around", "timeline_around", "only what happened near a moment; empty shows everything again"),
        binding("full_stop", "quiet", "timeline_quiet", "show routine too: steady services, autoscaling's own alarms, back-ups"),
        binding("m", "mark", "timeline_mark", "put a bookmark or a note at the moment of the selected row"),
    ]

    name_shown = "Timeline"

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self.before, self.listing = BeforePane(), TimelinePane()

    @property
    def services(self) -> TimelinePane:
        """The pane with the rows."""
        return self.listing

    def content(self) -> Iterable[Widget]:
        yield self.before
        yield self.listing

    def on_mount(self) -> None:
        """Focus starts in the rows."""
        self.listing.table.focus()

    def on_resize(self, event: Resize) -> None:
        """The upper pane takes as many rows as the size allows, and no more."""
        self.before.styles.height = 8 if event.size.height >= 40 else 6 if event.size.height >= 22 else 4

    def show(self, world: World, view: View) -> None:
        super().show(world, view)
        screens = look_hints(self.places, self.name_shown)[: len(self.places)]
        self.keys.show(self.live_hints([*screens, *(KeyHint(key=key, word=word) for key, word in HINTS)]), note=self.foot())

    def selected(self) -> Target | None:
        """No change acts on what has happened."""
        return None

    def entry(self) -> Happening | None:
        """The entry under the cursor; the newest of several alike."""
        run = self._run()
        return run[-1] if run else None

    def _run(self) -> list[Happening]:
        return self.listing.chosen(self.core.store.world, self.view) if self.view else []

    def _look(self, **changes: object) -> None:
        self.listing.looking = msgspec.structs.replace(self.listing.looking, **changes)
        self.repaint()

    def on_table_moved(self, event: Table.Moved) -> None:
        """Another row."""
        self.repaint()

    def on_table_chosen(self, event: Table.Chosen) -> None:
        """Everything of the row."""
        self.action_details()

    # --- the keys ---

    def action_details(self) -> None:
        """Everything known of the entry under the cursor."""
        run, view = self._run(), self.view
        if not run or view is None:
            self.say("details: there is no entry under the cursor")
            return
        self.page(f"{run[-1].kind}  {badge(self.core.store.world)}", lambda: entry_page(run, self.view or view))

    def action_quiet(self) -> None:
        """Show or hide routine."""
        self._look(quiet=not self.listing.looking.quiet)

    def action_kinds(self) -> None:
        """Choose a group or one kind; each says how many there are, and why a kind is not seen."""
        world, facts = self.core.store.world, self.core.facts()
        count = Counter(one.kind for one in timeline(world, facts) if self.listing.looking.quiet or not one.quiet)
        unseen = {kind: one.why for one in blind(world, facts) for kind in one.kinds}
        groups = [Choice(id=group, text=group) for group in Group]
        each = [Choice(id=kind, text=f"{kind:<12} {count[kind]:>4}", reason=unseen.get(kind, "")) for kind in Kind]
        self.app.push_screen(Picker("show", [*groups, *each]), lambda chosen: self._look(group=chosen) if chosen else None)

    def action_around(self) -> None:
        """Ask for a moment."""
        prompt = Prompt("around ", changed=self._not_a_moment, hint=f"{MOMENTS}  esc no")
        self.app.push_screen(prompt, self._asked_around)

    def _moment(self, text: str) -> float | None:
        """The moment a text means; None shows everything. Raises NoMoment."""
        world, facts = self.core.store.world, self.core.facts()
        if not text.strip():
            return None
        return moment_or_bad_minute(text, world, facts, local=self.core.config.local_time)

    def _not_a_moment(self, text: str) -> str:
        try:
            self._moment(text)
        except NoMoment as why:
            return str(why)
        return ""

    def _asked_around(self, text: str | None) -> None:
        if text is None:
            return
        try:
            self._look(around=self._moment(text))
        except NoMoment as why:
            self.say(f"around: {why}")

    def action_mark(self) -> None:
        """Ask for the words; none make a bookmark."""
        one = self.entry()
        at = one.at if one is not None else self.core.facts().now
        shown = self.view.clock(at) if self.view else ""
        about = f"{one.kind} {one.part}: {one.text}" if one is not None else "this moment"
        prompt = Prompt(f"note at {shown}: ", hint="enter keeps; without words a bookmark  esc no")
        self.app.push_screen(prompt, lambda text: self._marked(text, at, about))

    def _marked(self, text: str | None, at: float, about: str) -> None:
        if text is not None:
            self.run_worker(self._keep(text.strip(), at, about), exit_on_error=False)

    async def _keep(self, text: str, at: float, about: str) -> None:
        problem = await (self.core.note(text, at) if text else self.core.bookmark(about, at))
        self.say(problem or (f"noted: {text}" if text else f"bookmarked: {about}"))

    def action_copy_command(self) -> None:
        """Copy the command line that shows the entry."""
        one = self.entry()
        if one is None or one.call is None:
            self.say("copy: no command of AWS shows this entry" if one else "copy: there is no entry under the cursor")
            return
        self._copy(as_cli(one.call))

    def action_copy_id(self) -> None:
        """Copy the entry as a line of text."""
        one = self.entry()
        if one is not None and self.view is not None:
            self._copy(f"{self.view.clock(one.at, seconds=True)} {one.kind} {one.part} {one.text}")
