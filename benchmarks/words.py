"""What the measured apps and their baselines show alike."""

from __future__ import annotations

from functools import cache


def log_text(i: int) -> str:
    """The i-th log line: as long as ClickIt's usually are, and no two alike."""
    return f"request method=GET path=/api/v1/links/{i} status=200 request_id={i * 2654435761 % 2**32:08x} duration_ms={i % 97}"


@cache
def task_rows(tasks: int, services: int) -> tuple[tuple[str, ...], ...]:
    """Rows of a table of tasks."""
    return tuple(
        (f"{i:04x}013a", f"worker-{i % services:02d}", "RUNNING", "healthy", f"10.0.{i // 250}.{i % 250}", f"{i}m") for i in range(tasks)
    )
