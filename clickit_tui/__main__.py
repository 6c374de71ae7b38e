"""`python -m clickit_tui`."""

from __future__ import annotations

import sys

from clickit_tui.cli import main

if __name__ == "__main__":
    sys.exit(main())
