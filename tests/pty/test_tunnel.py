"""A tunnel on the running demo: a real port to a toy database, shown while it is open, and gone with the dashboard however that ends."""

from __future__ import annotations

import json
import re
import signal
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from clickit_tui.demo.launch import Demo, start
from tests.pty.harness import Terminal, alive
from tests.pty.test_shell import Stage, read

pytestmark = pytest.mark.xdist_group("pty shell")


@pytest.fixture(scope="module")
def clickit() -> Iterator[Demo]:
    with start(seed=1) as running:
        yield running


def greeted(port: int) -> bytes:
    """What a PostgreSQL client hears when it asks for encryption and then connects."""
    with socket.create_connection(("127.0.0.1", port), 10) as near:
        near.sendall(struct.pack(">II", 8, 80877103))
        refused = near.recv(1)
        start_up = struct.pack(">I", 196608) + b"user\x00anna\x00\x00"
        near.sendall(struct.pack(">I", len(start_up) + 4) + start_up)
        return refused + near.recv(4096)


def test_a_tunnel_leads_to_the_database_and_ends_with_a_killed_dashboard(clickit: Demo, tmp_path_factory: pytest.TempPathFactory) -> None:
    stage = Stage(tmp_path_factory.mktemp("tunnel"), clickit)
    with stage.dashboard(SSH_CONNECTION="203.0.113.9 50000 10.1.2.3 22") as terminal:
        terminal.wait_for(r"api +2/2")
        terminal.wait_for(r"db \d+/60")
        terminal.settle(0.5)
        terminal.press("g", "P")
        terminal.wait_for("database +via api")
        terminal.press("enter")
        terminal.wait_for("type yes")
        assert "hostaddr=127.0.0.1" in terminal.text
        assert "from your own machine: ssh -L" in terminal.text
        terminal.settle(0.7)
        terminal.type("yes")
        terminal.wait_for("copy the first line")
        found = re.search(r"tunnel 127\.0\.0\.1:(\d+) to database", terminal.text)
        assert found
        assert greeted(int(found[1])).startswith(b"NR")
        assert re.search(rf"ssh -L {found[1]}:127.0.0.1:{found[1]} \S*10\.1\.2\.3", terminal.text)
        told = secret_of(terminal)
        terminal.press("escape")
        terminal.wait_gone("copy the first line")
        terminal.wait_for(rf"DEV .*tunnel :{found[1]}.*OPERATOR")
        terminal.press("q")
        terminal.wait_for("1 tunnel is closed")
        terminal.press("escape")
        terminal.wait_gone("1 tunnel is closed")
        refused_where_it_is_denied(terminal, clickit)
        family = terminal.family()
        assert len(family) >= 3
        for argv in Path("/proc").glob("[0-9]*/cmdline"):
            assert not any(text in read(argv) for text in told), argv
        terminal.signal(signal.SIGKILL)
        terminal.wait_until(lambda: not any(alive(pid) for pid in family), 20.0, "the end of every process")
    files = [path for path in stage.folder.rglob("*") if path.is_file()]
    assert any(path.name == "journal.jsonl" for path in files)
    for path in files:
        assert not any(text in path.read_bytes() for text in told), path
    assert not any(text in bytes(terminal.raw) for text in told)


def secret_of(terminal: Terminal) -> list[bytes]:
    """Token and address of the session, out of the environment of what plays the plugin."""
    for pid in terminal.family():
        for variable in read(Path(f"/proc/{pid}/environ")).split(b"\0"):
            if variable.startswith(b"AWS_SSM_START_SESSION_RESPONSE="):
                session = json.loads(variable.partition(b"=")[2])
                return [session["TokenValue"].encode(), session["StreamUrl"].encode()]
    raise AssertionError("no process has a session")


def refused_where_it_is_denied(terminal: Terminal, clickit: Demo) -> None:
    """Another tunnel, which AWS denies, is explained."""
    clickit.fault("ssm.StartSession=deny")
    terminal.press("P")
    terminal.wait_for("database +via api")
    terminal.press("enter")
    terminal.wait_for("type yes")
    terminal.settle(0.7)
    terminal.type("yes")
    terminal.wait_for("no permission.*recommends denying|recommends denying.*meant so")
    terminal.press("escape")
    clickit.heal()
