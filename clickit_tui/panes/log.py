"""Log lines as the tail shows them: time, source in its own colour, task, level, message."""

from __future__ import annotations

from clickit_tui.logs.line import LogLine
from clickit_tui.panes.view import View
from clickit_tui.ui.cells import Look, Span, Spans, fit

SOURCE_LOOKS: dict[str, Look] = {"api": "s0", "frontend": "s1", "migration": "s2"}
SHORT = {"frontend": "fe", "migration": "mig"}


def level_look(level: str) -> Look:
    looks: dict[str, Look] = {
        "error": "fail",
        "fatal": "fail",
        "critical": "fail",
        "warn": "warn",
        "warning": "warn",
        "debug": "dim",
        "trace": "dim",
    }
    return looks.get(level.lower(), "plain")


def log_spans(line: LogLine, view: View) -> Spans:
    """` 14:03:19 api 8f3a ERROR could not connect`; a late line is marked with `~` before its time."""
    at = view.clock(line.at_ms / 1000, seconds=True)[:8]
    source: Look = SOURCE_LOOKS.get(line.part, "s3")
    word = line.level.upper()[:5] if line.level else ""
    look = level_look(line.level)
    return (
        Span("~" if line.late else " ", "warn"),
        Span(at + " ", "dim"),
        Span(fit(SHORT.get(line.part, line.part), 4), source),
        Span(fit(line.task[:4], 5), "dim"),
        Span(fit(word, 6), look),
        Span(line.text, "plain" if look in ("plain", "dim") else look),
    )
