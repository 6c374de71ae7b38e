"""Where the new value of a secret comes from: typed twice, generated, or read from a file descriptor. It lives in one `Hidden` only."""

from __future__ import annotations

import asyncio
import os
import secrets
import string
from collections.abc import Callable

from textual.app import App

from clickit_tui.config import Config
from clickit_tui.plan import Hidden
from clickit_tui.ui.picker import Choice, Picker
from clickit_tui.ui.prompt import Prompt
from clickit_tui.ui.sealed import Sealed

ALPHABETS = {
    "letters": ("letters and digits", string.ascii_letters + string.digits),
    "hex": ("hexadecimal digits", "0123456789abcdef"),
    "url": ("letters, digits, - and _ (safe in URLs)", string.ascii_letters + string.digits + "-_"),
    "marks": ("letters, digits and punctuation without quotes", string.ascii_letters + string.digits + "!#$%&()*+,-./:;<=>?@[]^_{|}~"),
}
LENGTH, SHORTEST, LONGEST = 48, 16, 1024
MOST_BYTES = 65_536
"""A secret of Secrets Manager is at most this long."""

Ready = Callable[[Hidden, str], None]
"""(value, where it came from)."""


def generated(length: int, alphabet: str, choose: Callable[[str], str] = secrets.choice) -> Hidden:
    """A random value; nobody sees it."""
    return Hidden("".join(choose(alphabet) for _ in range(length)))


def read_all(descriptor: int, expected: tuple[int, int] | None = None) -> Hidden | str:
    """What stands in a file descriptor, without its last line end, or why it cannot be used; the descriptor is closed. Blocking.

    With `expected`, device and number of a file, nothing is read of any other, which belongs to this program.
    """
    held = bytearray()
    try:
        there = os.fstat(descriptor)
        if expected not in (None, (there.st_dev, there.st_ino)):
            return f"file descriptor {descriptor} was read already: it can be read once"
        with os.fdopen(descriptor, "rb", closefd=True) as file:
            held.extend(file.read(MOST_BYTES + 1))
        if len(held) > MOST_BYTES:
            return "more than a secret can hold"
        text = held.decode().removesuffix("\n").removesuffix("\r")
        return Hidden(text) if text else "it is empty"
    except OSError as error:
        return f"file descriptor {descriptor}: {error.strerror or 'cannot be read'}"
    except UnicodeDecodeError:
        return "it is not UTF-8 text"
    finally:
        held[:] = b"\0" * len(held)


class Asked:
    """One question for a value: how, then the value; `ready` gets it, `say` what went wrong."""

    def __init__(self, app: App[object], title: str, badge: str, config: Config, ready: Ready, say: Callable[[str], None]) -> None:
        self._app, self._title, self._badge = app, title, badge
        self._descriptor, self._file, self._ready, self._say = config.secret_fd, config.secret_file, ready, say

    def open(self) -> None:
        """Ask how."""
        closed = "" if self._descriptor is not None else "start with --secret-fd N, e.g. --secret-fd 3 3< <(pass show x)"
        number = "N" if self._descriptor is None else str(self._descriptor)
        rows = [
            Choice(id="type", text="type it, twice; it is not shown"),
            *(Choice(id=f"make:{key}", text=f"generate: {name}") for key, (name, _) in ALPHABETS.items()),
            Choice(id="read", text=f"read file descriptor {number}", reason=closed),
        ]
        self._app.push_screen(Picker(f"{self._title}: new value", rows, badge=self._badge), self._chosen)

    def _chosen(self, id: str | None) -> None:
        kind, _, rest = (id or "").partition(":")
        if kind == "type":
            self._app.push_screen(Sealed(self._title, self._badge, self._typed))
        elif kind == "make":
            prompt = Prompt("length ", str(LENGTH), changed=wrong_length, hint=f"{SHORTEST} to {LONGEST}; enter go on  esc leave")
            self._app.push_screen(prompt, lambda text: self._made(text, rest))
        elif kind == "read":
            if self._descriptor is None:
                self._say("no file descriptor was given: start with --secret-fd N")
            else:
                self._app.run_worker(self._read(self._descriptor), exit_on_error=False)

    def _typed(self, characters: list[str]) -> None:
        value = Hidden("".join(characters))
        self._app.call_later(self._ready, value, f"typed, {len(characters)} characters")

    def _made(self, text: str | None, key: str) -> None:
        if text is None:
            return
        if problem := wrong_length(text):
            self._say(problem)
            return
        name, alphabet = ALPHABETS[key]
        self._ready(generated(int(text), alphabet), f"generated, {int(text)} characters: {name}")

    async def _read(self, descriptor: int) -> None:
        found = await asyncio.to_thread(read_all, descriptor, self._file)
        if isinstance(found, str):
            self._say(found if found.startswith("file descriptor") else f"file descriptor {descriptor}: {found}")
        else:
            self._ready(found, f"read from file descriptor {descriptor}")


def wrong_length(text: str) -> str:
    """What is wrong with a typed length; empty when nothing is."""
    fits = text.strip().isascii() and text.strip().isdigit() and SHORTEST <= int(text[:6]) <= LONGEST
    return "" if fits else f"a number from {SHORTEST} to {LONGEST}"
