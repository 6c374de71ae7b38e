"""The strip and the likely cause over the fixture Worlds."""

import re

import msgspec
import pytest

from clickit_tui.checks.happened import deployment_name
from clickit_tui.checks.registry import RANK, Facts, Verdict, checks
from clickit_tui.checks.strip import ORDER, findings, strip, worst
from clickit_tui.checks.timeline import last_change
from clickit_tui.config import Thresholds
from clickit_tui.playbooks.diagnosis import cause
from clickit_tui.world.follow import Follow, Following
from clickit_tui.world.mark import TAG, Mark
from clickit_tui.world.seen import Fault, Trouble
from clickit_tui.world.world import FIELDS, OWN, World
from tests import worlds
from tests.worlds import NAMES, NOW, seen

FACTS = Facts(now=NOW, names=NAMES, thresholds=Thresholds(), protected=True)
WORLDS = {
    "healthy": worlds.healthy_world(),
    "incident": worlds.incident_world(),
    "loading": worlds.loading_world(),
    "denied": worlds.denied_world(),
    "stale": worlds.stale_world(),
    "hostile": worlds.hostile_world(),
    "raw": worlds.hostile_world(cleaned=False),
    "huge": worlds.huge_world(),
    "absent": worlds.absent_world(),
}

NOT_READ = OWN


def by_part(world, facts=FACTS):
    return {one.part: one for one in strip(world, facts)}


@pytest.mark.parametrize("name", WORLDS)
def test_every_check_judges_every_world_and_says_why(name):
    found = findings(WORLDS[name], FACTS)
    assert list(found) == [one.id for one in checks()]
    for finding in found.values():
        assert finding.sentence
        assert 0 < len(finding.short) <= 16
        if finding.verdict is Verdict.PASS:
            assert finding.evidence, finding
            assert all(evidence.call.count(":") == 1 for evidence in finding.evidence)


@pytest.mark.parametrize("name", WORLDS)
def test_the_strip_keeps_its_order_and_takes_the_highest_verdict(name):
    world = WORLDS[name]
    found = findings(world, FACTS)
    parts = strip(world, FACTS)
    assert [p.part for p in parts] == [part for part in ORDER if part in {p.part for p in parts}]
    assert set(ORDER) - {p.part for p in parts} <= {"nat"}
    for entry in parts:
        own = [found[key] for key in entry.finding_ids]
        assert RANK[entry.verdict] == max(RANK[f.verdict] for f in own)
        assert (entry.short, entry.sentence) == (own[0].short, own[0].sentence)


def test_a_healthy_environment_passes_everywhere_and_nothing_is_wrong():
    parts = strip(WORLDS["healthy"], FACTS)
    assert [(p.part, p.verdict.value) for p in parts] == [
        ("edge", "PASS"),
        ("api", "PASS"),
        ("frontend", "PASS"),
        ("database", "PASS"),
        ("cache", "PASS"),
        ("alarms", "PASS"),
    ]
    assert [p.short for p in parts] == ["0 5xx/5m", "3/3", "2/2", "21/60", "hit 97 %", "0 alarms"]
    named = cause(WORLDS["healthy"], FACTS)
    assert named.sentence.startswith("nothing is wrong; last change: ")
    assert not named.likely


def test_the_incident_names_the_deployment():
    parts = by_part(WORLDS["incident"])
    assert (parts["edge"].verdict, parts["api"].verdict, parts["api"].short) == ("FAIL", "FAIL", "1/3 healthy")
    assert (parts["database"].verdict, parts["database"].short) == ("WARN", "54/60")
    assert (parts["frontend"].verdict, parts["cache"].verdict) == ("PASS", "PASS")
    assert parts["alarms"].short == "2 alarms"
    named = cause(WORLDS["incident"], FACTS)
    assert named.sentence == "likely: deployment api:42 (v2.3.1), 4 m before the first 5xx"
    assert (named.likely, named.part, named.playbook) == (True, "api", "5xx")


def test_while_things_load_the_line_says_so_far():
    assert cause(WORLDS["loading"], FACTS).sentence == "so far: reading…"
    half = msgspec.structs.replace(WORLDS["incident"], database=worlds.Seen())
    named = cause(half, FACTS)
    assert named.sentence == "likely: deployment api:42 (v2.3.1), 4 m before the first 5xx", "the database ranks below"
    half = msgspec.structs.replace(WORLDS["incident"], target_groups=worlds.Seen(), targets=worlds.Seen())
    named = cause(half, FACTS)
    assert re.fullmatch(r"so far \(\d+ of \d+\): deployment api:42 \(v2.3.1\), 4 m before the first 5xx", named.sentence)
    assert not named.likely
    healthy = msgspec.structs.replace(WORLDS["healthy"], cache=worlds.Seen())
    assert re.fullmatch(r"so far \(\d+ of \d+\): nothing wrong", cause(healthy, FACTS).sentence)


