"""Sums over large windows with CloudWatch Logs Insights: the queries, what they would cost, and what they answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

DOLLARS_PER_GB = 0.005
"""AWS's price of us-east-1 per GB scanned; other regions cost up to about a half more."""
GB = 1e9


class Sum(msgspec.Struct, frozen=True, kw_only=True):
    """One query that can be asked for by name."""

    id: str
    title: str
    query: str


_ERROR = "@message like /(?i)error|fatal|critical|exception|traceback/"
SUMS: tuple[Sum, ...] = (
    Sum(
        id="errors",
        title="errors per minute",
        query=f"filter {_ERROR} | stats count(*) as errors by bin(1m) as minute | sort minute desc | limit 1000",
    ),
    Sum(
        id="messages",
        title="top messages",
        query="fields coalesce(message, msg, @message) as said | stats count(*) as lines by said | sort lines desc | limit 100",
    ),
    Sum(
        id="top errors",
        title="top error messages",
        query=(
            f"filter {_ERROR} | fields coalesce(message, msg, @message) as said"
            " | stats count(*) as lines by said | sort lines desc | limit 100"
        ),
    ),
    Sum(
        id="slowest",
        title="slowest requests",
        query=(
            "fields @timestamp, method, path, status, coalesce(duration_ms, ms, durationMs, responseTime) as took_ms"
            " | filter ispresent(took_ms) | sort took_ms desc | limit 100"
        ),
    ),
)


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """How much a query over a window would scan."""

    scanned: float | None = None
    """Bytes; None when nothing tells."""
    basis: str = ""
    """What the estimate rests on, or why there is none."""

    @property
    def dollars(self) -> float | None:
        """At the price of us-east-1; None when the bytes are not known."""
        return None if self.scanned is None else self.scanned / GB * DOLLARS_PER_GB

    def words(self) -> str:
        """`about 1.2 GB, $0.006`, or that the price is not known."""
        if self.scanned is None or self.dollars is None:
            return f"price not known: {self.basis}"
        return f"about {size(self.scanned)}, {money(self.dollars)} ({self.basis})"


def size(scanned: float) -> str:
    """Bytes in a fitting unit of powers of 1,000, as AWS bills."""
    for unit, factor in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if scanned >= factor:
            return f"{scanned / factor:.3g} {unit}"
    return f"{scanned:.0f} B"


def money(dollars: float) -> str:
    """`$0.006`; `under $0.001` below that."""
    return "under $0.001" if dollars < 0.001 else f"${dollars:.3f}" if dollars < 1 else f"${dollars:.2f}"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a query has answered so far."""

    status: str
    """Scheduled, Running, Complete, Failed, Cancelled, Timeout, or Unknown."""
    names: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    """Values in the order of `names`; empty where a row lacks one."""
    scanned: float | None = None
    """Bytes."""

    @property
    def running(self) -> bool:
        return self.status in ("Scheduled", "Running", "Unknown")


class Insights(Protocol):
    """What asks; every method raises `world.seen.Failed`."""

    async def estimate(self, groups: Sequence[str], start: float, end: float) -> Estimate: ...

    async def ask(self, query: str, groups: Sequence[str], start: float, end: float, told: Callable[[Answer], None]) -> Answer:
        """Ask and wait for the answer; `told` gets every state on the way. Cancelled, it stops the query."""
        ...
