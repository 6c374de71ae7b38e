"""What the actions plan, over the fixture Worlds: the right target, only the changed parameters, and everything said."""

from functools import cache

import botocore.serialize
import botocore.session
import botocore.validate
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clickit_tui.actions.inverse import undo
from clickit_tui.actions.registry import Target, actions
from clickit_tui.checks.registry import Facts
from clickit_tui.config import Thresholds
from clickit_tui.plan import Plan, Refused, Risk
from tests import worlds
from tests.worlds import NAMES, NOW, seen

FACTS = Facts(now=NOW, names=NAMES, thresholds=Thresholds(), protected=True)
WORLDS = {
    "healthy": worlds.healthy_world(),
    "incident": worlds.incident_world(),
    "denied": worlds.denied_world(),
    "stale": worlds.stale_world(),
    "loading": worlds.loading_world(),
    "hostile": worlds.hostile_world(),
    "absent": worlds.absent_world(),
    "huge": worlds.huge_world(tasks=100, services=10),
}
BY_ID = {one.id: one for one in actions()}


def rows(world):
    services = [Target(kind="service", part=s.part, id=s.arn) for s in world.services.value or ()]
    return services + [Target(kind="task", part=t.part, id=t.arn) for t in world.tasks.value or ()]


EVERY_ROW = [(name, target) for name, world in WORLDS.items() for target in rows(world)]


CHANGED = {
    "scale": {"desiredCount"},
    "redeploy": {"forceNewDeployment"},
    "rollback": {"taskDefinition"},
    "enable_exec": {"enableExecuteCommand", "forceNewDeployment"},
}
"""What an UpdateService of an action may hold besides the names."""


def row(world, part, kind="service", index=0):
    return [t for t in rows(world) if t.kind == kind and t.part == part][index]


def plan(action, world, target, facts=FACTS, **typed):
    return BY_ID[action].plan(world, target, {key: str(value) for key, value in typed.items()}, facts)


def words(planned):
    return "\n".join(line.text for line in planned.effect)


def warnings(planned):
    return "\n".join(line.text for line in planned.effect if line.level == "warn")


@cache
def model(service):
    return botocore.session.Session().get_service_model(service)


def replaced(world, **fields):
    return msgspec.structs.replace(world, **{name: seen(value, NOW, name) for name, value in fields.items()})


def with_api(world, **changes):
    api, *others = world.services.value
    return replaced(world, services=(msgspec.structs.replace(api, **changes), *others))


def test_keys_are_unique_and_everything_is_said():
    keys = [one.key for one in actions() if one.key]
    assert sorted(keys) == ["B", "K", "P", "Q", "R", "S", "X"]
    for one in actions():
        assert one.plan.__doc__
        assert one.title
        assert one.operations
        assert set(one.on) <= {"service", "task", "environment", "log group", "database", "snapshot", "secret"}


def test_no_operation_of_an_action_is_a_listed_read():
    from clickit_tui.aws.reads import READS

    assert READS
    for one in actions():
        for operation in one.operations:
            service, name = operation.split(":")
            assert (service, name) not in READS


@settings(deadline=None, derandomize=True, max_examples=300)
@given(st.sampled_from(sorted(BY_ID)), st.sampled_from(EVERY_ROW), st.integers(0, 60))
def test_the_call_acts_on_the_selected_row_and_fits_the_model(action, named, count):
    name, target = named
    world = WORLDS[name]
    planned = plan(action, world, target, count=count)
    if isinstance(planned, Refused):
        assert planned.reason
        return
    if planned.opens is not None:
        return
    (step,) = planned.steps
    params = dict(step.call.params)
    assert step.call.action in BY_ID[action].operations
    if action == "stop_task":
        assert target.kind == "task"
        assert params["task"] == target.id
        assert planned.basis.task == target.id
        assert set(params) == {"cluster", "task", "reason"}
    else:
        row_service = service_of_row(world, target)
        assert planned.then.service == row_service.name
        if step.call.operation == "StopServiceDeployment":
            assert params == {"serviceDeploymentArn": row_service.service_deployment, "stopType": "ROLLBACK"}
        else:
            assert params["service"] == row_service.name
            assert set(params) == {"cluster", "service", *CHANGED[action]}
    assert planned.target == target.part
    assert planned.token == f"prod/{target.part}"
    assert planned.effect
    assert planned.undo
    assert planned.refreshes
    assert (planned.basis.account, planned.basis.part) == (world.identity.value.account, target.part)
    assert_fits_the_model(step.call)
    if planned.inverse is not None:
        assert_fits_the_model(planned.inverse)