def test_what_has_not_answered_after_five_seconds_is_named_beside_the_cause():
    half = msgspec.structs.replace(WORLDS["incident"], target_groups=worlds.Seen(), targets=worlds.Seen())
    soon, late = (msgspec.structs.replace(FACTS, began_at=NOW - s) for s in (4.9, 5.0))
    assert cause(half, soon).sentence.startswith("so far (")
    named = cause(half, late)
    assert named.sentence == "likely: deployment api:42 (v2.3.1), 4 m before the first 5xx (edge not seen)"
    assert named.likely


def test_without_evidence_nothing_passes_and_the_permission_is_named():
    parts = by_part(WORLDS["denied"])
    assert parts["database"].sentence == "database not seen: no permission: rds:DescribeDBInstances"
    assert parts["nat"].short == "denied"
    assert parts["cache"].verdict is Verdict.PASS
    assert "no cause found (alarms, " in cause(WORLDS["denied"], FACTS).sentence


def test_old_data_proves_nothing():
    assert {p.verdict for p in strip(WORLDS["stale"], FACTS)} == {Verdict.UNKNOWN}
    assert {p.short for p in strip(WORLDS["stale"], FACTS)} == {"throttled"}
    later = msgspec.structs.replace(FACTS, now=NOW + 3600)
    assert {p.short for p in strip(WORLDS["healthy"], later)} == {"stale"}


def test_what_is_absent_is_none_and_never_worsens():
    parts = by_part(WORLDS["absent"])
    assert (parts["edge"].verdict, parts["cache"].verdict) == (Verdict.NONE, Verdict.NONE)
    assert "nat" not in parts
    relaxed = msgspec.structs.replace(FACTS, protected=False)
    assert by_part(WORLDS["absent"], relaxed)["alarms"].verdict is Verdict.NONE
    assert cause(WORLDS["absent"], relaxed).sentence.startswith("nothing is wrong")


def replaced(world, **fields):
    return msgspec.structs.replace(world, **{name: seen(value, NOW, name) for name, value in fields.items()})


def old_deployment(world):
    """The same incident with a deployment of three days ago."""
    api, frontend = world.services.value
    primary = msgspec.structs.replace(api.deployments[0], created_at=NOW - 3 * 86_400, rollout="COMPLETED", failed=0)
    return replaced(world, services=(msgspec.structs.replace(api, deployments=(primary,)), frontend))


def test_causes_come_before_symptoms():
    world = old_deployment(WORLDS["incident"])
    assert cause(world, FACTS).sentence.startswith("likely: 2 of 3 targets of api unhealthy")
    healed = replaced(world, targets=worlds.healthy_world().targets.value)
    stopped = replaced(healed, database=worlds.database(status="stopped"))
    assert cause(stopped, FACTS).sentence == "likely: database clickit-prod-db is stopped"
    assert cause(healed, FACTS).sentence == (
        "likely: (1 of 2) 54 database connections of a budget of 60; (2) tasks of api end by themselves (exit 1)"
    ), "neither follows from the other"
    calm = replaced(healed, metrics=worlds.metrics(NOW, {"edge.target_5xx": [5] * 8}), log=worlds.log_digest(NOW))
    assert cause(calm, FACTS).sentence == "likely: tasks of api end by themselves (exit 1)"
    errors = msgspec.structs.replace(worlds.log_digest(NOW, 42), matches=())
    only_errors = replaced(calm, tasks=worlds.healthy_world().tasks.value, log=errors)
    assert cause(only_errors, FACTS).sentence == "likely: api errors, 210 like “could not connect to server: connection refused”"


def test_a_deployment_after_the_first_error_is_not_suspected():
    world = replaced(WORLDS["incident"], metrics=worlds.metrics(NOW, {"edge.target_5xx": [9] * 30}))
    assert "deployment" not in cause(world, FACTS).sentence


def test_a_failed_roll_out_is_the_cause_without_any_5xx():
    api, frontend = worlds.healthy_world().services.value
    broken = msgspec.structs.replace(api.deployments[0], rollout="FAILED", rollout_reason="tasks failed to start")
    world = replaced(worlds.healthy_world(), services=(msgspec.structs.replace(api, deployments=(broken,)), frontend))
    assert cause(world, FACTS).sentence == "likely: deployment api:41 failed: tasks failed to start"


def test_the_last_change_skips_steady_states_and_autoscaling_alarms():
    noisy = (
        worlds.alarm("x", NOW, since=NOW - 9000),
        msgspec.structs.replace(worlds.alarm("y", NOW, since=NOW - 5), name="TargetTracking-y"),
    )
    assert last_change(replaced(worlds.healthy_world(), alarms=noisy), FACTS) == "alarm clickit-prod-x went OK, 2 h ago (11:33Z)"
    assert last_change(WORLDS["loading"], FACTS) == ""


