"""Why a shell can or cannot be opened: every condition with its sentence, in order, and unknown where nothing was read."""

import msgspec
import pytest

from clickit_tui.checks.preflight import ordered, preflight, stopper
from clickit_tui.checks.registry import Facts, Verdict
from clickit_tui.config import Thresholds
from clickit_tui.world.ecs import Cluster
from clickit_tui.world.machine import Machine
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


def test_sidecars_come_last():
    plain = TASK.containers[0]
    named = (replace(plain, name="ecs-service-connect-abc"), replace(plain, name="aws-guardduty-agent-1"), plain)
    assert ordered(replace(TASK, containers=named))[0].name == plain.name
