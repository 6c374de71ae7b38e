"""`clickit-tui check`: exit codes, what each form says, and one run over HTTP."""

import io
import json

import msgspec
import pytest

from clickit_tui.checks.registry import checks
from clickit_tui.cli import main
from clickit_tui.config import Flags, load
from clickit_tui.headless.check import Report, check, chosen, markdown, plain, report
from clickit_tui.playbooks.registry import playbooks
from clickit_tui.session import Session
from clickit_tui.world.seen import Seen
from clickit_tui.world.world import FIELDS
from tests import worlds
from tests.worlds import NOW, denied, faulty

pytestmark = pytest.mark.xdist_group("demo")
CALM = worlds.healthy_world()


def reported(world, playbook="", tmp_path="/dev/null"):
    session = Session(load(Flags(env="prod", config="/dev/null"), {}, state_dir=str(tmp_path)), clock=lambda: NOW)
    session.store.put(**{name: getattr(world, name) for name in FIELDS if name != "env"})
    return report(session, chosen(playbook))


def warned():
    world = worlds.metrics(NOW, {"api.cpu": [81] * 12})
    return msgspec.structs.replace(CALM, metrics=worlds.seen(world, NOW, "metrics"))


@pytest.mark.parametrize(
    ("world", "code", "verdict"),
    [
        (CALM, 0, "PASS"),
        (warned(), 1, "WARN"),
        (worlds.incident_world(), 2, "FAIL"),
        (msgspec.structs.replace(CALM, cache=faulty(denied("elasticache:DescribeReplicationGroups"), NOW)), 3, "UNKNOWN"),
        (worlds.loading_world(), 4, "UNKNOWN"),
    ],
)
def test_the_exit_code_is_the_highest_verdict(world, code, verdict):
    found = reported(world)
    assert (found.code, found.verdict) == (code, verdict)


def test_a_playbook_narrows_what_counts():
    assert reported(warned(), "database").code == 0
    assert reported(warned(), "latency").code == 1
    assert reported(warned(), "latency").playbooks == ("latency",)


def blinded(world, **fields):
    return msgspec.structs.replace(world, **{name: faulty(denied(operation), NOW) for name, operation in fields.items()})


@pytest.mark.parametrize(
    ("world", "playbook", "code", "line"),
    [
        (CALM, "start", 0, "nothing is wrong"),
        (blinded(CALM, database="rds:DescribeDBInstances"), "start", 3, "no cause found (database not seen)"),
        (blinded(CALM, secrets="secretsmanager:DescribeSecret"), "start", 3, "no cause found (api, frontend not seen)"),
        (blinded(CALM, alarms="cloudwatch:DescribeAlarms"), "start", 0, "nothing is wrong"),
        (
            blinded(worlds.incident_world(), target_groups="x:Y", targets="x:Y"),
            "database",
            3,
            "outside this playbook: likely: deployment api:42",
        ),
        (worlds.incident_world(), "database", 1, "outside this playbook: likely: deployment api:42"),
        (worlds.incident_world(), "5xx", 2, "likely: deployment api:42"),
    ],
)
def test_with_a_playbook_code_and_line_agree(world, playbook, code, line):
    found = reported(world, playbook)
    assert found.cause.startswith(line)
    assert (found.code, found.verdict) == (code, {0: "PASS", 1: "WARN", 2: "FAIL", 3: "UNKNOWN"}[code])
    assert ("not seen" not in found.cause) or code >= 2


def test_an_unknown_playbook_could_not_run(capsys, tmp_path):
    assert check(load(Flags(env="prod", config="/dev/null"), {}, state_dir=str(tmp_path)), playbook="databse") == 4
    assert "no playbook databse: did you mean database?" in capsys.readouterr().err
    assert main(["check", "--config", "/dev/null"]) == 4
    assert "never guesses the environment" in capsys.readouterr().err
    with pytest.raises(SystemExit) as wrong:
        main(["check", "--env", "prod", "--json", "--markdown"])
    assert wrong.value.code == 4


def test_json_carries_evidence_threshold_and_what_to_do():
    found = msgspec.json.decode(msgspec.json.encode(reported(worlds.incident_world())), type=Report)
    assert found.cause == "likely: deployment api:42 (v2.3.1), 4 m before the first 5xx"
    assert (found.causes[0].id, found.causes[0].standing, found.causes[0].todo[0].action) == ("deployment.bad", "first", "rollback")
    assert {one.id for one in found.checks} == {one.id for one in checks()}
    assert [one.verdict for one in found.checks][:2] == ["FAIL", "FAIL"]
    worst = found.checks[0]
    assert worst.evidence[0].call
    assert worst.threshold
    assert worst.change
    assert worst.todo


def test_plain_can_be_read_aloud():
    lines = plain(reported(worlds.incident_world()))
    assert lines[0].startswith("FAIL: prod in 123456789012 at 2026-11-23 14:03:19Z")
    assert lines[1] == "likely: deployment api:42 (v2.3.1), 4 m before the first 5xx"
    assert not {symbol for symbol in "✔✖│▸☐" if symbol in "\n".join(lines)}
    assert any(line.startswith("also: ") for line in lines)
    assert sum(line.startswith("for a person: ") for line in lines) == len(playbooks())


def test_markdown_survives_hostile_text():
    text = "\n".join(markdown(reported(worlds.hostile_world())))
    assert "\x1b" not in text
    assert "<script" not in text.lower()
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert {line.replace("\\|", "").count("|") for line in rows} == {5}


def test_what_is_denied_is_never_a_pass():
    found = reported(worlds.denied_world())
    unseen = {one.id for one in found.checks if one.verdict == "UNKNOWN"}
    assert {"db.status", "nat.state", "alarms.state"} <= unseen
    assert "no permission: rds:DescribeDBInstances" in next(one.sentence for one in found.checks if one.id == "db.status")


def test_one_run_over_http(demo, tmp_path):
    demo.reset(seed=1, paused=True, elapsed_s=900.0, incident="database-stopped")
    out = io.StringIO()
    code = check(load(Flags(env="prod", config="/dev/null"), {}, state_dir=str(tmp_path)), form="json", out=out)
    found = json.loads(out.getvalue())
    assert code == found["code"] == 2
    assert found["cause_id"] == "database.stopped"
    assert found["causes"][0]["todo"][0]["action"] == "start_database"
    assert [one["id"] for one in found["checks"] if one["verdict"] == "UNKNOWN" and "not read yet" in one["sentence"]] == []


def test_what_never_answered_is_named_as_not_seen():
    assert reported(msgspec.structs.replace(CALM, cache=Seen())).cause.startswith("no cause found (cache not seen); ")