def service_of_row(world, target):
    if target.kind == "service":
        return next(s for s in world.services.value if s.arn == target.id)
    task = next(t for t in world.tasks.value if t.arn == target.id)
    return next(s for s in world.services.value if task.group == f"service:{s.name}")


def assert_fits_the_model(call):
    operation = model(call.service).operation_model(call.operation)
    report = botocore.validate.ParamValidator().validate(dict(call.params), operation.input_shape)
    assert not report.has_errors(), report.generate_report()
    protocol = model(call.service).resolved_protocol
    assert botocore.serialize.create_serializer(protocol).serialize_to_request(dict(call.params), operation)["body"]


@pytest.mark.parametrize("name", WORLDS)
def test_every_row_is_planned_or_refused_with_a_reason(name):
    outcomes = {type(plan(action, WORLDS[name], target, count=4)) for action in BY_ID for target in rows(WORLDS[name])}
    assert outcomes <= {Plan, Refused}


def test_a_task_row_means_its_service_and_a_service_row_is_no_task():
    world = WORLDS["healthy"]
    by_task = plan("scale", world, row(world, "api", "task"), count=5)
    assert by_task == plan("scale", world, row(world, "api"), count=5)
    assert plan("stop_task", world, row(world, "api")) == Refused("select a task (tab)")


def test_a_migration_task_can_only_be_stopped():
    world = WORLDS["healthy"]
    running = worlds.task("migration", 0xA2, 42, NOW, 20)
    world = replaced(world, tasks=(*world.tasks.value, running))
    target = Target(kind="task", part="migration", id=running.arn)
    for action in ("scale", "redeploy"):
        assert "can only be stopped" in plan(action, world, target, count=2).reason
        assert BY_ID[action].fields(world, target, FACTS) == ()
    stop = plan("stop_task", world, target)
    assert stop.risk is Risk.SEVERE
    assert "half applied" in warnings(stop)
    assert (stop.then.service, stop.then.part) == ("", "migration")


def test_a_row_that_is_gone_or_was_never_read_is_refused_in_words():
    gone = Target(kind="task", part="api", id="arn:aws:ecs:eu-west-1:1:task/c/ffff")
    assert plan("stop_task", WORLDS["healthy"], gone).reason == "task ffff is not there any more"
    service = Target(kind="service", part="api", id="arn:aws:ecs:eu-west-1:1:service/c/other")
    assert plan("redeploy", WORLDS["healthy"], service).reason == "service api is not there any more"
    assert plan("scale", WORLDS["loading"], service, count=2).reason == "service api not seen: not read yet"
    assert "is DRAINING" in plan("redeploy", with_api(WORLDS["healthy"], status="DRAINING"), row(WORLDS["healthy"], "api")).reason


# --- scale ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "type the wanted count (now 3)"),
        ("  ", "type the wanted count (now 3)"),
        ("-1", "a count cannot be negative"),
        ("2.5", "not a whole number: 2.5"),
        ("two", "not a whole number: two"),
        ("٣", "not a whole number: ٣"),
        ("1e3", "not a whole number: 1e3"),
        ("3", "already 3"),
        ("03", "already 3"),
        ("51", "51 is more than ten times 3: not planned"),
        ("9" * 5000, "999999999 is more than ten times 3: not planned"),
    ],
)
def test_counts_that_cannot_be_meant(typed, reason):
    world = WORLDS["healthy"]
    assert plan("scale", world, row(world, "api"), count=typed) == Refused(reason)


