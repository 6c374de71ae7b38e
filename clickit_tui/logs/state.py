"""How the tail stands, in one word and one number, so that it can always be shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Literal

import msgspec

from clickit_tui.logs.reader import Reader
from clickit_tui.world.seen import Fault, Trouble

BEHIND_S = 30.0
STALE_S = 15.0
DROPPED_SHOWN_S = 60.0


class Standing(StrEnum):
    LOADING = "LOADING"
    """Nothing was answered yet."""
    LIVE = "LIVE"
    BEHIND = "BEHIND"
    """The newest lines are shown, but not all lines of the last n seconds."""
    PAUSED = "PAUSED"
    """The view stands still; n lines came since."""
    BACKFILLING = "BACKFILLING"
    """Reading what was written before the start or while there was no connection."""
    DROPPED = "DROPPED"
    """n lines came and found no room, or could not be read."""
    THROTTLED = "THROTTLED"
    STALE = "STALE"
    """No answer for n seconds."""
    DENIED = "DENIED"


_UNITS = {Standing.BEHIND: " s", Standing.STALE: " s", Standing.BACKFILLING: " %"}


class TailState(msgspec.Struct, frozen=True, kw_only=True):
    """One standing for the whole tail, and what is wrong with single groups."""

    standing: Standing
    n: int | None = None
    """Seconds, lines or percent read, as the standing says."""
    faults: Mapping[str, Fault] = {}
    """By part: why its group is not read at the moment."""

    def words(self) -> str:
        """`LIVE`, `LIVE, api not read`, `PAUSED +132`, `BEHIND 14 s`, `BACKFILLING 40 %`, `DROPPED 1,204`, `STALE 42 s`."""
        reads = self.standing not in (Standing.DENIED, Standing.STALE, Standing.THROTTLED, Standing.LOADING)
        return self._words() + (f", {' '.join(self.faults)} not read" if reads and self.faults else "")

    @property
    def look(self) -> Literal["plain", "warn", "fail"]:
        """How bad it is."""
        if self.standing in (Standing.DENIED, Standing.STALE, Standing.DROPPED):
            return "fail"
        return "warn" if self.faults or self.standing in (Standing.BEHIND, Standing.THROTTLED) else "plain"

    def troubles(self) -> tuple[str, ...]:
        """Why some groups are not read at the moment; parts with the same reason together."""
        parts: dict[str, list[str]] = {}
        for part, fault in self.faults.items():
            parts.setdefault(fault.sentence, []).append(part)
        return tuple(f"{' '.join(named)}: {sentence}" for sentence, named in parts.items())

    def _words(self) -> str:
        if self.n is None:
            return str(self.standing)
        if self.standing is Standing.PAUSED:
            return f"{self.standing} +{self.n:,}"
        return f"{self.standing} {self.n:,}{_UNITS.get(self.standing, '')}"


def state_of(readers: Sequence[Reader], now: float, begun: float, dropped: int, dropped_at: float, paused: int | None) -> TailState:
    """The worst that is true of the groups; a group that does not exist is said apart and holds up nothing."""
    faults = {reader.part: reader.fault for reader in readers if reader.fault is not None}
    standing, n = _worst(readers, now, begun)
    if standing in (Standing.LIVE, Standing.BEHIND) and dropped and now - dropped_at < DROPPED_SHOWN_S:
        standing, n = Standing.DROPPED, dropped
    if standing in (Standing.LIVE, Standing.BEHIND, Standing.DROPPED) and paused is not None:
        standing, n = Standing.PAUSED, paused
    return TailState(standing=standing, n=n, faults=faults)


def _worst(readers: Sequence[Reader], now: float, begun: float) -> tuple[Standing, int | None]:
    kinds = [reader.fault.kind if reader.fault else None for reader in readers]
    if readers and all(kind is Trouble.DENIED for kind in kinds):
        return Standing.DENIED, None
    if readers and all(kind in (Trouble.DENIED, Trouble.MISSING) for kind in kinds):
        return Standing.STALE, int(now - begun)
    alive = [r for r in readers if r.fault is None or r.fault.kind not in (Trouble.DENIED, Trouble.MISSING)]
    if any(r.fault is not None and r.fault.kind is Trouble.THROTTLED for r in alive):
        return Standing.THROTTLED, None
    silent = max((now - (begun if r.ok_at is None else r.ok_at) for r in alive), default=0.0)
    if any(r.fault is not None for r in alive) or silent > STALE_S + 5.0 * max((r.slow for r in alive), default=1.0):
        return Standing.STALE, int(silent)
    if all(r.ok_at is None for r in alive):
        return Standing.LOADING, None
    if filling := [r for r in alive if r.backfilling]:
        return Standing.BACKFILLING, min(99, int(100 * min(r.progress for r in filling)))
    lag = max((now - (r.read_to() or begun) for r in alive), default=0.0)
    if lag > BEHIND_S:
        return Standing.BEHIND, int(lag)
    return Standing.LIVE, None
