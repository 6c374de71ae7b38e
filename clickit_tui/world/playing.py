"""Where a replay stands."""

from __future__ import annotations

import msgspec


class Playing(msgspec.Struct, frozen=True, kw_only=True):
    """A moment of a replay. Times are those of the recording, epoch seconds."""

    at: float
    began_at: float
    ended_at: float
    speed: int = 1
    """Seconds of the recording that pass in one second."""
    paused: bool = False

    @property
    def over(self) -> bool:
        """Whether the end is reached."""
        return self.at >= self.ended_at
