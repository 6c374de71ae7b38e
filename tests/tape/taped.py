"""A recording of a fixture incident, made as a session makes one: healthy, then the incident, with its log."""

from __future__ import annotations

from pathlib import Path

from clickit_tui.naming import names
from clickit_tui.store import Store
from clickit_tui.tape.form import FORMAT, KNOWN, Header, TailWords
from clickit_tui.tape.writing import Recording, create
from clickit_tui.world.world import ON_DEMAND, World
from tests import worlds
from tests.fakes import line
from tests.stepped import SteppedClock

BEGAN, BROKE, ENDED = worlds.NOW - 1200, worlds.NOW - 600, worlds.NOW


def recorded(path: Path) -> Path:
    """Twenty minutes: read every 30 s, healthy for ten of them, a log line a second."""
    clock = SteppedClock(BEGAN)
    head = Header(tape=FORMAT, program="0", env=worlds.ENV, began_at=BEGAN, names=names(worlds.ENV))
    recording = Recording(path, create(path), head, clock=clock)
    store = Store(World(env=worlds.ENV))
    store.on_change(recording.put)
    recording.tail(TailWords(words="LIVE"))
    while clock.now <= ENDED:
        world = worlds.healthy_world(clock.now) if clock.now < BROKE else worlds.incident_world(clock.now)
        store.put(**{name: getattr(world, name) for name in KNOWN - ON_DEMAND})
        begin = int(clock.now - worlds.NOW)
        recording.add([line(i, text=f"line of {i}") for i in range(begin - 30, begin)])
        recording.flush()
        clock.now += 30
    clock.now = ENDED
    recording.close()
    return path
