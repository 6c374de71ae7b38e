"""Slows the polling down when nobody is there and nothing is wrong, and wakes it at the first key or the first trouble."""

from __future__ import annotations

from collections.abc import Iterable

from clickit_tui.checks.registry import Verdict
from clickit_tui.checks.strip import PartVerdict
from clickit_tui.panes.core import Core
from clickit_tui.world.world import World

AFTER_S = 1800.0
"""Without a key for so long."""


def may_rest(world: World, strip: Iterable[PartVerdict], untouched_s: float) -> bool:
    """Whether polling may slow down: no key for half an hour, every verdict PASS (or no such part), nothing followed, no incident."""
    parts = tuple(strip)
    well = bool(parts) and all(part.verdict in (Verdict.PASS, Verdict.NONE) for part in parts)
    busy = any(follow.open for follow in world.follows) or any(incident.open for incident in world.incidents)
    return untouched_s >= AFTER_S and well and not busy


class Resting:
    """Remembers the last key."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._touched_at: float | None = None
        self.slow = False

    def touched(self) -> None:
        """A key was pressed: everything is polled as ever again, at once."""
        self._touched_at = self._core.facts().now
        self._set(False)

    def look(self, world: World, strip: Iterable[PartVerdict]) -> bool:
        """Slow down or wake, as things stand; returns whether it is slow now."""
        now = self._core.facts().now
        if self._touched_at is None:
            self._touched_at = now
        self._set(may_rest(world, strip, now - self._touched_at))
        return self.slow

    def _set(self, slow: bool) -> None:
        if slow != self.slow:
            self.slow = slow
            self._core.rest(slow)
