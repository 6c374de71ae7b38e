"""The child process of `launch.start`: says when it is ready through one pipe and ends when the other one is closed by its parent."""

from __future__ import annotations

import argparse
import json
import os
import signal
import threading
from collections.abc import Callable, Sequence

Say = Callable[[dict[str, object]], None]


def options(parser: argparse.ArgumentParser) -> None:
    """What every way of starting the endpoint understands."""
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (default: a free one)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same ClickIt")
    parser.add_argument("--latency-ms", type=float, default=0.0, help="delay every answer")
    parser.add_argument("--elapsed-s", type=float, default=0.0, help=argparse.SUPPRESS)
    parser.add_argument(
        "--elapsed", type=_elapsed, dest="elapsed_s", metavar="TIME", help="let this much time have passed: 90s, 25m, 1h", default=0.0
    )
    parser.add_argument("--incident", default="", metavar="NAME", help="what goes wrong; `random` lets the seed choose")
    parser.add_argument("--fault", action="append", default=[], metavar="SERVICE.OPERATION=KIND[:LIMIT]", help="what AWS refuses")
    parser.add_argument("--paused", action="store_true", help="hold the simulator still")


def _elapsed(text: str) -> float:
    """Seconds of --elapsed; argparse.ArgumentTypeError says what is wrong."""
    from clickit_tui.demo.faults import duration

    try:
        return duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def run(given: argparse.Namespace, say: Say, ended: threading.Event) -> None:
    """Serve until `ended` is set; says progress, then {"port", "token"}, or {"error"}."""
    say({"progress": "loading"})
    from clickit_tui.demo import server

    say({"progress": "two hours of ClickIt's past"})
    try:
        endpoint = server.Endpoint(
            seed=given.seed,
            elapsed_s=given.elapsed_s,
            latency_ms=given.latency_ms,
            paused=given.paused,
            incident=given.incident,
            given=given.fault,
        )
    except (ValueError, RuntimeError) as error:
        say({"error": str(error)})
        return
    try:
        listening = server.bind(endpoint, given.port)
    except (OSError, SystemExit) as error:
        say({"error": f"port {given.port} on 127.0.0.1 cannot be used ({error})"})
        return
    threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
    say({"port": listening.server_port, "token": endpoint.token})
    server.tick_for_ever(endpoint, ended)
    listening.server_close()


def _watch(lifeline: int, ended: threading.Event) -> None:
    """Set `ended` when the parent's end of the pipe is gone."""
    try:
        while os.read(lifeline, 1):
            pass
    finally:
        ended.set()


def main(arguments: Sequence[str] | None = None) -> None:
    """`python -m clickit_tui.demo.child LIFELINE SAYING [options]`, with two inherited file descriptors."""
    parser = argparse.ArgumentParser()
    parser.add_argument("lifeline", type=int)
    parser.add_argument("saying", type=int)
    options(parser)
    given = parser.parse_args(arguments)
    ended = threading.Event()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    threading.Thread(target=_watch, args=(given.lifeline, ended), daemon=True).start()
    run(given, lambda said: _say(given.saying, said), ended)


def _say(saying: int, said: dict[str, object]) -> None:
    os.write(saying, json.dumps(said).encode() + b"\n")


if __name__ == "__main__":
    main()
