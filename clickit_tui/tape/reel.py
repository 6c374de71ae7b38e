"""The clock of a replay: it runs at a speed, stands still, and can be put anywhere within the recording."""

from __future__ import annotations

from collections.abc import Callable

from clickit_tui.world.playing import Playing

SPEEDS = (1, 2, 4, 8, 30, 120)


class Reel:
    """`clock` is a clock that goes on by itself, in seconds; `now` is the recording's, epoch seconds."""

    def __init__(self, began_at: float, ended_at: float, clock: Callable[[], float]) -> None:
        self._began_at, self._ended_at, self._clock = began_at, max(began_at, ended_at), clock
        self._at, self._since = began_at, clock()
        self._speed, self._paused = SPEEDS[0], False

    def begin(self) -> None:
        """Run from here on; what passed before does not count."""
        self._since = self._clock()

    def now(self) -> float:
        """The moment that is shown."""
        moved = 0.0 if self._paused else (self._clock() - self._since) * self._speed
        return min(self._ended_at, self._at + max(0.0, moved))

    def playing(self) -> Playing:
        """How it stands."""
        return Playing(at=self.now(), began_at=self._began_at, ended_at=self._ended_at, speed=self._speed, paused=self._paused)

    def pause(self) -> None:
        """Stand still, or go on."""
        self._stay()
        self._paused = not self._paused

    def faster(self, by: int) -> None:
        """The next speed, or with -1 the one before."""
        self._stay()
        at = SPEEDS.index(self._speed) + by
        self._speed = SPEEDS[max(0, min(at, len(SPEEDS) - 1))]

    def seek(self, at: float) -> None:
        """Go to a moment, or to the nearest one of the recording."""
        self._at, self._since = max(self._began_at, min(at, self._ended_at)), self._clock()

    def _stay(self) -> None:
        self._at, self._since = self.now(), self._clock()
