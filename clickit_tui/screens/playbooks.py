"""Screen 6: the runbook's incidents, answered by checks; and the way from a finding to its fix."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from clickit_tui.actions.registry import Target, actions
from clickit_tui.checks.registry import Todo
from clickit_tui.panes.core import Core
from clickit_tui.panes.identity import badge
from clickit_tui.panes.keys import look_hints
from clickit_tui.panes.pages import findings_page
from clickit_tui.panes.playbook import acted_on, playbook_of, todos
from clickit_tui.panes.playbook_pane import PlaybookPane
from clickit_tui.panes.view import View
from clickit_tui.playbooks.registry import Step
from clickit_tui.screens.board import Board
from clickit_tui.screens.keys import binding
from clickit_tui.ui.keybar import KeyHint
from clickit_tui.ui.prompt import Prompt
from clickit_tui.ui.table import Table
from clickit_tui.world.world import World

HINTS = (
    ("enter", "do, open, note"), ("space", "tick"), ("v", "next playbook"), (".", "what passes"), ("d", "all checks"), ("r", "refresh"),
    (":", "palette"), ("?", "help"), ("q", "quit"),
)  # fmt: skip


class PlaybooksScreen(Board):
    """One playbook at a time."""

    BINDINGS: ClassVar[list[BindingType]] = [
        binding("v", "turn", "playbooks_view", "the next playbook"),
        binding("full_stop", "passed", "playbooks_passed", "show every step that passes, or fold them into one row"),
        binding("space", "tick", "playbooks_tick", "tick a step that a person has done; again: not done"),
    ]

    name_shown = "Playbooks"

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self.pane = PlaybookPane()

    def content(self) -> Iterable[Widget]:
        yield self.pane

    def on_mount(self) -> None:
        """Focus starts on the first thing to do."""
        self.pane.table.focus()

    def open(self, what: str) -> None:
        """Show a playbook by its id."""
        self.pane.open(what)
        self.repaint()

    def show(self, world: World, view: View) -> None:
        super().show(world, view)
        looks = look_hints(self.places, self.name_shown)[: len(self.places)]
        own = [KeyHint(key=key, word=word) for key, word in HINTS]
        self.keys.show(self.live_hints(looks), self.live_hints(own), note=self.foot("read-only: keys dimmed" if view.read_only else ""))

    def selected(self) -> Target | None:
        """What the thing to do under the cursor acts on."""
        todo = self._todo(self.pane.table.cursor_key or "")
        return acted_on(todo, self.core.store.world) if todo is not None and todo.action else None

    def _todo(self, key: str) -> Todo | None:
        kind, _, number = key.partition(":")
        known = todos(self.view) if self.view is not None and kind == "todo" else ()
        return known[int(number)] if known and int(number) < len(known) else None

    def _step(self) -> Step | None:
        kind, _, key = (self.pane.table.cursor_key or "").partition(":")
        steps = playbook_of(self.pane.reading.playbook).steps
        return next((step for step in steps if step.key == key), None) if kind == "step" else None

    # --- the keys ---

    def on_table_chosen(self, event: Table.Chosen) -> None:
        """Do what the row says, show its evidence, or take a note."""
        todo, step = self._todo(event.key), self._step()
        if todo is not None:
            self._do(todo)
        elif step is not None and step.person:
            self._ask(step)
        elif step is not None:
            self.pane.toggle(step.key)
        elif event.key.startswith("also:") and self.view is not None:
            self.pane.open(self.view.diagnosis.clues[int(event.key[5:])].playbook)
        elif event.key == "passed":
            self.pane.passed()
        self.repaint()

    def _do(self, todo: Todo) -> None:
        if todo.action:
            if any(a.id == todo.action for a in actions()):
                self.action_change(todo.action)
            else:
                self.say(f"{todo.words}: there is no such action here")
        elif todo.screen:
            self.call_later(self.app.run_action, f"go('{todo.screen}')")
        else:
            self._copy(todo.command)

    def action_turn(self) -> None:
        """The next playbook."""
        self.pane.turn()
        self.repaint()

    def action_passed(self) -> None:
        """Show or fold what passes."""
        self.pane.passed()
        self.repaint()

    def action_details(self) -> None:
        """Every check with its evidence."""
        self.page(f"checks  {badge(self.core.store.world)}", lambda: findings_page(self.core.store.world, self.view) if self.view else [])

    def action_tick(self) -> None:
        """Tick a person's step, or take the tick away."""
        step = self._step()
        if step is None or not step.person:
            self.say("tick: select a step for a person (arrows)")
            return
        ticked = self.pane.noted(step.key) is not None
        self._record(step, "not done" if ticked else "done", None if ticked else "")

    def _ask(self, step: Step) -> None:
        """A note for a person's step, which ticks it."""

        def noted(text: str | None) -> None:
            if text:
                self._record(step, text, text)

        self.app.push_screen(Prompt(f"{step.title}: ", self.pane.noted(step.key) or ""), noted)

    def _record(self, step: Step, text: str, said: str | None) -> None:
        """What a person did belongs to the timeline, and stands beside the step as long as the incident lasts."""
        book = playbook_of(self.pane.reading.playbook)
        self.pane.tick(self.core.facts().now, step.key, said)
        self.repaint()
        self.run_worker(
            self._bookmarked(f"playbook {book.title}: {step.title}: {text}", f"{book.id}/{step.key}", said), exit_on_error=False
        )

    async def _bookmarked(self, text: str, step: str, said: str | None) -> None:
        if failed := await self.core.bookmark(text, step=step, said=said):
            self.say(f"not kept in the journal: {failed}")
