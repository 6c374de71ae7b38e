"""Handing text to the user's clipboard, as far as a terminal allows; nobody answers whether it arrived."""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from platformdirs import user_state_path
from textual.app import App

OSC52_MOST = 74_994
"""Base64 characters that terminals take in one OSC 52 sequence."""
SCREEN_MOST = 500
"""Characters of one string that GNU screen passes on; it takes 768 with what is around them."""
TMUX_S = 3.0
"""How long tmux may take."""


class Route(NamedTuple):
    """The way a text takes: to tmux, to the terminal, or to a file only."""

    kind: Literal["tmux", "terminal", "file"]
    said: str


def route(text: str, environ: Mapping[str, str]) -> Route:
    """tmux when inside it, else OSC 52 where the terminal can and the text is not too long, else a file."""
    if environ.get("TMUX"):
        return Route("tmux", "sent to tmux buffer")
    too_long = len(text.encode(errors="replace")) * 4 // 3 + 4 > OSC52_MOST
    if too_long or environ.get("TERM", "") in ("dumb", "linux", "") or environ.get("TERM_PROGRAM") == "Apple_Terminal":
        return Route("file", "sent to file")
    return Route("terminal", "sent to terminal")


def through_screen(text: str) -> str:
    """OSC 52 as GNU screen hands it to the terminal outside: in pieces that it takes, which the terminal puts together again."""
    whole = f"\x1b]52;c;{base64.b64encode(text.encode(errors='replace')).decode()}\x07"
    pieces = (whole[at : at + SCREEN_MOST] for at in range(0, len(whole), SCREEN_MOST))
    return "".join(f"\x1bP{piece}\x1b\\" for piece in pieces)


def last_copy(environ: Mapping[str, str]) -> Path:
    """The file that always gets the text too, readable by its owner only."""
    state = environ.get("XDG_STATE_HOME")
    return (Path(state) / "clickit-tui" if state else user_state_path("clickit-tui")) / "last-copy.txt"


def _keep(path: Path, text: str) -> str:
    """Write the file; an empty string, or why it could not be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _short(path: Path) -> str:
    """A path as a shell takes it, the home as `~`: what is copied has to stand beside it in one row."""
    home = os.path.expanduser("~")
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)


async def _to_tmux(text: str) -> bool:
    try:
        child = await asyncio.create_subprocess_exec(
            "tmux",
            "load-buffer",
            "-w",
            "-",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError:
        return False
    try:
        await asyncio.wait_for(child.communicate(text.encode(errors="replace")), TMUX_S)
    except TimeoutError:
        child.kill()
        await child.wait()
        return False
    return child.returncode == 0


async def copy(app: App[object], text: str, environ: Mapping[str, str] | None = None) -> str:
    """Send a text towards the clipboard; says where it went, e.g. `sent to tmux buffer; also in ~/.local/state/…`."""
    env = os.environ if environ is None else environ
    path = last_copy(env)
    way = route(text, env)
    if way.kind == "tmux" and not await _to_tmux(text):
        way = Route("terminal", "tmux did not take it; sent to terminal")
    if way.kind == "terminal":
        app.copy_to_clipboard(text)
    failure = await asyncio.to_thread(_keep, path, text)
    if way.kind == "file":
        return f"could not be sent: {failure}" if failure else f"sent to {_short(path)}"
    return f"{way.said}; no file: {failure}" if failure else f"{way.said}; also in {_short(path)}"
