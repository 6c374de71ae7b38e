"""`clickit-tui note`: the note of an incident as Markdown, made anew from the journal and from what AWS still tells."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from typing import TextIO

from clickit_tui.checks.timeline import READS
from clickit_tui.config import Config
from clickit_tui.session import Session
from clickit_tui.world.incident import Incident

OK, PARTLY, NOT_RUN = 0, 3, 4
WITHIN_S = 20.0
"""Longest wait for the reading."""


def note(config: Config, *, id: str = "", listed: bool = False, out: TextIO | None = None, within_s: float = WITHIN_S) -> int:
    """Run the command; returns the exit code: 0 made, 3 made while something could not be read, 4 no such incident."""
    return asyncio.run(run(Session(config), id=id, listed=listed, out=out, within_s=within_s))


async def run(session: Session, *, id: str, listed: bool, out: TextIO | None = None, within_s: float = WITHIN_S) -> int:
    """Start the session, wait until what the timeline needs was tried, print, stop."""
    stream = out or sys.stdout
    await session.start()
    try:
        whole = listed or await _tried(session, within_s)
    finally:
        await session.stop()
    session.recorder.recall(anywhere=True)
    incidents = session.store.world.incidents
    if listed:
        stream.write("".join(f"{_words(one)}\n" for one in incidents))
        return OK
    text = session.recorder.markdown(session.facts(), id)
    if not text:
        known = ", ".join(one.id for one in incidents)
        print(f"clickit-tui: no incident {id or 'is known'}{f'; known: {known}' if known else ''}", file=sys.stderr)
        return NOT_RUN
    stream.write(text)
    return OK if whole else PARTLY


async def _tried(session: Session, within_s: float) -> bool:
    """Whether everything the timeline is made of was read in time."""
    fields = READS & session.poller.fields
    session.store.subscribe(fields | {"identity", "balancer"}, lambda *_: None)
    try:
        async with asyncio.timeout(within_s):
            await session.poller.tried(fields | {"identity", "balancer"})
    except TimeoutError:
        return False
    return all(getattr(session.store.world, field).fault is None for field in fields)


def _words(one: Incident) -> str:
    began = datetime.fromtimestamp(one.began_at, UTC).strftime("%Y-%m-%d %H:%MZ")
    return f"{one.id}  {began}  {'open' if one.open else 'ended':<5}  {one.title}"
