"""A one-line input without a blinking cursor: a value and one pure function."""

from __future__ import annotations

from typing import NamedTuple

from clickit_tui.ui.cells import Look, Span, Spans, width
from clickit_tui.ui.looks import harmless

LONGEST = 400
"""Characters an input takes; more are ignored."""


class Entry(NamedTuple):
    """A text and the place in it (in characters) where the next one goes."""

    text: str = ""
    at: int = 0

    @classmethod
    def of(cls, text: str) -> Entry:
        """A text with the cursor at its end."""
        return cls(text, len(text))


def typed(entry: Entry, text: str) -> Entry:
    """With a text put in at the cursor; control characters become spaces."""
    room = LONGEST - len(entry.text)
    plain = harmless(text)[:room]
    return Entry(entry.text[: entry.at] + plain + entry.text[entry.at :], entry.at + len(plain))


def edited(entry: Entry, key: str, character: str | None) -> Entry | None:
    """The entry after a key; None when the key is not one that edits."""
    text, at = entry
    match key:
        case "backspace" | "ctrl+h":
            return Entry(text[: max(0, at - 1)] + text[at:], max(0, at - 1))
        case "delete":
            return Entry(text[:at] + text[at + 1 :], at)
        case "left":
            return Entry(text, max(0, at - 1))
        case "right":
            return Entry(text, min(len(text), at + 1))
        case "home" | "ctrl+a":
            return Entry(text, 0)
        case "end" | "ctrl+e":
            return Entry.of(text)
        case "ctrl+u":
            return Entry(text[at:], 0)
        case "ctrl+w":
            kept = text[:at].rstrip()
            kept = kept[: kept.rfind(" ") + 1]
            return Entry(kept + text[at:], len(kept))
    if character is not None and len(character) == 1 and character.isprintable():
        return typed(entry, character)
    return None


def first_line(pasted: str) -> str:
    """What a one-line input takes of a pasted text."""
    return next(iter(pasted.splitlines()), "").strip()


def entry_spans(entry: Entry, cells: int, active: bool = True, caret: str = "▏", look: Look = "bold") -> Spans:
    """The input in at most `cells` cells, scrolled so that the cursor is in sight; the caret only where keys go."""
    text, at = entry
    if not active:
        return (Span(text[-cells:] if width(text) > cells else text, "plain"),)
    start = 0
    while width(text[start:at]) > max(1, cells - 2):
        start += 1
    return (Span(text[start:at], look), Span(caret, "accent"), Span(text[at:], look))
