"""The dashboard in a real pseudo-terminal: bytes, signals, sizes, foreign text, and a terminal left as it was."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from clickit_tui.demo.launch import Demo, clean_environ, start
from tests.pty.harness import Terminal, alive
from tests.pty.stirred import SECRET
from tests.pty.test_widgets import COLOUR, ROOT, environment

pytestmark = pytest.mark.xdist_group("pty app")

PANES = ("services", "edge", "data", "logs")
KEYS = ("S scale", "R redeploy", "K stop")
MODES_OF_A_SHELL = {25}
MODES_OF_AN_APP = {1049, 1000, 1002, 1003, 1006, 1016, 2004}


def stirred(tmp_path: Path, world: str = "incident", *more: str, cols: int = 80, rows: int = 24, **env: str) -> Terminal:
    """The dashboard on a fixture World."""
    argv = [sys.executable, "-m", "tests.pty.stirred", world, str(tmp_path), *more]
    return Terminal(argv, env=environment(tmp_path, **env), cwd=ROOT, cols=cols, rows=rows)


def painted(terminal: Terminal) -> None:
    """Until every pane and both key rows are on the screen and nothing more comes."""
    terminal.wait_until(lambda: not missing(terminal), what="every pane")
    terminal.settle(0.5)


def missing(terminal: Terminal) -> list[str]:
    """What an engineer would not find on the screen."""
    text = terminal.text
    titles = [name for name in PANES if not re.search(rf"─ {name}\b", text)]
    return titles + [key for key in (*KEYS, "Triage") if key not in text]


def assert_sane(terminal: Terminal) -> None:
    """The terminal is as a shell wants it: echo and lines, normal screen, cursor shown, no mouse, no bracketed paste."""
    assert terminal.attributes_now == terminal.attributes_before
    assert terminal.modes >= MODES_OF_A_SHELL
    assert not terminal.modes & MODES_OF_AN_APP


def blank(terminal: Terminal) -> None:
    """Forget what the screen shows, so that only what is sent from now on counts."""
    with terminal._lock:
        terminal.screen.erase_in_display(2)


@pytest.fixture(scope="module")
def incident(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    """One dashboard for all tests that leave it as they found it."""
    with stirred(tmp_path_factory.mktemp("state")) as terminal:
        painted(terminal)
        yield terminal


def test_eighty_columns_show_every_pane_and_key(incident: Terminal) -> None:
    lines = incident.lines()
    assert "PROD" in lines[0]
    assert "123456789012 eu-west-1" in lines[0]
    assert "OPERATOR" in lines[0]
    assert "deployment api:42" in lines[2]
    assert "api       41→42" in incident.text
    assert incident.modes & {1049}


def test_nothing_is_sent_while_nothing_changes(incident: Terminal) -> None:
    incident.settle(0.5)
    assert incident.bytes_during(2.5) == 0


def test_one_changed_cell_costs_little(incident: Terminal) -> None:
    rows = incident.lines()
    change_one(incident)  # after a picture of the whole screen, Textual sends the lines of the widget once more
    cost = change_one(incident)
    assert incident.lines() == rows
    assert 0 < cost <= 600
    cost = change_one(incident)
    changed = [(a, b) for a, b in zip(rows, incident.lines(), strict=True) if a != b]
    assert len(changed) == 1, changed
    assert 0 < cost <= 600
    change_one(incident)


def change_one(terminal: Terminal) -> int:
    """Bytes that one changed task costs."""
    rows, before = terminal.lines(), terminal.sent
    terminal.signal(signal.SIGUSR1)
    terminal.wait_until(lambda: terminal.lines() != rows, what="the changed cell")
    terminal.settle(0.4)
    return terminal.sent - before


def test_every_size_is_repainted_wholly(incident: Terminal) -> None:
    before = incident.lines()
    for cols, rows in ((200, 60), (100, 30), (60, 16), (20, 5), (80, 24)):
        blank(incident)
        incident.resize(cols, rows)
        expected = "PROD" if (cols, rows) == (20, 5) else "S scale"
        incident.wait_until(lambda text=expected: text in incident.text, what=f"{cols}x{rows}")
        incident.settle(0.3)
        assert "PROD" in incident.lines()[0]
        assert incident.process.poll() is None
        if (cols, rows) == (200, 60):
            assert not missing(incident)
            assert "─ alarms and changes" in incident.text
            assert all(line for line in incident.lines()[:5])
    incident.wait_until(lambda: incident.lines() == before, what="the first picture")


@pytest.mark.parametrize("how", ["signal", "key"])
def test_a_suspended_dashboard_gives_the_terminal_back_and_repaints(incident: Terminal, how: str) -> None:
    before = incident.lines()
    if how == "signal":
        incident.signal(signal.SIGTSTP)
    else:
        incident.press("ctrl+z")
    incident.wait_until(incident.stopped, what="the stop")
    incident.settle(0.2)
    assert_sane(incident)
    blank(incident)
    incident.signal(signal.SIGCONT)
    incident.wait_until(lambda: incident.lines() == before, what="the picture after fg")
    assert 1049 in incident.modes
    assert incident.bytes_for("down") > 0
    assert incident.bytes_for("up") > 0
    assert incident.lines() == before


def test_a_dashboard_stopped_from_outside_goes_on_and_gives_the_terminal_back_as_it_was(tmp_path: Path) -> None:
    with stirred(tmp_path) as terminal:
        painted(terminal)
        before = terminal.lines()
        terminal.signal(signal.SIGSTOP)
        terminal.wait_until(terminal.stopped, what="the stop")
        blank(terminal)
        terminal.signal(signal.SIGCONT)
        terminal.wait_until(lambda: terminal.lines()[0] == before[0], what="the picture again")
        assert terminal.bytes_for("down") > 0
        terminal.signal(signal.SIGTERM)
        assert terminal.wait_exit() == 143
        assert_sane(terminal)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)])
def test_a_signal_ends_it_with_a_sane_terminal(tmp_path: Path, number: signal.Signals, code: int) -> None:
    with stirred(tmp_path) as terminal:
        painted(terminal)
        family = terminal.family()
        terminal.signal(number)
        assert terminal.wait_exit() == code
        assert_sane(terminal)
        terminal.wait_until(lambda: not any(alive(pid) for pid in family), 5.0, "the end of every process")


def test_q_leaves_a_sane_terminal(tmp_path: Path) -> None:
    with stirred(tmp_path) as terminal:
        painted(terminal)
        terminal.press("q")
        assert terminal.wait_exit() == 0
        assert_sane(terminal)


def test_a_defect_is_one_sentence_on_a_sane_terminal(tmp_path: Path) -> None:
    with stirred(tmp_path) as terminal:
        painted(terminal)
        terminal.signal(signal.SIGUSR2)
        assert terminal.wait_exit() == 1
        assert_sane(terminal)
        assert "clickit-tui failed and left the terminal as it was" in terminal.text
        assert SECRET.encode() not in terminal.raw
        assert "Traceback" not in terminal.text
    report = (tmp_path / "crash.txt").read_text()
    assert "Error" in report
    assert SECRET not in report


@pytest.mark.parametrize(("cols", "rows"), [(80, 24), (200, 60)])
def test_text_of_every_kind_passes_through(tmp_path: Path, cols: int, rows: int) -> None:
    with stirred(tmp_path, "hostile", cols=cols, rows=rows) as terminal:
        painted(terminal)
        terminal.wait_for(r"\[/x\] \[b\].*unclosed \[red")
        assert "\x00" not in terminal.text
        sent = bytes(terminal.raw)
        assert b"title taken" not in re.sub(rb"\x1b\[[0-9;]*m", b"", b"".join(re.findall(rb"\x1b\].*?(?:\x07|\x1b\\)", sent)))
        assert not {"\x9b", "\x85", "\u202e"} & set(sent.decode())
        assert len(sent) < 200_000
        terminal.press("tab", "z", "z", "?", "escape", "d")
        terminal.settle(0.5)
        assert terminal.process.poll() is None


def test_no_color_means_no_colour(tmp_path: Path) -> None:
    with stirred(tmp_path, NO_COLOR="1") as terminal:
        painted(terminal)
        terminal.press("down", "S")
        terminal.settle(0.5)
        found = COLOUR.search(bytes(terminal.raw))
        assert not found, found


def test_a_terminal_that_cannot_place_the_cursor_is_refused_kindly(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "clickit_tui", "--env", "dev"]
    with Terminal(argv, env=environment(tmp_path), cwd=ROOT, term="dumb") as terminal:
        assert terminal.wait_exit() == 4
        said = terminal.text.replace("\n", "")
        assert "TERM is dumb" in said
        assert "clickit-tui check --env dev --plain" in said
        assert b"\x1b" not in terminal.raw
        assert_sane(terminal)


# -- on the embedded ClickIt ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def still() -> Iterator[Demo]:
    """An embedded ClickIt held still."""
    with start(seed=1, paused=True) as running:
        yield running


SLOWEST = ("ec2.DescribeNatGateways", "cloudwatch.GetMetricData", "cloudwatch.DescribeAlarms", "elasticache.DescribeCacheClusters")


def polled(demo: Demo) -> bool:
    """Every source was read, the quick ones again."""
    counts = demo.counts()
    return all(counts.get(name, 0) >= 1 for name in SLOWEST) and counts.get("ecs.DescribeServices", 0) >= 3


def test_a_dashboard_on_a_still_environment_sends_nothing_within_a_minute(still: Demo, tmp_path: Path) -> None:
    env = clean_environ(environment(tmp_path), still)
    with Terminal([sys.executable, "-m", "tests.pty.early", str(tmp_path)], env=env, cwd=ROOT) as terminal:
        painted(terminal)
        terminal.wait_until(lambda: polled(still), what="a second reading")
        terminal.settle(2.0)
        before, asked = terminal.lines(), sum(still.counts().values())
        sent = terminal.bytes_during(10.0)
        assert sent == 0, [(old, new) for old, new in zip(before, terminal.lines(), strict=True) if old != new]
        assert sum(still.counts().values()) > asked
        terminal.signal(signal.SIGTERM)
        assert terminal.wait_exit() == 143
        assert_sane(terminal)


def test_a_hang_up_ends_the_demo_and_its_server(tmp_path: Path) -> None:
    with Terminal([sys.executable, "-m", "clickit_tui", "demo", "--seed", "2"], env=environment(tmp_path), cwd=ROOT) as terminal:
        painted(terminal)
        family = terminal.family()
        assert len(family) >= 2
        terminal.signal(signal.SIGHUP)
        assert terminal.wait_exit() == 129
        assert_sane(terminal)
        terminal.wait_until(lambda: not any(alive(pid) for pid in family), 10.0, "the end of the server")


def test_the_runner_of_these_tests_refuses_an_unknown_world() -> None:
    done = subprocess.run([sys.executable, "-m", "tests.pty.stirred", "nowhere", "."], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 1
