"""Pictures for the README, made from the running app: `python -m tests.screens.pictures` writes `docs/pictures/`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from html import escape
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from pyte.screens import Char

from tests.pty.harness import Terminal
from tests.screens.book import PICTURES, ROOT

FOLDER = ROOT / "docs" / "pictures"
SHOWN = {
    "triage": "Triage at 80x24, an incident",
    "playbook": "`w` from anywhere: the playbook of the worst verdict, at 80x24",
    "scale": "`S`: scale",
    "timeline": "Timeline at 80x24: what changed before the first bad minute",
}
"""File name: title in `screens.md`, which has the same picture as text."""
CELL_W, CELL_H, EDGE = 8.4, 18, 12
GROUND, INK = "#0f1419", "#d0d4d8"
NAMED = {
    "black": "#1c2127",
    "red": "#e5534b",
    "green": "#57ab5a",
    "brown": "#d8a33c",
    "blue": "#539bf5",
    "magenta": "#b083f0",
    "cyan": "#39c5cf",
    "white": "#d0d4d8",
}
"""The terminal's own colours as this page draws them."""


class Style(NamedTuple):
    """How a run of cells looks."""

    ink: str
    ground: str
    bold: bool


def colour(name: str, default: str) -> str:
    """A colour of the terminal as CSS spells it."""
    if name == "default":
        return default
    plain = name.removeprefix("bright")
    return NAMED.get(plain) or f"#{name}"


def style(cell: Char) -> Style:
    """The cell's colours, the reversed ones exchanged."""
    ink, ground = colour(cell.fg, INK), colour(cell.bg, GROUND)
    return Style(ground, ink, cell.bold) if cell.reverse else Style(ink, ground, cell.bold)


def runs(cells: list[Char]) -> Iterator[tuple[int, str, Style]]:
    """(column, text, look) of the stretches of one row that look alike."""
    at = 0
    for look, same in groupby(cells, key=style):
        text = "".join(cell.data for cell in same)
        yield at, text, look
        at += len(text)


def svg(rows: list[list[Char]], title: str) -> str:
    """A picture of the terminal; each run of text is stretched to its cells, so that columns stand in any font."""
    wide, high = len(rows[0]) * CELL_W + 2 * EDGE, len(rows) * CELL_H + 2 * EDGE
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:g} {high}" width="{wide:g}" height="{high}"',
        ' role="img" xml:space="preserve">',
        f"<title>{escape(title)}</title>",
        "<style>text{font:14px ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;white-space:pre}.b{font-weight:bold}</style>",
        f'<rect width="100%" height="100%" rx="8" fill="{GROUND}"/>',
    ]
    for y, cells in enumerate(rows):
        for x, text, look in runs(cells):
            left, top, across = EDGE + x * CELL_W, EDGE + y * CELL_H, len(text) * CELL_W
            if look.ground != GROUND:
                out.append(f'<rect x="{left:g}" y="{top}" width="{across:g}" height="{CELL_H}" fill="{look.ground}"/>')
            if text.strip():
                lead = len(text) - len(text.lstrip())
                out.append(_text(left + lead * CELL_W, top + 13, text.strip(), look))
    return "\n".join([*out, "</svg>"]) + "\n"


def _text(x: float, y: int, text: str, look: Style) -> str:
    bold = ' class="b"' if look.bold else ""
    across = f'textLength="{len(text) * CELL_W:g}" lengthAdjust="spacingAndGlyphs"'
    return f'<text x="{x:g}" y="{y}"{bold} fill="{look.ink}" {across}>{escape(text)}</text>'


def drawn(title: str) -> str:
    """The picture of that title, from a run of the app of its own."""
    _, world, keys, (cols, rows), wait = next(p for p in PICTURES if p[0] == title)
    with Terminal([sys.executable, "-m", "tests.showing", *world.split()], cols=cols, rows=rows, cwd=ROOT) as t:
        t.wait_for(r"14:03:18")
        for key in keys:
            t.settle(0.6)
            t.press(key)
        t.wait_for(wait)
        t.settle(0.6)
        return svg([[t.cell(x, y) for x in range(cols)] for y in range(rows)], title.replace("`", ""))


def write() -> list[Path]:
    """Draw every picture anew; returns the files."""
    FOLDER.mkdir(exist_ok=True)
    files = []
    for name, title in SHOWN.items():
        files.append(FOLDER / f"{name}.svg")
        files[-1].write_text(drawn(title))
    return files


if __name__ == "__main__":
    write()
