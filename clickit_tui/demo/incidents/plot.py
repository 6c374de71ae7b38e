"""What an incident is: a timeline of causes in one environment, and its right answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from clickit_tui.demo.simulator import Simulator
from clickit_tui.demo.state import Environment

Do = Callable[[Simulator, Environment], None]
PAUSE_MOST_S = 20.0
"""Between two causes, and before the first one, of an incident that begins soon."""
PLAYBOOKS = ("5xx", "start", "database", "latency", "none")


@dataclass(frozen=True)
class Beat:
    """One cause: what is done to the system, so many seconds after the incident's beginning. Symptoms are never written."""

    at_s: float
    what: str
    do: Do


@dataclass(frozen=True)
class Answer:
    """What a team should find."""

    playbook: str
    """One of PLAYBOOKS; `none` when nothing has to be done."""
    cause: str
    """Id of the first cause, AREA.WHAT."""
    evidence: tuple[str, ...]
    """What proves it, in terms of AWS's API."""
    fix: str
    also: tuple[str, ...] = ()
    """Further causes."""


@dataclass(frozen=True)
class Incident:
    """One incident. `page` is all that the team is told."""

    name: str
    env: str
    page: str
    timeline: tuple[Beat, ...]
    answer: Answer
    shape: Do | None = None
    """Changes the environment before its past: the incident then begins with a fresh ClickIt."""
    faults: tuple[str, ...] = ()
    """What the observer's AWS refuses, as `faults.parse` reads it."""


def begin(incident: Incident, sim: Simulator, *, soon: bool = False) -> None:
    """Have an incident's causes happen from the simulator's present on; `soon` for people who watch, without its long pauses."""
    at_s = before_s = 0.0
    for beat in incident.timeline:
        pause_s = beat.at_s - before_s
        at_s, before_s = at_s + (min(pause_s, PAUSE_MOST_S) if soon else pause_s), beat.at_s
        sim.cause(sim.now + at_s, partial(_do, incident, beat))


def _do(incident: Incident, beat: Beat, sim: Simulator) -> None:
    beat.do(sim, sim.envs[incident.env])


def shaped(incident: Incident | None) -> Do | None:
    """What a fresh simulator needs for an incident: its environment's shape."""
    if incident is None or incident.shape is None:
        return None
    name, shape = incident.env, incident.shape
    return lambda sim, env: shape(sim, env) if env.name == name else None
