"""The README's pictures show what `screens.md` shows, which the running app is compared with."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from tests.screens.book import FILE
from tests.screens.pictures import CELL_H, CELL_W, EDGE, FOLDER, ROOT, SHOWN

MOST_BYTES = 40_000


def lines_of(name: str) -> list[str]:
    """The text of a picture, row by row."""
    root = ElementTree.fromstring((FOLDER / f"{name}.svg").read_text())
    rows: dict[int, str] = {}
    for each in root.iter("{http://www.w3.org/2000/svg}text"):
        y, x = (int(each.get("y", "0")) - EDGE) // CELL_H, round((float(each.get("x", "0")) - EDGE) / CELL_W)
        rows[y] = rows.get(y, "").ljust(x) + (each.text or "")
    return [rows.get(y, "") for y in range(max(rows) + 1)]


@pytest.mark.parametrize(("name", "title"), SHOWN.items())
def test_a_picture_is_what_screens_md_shows(name, title):
    found = re.search(rf"^### {re.escape(title)}\n\n```\n(.*?)\n```$", FILE.read_text(), re.M | re.S)
    assert found, title
    assert lines_of(name) == [line.rstrip() for line in found[1].rstrip("\n").split("\n")], "run `make pictures`"


def test_every_picture_is_shown_and_small():
    files = {path.name for path in FOLDER.iterdir()}
    assert files == {f"{name}.svg" for name in SHOWN}
    assert all((FOLDER / name).stat().st_size < MOST_BYTES for name in files)
    assert all(f"docs/pictures/{name}" in (ROOT / "README.md").read_text() for name in files)
