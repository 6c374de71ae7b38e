"""A one-line question over the last row of the screen, e.g. for a filter."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.events import Key, Paste

from clickit_tui.ui.cells import Span, Spans, fit, width
from clickit_tui.ui.entry import Entry, edited, entry_spans, first_line, typed
from clickit_tui.ui.modal import Modal

HINT = "enter keep  esc undo"


def prompt_line(mark: str, entry: Entry, note: str, cells: int, caret: str = "▏", hint: str = HINT) -> Spans:
    """` /text▏      what is wrong with it   enter keep  esc undo`."""
    hint = f"  {hint} "
    said = Span(f"  {note}" if note else "", "warn")
    room = cells - 1 - width(mark) - width(hint)
    text = entry_spans(entry, max(10, room - min(width(said.text), room // 2)), caret=caret)
    left = (Span(f" {mark}", "title"), *text, said)
    used = sum(width(span.text) for span in left)
    return (*left, Span(fit(hint, max(0, cells - used), right=True), "dim"))


class Prompt(Modal[str | None]):
    """Every edit calls `changed(text)`, which says what is wrong with it or an empty string.

    Enter dismisses with the text; esc puts the first text back, by `changed` too, and dismisses with None. With `hidden` every character
    is shown as an asterisk; `hint` says what the keys do.
    """

    DEFAULT_CSS: ClassVar[str] = "Prompt { align: left bottom; } Prompt > Lines { width: 1fr; height: 1; }"

    def __init__(
        self, mark: str, initial: str = "", *, changed: Callable[[str], str] | None = None, hidden: bool = False, hint: str = HINT
    ) -> None:
        super().__init__()
        self._mark = mark
        self._initial = initial
        self._changed = changed
        self._hidden = hidden
        self._hint = hint
        self._entry = Entry.of(initial)
        self._note = ""

    @property
    def value(self) -> str:
        """What has been typed so far."""
        return self._entry.text

    def draw(self) -> None:
        shown = self._entry._replace(text="*" * len(self._entry.text)) if self._hidden else self._entry
        self._box.show([prompt_line(self._mark, shown, self._note, self.app.size.width, self._box.symbols.caret, self._hint)])

    def _set(self, entry: Entry) -> None:
        same = entry.text == self._entry.text
        self._entry = entry
        if not same and self._changed is not None:
            self._note = self._changed(entry.text)
        self.draw()

    def on_key(self, event: Key) -> None:
        """Every printable key belongs to the line."""
        if event.key in ("ctrl+c", "ctrl+z", "ctrl+q"):
            return
        event.stop()
        event.prevent_default()
        if not self.is_active:
            return  # a key that came close behind the one that left: dismissing twice would close the screen below
        if event.key == "enter":
            self.dismiss(self._entry.text)
        elif event.key == "escape":
            self._set(Entry.of(self._initial))
            self.dismiss(None)
        elif (entry := edited(self._entry, event.key, event.character)) is not None:
            self._set(entry)

    def on_paste(self, event: Paste) -> None:
        """The first line of what is pasted."""
        event.stop()
        self._set(typed(self._entry, first_line(event.text)))
