"""The playbooks' pane: which of them is shown, how much of it has answered, its rows."""

from __future__ import annotations

import msgspec
from textual.widget import Widget

from clickit_tui.panes.base import Pane
from clickit_tui.panes.playbook import Reading, Tick, counted, playbook_of, rows, ticks
from clickit_tui.panes.view import View
from clickit_tui.playbooks.registry import playbooks
from clickit_tui.ui.cells import Span, Spans
from clickit_tui.ui.table import Table
from clickit_tui.world.world import World


class PlaybookPane(Pane):
    """The most likely cause with what to do, then the steps."""

    heading = "playbook"
    help_text = (
        "The likely cause comes first, with why and what to do; the steps are the runbook's, answered by checks as the readings come. "
        "enter on what to do opens its preview, goes to a screen or copies a command; on a step it shows the evidence; on a person's step "
        "it takes a note, and space ticks it. v is the next playbook, . shows every step that passes, d everything that every check found."
    )

    def __init__(self) -> None:
        super().__init__(id="playbook")
        self.reading = Reading()
        self.done: dict[str, str] = {}
        """Note by `playbook/step` of what a person ticked."""
        self.own: list[Tick] = []
        """Ticks of this session."""
        self.table = Table()

    def body(self) -> Widget:
        return self.table

    def open(self, id: str) -> None:
        """Show another playbook."""
        self.reading = msgspec.structs.replace(self.reading, playbook=playbook_of(id).id, opened=frozenset())

    def turn(self) -> None:
        """Show the next playbook."""
        ids = [one.id for one in playbooks()]
        self.open(ids[(ids.index(self.reading.playbook) + 1) % len(ids)])

    def toggle(self, step: str) -> None:
        """Show or hide the evidence of a step."""
        self.reading = msgspec.structs.replace(self.reading, opened=self.reading.opened ^ {step})

    def passed(self) -> None:
        """Show the steps that pass one by one, or fold them."""
        self.reading = msgspec.structs.replace(self.reading, passed=not self.reading.passed)

    def tick(self, at: float, step: str, said: str | None) -> None:
        """Tick a person's step of the shown playbook with a note; None takes the tick away."""
        self.own.append(Tick(at, f"{self.reading.playbook}/{step}", said))

    def noted(self, step: str) -> str | None:
        """The note of a person's step; None while it is not ticked."""
        return self.done.get(f"{self.reading.playbook}/{step}")

    def paint(self, world: World, view: View) -> None:
        self.done = ticks(world, view.now, self.own)
        self.table.show(rows(view, self.reading, max(60, self.table.size.width), self.table.size.height, self.done))

    def title_left(self, world: World, view: View) -> Spans:
        shown = self.reading.playbook
        return tuple(
            Span(f"[{one.title}] " if one.id == shown else f" {one.id} ", "title" if one.id == shown else "dim") for one in playbooks()
        )

    def title_right(self, world: World, view: View) -> Spans:
        answered, total = counted(view, playbook_of(self.reading.playbook))
        return (Span(f"{answered} of {total} checked", "dim" if answered == total else "warn"),)
