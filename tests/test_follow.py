"""Followed changes over sequences of Worlds: how far, steady, recovered, still failing, failed, paused."""

import math

import msgspec
import pytest

from clickit_tui.checks.registry import Facts
from clickit_tui.config import Thresholds
from clickit_tui.follow import LIMIT_S, SETTLE_S, VISIBLE_S, begin, progress, step
from clickit_tui.world.follow import Follow, Following, Phase
from clickit_tui.world.parts import Target
from clickit_tui.world.seen import Seen
from clickit_tui.world.words import clock
from tests import worlds
from tests.worlds import GROUPS, NAMES, NOW, denied, deployment, faulty, seen, service

T0 = NOW
"""The moment of the write."""
OLD, NEW = worlds.deployment_id(41), worlds.deployment_id(43)


def facts(at):
    return Facts(now=at, names=NAMES, thresholds=Thresholds())


def follow(kind, **changes):
    plain = Follow(kind=kind, env="prod", part="api", service=NAMES.api, cluster=NAMES.cluster, started_at=T0)
    return msgspec.structs.replace(plain, **changes)


def begun(kind, **changes):
    return Following(follow=follow(kind, **changes))


def world(at, *, desired=3, running=3, healthy=3, deployments=None, events=(), tasks=None, metrics=None, **others):
    """Production `at` a moment, with so many healthy targets of the api; quiet otherwise."""
    calm = worlds.healthy_world(at)
    listed = deployments or (deployment("api", 41, at, 3 * 86_400, desired=desired, running=running),)
    api = service("api", at, listed, desired=desired, running=running, events=events)
    hosts = [
        Target(group=GROUPS["api"], id=f"10.0.9.{n}", port=8000, state="healthy" if n < healthy else "initial")
        for n in range(max(healthy, 3))
    ]
    hosts += [t for t in calm.targets.value if t.group == GROUPS["frontend"]]
    fields = {"services": (api, calm.services.value[1]), "targets": tuple(hosts), "metrics": metrics or worlds.metrics(at), **others}
    if tasks is not None:
        fields["tasks"] = tasks
    return msgspec.structs.replace(calm, **{name: seen(value, at, name, age_s=0) for name, value in fields.items()})


def run(following, *readings):
    """The follow after each (moment, world)."""
    for at, seen_world in readings:
        following = step(following, seen_world, facts(at))
    return following


def judged(steady_at):
    """When three closed minutes since then have been measured."""
    return math.ceil(steady_at / 60) * 60 + 300


def bad_minutes(at, *values):
    return worlds.metrics(at, {"edge.target_5xx": values})


# --- begin ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "id"),
    [
        ({"service": {"deployments": [{"id": OLD, "status": "ACTIVE"}, {"id": NEW, "status": "PRIMARY"}]}}, NEW),
        ({"service": {"deployments": []}}, ""),
        ({"service": {"deployments": None}}, ""),
        ({"service": {"deployments": "odd"}}, ""),
        ({"service": {"deployments": ["odd", {"status": "PRIMARY"}]}}, ""),
        ({"service": None}, ""),
        ({}, ""),
    ],
)
def test_a_follow_takes_the_deployment_from_the_answer(answer, id):
    begun_now = begin(follow("deployment", started_at=0.0), answer, T0)
    assert (begun_now.follow.deployment, begun_now.follow.started_at, begun_now.open) == (id, T0, True)
    assert begin(follow("scale"), answer, T0 + 9).follow.deployment == ""


def test_a_resumed_follow_keeps_its_start_and_its_deployment():
    resumed = begin(follow("deployment", deployment=NEW), {}, T0 + 500)
    assert (resumed.follow.started_at, resumed.follow.deployment) == (T0, NEW)


# --- scale ------------------------------------------------------------------------------------------------------------------


