"""`clickit-tui iam-policy`: what is printed, what is said beside it, and that the document shows the same."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from clickit_tui import cli
from clickit_tui.aws.policy import wanted

DOCUMENT = Path(__file__).parents[2] / "docs" / "permissions.md"


@pytest.fixture(autouse=True)
def _alone(tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.startswith(("AWS_", "CLICKIT_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


def run(capsys, *arguments):
    assert cli.main(["iam-policy", *arguments]) == 0
    said = capsys.readouterr()
    return json.loads(said.out), said.err


def actions_of(policies):
    return {
        action
        for policy in (policies if isinstance(policies, list) else [policies])
        for statement in policy["Statement"]
        if statement["Effect"] == "Allow"
        for action in statement["Action"]
    }


def test_an_observers_policy_is_one_document_and_nothing_is_said_when_all_is_known(capsys, tmp_path):
    (tmp_path / "clickit.toml").write_text('[environments.prod]\naccount = "123456789012"\nregion = "eu-west-1"\n')
    policy, said = run(capsys, "--env", "prod", "--config", str(tmp_path / "clickit.toml"))
    assert actions_of(policy) == wanted()
    assert said == ""
    assert "arn:aws:ecs:eu-west-1:123456789012:cluster/clickit-prod-cluster" in json.dumps(policy)


def test_an_operators_policy_is_split_and_that_is_said(capsys):
    policies, said = run(capsys, "--env", "dev", "--region", "eu-west-1", "--operator")
    assert len(policies) == 2
    assert "6,144 characters" in said
    assert "attach them all" in said
    assert "rds:StopDBInstance" in actions_of(policies)


def test_what_is_not_known_is_a_star_and_is_said(capsys):
    policy, said = run(capsys, "--env", "dev")
    assert "arn:aws:ecs:*:*:cluster/clickit-dev-cluster" in json.dumps(policy)
    assert "any account" in said
    assert "any region" in said


def test_the_database_of_a_protected_environment_is_not_stopped_unless_the_configuration_says_so(capsys, tmp_path):
    policies, _ = run(capsys, "--env", "prod", "--operator")
    assert "rds:StopDBInstance" not in actions_of(policies)
    assert "rds:StartDBInstance" in actions_of(policies)
    (tmp_path / "clickit.toml").write_text("[environments.prod]\nstop_database = true\n")
    policies, _ = run(capsys, "--env", "prod", "--operator", "--config", str(tmp_path / "clickit.toml"))
    assert "rds:StopDBInstance" in actions_of(policies)


def test_neither_the_sdk_nor_the_screen_is_imported_for_it():
    code = """
import sys
from clickit_tui.cli import main
assert main(["iam-policy", "--env", "dev", "--operator"]) == 0
print(sorted({"textual", "rich", "botocore", "aiobotocore", "moto"} & set(sys.modules)), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr.splitlines()[-1] == "[]"


def test_observer_and_operator_at_once_is_wrong_usage(capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["iam-policy", "--env", "dev", "--observer", "--operator"])
    assert ended.value.code == cli.NOT_RUN


def test_the_document_shows_what_the_commands_print(capsys):
    shown = re.findall(r"^`clickit-tui (iam-policy [^`]*)`\n\n```json\n(.*?)```", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)
    assert len(shown) == 2
    for command, text in shown:
        assert cli.main(shlex.split(command)) == 0
        assert capsys.readouterr().out == text
