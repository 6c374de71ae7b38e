"""Why a shell can or cannot be opened: every condition with its sentence, in order, and unknown where nothing was read."""

import msgspec
import pytest

from clickit_tui.checks.preflight import ordered, preflight, stopper
from clickit_tui.checks.registry import Facts, Verdict
from clickit_tui.config import Thresholds
from clickit_tui.world.agent import CHANNELS, TO_BUCKET, TO_LOGS, Endpoint, Rights
from clickit_tui.world.ecs import Cluster
from clickit_tui.world.machine import Machine
from clickit_tui.world.seen import Seen
from tests import worlds

replace = msgspec.structs.replace
FACTS = Facts(now=worlds.NOW, names=worlds.NAMES, thresholds=Thresholds(), machine=worlds.MACHINE)
WORLD = worlds.healthy_world()
TASK = next(t for t in WORLD.tasks.value if t.part == "api" and not t.stopped)


def listed(task=TASK, machine=worlds.MACHINE, world=WORLD, container=""):
    return preflight(world, replace(FACTS, machine=machine), task, container)


def stops(*given, **named):
    found = stopper(listed(*given, **named))
    return found.name if found else ""


def with_container(**changes):
    return replace(TASK, containers=tuple(replace(c, **changes) for c in TASK.containers))


def test_a_healthy_task_is_stopped_by_nothing():
    assert stops() == ""
    names = [c.name for c in listed()]
    assert names[:4] == ["terminal", "plugin", "plugin version", "credentials"]
    assert names.index("task") < names.index("ECS Exec") < names.index("agent") < names.index("platform")


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"terminal": False}, "terminal"),
        ({"plugin": ""}, "plugin"),
        ({"version": "1.2.497.0"}, "plugin version"),
    ],
)
def test_what_this_machine_lacks_stops_first(changes, name):
    stopped = replace(TASK, status="STOPPED")
    assert stops(stopped, replace(worlds.MACHINE, **changes)) == name


@pytest.mark.parametrize(
    ("version", "verdict"),
    [
        ("1.2.763.0", Verdict.WARN),
        ("1.2.764.0", Verdict.PASS),
        ("1.2.0.0", Verdict.WARN),
        ("", Verdict.UNKNOWN),
        ("1.10.0.0", Verdict.PASS),
    ],
)
def test_versions_are_compared_by_number(version, verdict):
    found = next(c for c in listed(machine=replace(worlds.MACHINE, version=version)) if c.name == "plugin version")
    assert found.verdict is verdict


@pytest.mark.parametrize(
    ("task", "name", "waits"),
    [
        (replace(TASK, status="STOPPING", stopped_reason="scaled in"), "task", False),
        (replace(TASK, status="ACTIVATING"), "task", True),
        (with_container(status="STOPPED"), "container", False),
        (with_container(runtime_id=""), "container", True),
        (replace(TASK, exec_enabled=False), "ECS Exec", False),
        (with_container(exec_agent="PENDING"), "agent", True),
        (with_container(exec_agent="STOPPED", exec_reason="no route"), "agent", False),
        (replace(TASK, platform="1.3.0"), "platform", False),
        (replace(TASK, platform="1.0.0", family="WINDOWS_SERVER_2022_CORE"), "", False),
        (replace(TASK, containers=()), "container", False),
    ],
)
def test_the_first_condition_that_fails_stops(task, name, waits):
    found = stopper(listed(task))
    assert (found.name if found else "") == name
    assert (found.waits if found else False) is waits
    assert found is None or found.sentence


def test_what_was_not_read_is_unknown_and_does_not_stop():
    found = listed(replace(TASK, exec_enabled=None, platform=""), Machine(), worlds.loading_world())
    unknown = {c.name for c in found if c.verdict is Verdict.UNKNOWN}
    assert {"terminal", "plugin", "credentials", "ECS Exec", "platform", "task role"} <= unknown
    assert stopper(found) is None


def test_a_task_without_a_role_stops_unless_its_agent_runs():
    definitions = tuple(replace(d, task_role="") for d in WORLD.definitions.value)
    world = replace(WORLD, definitions=replace(WORLD.definitions, value=definitions))
    assert stops(with_container(exec_agent=""), world=world) == "task role"
    assert stops(world=world) == ""


def test_a_cluster_that_records_sessions_is_told():
    cluster = Cluster(name="c", exec_logging="OVERRIDE", exec_key="key")
    world = replace(WORLD, cluster=replace(WORLD.cluster, value=cluster))
    told = [c.sentence for c in listed(world=world) if c.verdict is Verdict.WARN]
    assert any("recorded" in sentence for sentence in told)
    assert any("kms:GenerateDataKey" in sentence for sentence in told)


def condition(name, **given):
    return next((c for c in listed(**given) if c.name == name), None)