def test_a_scale_is_followed_until_running_and_healthy():
    now = begun("scale", desired=5, before=3)
    now = run(now, (T0 + 20, world(T0 + 20, desired=5, running=2, healthy=1)))
    assert (now.phase, now.sentence) == (Phase.UNDER_WAY, "2 of 5 running, 1 healthy")
    now = run(now, (T0 + 60, world(T0 + 60, desired=5, running=5, healthy=4)))
    assert (now.phase, now.sentence, now.steady_at) == (Phase.UNDER_WAY, "5 of 5 running, 4 healthy", None)
    now = run(now, (T0 + 72, world(T0 + 72, desired=5, running=5, healthy=5)))
    assert (now.phase, now.steady_at, now.open) == (Phase.STEADY, T0 + 72, True)
    assert now.sentence == f"5 of 5 running, 5 healthy in 1 m 12 s; recovery is judged at {clock(judged(T0 + 72))}"
    end = judged(T0 + 72)
    assert run(now, (end - 1, world(end - 1, desired=5, running=5, healthy=5))).phase is Phase.STEADY
    now = run(now, (end, world(end, desired=5, running=5, healthy=5)))
    assert (now.phase, now.sentence, now.ended_at) == (Phase.RECOVERED, "5 of 5 running, 5 healthy: done in 1 m 12 s", end)
    assert step(now, world(end + 9, desired=5, running=0, healthy=0), facts(end + 9)) is now


def test_another_count_once_it_was_steady_is_no_failure():
    now = run(begun("scale", desired=5, before=3), (T0 + 72, world(T0 + 72, desired=5, running=5, healthy=5)))
    now = run(now, (T0 + 130, world(T0 + 130, desired=4, running=5, healthy=5)))
    assert (now.phase, now.steady_at, now.ended_at) == (Phase.STEADY, T0 + 72, T0 + 130)
    assert now.sentence == "5 of 5 running in 1 m 12 s; then desired was changed to 4 (autoscaling or somebody else)"


def test_another_deployment_once_it_was_steady_is_no_failure():
    now = run(begun("deployment", deployment=NEW), (T0 + 60, done_at(T0 + 60)))
    at = T0 + 120
    newer = deployment("api", 44, at, 20, id="ecs-svc/44", rollout="IN_PROGRESS")
    now = run(now, (at, world(at, deployments=(newer, *rolling(at, status="ACTIVE", old=0)))))
    assert (now.phase, now.open) == (Phase.STEADY, False)
    assert now.sentence == "complete in 1 m; then another deployment replaced it: api:44 is the primary one now"


def test_a_reading_older_than_the_write_decides_nothing():
    before = world(T0 - 2, desired=3)
    now = step(begun("scale", desired=3), before, facts(T0 + 1))
    assert (now.phase, now.sentence) == (Phase.UNDER_WAY, "waiting for the first reading")


def test_scaling_to_zero_ends_when_nothing_runs():
    now = run(begun("scale", desired=0), (T0 + 9, world(T0 + 9, desired=0, running=2, healthy=2)))
    assert (now.phase, now.sentence) == (Phase.UNDER_WAY, "2 of 0 running, 2 healthy")
    now = run(now, (T0 + 30, world(T0 + 30, desired=0, running=0, healthy=0)))
    assert (now.phase, now.sentence) == (Phase.RECOVERED, "0 of 0 running, 0 healthy: done in 30 s")


def test_another_hand_on_the_count_ends_it():
    now = run(begun("scale", desired=5), (T0 + 9, world(T0 + 9, desired=4)))
    assert (now.phase, now.open) == (Phase.FAILED, False)
    assert now.sentence == "after 9 s: desired was changed to 4 (autoscaling or somebody else); 3 of 5 running, 3 healthy"


def test_an_answer_that_still_shows_the_old_count_is_waited_for():
    now = run(begun("scale", desired=5, before=3), (T0 + 2, world(T0 + 2, desired=3)))
    assert (now.phase, now.sentence) == (Phase.UNDER_WAY, "the answer still shows desired 3, not 5 yet")
    seen_once = run(now, (T0 + 6, world(T0 + 6, desired=5)), (T0 + 11, world(T0 + 11, desired=3)))
    assert seen_once.open
    ended = run(now, (T0 + SETTLE_S, world(T0 + SETTLE_S, desired=3)))
    assert (ended.phase, "desired was changed to 3" in ended.sentence) == (Phase.FAILED, True)
    assert run(now, (T0 + 6, world(T0 + 6, desired=4))).phase is Phase.FAILED


