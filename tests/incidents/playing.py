"""Playing an incident: the demo over HTTP, read by a session whose clock is the demo's."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import msgspec

from clickit_tui.aws.gateway import Gateway
from clickit_tui.checks.registry import Facts, Finding
from clickit_tui.checks.strip import findings
from clickit_tui.config import Config
from clickit_tui.demo.incidents import registry
from clickit_tui.demo.launch import Demo
from clickit_tui.headless.status import tried
from clickit_tui.naming import names
from clickit_tui.playbooks.diagnosis import Diagnosis, cause, diagnose
from clickit_tui.session import Session
from clickit_tui.world.world import World
from tests.stepped import shortly

ELAPSED_S = 1500.0
"""So long after its beginning an incident is looked at."""
WITHIN_S = 60.0
QUIET = "(nothing)"
"""The name of a world in which nothing happens."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What was found of one incident."""

    name: str
    world: World
    facts: Facts
    found: dict[str, Finding]
    diagnosis: Diagnosis
    playbook: str
    """`none` when nothing is wrong."""
    cause: str
    sentence: str

    @property
    def right(self) -> tuple[str, str]:
        """The right (playbook, first cause)."""
        incident = registry.INCIDENTS.get(self.name)
        return (incident.answer.playbook, incident.answer.cause) if incident else ("none", "nothing")

    @property
    def hit(self) -> bool:
        return (self.playbook, self.cause) == self.right


class Player:
    """Plays incidents one after another; the SDK's clients are made once for each environment."""

    def __init__(self, demo: Demo, state: Path) -> None:
        self._demo, self._state = demo, state
        self._gateways: dict[str, Gateway] = {}

    async def play(self, name: str, seed: int = 1, elapsed_s: float = ELAPSED_S) -> Outcome:
        """The World so many seconds into an incident, and what the playbooks make of it."""
        incident = registry.INCIDENTS.get(name)
        await asyncio.to_thread(
            lambda: self._demo.reset(seed=seed, paused=True, elapsed_s=elapsed_s, incident=incident.name if incident else "")
        )
        env, now = incident.env if incident else "prod", self._demo.control("state")["now"]
        config = Config(env=env, names=names(env), protected=env != "dev", state_dir=str(self._state / f"{name}-{seed}"))
        gateway = self._gateways.setdefault(env, Gateway(config))
        session = Session(config, clock=lambda: now, rng=random.Random(seed), gateway=gateway, sleep=shortly)
        await session.start()
        try:
            await tried(session, WITHIN_S)
        finally:
            session.gateway = Gateway(config)  # its clients are kept for the next incident of the environment
            await session.stop()
        return judged(name, session.store.world, session.facts())

    async def close(self) -> None:
        """Close every connection."""
        for gateway in self._gateways.values():
            await gateway.close()


def judged(name: str, world: World, facts: Facts) -> Outcome:
    """What the playbooks make of a World."""
    found = findings(world, facts)
    diagnosis = diagnose(world, facts, found)
    line = cause(world, facts, found, diagnosis)
    return Outcome(
        name=name,
        world=world,
        facts=facts,
        found=found,
        diagnosis=diagnosis,
        playbook=line.playbook or "none",
        cause=line.id,
        sentence=line.sentence,
    )
