"""The log screen over the real engine in a pseudo-terminal: bytes, keys under a flood, nothing lost while it stands still."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.pty.harness import Terminal

ROOT = Path(__file__).parents[2]


def flooded(rate: int, cols: int = 80, rows: int = 24) -> Terminal:
    return Terminal([sys.executable, "-m", "tests.pty.flood", str(rate)], cols=cols, rows=rows, cwd=ROOT)


def test_fifty_lines_a_second_keep_the_byte_budget_on_both_screens() -> None:
    with flooded(50) as terminal:
        terminal.wait_for(r"logs.*(LIVE|BACKFILLING).*GET /v1")
        assert 0 < terminal.bytes_during(4.0) / 4.0 <= 30_000
        terminal.press("3")
        terminal.wait_for(r"errors \d")
        assert 0 < terminal.bytes_during(4.0) / 4.0 <= 30_000


def test_under_two_thousand_lines_a_second_every_key_is_answered_and_a_pause_stands_still() -> None:
    with flooded(2_000) as terminal:
        terminal.press("3")
        terminal.wait_for(r"errors \d+.*GET /v1")
        terminal.press("f")
        terminal.wait_for(r"PAUSED \+[1-9]")
        stood = terminal.lines()[5:22]
        terminal.wait_for(r"PAUSED \+\d?\d?\d?,?\d{3}")
        assert terminal.lines()[5:22] == stood
        for key, wanted in (
            ("E", "ERROR"),
            ("f", r"logs[^P]*(LIVE|BACKFILLING|BEHIND)"),
            ("v", "shape: wrapped"),
            ("?", "keys of this pane"),
        ):
            terminal.press(key)
            terminal.wait_for(wanted)
        terminal.press("escape")
        terminal.wait_gone("keys of this pane")
        terminal.press("/")
        terminal.wait_for("enter keep")
        terminal.type("refused")
        terminal.press("enter")
        terminal.wait_for(r"/refused.* [\d,]{4,} hidden")
