"""How many colours a terminal is sent, by what the process's environment says."""

from __future__ import annotations

import os

from rich.console import Console
from textual.constants import COLOR_SYSTEM

_WORDS = {"truecolor": "256 (the terminal has 24 bits)", "256": "256", "standard": "16", "windows": "16"}


def colours(theme: str) -> str:
    """In words, for a theme: `256`, `16`, `none: NO_COLOR is set`."""
    if "NO_COLOR" in os.environ:
        return "none: NO_COLOR is set"
    console = Console(force_terminal=True, color_system=COLOR_SYSTEM)  # type: ignore[arg-type]
    most = _WORDS.get(console.color_system or "", "none")
    return f"16 of {most}, by the theme ansi" if theme == "ansi" and console.color_system in ("256", "truecolor") else most
