"""What the line under the strip is made of, and what keeps everything from being read."""

from __future__ import annotations

import msgspec

from clickit_tui.checks.registry import checks
from clickit_tui.world.seen import Fault, Trouble
from clickit_tui.world.world import FIELDS, World


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """The line under the strip."""

    id: str = ""
    """AREA.WHAT of the cause, `nothing` when nothing is wrong; empty when none is found."""
    sentence: str
    """E.g. `likely: deployment api:42 (v2.3.1), 4 m before the first 5xx`."""
    likely: bool = False
    """A cause is named."""
    part: str = ""
    """The strip's part that the cause is in."""
    playbook: str = ""
    """The incident it belongs to: 5xx, start, database, latency; empty when nothing is wrong."""


def blind(world: World) -> Fault | None:
    """What keeps everything from being read: the first failure of the most frequent kind; None while anything is still awaited."""
    reads = frozenset[str]().union(*(one.reads for one in checks())) - {"log"}
    faults: list[Fault | None] = [getattr(world, field).fault for field in FIELDS if field in reads | {"identity"}]
    own = [f for f in faults if f is not None and f.kind is not Trouble.WAITING]
    if not own or any(f is None for f in faults):
        return None
    kinds = [f.kind for f in own]
    return max(own, key=lambda f: kinds.count(f.kind))
