"""A shell in a container, on the running demo in a real terminal: what passes, how it ends, and what is left behind, which is nothing."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import signal
import stat
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from clickit_tui.demo.launch import Demo, clean_environ, start
from clickit_tui.demo.plugin import SCRATCH
from tests.pty.harness import Terminal, alive
from tests.pty.test_app import assert_sane, blank
from tests.pty.test_widgets import ROOT, environment

pytestmark = pytest.mark.xdist_group("pty shell")

PROMPT = r"dev api \(demo\) \$ $"


@pytest.fixture(scope="module")
def clickit() -> Iterator[Demo]:
    """An embedded ClickIt that runs."""
    with start(seed=1) as running:
        yield running


class Stage:
    """A folder for one dashboard: its state, its configuration, and the command that plays the plugin, which tests may change."""

    def __init__(self, folder: Path, clickit: Demo) -> None:
        self.folder, self.clickit = folder, clickit
        self.plugin = folder / "bin" / "plugin"
        self.plugin.parent.mkdir()
        self.play()

    def play(self, script: str = "") -> None:
        """Let a script be the plugin, which knows its version; without one it is the demo's stand-in."""
        version = '[ "$1" = --version ] && { echo 1.2.896.0; exit 0; }'
        self.plugin.write_text(f"#!/bin/sh\n{version}\n{script}\n" if script else f'#!/bin/sh\nexec {self.clickit.plugin} "$@"\n')
        self.plugin.chmod(stat.S_IRWXU)

    def dashboard(self, *more: str, main: str = "clickit_tui", **variables: str) -> Terminal:
        """The product on the running demo; it knows the plugin by its own setting only."""
        config = self.folder / "clickit.toml"
        config.write_text(f"[shell]\nplugin = {json.dumps(str(self.plugin))}\n")
        env = clean_environ(environment(self.folder), self.clickit) | variables
        return Terminal([sys.executable, "-m", main, "--env", "dev", "--config", str(config), *more], env=env, cwd=ROOT)


@pytest.fixture
def stage(tmp_path: Path, clickit: Demo) -> Stage:
    return Stage(tmp_path, clickit)


class Shared(NamedTuple):
    """One dashboard for every test that comes back to it."""

    terminal: Terminal
    stage: Stage
    attributes: list[object]
    modes: set[int]


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory, clickit: Demo) -> Iterator[Shared]:
    before = scratch()
    stage = Stage(tmp_path_factory.mktemp("shared"), clickit)
    with stage.dashboard() as terminal:
        terminal.wait_for(r"api +2/2")
        terminal.settle(0.5)
        yield Shared(terminal, stage, list(terminal.attributes_now), set(terminal.modes))
        leave(terminal)
    assert len(scratch() - before) <= 1, "only a stand-in that was killed with -9 leaves its folder"


@pytest.fixture
def shared(one: Shared) -> Iterator[Shared]:
    """The dashboard before a test; after it the terminal is the dashboard's again as it was, and no process is left."""
    one.stage.play()
    one.stage.clickit.forget_counts()
    yield one
    back(one.terminal)
    one.terminal.press("escape", "escape")
    one.terminal.settle(0.3)
    assert one.terminal.attributes_now == one.attributes
    assert one.terminal.modes == one.modes
    one.terminal.wait_until(lambda: not one.terminal.family()[1:], what="no process")
    read_again = one.stage.clickit.counts().get("ecs.DescribeServices", 0)
    one.terminal.wait_until(lambda: one.stage.clickit.counts().get("ecs.DescribeServices", 0) > read_again, what="polling")


def open_shell(terminal: Terminal) -> None:
    """`X` on the first service, its first task, confirmed."""
    terminal.wait_for(r"api +2/2")
    terminal.press("g", "X")
    terminal.wait_for("type to narrow|cannot|install it")
    terminal.press("enter")
    terminal.wait_for("type yes|cannot run|install it")
    terminal.settle(0.7)
    terminal.type("yes")


def in_shell(terminal: Terminal) -> None:
    open_shell(terminal)
    terminal.wait_for(r"\(demo\) \$")
    blank(terminal)
    terminal.press("enter")
    terminal.wait_for(r"\(demo\) \$")


