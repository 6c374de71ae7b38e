"""One loop per source: interval, jitter, back-off, sleep when nobody reads it, refresh now."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import msgspec

from clickit_tui.world.seen import Fault
from clickit_tui.world.world import World

Fetch = Callable[[World], Awaitable[Mapping[str, object | Fault]]]


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Where some fields of the World come from."""

    name: str
    feeds: frozenset[str]
    """World fields its fetch returns; each field belongs to exactly one source."""
    every_s: float
    fetch: Fetch
    """Returns a value, or a Fault, for each field it feeds; raises `Failed` when all of them failed."""
    needs: frozenset[str] = frozenset()
    """World fields that must have been tried (a value or a fault) before the first fetch; the fetch itself says what is missing."""
