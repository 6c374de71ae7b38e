"""How many colours a terminal is sent, by what its environment says."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console

_WORDS = {"truecolor": "24-bit, of which 256 are used", "256": "256", "standard": "16", "windows": "16"}


def colours(environ: Mapping[str, str]) -> str:
    """In words: `256`, `16`, `none: NO_COLOR is set`."""
    if "NO_COLOR" in environ:
        return "none: NO_COLOR is set"
    console = Console(force_terminal=True, color_system="auto", _environ=environ)
    return _WORDS.get(console.color_system or "", "none")
