"""The timeline: entries of every source on one axis, and what it says when it is blind."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from clickit_tui.checks.registry import Facts
from clickit_tui.checks.strip import findings
from clickit_tui.checks.suspects import bad_runs, first_bad_minute, suspects
from clickit_tui.checks.timeline import BUILDERS, READS, Kind, blind, kinds, last_change, timeline
from clickit_tui.config import Thresholds
from clickit_tui.world.ecs import Deployment
from clickit_tui.world.events import AlarmChange, AlarmHistory, CacheEvent, DatabaseEvent, DatabaseEvents
from clickit_tui.world.incident import Told
from clickit_tui.world.seen import Absent, Fault, Seen, Trouble
from clickit_tui.world.supply import Repository
from clickit_tui.world.world import FIELDS, World
from tests import worlddata, worldpast, worlds

NOW = worlds.NOW
FACTS = Facts(now=NOW, names=worlds.NAMES, thresholds=Thresholds())
INCIDENT = worlds.incident_world()
HEALTHY = worlds.healthy_world()


def replaced(world: World, **values: Any) -> World:
    return msgspec.structs.replace(world, **{name: worlds.seen(value, NOW, name) for name, value in values.items()})


def of(world: World, kind: Kind) -> list[Any]:
    return [one for one in timeline(world, FACTS) if one.kind is kind]


def test_entries_stand_in_time_and_each_once() -> None:
    found = timeline(INCIDENT, FACTS)
    assert [one.at for one in found] == sorted(one.at for one in found)
    assert len({one.id for one in found}) == len(found)
    assert {one.kind for one in found} >= {
        Kind.DEPLOYMENT,
        Kind.EVENT,
        Kind.STOP,
        Kind.SCALING,
        Kind.ALARM,
        Kind.DATABASE,
        Kind.SECRET,
        Kind.IMAGE,
    }


def test_ids_stay_from_reading_to_reading() -> None:
    later = msgspec.structs.replace(FACTS, now=NOW + 60)
    assert [one.id for one in timeline(INCIDENT, FACTS)] == [one.id for one in timeline(INCIDENT, later)]


def test_a_deployment_stands_once_with_its_end_although_two_calls_tell_of_it() -> None:
    new = [one.text for one in of(INCIDENT, Kind.DEPLOYMENT) if one.at > NOW - 3600]
    assert new == ["api:42 (v2.3.1) began"]
    old = [one.text for one in of(HEALTHY, Kind.DEPLOYMENT) if one.part == "api"]
    assert old == ["api:40 (v2.0.40) began", "api:40 (v2.0.40) completed", "api:41 (v2.3.0) began", "api:41 (v2.3.0) completed"]


def test_without_the_record_of_deployments_those_of_the_services_remain() -> None:
    hidden = msgspec.structs.replace(INCIDENT, service_deployments=worlds.faulty(worlds.denied("ecs:ListServiceDeployments"), NOW))
    assert "api:42 (v2.3.1) began" in [one.text for one in of(hidden, Kind.DEPLOYMENT)]


def test_a_deployment_that_was_rolled_back_is_bad_and_says_why() -> None:
    ended = worlds.service_deployment("api", 41, NOW, 900, status="ROLLBACK_SUCCESSFUL", reason="circuit breaker", finished_at=NOW - 60)
    first, last = [one for one in of(replaced(HEALTHY, service_deployments=(ended,)), Kind.DEPLOYMENT) if one.at > NOW - 1000]
    assert first.bad
    assert last.text == "api:41 (v2.3.0) was rolled back: circuit breaker"


def test_a_transition_told_three_times_is_one_entry() -> None:
    history = AlarmHistory(changes=(AlarmChange(name="clickit-prod-x", at=NOW - 100, state="ALARM", before="OK"),), since=NOW - 86_400)
    alarm = msgspec.structs.replace(worlds.alarm("x", NOW, since=NOW - 100.4), state="ALARM")
    seen_by_us = worldpast.recorded(NOW, 99, Told.ALARM, part="clickit-prod-x", verdict="ALARM")
    world = msgspec.structs.replace(replaced(HEALTHY, alarms=(alarm,), alarm_history=history), record=(seen_by_us,))
    assert [one.text for one in of(world, Kind.ALARM)] == ["clickit-prod-x OK → ALARM"]


def test_alarms_of_other_environments_are_left_out_and_autoscalings_own_are_quiet() -> None:
    names = ("clickit-dev-x", "clickit-prod-gone", "TargetTracking-service/clickit-prod-api")
    history = AlarmHistory(changes=tuple(AlarmChange(name=name, at=NOW - 50, state="ALARM") for name in names), since=0.0)
    found = of(replaced(HEALTHY, alarms=(), alarm_history=history), Kind.ALARM)
    assert {(one.text, one.quiet, one.bad) for one in found} == {
        ("clickit-prod-gone went ALARM", False, True),
        ("TargetTracking-service/clickit-prod-api went ALARM", True, False),
    }


def test_stopped_tasks_that_ecs_forgot_are_there_and_routine_ones_are_quiet() -> None:
    gone = worlds.stopped(NOW, "api", 0x77, 41, 7200, "Essential container in task exited", "EssentialContainerExited", 137)
    world = msgspec.structs.replace(INCIDENT, remembered=(gone, *INCIDENT.tasks.value))
    found = of(world, Kind.STOP)
    assert len([one for one in found if one.id.endswith(gone.id)]) == 1
    assert len(found) == len(of(INCIDENT, Kind.STOP)) + 1
    assert [one.quiet for one in found if one.part == "migration"] == [True]


def test_routine_of_database_and_cache_is_quiet_and_no_suspect() -> None:
    events = DatabaseEvents(
        events=(
            DatabaseEvent(at=NOW - 10, text="Backing up DB instance", categories=("backup",)),
            DatabaseEvent(at=NOW - 9, text="Multi-AZ failover started", categories=("failover",)),
        ),
        since=0.0,
    )
    cache = (
        CacheEvent(resource="r", at=NOW - 8, text="Snapshot succeeded for x"),
        CacheEvent(resource="r", at=NOW - 7, text="Failover complete"),
    )
    world = replaced(HEALTHY, db_events=events, cache_events=cache)
    assert [(one.quiet, one.change, one.bad) for one in of(world, Kind.DATABASE)] == [(True, False, False), (False, True, True)]
    assert [(one.quiet, one.change) for one in of(world, Kind.CACHE)] == [(True, False), (False, True)]


def test_what_the_journal_tells_stands_among_the_rest() -> None:
    world = msgspec.structs.replace(
        INCIDENT, record=worldpast.told(NOW), incidents=(worldpast.incident(NOW, ended_at=NOW - 1, resolution="rolled back"),)
    )
    assert [one.text for one in of(world, Kind.YOU)] == ["SCALE clickit-prod-api", "done: SCALE clickit-prod-api: accepted"]
    assert "update-service" in of(world, Kind.YOU)[0].detail
    assert [one.text for one in of(world, Kind.NOTE)] == ["support tells of failing checkouts"]
    assert [one.text for one in of(world, Kind.INCIDENT)] == ["declared: API answers 5xx", "ended: rolled back"]
    assert [one.part for one in of(world, Kind.VERDICT)] == ["edge", "cause"]


def test_what_only_looked_is_no_last_change_and_no_suspect() -> None:
    asked = worldpast.recorded(NOW, 1, Told.CHANGE, "QUESTIONS to the database", id="q", part="api", looks=True)
    world = msgspec.structs.replace(INCIDENT, record=(asked,))
    entry = next(one for one in timeline(world, FACTS) if one.id == "you:q")
    assert (entry.news, entry.change) == (False, False)
    assert "QUESTIONS" not in last_change(world, FACTS)
    sent = msgspec.structs.replace(world, record=(msgspec.structs.replace(asked, looks=False),))
    assert "QUESTIONS" in last_change(sent, FACTS)


def test_every_kind_is_in_all_and_a_kind_is_itself() -> None:
    assert kinds("all") == frozenset(Kind)
    assert kinds("stop") == {Kind.STOP}
    assert Kind.ALARM in kinds("symptoms")
    assert Kind.ALARM not in kinds("changes")


def test_the_builders_read_no_more_than_the_pane_subscribes_to() -> None:
    bare = World(env="prod", **{name: getattr(INCIDENT, name) for name in FIELDS if name in READS})
    for build in BUILDERS:
        assert list(build(bare, FACTS)) == list(build(INCIDENT, FACTS))


@pytest.mark.parametrize("name", ["loading", "denied", "stale", "hostile", "huge", "absent"])
def test_no_world_breaks_it_and_every_entry_is_one_line(name: str) -> None:
    world = worlds.loading_world() if name == "loading" else getattr(worlds, f"{name}_world")(NOW)
    for one in timeline(world, FACTS):
        assert "\n" not in one.text
        assert len(one.text) <= 300


# --- blindness ----------------------------------------------------------------------------------------------------------------


def test_everything_read_is_not_blind() -> None:
    assert blind(HEALTHY, FACTS) == ()


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        ("services", "event"),
        ("service_deployments", "deployment"),
        ("tasks", "stop"),
        ("scaling_activities", "scaling"),
        ("alarm_history", "alarm"),
        ("db_events", "database"),
        ("cache_events", "cache"),
        ("secrets", "secret"),
        ("images", "image"),
        ("metrics", "first bad minute"),
    ],
)
def test_a_kind_that_is_not_seen_is_named_with_the_reason(field: str, kind: str) -> None:
    denied = msgspec.structs.replace(HEALTHY, **{field: worlds.faulty(worlds.denied("x:Y"), NOW)})
    (one,) = blind(denied, FACTS)
    assert kind in one.kinds
    assert one.why == "no permission: x:Y"
    throttled = Fault(kind=Trouble.THROTTLED, sentence="throttled")
    stale = msgspec.structs.replace(HEALTHY, **{field: worlds.faulty(throttled, NOW, getattr(HEALTHY, field).value, NOW - 300)})
    (late,) = blind(stale, FACTS)
    assert late.why == "read 5 m ago: throttled"
    (awaited,) = blind(msgspec.structs.replace(HEALTHY, **{field: Seen()}), FACTS)
    assert awaited.loading


def test_what_does_not_exist_is_not_missed() -> None:
    gone = worlds.faulty(Fault(kind=Trouble.MISSING, sentence="not found"), NOW)
    world = msgspec.structs.replace(replaced(HEALTHY, database=Absent(looked_for="x")), db_events=gone)
    assert blind(world, FACTS) == ()


def test_single_secrets_that_cannot_be_read_and_a_short_history_are_said() -> None:
    secrets = (worlds.secret(NOW), worlds.secret(NOW, "redis-url", exists=None, why="no permission"))
    (half,) = blind(replaced(HEALTHY, secrets=secrets), FACTS)
    assert half.why == "no permission (1 of 2 not read)"
    (short,) = blind(replaced(HEALTHY, alarm_history=AlarmHistory(changes=(), since=NOW - 600)), FACTS)
    assert short.why == "read back to 13:53Z only"


def test_the_last_change_knows_every_source() -> None:
    scaled = replaced(HEALTHY, scaling_activities=(worldpast.scaled(NOW, 60, 4),))
    assert last_change(scaled, FACTS) == "autoscaling of api: desired count to 4, 1 m ago (14:02Z)"
    told = msgspec.structs.replace(scaled, record=worldpast.told(NOW)[3:4])
    assert last_change(msgspec.structs.replace(told, scaling_activities=Seen()), FACTS).startswith("you: SCALE clickit-prod-api, 1 m ago")


# --- the first bad minute -----------------------------------------------------------------------------------------------------


def test_the_first_bad_minute_is_the_earliest_that_customers_feel() -> None:
    first = first_bad_minute(INCIDENT, FACTS)
    assert first is not None
    assert (first.signal, first.open) == ("edge.unhealthy", True)
    assert {one.signal for one in bad_runs(INCIDENT, FACTS)} == {"edge.unhealthy", "edge.5xx", "edge.p95", "api.cpu"}


@pytest.mark.parametrize("world", [HEALTHY, worlds.loading_world(), worlds.denied_world(NOW)])
def test_without_trouble_or_without_metrics_there_is_none(world: World) -> None:
    assert first_bad_minute(world, FACTS) is None


@pytest.mark.parametrize(("quiet", "begins"), [(4, 12), (5, 3)])
def test_a_gap_of_five_good_minutes_ends_a_run(quiet: int, begins: int) -> None:
    values = [5.0] * 5 + [0.0] * quiet + [5.0] * 3
    first = first_bad_minute(replaced(HEALTHY, metrics=worlds.metrics(NOW, {"edge.target_5xx": values})), FACTS)
    assert first is not None
    assert (first.last - first.at) / 60 + 1 == begins


@pytest.mark.parametrize(("bad_minutes", "cut"), [(20, False), (70, True)])
def test_what_was_bad_from_the_beginning_of_the_metrics_may_have_begun_earlier(bad_minutes: int, cut: bool) -> None:
    first = first_bad_minute(replaced(HEALTHY, metrics=worlds.metrics(NOW, {"edge.target_5xx": [5.0] * bad_minutes})), FACTS)
    assert first is not None
    assert (first.cut, "known no further back" in first.words) == (cut, cut)


def test_a_single_slow_minute_is_noise() -> None:
    one = replaced(HEALTHY, metrics=worlds.metrics(NOW, {"edge.p95": [0.1, 0.1, 0.1, 4.0, 0.1, 0.1, 0.1, 0.1]}))
    assert first_bad_minute(one, FACTS) is None


def test_a_run_that_is_over_counts_only_for_an_incident_of_its_time() -> None:
    over = replaced(HEALTHY, metrics=worlds.metrics(NOW, {"edge.target_5xx": [5.0] * 5 + [0.0] * 30}))
    assert first_bad_minute(over, FACTS) is None
    found = first_bad_minute(over, FACTS, since=NOW - 2400)
    assert found is not None
    assert not found.open
    assert first_bad_minute(over, FACTS, since=NOW - 600) is None


def ranked(world: World) -> list[str]:
    first = first_bad_minute(world, FACTS)
    assert first is not None
    return [one.happening.said for one in suspects(world, FACTS, first.at, findings(world, FACTS))]


def test_the_deployment_just_before_is_suspected_first_with_its_reasons() -> None:
    world = msgspec.structs.replace(
        replaced(
            INCIDENT, scaling_activities=(worldpast.scaled(NOW, 1800, 4, "frontend"),), secrets=(worlds.secret(NOW, changed_at=NOW - 4000),)
        )
    )
    assert ranked(world) == [
        "deployment api:42 (v2.3.1)",
        "secret database-url changed",
        "autoscaling of frontend: desired count to 4",
    ]
    first = first_bad_minute(world, FACTS)
    assert first is not None
    top = suspects(world, FACTS, first.at, findings(world, FACTS))[0]
    assert top.reasons == ("3 m before (4 m before the first 5xx)", "api fails: 3 stops", "3 tasks of api failed after it")


def test_what_came_after_or_long_before_is_not_suspected() -> None:
    api, frontend = HEALTHY.services.value or ()
    late = Deployment(id="ecs-svc/9", status="PRIMARY", created_at=NOW - 30)
    world = replaced(INCIDENT, services=(msgspec.structs.replace(api, deployments=(late,)), frontend), service_deployments=())
    assert ranked(world) == []


def test_a_stop_that_rds_tells_of_when_it_is_done_is_suspected_and_autoscalings_steps_count_once() -> None:
    first = first_bad_minute(INCIDENT, FACTS)
    assert first is not None
    events = DatabaseEvents(events=(DatabaseEvent(at=first.at + 120, text="DB instance stopped"),), since=0.0)
    scaled = tuple(worldpast.scaled(NOW, first_ago, 4, "frontend") for first_ago in (900, 800, 700))
    world = replaced(INCIDENT, db_events=events, scaling_activities=scaled)
    said = [(one.happening.said, one.reasons[0]) for one in suspects(world, FACTS, first.at, findings(world, FACTS))]
    assert ("database: DB instance stopped", "told 2 m after, when it was done") in said
    assert [what for what, _ in said if "autoscaling" in what] == ["autoscaling of frontend: desired count to 4"]


def test_every_push_and_every_secret_stands_on_the_timeline_once() -> None:
    digest = "sha256:" + "9" * 64
    pushed = worlds.ecr_image("api", 43, NOW)
    unused = msgspec.structs.replace(pushed, id=digest, digest=digest, tags=("v2.4.0",), pushed_at=NOW - 300)
    repository = Repository(name="clickit/api", exists=True, images=(unused, *worlddata.repositories(NOW)[0].images))
    spare = worlds.secret(NOW, "spare", created_at=NOW - 900, changed_at=NOW - 880, rotated_at=NOW - 400)
    world = replaced(HEALTHY, repositories=(repository,), secret_list=(spare, *HEALTHY.secrets.value), secrets=HEALTHY.secrets.value)
    told = [(one.kind, one.text) for one in timeline(world, FACTS) if one.kind in (Kind.IMAGE, Kind.SECRET) and one.at > NOW - 1000]
    assert told == [(Kind.SECRET, "spare was created"), (Kind.SECRET, "spare was rotated"), (Kind.IMAGE, "v2.4.0 pushed to clickit/api")]
    ids = [one.id for one in timeline(world, FACTS)]
    assert len(set(ids)) == len(ids)
    assert [one.text for one in timeline(world, FACTS) if one.text == "database-url changed"] == ["database-url changed"]


def test_what_is_listed_besides_and_may_not_be_read_is_said_only_where_it_was_tried() -> None:
    assert blind(replaced(HEALTHY), FACTS) == ()
    untried = msgspec.structs.replace(HEALTHY, secret_list=worlds.Seen(), repositories=worlds.Seen())
    assert blind(untried, FACTS) == ()
    refused = msgspec.structs.replace(untried, secret_list=worlds.faulty(worlds.denied("secretsmanager:ListSecrets"), NOW))
    (one,) = blind(refused, FACTS)
    assert (one.kinds, one.why) == (("secret",), "only those that are deployed: no permission: secretsmanager:ListSecrets")
