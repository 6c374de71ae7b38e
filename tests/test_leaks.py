"""Secrets planted wherever AWS, a log or a person can write freely: none reaches World, journal, note, clipboard or report."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from clickit_tui.aws import alarms as aws_alarms
from clickit_tui.aws import autoscaling, ecs, elasticache, elbv2, events, secretsmanager
from clickit_tui.checks.registry import Facts
from clickit_tui.checks.timeline import timeline
from clickit_tui.config import Flags, load
from clickit_tui.headless.check import chosen, markdown, masked, plain, report
from clickit_tui.journal import Journal
from clickit_tui.logs.digest import Sums
from clickit_tui.logs.fetch import Event
from clickit_tui.logs.line import line_of
from clickit_tui.recorder import Recorder
from clickit_tui.session import Session
from clickit_tui.store import Store
from clickit_tui.ui import clipboard
from clickit_tui.world.world import FIELDS, World
from tests import worlds
from tests.stepped import shortly
from tests.worlds import NAMES, NOW, seen

NEEDLES = (
    "Tr0ub4dor3horse",
    "Hunter2Hunter2",
    "AKIAIOSFODNN7EXAMPLE",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "dozjgNryP4J3jVmNHl0w5N_XgL0n3I9",
    "dXNlcjpvcGVuc2VzYW1lMQ==",
    "ghp_0123456789abcdefghijklmnopqrstuvwxyzAB",
    "sk_live_0123456789abcdef",
    "s3cr3tT0kenValue",
    "0f1e2d3c4b5a69788796",
)
PLANTED = (
    f"login failed password={NEEDLES[0]} url postgresql://clickit:{NEEDLES[1]}@db.internal:5432/clickit id {NEEDLES[2]} "
    f"aws_secret_access_key = {NEEDLES[3]} jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.{NEEDLES[4]} Authorization: Basic {NEEDLES[5]} "
    f"git {NEEDLES[6]} pay {NEEDLES[7]} --auth-token {NEEDLES[8]} session_id: {NEEDLES[9]}"
)
AT = datetime.fromtimestamp(NOW - 120, UTC)


def leaked(text: str) -> list[str]:
    return [needle for needle in NEEDLES if needle in text]


def answers() -> dict[str, Any]:
    """What the fetchers make of answers with the secrets in every free text."""
    service = {
        "serviceName": NAMES.api, "desiredCount": 3, "runningCount": 1, "taskDefinition": worlds.definition_arn("api", 42),
        "deployments": [{"id": "ecs-svc/1", "status": "PRIMARY", "rolloutState": "FAILED", "rolloutStateReason": PLANTED, "createdAt": AT}],
        "events": [{"id": "1", "createdAt": AT, "message": f"(service {NAMES.api}) was unable to place a task. Reason: {PLANTED}"}],
    }  # fmt: skip
    stopped = {
        "taskArn": worlds.arn("ecs", "task/clickit-prod-cluster/0123456789abcdef"), "group": f"service:{NAMES.api}",
        "lastStatus": "STOPPED", "stoppedAt": AT, "createdAt": AT, "stopCode": "EssentialContainerExited", "stoppedReason": PLANTED,
        "taskDefinitionArn": worlds.definition_arn("api", 42), "containers": [{"name": "api", "exitCode": 1, "reason": PLANTED}],
    }  # fmt: skip
    container = {
        "name": "api", "image": "x", "command": ["serve", "--db-password", NEEDLES[0], "--url", f"redis://:{NEEDLES[1]}@cache"],
        "environment": [{"name": "GREETING", "value": PLANTED}, {"name": "API_TOKEN", "value": NEEDLES[8]}],
    }  # fmt: skip
    alarm = {"AlarmName": "clickit-prod-x", "StateValue": "ALARM", "StateReason": PLANTED, "AlarmDescription": PLANTED}
    sick = {"Target": {"Id": "10.0.0.1"}, "TargetHealth": {"State": "unhealthy", "Description": PLANTED}}
    told = {"Description": PLANTED, "Cause": PLANTED, "StatusMessage": PLANTED}
    scaled = {"ResourceId": f"service/{NAMES.cluster}/{NAMES.api}", "ActivityId": "1", "StartTime": AT, "StatusCode": "Failed"}
    return {
        "services": (ecs.service(service, NAMES), worlds.steady_services(NOW)[1]),
        "tasks": (ecs.task(stopped, NAMES), *worlds.steady_tasks(NOW)),
        "definitions": (ecs.task_definition({"taskDefinitionArn": worlds.definition_arn("api", 42), "containerDefinitions": [container]}),),
        "alarms": (aws_alarms.metric_alarm(alarm), *worlds.alarms(NOW)),
        "scaling_activities": (autoscaling.activity({**scaled, **told}, NAMES),),
        "targets": (elbv2.target(sick, worlds.TG_API),),
        "db_events": events.DatabaseEvents(events=(events.database_event({"Date": AT, "Message": PLANTED}),), since=NOW - 9_000),
        "cache_events": (elasticache.cache_event({"Date": AT, "Message": PLANTED, "SourceIdentifier": "x"}),),
        "secret_list": (secretsmanager.secret({"Name": "clickit/prod/x", "ARN": "arn:x", "Description": PLANTED}, "arn:x"),),
        "log": digest(),
    }  # fmt: skip


def digest() -> Any:
    """What the log counted of error lines that hold the secrets, in one line and as JSON."""
    sums = Sums()
    for number in range(40):
        message = (
            f"ERROR {PLANTED}" if number % 2 else msgspec.json.encode({"level": "error", "msg": PLANTED, "password": NEEDLES[0]}).decode()
        )
        event = Event(id=str(number), stream="ecs/api/0123456789abcdef", at_ms=int(NOW * 1000) - 60_000, ingested_ms=None, message=message)
        sums.count(line_of(event, "api", "/ecs/clickit-prod-api"))
    return sums.digest(NOW, NOW - 900, False)


@pytest.fixture(scope="module")
def planted() -> World:
    return msgspec.structs.replace(worlds.incident_world(), **{name: seen(value, NOW, name) for name, value in answers().items()})


FACTS = Facts(now=NOW, names=NAMES, thresholds=load(Flags(env="prod", config="/dev/null"), {}).thresholds, protected=True)


def test_no_value_of_the_world_holds_one(planted: World) -> None:
    for name in answers():
        text = msgspec.json.encode(getattr(planted, name).value).decode()
        assert leaked(text) == [], name
        assert "masked" in text or "***" in text, f"{name} lost more than the secrets"
    assert leaked(repr(timeline(planted, FACTS))) == []


def test_neither_journal_nor_note_nor_clipboard_holds_one(planted: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    journal, store = Journal(tmp_path / "journal.jsonl", clock=lambda: NOW), Store(planted)
    journal.load()
    recorder = Recorder(journal, store, "prod", tmp_path / "notes", clock=lambda: NOW)
    recorder.met(planted.identity.value)
    recorder.look(planted, FACTS)
    for task in planted.tasks.value or ():
        if task.stopped:
            journal.stopped_task("prod", task)
    for alarm in planted.alarms.value or ():
        journal.alarm("prod", alarm)
    assert asyncio.run(recorder.declare(f"down: {PLANTED}", NOW - 600)) == ""
    assert asyncio.run(recorder.note(PLANTED)) == ""
    assert asyncio.run(recorder.bookmark(PLANTED, step="5xx/a-request", said=PLANTED)) == ""
    assert asyncio.run(recorder.amend(title=f"still down: {PLANTED}")) == ""
    assert asyncio.run(recorder.resolve(f"rotated {PLANTED}", FACTS)) == ""
    text, where = asyncio.run(recorder.write_note(FACTS))
    journal.close()
    assert "‹masked›" in text
    assert leaked(text) == []
    assert leaked(Path(where).read_text()) == []
    assert leaked(journal.path.read_text()) == []
    assert clipboard._keep(clipboard.last_copy({"XDG_STATE_HOME": str(tmp_path)}), text) == ""
    found = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert len(found) >= 3
    assert [file.name for file in found if leaked(file.read_text())] == []


def test_the_configurations_own_masks_hold_in_a_report(planted: World, tmp_path: Path) -> None:
    config = msgspec.structs.replace(load(Flags(env="prod", config="/dev/null"), {}, state_dir=str(tmp_path)), masks=(r"clickit-prod-\w+",))
    session = Session(config, clock=lambda: NOW, sleep=shortly)
    session.store.put(**{name: getattr(planted, name) for name in FIELDS if name != "env"})
    whole = report(session, chosen(""))  # type: ignore[arg-type]
    found = masked(whole, session.recorder.masked)
    assert "clickit-prod-" in msgspec.json.encode(whole).decode()
    assert "clickit-prod-" not in msgspec.json.encode(found).decode()
    assert [one.id for one in found.checks] == [one.id for one in whole.checks]


def test_no_form_of_the_report_holds_one(planted: World, tmp_path: Path) -> None:
    session = Session(load(Flags(env="prod", config="/dev/null"), {}, state_dir=str(tmp_path)), clock=lambda: NOW, sleep=shortly)
    session.store.put(**{name: getattr(planted, name) for name in FIELDS if name != "env"})
    found = report(session, chosen(""))  # type: ignore[arg-type]
    for form in (msgspec.json.encode(found).decode(), "\n".join(plain(found)), "\n".join(markdown(found))):
        assert leaked(form.replace("\\", "")) == []
        assert "masked" in form