@pytest.mark.parametrize(("count", "risk"), [(0, Risk.SEVERE), (1, Risk.SEVERE), (2, Risk.SEVERE), (4, Risk.NORMAL), (50, Risk.NORMAL)])
def test_fewer_healthy_than_now_is_severe(count, risk):
    world = WORLDS["healthy"]
    assert plan("scale", world, row(world, "api"), count=count).risk is risk


def test_scaling_says_what_it_does_and_how_it_is_undone():
    world = WORLDS["incident"]
    planned = plan("scale", world, row(world, "api"), count=5)
    assert planned.title == "SCALE clickit-prod-api"
    assert dict(planned.steps[0].call.params) == {"cluster": "clickit-prod-cluster", "service": "clickit-prod-api", "desiredCount": 5}
    assert words(planned).splitlines() == [
        "desired 3 → 5   running 3   pending 1   healthy targets 1 of 3",
        "autoscaling 2–6: cpu-60 may take it back",
        "deployment api:42 is under way: 2 of 3 running",
        "2 alarms open: clickit-prod-alb-5xx, clickit-prod-unhealthy-targets",
        "after 5 tasks × 0.5 vCPU, 1 GiB, + $0.04/h (us-east-1 price)",
    ]
    assert planned.undo == "U: scale back to 3"
    assert planned.inverse.params["desiredCount"] == 3
    assert planned.basis.desired == 3
    assert planned.basis.deployment == world.services.value[0].deployments[0].id
    assert (planned.then.kind, planned.then.desired, planned.then.before) == ("scale", 5, 3)


def test_scaling_down_is_not_severe_while_the_healthy_ones_stay():
    world = WORLDS["incident"]
    assert plan("scale", world, row(world, "api"), count=1).risk is Risk.NORMAL


def test_zero_is_severe_everywhere_and_says_so():
    world = WORLDS["healthy"]
    in_prod = plan("scale", world, row(world, "frontend"), count=0)
    in_dev = plan("scale", world, row(world, "frontend"), msgspec.structs.replace(FACTS, protected=False), count=0)
    assert in_prod.risk is in_dev.risk is Risk.SEVERE
    assert "afterwards nothing serves frontend in prod (protected): the load" in warnings(in_prod)
    assert "afterwards nothing serves frontend: the load" in warnings(in_dev)


@pytest.mark.parametrize(("count", "answer", "calls"), [(7, "yes", 2), (7, "no", 1), (6, "yes", 1), (7, "", 1)])
def test_above_the_maximum_one_plan_raises_it_and_scales(count, answer, calls):
    world = worlds.incident_world()
    api = row(world, "api")
    planned = BY_ID["scale"].plan(world, api, {"count": str(count), "raise": answer}, FACTS)
    assert [step.call.operation for step in planned.steps] == ["RegisterScalableTarget", "UpdateService"][-calls:]
    if calls == 2:
        assert {k: v for k, v in planned.steps[0].call.params.items() if k.endswith("Capacity")} == {"MaxCapacity": 7}
    assert [f.name for f in BY_ID["scale"].fields(world, api, FACTS)] == ["count", "raise"]


def test_an_answer_that_is_neither_yes_nor_no_is_refused():
    world = worlds.incident_world()
    assert BY_ID["scale"].plan(world, row(world, "api"), {"count": "7", "raise": "maybe"}, FACTS) == Refused(
        "raise maximum: type yes or no"
    )


def test_autoscaling_outside_its_bounds_suspended_or_unknown():
    world = WORLDS["healthy"]
    api = row(world, "api")
    assert "7 is above autoscaling's maximum 6: raise the maximum" in warnings(plan("scale", world, api, count=7))
    assert "1 is below autoscaling's minimum 2" in warnings(plan("scale", world, api, count=1))
    (found,) = worlds.scaling()
    asleep = replaced(world, scaling=(msgspec.structs.replace(found, suspended=("in", "out")),))
    assert "autoscaling 2–6 is suspended (in, out)" in words(plan("scale", asleep, api, count=4))
    assert "take it back" not in words(plan("scale", asleep, api, count=4))
    assert "autoscaling unknown: denied" in warnings(plan("scale", WORLDS["denied"], row(WORLDS["denied"], "api"), count=4))
    assert "autoscaling" not in words(plan("scale", WORLDS["absent"], row(WORLDS["absent"], "api"), count=4))


