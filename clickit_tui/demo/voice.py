"""What the tasks write to their log streams: the api JSON lines, frontend and migration plain ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from clickit_tui.demo.state import Environment, Task
from clickit_tui.demo.traffic import poisson

if TYPE_CHECKING:
    from clickit_tui.demo.simulator import Simulator

RATES = {("dev", "api"): 0.8, ("dev", "frontend"): 0.35, ("prod", "api"): 2.0, ("prod", "frontend"): 0.8}
"""Lines per second of all tasks of a part together."""

API_PATHS = ("/api/v1/links", "/api/v1/links/{id}", "/api/v1/clicks", "/api/v1/stats/{id}", "/api/v1/sessions", "/api/v1/account")
PAGES = ("/", "/login", "/dashboard", "/links/{id}", "/settings", "/static/app.js", "/static/app.css")
ODD = (
    ("WARN", "slow query", {"table": "clicks", "ms": 312}),
    ("WARN", "rate limit near", {"client": "batch-importer", "left": 14}),
    ("INFO", "cache refreshed", {"keys": 211}),
    ("INFO", "session cleanup", {"removed": 37}),
)
CAUSES = {
    "connection refused": "psycopg.OperationalError: connection to server at {host}, port 5432 failed: Connection refused",
    "timeout expired": "psycopg.OperationalError: connection to server at {host}, port 5432 failed: timeout expired",
    "no space left": 'psycopg.errors.DiskFull: could not extend file "base/16401/24883": No space left on device',
    "lock timeout": "psycopg.errors.LockNotAvailable: canceling statement due to lock timeout",
    "outside": "httpx.ConnectTimeout: connecting to api.payments.example timed out",
    "too many clients already": "psycopg.OperationalError: FATAL:  sorry, too many clients already",
}
MIGRATION = (
    "INFO  [alembic.runtime.migration] Context impl PostgresqlImpl.",
    "INFO  [alembic.runtime.migration] Will assume transactional DDL.",
    "INFO  [alembic.runtime.migration] Running upgrade 8f31c0 -> a94d17, add clicks.country",
    "INFO  [alembic.runtime.migration] Running upgrade a94d17 -> c02be5, index clicks on link and day",
    "migration finished: 2 revisions in 41.8 s",
)


def stamp(at: float) -> str:
    """A time as programs write it: 2026-11-23T07:31:20.123Z."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Voice:
    """Writes the lines of one simulator's tasks."""

    def __init__(self, sim: Simulator) -> None:
        self._sim = sim
        self.factor = 1.0
        """Multiplies the rates of RATES; 0 silences ordinary lines (errors are still written)."""
        self._last = ("", 0, 0)
        """Stream, time and ingestion of the newest line: lines of one moment are taken in together, in the order they were written."""

    def line(self, task: Task, at: float, text: str) -> None:
        """One line of a task, ingested some seconds after it was written; lost when the group does not exist."""
        group, lost = task.log_group, task.behaviour.lost_lines
        if group not in self._sim.logs.groups or (lost and self._sim.rng.random() < lost):
            return
        at_ms, ingested_ms = int(at * 1000), int((at + self._sim.rng.uniform(0.8, 3.5)) * 1000)
        if self._last[:2] == (task.stream, at_ms):
            ingested_ms = self._last[2]
        self._last = (task.stream, at_ms, ingested_ms)
        self._sim.logs.put(group, task.stream, at_ms, text, ingested_ms)

    def ordinary(self, env: Environment, now: float, dt_s: float) -> None:
        """The lines of `dt_s` seconds up to now."""
        rng = self._sim.rng
        for part, write in (("api", self._api), ("frontend", self._frontend)):
            name = env.names.service(part)
            speakers = [each for each in env.tasks.values() if each.service == name and each.last_status == "RUNNING"]
            if not speakers:
                continue
            times = sorted(rng.uniform(now - dt_s, now) for _ in range(poisson(rng, RATES[env.name, part] * dt_s * self.factor)))
            for at in times:
                write(env, rng.choice(speakers), at)

    def _api(self, env: Environment, task: Task, at: float) -> None:
        rng = self._sim.rng
        if task.behaviour.mutters and rng.random() < 0.06:
            self.line(task, at, rng.choice(task.behaviour.mutters).replace("{ts}", stamp(at)))
            return
        if rng.random() < 0.03:
            level, said, more = rng.choice(ODD)
            self.line(task, at, json.dumps({"ts": stamp(at), "level": level, "logger": "clickit.api", "msg": said} | more))
            return
        pattern = rng.choice(API_PATHS)
        path = pattern.replace("{id}", f"{rng.randrange(1, 99_999)}")
        status = 404 if rng.random() < 0.012 else 201 if rng.random() < 0.1 else 200
        ms = max(2, int(38 * task.behaviour.slow * rng.lognormvariate(0, 0.5)))
        if pattern == task.behaviour.slow_path:
            ms += int(task.behaviour.slow_path_ms * rng.uniform(0.7, 1.4))
        self.line(task, at, self._request("INFO", at, "GET" if status != 201 else "POST", path, status, ms))

    def _request(self, level: str, at: float, method: str, path: str, status: int, ms: int) -> str:
        known = {"ts": stamp(at), "level": level, "logger": "clickit.access", "msg": "request", "method": method, "path": path}
        return json.dumps(known | {"status": status, "ms": ms, "request_id": self._sim.hexes(16)})

    def _frontend(self, env: Environment, task: Task, at: float) -> None:
        rng = self._sim.rng
        path = rng.choice(PAGES).replace("{id}", f"{rng.randrange(1, 99_999)}")
        ms = max(1, int(12 * rng.lognormvariate(0, 0.5)))
        self.line(task, at, f"{stamp(at)} INFO  GET {path} 200 {ms}ms")

    def failed(self, env: Environment, part: str, task: Task | None, status: int, ms: float, cause: str) -> None:
        """A request that was answered with an error, by the task that answered it."""
        if task is None:
            return
        rng, now = self._sim.rng, self._sim.now
        at = now - rng.random()
        if part == "frontend":
            self.line(task, at, f"{stamp(at)} ERROR GET {rng.choice(PAGES[:3])} {status} {int(ms)}ms")
            return
        path = rng.choice(API_PATHS).replace("{id}", f"{rng.randrange(1, 99_999)}")
        said = CAUSES.get(cause, task.behaviour.error_says).replace("{host}", env.database.host)
        known = {"ts": stamp(at), "level": "ERROR", "logger": "clickit.api", "msg": said, "path": path, "status": status}
        self.line(task, at, json.dumps(known | {"ms": int(ms), "request_id": self._sim.hexes(16)}))

    def started(self, env: Environment, task: Task, now: float) -> None:
        """The first lines of a task."""
        part = task.definition.container["name"]
        version = task.definition.container["image"].rsplit(":", 1)[-1]
        if part == "api":
            for after, said in (
                (0.4, f"clickit api {version} starting"),
                (2.1, "connected to database"),
                (2.6, "listening on 0.0.0.0:8000"),
            ):
                at = now + after
                self.line(task, at, json.dumps({"ts": stamp(at), "level": "INFO", "logger": "clickit.api", "msg": said}))
        elif part == "frontend":
            self.line(task, now + 0.5, f"{stamp(now + 0.5)} INFO  clickit frontend {version} ready on port 3000")

    def stopping(self, env: Environment, task: Task, now: float) -> None:
        """The last lines of a task that was asked to end."""
        part = task.definition.container["name"]
        if part == "api":
            self.line(
                task, now, json.dumps({"ts": stamp(now), "level": "INFO", "logger": "clickit.api", "msg": "SIGTERM received, draining"})
            )
        elif part == "frontend":
            self.line(task, now, f"{stamp(now)} INFO  SIGTERM received, closing server")

    def crashed(self, env: Environment, task: Task, now: float) -> None:
        """What a program leaves behind that ends by itself."""
        for text in task.behaviour.last_words:
            self.line(task, now, text)

    def migrated(self, task: Task, start: float, took_s: float, wait: Callable[[int], float] | None = None) -> None:
        """The lines of a finished migration."""
        for index, text in enumerate(MIGRATION):
            self.line(task, start + took_s * index / len(MIGRATION), text)
