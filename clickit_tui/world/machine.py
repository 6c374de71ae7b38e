"""What this machine offers for reaching into a task."""

from __future__ import annotations

import msgspec


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """Looked at again before a shell or tunnel is offered. None and empty are unknown."""

    terminal: bool | None = None
    """Whether there is a terminal to hand over."""
    host: str = ""
    """Name of this machine."""
    wanted: str = "session-manager-plugin"
    """The plugin as the configuration calls it."""
    plugin: str = ""
    """Path of the plugin; empty when it was not found."""
    looked: bool = False
    """Whether the plugin was looked for at all."""
    version: str = ""
    """What the plugin says of its version."""
    credentials: str = ""
    """Where the plugin gets its credentials from: `profile NAME`, `exported`."""
    remote: str = ""
    """The address under which this machine was reached by ssh; empty when it was not."""
    login: str = ""
    """Name of the operating system's user."""
    free_ports: tuple[int, ...] = ()
    """Ports of 127.0.0.1 on which nothing listens, of those that tunnels prefer."""


class Tunnel(msgspec.Struct, frozen=True, kw_only=True):
    """One forwarded port."""

    id: str
    """Of the session."""
    part: str
    """The part whose task carries it: api."""
    task: str
    """ARN."""
    to: str
    """What it leads to: database, cache."""
    host: str
    port: int
    local_port: int
    opened_at: float
    state: str = "opening"
    """opening, open, closing, closed, failed."""
    said: str = ""
    """What the plugin said last, or why it failed."""
    ready: str = ""
    """The line that uses it."""

    @property
    def live(self) -> bool:
        return self.state in ("opening", "open", "closing")