def test_what_hinders_it_is_said_and_giving_up_ends_it():
    def event(text, at):
        return (worlds.ServiceEvent(id="e", at=at, message=f"(service {NAMES.api}) {text}"),)

    old = world(T0 + 9, desired=5, running=3, events=event("was unable to place a task.", T0 - 60))
    assert run(begun("scale", desired=5), (T0 + 9, old)).sentence == "3 of 5 running, 3 healthy"
    place = world(T0 + 9, desired=5, running=3, events=event("was unable to place a task. Reason: Capacity is unavailable.", T0 + 5))
    now = run(begun("scale", desired=5), (T0 + 9, place))
    assert (now.phase, now.sentence) == (
        Phase.UNDER_WAY,
        "3 of 5 running, 3 healthy; was unable to place a task. Reason: Capacity is unavailable.",
    )
    give_up = world(T0 + 99, desired=5, running=3, events=event("is unable to consistently start tasks successfully.", T0 + 90))
    now = run(now, (T0 + 99, give_up))
    assert (now.phase, now.ended_at) == (Phase.FAILED, T0 + 99)
    assert now.sentence.startswith("after 1 m 39 s: is unable to consistently start tasks")


def test_that_ecs_gives_up_on_the_deployment_before_is_no_failure_of_the_one_that_is_followed():
    at = T0 + 30
    told = (worlds.ServiceEvent(id="e", at=at, message=f"(service {NAMES.api}) is unable to consistently start tasks successfully."),)
    now = run(begun("deployment", deployment=NEW), (at, world(at, deployments=rolling(at), events=told)))
    assert (now.phase, "is unable to consistently start tasks" in now.sentence) == (Phase.UNDER_WAY, True)
    new, old = rolling(at)
    own = world(at, deployments=(msgspec.structs.replace(new, failed=3), old), events=told)
    assert run(now, (at, own)).phase is Phase.FAILED
    crashed = msgspec.structs.replace(
        worlds.stopped(at, "api", 0x77, 42, 10, "Essential container in task exited", "EssentialContainerExited", 1), started_by=NEW
    )
    assert run(now, (at, world(at, deployments=rolling(at), events=told, tasks=(crashed,)))).phase is Phase.FAILED


def test_a_task_that_stops_by_itself_is_named():
    at = T0 + 60
    crashed = worlds.stopped(at, "api", 0x77, 41, 10, "Essential container in task exited", "EssentialContainerExited", 1)
    replaced = worlds.stopped(at, "api", 0x78, 41, 5, "Scaling activity initiated by (deployment x)", "ServiceSchedulerInitiated", 0)
    now = run(begun("scale", desired=5), (at, world(at, desired=5, running=3, tasks=(crashed, replaced))))
    assert now.sentence == "3 of 5 running, 3 healthy; 1 task stopped: api exited 1"


def test_a_late_follow_still_waits_and_says_so():
    at = T0 + LIMIT_S + 60
    now = run(begun("scale", desired=5), (at, world(at, desired=5, running=3)))
    assert (now.phase, now.open) == (Phase.UNDER_WAY, True)
    assert now.sentence == "3 of 5 running, 3 healthy; still waiting after 31 m"


# --- pauses -----------------------------------------------------------------------------------------------------------------


def test_old_or_denied_data_pauses_judgement_and_keeps_the_last_reading():
    now = run(begun("scale", desired=5), (T0 + 9, world(T0 + 9, desired=5, running=2, healthy=1)))
    blind = msgspec.structs.replace(world(T0 + 20), services=faulty(denied("ecs:DescribeServices"), T0 + 20))
    for at in (T0 + 20, T0 + 25):
        now = step(now, blind, facts(at))
        assert (now.phase, now.sentence) == (Phase.UNDER_WAY, "cannot tell: services denied; before: 2 of 5 running, 1 healthy")
    late = world(T0 + 30, desired=5, running=5, healthy=5)
    now = step(now, late, facts(T0 + 120))
    assert now.sentence == "cannot tell: services stale; before: 2 of 5 running, 1 healthy"
    now = step(now, world(T0 + 121, desired=5, running=5, healthy=5), facts(T0 + 121))
    assert now.phase is Phase.STEADY


