"""What a session writes into the journal besides its changes: verdicts as they change, notes, incidents; and what of it the World holds."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from clickit_tui import chronicle
from clickit_tui.checks.registry import Facts, Finding, Verdict
from clickit_tui.checks.strip import PartVerdict, findings, strip
from clickit_tui.journal import Journal, who
from clickit_tui.logs.mask import mask
from clickit_tui.playbooks import keeping, note
from clickit_tui.playbooks.diagnosis import cause
from clickit_tui.store import Store
from clickit_tui.world.incident import Incident, Told
from clickit_tui.world.parts import Identity
from clickit_tui.world.seen import Failed
from clickit_tui.world.world import World

LOOK_S = 15.0
"""How often the verdicts are looked at."""
HOLD_S = 60.0
"""A verdict that goes to and fro is recorded at most this often."""
UNSETTLED = ("loading", "waiting")
ANYWHERE = Identity(account="", arn="", region="")
NONE_OPEN = "no incident is open (i declares one)"


class Recorder:
    """Knows the place once `met` was called; until then the journal's verdicts and incidents are not those of any place."""

    def __init__(
        self,
        journal: Journal,
        store: Store,
        env: str,
        folder: Path,
        *,
        masks: tuple[str, ...] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._journal, self._store, self._env, self._clock = journal, store, env, clock
        self.folder = folder
        """Where incident notes are written."""
        self._masks = tuple(re.compile(one) for one in masks)
        self._here: Identity | None = None
        self._said: dict[str, tuple[str, str]] = {}
        self._said_at: dict[str, float] = {}

    def masked(self, text: str) -> str:
        """A text as it may leave the machine."""
        for one in self._masks:
            text = one.sub("‹masked›", text)
        return mask(text)

    def met(self, identity: Identity) -> None:
        """It is known where we are."""
        self._here = identity
        self.recall()
        self._said = {
            one.part: (one.verdict, _gist(one.text) if one.kind is Told.CAUSE else "")
            for one in self._store.world.record
            if one.kind in (Told.VERDICT, Told.CAUSE)
        }

    def recall(self, anywhere: bool = False) -> None:
        """Put into the World what the journal tells of this place; with `anywhere` of this environment, wherever it was."""
        place = self._here or (ANYWHERE if anywhere else None)
        if place is not None:
            told = self._journal.told()
            self._store.put(
                record=chronicle.records(told, self._env, place),
                incidents=chronicle.incidents(told, self._env, place),
                slept=chronicle.slept(told, self._env, place),
            )

    # --- verdicts ---

    def look(self, world: World, facts: Facts) -> None:
        """Record the verdicts and the likely cause where they have changed."""
        if self._here is None:
            return
        found = findings(world, facts)
        new = [self._verdict(one, found) for one in strip(world, facts, found)]
        named = cause(world, facts, found)
        if not named.sentence.startswith("so far"):
            text = named.sentence.split("; last change", 1)[0]
            new.append(self._record("cause", "", text, _gist(text), "", quiet=not named.likely))
        if any(new):
            self.recall()

    def _verdict(self, one: PartVerdict, found: Mapping[str, Finding]) -> bool:
        if one.verdict is Verdict.UNKNOWN and one.short in UNSETTLED:
            return False
        told = found[one.finding_ids[0]].evidence if one.finding_ids else ()
        detail = "\n".join(f"{each.call}: {each.value}" for each in told)
        return self._record(one.part, one.verdict, one.sentence, "", detail, quiet=one.verdict in (Verdict.PASS, Verdict.NONE))

    def _record(self, part: str, verdict: str, text: str, gist: str, detail: str, quiet: bool) -> bool:
        """Write one verdict unless it is the one last written; that all is well at first sight is no news."""
        now, last = self._clock(), self._said.get(part)
        if last == (verdict, gist) or now - self._said_at.get(part, float("-inf")) < HOLD_S:
            return False
        self._said[part] = (verdict, gist)
        if last is None and quiet:
            return False
        self._said_at[part] = now
        self._journal.verdict(self._env, part, verdict, self.masked(text), self.masked(detail), self._here)
        return True

    # --- what a person says ---

    async def bookmark(self, text: str, about: float | None = None, *, step: str = "", said: str | None = None) -> str:
        """Keep a text, at a moment or now, or what became of a person's step; returns why that failed."""
        kept = None if said is None else self.masked(said)
        return await self._write(lambda: self._journal.bookmark(self._env, self.masked(text), about, self._here, step=step, said=kept))

    async def note(self, text: str, about: float | None = None) -> str:
        """Keep what a person has to say, secrets masked; returns why that failed."""
        return await self._write(lambda: self._journal.note(self._env, self.masked(text), about, self._here))

    async def _write(self, write: Callable[[], None]) -> str:
        try:
            await asyncio.to_thread(write)
        except Failed as failed:
            return failed.fault.sentence
        self.recall()
        return ""

    # --- incidents ---

    def _open(self) -> Incident | None:
        return next((one for one in reversed(self._store.world.incidents) if one.open), None)

    async def declare(self, title: str, began_at: float) -> str:
        """Begin an incident; returns why that failed."""
        if self._here is None:
            return "an incident needs the account: STS has not answered yet"
        if (before := self._open()) is not None:
            return f"an incident is open already: {before.title}"
        by = who(self._here.arn)
        started = Incident(
            id=secrets.token_hex(4),
            title=self.masked(title),
            began_at=began_at,
            opened_at=self._clock(),
            by=" ".join(filter(None, (self._here.who, f"({by.user})" if by.user else ""))),
        )
        return await self._keep(started)

    async def amend(self, *, title: str = "", began_at: float | None = None) -> str:
        """Correct the title or the beginning of the open incident; returns why that failed."""
        one = self._open()
        if one is None:
            return NONE_OPEN
        began = one.began_at if began_at is None else began_at
        return await self._keep(msgspec.structs.replace(one, title=self.masked(title) or one.title, began_at=began))

    async def resolve(self, resolution: str, facts: Facts) -> str:
        """End the open incident, and keep what AWS will forget of it; returns why that failed."""
        one, world = self._open(), self._store.world
        if one is None:
            return NONE_OPEN
        ended = msgspec.structs.replace(one, ended_at=self._clock(), resolution=self.masked(resolution))
        kept = tuple(msgspec.structs.replace(each, text=self.masked(each.text)) for each in keeping.kept(world, facts, ended))
        return await self._keep(msgspec.structs.replace(ended, impact=keeping.impact(world, facts, ended), kept=kept))

    async def _keep(self, incident: Incident) -> str:
        return await self._write(lambda: self._journal.incident(self._env, incident, self._here))

    # --- the incident note ---

    def markdown(self, facts: Facts, id: str = "") -> str:
        """The note of an incident, secrets masked; of the newest when none is named. Empty when there is no such incident."""
        world = self._store.world
        chosen = next((one for one in reversed(world.incidents) if id in ("", one.id)), None)
        if chosen is None:
            return ""
        return "\n".join(self.masked(line) for line in note.lines(world, facts, chosen)) + "\n"

    async def write_note(self, facts: Facts, id: str = "") -> tuple[str, str]:
        """(the note, the file it was written to, or why it was not); the note is empty when there is no such incident."""
        text = self.markdown(facts, id)
        if not text:
            return "", "no incident is known in this environment (i declares one)"
        chosen = next(one for one in reversed(self._store.world.incidents) if id in ("", one.id))
        path = self.folder / note.file_name(self._env, chosen)
        try:
            await asyncio.to_thread(save, path, text)
        except OSError as error:
            return text, f"it could not be written to {path}: {error.strerror or error}"
        return text, str(path)


def save(path: Path, text: str) -> None:
    """Put the note in place of an older one in one step; only its owner can read it. Blocking; raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(file, "w", encoding="utf-8", errors="replace") as out:
            out.write(text)
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise


def _gist(text: str) -> str:
    """A cause without its numbers, which change from minute to minute."""
    return re.sub(r"\d+", "#", text)
