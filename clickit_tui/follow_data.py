"""How far a followed change of the database has come: instances that start, stop or are restored, and snapshots. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from clickit_tui.world.follow import Follow, Progress
from clickit_tui.world.world import World

VISIBLE_S = 120.0
"""For this long what was just made may be missing from the answers, or an instance still show its status from before."""
BROKEN = ("failed", "storage-full", "insufficient-capacity", "restore-error", "incompatible-", "inaccessible-")
"""Statuses, or their beginnings, that do not pass by themselves."""
SERVING = ("available", "backing-up", "modifying", "storage-optimization", "configuring-", "storage-initialization")
"""An instance that is to be available serves in these too; a restored one begins with a backup."""


class Facts(Protocol):
    """What of `checks.registry.Facts` is looked at."""

    @property
    def now(self) -> float: ...


def database(follow: Follow, world: World, facts: Facts) -> Progress:
    """An instance on its way to `wanted`."""
    young = facts.now - follow.started_at < VISIBLE_S
    found = next((d for d in world.databases.value or () if d.id == follow.resource), None)
    if found is None:
        missing = f"{follow.resource} is not listed"
        return Progress(sentence=f"{missing} yet") if young else Progress(sentence="nothing to follow", failed=missing)
    status = found.status or "without a status"
    sentence = f"{follow.resource} {status}"
    if _reached(follow.wanted, status):
        return Progress(sentence=sentence, over=True)
    if status.startswith(BROKEN):
        return Progress(sentence=sentence, failed=f"it is {status}")
    against = {"stopped": ("available",), "available": ("stopped", "stopping")}.get(follow.wanted, ())
    if status in against and not young:
        return Progress(sentence=sentence, moved=f"it is {status} again: somebody else changed it, or AWS did not carry it out")
    return Progress(sentence=sentence)


def _reached(wanted: str, status: str) -> bool:
    return status.startswith(SERVING) if wanted == "available" else status == wanted


def snapshot(follow: Follow, world: World, facts: Facts) -> Progress:
    """A snapshot that is being made."""
    found = next((s for s in world.snapshots.value or () if s.id == follow.resource), None)
    if found is None:
        missing = f"{follow.resource} is not listed"
        young = facts.now - follow.started_at < VISIBLE_S
        return Progress(sentence=f"{missing} yet") if young else Progress(sentence="nothing to follow", failed=missing)
    percent = f" {found.percent} %" if found.percent is not None and not found.whole else ""
    sentence = f"{found.id} {found.status or 'without a status'}{percent}"
    if found.status == "failed":
        return Progress(sentence=sentence, failed="RDS could not make it")
    return Progress(sentence=sentence, over=found.whole)


DATA_READERS: Mapping[str, Callable[[Follow, World, Facts], Progress]] = {"database": database, "snapshot": snapshot}
