from __future__ import annotations

import base64
import stat
from pathlib import Path

import pytest

from clickit_tui.ui.clipboard import SCREEN_MOST, copy, last_copy, route, through_screen


class Screen:
    """The one method of an app that is used."""

    def __init__(self) -> None:
        self.got: list[str] = []

    def copy_to_clipboard(self, text: str) -> None:
        self.got.append(text)


@pytest.mark.parametrize(
    ("environ", "text", "kind"),
    [
        ({"TERM": "xterm-256color"}, "x", "terminal"),
        ({"TERM": "screen-256color", "TMUX": "/tmp/tmux-0/default,1,0"}, "x", "tmux"),
        ({"TERM": "xterm-256color"}, "x" * 60_000, "file"),
        ({"TERM": "dumb"}, "x", "file"),
        ({"TERM": "linux"}, "x", "file"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, "x", "file"),
        ({}, "x", "file"),
    ],
)
def test_the_way_depends_on_the_terminal(environ: dict[str, str], text: str, kind: str) -> None:
    assert route(text, environ).kind == kind


async def test_a_file_in_the_home_is_named_shortly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    said = await copy(Screen(), "x", {"TERM": "xterm", "XDG_STATE_HOME": str(tmp_path / "state")})  # type: ignore[arg-type]
    assert said == "sent to terminal; also in ~/state/clickit-tui/last-copy.txt"


async def test_a_copy_says_sent_and_keeps_a_file_for_its_owner_only(tmp_path: Path) -> None:
    screen, environ = Screen(), {"TERM": "xterm", "XDG_STATE_HOME": str(tmp_path)}
    said = await copy(screen, "aws ecs …", environ)  # type: ignore[arg-type]
    path = last_copy(environ)
    assert said == f"sent to terminal; also in {path}"
    assert "copied" not in said
    assert screen.got == ["aws ecs …"]
    assert path.read_text() == "aws ecs …"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(("status", "expected"), [(0, "sent to tmux buffer"), (1, "tmux did not take it; sent to terminal")])
async def test_inside_tmux_its_buffer_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, expected: str) -> None:
    tmux = tmp_path / "tmux"
    tmux.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/argv\ncat > {tmp_path}/buffer\nexit {status}\n')
    tmux.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    screen = Screen()
    said = await copy(screen, "text", {"TMUX": "x", "XDG_STATE_HOME": str(tmp_path / "state")})  # type: ignore[arg-type]
    assert said.startswith(expected)
    assert (tmp_path / "buffer").read_text() == "text"
    assert "text" not in (tmp_path / "argv").read_text()
    assert screen.got == ([] if status == 0 else ["text"])


async def test_without_tmux_on_the_path_the_terminal_gets_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    screen = Screen()
    assert (await copy(screen, "t", {"TMUX": "x", "XDG_STATE_HOME": str(tmp_path)})).startswith("tmux did not take it")  # type: ignore[arg-type]
    assert screen.got == ["t"]


async def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "clickit-tui").write_text("a file where the folder should be")
    screen = Screen()
    said = await copy(screen, "t", {"TERM": "dumb", "XDG_STATE_HOME": str(tmp_path)})  # type: ignore[arg-type]
    assert said.startswith("could not be sent: ")
    assert screen.got == []


@pytest.mark.parametrize("text", ["", "aws ecs …", "x" * 40_000])
def test_screen_is_given_pieces_that_it_passes_on(text: str) -> None:
    pieces = through_screen(text).split("\x1b\\")
    assert pieces.pop() == ""
    assert all(piece.startswith("\x1bP") and len(piece) <= SCREEN_MOST + 2 for piece in pieces)
    whole = "".join(piece[2:] for piece in pieces)
    assert whole.startswith("\x1b]52;c;")
    assert whole.endswith("\x07")
    assert base64.b64decode(whole[7:-1]).decode() == text
