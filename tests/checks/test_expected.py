"""The runbook's production alarms: found whatever they are called, reported when missing, and never created."""

from __future__ import annotations

import msgspec

from clickit_tui.checks.expected import expected, missing
from clickit_tui.plan import as_cli
from tests import worlds
from tests.panes.views import view_of

NOW = worlds.NOW


def without(*names):
    world = worlds.healthy_world(NOW)
    kept = tuple(a for a in world.alarms.value if a.name.removeprefix("clickit-prod-") not in names)
    return msgspec.structs.replace(world, alarms=worlds.seen(kept, NOW, "alarms"))


def test_all_three_are_found_by_what_they_watch():
    found = expected(worlds.healthy_world(NOW), worlds.NAMES)
    assert [(each.title, each.found.name) for each in found] == [
        ("API CPU High", "clickit-prod-api-cpu"),
        ("ALB 5xx Errors", "clickit-prod-alb-5xx"),
        ("Unhealthy Targets", "clickit-prod-unhealthy-targets"),
    ]
    assert missing(worlds.healthy_world(NOW), worlds.NAMES, NOW) == ()


def test_a_missing_one_comes_with_the_command_that_would_create_it():
    (each,) = missing(without("alb-5xx"), worlds.NAMES, NOW)
    assert each.title == "ALB 5xx Errors"
    said = as_cli(each.creates)
    assert said.startswith("aws cloudwatch put-metric-alarm --alarm-name clickit-prod-alb-5xx")
    for word in (
        "--threshold 10",
        "--period 300",
        "--treat-missing-data notBreaching",
        "HTTPCode_Target_5XX_Count",
        "app/clickit-prod-alb/",
    ):
        assert word in said


def test_another_environments_or_another_services_alarm_fills_no_place():
    world = worlds.healthy_world(NOW)
    cpu = next(a for a in world.alarms.value if a.name.endswith("api-cpu"))
    other = tuple((name, value.replace("-api", "-frontend")) for name, value in cpu.dimensions)
    moved = tuple(msgspec.structs.replace(a, dimensions=other) if a is cpu else a for a in world.alarms.value)
    changed = msgspec.structs.replace(world, alarms=worlds.seen(moved, NOW, "alarms"))
    assert [each.id for each in missing(changed, worlds.NAMES, NOW)] == ["api-cpu-high"]


def test_an_alarm_that_turns_later_than_the_runbook_says_is_told_so():
    world = worlds.healthy_world(NOW)
    weak = tuple(msgspec.structs.replace(a, threshold=95.0) if a.name.endswith("api-cpu") else a for a in world.alarms.value)
    found = expected(msgspec.structs.replace(world, alarms=worlds.seen(weak, NOW, "alarms")), worlds.NAMES)
    assert found[0].differs == "it turns above 95, the runbook says 85"
    mute = tuple(msgspec.structs.replace(a, actions_enabled=False) for a in world.alarms.value)
    assert expected(msgspec.structs.replace(world, alarms=worlds.seen(mute, NOW, "alarms")), worlds.NAMES)[1].differs == "it is muted"


def test_nothing_is_called_missing_that_could_not_be_read():
    assert missing(worlds.denied_world(NOW), worlds.NAMES, NOW) is None
    assert missing(worlds.stale_world(NOW, 900), worlds.NAMES, NOW) is None


def test_the_verdict_tells_of_a_missing_one_in_protected_environments_only():
    from clickit_tui.checks.alarms import judge
    from clickit_tui.checks.registry import Verdict

    facts = view_of(worlds.healthy_world(NOW)).facts
    assert judge(worlds.healthy_world(NOW), facts).verdict is Verdict.PASS
    found = judge(without("alb-5xx"), facts)
    assert (found.verdict, found.short) == (Verdict.WARN, "1 missing")
    assert "ALB 5xx Errors" in found.sentence
    assert judge(without("alb-5xx"), msgspec.structs.replace(facts, protected=False)).verdict is Verdict.PASS
