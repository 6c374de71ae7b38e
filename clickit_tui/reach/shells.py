"""What reaches into tasks: this machine as it was last looked at, the plugin's calls, tunnels, and questions that were agreed to."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

import msgspec

from clickit_tui.config import Reach
from clickit_tui.plan import Hidden, Opening, Plan
from clickit_tui.reach import plugin
from clickit_tui.reach.capture import Captured, Output, capture
from clickit_tui.reach.plugin import Invocation, Keys
from clickit_tui.reach.tunnels import Tunnels
from clickit_tui.world.machine import Machine, Tunnel
from clickit_tui.world.seen import Failed

LEAVE_S = 900.0
"""How long the questions of one confirmed list may be asked."""
OUTPUTS_MOST = 10
"""So many commands' outputs are kept."""


class Door(Protocol):
    """The part of the gateway that shells need."""

    async def plugin_keys(self) -> Keys: ...


class Board(Protocol):
    """The part of the store that shells need."""

    def put(self, *, tunnels: tuple[Tunnel, ...]) -> None: ...


class Within(Protocol):
    """The session that shells belong to."""

    @property
    def gateway(self) -> Door: ...
    @property
    def store(self) -> Board: ...
    def note(self, text: str) -> Awaitable[str]: ...


class Shells:
    """One for a session. `say` takes sentences for the user."""

    def __init__(
        self,
        reach: Reach,
        within: Within,
        say: Callable[[str], None],
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._reach = reach
        self._within = within
        self._clock = clock
        self._running: set[asyncio.Task[Captured]] = set()
        self._leaves: dict[str, tuple[Plan, float]] = {}
        self.tunnels = Tunnels(lambda tunnels: within.store.put(tunnels=tunnels), say, within.note, clock=clock)
        self.outputs: tuple[Output, ...] = ()
        """What the last commands said, the newest first."""
        self.machine = Machine(wanted=reach.plugin)
        """As it was last looked at."""

    async def survey(self) -> None:
        """Look again at what this machine offers. Never raises."""
        try:
            keys = await self._within.gateway.plugin_keys()
            credentials = "" if keys.trouble else f"profile {keys.profile}" if keys.profile else "exported variables"
        except Failed:
            credentials = ""
        self.machine = await plugin.survey(self._reach.plugin, credentials)

    async def invocation(self, grant: Hidden, opening: Opening) -> Invocation:
        """The command that joins a granted session; raises Failed."""
        return plugin.invocation(self.machine, await self._within.gateway.plugin_keys(), grant, opening)

    async def tunnel(self, grant: Hidden, opening: Opening) -> Tunnel:
        """Open a granted tunnel; raises Failed when the plugin could not be called at all."""
        return await self.tunnels.open(await self.invocation(grant, opening), grant, opening)

    async def close_tunnel(self, id: str) -> None:
        """Close one."""
        await self.tunnels.close(id)

    def keep(self, title: str) -> Output:
        """Where a command's output is to be kept."""
        kept = Output(title=title, began_at=self._clock())
        self.outputs = (kept, *self.outputs)[:OUTPUTS_MOST]
        return kept

    async def run(self, grant: Hidden, opening: Opening, told: Callable[[Captured], None]) -> Captured:
        """Run a granted command to its end; raises Failed when the plugin could not be called at all."""
        running = asyncio.create_task(capture(await self.invocation(grant, opening), told), name=f"command in {opening.name}")
        self._running.add(running)
        running.add_done_callback(self._running.discard)
        return await running

    def agree(self, plan: Plan) -> None:
        """The list of calls was confirmed: each may be sent for `LEAVE_S`."""
        self._leaves[plan.basis.task] = (plan, self._clock() + LEAVE_S)

    def agreed(self, task: str) -> tuple[Plan, float] | None:
        """The confirmed list for a task and the seconds it still holds; None when there is none."""
        plan, until = self._leaves.get(task, (None, 0.0))
        left = until - self._clock()
        return (plan, left) if plan is not None and left > 0 else None

    def one_of(self, task: str, number: int) -> Plan | None:
        """One call of a confirmed list as a plan of its own; None when the list does not hold any more."""
        found = self.agreed(task)
        if found is None or not 0 <= number < len(found[0].steps):
            return None
        step = found[0].steps[number]
        return msgspec.structs.replace(found[0], steps=(step,), title=f"{found[0].title}: {step.words}")

    async def close(self) -> None:
        """End every child."""
        for running in self._running:
            if not running.cancelling():
                running.cancel()
        await asyncio.gather(self.tunnels.close_all(), *self._running, return_exceptions=True)