def blind_world(**left):
    """Nothing was ever read: services failed so, everything else waits for them or failed likewise."""
    no_region = Fault(kind=Trouble.INVALID, sentence="no region is configured", fix="name it with --region")
    waits = Fault(kind=Trouble.WAITING, sentence="waits for services")
    waiting = {"targets", "target_groups", "definitions"}
    fields = {f: worlds.Seen(fault=waits if f in waiting else no_region, fault_at=NOW) for f in FIELDS if f not in NOT_READ}
    return World(env="prod", **{**fields, **left})


def test_when_nothing_can_be_read_the_line_says_why_and_what_to_do():
    assert cause(blind_world(), FACTS).sentence == "nothing can be read: no region is configured: name it with --region"
    html = Fault(kind=Trouble.GARBLED, sentence="the answer could not be read")
    assert cause(blind_world(metrics=worlds.Seen(fault=html, fault_at=NOW)), FACTS).sentence.startswith("nothing can be read: no region")


def test_while_one_thing_is_still_awaited_or_read_not_everything_has_failed():
    assert cause(blind_world(alarms=worlds.Seen()), FACTS).sentence == "so far: reading…"
    assert "nothing can be read" not in cause(blind_world(services=worlds.healthy_world().services), FACTS).sentence


def ours(at, **changes):
    plain = {"kind": "scale", "env": "prod", "part": "api", "started_at": at, "did": "scale api 2 → 3"}
    return Following(follow=Follow(**{**plain, **changes}))


def with_events(*events, **fields):
    """A healthy world whose api says this, each (seconds ago, message)."""
    api, frontend = worlds.healthy_world().services.value
    told = tuple(worlds.ServiceEvent(id=f"e{ago}", at=NOW - ago, message=f"(service {api.name}) {text}") for ago, text in events)
    world = replaced(worlds.healthy_world(), services=(msgspec.structs.replace(api, events=told), frontend), alarms=())
    return msgspec.structs.replace(world, **fields)


def test_the_last_change_is_news_in_few_words():
    noise = (1, "registered 1 targets in (target-group arn:aws:x)"), (2, "has reached a steady state.")
    world = with_events(*noise, (60, "(deployment ecs-svc/140515374) deployment completed."))
    assert last_change(world, FACTS).startswith("api: deployment completed, 1 m ago")


def test_our_own_change_is_the_last_one_not_what_it_brings_about():
    events = (20, "has started 1 tasks: (task 8f3a21)."), (10, "(deployment ecs-svc/1) deployment completed.")
    assert last_change(with_events(*events, follows=(ours(NOW - 30),)), FACTS).startswith("you: scale api 2 → 3, 30 s ago")
    trouble = (5, "was unable to place a task.")
    assert last_change(with_events(trouble, follows=(ours(NOW - 30),)), FACTS).startswith("api: was unable to place a task, 5 s ago")
    theirs = ours(NOW - 30, did="")
    assert last_change(with_events(*events, follows=(theirs,)), FACTS).startswith("api: deployment completed, 10 s ago")
    other = ours(NOW - 30, part="frontend", did="redeploy frontend")
    assert last_change(with_events(*events, follows=(other,)), FACTS).startswith("api: deployment completed, 10 s ago")


def test_a_deployment_that_we_began_is_ours():
    world = with_events()
    begun = msgspec.structs.replace(world.services.value[0].primary, id="ecs-svc/9", created_at=NOW - 20)
    api, frontend = world.services.value
    world = replaced(world, services=(msgspec.structs.replace(api, deployments=(begun,)), frontend))
    assert last_change(world, FACTS).startswith("deployment api:41 (v2.3.0), 20 s ago")
    mine = ours(NOW - 21, kind="deployment", deployment="ecs-svc/9", did="redeploy api")
    assert last_change(msgspec.structs.replace(world, follows=(mine,)), FACTS).startswith("you: redeploy api, 21 s ago")


def test_a_deployment_is_named_with_its_image_where_it_is_known():
    world = WORLDS["incident"]
    api = world.services.value[0]
    assert deployment_name(world, api, api.deployments[0]) == "api:42 (v2.3.1)"
    assert deployment_name(WORLDS["loading"], api, api.deployments[0]) == "api:42"


def test_the_worst_part_is_the_first_of_the_highest_verdict():
    assert worst(strip(WORLDS["incident"], FACTS)).part == "edge"
    assert worst(()) is None


def test_an_environment_that_sleeps_says_so_and_never_that_it_passes():
    mark = Mark(asleep=True, desired=2, since=worlds.NOW - 7200, by="night").text()
    slept = tuple(msgspec.structs.replace(s, desired=0, running=0, tags=((TAG, mark),)) for s in worlds.steady_services(worlds.NOW))
    world = msgspec.structs.replace(
        worlds.healthy_world(worlds.NOW),
        services=worlds.seen(slept, worlds.NOW),
        database=worlds.seen(worlds.database(status="stopped"), worlds.NOW),
    )
    said = {one.part: (one.verdict, one.short) for one in strip(world, FACTS)}
    assert {part: said[part] for part in ("edge", "api", "frontend", "database")} == dict.fromkeys(
        ("edge", "api", "frontend", "database"), (Verdict.NONE, "asleep")
    )
