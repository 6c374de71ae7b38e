"""Sub-commands and options."""

from __future__ import annotations


def main() -> int:
    """Run the command line; returns the exit code."""
    return 0
