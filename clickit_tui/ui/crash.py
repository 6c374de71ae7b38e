"""An app that fails quietly: one sentence on the terminal, the places in a file, never the values of variables."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from rich.text import Text
from textual.app import App


def report(error: BaseException, mask: Callable[[str], str]) -> str:
    """Where and what: file, line and function of each frame, the error's type, its message masked. No source lines, no locals."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"  {Path(frame.filename).name}:{frame.lineno} in {frame.name}" for frame in frames]
    return "\n".join([*places, f"{type(error).__name__}: {mask(str(error))[:500]}"])


def keep(text: str, folder: Path) -> str:
    """Write the report into `crash.txt` of the folder, readable by its owner only; an empty string when that fails."""
    path = folder / "crash.txt"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text + "\n")
    except OSError:
        return ""
    return str(path)


class QuietApp(App[int]):
    """Textual prints an unhandled error with every local variable; this app says one sentence and where the report is."""

    crash_folder: Path = Path()

    def mask(self, text: str) -> str:
        """What makes a message fit to be kept; the app gives its own."""
        return text

    def _fatal_error(self) -> None:
        error = sys.exc_info()[1]
        text = report(error, self.mask) if error is not None else "no error is known"
        kept = keep(text, self.crash_folder)
        last = text.splitlines()[-1]
        self.panic(Text(f"clickit-tui failed and left the terminal as it was: {last}\n{f'report: {kept}' if kept else text}"))
