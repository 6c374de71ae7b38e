"""Little evidence acquits nobody: few minutes, targets without a state, classes that are not known, services that are not there."""

import msgspec
import pytest

from clickit_tui.checks.registry import Verdict
from clickit_tui.checks.strip import strip
from clickit_tui.playbooks.diagnosis import cause
from tests import worlds
from tests.checks.test_checks import CALM, FACTS, RELAXED, api, judge, with_
from tests.worlds import NOW

V = Verdict


def known(world=CALM, **series):
    """Metrics whose newest closed minutes have these values; None is a minute without a point. The growing minutes have none."""
    found = worlds.healthy_world().metrics.value
    changed = dict(found.series)
    for name, values in series.items():
        key = name.replace("__", ".")
        newest = NOW // 60 * 60 - 180.0
        times = [newest - 60.0 * back for back in range(len(values) - 1, -1, -1)]
        pairs = [(at, float(value)) for at, value in zip(times, values, strict=True) if value is not None]
        changed[key] = msgspec.structs.replace(found.series[key], times=tuple(at for at, _ in pairs), values=tuple(v for _, v in pairs))
    return with_(world, metrics=msgspec.structs.replace(found, series=changed))


@pytest.mark.parametrize(
    ("id", "series", "verdict"),
    [
        ("api.cpu", {"api__cpu": [99] * 5 + [None] * 5}, V.UNKNOWN),
        ("api.cpu", {"api__cpu": [None] * 7 + [99] * 3}, V.UNKNOWN),
        ("api.cpu", {"api__cpu": [None] * 7 + [50] * 3}, V.PASS),
        ("api.cpu", {"api__cpu": [None] * 5 + [99] * 5}, V.WARN),
        ("api.memory", {"api__memory": [None] * 8 + [89] * 2}, V.UNKNOWN),
        ("nat.ports", {"nat__port_errors": [9] * 10 + [None] * 5}, V.UNKNOWN),
        ("edge.latency", {"edge__p95": [None] * 4 + [3]}, V.UNKNOWN),
        ("edge.latency", {"edge__p95": [None] * 4 + [0.1]}, V.PASS),
        ("edge.latency", {"edge__p95": [None] * 3 + [3, 3]}, V.FAIL),
    ],
)
def test_few_minutes_neither_acquit_nor_condemn(id, series, verdict):
    assert judge(id, known(**series)).verdict is verdict


def hosts(state="healthy", left=3):
    """So many targets of api, the first healthy and the others in this state; those of the frontend as they are."""
    own = [one for one in CALM.targets.value if one.group == worlds.TG_API]
    others = tuple(one for one in CALM.targets.value if one.group != worlds.TG_API)
    mine = tuple(msgspec.structs.replace(one, state=state if index else "healthy") for index, one in enumerate(own[:left]))
    return with_(targets=(*mine, *others))


@pytest.mark.parametrize("id", ["api.targets", "edge.targets"])
@pytest.mark.parametrize("state", ["", "odd"])
def test_a_target_whose_state_is_not_told_is_unknown(id, state):
    found = judge(id, hosts(state))
    assert (found.verdict, found.short) == (V.UNKNOWN, "bad answer")
    assert "2 targets" in found.sentence


def test_tasks_that_run_and_are_not_registered_are_a_warning():
    found = judge("api.targets", hosts(left=1))
    assert found.verdict is V.WARN
    assert "1 of 3 targets" in found.sentence
    assert "2 running tasks not registered" in found.sentence
    fewer = msgspec.structs.replace(hosts(left=1), services=api(desired=1).services)
    assert judge("api.targets", fewer).verdict is V.PASS


@pytest.mark.parametrize(
    ("name", "verdict", "said"),
    [("db.r6g.8xlarge", V.PASS, "on 32 processors"), ("db.t4g.micro", V.FAIL, "on 2 processors"), ("odd", V.UNKNOWN, "is not known")],
)
def test_load_is_judged_by_the_processors_of_the_class(name, verdict, said):
    busy = tuple(msgspec.structs.replace(one, load=4.0) for one in CALM.waits.value)
    world = with_(waits=busy, database=msgspec.structs.replace(CALM.database.value, instance_class=name))
    found = judge("db.waits", world)
    assert found.verdict is verdict
    assert said in found.sentence


@pytest.mark.parametrize(("name", "verdict"), [("db.r6g.8xlarge", V.WARN), ("db.x2g.large", V.UNKNOWN), ("db.t4g.micro", V.PASS)])
def test_free_memory_is_judged_by_the_class(name, verdict):
    assert judge("db.memory", with_(database=msgspec.structs.replace(CALM.database.value, instance_class=name))).verdict is verdict


def test_an_environment_without_services_is_not_all_well():
    nobody = with_(services=())
    entries = {one.part: (one.verdict, one.short) for one in strip(nobody, FACTS)}
    assert entries["api"] == entries["frontend"] == (V.WARN, "no service")
    assert {one.part: one.short for one in strip(nobody, RELAXED)}["api"] == "no service"
    assert cause(nobody, RELAXED).sentence.startswith(f"nothing fails, but {FACTS.names.cluster} has no service of ClickIt")


def test_points_of_the_future_do_not_stop_the_database():
    found = CALM.metrics.value
    late = {key: msgspec.structs.replace(one, times=tuple(at + 3600 for at in one.times)) for key, one in found.series.items()}
    seen_late = judge("db.alive", with_(metrics=msgspec.structs.replace(found, series=late)))
    assert (seen_late.verdict, seen_late.short) == (V.UNKNOWN, "bad answer")
