"""Offers to look what became of a change of an earlier session that has no outcome."""

from __future__ import annotations

from collections.abc import Callable

from clickit_tui.naming import LOG_SOURCES
from clickit_tui.panes.services import deployment_words
from clickit_tui.panes.view import View
from clickit_tui.ui.picker import Choice
from clickit_tui.world.incident import Lost
from clickit_tui.world.seen import Age
from clickit_tui.world.world import World

Go = Callable[[str], None]


def waiting(world: World, heard: set[str]) -> Lost | None:
    """The oldest one that was not offered yet; none before it was tried to read the services, so that the offer can say how it is now."""
    if world.services.seen_at is None and world.services.fault is None:
        return None
    return next((one for one in world.lost if one.id not in heard), None)


def title(lost: Lost, view: View) -> str:
    far = f", {lost.far}" if lost.far else ""
    return f"outcome unknown: {lost.title}, sent {view.moment(lost.at)}{far}"


def choices(lost: Lost, world: World, view: View) -> list[Choice]:
    """Where to look; nothing is sent from here. The id is the digit of a screen."""
    where = "2" if lost.part in LOG_SOURCES else "7" if lost.part in ("database", "db", "cache") else ""
    look = [Choice(id=where, text=f"look at {lost.part}{now(lost, world, view)}")] if where else []
    return [
        *look,
        Choice(id="0", text="look at the timeline: what was sent, and what AWS says happened since"),
        Choice(id="", text="not now: it stays in the timeline as unknown"),
    ]


def now(lost: Lost, world: World, view: View) -> str:
    """How the part stands at this moment: `, now PRIMARY :42 COMPLETED: 3 of 3 running, …`."""
    found = next((one for one in world.services.value or () if one.part == lost.part), None)
    if found is None or world.services.age(view.now) is not Age.FRESH:
        return ""
    primary = next((one for one in found.deployments if one.status == "PRIMARY"), None)
    desired = "?" if found.desired is None else found.desired
    return f", now desired {desired}{f': {deployment_words(primary)}' if primary is not None else ''}"
