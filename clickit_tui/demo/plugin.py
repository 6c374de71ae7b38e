"""Stands in for session-manager-plugin on the embedded ClickIt: the same command line, environment and exit codes.

A session of ECS Exec is a shell in a scratch folder of this machine, and it says so; a forwarded port is a real one, to a toy database.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import select
import shlex
import shutil
import signal
import stat
import struct
import sys
import tempfile
import termios
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

VERSION = "1.2.896.0"
RESPONSE = "AWS_SSM_START_SESSION_RESPONSE"
JOIN_WITHIN_S = 20.0
SCRATCH = "clickit-demo-container-"


def install(folder: str) -> str:
    """Write the command that runs this file into a folder; returns its path."""
    path = Path(folder, "session-manager-plugin")
    path.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m clickit_tui.demo.plugin "$@"\n', encoding="utf-8")
    path.chmod(stat.S_IRWXU)
    return str(path)


def main(arguments: Sequence[str]) -> int:
    """As session-manager-plugin: argv is RESPONSE REGION StartSession PROFILE PARAMETERS ENDPOINT."""
    if not arguments:
        print("\nThe Session Manager plugin was installed successfully. Use the AWS CLI to start a session.\n")
        return 0
    if arguments[0] == "--version":
        print(VERSION)
        return 0
    given = os.environ.pop(arguments[0], "") if arguments[0].startswith(RESPONSE) else arguments[0]
    session = {str(name).lower(): str(value) for name, value in json.loads(given or "{}").items()}
    if not session.get("sessionid") or not json.loads(arguments[4]).get("Target"):
        return 2
    print(f"\nStarting session with SessionId: {session['sessionid']}", flush=True)
    try:
        told = _join(arguments[5], session)
    except ValueError as error:
        print(f"\n\nSessionId: {session['sessionid']} : {error}\n", flush=True)
        return 0
    if told["kind"] == "port":
        from clickit_tui.demo.forward import forward

        return forward(session["sessionid"], int(told["local_port"]), int(told["toy_port"]))
    _shell(session["sessionid"], told)
    return 0


def _join(endpoint: str, session: Mapping[str, str]) -> dict[str, Any]:
    """Ask the embedded ClickIt what the session is for. Raises ValueError with what the agent says."""
    body = json.dumps({"session": session["sessionid"], "token": session.get("tokenvalue", "")}).encode()
    request = urllib.request.Request(f"{endpoint}/_clickit/session", data=body, headers={"Content-Type": "application/json"})  # noqa: S310
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=JOIN_WITHIN_S) as answer:
            found: dict[str, Any] = json.load(answer)
            return found
    except urllib.error.HTTPError as error:
        raise ValueError(json.load(error).get("error", "refused")) from None
    except OSError as error:
        raise ValueError(f"the session's stream cannot be reached: {error}") from None


def _shell(session: str, told: Mapping[str, Any]) -> None:
    """Run the command in a scratch folder on a terminal of its own, as the agent does, until it ends."""
    folder = tempfile.mkdtemp(prefix=SCRATCH)
    try:
        print(f"This is a demo: {folder} on this machine stands for container {told['container']}.\n", flush=True)
        _furnish(folder, told)
        prompt = f"{told['environment']} {told['container']} (demo) $ "
        Path(folder, ".bashrc").write_text(f"PS1={shlex.quote(prompt)}\n", encoding="utf-8")
        _relay(shlex.split(told["command"]), _environ(folder, prompt, told), folder)
        print(f"\n\nExiting session with sessionId: {session}.\n", flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _furnish(folder: str, told: Mapping[str, Any]) -> None:
    """Put into the scratch folder what the container would have: a psql that knows the simulated database, a health path that answers."""
    Path(folder, "bin").mkdir()
    Path(folder, ".database.json").write_text(json.dumps(told["database"]), encoding="utf-8")
    python = shlex.quote(sys.executable)
    package = shlex.quote(str(Path(__file__).parents[2]))
    commands = {
        "psql": f'PYTHONPATH={package} exec {python} -m clickit_tui.demo.psql {shlex.quote(folder)} "$@"',
        "curl": f"printf '%s' {shlex.quote(told['health'])}",
    }
    for name, text in commands.items():
        path = Path(folder, "bin", name)
        path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        path.chmod(stat.S_IRWXU)


def _environ(folder: str, prompt: str, told: Mapping[str, Any]) -> dict[str, str]:
    """The container's variables; of this machine's only what a shell cannot do without."""
    kept = {name: os.environ[name] for name in ("PATH", "TERM", "LANG", "LC_ALL", "LC_CTYPE") if name in os.environ}
    kept["PATH"] = f"{folder}/bin:{kept.get('PATH', '')}"
    return {**kept, "HOME": folder, "PS1": prompt, "HISTFILE": "/dev/null", **told["variables"]}


def _relay(command: Sequence[str], environ: Mapping[str, str], folder: str) -> None:
    """The plugin's own way: line editing and echo off, signals caught and sent on as the characters they stand for."""
    with contextlib.suppress(termios.error):
        modes = termios.tcgetattr(0)
        modes[3] &= ~(termios.ICANON | termios.ECHO)
        termios.tcsetattr(0, termios.TCSANOW, modes)
    pid, master = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.execvpe(command[0], list(command), dict(environ))  # noqa: S606 - what was asked for, in a scratch folder
    for number, character in ((signal.SIGINT, b"\x03"), (signal.SIGTSTP, b"\x1a"), (signal.SIGQUIT, b"\x1c")):
        signal.signal(number, partial(_sent, master, character))
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(0))
    signal.signal(signal.SIGWINCH, lambda *_: _size(master))
    _size(master)
    _pass(master)
    os.close(master)
    os.waitpid(pid, 0)


def _sent(master: int, character: bytes, *_: object) -> None:
    os.write(master, character)


def _size(master: int) -> None:
    with contextlib.suppress(OSError):
        fcntl.ioctl(master, termios.TIOCSWINSZ, fcntl.ioctl(0, termios.TIOCGWINSZ, struct.pack("HHHH", 0, 0, 0, 0)))


def _pass(master: int) -> None:
    """Bytes in both directions until the command or the terminal has gone."""
    watched, waiting = [0, master], b""
    os.set_blocking(master, False)
    while True:
        readable, writable, _ = select.select(watched if len(waiting) < 65_536 else [master], [master] if waiting else [], [])
        try:
            if writable:
                waiting = waiting[os.write(master, waiting) :]
            if master in readable:
                data = os.read(master, 65_536)
                while data:
                    data = data[os.write(1, data) :]
            if 0 in readable:
                typed = os.read(0, 65_536)
                if not typed:
                    return
                waiting += typed
        except BlockingIOError:
            continue
        except OSError:
            return


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
