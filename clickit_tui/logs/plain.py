"""One log line as one line of text: for copies, files, bookmarks and commands without a screen."""

from __future__ import annotations

from datetime import UTC, datetime

from clickit_tui.logs.line import LogLine


def plain_line(line: LogLine) -> str:
    """One line as text: `2026-11-23T14:03:19.123Z api/8f3a21bc ERROR text`."""
    at = datetime.fromtimestamp(line.at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    source = f"{line.part}/{line.task}" if line.task else line.part
    return f"{at} {source} {line.level.upper() or '-'} {line.text}"
