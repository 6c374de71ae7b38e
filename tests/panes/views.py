"""A View for a fixture World, as the app makes it."""

from __future__ import annotations

from clickit_tui.checks.registry import Facts
from clickit_tui.checks.strip import findings, strip
from clickit_tui.config import Thresholds
from clickit_tui.panes.view import View
from clickit_tui.playbooks.diagnosis import cause, diagnose
from clickit_tui.ui.cells import Spans
from clickit_tui.ui.looks import symbols
from clickit_tui.world.world import World
from tests import worlds


def view_of(world: World, *, now: float = worlds.NOW, read_only: str = "", ascii: bool = False) -> View:
    facts = Facts(now=now, names=worlds.NAMES, thresholds=Thresholds(), protected=True)
    found = findings(world, facts)
    return View(
        facts=facts,
        glyphs=symbols(ascii),
        read_only=read_only,
        strip=strip(world, facts, found),
        cause=cause(world, facts, found),
        found=found,
        diagnosis=diagnose(world, facts, found),
        calls_per_minute=12,
        dollars=0.03,
    )


def text(lines: list[Spans]) -> str:
    return "\n".join("".join(span.text for span in line).rstrip() for line in lines)
