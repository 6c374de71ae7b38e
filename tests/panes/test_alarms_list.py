"""The alarms as rows and details: worst first, quiet told from blind, muted said, missing ones reported, a day as a bar."""

from __future__ import annotations

import msgspec
import pytest

from clickit_tui.panes.alarms_list import detail, history_rows, promised, rows, states_in
from clickit_tui.panes.evidence import Gathered, evidence_lines, picture, playbook
from clickit_tui.ui.cells import spans_width
from clickit_tui.world.events import AlarmChange
from clickit_tui.world.honesty import acknowledged, acknowledging, reason_words
from clickit_tui.world.incident import Recorded, Told
from clickit_tui.world.parts import Alarm
from tests import worlds
from tests.panes.views import text, view_of

NOW = worlds.NOW


def with_alarms(*alarms):
    return msgspec.structs.replace(worlds.healthy_world(NOW), alarms=worlds.seen(alarms, NOW, "alarms"))


def listed(world, width=80, **given):
    view = msgspec.structs.replace(view_of(world), **given)
    return [each.key for each in rows(world, view, width)], text([each.spans for each in rows(world, view, width)])


def test_the_worst_come_first_and_quiet_is_not_blind():
    quiet = Alarm(name="errors", state="INSUFFICIENT_DATA", metric="HTTPCode_Target_5XX_Count", missing="missing")
    blind = Alarm(name="cpu", state="INSUFFICIENT_DATA", metric="CPUUtilization")
    loud = Alarm(name="loud", state="ALARM", metric="X", since=NOW - 60, actions_enabled=False)
    scaling = Alarm(name="TargetTracking-service/a", state="ALARM")
    keys, said = listed(with_alarms(scaling, quiet, Alarm(name="fine", state="OK"), blind, loud))
    assert [key for key in keys if key.startswith("alarm:")] == [
        "alarm:loud", "alarm:cpu", "alarm:errors", "alarm:fine", "alarm:TargetTracking-service/a",
    ]  # fmt: skip
    assert "MUTED" in said.splitlines()[0]
    assert "? no data" in said
    assert "✔ quiet" in said


def test_a_missing_runbook_alarm_is_a_row_with_its_command_in_protected_environments_only():
    keys, said = listed(with_alarms())
    assert "missing:alb-5xx" in keys
    assert "ALB 5xx Errors (runbook)" in said
    world = with_alarms()
    view = view_of(world)
    assert "aws cloudwatch put-metric-alarm" in text(detail(world, view, "missing:alb-5xx", 80))
    open_view = msgspec.structs.replace(view, facts=msgspec.structs.replace(view.facts, protected=False))
    assert promised(world, open_view) == ()


def test_a_denied_list_names_the_permission():
    assert listed(worlds.denied_world(NOW))[1] == " ? no permission: cloudwatch:DescribeAlarms"


def test_a_reason_in_few_words():
    said = (
        "Threshold Crossed: 1 out of the last 1 datapoints [34.0 (23/11/26 13:57:00)] was greater than the threshold (10.0) "
        "(minimum 1 datapoint for OK -> ALARM transition)."
    )
    assert reason_words(said) == "1 out of the last 1 datapoints [34.0] was greater than the threshold (10.0)"


def test_a_reason_with_many_long_numbers_is_cut():
    said = "Threshold Crossed: 5 out of the last 5 datapoints [50.64577, 47.74335, 45.9, 51.75, 42.6] were less than the threshold (54.0)."
    assert reason_words(said) == "5 out of the last 5 datapoints [50.65, 47.74, 45.9, … 2 more] were less than the threshold (54.0)"


def test_an_acknowledgement_holds_for_one_change_of_one_alarm():
    alarm = Alarm(name="a", state="ALARM", since=NOW - 60)
    record = (Recorded(at=NOW, kind=Told.NOTE, text=acknowledging(alarm, "known, see the change")),)
    world = msgspec.structs.replace(with_alarms(alarm), record=record)
    assert acknowledged(world, alarm) == "known, see the change"
    assert acknowledged(world, Alarm(name="a", state="ALARM", since=NOW - 10)) == ""
    assert acknowledged(world, Alarm(name="ab", state="ALARM", since=NOW - 60)) == ""
    assert " ack " in listed(world)[1]


