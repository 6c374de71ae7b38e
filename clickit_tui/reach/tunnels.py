"""Forwarded ports: each is a plugin of its own, which ends with this process however it ends."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import time
from collections.abc import Awaitable, Callable

import msgspec

from clickit_tui.plan import Hidden, Opening
from clickit_tui.reach import spawn
from clickit_tui.reach.plugin import Invocation, free_ports, variables, without_session
from clickit_tui.reach.stream import plain_lines
from clickit_tui.world.machine import Tunnel

OPENS_S = 20.0
"""Longest a plugin may take to open the port."""
_READY = re.compile(r"Port \d+ opened|Waiting for connections")


class _Held(msgspec.Struct):
    """One plugin under its holder."""

    process: asyncio.subprocess.Process
    ready: asyncio.Event
    last: list[str]
    grant: Hidden


async def _unkept(text: str) -> str:
    return ""


class Tunnels:
    """Every tunnel of a session.

    `told` is given all of them whenever one changes, `say` a sentence when one that was open is lost, `keep` one when one has ended.
    """

    def __init__(
        self,
        told: Callable[[tuple[Tunnel, ...]], None],
        say: Callable[[str], None] = lambda _: None,
        keep: Callable[[str], Awaitable[str]] = _unkept,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._told, self._say, self._keep = told, say, keep
        self._clock = clock
        self._tunnels: dict[str, Tunnel] = {}
        self._held: dict[str, _Held] = {}
        self._watching: set[asyncio.Task[None]] = set()

    @property
    def live(self) -> tuple[Tunnel, ...]:
        """Those that are open, opening or closing."""
        return tuple(t for t in self._tunnels.values() if t.live)

    async def open(self, call: Invocation, grant: Hidden, opening: Opening) -> Tunnel:
        """Start the plugin and wait until its port is open or it has failed. Never raises what the plugin did."""
        key = str(json.loads(grant.reveal()).get("SessionId", ""))
        tunnel = Tunnel(
            id=key,
            part=opening.part,
            task=opening.task,
            to=opening.to,
            host=opening.host,
            port=opening.port,
            local_port=opening.local_port,
            opened_at=self._clock(),
            ready=opening.ready,
        )
        self._put(tunnel)
        if opening.local_port not in free_ports((opening.local_port,)):
            return self._set(key, "failed", f"port {opening.local_port} was taken meanwhile: try again")
        try:
            process = await asyncio.create_subprocess_exec(
                *spawn.argv("held", list(call.argv)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                env=variables(call),
                start_new_session=True,
            )
        except OSError as error:
            return self._set(key, "failed", f"{call.argv[0]}: {error.strerror}")
        held = self._held[key] = _Held(process, asyncio.Event(), [], grant)
        watching = asyncio.create_task(self._watch(key, held), name=f"tunnel {opening.local_port}")
        self._watching.add(watching)
        watching.add_done_callback(self._watching.discard)
        try:
            await asyncio.wait_for(held.ready.wait(), OPENS_S)
        except TimeoutError:
            await self.close(key)
            return self._set(key, "failed", f"the plugin did not open the port within {OPENS_S:.0f} s")
        return self._tunnels[key]

    async def close(self, id: str) -> None:
        """Interrupt a tunnel's plugin, which ends the session cleanly, and wait until it has ended."""
        held = self._held.get(id)
        if held is None:
            return
        if self._tunnels[id].state in ("opening", "open"):
            self._set(id, "closing", "")
        if held.process.stdin is not None:
            held.process.stdin.close()
        try:
            await asyncio.wait_for(held.process.wait(), 2 * spawn.CLOSE_S)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                held.process.kill()

    async def close_all(self) -> None:
        """End every tunnel."""
        await asyncio.gather(*(self.close(key) for key in list(self._held)))
        await asyncio.gather(*self._watching)

    async def _watch(self, id: str, held: _Held) -> None:
        """Read what the plugin says until it ends; it must never wait for a reader."""
        while held.process.stdout is not None and (line := await held.process.stdout.read(4096)):
            held.last = [*held.last, *plain_lines(line)][-6:]
            if not held.ready.is_set() and any(_READY.search(said) for said in held.last):
                self._set(id, "open", "")
                held.ready.set()
        await held.process.wait()
        state = self._tunnels[id].state
        said = next((line for line in reversed(held.last) if line and not line.startswith("Exiting")), "the plugin said nothing")
        self._set(
            id, "closed" if state == "closing" else "failed", "" if state == "closing" else _short(without_session(said, held.grant), id)
        )
        if state == "open":
            lost = self._tunnels[id]
            self._say(f"the tunnel to {lost.to} on port {lost.local_port} is gone: {lost.said}")
        self._held.pop(id, None)
        held.ready.set()
        one = self._tunnels[id]
        lasted = f"{self._clock() - one.opened_at:.0f} s"
        await self._keep(f"tunnel to {one.to} on port {one.local_port} {one.state} after {lasted}{f': {one.said}' if one.said else ''}")

    def _set(self, id: str, state: str, said: str) -> Tunnel:
        self._put(msgspec.structs.replace(self._tunnels[id], state=state, said=said))
        return self._tunnels[id]

    def _put(self, tunnel: Tunnel) -> None:
        self._tunnels[tunnel.id] = tunnel
        self._told(tuple(self._tunnels.values())[-20:])


def _short(said: str, id: str) -> str:
    """What the plugin said, without the session's id in front."""
    return said.removeprefix(f"SessionId: {id} :").strip()[:200]
