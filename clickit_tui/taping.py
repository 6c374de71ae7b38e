"""A session that is recorded: everything it puts into the World and every log line goes onto a tape too."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from clickit_tui import __version__
from clickit_tui.config import Config
from clickit_tui.session import Session
from clickit_tui.tape.form import FORMAT, Header, TailWords
from clickit_tui.tape.writing import Recording
from clickit_tui.world.world import World

FLUSH_S = 1.0
"""How often what waits is written; a kill loses at most what came since."""


def header_of(config: Config, read_only: str, now: float) -> Header:
    """What a replay has to know of a session."""
    return Header(
        tape=FORMAT,
        program=__version__,
        env=config.env,
        began_at=now,
        account=config.account,
        region=config.region,
        read_only=read_only,
        protected=config.protected,
        stop_database=config.stop_database,
        names=config.names,
        thresholds=msgspec.structs.asdict(config.thresholds),
    )


class TapedSession(Session):
    """A session with a recording in a file that is open already."""

    def __init__(self, config: Config, path: Path, file: int, **given: Any) -> None:  # noqa: ANN401 - whatever a session takes
        super().__init__(config, **given)
        self._tape = Recording(path, file, header_of(config, self.read_only, self.clock()), masks=config.masks, clock=self.clock)
        self.recording = self._tape.words
        self._flushing: asyncio.Task[None] | None = None
        self._unsubscribe: Callable[[], None] = lambda: None
        self._stood = TailWords()

    async def start(self) -> None:
        """Begin to record, then to read."""
        self.store.on_change(self._put)
        self._unsubscribe = self.tail.subscribe(lambda change: self._tape.add(change.added))
        self._flushing = asyncio.create_task(self._flush(), name="recording")
        self._flushing.add_done_callback(self._failed)
        await super().start()

    async def stop(self) -> None:
        """Stop reading, then write the end."""
        await super().stop()
        if self._flushing is not None:
            self._unsubscribe()
            self._flushing.cancel()
            await asyncio.gather(self._flushing, return_exceptions=True)
        await asyncio.to_thread(self._tape.close)

    def _put(self, world: World, fields: frozenset[str]) -> None:
        self._tape.put(world, fields)

    async def _flush(self) -> None:
        while not self._tape.stopped:
            await self._sleep(FLUSH_S)
            self._stand()
            await asyncio.to_thread(self._tape.flush)
        self._tell()

    def _tell(self) -> None:
        self.recording = self._tape.words
        self.notices.append(self._tape.stopped)

    def _stand(self) -> None:
        """How the tail stands, when that has changed."""
        state = self.tail.state()
        stands = TailWords(words=state.words(), look=state.look, troubles=state.troubles())
        if stands != self._stood:
            self._stood = stands
            self._tape.tail(stands)

    def _failed(self, flushing: asyncio.Task[None]) -> None:
        """A defect of the recording ends the recording, and nothing else."""
        error = None if flushing.cancelled() else flushing.exception()
        if error is not None:
            self._tape.fail(f"a defect of the program ({type(error).__name__})")
            self._tell()