def test_without_target_health_a_scale_is_never_called_done():
    blind = msgspec.structs.replace(
        world(T0 + 9, desired=5, running=5), targets=faulty(denied("elasticloadbalancing:DescribeTargetHealth"), T0 + 9)
    )
    now = step(begun("scale", desired=5), blind, facts(T0 + 9))
    assert (now.phase, now.steady_at) == (Phase.UNDER_WAY, None)
    assert now.sentence.startswith("5 of 5 running")


def test_another_environment_changes_nothing():
    now = begun("scale", desired=5)
    assert step(now, msgspec.structs.replace(world(T0 + 9), env="dev"), facts(T0 + 9)) is now


def test_a_service_that_is_gone_ends_it():
    empty = msgspec.structs.replace(world(T0 + 9), services=seen((), T0 + 9, age_s=0))
    assert step(begun("scale", desired=5), empty, facts(T0 + 9)).phase is Phase.FAILED


def test_a_kind_of_a_newer_version_is_unknown_and_ends_in_time():
    now = step(begun("tunnel"), world(T0 + 9), facts(T0 + 9))
    assert (now.phase, now.open) == (Phase.UNKNOWN, True)
    now = step(now, world(T0 + LIMIT_S), facts(T0 + LIMIT_S))
    assert (now.phase, now.open) == (Phase.UNKNOWN, False)


# --- deployments --------------------------------------------------------------------------------------------------------------


def rolling(at, *, rollout="IN_PROGRESS", running=1, status="PRIMARY", reason="", old=2):
    """The new deployment with the old one behind it."""
    new = deployment("api", 42, at, at - T0, id=NEW, desired=3, running=running, rollout=rollout, rollout_reason=reason, status=status)
    return (new, deployment("api", 41, at, 86_400, status="ACTIVE", desired=3, running=old)) if old else (new,)


def own_tasks(at, ips):
    return tuple(worlds.task("api", 0x50 + n, 42, at, 30, started_by=NEW, ip=ip) for n, ip in enumerate(ips))


def test_a_deployment_counts_its_own_tasks_and_is_done_by_its_id():
    now = begun("deployment", deployment=NEW)
    at = T0 + 40
    now = run(now, (at, world(at, deployments=rolling(at), tasks=own_tasks(at, ["10.0.9.0", "10.0.77.7"]))))
    assert (now.phase, now.sentence) == (Phase.UNDER_WAY, "1 of 3 running, 1 healthy")
    at = T0 + 200
    done = rolling(at, rollout="COMPLETED", running=3, old=0)
    now = run(now, (at, world(at, deployments=done, tasks=own_tasks(at, ["10.0.9.0", "10.0.9.1", "10.0.9.2"]))))
    assert (now.phase, now.steady_at) == (Phase.STEADY, at)
    assert now.sentence.startswith("3 of 3 running, 3 healthy in 3 m 20 s; ")


def test_where_tasks_do_not_name_their_deployment_the_services_health_is_said():
    at = T0 + 40
    anonymous = tuple(msgspec.structs.replace(t, started_by="") for t in own_tasks(at, ["10.0.9.0"]))
    now = run(begun("deployment", deployment=NEW), (at, world(at, healthy=2, deployments=rolling(at), tasks=anonymous)))
    assert now.sentence == "1 of 3 running, 2 healthy"


@pytest.mark.parametrize(("old", "phase"), [(2, Phase.UNDER_WAY), (0, Phase.STEADY)])
def test_without_a_rollout_state_the_last_deployment_left_is_done(old, phase):
    at = T0 + 200
    now = run(begun("deployment", deployment=NEW), (at, world(at, deployments=rolling(at, rollout="", running=3, old=old))))
    assert now.phase is phase


def test_a_failed_roll_out_says_why():
    at = T0 + 300
    failed = rolling(at, rollout="FAILED", running=0, reason="ECS deployment circuit breaker: tasks failed to start.")
    now = run(begun("deployment", deployment=NEW), (at, world(at, deployments=failed)))
    assert (now.phase, now.ended_at) == (Phase.FAILED, at)
    assert now.sentence.startswith("after 5 m: ECS deployment circuit breaker: tasks failed to start.; 0 of 3 running")


