"""A secret typed twice: shown as asterisks, kept as single characters, handed over once and forgotten."""

from __future__ import annotations

from collections.abc import Callable

from textual.events import Key, Paste

from clickit_tui.ui.box import badge_fits, boxed
from clickit_tui.ui.cells import Span, Spans
from clickit_tui.ui.modal import Modal
from clickit_tui.ui.wrapping import wrapped

LONGEST = 4096
ROOM = 40
"""Most asterisks that are drawn."""


class Typed:
    """What is typed, character by character: no string of the whole exists before it is handed over."""

    def __init__(self) -> None:
        self.first: list[str] = []
        self.again: list[str] = []
        self.repeating = False

    @property
    def now(self) -> list[str]:
        """The line that has the keys."""
        return self.again if self.repeating else self.first

    def add(self, text: str) -> None:
        """Put characters at the end; line ends and other control characters are left out."""
        self.now.extend(c for c in text if c.isprintable())
        del self.now[LONGEST:]

    def clear(self) -> None:
        self.first.clear()
        self.again.clear()
        self.repeating = False

    @property
    def problem(self) -> str:
        """Why it cannot be used yet; empty when both lines are the same."""
        if not self.first:
            return "nothing was typed"
        if self.first != self.again:
            return "the two are not the same: typed again from the beginning"
        return ""


class Sealed(Modal[bool]):
    """Asks for a secret twice; `take` gets its characters once, and the dialog keeps nothing. Dismissed with True when they were taken."""

    def __init__(self, title: str, badge: str, take: Callable[[list[str]], None]) -> None:
        super().__init__()
        self._title, self._badge, self._take = title, badge, take
        self._typed = Typed()
        self._note = ""

    def draw(self) -> None:
        cells = max(40, min(self.app.size.width - 3, 78))
        badge = self._badge if badge_fits(self._badge, cells) else ""
        lines = self._lines() if badge else [*wrapped((Span(self._badge),), cells - 4), *self._lines()]
        self._box.show(boxed(self._title, lines, "enter next   ctrl+u empty   esc leave", cells, badge))

    def _lines(self) -> list[Spans]:
        typed = self._typed
        rows = [
            self._row("new value", typed.first, not typed.repeating),
            self._row("once more", typed.again, typed.repeating),
        ]
        spaces = any(line and (line[0].isspace() or line[-1].isspace()) for line in (typed.first, typed.again))
        note = self._note or ("it begins or ends with a space" if spaces else "")
        return [*rows, (), (Span(note or "shown nowhere; enter goes on", "warn" if note else "dim"),)]

    def _row(self, name: str, typed: list[str], active: bool) -> Spans:
        shown = "*" * min(len(typed), ROOM)
        count = f"  {len(typed)} characters" if typed else ""
        caret = (Span(self._box.symbols.caret, "accent"),) if active else ()
        return (Span(f"{name:<12}", "dim"), Span(shown), *caret, Span(count, "dim"))

    def on_key(self, event: Key) -> None:
        """Every key but those of the process itself belongs to the line."""
        if event.key in ("ctrl+c", "ctrl+z", "ctrl+q"):
            return
        event.stop()
        event.prevent_default()
        self._note = ""
        if event.key == "escape":
            self._typed.clear()
            self.dismiss(False)
        elif event.key in ("enter", "tab"):
            self._next()
        elif event.key in ("backspace", "ctrl+h"):
            del self._typed.now[-1:]
        elif event.key == "ctrl+u":
            self._typed.now.clear()
        elif event.character is not None:
            self._typed.add(event.character)
        self.draw()

    def _next(self) -> None:
        typed = self._typed
        if not typed.repeating:
            typed.repeating = bool(typed.first)
            self._note = "" if typed.first else typed.problem
            return
        if problem := typed.problem:
            typed.clear()
            self._note = problem
            return
        self._take(typed.first)
        typed.clear()
        self.dismiss(True)

    def on_paste(self, event: Paste) -> None:
        """Pasted text goes in without its line ends."""
        event.stop()
        self._note = ""
        self._typed.add(event.text)
        self.draw()
