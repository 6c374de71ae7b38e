"""What a replay says of itself: in the identity row, in the key row, and where a typed moment leads."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

from clickit_tui.panes.logs_jump import NoMoment, age_s, moment
from clickit_tui.panes.view import View
from clickit_tui.ui.cells import width as cells
from clickit_tui.ui.keybar import KeyHint
from clickit_tui.world.playing import Playing
from clickit_tui.world.world import World

HINT = "14:03, +5m, -90s, start, end, deploy, alarm"


def pace(playing: Playing) -> str:
    """`8x`, `paused`, `end`."""
    return "end" if playing.over else "paused" if playing.paused else f"{playing.speed}x"


def replay_words(playing: Playing, view: View, room: int) -> str:
    """`8x 2026-11-27 14:03:20Z`, in at most `room` cells; the day goes first, then the pace."""
    zone = None if view.local_time else UTC
    day = datetime.fromtimestamp(playing.at, zone).strftime("%Y-%m-%d")
    time = view.clock(playing.at, seconds=True)
    forms = (f"{pace(playing)} {day} {time}", f"{pace(playing)} {time}", time)
    return next((form for form in forms if cells(form) <= room), time)


def transport_hints(playing: Playing, live: Callable[[str], str]) -> tuple[KeyHint, ...]:
    """The keys of a replay, for the key row; `live` gives the key that does what a key does by default."""
    return (
        KeyHint(live("space"), "go on" if playing.paused else "pause"),
        KeyHint(f"{live('<')} {live('>')}", "speed"),
        KeyHint(f"{live('[')} {live(']')}", "1 min"),
        KeyHint(f"{live('{')} {live('}')}", "10 min"),
        KeyHint(live("@"), "go to"),
    )


def span_words(playing: Playing) -> str:
    """How far it is, in minutes and seconds: `8x  12:05 of 25:00`."""
    far, whole = _minutes(playing.at - playing.began_at), _minutes(playing.ended_at - playing.began_at)
    return f"{pace(playing)}  {far} of {whole}"


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def wanted_moment(text: str, playing: Playing, world: World, local: bool = False) -> float:
    """The moment a text names: a time of day or a date with one, `+5m` and `-90s` from here, `start`, `end`. Raises NoMoment."""
    said = text.strip().lower()
    if said and "start".startswith(said):
        return playing.began_at
    if said and "end".startswith(said):
        return playing.ended_at
    if found := re.fullmatch(r"([+-])\s*(.+)", said):
        return playing.at + age_s(found[2]) * (1 if found[1] == "+" else -1)
    at = moment(text, playing.ended_at, world, local=local)
    if not playing.began_at - 60 < at < playing.ended_at + 60:
        raise NoMoment("outside the recording")
    return at
