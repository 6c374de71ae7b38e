"""How an app speaks to the terminal: colours, themes, the mouse only when it is wanted, and ASCII where nothing else can be shown."""

from __future__ import annotations

import os
from typing import Any

from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message
from textual.messages import InBandWindowResize

from clickit_tui.ui.clipboard import through_screen
from clickit_tui.ui.crash import QuietApp
from clickit_tui.ui.looks import THEME, THEMES, in_ascii, stream_ascii

_MOUSE = (1000, 1003, 1015, 1006)
"""Private modes: buttons, motion, and two ways to write coordinates beyond column 223."""
_PIXELS = 1016


class Wire(LinuxDriver):
    """Textual's driver; the mouse can be turned on and off while it runs, and every byte is ASCII where the terminal takes no other."""

    def __init__(self, app: QuietApp, *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None) -> None:
        super().__init__(app, debug=debug, mouse=False, size=size)
        self._ascii = stream_ascii()
        self._wanted = mouse
        self._pixels = False
        self._taken = False
        self._shell = app
        if isinstance(app, TerminalApp):
            app.wire = self

    def write(self, data: str) -> None:
        """Send to the terminal."""
        super().write(in_ascii(data) if self._ascii else data)

    @property
    def mouse(self) -> bool:
        """Whether the terminal reports the mouse."""
        return self._wanted

    def turn_mouse(self, on: bool) -> None:
        """Have the terminal report the mouse, or leave it to the terminal's own selecting."""
        self._wanted = on
        self._report("h" if on else "l")

    def start_application_mode(self) -> None:
        """Take the terminal; the mouse only when it is on.

        A process that was stopped by SIGSTOP continues with the terminal taken: it is given back first, or its own state would be kept
        as the one to restore, and two threads would read the keys.
        """
        again = self._taken
        if again:
            self.suspend_application_mode()
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self._taken = True
        if again:
            self._shell.post_message(self.SignalResume())
        if self._wanted:
            self._report("h")

    def stop_application_mode(self) -> None:
        """Give the terminal back, the mouse first."""
        self._taken = False
        if self._wanted:
            self._report("l")
        super().stop_application_mode()

    def process_message(self, message: Message) -> None:
        """A terminal that tells its size by itself has its mouse counted in pixels: Textual then reads coordinates so."""
        if isinstance(message, InBandWindowResize) and message.supported:
            self._pixels = True
            if self._wanted:
                self._report("h")
        super().process_message(message)

    def _report(self, switch: str) -> None:
        modes = (*_MOUSE, *((_PIXELS,) if self._pixels else ()))
        self.write("".join(f"\x1b[?{mode}{switch}" for mode in modes))
        self.flush()


class TerminalApp(QuietApp):
    """An app on the user's terminal: its own ground and colours, no animation, and no mouse until it is turned on."""

    wire: Wire | None = None
    """What writes to the terminal; None without one, as in tests."""

    def __init__(self, theme: str = THEME.name) -> None:
        if os.environ.get("NO_COLOR") == "":  # Textual takes it for set; it asks for nothing without a value
            del os.environ["NO_COLOR"]
        super().__init__(ansi_color=True, driver_class=Wire)
        self.animation_level = "none"
        for each in THEMES:
            self.register_theme(each)
        self.theme = theme

    def copy_to_clipboard(self, text: str) -> None:
        """Send a text to the terminal's clipboard by OSC 52, through GNU screen when inside it."""
        if self.wire is not None and os.environ.get("STY"):
            self.wire.write(through_screen(text))
        else:
            super().copy_to_clipboard(text)


def turn_mouse(app: App[Any], live_key: str) -> str:
    """Turn the mouse on, or off again; says what it does now. `live_key` is the key that turns it."""
    wire = app.wire if isinstance(app, TerminalApp) else None
    if wire is None:
        return "mouse: there is no terminal here that has one"
    wire.turn_mouse(not wire.mouse)
    if wire.mouse:
        return f"mouse on ({live_key}: off): click and wheel; hold shift to select text"
    return f"mouse off ({live_key}: on): the terminal selects text as ever"