def test_a_roll_back_by_the_breaker_is_a_failure():
    at = T0 + 300
    back = deployment("api", 41, at, 20, id="ecs-svc/9", rollout="IN_PROGRESS", rollout_reason=f"circuit breaker: rolling back to {OLD}.")
    lost = rolling(at, rollout="FAILED", status="ACTIVE", old=0)
    now = run(begun("deployment", deployment=NEW), (at, world(at, deployments=(back, *lost))))
    assert now.phase is Phase.FAILED
    assert "the circuit breaker rolled it back to api:41" in now.sentence


@pytest.mark.parametrize(
    ("breaker", "reason", "who"),
    [
        ("MONITORING", "ECS deployment stopped: rolling back", "somebody or an alarm"),
        ("MONITORING", "ECS deployment circuit breaker: rolling back", "somebody or an alarm"),
        ("TRIGGERED", "ECS deployment: rolling back", "the circuit breaker"),
        ("", "ECS deployment stopped: rolling back", "somebody or an alarm"),
        ("", "ECS deployment circuit breaker: rolling back", "the circuit breaker"),
    ],
)
def test_the_breaker_is_blamed_for_a_roll_back_only_where_ecs_says_so(breaker, reason, who):
    at = T0 + 300
    back = deployment("api", 41, at, 20, id="ecs-svc/9", rollout="IN_PROGRESS", rollout_reason=f"{reason} to {OLD}.")
    record = worlds.service_deployment("api", 42, at, 300, status="ROLLBACK_IN_PROGRESS", finished_at=None, breaker=breaker)
    lost = rolling(at, rollout="FAILED", status="ACTIVE", old=0)
    now = run(begun("deployment", deployment=NEW), (at, world(at, deployments=(back, *lost), service_deployments=(record,))))
    assert (now.phase, f"{who} rolled it back to api:41" in now.sentence) == (Phase.FAILED, True)


def test_our_own_roll_back_is_told_as_ours():
    at = T0 + 300
    back = deployment(
        "api", 41, at, 20, id="ecs-svc/9", rollout="IN_PROGRESS", rollout_reason=f"ECS deployment stopped: rolling back to {OLD}."
    )
    lost = rolling(at, rollout="FAILED", status="ACTIVE", old=0)
    stopping = begun("rollback", started_at=T0 + 200)
    seen_world = msgspec.structs.replace(world(at, deployments=(back, *lost)), follows=(stopping,))
    assert "this program rolled it back to api:41" in run(begun("deployment", deployment=NEW), (at, seen_world)).sentence


@pytest.mark.parametrize(("rollout", "said"), [("IN_PROGRESS", "rolling back to api:41, "), ("COMPLETED", "rolled back to api:41, ")])
def test_a_followed_roll_back_is_called_one(rollout, said):
    """By its reason while it goes on; afterwards, when the reason is gone, by the record of what it undid."""
    at = T0 + 300
    reason = f"circuit breaker: rolling back to {OLD}." if rollout == "IN_PROGRESS" else "ECS deployment ecs-svc/9 completed."
    back = deployment("api", 41, at, 20, id="ecs-svc/9", rollout=rollout, rollout_reason=reason)
    record = worlds.service_deployment("api", 42, at, 300, status="ROLLBACK_SUCCESSFUL", finished_at=at)
    now = run(begun("deployment", deployment="ecs-svc/9"), (at, world(at, deployments=(back,), service_deployments=(record,))))
    assert now.sentence.startswith(said)


@pytest.mark.parametrize("listed", [(), (msgspec.structs.replace(deployment("api", 42, T0 + 300, 300, id=NEW), status=""),)])
def test_an_answer_without_a_primary_deployment_tells_of_no_failure(listed):
    at = T0 + 300
    hollow = world(at)
    api, frontend = hollow.services.value
    hollow = msgspec.structs.replace(
        hollow, services=seen((msgspec.structs.replace(api, deployments=listed), frontend), at, "services", age_s=0)
    )
    now = run(begun("deployment", deployment=NEW), (at, hollow))
    assert (now.phase, now.open) == (Phase.UNKNOWN, True)
    assert "which deployment of api is the primary one" in now.sentence


