"""Tunnels over scripts that play the plugin: open, failed, closed, and ended with whoever holds them."""

import asyncio
import json
import os
import signal
import stat
import subprocess
import sys

import pytest

from clickit_tui.plan import Hidden, Opening
from clickit_tui.reach import spawn
from clickit_tui.reach.capture import capture, with_code
from clickit_tui.reach.plugin import Invocation, free_ports
from clickit_tui.reach.tunnels import Tunnels
from tests.pty.harness import alive

GRANT = Hidden(json.dumps({"SessionId": "s-1", "TokenValue": "TOKEN", "StreamUrl": "wss://x"}))
OPENS = """trap 'echo interrupted > "$0.end"; exit 0' INT
echo $$ > "$0.pid"
echo 'Port 1 opened for sessionId s-1.'
while :; do sleep 0.1; done"""


def opening(port=0):
    return Opening(
        kind="tunnel",
        name="db",
        target="t",
        part="api",
        task="arn",
        to="database",
        host="h",
        port=5432,
        local_port=port or free_ports(())[0],
    )


@pytest.fixture
def play(tmp_path):
    """A call of a script as the plugin."""

    def made(script):
        path = tmp_path / "plugin"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(stat.S_IRWXU)
        return Invocation(argv=(str(path), "AWS_SSM_START_SESSION_RESPONSE"), environ=Hidden(json.dumps(dict(os.environ))))

    return made


def held(call):
    """A holder as its own process, with its input in our hands."""
    return subprocess.Popen(spawn.argv("held", list(call.argv)), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True)


async def until(met):
    async with asyncio.timeout(20):
        while not met():  # noqa: ASYNC110 - another process changes it
            await asyncio.sleep(0.01)


async def test_a_tunnel_opens_and_is_interrupted_when_it_is_closed(play, tmp_path):
    told = []
    tunnels = Tunnels(told.append, clock=lambda: 100.0)
    opened = await tunnels.open(play(OPENS), GRANT, opening())
    assert (opened.state, opened.said, opened.opened_at, len(tunnels.live)) == ("open", "", 100.0, 1)
    pid = int((tmp_path / "plugin.pid").read_text())
    await tunnels.close_all()
    assert (tmp_path / "plugin.end").read_text() == "interrupted\n"
    assert not alive(pid)
    assert tunnels.live == ()
    assert [t[0].state for t in told] == ["opening", "open", "closing", "closed"]


async def test_a_plugin_that_ends_by_itself_says_why(play):
    tunnels = Tunnels(lambda _: None)
    failed = await tunnels.open(play("echo; echo 'SessionId: s-1 : bind: address already in use'; exit 0"), GRANT, opening())
    assert (failed.state, failed.said) == ("failed", "bind: address already in use")
    missing = await tunnels.open(Invocation(argv=("/nowhere/plugin",), environ=Hidden("{}")), GRANT, opening())
    assert missing.state == "failed"
    assert "No such file" in missing.said


async def test_what_a_plugin_says_of_its_session_is_not_kept(play):
    failed = await Tunnels(lambda _: None).open(play("echo 'dial wss://x with TOKEN: refused'"), GRANT, opening())
    assert failed.said == "dial ‹session› with ‹session›: refused"


async def test_an_open_tunnel_that_is_lost_is_said(play, tmp_path):
    said = []
    tunnels = Tunnels(lambda _: None, said.append)
    opened = await tunnels.open(play(OPENS), GRANT, opening())
    assert opened.state == "open"
    os.kill(int((tmp_path / "plugin.pid").read_text()), signal.SIGKILL)
    await until(lambda: bool(said))
    assert f"the tunnel to database on port {opened.local_port} is gone" in said[0]
    assert tunnels.live == ()


async def test_a_port_that_was_taken_meanwhile_starts_nothing(play):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        failed = await Tunnels(lambda _: None).open(play(OPENS), GRANT, opening(taken.getsockname()[1]))
    assert failed.state == "failed"
    assert "taken" in failed.said


async def test_a_holder_ends_its_child_when_its_own_input_ends(play, tmp_path):
    call = play(OPENS)
    holder = held(call)
    await until((tmp_path / "plugin.pid").exists)
    await until(lambda: (tmp_path / "plugin.pid").read_text().strip() != "")
    pid = int((tmp_path / "plugin.pid").read_text())
    holder.stdin.close()
    await until(lambda: not alive(pid))
    assert (tmp_path / "plugin.end").exists()
    assert await asyncio.to_thread(holder.wait, 10) == 0


async def test_a_holder_passes_a_signal_on(play, tmp_path):
    call = play(OPENS)
    holder = held(call)
    await until(lambda: (tmp_path / "plugin.pid").exists() and (tmp_path / "plugin.pid").read_text().strip() != "")
    pid = int((tmp_path / "plugin.pid").read_text())
    holder.send_signal(signal.SIGTERM)
    await until(lambda: not alive(pid))
    await asyncio.to_thread(holder.wait, 10)
    holder.stdin.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can tell a child that its parent was killed")
async def test_a_holder_that_is_killed_leaves_nothing(play, tmp_path):
    holder = held(play(OPENS))
    await until(lambda: (tmp_path / "plugin.pid").exists() and (tmp_path / "plugin.pid").read_text().strip() != "")
    pid = int((tmp_path / "plugin.pid").read_text())
    holder.kill()
    await until(lambda: not alive(pid))
    assert (tmp_path / "plugin.end").read_text() == "interrupted\n"
    await asyncio.to_thread(holder.wait, 10)
    holder.stdin.close()


async def test_a_command_s_output_is_kept_with_its_exit_code(play):
    seen = []
    script = with_code("echo one; printf '\\033[31mtwo\\033[0m\\n'; exit 3")
    done = await capture(
        play(f"echo Starting session with SessionId: s-1\n{script}\necho; echo Exiting session with sessionId: s-1."), seen.append
    )
    assert (done.lines, done.code, done.over, done.problem) == (("one", "two"), 3, True, "")
    assert seen


async def test_a_session_that_ends_early_has_no_exit_code(play):
    done = await capture(play("echo 'SessionId: s-1 : unable to start command'"), lambda _: None)
    assert (done.code, done.over) == (None, True)
    assert "before the command" in done.problem
    assert done.lines == ("SessionId: s-1 : unable to start command",)
    missing = await capture(Invocation(argv=("/nowhere/plugin",), environ=Hidden("{}")), lambda _: None)
    assert "No such file" in "".join(missing.lines)
