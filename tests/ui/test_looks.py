from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clickit_tui.ui.cells import Span, Spans, width
from clickit_tui.ui.looks import LOOKS, Brush, ascii_only, cropped, glyphs, harmless, in_ascii, segments, styles, symbols
from tests.ui.snapshot import HOSTILE

ROOT = Path(__file__).parents[2]
UTF = Brush(styles(256))
ASCII = Brush(styles(16), ascii=True)


@pytest.mark.parametrize(
    ("environ", "encoding", "expected"),
    [
        ({"TERM": "xterm-256color"}, "utf-8", False),
        ({"TERM": "xterm-256color"}, "UTF8", False),
        ({"TERM": "linux"}, "utf-8", True),
        ({"TERM": "dumb"}, "utf-8", True),
        ({"TERM": "xterm"}, "ANSI_X3.4-1968", True),
        ({"TERM": "xterm"}, "latin-1", True),
        ({"TERM": "xterm", "CLICKIT_ASCII": "1"}, "utf-8", True),
        ({"TERM": "xterm", "CLICKIT_ASCII": "0"}, "utf-8", False),
        ({}, "utf-8", False),
        ({"TERM": "vt100"}, "utf-8", True),
        ({"LANG": "C"}, "utf-8", True),
        ({"LANG": "POSIX"}, "utf-8", True),
        ({"LC_ALL": "C", "LANG": "en_US.UTF-8"}, "utf-8", True),
        ({"LC_CTYPE": "C", "LANG": "en_US.UTF-8"}, "utf-8", True),
        ({"LANG": "de_DE.ISO-8859-1"}, "utf-8", True),
        ({"LANG": "de_DE.ISO-8859-15@euro"}, "utf-8", True),
        ({"LC_ALL": "C.UTF-8", "LANG": "C"}, "utf-8", False),
        ({"LC_CTYPE": "en_US.UTF-8", "LANG": "C"}, "utf-8", False),
        ({"LC_CTYPE": "UTF-8", "LANG": "C"}, "utf-8", False),
        ({"LANG": "de_DE.utf8@euro"}, "utf-8", False),
        ({"LANG": "de_DE"}, "utf-8", False),
        ({"LANG": "C", "CLICKIT_ASCII": "0"}, "utf-8", False),
    ],
)
def test_ascii_is_decided_by_terminal_and_encoding(environ: dict[str, str], encoding: str, expected: bool) -> None:
    assert ascii_only(environ, encoding) is expected
    assert glyphs(environ, encoding).ascii is expected


@pytest.mark.parametrize(
    ("locale", "expected"), [({"LANG": "C"}, "True"), ({"LC_ALL": "C"}, "True"), ({"LANG": "C.UTF-8"}, "False"), ({}, "False")]
)
def test_the_locale_counts_although_python_turns_to_utf8_by_itself(locale: dict[str, str], expected: str) -> None:
    """Python coerces the C locale: only a process of its own shows what then stands in its environment."""
    asked = "import os, sys; from clickit_tui.ui.looks import ascii_only; print(ascii_only(os.environ, sys.__stderr__.encoding))"
    said = subprocess.run([sys.executable, "-c", asked], env=locale, cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == expected


def test_every_look_has_a_style_at_every_depth() -> None:
    for depth in (0, 16, 256):
        assert set(LOOKS) <= set(styles(depth))


def test_no_color_has_attributes_only() -> None:
    assert all(style.color is None and style.bgcolor is None for style in styles(0).values())
    assert styles(0)["fail"].bold
    assert styles(0)["cursor"].reverse


def test_sixteen_colours_stay_within_sixteen() -> None:
    for style in styles(16).values():
        for colour in (style.color, style.bgcolor):
            assert colour is None or (colour.number is not None and colour.number < 16)


def test_what_is_wrong_is_told_apart_at_every_depth() -> None:
    for depth in (16, 256):
        told = {str(styles(depth)[look]) for look in ("plain", "dim", "ok", "warn", "fail", "unknown")}
        assert len(told) == 6
    sources = [styles(256)[f"s{i}"] for i in range(6)]
    assert len({str(style) for style in sources}) == 6


def test_symbols_of_ascii_are_ascii_and_those_of_blocks_ascend() -> None:
    plain = symbols(True)
    assert all(str(part).isascii() for part in plain)
    for glyph in (symbols(True), symbols(False)):
        assert len(glyph.blocks) == 8
        assert len({glyph.gap, glyph.over, *glyph.blocks}) == 10
    assert [symbols(True).of(state).text for state in ("ok", "warn", "fail", "else")] == ["ok", "!", "X", "?"]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("brush", [UTF, ASCII])
def test_hostile_text_fills_exactly_its_cells_and_is_harmless(text: str, brush: Brush) -> None:
    made = segments((Span(text), Span(" after", "fail")), 40, brush)
    joined = "".join(segment.text for segment in made)
    assert joined.isprintable()
    assert width(joined) == 40
    assert not brush.ascii or joined.isascii()
    assert len(joined) <= 40 * 4 + 40


@given(st.lists(st.text(max_size=30), max_size=5), st.integers(0, 60))
@settings(deadline=None, derandomize=True)
def test_any_text_is_cropped_to_its_cells(texts: list[str], cells: int) -> None:
    for narrow in (False, True):
        made = segments(tuple(Span(text) for text in texts), cells, Brush(styles(256), narrow))
        joined = "".join(segment.text for segment in made)
        assert width(joined) == cells
        assert joined.isprintable()


def test_a_line_is_cut_before_it_is_measured() -> None:
    kept = cropped((Span("x" * 1_000_000),), 80)
    assert kept == (Span("x" * 79 + "…"),)


@pytest.mark.parametrize(
    ("spans", "shown"),
    [
        ((Span("abcd"),), "abcd"),
        ((Span("abcde"),), "abc…"),
        ((Span("abcd  "), Span("  ")), "abcd"),
        ((Span("abcd"), Span("  "), Span("", "dim"), Span("e")), "abc…"),
        ((Span("ab漢"),), "ab漢"),
        ((Span("abc漢"),), "abc…"),
        ((Span("abc漢d"),), "abc…"),
        ((Span("ab漢d"),), "ab …"),
    ],
)
def test_what_is_left_out_is_marked_and_spaces_are_nothing(spans: Spans, shown: str) -> None:
    assert "".join(span.text for span in cropped(spans, 4)) == shown
    assert cropped(spans, 0) == ()


def test_the_mark_of_what_is_left_out_is_ascii_where_only_that_can_be_shown() -> None:
    assert cropped((Span("abcde", "fail"),), 4, ascii=True) == (Span("abc~", "fail"),)


def test_every_glyph_of_a_screen_has_something_like_it_in_ascii() -> None:
    drawn = "".join(part for part in symbols(False) if isinstance(part, str)) + "┌┐└┘├┤┬┴┼│─‹›▶⏎−“”☐≈±×–—←"
    told = in_ascii(drawn)
    assert told.isascii()
    assert told.count("?") == drawn.count("?")
    assert len(told) == len(drawn)
    assert in_ascii("\x1b[1;31m✖ ok\x1b[0m") == "\x1b[1;31mX ok\x1b[0m"


def test_ascii_keeps_the_width_of_what_it_cannot_show() -> None:
    assert harmless("─→漢é▂…", ascii=True) == "->???.~"