def test_a_deployment_that_another_one_replaced_has_failed():
    at = T0 + 300
    newer = deployment("api", 44, at, 20, id="ecs-svc/44", rollout="IN_PROGRESS")
    now = run(begun("deployment", deployment=NEW), (at, world(at, deployments=(newer, *rolling(at, status="ACTIVE", old=0)))))
    assert "another deployment replaced it: api:44 is the primary one now" in now.sentence
    gone = run(begun("deployment", deployment=NEW), (at, world(at)))
    assert (now.phase, gone.phase) == (Phase.FAILED, Phase.FAILED)


def test_a_deployment_may_be_missing_for_a_moment():
    now = run(begun("deployment", deployment=NEW), (T0 + 3, world(T0 + 3)))
    assert (now.phase, now.sentence) == (Phase.UNDER_WAY, "the new deployment is not visible yet")


def test_a_deployment_without_an_id_is_never_taken_for_ours():
    at = T0 + 30
    nameless = msgspec.structs.replace(deployment("api", 43, T0 + 10, 5, desired=3, running=1), id="")
    now = run(begun("deployment"), (at, world(at, deployments=(nameless,), running=1, healthy=1)))
    assert (now.phase, now.open) == (Phase.UNKNOWN, True)
    assert "1 of 3 running" in now.sentence
    assert "without an id" in now.sentence


def test_a_lost_answer_is_settled_by_reading():
    now = run(begun("deployment"), (T0 + 10, world(T0 + 10)))
    assert (now.phase, now.open) == (Phase.UNKNOWN, True)
    assert now.sentence == "no new deployment of api since 14:03Z"
    found = run(now, (T0 + 40, world(T0 + 40, deployments=rolling(T0 + 40))))
    assert (found.phase, found.follow.deployment) == (Phase.UNDER_WAY, NEW)
    assert run(now, (T0 + VISIBLE_S - 1, world(T0 + VISIBLE_S - 1))).open
    assert step(now, world(T0 + VISIBLE_S - 1), facts(T0 + VISIBLE_S + 5)).open
    never = run(now, (T0 + VISIBLE_S, world(T0 + VISIBLE_S)))
    assert (never.phase, never.ended_at) == (Phase.UNKNOWN, T0 + VISIBLE_S)
    assert never.sentence == "no new deployment of api since 14:03Z; not followed any longer after 1 m: look before you send it again"


# --- recovery ---------------------------------------------------------------------------------------------------------------


def done_at(at, **others):
    tasks = own_tasks(at, ["10.0.9.0", "10.0.9.1", "10.0.9.2"])
    return world(at, deployments=rolling(at, rollout="COMPLETED", running=3, old=0), **{"tasks": tasks, **others})


def test_three_quiet_minutes_are_awaited():
    now = begun("deployment", deployment=NEW)
    at = T0 + 60
    now = run(now, (at, done_at(at, metrics=bad_minutes(at, 20, 20, 20))))
    assert (now.phase, now.steady_at) == (Phase.STEADY, at)
    assert now.sentence == f"3 of 3 running, 3 healthy in 1 m; recovery is judged at {clock(judged(at))}"
    at = judged(at) - 1
    now = run(now, (at, done_at(at, metrics=bad_minutes(at, 20, 20, *[0] * 6))))
    assert (now.phase, "is judged at" in now.sentence) == (Phase.STEADY, True)
    late = msgspec.structs.replace(done_at(at), metrics=seen(worlds.metrics(at - 120), at, "metrics", age_s=0))
    assert run(now, (at + 1, late)).sentence.endswith("recovery waits: 2 of 3 closed minutes since then")
    at = T0 + 60 + 60 * 7
    now = run(now, (at, done_at(at, metrics=bad_minutes(at, 20, 20, *[0] * 8))))
    assert (now.phase, now.sentence) == (Phase.RECOVERED, "3 of 3 running, 3 healthy: done in 1 m")


