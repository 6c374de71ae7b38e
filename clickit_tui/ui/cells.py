"""Text with named styles, laid out in terminal cells: the only form in which panes hand text to widgets. No markup anywhere."""

from __future__ import annotations

from typing import Literal, NamedTuple

from rich.cells import cell_len, set_cell_size

Look = Literal[
    "plain",
    "dim",
    "bold",
    "title",
    "ok",
    "warn",
    "fail",
    "unknown",
    "accent",
    "reverse",
    "reverse-fail",
    "cursor",
    "s0",
    "s1",
    "s2",
    "s3",
    "s4",
    "s5",
]
"""Names of styles; the theme gives each its colours at 16, 256 and true colour. State never rests on colour alone."""


class Span(NamedTuple):
    text: str
    look: Look = "plain"


Spans = tuple[Span, ...]
"""One line of a pane."""


class Row(NamedTuple):
    """One line of a table: the cursor and the subscribers follow its key, never its index."""

    key: str
    spans: Spans
    search: str = ""
    """What the filter looks at; empty means the spans' text."""


def width(text: str) -> int:
    """Terminal cells of a text (wide characters count two)."""
    return cell_len(text)


def fit(text: str, cells: int, right: bool = False) -> str:
    """A text in exactly that many cells: padded, or cut with `…`."""
    if cells <= 0:
        return ""
    have = cell_len(text)
    if have <= cells:
        return " " * (cells - have) + text if right else text + " " * (cells - have)
    return set_cell_size(set_cell_size(text, cells - 1) + "…", cells)


def middle(text: str, cells: int) -> str:
    """An identifier cut in its middle: both ends tell it apart."""
    if cell_len(text) <= cells or cells < 5:
        return fit(text, cells)
    head = (cells - 1) // 2
    return text[:head] + "…" + text[-(cells - 1 - head) :]


def spans_width(spans: Spans) -> int:
    return sum(cell_len(span.text) for span in spans)
