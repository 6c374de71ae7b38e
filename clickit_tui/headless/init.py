"""`clickit-tui init`: look for an environment and print the TOML that describes it."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any, TextIO

from clickit_tui.config import Config
from clickit_tui.headless.unset import unset
from clickit_tui.naming import names
from clickit_tui.session import Session
from clickit_tui.world.parts import ClusterMissing, Identity
from clickit_tui.world.seen import Seen
from clickit_tui.world.world import World

OK, PARTLY, NOT_RUN = 0, 3, 4
LOOKED_AT = ("identity", "cluster", "services", "database", "cache")
WITHIN_S = 20.0


def init(config: Config, *, out: TextIO | None = None, within_s: float = WITHIN_S) -> int:
    """Run the command; returns the exit code: 0 all found, 3 something is missing, 4 the account could not be read."""
    return asyncio.run(run(Session(config), out=out, within_s=within_s))


async def run(session: Session, *, out: TextIO | None = None, within_s: float = WITHIN_S) -> int:
    """Read what a configuration names, print it, stop."""
    stream = out or sys.stdout
    await session.start()
    try:
        leave = session.store.subscribe(LOOKED_AT, lambda *_: None)
        try:
            async with asyncio.timeout(within_s):
                await session.poller.tried(LOOKED_AT)
        except TimeoutError:
            pass
        leave()
    finally:
        await session.stop()
    world = session.store.world
    if unset(session):
        return NOT_RUN
    if world.identity.value is None or world.identity.seen_at is None:
        fault = world.identity.fault
        sys.stderr.write(f"clickit-tui init: {fault.sentence if fault else 'no answer in time'}\n{fault.fix if fault else ''}\n")
        return NOT_RUN
    lines, whole = described(world, session.config, world.identity.value)
    stream.write("\n".join(lines) + "\n")
    return OK if whole else PARTLY


def described(world: World, config: Config, identity: Identity) -> tuple[list[str], bool]:
    """(lines of TOML, whether everything looked for was found). What was not found is a comment that says so."""
    found = _found(world, config)
    lines = [
        f"# clickit.toml: {config.env} as {identity.arn}{f', NOT AWS {identity.endpoint}' if identity.endpoint else ''}",
        f"[environments.{config.env}]",
        f"profile = {_text(identity.profile)}" if identity.profile else f"# profile: {identity.profile_source}",
        f"account = {_text(identity.account)}",
        f"region = {_text(identity.region)}",
        "",
        f"[environments.{config.env}.names]",
        *(line for line, _ in found),
        *_logs(config),
    ]
    return lines, all(known for _, known in found)


def _found(world: World, config: Config) -> list[tuple[str, bool]]:
    wanted, cluster = config.names, world.cluster.value
    services = {service.name for service in world.services.value or ()}
    missing = isinstance(cluster, ClusterMissing)
    hint = f"; here: {', '.join(cluster.here) or 'none'}" if isinstance(cluster, ClusterMissing) else ""
    database, cache = world.database.value, world.cache.value
    return [
        _line("cluster", wanted.cluster, None if cluster is None else not missing, world.cluster, hint),
        *(
            _line(part, wanted.service(part), None if world.services.value is None else wanted.service(part) in services, world.services)
            for part in ("api", "frontend")
        ),
        _line("database", wanted.database, None if database is None else hasattr(database, "id"), world.database),
        _line("cache", wanted.cache, None if cache is None else hasattr(cache, "id"), world.cache),
    ]


def _line(key: str, name: str, there: bool | None, seen: Seen[Any], hint: str = "") -> tuple[str, bool]:
    """One name: set when it is there, a comment when it is not or when that could not be read."""
    if there:
        return f"{key} = {_text(name)}", True
    why = (
        f"not found: looked for {name}{hint}"
        if there is False
        else f"unknown: {seen.fault.sentence if seen.fault else 'no answer in time'}"
    )
    return f"# {key} = {_text(name)}  # {why}", False


def _logs(config: Config) -> list[str]:
    """Overridden log groups; the runbook's need no line."""
    plain = names(config.env).logs
    other = {part: group for part, group in config.names.logs.items() if plain.get(part) != group}
    return [f"logs = {{ {', '.join(f'{part} = {_text(group)}' for part, group in other.items())} }}"] if other else []


def _text(value: str) -> str:
    """A TOML basic string; JSON's escapes are TOML's."""
    return json.dumps(value, ensure_ascii=False)
