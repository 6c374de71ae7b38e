"""The endpoint: one WSGI application on loopback, one lock around every request and every step of the simulator."""

from __future__ import annotations

import json
import os
import secrets
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import botocore.exceptions
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from clickit_tui.demo import faults, sessions, wire
from clickit_tui.demo.errors import AwsError
from clickit_tui.demo.fallback import Fallback, missing
from clickit_tui.demo.incidents import plot, registry
from clickit_tui.demo.simulator import Simulator
from clickit_tui.demo.table import table

UNREADABLE = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)
"""What parameters of the wrong type or size raise where an operation reads them."""
CONTROL = "/_clickit/control"
TICK_S = 0.2
STEP_MOST_S = 86_400.0
HANG_STEP_S = 0.05
DROPS = 10
"""Pieces of a slow answer."""

Start = Callable[[str, list[tuple[str, str]]], Any]


class Endpoint:
    """The simulator behind HTTP. `clock` gives epoch seconds; `token` guards the control endpoint.

    `incident` begins with the simulator, `elapsed_s` before the present; `given` are faults as `faults.parse` reads them, from now on.
    Raises ValueError for an unknown incident or a fault that cannot be read.
    """

    def __init__(
        self,
        *,
        seed: int,
        elapsed_s: float,
        latency_ms: float,
        paused: bool,
        incident: str = "",
        given: Sequence[str] = (),
        clock: Callable[[], float] = time.time,
        token: str = "",
    ) -> None:
        self.clock = clock
        self.token = token or secrets.token_urlsafe(18)
        self.latency_s = latency_ms / 1000
        self.lock = threading.RLock()
        self.faults: list[faults.Fault] = []
        self.counts: Counter[str] = Counter()
        self._table = table()
        self._owned = {service for service, _ in self._table}
        self._fallback = Fallback()
        self._usual_latency_s = self.latency_s
        self.paused = paused
        self.sim = self._fresh(seed, elapsed_s, registry.find(incident, seed))
        self.faults += [self._fault(each) for each in given]

    def _fault(self, text: str) -> faults.Fault:
        """A fault from now on. Raises ValueError when it cannot be read, or can never hit anything that ClickIt serves."""
        found = faults.parse(text, self.clock())
        elsewhere = found.operation.partition(".")[0] in faults.ELSEWHERE
        if not elsewhere and not any(found.names(service, operation) for service, operation in self._table):
            raise ValueError(f"{found.operation!r} names nothing that is served; write it like ecs.DescribeTasks or rds.*")
        return found

    def _fresh(self, seed: int, elapsed_s: float, incident: plot.Incident | None = None) -> Simulator:
        if not 0 <= elapsed_s <= STEP_MOST_S:
            raise ValueError(f"the time that has passed must be between 0 and {STEP_MOST_S / 3600:.0f} hours")
        now = self.clock()
        # Alarms and scaling look at whole minutes: begun on one, two runs of a seed differ in how far they have come only.
        sim = Simulator(seed=seed, now=(now - elapsed_s) // 60 * 60, shape=plot.shaped(incident))
        if incident:
            self._begin(incident, sim)
        sim.step(now)
        self._ahead_s = 0.0
        return sim

    def _begin(self, incident: plot.Incident, sim: Simulator, *, soon: bool = False) -> None:
        plot.begin(incident, sim, soon=soon)
        self.faults += [self._fault(each) for each in incident.faults]

    def tick(self) -> None:
        """Let the simulator catch up with the clock unless it is held."""
        with self.lock:
            if not self.paused:
                self.sim.step(self.clock() + self._ahead_s)

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        said = str(environ.get("CONTENT_LENGTH") or "0")
        size = int(said) if said.isascii() and said.isdecimal() else 0
        body = environ["wsgi.input"].read(size) if size else b""
        if environ.get("PATH_INFO") == CONTROL:
            return _send(self._control(environ, body), start)
        if environ.get("PATH_INFO") == sessions.PATH:
            return _send(self._joined(body), start)
        if self.latency_s:
            time.sleep(self.latency_s)
        return self._aws(environ, body, start)

    def _aws(self, environ: dict[str, Any], body: bytes, start: Start) -> Iterable[bytes]:
        headers = {key[5:].replace("_", "-").lower(): value for key, value in environ.items() if key.startswith("HTTP_")}
        path = environ.get("PATH_INFO", "/")
        try:
            asked = wire.read(headers, path, body, environ.get("QUERY_STRING", ""))
        except AwsError as error:
            region, service = wire.region_of(headers.get("authorization", ""))
            return _send(wire.refusal(wire.Asked(service, "", {}, region, wire.protocol_of(headers), secrets.token_hex(8)), error), start)
        fault = self._struck(asked)
        if fault is None:
            return _send(self._answer(asked, environ, body), start)
        self._wait(fault)
        if fault.kind == "reset":
            _cut(environ)
        return _spoilt(fault, self._refused(fault, asked) or self._answer(asked, environ, body, fault), start)

    def _wait(self, fault: faults.Fault) -> None:
        """Take the time that a fault takes; a call that hangs is let go when the fault is over."""
        if fault.kind == "delay":
            time.sleep(fault.length_s)
        while fault.kind == "hang" and fault in self.faults and not fault.over(self.clock()):
            time.sleep(HANG_STEP_S)

    def _refused(self, fault: faults.Fault, asked: wire.Asked) -> wire.Answer | None:
        """What a fault answers in place of the operation; None when the operation is carried out."""
        if page := faults.page(fault):
            status, kind, body = page
            return wire.Answer(status, [("Content-Type", kind)], body)
        error = missing(asked) if fault.kind == "unserved" else faults.error(fault, asked.service, asked.operation)
        return None if error is None else wire.refusal(asked, error)

    def _struck(self, asked: wire.Asked) -> faults.Fault | None:
        with self.lock:
            self.counts[f"{asked.service}.{asked.operation}"] += 1
            now = self.clock()
            self.faults = [each for each in self.faults if not each.over(now)]
            return next((each for each in self.faults if each.strikes(asked.service, asked.operation, now)), None)

    def _answer(self, asked: wire.Asked, environ: dict[str, Any], body: bytes, fault: faults.Fault | None = None) -> wire.Answer:
        operation = self._table.get((asked.service, asked.operation))
        with self.lock:
            try:
                if operation is None:
                    if not asked.service or asked.service in self._owned:
                        raise missing(asked)
                    return self._fallback.answer(asked, environ, body)
                self.sim.served = max(self.sim.now, self.clock())
                return wire.answer(asked, faults.thinned(fault, operation(self.sim, wire.params(asked))))
            except AwsError as error:
                return wire.refusal(asked, error)
            except (botocore.exceptions.UnknownServiceError, botocore.model.OperationNotFoundError):
                return wire.refusal(asked, missing(asked))
            except UNREADABLE as error:
                return wire.refusal(asked, AwsError("ValidationException", f"The request could not be answered: {error!r}"))

    def _control(self, environ: Mapping[str, Any], body: bytes) -> wire.Answer:
        if not secrets.compare_digest(environ.get("HTTP_X_CLICKIT_TOKEN", "").encode(), self.token.encode()):
            return _json(403, {"error": "the control endpoint needs the token that was printed at the start"})
        try:
            wanted = json.loads(body or b"{}")
            if not isinstance(wanted, dict):
                raise ValueError("a command is a JSON object")
            done = self.control(str(wanted.pop("do", "")), wanted)
        except UNREADABLE as error:
            return _json(400, {"error": f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)})
        return _json(200, done)

    def _joined(self, body: bytes) -> wire.Answer:
        """What the stand-in for session-manager-plugin is told."""
        try:
            wanted = json.loads(body)
            with self.lock:
                return _json(200, sessions.join(self.sim, str(wanted["session"]), str(wanted["token"])))
        except (ValueError, TypeError, KeyError) as error:
            return _json(403, {"error": str(error)})

    def control(self, do: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """One command of the control endpoint. Raises ValueError for an unknown one."""
        commands: dict[str, Callable[[Mapping[str, Any]], None]] = {
            "state": lambda _: None,
            "pause": lambda _: setattr(self, "paused", True),
            "resume": self._resume,
            "reset": self._reset,
            "incident": self._incident,
            "step": self._step,
            "log_rate": lambda given: setattr(self.sim.voice, "factor", _amount(given, "factor", 1000)),
            "latency": lambda given: setattr(self, "latency_s", _amount(given, "ms", 60_000) / 1000),
            "fault": lambda given: self.faults.append(self._fault(str(given["fault"]))),
            "heal": lambda _: self.faults.clear(),
            "forget_counts": lambda _: self.counts.clear(),
        }
        if do not in commands:
            raise ValueError(f"unknown command {do!r}; known are {', '.join(commands)}")
        with self.lock:
            commands[do](given)
            return {"paused": self.paused, "now": self.sim.now, "seed": self.sim.seed, "counts": dict(self.counts)}

    def _resume(self, given: Mapping[str, Any]) -> None:
        self._ahead_s = max(0.0, self.sim.now - self.clock())
        self.paused = False

    def _reset(self, given: Mapping[str, Any]) -> None:
        seed = int(given.get("seed", self.sim.seed))
        incident = registry.find(str(given.get("incident", "")), seed)
        self.faults.clear()
        self.counts.clear()
        self.latency_s = self._usual_latency_s
        self.paused = bool(given.get("paused", False))
        self.sim = self._fresh(seed, float(given.get("elapsed_s", 0.0)), incident)

    def _incident(self, given: Mapping[str, Any]) -> None:
        """Let an incident begin now, without long pauses between its causes; one that needs another past begins with a fresh simulator."""
        incident = registry.find(str(given["name"]), self.sim.seed)
        if incident is None:
            raise ValueError("an incident needs its name")
        if incident.shape:
            self.sim = self._fresh(self.sim.seed, 0.0, incident)
        else:
            self._begin(incident, self.sim, soon=True)

    def _step(self, given: Mapping[str, Any]) -> None:
        seconds = float(given["seconds"])
        if not 0 <= seconds <= STEP_MOST_S:
            raise ValueError(f"seconds must be between 0 and {STEP_MOST_S:.0f}")
        self.sim.step(self.sim.now + seconds)


def _amount(given: Mapping[str, Any], name: str, most: float) -> float:
    value = float(given[name])
    if not 0 <= value <= most:
        raise ValueError(f"{name} must be between 0 and {most:.0f}")
    return value


def _json(status: int, found: Mapping[str, Any]) -> wire.Answer:
    return wire.Answer(status, [("Content-Type", "application/json")], json.dumps(found).encode())


def _send(answer: wire.Answer, start: Start) -> Iterable[bytes]:
    start(f"{answer.status} -", [*answer.headers, ("Content-Length", str(len(answer.body)))])
    return [answer.body]


def _spoilt(fault: faults.Fault, answer: wire.Answer, start: Start) -> Iterable[bytes]:
    """An answer as a fault lets it through."""
    if fault.kind == "truncate":
        return _truncated(answer, start)
    start(f"{answer.status} -", [*answer.headers, *faults.date(fault), ("Content-Length", str(len(answer.body)))])
    return _dripping(answer.body, fault.length_s) if fault.kind == "slow" else [answer.body]


def _dripping(body: bytes, seconds: float) -> Iterator[bytes]:
    size = len(body) // DROPS + 1
    for begin in range(0, len(body), size):
        time.sleep(seconds / DROPS)
        yield body[begin : begin + size]


def _truncated(answer: wire.Answer, start: Start) -> Iterable[bytes]:
    """Promise the whole body and send half of it."""
    start(f"{answer.status} -", [*answer.headers, ("Content-Length", str(len(answer.body))), ("Connection", "close")])
    return [answer.body[: len(answer.body) // 2]]


def _cut(environ: Mapping[str, Any]) -> None:
    """Cut the connection with a TCP reset."""
    connection = environ["werkzeug.socket"]
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(connection.detach())  # close() would wait for the files that the handler made of the socket
    raise ConnectionResetError


class _Handler(WSGIRequestHandler):
    """Keeps connections open and says nothing."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    error_content_type = "text/plain"
    error_message_format = "%(code)d %(message)s"

    def connection_dropped(self, error: BaseException, environ: dict[str, Any] | None = None) -> None:
        """No further request is expected on a connection that is gone."""
        self.close_connection = True

    def log(self, type: str, message: str, *args: object) -> None:
        """Nothing is printed per request."""


def bind(endpoint: Endpoint, port: int) -> BaseWSGIServer:
    """The server on 127.0.0.1; port 0 lets the system choose. Raises OSError when the port is taken."""
    server = make_server("127.0.0.1", port, endpoint, threaded=True, request_handler=_Handler)
    server.daemon_threads = True  # type: ignore[attr-defined]
    return server


def tick_for_ever(endpoint: Endpoint, stop: threading.Event) -> None:
    """Step the simulator until `stop` is set."""
    while not stop.wait(TICK_S):
        endpoint.tick()