def test_steady_but_bad_is_still_failing_and_ends_aloud():
    now = begun("deployment", deployment=NEW)
    for minute in range(1, 8):
        at = T0 + 60 * minute
        now = run(now, (at, done_at(at, metrics=bad_minutes(at, *[20] * 20))))
    at = T0 + 600
    now = run(now, (at, done_at(at, metrics=bad_minutes(at, *[20] * 20))))
    assert (now.phase, now.open) == (Phase.STILL_FAILING, True)
    assert now.sentence == "60 5xx in 3 min; 3 of 3 running, 3 healthy, steady after 1 m"
    at = T0 + 60 + LIMIT_S
    now = run(now, (at, done_at(at, metrics=bad_minutes(at, *[20] * 40))))
    assert (now.phase, now.open) == (Phase.STILL_FAILING, False)
    assert now.sentence.endswith("not followed any longer after 30 m")


def test_targets_and_alarms_hold_recovery_back():
    at = T0 + 60
    now = run(begun("deployment", deployment=NEW), (at, done_at(at, healthy=1)))
    assert (now.phase, now.sentence.endswith("recovery waits: 1 of 3 targets healthy")) == (Phase.STEADY, True)
    loud = (worlds.alarm("alb-5xx", at, state="ALARM"),)
    now = run(begun("deployment", deployment=NEW), (at, done_at(at, alarms=loud)))
    assert now.sentence.endswith("recovery waits: 1 alarm: clickit-prod-alb-5xx")


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "TargetTracking-service/x"},
        {"dimensions": (("DBInstanceIdentifier", "clickit-prod-db"),)},
        {"dimensions": (("LoadBalancer", "app/x/1"), ("TargetGroup", GROUPS["frontend"].rsplit(":", 1)[-1]))},
        {"dimensions": (("ClusterName", "c"), ("ServiceName", NAMES.frontend))},
    ],
)
def test_alarms_of_other_things_do_not(changes):
    at = T0 + 60
    other = msgspec.structs.replace(worlds.alarm("x", at, state="ALARM"), **changes)
    end = judged(at)
    readings = ((t, done_at(t, alarms=(other,))) for t in (at, end))
    assert run(begun("deployment", deployment=NEW), *readings).phase is Phase.RECOVERED


@pytest.mark.parametrize(("field", "said"), [("alarms", "alarms denied"), ("metrics", "5xx not seen: metrics denied")])
def test_what_cannot_be_seen_is_awaited_and_never_called_recovered(field, said):
    at = T0 + 60
    now = begun("deployment", deployment=NEW)
    for at in (T0 + 60, T0 + 60 + LIMIT_S):
        blind = msgspec.structs.replace(done_at(at), **{field: faulty(denied("x:Y"), at)})
        now = run(now, (at, blind))
        assert now.phase is Phase.STEADY
        assert f"recovery waits: {said}" in now.sentence
    assert not now.open


def test_an_edge_that_is_absent_needs_no_5xx():
    at = T0 + 60
    lone = msgspec.structs.replace(done_at(at), balancer=worlds.absent_world(at).balancer, metrics=Seen())
    assert run(begun("deployment", deployment=NEW), (at, lone)).phase is Phase.RECOVERED


def test_what_was_steady_and_is_not_any_more_is_still_failing():
    at = T0 + 60
    now = run(begun("scale", desired=3), (at, world(at, metrics=bad_minutes(at, 20))))
    assert now.phase is Phase.STEADY
    now = run(now, (at + 30, world(at + 30, running=1, healthy=1)))
    assert (now.phase, now.open) == (Phase.STILL_FAILING, True)
    assert "it is not steady any more" in now.sentence


# --- stop -------------------------------------------------------------------------------------------------------------------


def test_a_stop_is_followed_to_the_healthy_replacement():
    task = worlds.task("api", 0x10, 41, T0, 3600)
    now = begun("stop", task=task.arn)
    stopping = msgspec.structs.replace(task, status="DEACTIVATING", desired_status="STOPPED")
    now = run(now, (T0 + 5, world(T0 + 5, tasks=(stopping,))))
    assert now.sentence == f"task {task.id[:8]} DEACTIVATING"
    stopped = msgspec.structs.replace(task, status="STOPPED", stopped_at=T0 + 20, stop_code="UserInitiated")
    now = run(now, (T0 + 25, world(T0 + 25, tasks=(stopped,), running=2, healthy=2)))
    assert (now.phase, now.sentence) == (Phase.UNDER_WAY, f"task {task.id[:8]} stopped, 2 of 3 running, 2 healthy")
    now = run(now, (T0 + 70, world(T0 + 70, tasks=(stopped,))))
    assert (now.phase, now.steady_at) == (Phase.STEADY, T0 + 70)
    end = judged(T0 + 70)
    now = run(now, (end, world(end, tasks=(stopped,))))
    assert (now.phase, now.sentence) == (Phase.RECOVERED, f"task {task.id[:8]} stopped, 3 of 3 running, 3 healthy: done in 1 m 10 s")


