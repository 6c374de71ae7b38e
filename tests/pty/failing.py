"""The product with a defect that shows while the terminal is lent: as soon as the file named by CLICKIT_TEST_FAILS exists."""

from __future__ import annotations

import os
import sys

from clickit_tui.app import Dashboard
from clickit_tui.cli import main

_painted = Dashboard._paint


def _failing(self: Dashboard) -> None:
    """Fails at its next painting under a session."""
    if self.lent.busy and os.path.exists(os.environ["CLICKIT_TEST_FAILS"]):
        raise RuntimeError("provoked")
    _painted(self)


if __name__ == "__main__":
    Dashboard._paint = _failing  # type: ignore[method-assign]
    sys.exit(main())