def test_what_is_not_known_is_said_and_counts_against_it():
    denied = WORLDS["denied"]
    planned = plan("scale", denied, row(denied, "api"), count=2)
    assert planned.risk is Risk.SEVERE
    assert "healthy targets unknown: denied" in words(planned)
    assert "how many are healthy is unknown: denied" in warnings(planned)
    blank = with_api(WORLDS["healthy"], desired=None, running=None, target_groups=())
    planned = plan("scale", blank, row(blank, "api"), count=2)
    assert (planned.risk, planned.inverse, planned.basis.desired) == (Risk.SEVERE, None, None)
    assert words(planned).startswith("desired ? → 2   running ?")
    stale = WORLDS["stale"]
    assert "services as of 2 m 14 s ago: throttled" in warnings(plan("scale", stale, row(stale, "api"), count=4))


def test_the_undo_of_a_scale_is_planned_anew():
    world = WORLDS["healthy"]
    planned = plan("scale", world, row(world, "api"), count=5)
    assert undo(planned.inverse, world, FACTS) == Refused("already 3")
    after = with_api(world, desired=5)
    back = undo(planned.inverse, after, FACTS)
    assert (back.title, back.steps[0].call) == ("UNDO: SCALE clickit-prod-api", planned.inverse)
    assert undo(None, world, FACTS, "cannot be undone: why") == Refused("cannot be undone: why")
    assert undo(planned.inverse, WORLDS["loading"], FACTS) == Refused("clickit-prod-api is not there any more")


# --- redeploy ---------------------------------------------------------------------------------------------------------------


def test_redeploying_says_images_percentages_and_the_breaker():
    world = WORLDS["healthy"]
    planned = plan("redeploy", world, row(world, "api"))
    assert dict(planned.steps[0].call.params) == {
        "cluster": "clickit-prod-cluster",
        "service": "clickit-prod-api",
        "forceNewDeployment": True,
    }
    assert words(planned).splitlines() == [
        "deployment api:41 → api:41 again   running 3   pending 0   healthy targets 3 of 3",
        "minimum 100 %, maximum 200 %: at least 3 of 3 stay, up to 6 run",
        "circuit breaker on: a roll-out that fails stops and does not roll back",
        "resolves again: 123456789012.dkr.ecr.eu-west-1.amazonaws.com/clickit/api:v2.3.0",
    ]
    assert (planned.risk, planned.inverse) == (Risk.NORMAL, None)
    assert planned.undo.startswith("cannot be undone")
    assert planned.then.kind == "deployment"


def test_a_roll_out_that_leaves_fewer_healthy_is_severe():
    world = with_api(WORLDS["healthy"], min_healthy_percent=50)
    planned = plan("redeploy", world, row(world, "api"))
    assert planned.risk is Risk.SEVERE
    assert "at least 2 of 3 stay" in warnings(planned)
    assert "names no minimum" in warnings(plan("redeploy", with_api(world, min_healthy_percent=None), row(world, "api")))


@pytest.mark.parametrize(
    ("healthy", "said"),
    [(2, "at least 2 of 5 stay (2 healthy now), up to 10 run"), (None, "at least 3 of 5 stay (3 running now), up to 10 run")],
)
def test_no_more_tasks_are_promised_to_stay_than_serve_now(healthy, said):
    world = with_api(WORLDS["healthy"], desired=5, running=3, pending=2)
    kept = tuple(t for t in world.targets.value if t.group != worlds.GROUPS["api"])
    own = [t for t in world.targets.value if t.group == worlds.GROUPS["api"]][:2]
    world = replaced(world, targets=(*kept, *own))
    if healthy is None:
        world = msgspec.structs.replace(world, targets=worlds.faulty(worlds.denied("elasticloadbalancing:DescribeTargetHealth"), NOW))
    assert f"minimum 100 %, maximum 200 %: {said}" in warnings(plan("redeploy", world, row(world, "api")))