def back(terminal: Terminal) -> None:
    """The dashboard is painted again and answers."""
    terminal.wait_until(lambda: 1049 in terminal.modes, what="the dashboard")
    terminal.wait_for(r"services.*S scale")


def leave(terminal: Terminal) -> None:
    """Quit; the terminal is as before and nothing is left."""
    family = terminal.family()
    for _ in range(3):
        terminal.press("q")  # the first may only leave a page
        with contextlib.suppress(AssertionError):
            terminal.wait_exit(10.0)
            break
    assert terminal.wait_exit() == 0
    assert_sane(terminal)
    terminal.wait_until(lambda: not any(alive(pid) for pid in family), 10.0, "the end of every process")


def scratch() -> set[str]:
    folder = os.environ.get("TMPDIR", "/tmp")
    return {name for name in os.listdir(folder) if name.startswith(SCRATCH)}


def test_a_shell_takes_keys_signals_sizes_and_pastes_while_the_dashboard_goes_on(shared: Shared) -> None:
    terminal, clickit = shared.terminal, shared.stage.clickit
    in_shell(terminal)
    assert 1049 not in terminal.modes
    terminal.type("echo answer-$((40+2)) grüße\r")
    terminal.wait_for("answer-42 grüße")

    terminal.type("sleep 1000; echo interrupted-$?\r")
    terminal.settle(0.3)
    terminal.press("ctrl+c")
    terminal.wait_for(r"\^C")
    terminal.type("echo still-$((1+1))\r")
    terminal.wait_for("still-2")

    terminal.type("sleep 1000\r")
    terminal.settle(0.3)
    terminal.press("ctrl+z")
    terminal.wait_for("Stopped")
    assert not terminal.stopped()
    terminal.type("kill %1; echo quit-$((2+2))\r")
    terminal.wait_for("quit-4")

    terminal.type("sleep 1000\r")
    terminal.settle(0.3)
    terminal.press("ctrl+\\")
    terminal.wait_for("Quit")

    terminal.type("stty -ixon; echo xoff-$((3+3))\r")  # the container's own terminal would hold its output back
    terminal.wait_for("xoff-6")
    terminal.press("ctrl+s", "ctrl+g")
    terminal.type("echo not-held-$((4+4))\r")
    terminal.wait_for("not-held-8")

    terminal.resize(100, 30)
    terminal.wait_until(lambda: sizes(terminal), what="the new size in the container")

    count = clickit.counts().get("ecs.DescribeServices", 0)
    terminal.type("stty -echo; cat > pasted; stty echo; sum=$(md5sum < pasted); echo sum-$sum\r")
    terminal.settle(0.3)
    lines = "".join(f"line {i} of a paste äöü ~. \n" for i in range(500))
    os.write(terminal.master, lines.replace("\n", "\r").encode())
    terminal.press("ctrl+d")
    terminal.wait_for(f"sum-{md5(lines)}")
    terminal.wait_until(lambda: clickit.counts().get("ecs.DescribeServices", 0) > count, what="polling under the shell")

    terminal.resize(80, 24)
    terminal.type("exit\r")
    back(terminal)
    terminal.wait_for("shell in api/.*: ended after")


def sizes(terminal: Terminal) -> bool:
    blank(terminal)
    terminal.type("stty size\r")
    terminal.settle(0.3)
    return "30 100" in terminal.text


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def test_a_program_that_took_the_whole_screen_lives_through_resizes_and_leaves_nothing_on_when_it_is_killed(shared: Shared) -> None:
    terminal = shared.terminal
    in_shell(terminal)
    switched = r"printf '\033[?1049h\033[?1000h\033[?1006h\033[?2004h\033[?1h\033[?25l\033[31m'"
    paints = r"""paint() { printf '\033[H\033[2Jsize-%s' "$(stty size)"; }; trap paint WINCH; while :; do sleep 0.1; done"""
    (shared.stage.folder / "paints").write_text(paints)
    terminal.type(f"{switched}; stty raw -echo; sh {shared.stage.folder}/paints\r")
    terminal.wait_until(lambda: {1049, 1000, 2004, 1} <= terminal.modes, what="the program's modes")
    for step in range(100):
        terminal.resize(60 + step % 47, 20 + step % 13)
        time.sleep(0.01)
    terminal.resize(97, 31)
    terminal.wait_for("size-31 97")
    for step in range(100):
        terminal.resize(80 + step % 5, 24 + step % 3)
    terminal.resize(80, 24)
    terminal.wait_for("size-24 80")
    kill_plugin(terminal)
    terminal.wait_for(r"the plugin was killed after \d+ s \(signal 9\)")


