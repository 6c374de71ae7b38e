"""What earlier sessions left behind: changes without an outcome, since the program was killed or the machine went down."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterable

from clickit_tui.journal import Intent, Journal, process
from clickit_tui.store import Store
from clickit_tui.world.incident import Lost
from clickit_tui.world.parts import Identity

SETTLE_S = 60.0
"""An intent younger than this, of a process that cannot be looked for, may still get its answer."""


class Aftermath:
    """Finds them once it is known where we are, says each once, and puts it into the World's `lost`.

    What another running session is sending is not lost: it is looked at again until its outcome is written or that session has ended.
    """

    def __init__(self, journal: Journal, store: Store, env: str, notices: list[str], *, clock: Callable[[], float] = time.time) -> None:
        self._journal, self._store, self._env, self._notices, self._clock = journal, store, env, notices, clock
        self._waiting: dict[str, Intent] = {}

    def met(self, identity: Identity) -> None:
        """It is known where we are, and the journal was read."""
        self._settle(self._journal.unsettled(self._env, identity))

    async def look(self) -> None:
        """Whether what others were sending has its outcome by now, or never will."""
        if self._waiting:
            answered = await asyncio.to_thread(self._journal.answered, frozenset(self._waiting))
            self._waiting = {key: intent for key, intent in self._waiting.items() if key not in answered}
            self._settle(tuple(self._waiting.values()))

    def _settle(self, intents: Iterable[Intent]) -> None:
        lost: list[Lost] = []
        for intent in intents:
            if self._may_be_answered(intent):
                self._waiting[intent.id] = intent
                continue
            self._waiting.pop(intent.id, None)
            when = time.strftime("%Y-%m-%d %H:%MZ", time.gmtime(intent.at))
            far = self._journal.reached(intent)
            self._notices.append(f"outcome unknown: {intent.title}, sent {when}{f', {far}' if far else ''}: look what became of it")
            lost.append(Lost(id=intent.id, title=intent.title, part=intent.target.split("/", 1)[0], at=intent.at, far=far))
            self._journal.give_up(intent)
        if lost:
            self._store.put(lost=(*self._store.world.lost, *lost))

    def _may_be_answered(self, intent: Intent) -> bool:
        ended = has_ended(intent.who.process)
        return self._clock() - intent.at <= SETTLE_S if ended is None else not ended


def has_ended(named: str) -> bool | None:
    """Whether the process that wrote an intent has ended; None when that cannot be told: another machine, a process of this number."""
    host, _, number = named.rpartition(":")
    own, _, own_number = process().rpartition(":")
    if host != own or number == own_number or not number.isdecimal():
        return None
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return None
    return False
