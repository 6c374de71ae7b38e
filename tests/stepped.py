"""A clock that moves only when a test moves it, with a `sleep` that waits on it."""

from __future__ import annotations

import asyncio


async def shortly(seconds: float) -> None:
    """A twentieth of a pause, for sessions whose clock is held: their pauses only keep the pace of the calls."""
    await asyncio.sleep(seconds / 20)


class SteppedClock:
    """`clock()` gives epoch seconds; `await clock.sleep(s)` ends when `advance` has passed it."""

    def __init__(self, now: float = 1_000_000.0) -> None:
        self.now = now
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        wait = asyncio.get_running_loop().create_future()
        self._sleepers.append((self.now + seconds, wait))
        await wait

    def on(self, seconds: float) -> None:
        """Move on at once, and wake whoever slept less; `advance` also lets them run."""
        self.now += seconds
        for at, wait in self._sleepers:
            if at <= self.now and not wait.done():
                wait.set_result(None)
        self._sleepers = [(at, wait) for at, wait in self._sleepers if not wait.done()]

    async def settle(self) -> None:
        """Let every task that can run do so until it waits again."""
        for _ in range(50):
            await asyncio.sleep(0)

    async def advance(self, seconds: float) -> None:
        """Move on, stopping at every sleeper's time on the way."""
        end = self.now + seconds
        await self.settle()
        while due := sorted(((at, wait) for at, wait in self._sleepers if at <= end and not wait.done()), key=lambda pair: pair[0]):
            self.now = max(self.now, due[0][0])
            due[0][1].set_result(None)
            await self.settle()
        self._sleepers = [(at, wait) for at, wait in self._sleepers if not wait.done()]
        self.now = end
        await self.settle()
