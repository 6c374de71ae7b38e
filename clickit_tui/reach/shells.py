"""What reaches into tasks: this machine as it was last looked at, and the plugin's call for a granted session."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from clickit_tui.config import Reach
from clickit_tui.plan import Hidden, Opening
from clickit_tui.reach import plugin
from clickit_tui.reach.plugin import Invocation, Keys
from clickit_tui.world.machine import Machine
from clickit_tui.world.seen import Failed


class Shells:
    """One for a session. `keys` gives what the plugin needs of the SDK's session; it raises Failed."""

    def __init__(self, reach: Reach, keys: Callable[[], Awaitable[Keys]]) -> None:
        self._reach = reach
        self._keys = keys
        self.machine = Machine(wanted=reach.plugin)
        """As it was last looked at."""

    async def survey(self) -> None:
        """Look again at what this machine offers. Never raises."""
        try:
            keys = await self._keys()
            credentials = "" if keys.trouble else f"profile {keys.profile}" if keys.profile else "exported variables"
        except Failed:
            credentials = ""
        self.machine = await plugin.survey(self._reach.plugin, credentials)

    async def invocation(self, grant: Hidden, opening: Opening) -> Invocation:
        """The command that joins a granted session; raises Failed."""
        return plugin.invocation(self.machine, await self._keys(), grant, opening)
