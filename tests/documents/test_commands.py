"""Every command in README and docs/ is understood, and runs on the embedded ClickIt as it is written."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from pathlib import Path

import pytest

from clickit_tui import cli
from clickit_tui.demo.launch import clean_environ
from clickit_tui.journal import Journal
from clickit_tui.world.incident import Incident
from tests.documents.commands import ROOT, Command, commands, forms
from tests.pty.harness import Terminal
from tests.tape.taped import recorded

pytestmark = pytest.mark.xdist_group("demo")
FOUND = commands()
GOES_ON = {
    "": r"─ services",
    "demo": r"─ services",
    "demo --serve": r"ready http://127",
    "tail --follow": r"api|frontend",
    "replay": r"REPLAY",
}
"""What runs until it is ended, and what shows that it has begun."""
NOT_CARRIED_OUT = {"--wait": "waits for half an hour: tests/headless/test_sleeping.py waits on a stepped clock"}
"""Options with which a command is understood here and not run, and why."""


NEEDS_AN_ENVIRONMENT = {"status", "check", "metrics", "alarms", "tail", "note", "sleep", "wake", "init", "iam-policy"}


def kind(words: tuple[str, ...]) -> str:
    """The sub-command, with the option that makes it go on, or end."""
    name = next(
        (
            w
            for w, before in zip(words, ("", *words), strict=False)
            if re.fullmatch(r"[a-z-]+", w) and not w.startswith("-") and not before.startswith("-")
        ),
        "",
    )
    return " ".join([name, *(w for w in words if w in ("--serve", "--follow", "--summary"))])


def is_only_named(words: tuple[str, ...]) -> bool:
    """Whether a sentence names the command without saying which environment."""
    return "--env" not in words and kind(words) in NEEDS_AN_ENVIRONMENT


def each(chosen: list[Command]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("command", chosen, ids=[f"{c.where} {' '.join(c.words)}" for c in chosen])


LEFT = [c for c in FOUND if not is_only_named(c.words) and not set(NOT_CARRIED_OUT) & set(c.words)]
ENDING = [c for c in LEFT if kind(c.words) not in GOES_ON or "--help" in c.words or "--list-incidents" in c.words]
GOING_ON = [c for c in LEFT if c not in ENDING]
MAY_FIND_NOTHING = {"--filter", "--level", "--list"}
"""Options that narrow what is printed, to nothing if need be."""
ELSEWHERE = ("status", "metrics", "alarms", "tail", "note", "sleep", "wake", "doctor")
"""Commands that tests/headless runs over HTTP each time; here they run in the long run only."""
ONE_OF_EACH = [c for name, c in {kind(c.words): c for c in reversed(ENDING)}.items() if name not in ELSEWHERE]


@each(FOUND)
def test_it_is_understood(command, monkeypatch):
    understood = []
    monkeypatch.setattr(cli, "_run", lambda given, rest: understood.append(given) or 0)
    code = ended(command)
    assert code == 0
    assert bool(understood) != ("--help" in command.words)


def test_what_is_not_run_is_said_and_still_there():
    words = {word for command in FOUND for word in command.words}
    assert set(NOT_CARRIED_OUT) <= words
    assert set(GOES_ON) <= {kind(command.words) for command in FOUND}


def test_a_synopsis_stands_for_all_its_forms():
    assert set(forms("note --env E [--incident ID] [--json|--list]")) == {
        ("note", "--env", "dev"),
        ("note", "--env", "dev", "--incident", "i1"),
        ("note", "--env", "dev", "--json"),
        ("note", "--env", "dev", "--list"),
    }
    assert set(forms("sleep|wake --env E")) == {("sleep", "--env", "dev"), ("wake", "--env", "dev")}
    with pytest.raises(KeyError):
        list(forms("note --env WHATEVER"))


@pytest.fixture(scope="module")
def fresh(demo_server):
    """The embedded ClickIt, begun afresh once for all commands."""
    demo_server.reset(seed=1, paused=True)
    return demo_server


@pytest.fixture
def here(fresh, tmp_path, monkeypatch):
    """The demo as AWS, every profile that the documents name, a journal with an incident, and nothing of the user's."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "CLICKIT_"))]:
        monkeypatch.delenv(name)
    for name, value in clean_environ({}, fresh).items():
        monkeypatch.setenv(name, value)
    profiles = {after for c in FOUND for word, after in zip(c.words, c.words[1:], strict=False) if word == "--profile"}
    keys = f"aws_access_key_id = {os.environ['AWS_ACCESS_KEY_ID']}\naws_secret_access_key = {os.environ['AWS_SECRET_ACCESS_KEY']}\n"
    (tmp_path / "config").write_text("".join(f"[profile {name}]\nregion = eu-west-1\n{keys}" for name in sorted(profiles)))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    now = time.time()
    journal = Journal(tmp_path / "clickit-tui" / "journal.jsonl")
    for env in ("dev", "prod"):
        journal.incident(
            env, Incident(id=f"{'i1' if env == 'dev' else 'i2'}", title="checkout fails", began_at=now - 600, opened_at=now - 500)
        )
    journal.close()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@each(ONE_OF_EACH)
