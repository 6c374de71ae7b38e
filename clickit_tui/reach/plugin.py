"""How session-manager-plugin is called: argv, environment, and what can be known of it beforehand."""

from __future__ import annotations

import asyncio
import getpass
import json
import os
import re
import shutil
import socket
import sys
from collections.abc import Iterable, Mapping

import msgspec

from clickit_tui.plan import Hidden, Opening
from clickit_tui.world.machine import Machine

RESPONSE = "AWS_SSM_START_SESSION_RESPONSE"
"""The variable that carries the session; its name stands on the command line in its place."""
ANSWER_S = 3.0
PREFERRED_PORTS = (15432, 16379, 25432, 26379)


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """What the plugin needs of the SDK's session besides the session it joins."""

    region: str = ""
    endpoint: str = ""
    """Address of SSM in the region, for ResumeSession and TerminateSession."""
    profile: str = ""
    """Named on the command line when there is one; then nothing is exported."""
    exported: Mapping[str, Hidden] = {}
    """AWS_* variables with resolved credentials."""
    trouble: str = ""
    """Why there are no credentials; empty when there are."""


class Invocation(msgspec.Struct, frozen=True, kw_only=True):
    """A command and its environment; the environment is secret."""

    argv: tuple[str, ...]
    environ: Hidden
    """JSON object of every variable."""


def invocation(machine: Machine, keys: Keys, grant: Hidden, opening: Opening, environ: Mapping[str, str] | None = None) -> Invocation:
    """The plugin's call for a granted session. Nothing secret is on the command line."""
    argv = (machine.plugin, RESPONSE, keys.region, "StartSession", keys.profile, json.dumps({"Target": opening.target}), keys.endpoint)
    kept = dict(os.environ if environ is None else environ)
    kept |= {name: value.reveal() for name, value in keys.exported.items()}
    kept[RESPONSE] = grant.reveal()
    return Invocation(argv=argv, environ=Hidden(json.dumps(kept)))


def without_session(text: str, grant: Hidden) -> str:
    """What a plugin said, without the session's token and address."""
    try:
        session = json.loads(grant.reveal())
    except ValueError:
        return text
    for name in ("TokenValue", "StreamUrl"):
        secret = str(session.get(name, ""))
        text = text.replace(secret, "‹session›") if len(secret) > 1 else text
    return text


def variables(call: Invocation) -> dict[str, str]:
    """The environment in clear, at the moment of starting."""
    found: dict[str, str] = json.loads(call.environ.reveal())
    return found


async def survey(wanted: str, credentials: str) -> Machine:
    """Look at this machine: terminal, plugin, ports. Never raises."""
    plugin = await asyncio.to_thread(_found, wanted)
    try:
        login = getpass.getuser()
    except (KeyError, OSError):
        login = ""
    ssh = os.environ.get("SSH_CONNECTION", "").split()
    return Machine(
        terminal=all(stream is not None and stream.isatty() for stream in (sys.__stdin__, sys.__stdout__)),
        host=socket.gethostname(),
        wanted=wanted,
        plugin=plugin,
        looked=True,
        version=await _version(plugin) if plugin else "",
        credentials=credentials,
        remote=ssh[2] if len(ssh) == 4 else "",
        login=login,
        free_ports=tuple(free_ports(PREFERRED_PORTS)),
    )


def _found(wanted: str) -> str:
    """Path of a command, given by its own path or by a name on PATH; empty when there is none."""
    return shutil.which(os.path.expanduser(wanted)) or ""


async def _version(plugin: str) -> str:
    """What `--version` prints; empty when it does not answer in time or with no version."""
    try:
        asked = await asyncio.create_subprocess_exec(
            plugin, "--version", stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )
    except OSError:
        return ""
    try:
        said, _ = await asyncio.wait_for(asked.communicate(), ANSWER_S)
    except TimeoutError:
        asked.kill()
        await asked.wait()
        return ""
    found = re.match(r"\s*(\d+(?:\.\d+){1,4})\s*$", said.decode("utf-8", "replace"))
    return found[1] if found else ""


def free_ports(wanted: Iterable[int]) -> list[int]:
    """Those of the ports that can be listened on at 127.0.0.1 now, and one more that the system chooses."""
    found = []
    for port in (*wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            found.append(probe.getsockname()[1])
    return found
