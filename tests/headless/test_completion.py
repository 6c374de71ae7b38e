"""`clickit-tui completion`: real shells are asked what they would complete."""

import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest

from clickit_tui import cli
from clickit_tui.demo.incidents import registry
from clickit_tui.headless.completion import SHELLS
from clickit_tui.options import parser_of_everything
from tests.pty.harness import Terminal

CASES = [
    ("clickit-tui sta", {"status"}),
    ("clickit-tui --read-only sl", {"sleep"}),
    ("clickit-tui --env dev wa", {"wake"}),
    ("clickit-tui --env sleep wa", {"wake"}),
    ("clickit-tui --env ", {"dev", "prod", "qa-2"}),
    ("clickit-tui check --env q", {"qa-2"}),
    ("clickit-tui check --playbook ", {"5xx", "start", "database", "latency"}),
    ("clickit-tui --env dev metrics --range 1", {"15m", "1h", "12h"}),
    ("clickit-tui tail --level ", {"error", "warn", "info", "debug"}),
    ("clickit-tui tail f", {"frontend"}),
    ("clickit-tui tail --fo", {"--follow"}),
    ("clickit-tui sleep --ye", {"--yes"}),
    ("clickit-tui completion ", set(SHELLS)),
    ("clickit-tui demo --incident bad", {"bad-deployment"}),
    ("clickit-tui iam-policy --o", {"--observer", "--operator"}),
    ("clickit-tui note --incident ", set()),
    ("clickit-tui tail --since ", set()),
]


