"""A tiny AWS on loopback for tests: counts what arrives and answers what it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

Answer = tuple[int, str, bytes]
"""Status, content type, body. A status of 0 closes the connection without a word."""

IDENTITY = (
    b'<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
    b"<Arn>arn:aws:sts::111122223333:assumed-role/OnCall/anna</Arn><UserId>AROA:anna</UserId><Account>111122223333</Account>"
    b"</GetCallerIdentityResult></GetCallerIdentityResponse>"
)

ASSUMED = (
    b"<AssumeRoleResponse><AssumeRoleResult><AssumedRoleUser><Arn>arn:aws:sts::111122223333:assumed-role/Observer/x</Arn>"
    b"<AssumedRoleId>AROA:x</AssumedRoleId></AssumedRoleUser><Credentials><AccessKeyId>ASIAROLE</AccessKeyId>"
    b"<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration>"
    b"</Credentials></AssumeRoleResult></AssumeRoleResponse>"
)


def as_json(value: object, status: int = 200) -> Answer:
    return status, "application/x-amz-json-1.1", json.dumps(value).encode()


def as_xml(body: bytes, status: int = 200) -> Answer:
    return status, "text/xml", body


class Endpoint:
    """What arrived, in order, as (operation, parameters); `answers` maps an operation to a function of its parameters."""

    def __init__(self) -> None:
        self.arrived: list[tuple[str, dict[str, object]]] = []
        self.authorizations: list[str] = []
        self.answers: dict[str, Callable[[dict[str, object]], Answer]] = {"GetCallerIdentity": lambda _: as_xml(IDENTITY)}
        self.url = ""

    def count(self, operation: str) -> int:
        return sum(1 for name, _ in self.arrived if name == operation)

    def answer(self, operation: str, params: dict[str, object]) -> Answer:
        self.arrived.append((operation, params))
        return self.answers.get(operation, lambda _: as_json({}))(params)


def _request(path: str, headers: dict[str, str], body: bytes) -> tuple[str, dict[str, object]]:
    target = headers.get("x-amz-target", "")
    if target:
        return target.rpartition(".")[2], json.loads(body or b"{}")
    form = {key: values[0] for key, values in parse_qs(body.decode(errors="replace")).items()}
    if "Action" in form:
        return form["Action"], dict(form)
    return path, json.loads(body) if body.startswith(b"{") else {}


@contextmanager
def endpoint() -> Iterator[Endpoint]:
    """A running endpoint; its `url` is on loopback at a port of its own choosing."""
    state = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {key.lower(): value for key, value in self.headers.items()}
            state.authorizations.append(headers.get("authorization", ""))
            status, kind, answer = state.answer(*_request(self.path.partition("?")[0], headers, body))
            if status == 0:
                self.close_connection = True
                self.connection.close()
                return
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_PUT = do_DELETE = do_POST  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            pass

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except (ConnectionError, ValueError, OSError):
                self.close_connection = True

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
