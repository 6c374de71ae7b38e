"""What `clickit-tui tail` says on stderr: groups that are not read, gaps, lines that came late or could not be read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from clickit_tui.headless.held import Leaving
from clickit_tui.logs.engine import Tail
from clickit_tui.logs.reader import Gap
from clickit_tui.world.seen import Trouble

FINAL = frozenset({Trouble.DENIED, Trouble.MISSING, Trouble.UNSERVED, Trouble.REFUSED, Trouble.INVALID})
"""Failures that waiting does not heal; what can be read is printed without that group."""
AGAIN_S = 60.0
"""A gap of the same group and cause is said again after this long."""


class Troubles:
    """Says each trouble of an engine when it begins and when it ends."""

    def __init__(self, engine: Tail, say: Callable[[str], None]) -> None:
        self._engine, self._say = engine, say
        self._faults: dict[str, tuple[Trouble, str]] = {}
        self._gaps: dict[tuple[str, str], tuple[int, float]] = {}
        self._unreadable: dict[str, int] = {}
        self.late = 0
        """Lines printed after newer ones."""

    def look(self, now: float, *, last: bool = False) -> None:
        """Say what has changed; at the end also the gaps that were kept back."""
        for part, reader in self._engine.readers.items():
            self._fault(part)
            for gap in reader.gaps:
                self._gap(gap, now, last)
            if reader.unreadable > self._unreadable.get(part, 0):
                self._unreadable[part] = reader.unreadable
                self._say(f"{part}: dropped {reader.unreadable:,} events of one answer that carry neither a time nor a message")

    def _fault(self, part: str) -> None:
        fault = self._engine.readers[part].fault
        now, before = (fault.kind, fault.sentence) if fault else None, self._faults.get(part)
        if now is not None and fault is not None and (before is None or before[0] is not now[0]):
            self._say(f"{part}: {fault.sentence}{f': {fault.fix}' if fault.fix else ''}")
            self._faults[part] = now
        elif now is None and before is not None:
            self._say(f"{part}: read again")
            del self._faults[part]

    def _gap(self, gap: Gap, now: float, last: bool) -> None:
        told_to, told_at = self._gaps.get((gap.part, gap.why), (0, float("-inf")))
        if gap.to_ms <= told_to or (now - told_at < AGAIN_S and not last):
            return
        self._gaps[gap.part, gap.why] = (gap.to_ms, now)
        self._say(f"{gap.part}: gap from {moment(gap.from_ms)} to {moment(gap.to_ms)}: {gap.why}")

    def printed(self, leaving: Sequence[Leaving], now: float) -> None:
        """Say which of some lines that were just printed are out of order."""
        late = [one.line for one in leaving if one.late]
        self.late += len(late)
        if late:
            oldest = min(late, key=lambda line: line.at_ms)
            said = "1 late line was" if len(late) == 1 else f"{len(late):,} late lines were"
            self._say(f"{said} printed after newer ones, the oldest of {moment(oldest.at_ms)}, {now - oldest.at_ms / 1000:,.0f} s ago")
        ahead = [one.line for one in leaving if one.ahead]
        if ahead:
            newest = max(ahead, key=lambda line: line.at_ms)
            said = "1 line carries" if len(ahead) == 1 else f"{len(ahead):,} lines carry"
            self._say(f"{said} a time in the future, up to {moment(newest.at_ms)}: older lines may follow")


def moment(at_ms: int) -> str:
    """`2026-11-23T14:03:19Z`."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
