"""What follows when a plan opened a session: the terminal handed over, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clickit_tui.actions.reaching import IDLE_S
from clickit_tui.panes.identity import badge
from clickit_tui.plan import Hidden, Opening
from clickit_tui.reach.plugin import variables
from clickit_tui.ui.cells import Span, Spans
from clickit_tui.ui.child import Ended, Lent
from clickit_tui.world.seen import Failed

if TYPE_CHECKING:
    from clickit_tui.screens.keys import Keys

SHORT_S = 3.0
"""A session that ended sooner, or that failed, shows its last lines."""


def begin(screen: Keys, lent: Lent | None, opening: Opening, grant: Hidden) -> None:
    """Begin what a granted session is for; the screen is where one comes back to."""
    if lent is not None:
        screen.app.run_worker(shell(screen, lent, opening, grant), group="reach", exit_on_error=True)


async def shell(screen: Keys, lent: Lent, opening: Opening, grant: Hidden) -> None:
    """Hand the terminal over to the session, and say how it ended."""
    place = badge(screen.core.store.world)
    try:
        call = await screen.core.shells.invocation(grant, opening)
    except Failed as failed:
        screen.say(f"shell: {failed.fault.sentence}")
        return
    ended = await lent.run(call.argv, variables(call), banner=banner(opening, place), title=lambda idle_s: title(opening, place, idle_s))
    screen.core.refresh(("tasks",))
    screen.say(f"shell in {opening.name}: {how(ended)}")
    if ended.problem or (ended.lasted_s < SHORT_S and not ended.left) or (ended.code or 0) != 0:
        lines = last_lines(ended)
        screen.page(f"shell in {opening.name}: {how(ended)}", lambda: lines)


def banner(opening: Opening, place: str) -> str:
    """What is said before the session; line breaks are plain ones."""
    return (
        f"\n  {place}\n  shell in {opening.name}, as root"
        f"\n  Enter ~ . leaves; it ends by itself after {IDLE_S / 60:.0f} minutes without a key:"
        f"\n  the title of this window counts down\n"
    )


def title(opening: Opening, place: str, idle_s: float) -> str:
    """The window's title: where one is and, once keys are missing for a while, how long the session still lasts."""
    left = max(0, int(IDLE_S - idle_s))
    counted = f"  ends in {left // 60} m" if left >= 120 else f"  ENDS IN {left} s"
    return f"{place}  shell {opening.name}{counted}"


def how(ended: Ended) -> str:
    """How a session ended, in few words. The plugin's exit code says nothing when it is 0."""
    if ended.problem:
        return ended.problem
    lasted = f"after {ended.lasted_s:.0f} s" if ended.lasted_s < 120 else f"after {ended.lasted_s / 60:.0f} m"
    if ended.left:
        return f"left {lasted}; ECS ends the session within {IDLE_S / 60:.0f} minutes"
    if ended.code is not None and ended.code < 0:
        return f"the plugin was killed {lasted} (signal {-ended.code})"
    if ended.code:
        return f"the plugin failed {lasted} (exit code {ended.code})"
    return f"ended {lasted}"


def last_lines(ended: Ended) -> list[Spans]:
    """The session's last lines."""
    return [(Span(line),) if line else () for line in ended.last] or [(Span("it said nothing", "dim"),)]
