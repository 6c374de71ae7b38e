"""The rows that say which keys do something here; a key that cannot is dimmed, never hidden."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from textual.events import Resize

from clickit_tui.ui.cells import Span, Spans, fit, width
from clickit_tui.ui.lines import Canvas


class KeyHint(NamedTuple):
    """One key and the word for what it does here. Hints come most important first."""

    key: str
    word: str
    enabled: bool = True
    reason: str = ""
    """Why it is dimmed; said when the key is pressed."""


def hint_spans(hint: KeyHint) -> Spans:
    """`S scale`, dim as a whole when it cannot be done."""
    if not hint.enabled:
        return (Span(f"{hint.key} {hint.word}".rstrip(), "dim"),)
    return (Span(hint.key, "bold"), Span(f" {hint.word}")) if hint.word else (Span(hint.key, "bold"),)


def _hint_width(hint: KeyHint, worded: bool) -> int:
    return width(hint.key) + (1 + width(hint.word) if worded and hint.word else 0)


def _placed(hints: Sequence[KeyHint], worded: int, cells: int, rows: int) -> list[list[KeyHint]] | None:
    lines: list[list[KeyHint]] = [[]]
    used = 1
    for i, hint in enumerate(hints):
        need = _hint_width(hint, i < worded)
        gap = (2 if i < worded else 1) if lines[-1] else 0
        if used + gap + need > cells:
            if len(lines) == rows or 1 + need > cells:
                return None
            lines.append([])
            used, gap = 1, 0
        lines[-1].append(hint if i < worded else hint._replace(word=""))
        used += gap + need
    return lines


def key_rows(hints: Sequence[KeyHint], cells: int, rows: int, note: str = "") -> tuple[Spans, ...]:
    """The hints in at most `rows` lines of `cells`: words of the least important go first, then their keys; never cut within a hint.

    `note` stands at the right of the last line when there is room for it.
    """
    for count in range(len(hints), -1, -1):
        for worded in [*range(len(hints), -1, -1)] if count == len(hints) else [0]:
            placed = _placed(hints[:count], worded, cells, rows)
            if placed is not None:
                return _noted(tuple(_row(line) for line in placed), cells, note)
    return ((),)


def _row(hints: Sequence[KeyHint]) -> Spans:
    out: list[Span] = [Span(" ")]
    for i, hint in enumerate(hints):
        if i:
            out.append(Span("  " if hint.word else " "))
        out.extend(hint_spans(hint))
    return tuple(out)


def _noted(lines: tuple[Spans, ...], cells: int, note: str) -> tuple[Spans, ...]:
    if not note or not lines:
        return lines
    room = cells - sum(width(span.text) for span in lines[-1]) - 2
    if room < width(note) + 1:
        return lines
    return (*lines[:-1], (*lines[-1], Span(fit(note, room + 1, right=True), "dim")))


class KeyBar(Canvas):
    """The key rows at the foot of a screen; as many rows as its height."""

    def __init__(self, rows: int = 2, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._rows = rows
        self._groups: tuple[tuple[KeyHint, ...], ...] = ()
        self._note = ""
        self.styles.height = rows

    def show(self, *groups: Sequence[KeyHint], note: str = "") -> None:
        """Show hints. One group shares all rows; several groups have a row each."""
        self._groups = tuple(tuple(group) for group in groups)
        self._note = note
        self._draw()

    def _draw(self) -> None:
        cells = self.content_size.width
        if not (self.is_mounted and cells):
            return
        if len(self._groups) <= 1:
            self.paint(key_rows(self._groups[0] if self._groups else (), cells, self._rows, self._note))
            return
        last = len(self._groups) - 1
        self.paint([key_rows(group, cells, 1, self._note if i == last else "")[0] for i, group in enumerate(self._groups)])

    def on_resize(self, event: Resize) -> None:
        """Hints are placed anew for the new width."""
        self._draw()
