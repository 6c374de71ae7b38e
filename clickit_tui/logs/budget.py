"""How many calls the tail may make: one bucket for the whole process, because the quota belongs to the account and region."""

from __future__ import annotations

from collections import deque

RATE = 1.5
"""Calls per second: 30 % of the smallest regional quota of FilterLogEvents, which is 5."""


class Budget:
    """A token bucket that is asked for the next slot; slots are given in the order of asking."""

    def __init__(self, rate: float = RATE, burst: float = 6.0) -> None:
        self.rate = rate
        self._slack_s = (burst - 1.0) / rate
        self._next = float("-inf")
        self._given: deque[float] = deque()

    def reserve(self, now: float) -> float:
        """Take the next slot; returns the seconds to wait for it."""
        at = max(now, self._next - self._slack_s)
        self._next = max(self._next, now) + 1.0 / self.rate
        self._given.append(at)
        while self._given and self._given[0] < now - 60.0:
            self._given.popleft()
        return at - now

    def penalise(self, now: float, seconds: float = 2.0) -> None:
        """Empty the bucket after a throttle, and keep it empty for some seconds: others share the quota."""
        self._next = max(self._next, now + self._slack_s + seconds)

    def calls_last_minute(self, now: float) -> int:
        """Slots given in the last 60 seconds."""
        return sum(1 for at in self._given if now - 60.0 <= at <= now)
