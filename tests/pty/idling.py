"""The product with a clock that runs 400 times as fast while the terminal is lent, so that a session without keys soon nears its end."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from textual.app import App

from clickit_tui import app
from clickit_tui.cli import main
from clickit_tui.ui import child

FASTER = 400.0


def hurried(of: App[int], *, touched: Callable[[], None]) -> child.Lent:
    """As the app makes it, on the fast clock."""
    return child.Lent(of, touched=touched, clock=lambda: time.monotonic() * FASTER)


if __name__ == "__main__":
    child.TITLE_EVERY_S = 0.1
    app.Lent = hurried  # type: ignore[misc,assignment]
    sys.exit(main())
