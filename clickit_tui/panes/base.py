"""A pane: a title rule over a body, painted from the World; it owns no data."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget

from clickit_tui.panes.view import View, age_words, worst
from clickit_tui.ui.cells import Span, Spans, fit, spans_width, width
from clickit_tui.ui.rule import Rule
from clickit_tui.world.seen import Seen
from clickit_tui.world.world import World


def shortened(spans: Spans, cells: int) -> Spans:
    """Spans in at most that many cells; what is cut ends with `…`, so that a pane's name always stays."""
    if spans_width(spans) <= cells:
        return spans
    out: list[Span] = []
    for span in spans:
        room = cells - spans_width(tuple(out))
        if width(span.text) > room:
            return (*out, Span(fit(span.text, room), span.look))
        out.append(span)
    return tuple(out)


class Pane(Vertical):
    """One rectangle of a screen. Sub-classes name what they read and paint it; the title says how old it is."""

    reads: ClassVar[frozenset[str]] = frozenset()
    """World fields; the sources behind them sleep when no mounted pane reads them."""
    heading: ClassVar[str] = ""
    help_text: ClassVar[str] = ""
    """What `?` says when the pane has the focus."""

    def body(self) -> Widget:
        """The widget under the title."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        yield Rule()
        yield self.body()

    def on_mount(self) -> None:
        """The first frame names the panes before anything is known."""
        self.query_one(Rule).show((Span(self.heading, "title"),), (Span("loading…", "dim"),))

    def show(self, world: World, view: View) -> None:
        """Paint body and title; what has not changed costs no byte."""
        self.paint(world, view)
        left = self.title_left(world, view)
        room = max(4, self.size.width - spans_width(left[:1]) - 6)
        right = self.title_right(world, view)
        if spans_width(right) > room and self.reads:
            right = self._age(world, view, brief=True)
        for rule in self.query(Rule):  # none before it is composed, and when the screen goes
            rule.show(left, shortened(right, room))

    def _lit(self, focused: bool) -> None:
        for rule in self.query(Rule):
            rule.focused = focused

    def on_focus(self) -> None:
        """A pane whose body takes no keys can be focused itself, to be zoomed or asked about."""
        self._lit(True)

    def on_blur(self) -> None:
        """The keys are elsewhere."""
        self._lit(False)

    def on_descendant_focus(self) -> None:
        """The title of the pane that has the keys is bright."""
        self._lit(True)

    def on_descendant_blur(self) -> None:
        """The keys are elsewhere."""
        self._lit(False)

    def paint(self, world: World, view: View) -> None:
        raise NotImplementedError

    def title_left(self, world: World, view: View) -> Spans:
        return (Span(self.heading, "title"),)

    def title_right(self, world: World, view: View) -> Spans:
        """The age of the least well known field this pane reads."""
        return self._age(world, view) if self.reads else ()

    def _age(self, world: World, view: View, brief: bool = False) -> Spans:
        seen = [getattr(world, name) for name in sorted(self.reads)]
        return age_words(worst(*(s for s in seen if isinstance(s, Seen)), now=view.now), view.now, brief)
