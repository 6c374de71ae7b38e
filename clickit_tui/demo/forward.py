"""The stand-in's forwarded port: real connections from 127.0.0.1 to the toy database."""

from __future__ import annotations

import signal
import socket
import sys
import threading


def forward(session: str, local_port: int, toy_port: int) -> int:
    """Forward until SIGINT or SIGTERM; as the plugin, the exit code is 0 also when the port is taken."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupted)
    try:
        listening = socket.create_server(("127.0.0.1", local_port))
    except OSError as error:
        print(f"\n\nSessionId: {session} : listen tcp 127.0.0.1:{local_port}: bind: {error.strerror}\n", flush=True)
        return 0
    print(f"Port {listening.getsockname()[1]} opened for sessionId {session}.\nWaiting for connections...\n", flush=True)
    try:
        while True:
            near, _ = listening.accept()
            threading.Thread(target=_join, args=(near, toy_port), daemon=True).start()
    except KeyboardInterrupt:
        print(f"\n\nExiting session with sessionId: {session}.\n", flush=True)
        return 0


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def _join(near: socket.socket, toy_port: int) -> None:
    """One connection, both ways, until either side ends it."""
    try:
        far = socket.create_connection(("127.0.0.1", toy_port), 5.0)
    except OSError:
        sys.stdout.write("Connection to destination port failed, check SSM Agent logs.\n")
        sys.stdout.flush()
        near.close()
        return
    far.settimeout(None)
    back = threading.Thread(target=_copy, args=(far, near), daemon=True)
    back.start()
    _copy(near, far)
    back.join()
    near.close()
    far.close()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65_536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return
