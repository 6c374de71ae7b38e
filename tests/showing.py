"""The dashboard on a fixture World, for pictures and pseudo-terminal tests: `python -m tests.showing incident [read-only]`."""

from __future__ import annotations

import sys
import tempfile
import uuid
from pathlib import Path

import msgspec

from clickit_tui.app import run
from clickit_tui.config import Config
from clickit_tui.logs.line import LogLine
from clickit_tui.replay import Replay
from clickit_tui.replay_app import ReplayDashboard
from clickit_tui.tape.reading import opened
from tests import worldpast, worlds
from tests.fakes import FakeCore, line
from tests.tape.taped import recorded

TEXTS = (
    ("error", "api", "could not connect to server: connection refused"),
    ("error", "api", "GET /v1/items 500 2810 ms"),
    ("warn", "frontend", "upstream answered 500, retrying"),
    ("info", "api", "GET /v1/health 200 2 ms"),
)


def story(count: int = 600) -> list[LogLine]:
    """Ten minutes of requests, one a second, some of them JSON, with a burst of errors and a line that came late."""
    lines = []
    for i in range(count):
        level = "error" if i % 37 == 0 or (400 < i < 440 and i % 3 == 0) else "warn" if i % 23 == 0 else "info"
        text = {"error": "could not connect to server: connection refused", "warn": "upstream answered 500, retrying"}.get(
            level, "GET /v1/items"
        )
        made = line(i - count, "api" if i % 3 else "frontend", level, text, "8f3a21bc" if i % 3 else "91d0aa07")
        fields = f'"status":{500 if level == "error" else 200},"duration_ms":{i % 300},"path":"/v1/items"'
        raw = f'{{"level":"{level}","message":"{text}",{fields}}}' if i % 3 else ""
        lines.append(msgspec.structs.replace(made, raw=raw, late=i == count - 5))
    return lines


def core(name: str, read_only: str = "") -> FakeCore:
    """A core that holds a fixture World still; `logs` is an incident with more of the log, `declared` one that somebody has declared."""
    if name == "logs":
        return FakeCore(worlds.incident_world(worlds.NOW), lines=story())
    if name == "declared":
        told = {"record": worldpast.told(worlds.NOW), "incidents": (worldpast.incident(worlds.NOW),)}
        return FakeCore(msgspec.structs.replace(worlds.incident_world(worlds.NOW), **told), lines=story(30))
    if name == "unset":
        unset = FakeCore(worlds.unset_world(worlds.NOW))
        told = {"profile": "ops", "profile_source": "environment prod in clickit.toml", "region": "eu-west-1", "file": "clickit.toml"}
        unset.config = msgspec.structs.replace(unset.config, **told)
        return unset
    world = worlds.loading_world() if name == "loading" else getattr(worlds, f"{name}_world")(worlds.NOW)
    lines = [
        line(i - 30, part=p, level=level, text=text, task="8f3a21bc" if p == "api" else "91d0aa07")
        for i in range(30)
        for level, p, text in [TEXTS[i % 4]]
    ]
    return FakeCore(world, read_only=read_only, lines=lines)


def replayed() -> Replay:
    """A replay of a fixture incident, at its end."""
    with tempfile.TemporaryDirectory() as folder:
        tape = opened(recorded(Path(folder) / "incident.tape"))
    replay = Replay(Config(env=worlds.ENV, names=worlds.NAMES), tape)
    replay.seek(tape.ended_at)
    return replay


if __name__ == "__main__":
    uuid.uuid4 = lambda: uuid.UUID(int=7)  # type: ignore[assignment]  # a picture shows the same token each time
    if sys.argv[1] == "replayed":
        run(replayed(), (), ReplayDashboard)
    else:
        run(core(sys.argv[1], "--read-only" if "read-only" in sys.argv else ""))
