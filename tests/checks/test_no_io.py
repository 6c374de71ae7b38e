"""No check and no playbook reads anything but the World and the facts: neither network, file, process, environment nor clock."""

from __future__ import annotations

import asyncio
import builtins
import io
import os
import random
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from clickit_tui.checks import suspects, timeline
from clickit_tui.checks.registry import Facts, checks
from clickit_tui.checks.strip import findings, strip
from clickit_tui.config import Thresholds
from clickit_tui.playbooks import keeping, note
from clickit_tui.playbooks.diagnosis import cause, diagnose
from clickit_tui.playbooks.registry import playbooks, rules
from clickit_tui.world.world import World
from tests import worldpast, worlds
from tests.worlds import NAMES, NOW

FACTS = Facts(now=NOW, names=NAMES, thresholds=Thresholds(), protected=True)
BUILT: dict[str, Callable[[], World]] = {
    "healthy": worlds.healthy_world,
    "incident": worlds.incident_world,
    "loading": worlds.loading_world,
    "denied": worlds.denied_world,
    "stale": worlds.stale_world,
    "hostile": worlds.hostile_world,
    "absent": worlds.absent_world,
    "huge": lambda: worlds.huge_world(tasks=60, services=4),
}
DOORS: tuple[tuple[object, str], ...] = (
    (builtins, "open"),
    (builtins, "input"),
    (io, "open"),
    (os, "open"),
    (os, "stat"),
    (os, "listdir"),
    (os, "getenv"),
    (os, "system"),
    (os, "urandom"),
    (socket, "socket"),
    (socket, "getaddrinfo"),
    (subprocess, "Popen"),
    (threading, "Thread"),
    (time, "time"),
    (time, "time_ns"),
    (time, "monotonic"),
    (time, "perf_counter"),
    (time, "sleep"),
    (random, "random"),
    (asyncio, "run"),
    (asyncio, "sleep"),
    (asyncio, "get_running_loop"),
    (asyncio, "create_task"),
    (asyncio, "to_thread"),
)


class Opened(BaseException):
    """A door was opened; no `except Exception` can hide it."""


@pytest.fixture
def shut(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every way out raises while the test runs."""

    def door(name: str) -> Callable[..., Any]:
        def opened(*given: object, **named: object) -> Any:
            raise Opened(name)

        return opened

    checks(), playbooks(), rules()
    with monkeypatch.context() as patched:
        for place, name in DOORS:
            patched.setattr(place, name, door(f"{getattr(place, '__name__', place)}.{name}"))
        yield


def everything(world: World) -> None:
    """All that checks and playbooks are asked for."""
    found = findings(world, FACTS)
    strip(world, FACTS, found)
    cause(world, FACTS, found, diagnose(world, FACTS, found))
    timeline.timeline(world, FACTS)
    timeline.blind(world, FACTS)
    first = suspects.first_bad_minute(world, FACTS)
    suspects.suspects(world, FACTS, first.at if first else NOW, found)
    incident = worldpast.incident(NOW)
    keeping.kept(world, FACTS, incident)
    note.lines(world, FACTS, msgspec.structs.replace(incident, impact=keeping.impact(world, FACTS, incident)))


@pytest.mark.parametrize("name", BUILT)
def test_checks_and_playbooks_open_no_door(name: str, request: pytest.FixtureRequest) -> None:
    world = BUILT[name]()
    request.getfixturevalue("shut")
    everything(world)


def test_the_doors_are_shut(shut: None) -> None:
    for attempt in (lambda: Path("x").read_text(), time.time, lambda: socket.create_connection(("x", 1)), lambda: subprocess.run(["x"])):
        with pytest.raises(Opened):
            attempt()


def test_neither_asks_for_the_moment_but_in_the_facts() -> None:
    """`datetime.now` cannot be patched; nothing in the two rooms writes it."""
    root = Path(__file__).parents[2] / "clickit_tui"
    text = {file.name: file.read_text() for room in ("checks", "playbooks") for file in (root / room).glob("*.py")}
    assert len(text) > 30
    assert [name for name, source in text.items() if any(word in source for word in (".now()", ".today()", ".utcnow(", "now(UTC)"))] == []
