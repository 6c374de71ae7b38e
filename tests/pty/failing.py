"""The product with a defect that shows while the terminal is lent: as soon as the file named by CLICKIT_TEST_FAILS exists."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from clickit_tui import app
from clickit_tui.cli import main


class Failing(app.Dashboard):
    """Fails at its next painting under a session."""

    CSS_PATH = str(Path(app.__file__).with_name("app.tcss"))

    def _paint(self) -> None:
        if self.lent.busy and os.path.exists(os.environ["CLICKIT_TEST_FAILS"]):
            raise RuntimeError("provoked")
        super()._paint()


if __name__ == "__main__":
    app.Dashboard = Failing  # type: ignore[misc]
    sys.exit(main())
