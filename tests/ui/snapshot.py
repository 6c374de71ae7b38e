"""Text snapshots: what is drawn, compared with a file beside the tests. `UPDATE_SNAPSHOTS=1` writes them anew."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from clickit_tui.ui.cells import Spans, width

FOLDER = Path(__file__).parent / "snapshots"


def plain(lines: Iterable[Spans]) -> list[str]:
    return ["".join(span.text for span in line) for line in lines]


def same_as_kept(name: str, lines: list[str]) -> None:
    path = FOLDER / f"{name}.txt"
    drawn = "\n".join(line.rstrip() for line in lines) + "\n"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        FOLDER.mkdir(exist_ok=True)
        path.write_text(drawn)
    assert drawn == path.read_text()


def widths(lines: Iterable[Spans]) -> set[int]:
    return {width(text) for text in plain(lines)}


HOSTILE = (
    "[/x] [b] [link=x]",
    "\x1b[31m\x1b]0;t\x07\x9b2J\x00\x7f\r\n\t",
    "漢字 é é 👩‍👩‍👧 ‮ ​",
    "x" * 1_000_000,
    "漢" * 300_000,
    "́" * 50_000,
    "",
)
"""Texts that have broken terminal programs: markup, escapes, wide, combining and bidirectional characters, and sheer length."""