def test_what_the_task_role_allows_is_told_and_never_stops():
    role = next(d.task_role for d in WORLD.definitions.value if d.arn == TASK.task_definition)

    def rights(**known):
        return condition("role's rights", world=replace(WORLD, rights=worlds.seen((Rights(role=role, **known),), worlds.NOW)))

    assert condition("role's rights").verdict is Verdict.PASS
    lacking = rights(allowed=frozenset(CHANNELS[1:]), denied=frozenset(CHANNELS[:1]))
    assert lacking.verdict is Verdict.WARN
    assert f"{CHANNELS[0]}, yet the agent runs" in lacking.sentence
    assert rights(allowed=frozenset(CHANNELS[1:])).verdict is Verdict.UNKNOWN
    assert rights().verdict is Verdict.UNKNOWN


def test_the_right_to_record_is_told_only_where_the_cluster_records_somewhere_of_its_own():
    role = next(d.task_role for d in WORLD.definitions.value if d.arn == TASK.task_definition)

    def recorder(seen_at=worlds.NOW, cluster=None, **known):
        named = cluster or Cluster(name="c", exec_logging="OVERRIDE", exec_log_group="/exec", exec_bucket="kept")
        rights = worlds.seen((Rights(role=role, **known),), seen_at)
        found = listed(world=replace(WORLD, cluster=worlds.seen(named, worlds.NOW), rights=rights))
        return next((c for c in found if c.name == "recorder"), None)

    every = frozenset((*CHANNELS, *TO_LOGS, *TO_BUCKET))
    assert recorder(allowed=every).verdict is Verdict.PASS
    lacking = recorder(allowed=every - {"s3:PutObject"}, denied=frozenset({"s3:PutObject"}))
    assert (lacking.verdict, "s3:PutObject" in lacking.sentence, "logs:" in lacking.sentence) == (Verdict.WARN, True, False)
    for unsure in (recorder(allowed=every - {"s3:PutObject"}), recorder(allowed=every, seen_at=worlds.NOW - 3600)):
        assert unsure.verdict is Verdict.UNKNOWN
    assert recorder(cluster=Cluster(name="c", exec_logging="OVERRIDE"), allowed=every).verdict is Verdict.UNKNOWN
    assert recorder(cluster=Cluster(name="c", exec_logging="NONE", exec_bucket="kept"), allowed=every) is None


@pytest.mark.parametrize(("field", "name"), [("rights", "role's rights"), ("endpoints", "endpoints")])
def test_what_is_read_on_demand_tells_nothing_when_it_was_denied_or_is_old(field, name):
    old = worlds.seen(getattr(WORLD, field).value, worlds.NOW - 3600)
    for seen in (Seen(), worlds.faulty(worlds.denied("iam:X"), worlds.NOW), old):
        found = condition(name, world=replace(WORLD, **{field: seen}))
        assert found.verdict is Verdict.UNKNOWN
        assert "cannot be seen" in found.sentence


@pytest.mark.parametrize(
    ("endpoints", "agent", "verdict"),
    [
        ((), "STOPPED", Verdict.NONE),
        ((("ssmmessages", "Interface", "available"),), "STOPPED", Verdict.PASS),
        ((("ssmmessages", "Interface", "pending"),), "STOPPED", Verdict.WARN),
        ((("logs", "Interface", "available"),), "STOPPED", Verdict.WARN),
        ((("logs", "Interface", "available"),), "RUNNING", Verdict.NONE),
    ],
)
def test_a_vpc_without_an_endpoint_for_the_agent_is_a_hint(endpoints, agent, verdict):
    value = tuple(Endpoint(service=f"com.amazonaws.eu-west-1.{name}", kind=kind, state=state) for name, kind, state in endpoints)
    world = replace(WORLD, endpoints=worlds.seen(value, worlds.NOW))
    assert condition("endpoints", task=with_container(exec_agent=agent), world=world).verdict is verdict


def test_the_list_stands_in_the_order_of_its_cost_and_tells_of_zombies():
    wanted = ["terminal", "plugin", "plugin version", "credentials", "task", "container", "ECS Exec", "agent", "platform", "task role"]
    wanted += ["role's rights", "root", "init process", "recording", "endpoints", "shell"]
    assert [c.name for c in listed()] == wanted
    assert "zombies" in condition("init process").sentence


def test_a_machine_without_credentials_stops():
    assert stops(machine=replace(worlds.MACHINE, credentials="")) == "credentials"


def test_sidecars_come_last():
    plain = TASK.containers[0]
    named = (replace(plain, name="ecs-service-connect-abc"), replace(plain, name="aws-guardduty-agent-1"), plain)
    assert ordered(replace(TASK, containers=named))[0].name == plain.name
