"""The child process: it dies with its parent in every way, and `--serve` lives by signals alone."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable

import pytest

from clickit_tui.demo import fallback
from clickit_tui.demo.launch import Demo, DemoFailed, clean_environ, start

WITHIN_S = 20.0


def until(condition: Callable[[], bool]) -> bool:
    """Whether a condition comes true within WITHIN_S."""
    end = time.monotonic() + WITHIN_S
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def alive(pid: int) -> bool:
    """Whether a process exists that is no zombie."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_no_orphan_after_the_parent_is_killed() -> None:
    code = (
        "import sys; from clickit_tui.demo.launch import start; d = start(); print(d.pid, d.port, flush=True); "
        "import signal; signal.pause()"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True) as parent:
        try:
            assert parent.stdout
            pid, port = (int(each) for each in parent.stdout.readline().split())
            assert alive(pid)
        finally:
            parent.kill()
    assert until(lambda: not alive(pid))
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)


def test_stop_ends_the_child_and_removes_its_files() -> None:
    said: list[str] = []
    demo = start(paused=True, progress=said.append)
    empty = demo.environ()["AWS_CONFIG_FILE"]
    assert os.path.getsize(empty) == 0
    demo.stop()
    assert not alive(demo.pid)
    assert not os.path.exists(empty)
    assert said
    demo.stop()


def test_a_taken_port_is_said() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(DemoFailed, match="port"):
            start(port=taken.getsockname()[1])


def test_the_environment_is_the_demos_alone(demo_server: Demo) -> None:
    found = clean_environ({"AWS_PROFILE": "prod", "aws_session_token": "x", "PATH": "/bin"}, demo_server)
    assert found["AWS_ENDPOINT_URL"] == demo_server.url
    assert found["PATH"] == "/bin"
    assert not {"AWS_PROFILE", "aws_session_token", "AWS_SESSION_TOKEN"} & set(found)


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_serve_ignores_standard_input_and_ends_on_a_signal(sign: signal.Signals) -> None:
    command = [sys.executable, "-m", "clickit_tui.demo", "--serve", "--seed", "3"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as serving:
        try:
            assert serving.stdout
            ready = next(line for line in serving.stdout if line.startswith("ready "))
            url = ready.split()[1]
            with pytest.raises(urllib.error.HTTPError) as caught:
                urllib.request.urlopen(f"{url}/", timeout=WITHIN_S)
            assert "<html" not in caught.value.read().decode().lower()
            assert serving.poll() is None
            serving.send_signal(sign)
            assert serving.wait(WITHIN_S) == 0
        finally:
            serving.kill()


def test_an_elapsed_start_ends_now() -> None:
    with start(paused=True, elapsed_s=600) as demo:
        found = demo.control("state")
        assert abs(found["now"] - time.time()) < WITHIN_S


def test_resumed_it_moves_by_itself(demo: Demo) -> None:
    before = demo.control("state")["now"]
    demo.resume()
    assert until(lambda: bool(demo.control("state")["now"] > before))
    demo.pause()
    held = demo.control("state")["now"]
    assert demo.control("state")["now"] == held


def test_moto_has_what_is_used_of_it() -> None:
    fallback.check()


def test_memory_stays_small(demo_server: Demo) -> None:
    with open(f"/proc/{demo_server.pid}/status", encoding="utf-8") as status:
        resident = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
    assert resident < 400 * 1024