@pytest.fixture(scope="module")
def scripts(tmp_path_factory):
    """{shell: path of its script}, for a configuration with one more environment."""
    folder = tmp_path_factory.mktemp("completion")
    (folder / "clickit.toml").write_text('[environments.qa-2]\nregion = "eu-north-1"\n')
    code = f"""
import contextlib, pathlib, sys
from clickit_tui.cli import main
for shell in {SHELLS!r}:
    with open({str(folder)!r} + "/" + shell, "w") as out, contextlib.redirect_stdout(out):
        assert main(["completion", shell, "--config", {str(folder / "clickit.toml")!r}]) == 0
print(sorted({{"textual", "rich", "botocore", "aiobotocore", "boto3", "moto"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]", "neither the screen nor the SDK is imported for it"
    return {shell: folder / shell for shell in SHELLS}


def bash(script, line):
    """What bash would offer at the end of a line, split as readline splits it."""
    words = [part for word in line.split(" ") for part in shlex.split(word.replace("=", " = ")) or [""]]
    asked = f"source {script}; COMP_WORDS=({' '.join(map(shlex.quote, words))}); COMP_CWORD={len(words) - 1}; _clickit_tui"
    done = subprocess.run(
        ["bash", "--norc", "-c", f'{asked}; printf "%s\\n" "${{COMPREPLY[@]}}"'], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stderr == ""
    return set(done.stdout.split())


@pytest.mark.parametrize(("line", "expected"), CASES)
def test_bash_offers(scripts, line, expected):
    assert bash(scripts["bash"], line) == expected


@pytest.mark.parametrize("line", ["clickit-tui --env=", "clickit-tui status --env="])
def test_bash_offers_values_after_an_equals_sign(scripts, line):
    assert bash(scripts["bash"], line) == {"dev", "prod", "qa-2"}
    assert bash(scripts["bash"], f"{line}p") == {"prod"}


def test_bash_offers_every_command_and_all_options_of_each(scripts):
    given = parser_of_everything().format_help()
    offered = bash(scripts["bash"], "clickit-tui ")
    assert {"status", "check", "demo"} <= offered
    assert all(f" {command} " in given for command in offered)
    for command in offered:
        options = bash(scripts["bash"], f"clickit-tui {command} -")
        assert {"--env", "--config", "--read-only", "--help"} <= options


@pytest.mark.parametrize("asked", ["clickit-tui --config one", "clickit-tui --record one", "clickit-tui replay one"])
def test_bash_offers_paths(scripts, tmp_path, asked):
    (tmp_path / "one file.toml").touch()
    (tmp_path / "two*").touch()
    (tmp_path / "two three").touch()
    words = asked.split()
    script = f"source {scripts['bash']}; cd {tmp_path}; COMP_WORDS=({asked}); COMP_CWORD={len(words) - 1}; _clickit_tui 2>/dev/null"
    done = subprocess.run(
        ["bash", "--norc", "-c", f'{script}; printf "%s\\n" "${{COMPREPLY[@]}}"'], capture_output=True, text=True, timeout=30
    )
    assert done.stdout == "one file.toml\n"
    found = f'COMP_WORDS[{len(words) - 1}]="two*"; COMPREPLY=(); _clickit_tui 2>/dev/null; printf "%s\\n" "${{COMPREPLY[@]}}"'
    done = subprocess.run(["bash", "--norc", "-c", f"{script}; {found}"], capture_output=True, text=True, timeout=30)
    assert done.stdout == "two*\n"


def tab(terminal, typed, expected):
    """Type, wait for the echo, press Tab, wait for what must come."""
    terminal.type(typed)
    terminal.wait_for(re.escape(typed.rstrip()))
    terminal.settle(0.05)
    terminal.press("tab")
    terminal.wait_for(expected)


def leave(terminal):
    """An interactive shell does not heed SIGTERM."""
    terminal.press("ctrl+u")
    terminal.type("exit\r")
    terminal.wait_exit()


def test_bash_completes_at_the_tab_key(scripts):
    with Terminal(["bash", "--norc", "-i"], env={"PATH": os.environ["PATH"], "PS1": "ready>"}) as terminal:
        terminal.wait_for("ready>")
        terminal.type(f"source {scripts['bash']}; clear; echo SOUR''CED\r")
        terminal.wait_for("SOURCED")
        tab(terminal, "clickit-tui che", "clickit-tui check")
        tab(terminal, "--mark", "check --markdown")
        tab(terminal, "--env=q", "--markdown --env=qa-2")
        leave(terminal)


@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
def test_zsh_completes_at_the_tab_key(scripts, tmp_path):
    with Terminal(["zsh", "-f", "-i"], cols=160, env={**os.environ, "PS1": "ready>", "HOME": str(tmp_path)}) as terminal:
        terminal.wait_for("ready>")
        terminal.type(f"autoload -Uz compinit && compinit -u -d {tmp_path}/dump && source {scripts['zsh']} && clear; echo SOUR''CED\r")
        terminal.wait_for("SOURCED")
        tab(terminal, "clickit-tui sta", "clickit-tui status")
        tab(terminal, "--env q", "status --env qa-2")
        tab(terminal, "--env=p", "qa-2 --env=prod")
        terminal.press("ctrl+u")
        tab(terminal, "clickit-tui tail --level ", "debug  *error  *info  *warn")
        terminal.press("ctrl+u")
        tab(terminal, "clickit-tui ", "status +-- print one reading")
        leave(terminal)


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
@pytest.mark.parametrize(("line", "expected"), CASES)
def test_fish_offers(scripts, line, expected, tmp_path):
    done = subprocess.run(
        ["fish", "--no-config", "-c", f"source {scripts['fish']}; complete -C {shlex.quote(line)}"],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
        env={**os.environ, "HOME": str(tmp_path)},
    )
    assert {offered.split("\t")[0] for offered in done.stdout.splitlines()} == expected


def test_the_incidents_that_are_offered_are_those_that_there_are():
    assert set(cli.incident_names()) == {*registry.INCIDENTS, registry.RANDOM}


def test_a_configuration_that_cannot_be_used_is_said_and_leaves_the_usual_environments(capsys, tmp_path):
    (tmp_path / "clickit.toml").write_text("readonly = true")
    assert cli.main(["completion", "bash", "--config", str(tmp_path / "clickit.toml")]) == 0
    said = capsys.readouterr()
    assert "unknown key" in said.err
    assert '-W "dev prod"' in said.out


def test_another_shell_is_wrong_usage(capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["completion", "tcsh"])
    assert ended.value.code == cli.NOT_RUN
