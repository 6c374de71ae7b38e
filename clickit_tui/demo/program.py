"""Images in ECR and how the program inside one behaves; incidents change this, symptoms follow."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Behaviour:
    """How a program behaves; the defaults are a program without a fault."""

    error_rate: float = 0.0002
    """Share of requests answered with 500."""
    error_says: str = "unhandled exception"
    slow: float = 1.0
    """Factor on the time per request."""
    slow_path: str = ""
    """The one path that takes `slow_path_ms` more; one of voice.API_PATHS."""
    slow_path_ms: float = 0.0
    cost: float = 1.0
    """Factor on the CPU per request."""
    memory_mib: float = 0.0
    """Added to what the task uses."""
    leak_mib_per_min: float = 0.0
    leak_connections_per_min: float = 0.0
    """Connections to the database that are never given back."""
    crash_after_s: float | None = None
    exit_code: int = 1
    last_words: tuple[str, ...] = (
        "Traceback (most recent call last):",
        '  File "/app/clickit/main.py", line 41, in <module>',
        "RuntimeError: worker died",
    )
    """Lines that it writes when it ends by itself."""
    health_status: int = 200
    health_path: str = ""
    """Where the program answers health checks, when that differs from the usual path."""
    health_ms: float = 5.0
    check_fails_after_s: float | None = None
    """Age from which the container's own health check fails, when the task definition has one."""
    ignores_sigterm: bool = False
    lost_lines: float = 0.0
    """Share of its log lines that the non-blocking log driver drops."""
    mutters: tuple[str, ...] = ()
    """Lines that look bad and are not, written now and then."""
    locks: float = 0.0
    """Share of the api's requests that wait for table locks while it runs."""


@dataclass
class Image:
    """An image in ECR."""

    repository: str
    digest: str
    tags: list[str]
    pushed_at: float
    size: int
    platform: str = "linux/amd64"
    pulled_at: float | None = None
    findings: dict[str, int] | None = None
    """Severity -> count; None before a scan."""
    scanned_at: float | None = None
    behaviour: Behaviour = field(default_factory=Behaviour)