def test_counts_that_still_include_the_stopped_task_do_not_end_a_stop():
    task = worlds.task("api", 0x10, 41, T0, 3600)
    stopped = msgspec.structs.replace(task, status="STOPPED", stopped_at=T0 + 2, stop_code="UserInitiated")
    left = tuple(worlds.task("api", 0x11 + n, 41, T0, 3600) for n in range(2))
    now = run(begun("stop", task=task.arn), (T0 + 4, world(T0 + 4, tasks=(stopped, *left))))
    assert (now.phase, now.sentence) == (Phase.UNDER_WAY, f"task {task.id[:8]} stopped, 3 of 3 running, 3 healthy")
    replacement = worlds.task("api", 0x20, 41, T0 + 9, 5)
    assert run(now, (T0 + 9, world(T0 + 9, tasks=(stopped, *left, replacement)))).phase is Phase.STEADY
    assert run(now, (T0 + 2 + SETTLE_S, world(T0 + 2 + SETTLE_S, tasks=(stopped, *left)))).phase is Phase.STEADY


@pytest.mark.parametrize("service", [NAMES.api, ""])
def test_a_task_that_is_not_listed_for_a_moment_has_not_stopped(service):
    now = run(begun("stop", service=service, task="arn:aws:ecs:eu-west-1:1:task/c/ffff0000"), (T0 + 4, world(T0 + 4, tasks=())))
    assert (now.phase, now.sentence) == (Phase.UNDER_WAY, "task ffff0000 is not listed: waiting whether it has stopped")


def test_a_stopped_task_that_ecs_forgot_has_stopped():
    now = run(begun("stop", task="arn:aws:ecs:eu-west-1:1:task/c/ffff0000"), (T0 + 70, world(T0 + 70, tasks=())))
    assert now.phase is Phase.STEADY


def test_a_migration_ends_when_it_has_stopped():
    task = worlds.task("migration", 0xA2, 42, T0, 20)
    now = begun("stop", part="migration", service="", task=task.arn)
    blind = msgspec.structs.replace(world(T0 + 5, tasks=(task,)), services=Seen())
    assert run(now, (T0 + 5, blind)).sentence == f"task {task.id[:8]} RUNNING"
    stopped = msgspec.structs.replace(task, status="STOPPED")
    ended = run(now, (T0 + 40, world(T0 + 40, tasks=(stopped,))))
    assert (ended.phase, ended.sentence) == (Phase.RECOVERED, f"task {task.id[:8]} stopped: done in 40 s")
    unseen = msgspec.structs.replace(world(T0 + 5), tasks=faulty(denied("ecs:DescribeTasks"), T0 + 5))
    assert run(now, (T0 + 5, unseen)).sentence == "cannot tell: tasks denied"


@pytest.mark.parametrize(
    ("running", "desired", "healthy", "said"),
    [(2, 5, 1, "2 of 5 running, 1 healthy"), (None, None, None, "? of ? running"), (0, 0, 0, "0 of 0 running, 0 healthy")],
)
def test_counts_that_are_missing_are_question_marks(running, desired, healthy, said):
    assert progress(running, desired, healthy) == said


def test_a_follow_is_the_same_after_the_journal():
    now = run(begun("scale", desired=5), (T0 + 9, world(T0 + 9, desired=5, running=2, healthy=1)))
    again = msgspec.json.decode(msgspec.json.encode(now), type=Following)
    later = world(T0 + 72, desired=5, running=5, healthy=5)
    assert step(again, later, facts(T0 + 72)) == step(now, later, facts(T0 + 72))