def test_the_state_between_changes_is_known_and_before_the_history_it_is_not():
    alarm = Alarm(name="a", state="OK")
    changes = [AlarmChange(name="a", at=200, state="OK", before="ALARM"), AlarmChange(name="a", at=100, state="ALARM", before="OK")]
    assert states_in(changes, alarm, 0, 210, 220) == {"OK"}
    assert states_in(changes, alarm, 0, 110, 120) == {"ALARM"}
    assert states_in(changes, alarm, 0, 190, 210) == {"ALARM", "OK"}
    assert states_in(changes, alarm, 0, 10, 20) == {"OK"}
    assert states_in(changes, alarm, 50, 10, 20) == {""}
    assert states_in([], alarm, 0, 10, 20) == {"OK"}


@pytest.mark.parametrize("name", ["healthy", "incident", "denied", "stale", "hostile", "absent"])
@pytest.mark.parametrize("width", [60, 80, 150])
def test_no_row_is_wider_than_its_pane_or_holds_a_control_character(name, width):
    world = getattr(worlds, f"{name}_world")(NOW)
    view = view_of(world)
    for each in (*rows(world, view, width), *history_rows(world, view, width)):
        assert "".join(span.text for span in each.spans).isprintable()
        assert spans_width(each.spans) <= max(width, 70)


def test_evidence_holds_the_deployment_before_the_change_and_its_playbook():
    world = worlds.incident_world(NOW)
    alarm = next(a for a in world.alarms.value if a.name == "clickit-prod-alb-5xx")
    gathered = Gathered(alarm=alarm, at=alarm.since, state="ALARM", lines=[], series="no permission: cloudwatch:GetMetricData")
    said = text(evidence_lines(gathered, world, view_of(world)))
    assert "deployment clickit-prod-api:42 began" in said
    assert "4 m before" in said
    assert "playbook  API returning 5xx" in said
    assert "6 opens the playbook" in said
    assert picture(gathered, world, view_of(world)).words == "no permission: cloudwatch:GetMetricData"


@pytest.mark.parametrize(
    ("alarm", "id"),
    [
        (Alarm(name="a", metric="UnHealthyHostCount"), "5xx"),
        (Alarm(name="a", metric="DatabaseConnections", namespace="AWS/RDS"), "database"),
        (Alarm(name="a", metric="CPUUtilization", namespace="AWS/RDS"), "database"),
        (Alarm(name="a", metric="CPUUtilization", namespace="AWS/ECS"), "latency"),
        (Alarm(name="a", metric="TargetResponseTime"), "latency"),
        (Alarm(name="a", metric="RunningTaskCount"), "start"),
        (Alarm(name="page", metric="ALARM(clickit-prod-db) OR ALARM(x)", composite=True), "5xx"),
    ],
)
def test_each_alarm_leads_to_a_playbook(alarm, id):
    assert playbook(alarm).id == id


def test_the_evidence_of_a_computed_alarm_says_that_only_its_first_input_is_plotted():
    world = worlds.incident_world(NOW)
    alarm = msgspec.structs.replace(next(each for each in world.alarms.value if each.since is not None), threshold=5.0, computed="100*a/b")
    series = world.metrics.value.series["edge.target_5xx"]
    gathered = Gathered(alarm=alarm, at=alarm.since, state="ALARM", lines=[], series=series)
    assert "plotted is only its first input" in text(evidence_lines(gathered, world, view_of(world)))
    assert picture(gathered, world, view_of(world)).levels == ()


def test_a_metric_that_cloudwatch_did_not_answer_is_not_said_to_have_no_data():
    world = worlds.incident_world(NOW)
    alarm = next(each for each in world.alarms.value if each.since is not None)
    series = msgspec.structs.replace(world.metrics.value.series["edge.target_5xx"], times=(), values=(), status="InternalError")
    gathered = Gathered(alarm=alarm, at=alarm.since, state="ALARM", series=series)
    assert picture(gathered, world, view_of(world)).words.startswith("CloudWatch answered InternalError for ")
