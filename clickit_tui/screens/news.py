"""Tells of alarms that changed, whatever screen is shown: toast, terminal bell, terminal title, each only where it is wanted."""

from __future__ import annotations

import sys
from collections.abc import Collection

from textual.app import App

from clickit_tui.ui.cells import fit
from clickit_tui.world.honesty import reason_words, scales
from clickit_tui.world.parts import Alarm
from clickit_tui.world.words import several
from clickit_tui.world.world import World

TOAST_S = 12.0
WIDEST, MOST = 52, 3


class News:
    """Remembers the state of every alarm. The first reading is no news; autoscaling's own alarms never are."""

    def __init__(self) -> None:
        self._states: dict[str, str] = {}
        self._heard = False

    def hear(self, world: World) -> tuple[Alarm, ...]:
        """The alarms whose state is another than at the last look; one that is new counts when it is in ALARM."""
        alarms = world.alarms.value
        if alarms is None:
            return ()
        own: dict[str, Alarm] = {}
        for alarm in alarms:
            if not scales(alarm) and (alarm.name not in own or alarm.state == "ALARM"):
                own[alarm.name] = alarm
        known = self._states
        turned = [a for a in own.values() if known.get(a.name, a.state if a.state != "ALARM" else "") != a.state]
        self._states, heard, self._heard = {alarm.name: alarm.state for alarm in own.values()}, self._heard, True
        return tuple(turned) if heard else ()

    @property
    def firing(self) -> int:
        """How many are in ALARM."""
        return sum(state == "ALARM" for state in self._states.values())


def toast(turned: Collection[Alarm]) -> str:
    """What the toast says, a line an alarm, those in ALARM first: no markup, nothing a terminal obeys."""
    ordered = sorted(turned, key=lambda alarm: (alarm.state != "ALARM", alarm.name))
    lines = [fit(f"{alarm.state or '?'} {alarm.name}: {reason_words(alarm.reason)}", WIDEST).rstrip() for alarm in ordered[:MOST]]
    return "\n".join([*lines, *((f"and {len(ordered) - MOST} more",) if len(ordered) > MOST else ())])


def tell(app: App[int], news: News, turned: Collection[Alarm], notify: Collection[str], heading: str) -> None:
    """Say it: `notify` holds any of toast, bell, title; `heading` is the terminal's title without alarms."""
    if not turned:
        return
    if "toast" in notify:
        worst = any(alarm.state == "ALARM" for alarm in turned)
        app.clear_notifications()
        app.notify(
            toast(turned),
            title=f"{several(len(turned), 'alarm')} changed: 5 shows them",
            severity="error" if worst else "information",
            timeout=TOAST_S,
            markup=False,
        )
    if "bell" in notify:
        app.bell()
    if "title" in notify:
        retitle(f"{heading} ! {several(news.firing, 'alarm')}" if news.firing else heading)


def retitle(text: str) -> None:
    """Replace the terminal's title; the text is ours, never AWS's."""
    stream = sys.__stderr__
    if stream is not None and stream.isatty():
        stream.write(f"\x1b]0;{text}\x07")
        stream.flush()
