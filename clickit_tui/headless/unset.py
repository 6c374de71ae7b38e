"""A machine that is not set up for AWS: said in one sentence, in place of a page of what could not be read."""

from __future__ import annotations

import sys

from clickit_tui.session import Session
from clickit_tui.world.setup import missing, told


def unset(session: Session) -> bool:
    """Say what is missing on standard error; False when nothing is."""
    faults = missing(session.store.world)
    if faults:
        sys.stderr.write(f"clickit-tui: {told(faults, session.config.env)}\n")
    return bool(faults)
