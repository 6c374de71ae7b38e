"""`clickit-tui --env dev` on the SDK's variables, by a clock early in its minute: `python -m tests.pty.early STATE_DIR`."""

from __future__ import annotations

import sys
import time

from clickit_tui.app import run
from clickit_tui.config import Flags, load
from clickit_tui.session import Session

BEGIN_S = 12.0
"""Seconds of the minute at which the dashboard is started by its own clock."""


def early(now: float) -> float:
    """Seconds to take from the time so that it is early in its minute."""
    return (now - BEGIN_S) % 60.0


if __name__ == "__main__":
    behind_s = early(time.time())
    sys.exit(run(Session(load(Flags(env="dev"), state_dir=sys.argv[1]), clock=lambda: time.time() - behind_s)))
