"""A list to choose from by typing a part of its text: environments, actions, the palette."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec
from textual.events import Key, Paste

from clickit_tui.ui.box import badge_fits, boxed
from clickit_tui.ui.cells import Row, Span, Spans, spans_width
from clickit_tui.ui.entry import Entry, edited, entry_spans, first_line, typed
from clickit_tui.ui.looks import Symbols
from clickit_tui.ui.modal import Modal
from clickit_tui.ui.table import TableModel, top_for
from clickit_tui.ui.wrapping import wrapped


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to choose. With a `reason` it is dimmed and says why; it can still be chosen, so that a locked change can be previewed."""

    id: str
    text: str
    reason: str = ""
    kind: str = ""
    """What sort of thing it is, dimmed in a column of its own."""
    also: str = ""
    """Found by this text too, though it is not shown."""

    @property
    def searched(self) -> str:
        """What typed words are looked for in."""
        return f"{self.kind} {self.text} {self.reason} {self.also}".casefold()


KIND = 9
"""Cells of the column that says what sort of thing a choice is."""
_STEPS = {"up": -1, "down": 1, "pageup": -10, "pagedown": 10, "shift+tab": -1, "tab": 1, "ctrl+p": -1, "ctrl+n": 1}


class PickerModel:
    """Choices, what is typed, and the cursor."""

    def __init__(self, choices: Sequence[Choice], at: str = "") -> None:
        self._choices = tuple(enumerate(choices))
        self._table = TableModel()
        self._show(self._choices)
        self._top = 0
        self.entry = Entry()
        self._table.move(next((i for i, choice in enumerate(choices) if at and choice.id == at), 0))

    @property
    def chosen(self) -> str | None:
        """Id under the cursor; None when nothing matches what is typed."""
        key = self._table.cursor_key
        return None if key is None else self._choices[int(key)][1].id

    def step(self, key: str) -> bool:
        """Move the cursor by a key; True when it was such a key."""
        if key not in _STEPS:
            return False
        self._table.move(_STEPS[key])
        return True

    def type(self, entry: Entry) -> None:
        """Narrow the choices to those that hold every typed word, those with words that begin so first; the cursor goes to the first."""
        same = entry.text == self.entry.text
        self.entry = entry
        if not same:
            self._show(found(self._choices, entry.text))
            self._table.move(-len(self._choices))

    def _show(self, choices: Sequence[tuple[int, Choice]]) -> None:
        self._table.show([Row(str(i), choice_spans(choice)) for i, choice in choices])

    def lines(self, title: str, cells: int, rows: int, glyphs: Symbols, badge: str = "", about: Sequence[str] = ()) -> tuple[Spans, ...]:
        """The box drawn; `about` stands in it before what is typed, and the badge too where the edge has no room for it."""
        said = [part for text in (*(() if badge_fits(badge, cells) else (badge,)), *about) for part in wrapped((Span(text),), cells - 4)]
        said = said[: max(0, rows - 4 - min(len(self._choices), 3))]
        visible, cursor = self._table.visible, self._table.cursor
        page = max(1, min(len(self._choices), rows - 4 - len(said)))
        self._top = max(0, min(top_for(visible, cursor or 0, self._top, page), len(visible) - page))
        shown = visible[self._top : self._top + page]
        body = [_marked(row.spans, cells - 4, i + self._top == cursor, glyphs) for i, row in enumerate(shown)]
        body += [(Span("nothing matches", "dim"),) if not visible and not i else () for i in range(page - len(body))]
        more = len(visible) - self._top - len(shown)
        question = (Span("> ", "title"), *entry_spans(self.entry, cells - 6, caret=glyphs.caret))
        footer = "type to narrow   up down   enter choose   esc leave" + (f"   {more} more" if more else "")
        return boxed(title, [*said, question, *body], footer, cells, badge if badge_fits(badge, cells) else "")


def found(choices: Sequence[tuple[int, Choice]], typed: str) -> Sequence[tuple[int, Choice]]:
    """The numbered choices that hold every word; those in which every word begins a word come first, else the order stays."""
    words = typed.casefold().split()
    holding = [each for each in choices if all(word in each[1].searched for word in words)]
    begins = [re.compile(rf"(?:^|[^a-z0-9]){re.escape(word)}") for word in words]
    return sorted(holding, key=lambda each: not all(begin.search(each[1].searched) for begin in begins))


def choice_spans(choice: Choice) -> Spans:
    """The kind, the text and, dimmed, why it cannot be done now."""
    kind = (Span(f"{choice.kind:<{KIND}} ", "dim"),) if choice.kind else ()
    if choice.reason:
        return (*kind, Span(choice.text, "dim"), Span(f"   {choice.reason}", "dim"))
    return (*kind, Span(choice.text))


def _marked(spans: Spans, cells: int, under_cursor: bool, glyphs: Symbols) -> Spans:
    if not under_cursor:
        return (Span("  "), *spans)
    pad = max(0, cells - 2 - spans_width(spans))
    return (Span(f"{glyphs.shut} ", "reverse"), *(Span(span.text, "reverse") for span in spans), Span(" " * pad, "reverse"))


class Picker(Modal[str | None]):
    """Dismissed with the id of the choice, or None. The cursor begins on the choice `at`, else on the first.

    `badge` stands at the right of the upper edge, as a dialog's does; `about` is what is said before anything is chosen.
    """

    def __init__(self, title: str, choices: Sequence[Choice], at: str = "", *, badge: str = "", about: Sequence[str] = ()) -> None:
        super().__init__()
        self._title, self._badge, self._about = title, badge, about
        self.model = PickerModel(choices, at)

    def draw(self) -> None:
        width, height = self.app.size
        cells, rows = max(24, min(width - 3, 90)), max(5, min(height - 2, 30))
        self._box.show(self.model.lines(self._title, cells, rows, self._box.symbols, self._badge, self._about))

    def on_key(self, event: Key) -> None:
        """Every printable key narrows the list."""
        if event.key in ("ctrl+c", "ctrl+z", "ctrl+q"):
            return
        event.stop()
        event.prevent_default()
        if not self.is_active:
            return  # a key that came close behind the one that left: dismissing twice would close the screen below
        if event.key == "escape":
            self.dismiss(None)
        elif event.key == "enter":
            if self.model.chosen is not None:
                self.dismiss(self.model.chosen)
        elif not self.model.step(event.key):
            entry = edited(self.model.entry, event.key, event.character)
            if entry is not None:
                self.model.type(entry)
        self.draw()

    def on_paste(self, event: Paste) -> None:
        """The first line of what is pasted."""
        event.stop()
        self.model.type(typed(self.model.entry, first_line(event.text)))
        self.draw()
