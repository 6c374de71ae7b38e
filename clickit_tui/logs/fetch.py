"""What the tail engine asks and is given: the interface between the engine and whoever holds the logs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec


class Event(msgspec.Struct, frozen=True):
    """One log event as it was answered; the message is foreign and raw."""

    at_ms: int
    """When the writer says it happened, epoch milliseconds; may lie in the future."""
    message: str
    stream: str = ""
    id: str = ""
    """Event id; empty where the back end gives none."""
    ingested_ms: int | None = None
    """When the service took it in, by the service's clock."""


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """One request for one page."""

    group: str
    start_ms: int
    """Inclusive."""
    end_ms: int | None = None
    """Exclusive; None leaves the window open, so that lines with a stamp in the future are answered too."""
    token: str = ""
    pattern: str = ""
    streams: tuple[str, ...] = ()
    """Only these streams; empty means all, new ones included."""
    limit: int = 10_000


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One answer: may be empty and still carry a token."""

    events: tuple[Event, ...] = ()
    token: str = ""
    unreadable: int = 0
    """Events of the answer that carry neither a time nor a message."""


Fetch = Callable[[Ask], Awaitable[Page]]
"""Reads one page; raises `world.seen.Failed` and nothing else."""