def test_it_runs(command, here, capfd):
    ran(command, capfd)


@pytest.mark.long
@each([c for c in ENDING if c not in ONE_OF_EACH])
def test_every_other_form_runs(command, here, capfd):
    ran(command, capfd)


def ended(command):
    """The exit code, also of what the parser ends."""
    try:
        return cli.main(command.words)
    except SystemExit as end:
        return end.code


def prepared(command):
    """The recording that a replay needs."""
    if "replay" in command.words:
        recorded(Path(command.words[command.words.index("replay") + 1]))


def ran(command, capfd):
    """It could be run, said something, and no defect came to light."""
    prepared(command)
    code = ended(command)
    said = capfd.readouterr()
    assert code != cli.NOT_RUN, said.err
    assert said.out.strip() or MAY_FIND_NOTHING & set(command.words), said.err
    assert "Traceback" not in said.out + said.err


@pytest.mark.long
@each(GOING_ON)
def test_it_begins_and_can_be_ended(command, here):
    prepared(command)
    with Terminal([sys.executable, "-m", "clickit_tui", *command.words], cwd=here, env=os.environ | {"LC_ALL": "C.UTF-8"}) as running:
        running.wait_for(GOES_ON[kind(command.words)] if command.words else "which environment", timeout_s=120.0)
        running.signal(signal.SIGTERM)
        running.wait_exit()
        assert "Traceback" not in running.text


def test_every_block_for_a_shell_is_one():
    import subprocess

    from tests.documents.commands import blocks

    for block in blocks():
        if block.language == "sh":
            done = subprocess.run(["bash", "-n"], input=block.text, text=True, capture_output=True, check=False)
            assert done.returncode == 0, f"{block.where}: {done.stderr}"


def test_the_keys_that_the_readme_names_beside_other_tools_are_there(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert cli.main(["keys"]) == 0
    known = {word for line in capsys.readouterr().out.splitlines() for word in line[22:38].split()} | {"esc"}
    rows = re.search(r"\| to \.\.\. .*?\n\n", (ROOT / "README.md").read_text(), re.S)
    assert rows
    here = [key for row in rows[0].strip().splitlines()[2:] for key in re.findall(r"`([^`]+)`", row.rsplit("|", 2)[1])]
    assert len(here) > 20
    assert {key for key in here if key not in known and len(key) < 7 and not key.startswith("-")} <= {"!text", "aws"}


def test_the_table_of_commands_names_each():
    readme, known = (ROOT / "README.md").read_text(), set(re.findall(r"^    (\w[\w-]*) ", helped(), re.M))
    assert known
    assert {name for name in known if f"clickit-tui {name}" not in readme and f"|{name}" not in readme} == set()


def helped() -> str:
    """The list of commands as `--help` prints it."""
    import contextlib
    import io

    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.suppress(SystemExit):
        cli.main(["--help"])
    return out.getvalue()
