"""Incidents, faults and elapsed time on the command line, and the pages that list the incidents."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from typing import Any

import pytest

from clickit_tui import cli
from clickit_tui.demo import faults
from clickit_tui.demo.incidents import registry
from clickit_tui.demo.launch import DemoFailed, start
from tests.demo import answers


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("25m", 1500), ("1h", 3600), ("1h30m", 5400), ("90", 90), ("0", 0), ("2.5s", 2.5), ("1h1m1s", 3661)]
)
def test_a_time_is_read(text: str, seconds: float) -> None:
    assert faults.duration(text) == seconds


@pytest.mark.parametrize("text", ["", "s", "m25", "25 m", "-5m", "25x", "1m1h", "nan", "1e9", "inf"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no time"):
        faults.duration(text)


def test_a_fault_lasts_as_long_as_it_says() -> None:
    assert faults.parse("ecs.DescribeTasks=throttle:20s", 100.0).until == 120.0
    assert faults.parse("ecs.*=deny:2m", 100.0).until == 220.0


def test_incidents_are_listed_without_their_answers(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["demo", "--list-incidents"]) == 0
    said = capsys.readouterr().out
    assert [line.split()[0] for line in said.splitlines()] == list(registry.INCIDENTS)
    assert not [each.name for each in registry.INCIDENTS.values() if each.answer.fix in said]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--incident", "fire"], "no incident 'fire'"),
        (["--elapsed", "soon"], "'soon' is no time"),
        (["--fault", "ecs=deny"], "is not SERVICE.OPERATION=KIND"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    options: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "no_terminal", lambda environ: "")
    for name in [name for name in os.environ if name.upper().startswith("AWS_")]:
        monkeypatch.delenv(name)
    assert cli.main(["demo", *options]) == cli.NOT_RUN
    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error
    assert len(error.splitlines()) == 1


def test_a_demo_starts_with_an_incident_that_has_gone_on_and_a_fault() -> None:
    with start(seed=1, paused=True, elapsed_s=700, incident="database-stopped", given=["sts.*=deny"]) as demo:
        client = _client(demo.environ(), "rds")
        found = client.describe_db_instances(DBInstanceIdentifier="clickit-prod-db")
        assert found["DBInstances"][0]["DBInstanceStatus"] == "stopped"
        with pytest.raises(Exception, match="AccessDenied"):
            _client(demo.environ(), "sts").get_caller_identity()


def _client(variables: dict[str, str], service: str) -> Any:
    import botocore.session
    from botocore.config import Config

    return botocore.session.Session().create_client(
        service,
        endpoint_url=variables["AWS_ENDPOINT_URL"],
        region_name=variables["AWS_REGION"],
        aws_access_key_id="demo",
        aws_secret_access_key="demo",
        config=Config(retries={"total_max_attempts": 1}),
    )


def test_a_demo_that_is_given_nonsense_says_so() -> None:
    with pytest.raises(DemoFailed, match="no incident 'fire'"):
        start(incident="fire")


def test_serve_takes_the_same_options_and_obeys_the_control_endpoint() -> None:
    command = [sys.executable, "-m", "clickit_tui", "demo", "--serve", "--incident", "bare", "--elapsed", "2m", "--fault", "ecs.*=500:1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            said: list[str] = []
            for line in iter(process.stdout.readline, ""):
                if line.startswith(("ready", "control token")):
                    said.append(line.split()[-1])
                if len(said) == 2:
                    break
            url, token = said
            assert _control(url, token, do="state")["now"] <= time.time() + 5
            assert _control(url, token, do="incident", name="noise")["paused"] is False
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def _control(url: str, token: str, **given: str) -> dict[str, object]:
    request = urllib.request.Request(f"{url}/_clickit/control", data=json.dumps(given).encode(), headers={"X-Clickit-Token": token})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=20) as answer:
        found: dict[str, object] = json.load(answer)
        return found


def test_the_page_of_answers_is_what_the_incidents_say() -> None:
    assert answers.PAGE.read_text(encoding="utf-8") == answers.page()


def test_the_list_that_everybody_reads_has_every_incident_and_no_answer() -> None:
    listed = answers.LIST.read_text(encoding="utf-8")
    for incident in registry.INCIDENTS.values():
        assert answers.row(incident) in listed
        assert incident.answer.fix not in listed or incident.answer.fix == "None."
        assert not [each for each in incident.answer.evidence if each in listed]