def kill_plugin(terminal: Terminal) -> None:
    """kill -9 to what plays the plugin."""
    own = [pid for pid in terminal.family() if b"clickit_tui.demo.plugin" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    os.kill(own[0], signal.SIGKILL)


HANGS = "echo Starting session; trap '' INT TERM HUP; stty raw -echo; while :; do sleep 1000; done"


def test_the_way_out_leaves_a_plugin_that_hangs_at_connect(shared: Shared) -> None:
    shared.stage.play(HANGS)
    open_shell(shared.terminal)
    shared.terminal.wait_for("Starting session")
    shared.terminal.press("ctrl+c", "enter", "~", ".")
    shared.terminal.wait_for("shell in api/.*: left after")


def test_a_plugin_that_is_missing_is_said_before_anything_is_asked_of_ecs(shared: Shared) -> None:
    shared.stage.plugin.unlink()
    open_shell(shared.terminal)
    shared.terminal.wait_for("install it")
    assert "ecs.ExecuteCommand" not in shared.stage.clickit.counts()


def test_an_agents_error_with_exit_code_0_is_shown(shared: Shared) -> None:
    shared.stage.play("echo; echo 'SessionId: x : ----------ERROR-------'; echo 'Unable to start command: no such file'; exit 0")
    open_shell(shared.terminal)
    shared.terminal.wait_for("Unable to start command: no such file.*esc leave")


SPIES = 'tr "\\0" "\\n" < /proc/$$/environ | grep ^AWS_SSM > "$0.session"; cat'


def test_the_sessions_token_is_in_no_argv_and_no_file(shared: Shared) -> None:
    terminal, stage = shared.terminal, shared.stage
    stage.play(SPIES)
    kept = Path(f"{stage.plugin}.session")
    open_shell(terminal)
    terminal.wait_until(lambda: kept.exists() and kept.stat().st_size > 0, what="the session")
    found = json.loads(kept.read_text().partition("=")[2])
    kept.unlink()
    secret = [found["TokenValue"].encode(), found["StreamUrl"].encode()]
    assert re.fullmatch(rb"\w{64}", secret[0])
    for argv in Path("/proc").glob("[0-9]*/cmdline"):
        assert not any(text in read(argv) for text in secret), argv
    terminal.press("enter", "~", ".")
    back(terminal)
    terminal.wait_for("left after")
    files = [path for path in stage.folder.rglob("*") if path.is_file()]
    assert any(path.name == "journal.jsonl" for path in files)
    for path in files:
        assert not any(text in path.read_bytes() for text in secret), path
    assert not any(text in bytes(terminal.raw) for text in secret)


def test_a_defect_while_a_session_is_open_ends_all_and_its_report_holds_no_secret(stage: Stage) -> None:
    stage.play(SPIES)
    kept, flag = Path(f"{stage.plugin}.session"), stage.folder / "flag"
    with stage.dashboard(main="tests.pty.failing", CLICKIT_TEST_FAILS=str(flag)) as terminal:
        open_shell(terminal)
        terminal.wait_until(lambda: kept.exists() and kept.stat().st_size > 0, what="the session")
        token = json.loads(kept.read_text().partition("=")[2])["TokenValue"].encode()
        kept.unlink()
        family = terminal.family()
        flag.touch()
        assert terminal.wait_exit() == 1
        assert_sane(terminal)
        terminal.wait_until(lambda: not any(alive(pid) for pid in family), 10.0, "the end of every process")
    assert ended_with_the_app(stage)
    assert b"RuntimeError: provoked" in next(stage.folder.rglob("crash.txt")).read_bytes()
    assert token not in bytes(terminal.raw)
    assert not any(token in path.read_bytes() for path in stage.folder.rglob("*") if path.is_file())


def read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_a_hang_up_of_the_whole_app_ends_shell_and_app(stage: Stage) -> None:
    before = scratch()
    with stage.dashboard() as terminal:
        in_shell(terminal)
        terminal.type("sleep 1000\r")
        terminal.settle(0.3)
        family = terminal.family()
        assert len(family) >= 4
        terminal.signal(signal.SIGHUP)
        assert terminal.wait_exit() == 129
        assert_sane(terminal)
        terminal.wait_until(lambda: not any(alive(pid) for pid in family), 10.0, "the end of every process")
    assert scratch() == before
    assert ended_with_the_app(stage)


def ended_with_the_app(stage: Stage) -> bool:
    """Whether the journal says how the session ended."""
    return any(b"ended with this program after" in path.read_bytes() for path in stage.folder.rglob("journal.jsonl"))


def test_an_app_that_is_killed_leaves_no_process(stage: Stage) -> None:
    with stage.dashboard() as terminal:
        in_shell(terminal)
        family = terminal.family()
        terminal.signal(signal.SIGKILL)
        terminal.wait_until(lambda: not any(alive(pid) for pid in family), 10.0, "the end of every process")


def test_read_only_refuses_before_a_process_exists(stage: Stage) -> None:
    stage.clickit.forget_counts()
    with stage.dashboard("--read-only") as terminal:
        open_shell(terminal)
        terminal.wait_for("cannot run: read-only")
        terminal.settle(0.3)
        assert "ecs.ExecuteCommand" not in stage.clickit.counts()
        assert not terminal.family()[1:]
        terminal.press("escape")
        terminal.wait_gone("cannot run")
        leave(terminal)


def test_a_command_that_does_not_end_ends_with_the_app(stage: Stage) -> None:
    stage.play("trap '' HUP TERM; echo begun; while :; do sleep 1000; done")
    with stage.dashboard() as terminal:
        terminal.wait_for(r"api +2/2")
        terminal.press("g", ":")
        terminal.wait_for("type to narrow")
        terminal.type("health path")
        terminal.settle(0.4)
        terminal.press("enter")
        terminal.wait_for("RUNNING  since")
        terminal.settle(0.5)
        terminal.press("enter")
        terminal.wait_for("type yes")
        terminal.settle(0.8)
        terminal.type("yes")
        terminal.wait_for("begun")
        family = terminal.family()
        terminal.signal(signal.SIGTERM)
        assert terminal.wait_exit() == 143
        terminal.wait_until(lambda: not any(alive(pid) for pid in family), 10.0, "the end of every process")


@pytest.mark.long
def test_a_session_without_keys_is_counted_down_and_warned_of_but_never_into_a_program_that_has_the_screen(stage: Stage) -> None:
    with stage.dashboard(main="tests.pty.idling") as terminal:
        in_shell(terminal)
        assert b"without a key" in bytes(terminal.raw)
        terminal.wait_for(r"no key for long, the session ends in \d+ s")
        assert terminal.screen.title.startswith("ENDS IN")
        assert terminal.text.count("no key for long") == 1
        terminal.type("printf '\\033[?1049h'; sleep 1000\r")
        terminal.wait_until(lambda: 1049 in terminal.modes, what="the whole screen")
        warned = bytes(terminal.raw).count(b"no key for long")
        terminal.wait_until(lambda: not terminal.screen.title.startswith("ENDS IN"), what="a key in the title")
        terminal.wait_until(lambda: terminal.screen.title.startswith("ENDS IN"), what="the countdown")
        terminal.settle(0.3)
        assert bytes(terminal.raw).count(b"no key for long") == warned
        terminal.press("ctrl+c")
        terminal.type("exit\r")
        back(terminal)
        leave(terminal)


@pytest.mark.parametrize("number", [signal.SIGTSTP, signal.SIGSTOP])
def test_a_shell_goes_on_after_a_stop_of_the_app_from_outside(shared: Shared, number: signal.Signals) -> None:
    terminal = shared.terminal
    in_shell(terminal)
    lent = terminal.attributes_now
    terminal.signal(number)
    terminal.wait_until(terminal.stopped, what="the stop")
    termios.tcsetattr(terminal.slave, termios.TCSANOW, terminal.attributes_before)  # as the shell outside does
    terminal.signal(signal.SIGCONT)
    terminal.wait_until(lambda: terminal.attributes_now == lent, what="the session's modes")
    terminal.type("echo on-$((40+2))\r")
    terminal.wait_for("on-42")
    terminal.type("exit\r")
    back(terminal)
    terminal.wait_for("shell in api/.*: ended after")
