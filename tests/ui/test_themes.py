"""The themes: what colour-blind eyes see of them, and that no state rests on colour."""

from __future__ import annotations

import math
from itertools import combinations

import pytest
from rich.color import Color

from clickit_tui.checks.registry import RANK
from clickit_tui.config import THEMES as CONFIGURABLE
from clickit_tui.panes.identity import strip_line
from clickit_tui.ui.cells import Span
from clickit_tui.ui.looks import LOOKS, THEME_WORDS, THEMES, Brush, segments, styles, symbols
from clickit_tui.ui.terminal import TerminalApp
from tests import worlds
from tests.panes.views import view_of

STATES = ("ok", "warn", "fail", "unknown", "dim")
EYES = {
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
"""Machado, Oliveira and Fernandes 2009, severity 1.0, on linear RGB."""


def linear(channel: int) -> float:
    part = channel / 255
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def cube(share: float) -> float:
    return share ** (1 / 3) if share > 0.008856 else 7.787 * share + 16 / 116


def seen(colour: Color, eyes: str) -> tuple[float, float, float]:
    """A colour as such eyes see it, in CIE L*a*b*."""
    light = [linear(channel) for channel in colour.get_truecolor()]
    red, green, blue = (min(1.0, max(0.0, sum(m * v for m, v in zip(row, light, strict=True)))) for row in EYES[eyes])
    x = cube((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505)
    y = cube(0.2126 * red + 0.7152 * green + 0.0722 * blue)
    z = cube((0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def nearest(theme: str, eyes: str) -> float:
    """How far apart the two states are that are told apart worst; about 2 is the least that can be seen at all."""
    inks = [style.color for look in STATES if (style := styles(256, theme)[look]).color is not None]
    assert len(inks) == len(STATES)
    return min(math.dist(seen(one, eyes), seen(other, eyes)) for one, other in combinations(inks, 2))


@pytest.mark.parametrize("eyes", EYES)
def test_states_stay_apart_for_colour_blind_eyes(eyes: str) -> None:
    assert nearest("colour-blind", eyes) > 22


def test_green_against_red_is_what_the_theme_is_there_for() -> None:
    assert nearest("clickit", "deuteranopia") < 10


def test_the_same_themes_can_be_configured_chosen_and_painted() -> None:
    assert tuple(theme.name for theme in THEMES) == tuple(THEME_WORDS) == CONFIGURABLE


@pytest.mark.parametrize("theme", CONFIGURABLE)
@pytest.mark.parametrize("depth", [0, 16, 256])
def test_every_theme_tells_what_is_wrong_apart_and_keeps_to_its_depth(theme: str, depth: int) -> None:
    painted = styles(depth, theme)
    most = {0: 0, 16: 16, 256: 16 if theme == "ansi" else 256}[depth]
    for look in LOOKS:
        for colour in (painted[look].color, painted[look].bgcolor):
            assert colour is None or (colour.number is not None and colour.number < most)
    assert len({str(painted[look]) for look in ("plain", "dim", "fail")}) == 3
    if depth:
        assert len({str(painted[look]) for look in ("plain", *STATES)}) == 6


@pytest.mark.parametrize("ascii", [False, True])
def test_the_strip_tells_every_verdict_by_a_symbol_too(ascii: bool) -> None:
    view = view_of(worlds.incident_world(worlds.NOW), ascii=ascii)
    marks = {view.mark(verdict) for verdict in RANK}
    assert len({symbols(ascii).of(state).text for state in ("ok", "warn", "fail", "else")}) == 4
    assert len(marks) == len(RANK)
    text = "".join(span.text for span in strip_line(view, 120))
    assert all(view.mark(part.verdict) + " " in text for part in view.strip)


def test_a_reversed_line_has_no_patches_of_ink_but_for_what_is_wrong() -> None:
    brush = Brush(styles(16))
    row = segments((Span("a", "dim"), Span("b", "s0"), Span("c ", "fail"), Span("d")), 6, brush, "cursor")
    inks = {segment.text: segment.style.color for segment in row if segment.style is not None}
    assert "".join(segment.text for segment in row) == "abc d "
    assert inks["c"] is not None
    assert not any(ink for text, ink in inks.items() if text != "c")


def test_nothing_is_animated() -> None:
    assert TerminalApp().animation_level == "none"


@pytest.mark.parametrize(("value", "colourless"), [("1", True), ("", False)])
def test_no_color_asks_for_no_colour_when_it_has_a_value(value: str, colourless: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", value)
    assert TerminalApp().no_color is colourless
