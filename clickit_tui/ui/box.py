"""A box of lines: what all dialogs are drawn in."""

from __future__ import annotations

from collections.abc import Sequence

from clickit_tui.ui.cells import Look, Span, Spans, fit, spans_width, width
from clickit_tui.ui.looks import cropped, harmless


def upper_edge(left: str, right: str, cells: int, look: Look = "bold") -> Spans:
    """`┌ left ──── right ┐`; both must fit."""
    if not right:
        return (Span("┌ ", "dim"), Span(left, "title"), Span(f" {'─' * (cells - 4 - width(left))}┐", "dim"))
    rule = "─" * (cells - 6 - width(left) - width(right))
    return (Span("┌ ", "dim"), Span(left, "title"), Span(f" {rule} ", "dim"), Span(right, look), Span(" ┐", "dim"))


def lower_edge(footer: str, cells: int) -> Spans:
    """`└─ footer ────┘`, the footer cut where it must be."""
    text = harmless(footer)
    text = f"─ {fit(text, cells - 6) if width(text) > cells - 6 else text} " if text else ""
    return (Span(f"└{text}{'─' * (cells - 2 - width(text))}┘", "dim"),)


def walled(line: Spans, cells: int) -> Spans:
    """One line between the walls of a box `cells` wide; one that is longer is cut with `…`."""
    room = cells - 4
    kept = cropped(line, room)
    return (Span("│ ", "dim"), *kept, Span(" " * (room - spans_width(kept))), Span(" │", "dim"))


TITLE = 12
"""Cells of the upper edge that stay for the title beside a badge."""


def badge_fits(badge: str, cells: int) -> bool:
    """Whether the upper edge of a box has room for a badge beside a title; else it is a line of its own in the box."""
    return width(badge) <= cells - 6 - TITLE


def boxed(title: str, lines: Sequence[Spans], footer: str, cells: int, badge: str = "") -> tuple[Spans, ...]:
    """Lines in a box exactly `cells` wide; a long title is cut."""
    room = cells - 6 - width(badge)
    name = harmless(title)
    top = upper_edge(fit(name, room) if width(name) > room else name, badge, cells)
    return (top, *(walled(line, cells) for line in lines), lower_edge(footer, cells))
