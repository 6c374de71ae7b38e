"""The widgets in a real pseudo-terminal: bytes, latency, colours, and a terminal left sane."""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pty.harness import Terminal, split_complete

ROOT = Path(__file__).parents[2]
GALLERY = [sys.executable, "-m", "tests.ui.gallery"]


def environment(tmp_path: Path, **more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k not in ("TMUX", "NO_COLOR", "COLORTERM")}
    return kept | {"XDG_STATE_HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"} | more


@pytest.fixture
def gallery(tmp_path: Path) -> Iterator[Terminal]:
    with Terminal(GALLERY, env=environment(tmp_path), cwd=ROOT) as terminal:
        terminal.wait_for("row   6")
        terminal.settle()
        yield terminal


def test_nothing_is_sent_while_nothing_changes(gallery: Terminal) -> None:
    assert gallery.bytes_during(1.5) == 0
    assert gallery.bytes_for("s", "s", "s") == 0


def test_a_changed_cell_and_a_cursor_step_cost_little(gallery: Terminal) -> None:
    cell = gallery.bytes_for("n")
    assert "     1 req/min" in gallery.text
    assert 0 < cell <= 600
    assert 0 < gallery.bytes_for("down") <= 1200


def test_a_tail_of_fifty_lines_a_second_keeps_its_budget(gallery: Terminal) -> None:
    gallery.press("t")
    gallery.wait_for(r"connection [6-9]\d refused")
    assert 0 < gallery.bytes_during(4.0) / 4.0 <= 30_000


def test_keys_are_answered_while_thousands_of_lines_arrive(gallery: Terminal) -> None:
    gallery.press("T")
    gallery.wait_for(r"connection \d{4} refused")
    for key in ["down", "up"] * 5:
        before = gallery.sent
        gallery.press(key)
        gallery.wait_until(lambda before=before: gallery.sent > before, 2.0)
    gallery.press("down", "down")
    gallery.wait_until(lambda: gallery.cell(3, 6).bg != gallery.cell(3, 5).bg, 5.0, "the cursor")


def test_a_filter_typed_into_the_prompt_narrows_the_table(gallery: Terminal) -> None:
    gallery.press("/")
    gallery.wait_for("enter keep")
    gallery.type("row  2")
    gallery.wait_for("row  20.*row  25")
    gallery.wait_gone("row   3")
    gallery.press("escape")
    gallery.wait_for("row  19.*row  20")


def test_a_change_is_confirmed_by_typing_and_by_nothing_else(gallery: Terminal) -> None:
    gallery.press("C")
    gallery.wait_for(r"type prod/api:")
    gallery.press("enter")
    gallery.press("tab")
    gallery.wait_until(lambda: pressed_until(gallery), 10.0, "the note")
    gallery.paste("prod/api")
    gallery.wait_for("a paste does not confirm")
    gallery.type("prod/api")
    gallery.wait_for("done: 5 of 5 running")
    gallery.press("escape")
    gallery.wait_gone("SCALE")


def pressed_until(terminal: Terminal) -> bool:
    """Tab to the token once the dialog takes keys, and try Enter there."""
    if "enter does not confirm" in terminal.text:
        return True
    terminal.press("enter")
    terminal.settle(0.1)
    return "enter does not confirm" in terminal.text


def test_a_copy_says_where_it_went(gallery: Terminal, tmp_path: Path) -> None:
    gallery.press("C")
    gallery.wait_for(r"type prod/api:")
    kept = tmp_path / "clickit-tui" / "last-copy.txt"

    def copied() -> bool:
        gallery.press("ctrl+y")
        gallery.settle(0.1)
        return kept.exists()

    gallery.wait_until(copied, 10.0, "the copy")
    gallery.wait_for("sent to terminal")
    assert kept.read_text().startswith("aws ecs update-service")
    assert kept.stat().st_mode & 0o777 == 0o600
    assert b"\x1b]52;c;" in gallery.raw


def test_it_can_be_resized_and_leaves_the_terminal_as_it_was(gallery: Terminal) -> None:
    gallery.resize(200, 60)
    gallery.wait_until(lambda: gallery.lines()[2].endswith("now ─") and len(gallery.lines()[2]) == 200, what="the wide rule")
    gallery.resize(40, 20)
    gallery.wait_until(lambda: len(gallery.lines()[2]) == 40, what="the narrow rule")
    gallery.press("q")
    assert gallery.wait_exit() == 0
    assert gallery.attributes_now == gallery.attributes_before
    assert {25} <= gallery.modes
    assert not gallery.modes & {1049, 1000, 1003, 2004}


COLOUR = re.compile(rb"\x1b\[(?:[0-9;:]*;)?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])[;:m]")


@pytest.mark.parametrize(
    ("term", "more", "wanted", "unwanted"),
    [
        ("xterm-256color", {}, rb"\x1b\[[0-9;]*38;5;", rb"38;2;"),
        ("xterm-256color", {"COLORTERM": "truecolor"}, rb"38;5;", rb"\x00"),
        ("xterm", {}, rb"\x1b\[(?:[0-9;]*;)?(?:3[0-7]|9[0-7])[;m]", rb"38;[25];"),
    ],
)
def test_colours_are_those_of_the_terminal(tmp_path: Path, term: str, more: dict[str, str], wanted: bytes, unwanted: bytes) -> None:
    with Terminal(GALLERY, env=environment(tmp_path, **more), cwd=ROOT, term=term) as terminal:
        terminal.wait_for("row   6")
        terminal.settle()
        assert re.search(wanted, bytes(terminal.raw))
        assert not re.search(unwanted, bytes(terminal.raw))


def test_no_color_sends_attributes_only(tmp_path: Path) -> None:
    with Terminal(GALLERY, env=environment(tmp_path, NO_COLOR="1"), cwd=ROOT) as terminal:
        terminal.wait_for("row   6")
        terminal.press("down")
        terminal.settle()
        assert not COLOUR.search(bytes(terminal.raw)), COLOUR.search(bytes(terminal.raw))
        assert b"\x1b[7m" in terminal.raw or b";7" in terminal.raw


def test_a_terminal_without_utf8_gets_ascii(tmp_path: Path) -> None:
    env = environment(tmp_path, LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    with Terminal(GALLERY, env=env, cwd=ROOT) as terminal:
        terminal.wait_for("row   6")
        terminal.settle()
        assert terminal.raw.isascii()
        assert "- services -" in terminal.text
        assert "\\u" not in terminal.text


def test_the_harness_ends_what_it_started() -> None:
    with Terminal(["sh", "-c", "stty -echo raw; echo ready; sleep 1000"]) as terminal:
        terminal.wait_for("ready")
        family = terminal.family()
        assert len(family) >= 2
        assert terminal.attributes_now != terminal.attributes_before
        terminal.signal(signal.SIGTSTP)
    assert terminal.process.poll() is not None


@pytest.mark.parametrize("sequence", [b"\x1b[38;5;203m", b"\x1b]52;c;aGk=\x07", b"\x1bPtmux;x\x1b\\", b"\x1b[?2026$p", b"\x1b(B", b"\x1bM"])
def test_an_unfinished_sequence_waits_for_its_rest(sequence: bytes) -> None:
    for cut in range(1, len(sequence)):
        done, rest = split_complete(b"text" + sequence[:cut])
        assert (done, rest) == (b"text", sequence[:cut])
    assert split_complete(b"text" + sequence) == (b"text" + sequence, b"")
