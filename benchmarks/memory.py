"""Memory after eight hours of store, checks and tail on a stepped clock, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

from benchmarks.driving import ROOT, environment
from benchmarks.row import Row


def rows() -> Iterator[Row]:
    """Resident memory at the end, against the end of the first hour."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.hours"], cwd=ROOT, env=environment(), check=True, stdout=subprocess.PIPE, text=True
    )
    found = json.loads(done.stdout)
    yield Row(
        f"memory after {found['hours']} stepped hours", found["mib"][-1], "MiB", found["mib"][0], "after one hour", most=150, most_ratio=1.1
    )
