"""A toy that speaks just enough of PostgreSQL's protocol for a client to connect and to be told what it is."""

from __future__ import annotations

import socketserver
import struct
import threading

SSL_REQUEST, CANCEL_REQUEST = 80877103, 80877102
SAYS = "this is the toy database of clickit-tui's demo"


def message(kind: bytes, body: bytes = b"") -> bytes:
    """One message of the backend."""
    return kind + struct.pack(">I", len(body) + 4) + body


def rows(text: str) -> bytes:
    """The answer to any query: one row with one column."""
    column = b"toy\x00" + struct.pack(">IhIhih", 0, 0, 25, -1, -1, 0)
    said = text.encode()
    return (
        message(b"T", struct.pack(">h", 1) + column)
        + message(b"D", struct.pack(">hI", 1, len(said)) + said)
        + message(b"C", b"SELECT 1\x00")
        + message(b"Z", b"I")
    )


class _Connection(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        while (code := self._start()) == SSL_REQUEST:
            self.wfile.write(b"N")
        if code in (None, CANCEL_REQUEST):
            return
        greeting = message(b"S", b"server_version\x0016.3 (toy)\x00") + message(b"S", b"client_encoding\x00UTF8\x00")
        self.wfile.write(message(b"R", struct.pack(">I", 0)) + greeting + message(b"Z", b"I"))
        while kind := self.rfile.read(1):
            body = self.rfile.read(struct.unpack(">I", self.rfile.read(4))[0] - 4)
            if kind == b"X" or body is None:
                return
            if kind == b"Q":
                self.wfile.write(rows(SAYS))

    def _start(self) -> int | None:
        """The code of a start-up message, whose body is passed over; None when the client has gone."""
        head = self.rfile.read(8)
        if len(head) < 8:
            return None
        length, code = struct.unpack(">II", head)
        self.rfile.read(length - 8)
        return int(code)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


_started: list[_Server] = []
_starting = threading.Lock()


def port() -> int:
    """The toy's port on 127.0.0.1; it is started by the first who asks and ends with this process."""
    with _starting:
        if not _started:
            server = _Server(("127.0.0.1", 0), _Connection)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            _started.append(server)
    return int(_started[0].server_address[1])
