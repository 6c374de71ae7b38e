"""What becomes of the dashboard on poorer terminals, inside tmux and screen, and with the mouse."""

from __future__ import annotations

import base64
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from clickit_tui.screens.places import PLACES
from tests.pty.harness import Terminal
from tests.pty.test_app import assert_sane, painted, stirred
from tests.pty.test_widgets import ROOT, environment

pytestmark = pytest.mark.xdist_group("pty ladder")

MOUSE = {1000, 1003, 1006}
DASHBOARD = [sys.executable, "-m", "tests.pty.stirred", "incident"]


def on_screen(terminal: Terminal, key: str, name: str) -> None:
    """Until the key row marks the screen as the one that is shown, and nothing more comes."""
    terminal.press(key)
    terminal.wait_for(rf"{key}[·.](?: {name})?\s")
    terminal.settle(0.2)


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    """The dashboard on a terminal that can do everything."""
    with stirred(tmp_path_factory.mktemp("state"), COLORTERM="truecolor") as terminal:
        painted(terminal)
        yield terminal


def test_a_linux_console_without_utf8_gets_ascii_on_every_screen_whatever_aws_says(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "tests.pty.stirred", "hostile", str(tmp_path)]
    with Terminal(argv, env=environment(tmp_path, LC_ALL="C"), cwd=ROOT, term="linux") as terminal:
        terminal.wait_for("- services .*- logs ")
        for place in PLACES[1:]:
            on_screen(terminal, place.key, place.name)
        on_screen(terminal, "1", "Triage")
        for key, shown in (("?", r"\+ help "), (":", r"\+ everything by name ")):
            terminal.press(key)
            terminal.wait_for(shown)
            terminal.press("escape")
            terminal.wait_gone(shown)
        assert terminal.raw.isascii()
        assert "\\u2" not in terminal.text


def test_the_mouse_is_off_until_its_key_turns_it_on(rich: Terminal) -> None:
    assert not rich.modes & MOUSE
    rich.press("M")
    rich.wait_for(r"mouse on \(M: off\)")
    rich.wait_until(lambda: rich.modes >= MOUSE, what="the mouse")
    row = next(y for y, line in enumerate(rich.lines()) if re.match(r"▸ frontend", line))
    os.write(rich.master, f"\x1b[<0;9;{row + 1}M\x1b[<0;9;{row + 1}m".encode())
    rich.wait_for(r"S scale frontend")
    rich.press("M")
    rich.wait_for(r"mouse off \(M: on\)")
    rich.wait_until(lambda: not rich.modes & MOUSE, what="the end of the mouse")


def test_a_mouse_that_is_on_is_given_back_with_the_terminal_and_taken_again(rich: Terminal) -> None:
    rich.press("M")
    rich.wait_until(lambda: rich.modes >= MOUSE, what="the mouse")
    rich.press("ctrl+z")
    rich.wait_until(rich.stopped, what="the stop")
    rich.settle(0.2)
    assert_sane(rich)
    rich.signal(signal.SIGCONT)
    rich.wait_until(lambda: rich.modes >= MOUSE, what="the mouse after fg")
    rich.press("M")
    rich.wait_until(lambda: not rich.modes & MOUSE, what="the end of the mouse")


def inks(terminal: Terminal) -> set[str]:
    """Every colour on the screen: by name one of the sixteen, else six hexadecimal digits."""
    cells = [terminal.cell(x, y) for y in range(terminal.rows) for x in range(terminal.cols)]
    return {colour for cell in cells for colour in (cell.fg, cell.bg)}


def test_a_theme_from_the_palette_paints_every_line_anew(rich: Terminal) -> None:
    assert "ff5f5f" in inks(rich)
    rich.press(":")
    rich.wait_for("everything by name")
    rich.type("theme ansi")
    rich.wait_for("> theme ansi")
    rich.press("enter")
    rich.wait_for(r'theme = "ansi"')
    rich.wait_until(lambda: not any(re.fullmatch("[0-9a-f]{6}", ink) for ink in inks(rich)), what="the sixteen colours")
    assert "brightred" in inks(rich)


def test_a_copy_goes_to_the_terminal_and_claims_no_more(rich: Terminal) -> None:
    rich.press("g", "y")
    rich.wait_for("sent to terminal; also in")
    assert "copied" not in rich.text
    assert rich.raw.count(b"\x1b]52;c;") == 1


def test_where_the_terminal_counts_in_pixels_a_click_still_meets_its_row(rich: Terminal) -> None:
    """The last one on this terminal: it tells its size by itself from now on."""
    rich.press("g")
    rich.wait_for("S scale api")
    os.write(rich.master, b"\x1b[?2048;2$y\x1b[48;24;80;480;800t")
    rich.press("M")
    rich.wait_until(lambda: rich.modes >= {*MOUSE, 1016}, what="the mouse in pixels")
    row = next(y for y, line in enumerate(rich.lines()) if re.match(r"▸ frontend", line))
    os.write(rich.master, f"\x1b[<0;85;{20 * row + 10}M\x1b[<0;85;{20 * row + 10}m".encode())
    rich.wait_for("S scale frontend")
    rich.press("q")
    assert rich.wait_exit() == 0
    assert_sane(rich)


# -- inside another terminal's window ------------------------------------------------------------------------------


def missing(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed")


@missing("tmux")
def test_inside_tmux_it_draws_resizes_and_copies_into_the_buffer(tmp_path: Path) -> None:
    tmux = ["tmux", "-L", f"clickit-{os.getpid()}", "-f", os.devnull]
    with Terminal([*tmux, "new-session", *DASHBOARD, str(tmp_path)], env=environment(tmp_path), cwd=ROOT) as terminal:
        try:
            terminal.wait_for("─ services .*S scale api")
            terminal.resize(200, 60)
            terminal.wait_for("─ alarms and changes .*M mouse")
            terminal.resize(20, 5)
            terminal.wait_for("PROD")
            terminal.resize(80, 24)
            terminal.wait_for("─ services .*─ logs .*S scale api")
            terminal.press("y")
            terminal.wait_for("sent to tmux buffer")
            kept = subprocess.run([*tmux, "show-buffer"], capture_output=True, text=True, check=True).stdout
            assert kept == "clickit-prod-api"
            terminal.press("q")
            assert terminal.wait_exit() == 0
            assert_sane(terminal)
        finally:
            subprocess.run([*tmux, "kill-server"], capture_output=True, check=False)


@pytest.mark.long
@missing("screen")
def test_inside_screen_it_draws_resizes_and_copies_through_to_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "sockets").mkdir(mode=0o700)
    env = environment(tmp_path, SCREENDIR=str(tmp_path / "sockets"))
    argv = ["screen", "-U", "-c", os.devnull, "-S", "clickit", *DASHBOARD, str(tmp_path)]
    with Terminal(argv, env=env, cwd=ROOT) as terminal:
        terminal.wait_for("─ services .*S scale api")
        terminal.resize(200, 60)
        terminal.wait_for("─ alarms and changes .*M mouse")
        terminal.resize(80, 24)
        terminal.wait_for("─ services .*─ logs .*S scale api")
        terminal.press("y")
        terminal.wait_for("sent to terminal; also in")
        wanted = b"\x1b]52;c;" + base64.b64encode(b"clickit-prod-api") + b"\x07"
        terminal.wait_until(lambda: wanted in terminal.raw, what="the copy")
        terminal.press("q")
        assert terminal.wait_exit() == 0
        assert not terminal.modes & {1049, *MOUSE}