@pytest.mark.parametrize(
    ("enabled", "rollback", "said"),
    [(None, None, "unknown"), (False, None, "keeps trying"), (True, True, "rolls back"), (True, False, "not roll")],
)
def test_the_breaker_is_said(enabled, rollback, said):
    world = with_api(WORLDS["healthy"], breaker_enabled=enabled, breaker_rollback=rollback)
    assert said in words(plan("redeploy", world, row(world, "api")))


def test_a_moving_tag_is_a_warning_with_the_running_digest():
    world = WORLDS["healthy"]
    api = worlds.definition("api", 41, NOW, 100)
    moving = msgspec.structs.replace(api, containers=(msgspec.structs.replace(api.containers[0], image="1.dkr/clickit/api:latest"),))
    planned = plan("redeploy", replaced(world, definitions=(moving,)), row(world, "api"))
    assert "tag latest moves: the new tasks may run another image than sha256:41abababab" in warnings(planned)
    unread = replaced(world, definitions=())
    assert "images unknown" in warnings(plan("redeploy", unread, row(world, "api")))


def test_nothing_to_replace_is_refused():
    world = with_api(WORLDS["healthy"], desired=0, running=0)
    assert "scaled to 0" in plan("redeploy", world, row(world, "api")).reason


# --- stop -------------------------------------------------------------------------------------------------------------------


def test_stopping_the_last_healthy_task_is_severe_and_says_which_revision_replaces_it():
    world = WORLDS["incident"]
    planned = plan("stop_task", world, row(world, "api", "task"))
    assert planned.risk is Risk.SEVERE
    assert "it is the last healthy one: nothing serves api until its replacement is healthy" in warnings(planned)
    assert "its replacement is another revision: api:42 starts" in warnings(planned)
    assert planned.steps[0].call.params["reason"] == "stopped by OnCall/oncall with clickit_tui"
    assert planned.undo == "cannot be undone; ECS starts a replacement by itself"


def test_stopping_an_unhealthy_task_is_normal():
    world = WORLDS["incident"]
    planned = plan("stop_task", world, row(world, "api", "task", 1))
    assert planned.risk is Risk.NORMAL
    assert "its target is unhealthy: 1 of 3 stay healthy" in words(planned)
    assert "a replacement of api:42 starts" in words(planned)


def test_stopping_one_of_several_healthy_tasks_leaves_fewer_for_a_while():
    world = WORLDS["healthy"]
    planned = plan("stop_task", world, row(world, "api", "task"))
    assert planned.risk is Risk.SEVERE
    assert "2 of 3 stay healthy until its replacement is" in warnings(planned)


def test_without_target_health_a_running_task_counts_as_the_last():
    world = replaced(WORLDS["denied"], tasks=worlds.healthy_world().tasks.value)
    planned = plan("stop_task", world, row(world, "api", "task"))
    assert planned.risk is Risk.SEVERE
    assert "whether it is the last healthy one cannot be told" in warnings(planned)


def test_whether_a_replacement_starts():
    world = WORLDS["healthy"]
    task = row(world, "api", "task")
    assert "scaled to 0" in words(plan("stop_task", with_api(world, desired=0), task))
    assert "3 run, 2 are desired" in words(plan("stop_task", with_api(world, desired=2), task))
    assert "unknown" in warnings(plan("stop_task", with_api(world, desired=None), task))
    orphan = msgspec.structs.replace(world, services=worlds.Seen())
    assert "its service was not seen" in warnings(plan("stop_task", orphan, task))


def test_a_task_that_stops_or_has_stopped_is_refused():
    world = WORLDS["incident"]
    stopped = next(t for t in world.tasks.value if t.stopped and t.part == "api")
    assert "has stopped" in plan("stop_task", world, Target(kind="task", part="api", id=stopped.arn)).reason
    first = msgspec.structs.replace(world.tasks.value[0], desired_status="STOPPED")
    stopping = replaced(world, tasks=(first,))
    assert "is stopping already" in plan("stop_task", stopping, row(stopping, "api", "task")).reason


def test_without_an_identity_the_reason_names_nobody():
    world = msgspec.structs.replace(WORLDS["healthy"], identity=worlds.Seen())
    assert plan("stop_task", world, row(world, "api", "task")).steps[0].call.params["reason"] == "stopped with clickit_tui"
