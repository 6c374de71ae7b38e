"""A tunnel on the running demo: a real port to a toy database, shown while it is open, and gone with the dashboard however that ends."""

from __future__ import annotations

import re
import signal
import socket
import struct
from collections.abc import Iterator

import pytest

from clickit_tui.demo.launch import Demo, start
from tests.pty.harness import alive
from tests.pty.test_shell import Stage

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
    with Stage(tmp_path_factory.mktemp("tunnel"), clickit).dashboard() as terminal:
        terminal.wait_for(r"api +2/2")
        terminal.wait_for(r"db \d+/60")
        terminal.settle(0.5)
        terminal.press("g", "P")
        terminal.wait_for("database +via api")
        terminal.press("enter")
        terminal.wait_for("type yes")
        assert "hostaddr=127.0.0.1" in terminal.text
        terminal.settle(0.7)
        terminal.type("yes")
        terminal.wait_for("copy  psql")
        found = re.search(r"tunnel 127\.0\.0\.1:(\d+) to database", terminal.text)
        assert found
        assert greeted(int(found[1])).startswith(b"NR")
        terminal.press("escape")
        terminal.wait_gone("copy  psql")
        terminal.wait_for(rf"DEV .*tunnel :{found[1]}.*OPERATOR")
        terminal.press("q")
        terminal.wait_for("1 tunnel is closed")
        terminal.press("escape")
        terminal.wait_gone("1 tunnel is closed")
        family = terminal.family()
        assert len(family) >= 3
        terminal.signal(signal.SIGKILL)
        terminal.wait_until(lambda: not any(alive(pid) for pid in family), 20.0, "the end of every process")
