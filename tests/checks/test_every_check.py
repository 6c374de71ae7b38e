"""What every registered check owes: its thresholds' edges, and no PASS while what it reads is missing, stale or denied."""

from __future__ import annotations

import re

import msgspec
import pytest

from clickit_tui.checks.registry import Facts, Verdict, checks
from clickit_tui.naming import SERVICES
from clickit_tui.world.network import Subnet
from clickit_tui.world.parts import LogDigest, NatGateway, ScalableTarget, Wait
from clickit_tui.world.seen import Fault, Seen, Trouble
from clickit_tui.world.world import World
from tests import worlds
from tests.checks.test_checks import CALM, FACTS, api, ended, hosts, judge, measured, primary, starting, with_
from tests.checks.test_migration import RUNNING, failed, with_runs
from tests.checks.test_playbook_checks import IN, OUT, dropping, images, newest, secrets, silenced
from tests.worlds import NOW, denied, faulty, seen

V = Verdict
MIB, GIB, GBIT = 2**20, 2**30, 1e9 / 8
Case = tuple[World, Verdict]


def each(key: str, *values: tuple[float, Verdict], minutes: int = 5) -> tuple[Case, ...]:
    """A metric at the same value in each of the minutes."""
    return tuple((measured(**{key: [value] * minutes}), verdict) for value, verdict in values)


def usual(p95: float, median: float) -> World:
    """This p95 in every minute, where the last seven days had that median."""
    hours = tuple(NOW // 3600 * 3600 - 3600.0 * back for back in range(1, 169))
    known = msgspec.structs.replace(CALM.metrics.value.series["edge.p95"], times=hours[::-1], values=(median,) * 168, period_s=3600)
    return with_(measured(edge__p95=[p95] * 5), usual=(known,))


EDGES: dict[str, tuple[Case, ...]] = {
    "alarms.state": (
        (CALM, V.PASS),
        (with_(alarms=(msgspec.structs.replace(worlds.alarms(NOW)[0], actions_enabled=False), *worlds.alarms(NOW)[1:])), V.WARN),
        (with_(alarms=(msgspec.structs.replace(worlds.alarms(NOW)[0], state="ALARM"), *worlds.alarms(NOW)[1:])), V.FAIL),
    ),
    "api.breaker": ((newest(failures=0), V.PASS), (newest(failures=1), V.WARN)),
    "api.cpu": each("api__cpu", (80, V.PASS), (80.1, V.WARN), (85, V.WARN), (85.1, V.FAIL), minutes=10),
    "api.deployment": ((CALM, V.PASS), (primary(failed=1), V.WARN), (primary(rollout="FAILED"), V.FAIL)),
    "api.errors": tuple(
        (with_(log=LogDigest(minutes=(("api", NOW - 60, "error", count),), since=NOW - 900)), verdict)
        for count, verdict in ((9, V.PASS), (10, V.WARN))
    ),
    "api.image": ((CALM, V.PASS), (images(exists=False), V.FAIL)),
    "api.log_lines": ((dropping(0.3), V.PASS), (dropping(0.2), V.WARN)),
    "api.memory": (
        *each("api__memory", (80, V.PASS), (80.1, V.WARN)),
        *each("api__memory_max", (90, V.PASS), (90.1, V.FAIL)),
    ),
    "api.scaling": tuple(
        (with_(scaling=(ScalableTarget(part="api", minimum=2, maximum=most),)), verdict) for most, verdict in ((4, V.PASS), (3, V.WARN))
    ),
    "api.secrets": ((CALM, V.PASS), (secrets(changed_at=NOW - 60), V.WARN), (secrets(exists=False), V.FAIL)),
    "api.stops": ((ended(0), V.PASS), (ended(1), V.WARN), (ended(2), V.WARN), (ended(3), V.FAIL)),
    "api.subnets": tuple(
        (with_(subnets=(Subnet(id="subnet-0a1", free=count), Subnet(id="subnet-0b2", free=other))), verdict)
        for count, other, verdict in ((8, 9, V.PASS), (7, 9, V.WARN), (0, 0, V.FAIL))
    ),
    "api.targets": ((CALM, V.PASS), (hosts("healthy", "unhealthy"), V.WARN), (hosts("unhealthy", "unhealthy"), V.FAIL)),
    "api.tasks": (
        (CALM, V.PASS),
        (api(running=2), V.WARN),
        (with_(api(running=0, pending=3), tasks=(starting(299),)), V.WARN),
        (with_(api(running=0, pending=3), tasks=(starting(300),)), V.FAIL),
    ),
    "cache.cpu": (*each("cache__cpu", (45, V.PASS), (45.1, V.WARN)), *each("cache__engine_cpu", (90, V.PASS), (90.1, V.FAIL))),
    "cache.credits": each("cache__credits", (60, V.PASS), (59.9, V.WARN), (0.6, V.WARN), (0.5, V.FAIL), minutes=1),
    "cache.hit_rate": tuple(
        (measured(cache__hits=[hits] * 5, cache__misses=[100 - hits] * 5), verdict)
        for hits, verdict in ((80, V.PASS), (79, V.WARN), (50, V.WARN), (49, V.FAIL))
    ),
    "cache.memory": (
        *each("cache__memory", (75, V.PASS), (75.1, V.WARN), (90.1, V.WARN)),
        (measured(cache__evictions=[0, 0, 0, 0, 1]), V.WARN),
        (measured(cache__memory=[90.1] * 5, cache__evictions=[0, 0, 0, 0, 1]), V.FAIL),
    ),
    "cache.status": tuple(
        (with_(cache=msgspec.structs.replace(CALM.cache.value, status=status)), verdict)
        for status, verdict in (("available", V.PASS), ("modifying", V.WARN), ("create-failed", V.FAIL))
    ),
    "db.alive": ((silenced(5), V.PASS), (silenced(9), V.FAIL)),
    "db.connections": each("db__connections", (48, V.PASS), (49, V.WARN), (54, V.WARN), (55, V.FAIL), minutes=1),
    "db.cpu": each("db__cpu", (80, V.PASS), (80.1, V.WARN), (90, V.WARN), (90.1, V.FAIL)),
    "db.credits": each("db__surplus_charged", (0, V.PASS), (0.1, V.WARN), minutes=1),
    "db.io": each("db__io_balance", (30, V.PASS), (29.9, V.WARN), (10, V.WARN), (9.9, V.FAIL)),
    "db.latency": (
        *each("db__read_latency", (0.010, V.PASS), (0.0101, V.WARN), (0.020, V.WARN), (0.0201, V.FAIL)),
        *each("db__queue", (10, V.PASS), (10.1, V.FAIL)),
    ),
    "db.locks": tuple(
        (with_(waits=(Wait(event="Lock:relation", load=load),)), verdict)
        for load, verdict in ((0.49, V.PASS), (0.5, V.WARN), (0.99, V.WARN), (1.0, V.FAIL))
    ),
    "db.logs": tuple(
        (with_(log=LogDigest(matches=(("api", "db.refused", 1, NOW - ago),), since=NOW - 900)), verdict)
        for ago, verdict in ((301, V.PASS), (300, V.WARN))
    ),
    "db.memory": (
        *each("db__memory", (40 * MIB, V.PASS), (39.9 * MIB, V.WARN), minutes=1),
        (measured(db__memory=[39.9 * MIB], db__swap=[n * MIB for n in range(10)]), V.FAIL),
    ),
    "db.migration": (
        (with_runs(), V.PASS),
        (with_runs(RUNNING), V.WARN),
        (with_runs(failed(3599)), V.FAIL),
        (with_runs(failed(3600)), V.PASS),
    ),
    "db.reach": (
        (with_(rules=(OUT, IN)), V.PASS),
        (with_(rules=(OUT, msgspec.structs.replace(IN, other_group="", cidr="0.0.0.0/0"))), V.WARN),
        (with_(rules=(OUT,)), V.FAIL),
    ),
    "db.status": tuple(
        (with_(database=worlds.database(status=status)), verdict)
        for status, verdict in (("available", V.PASS), ("rebooting", V.WARN), ("stopped", V.FAIL))
    ),
    "db.storage": each("db__storage", (4 * GIB, V.PASS), (3.99 * GIB, V.WARN), (2 * GIB, V.WARN), (1.99 * GIB, V.FAIL), minutes=1),
    "db.waits": tuple(
        (with_(waits=(Wait(event="CPU", load=load),)), verdict)
        for load, verdict in ((1.0, V.PASS), (1.1, V.WARN), (2.0, V.WARN), (2.1, V.FAIL))
    ),
    "edge.5xx": (
        (CALM, V.PASS),
        (measured(edge__target_5xx=(0, 0, 0, 0, 1)), V.WARN),
        (measured(edge__target_5xx=(2, 2, 2, 2, 2)), V.WARN),
        (measured(edge__target_5xx=(2, 2, 2, 2, 3)), V.FAIL),
    ),
    "edge.latency": (
        *each("edge__p95", (0.5, V.PASS), (0.51, V.WARN), (1.0, V.WARN), (1.01, V.FAIL)),
        (usual(0.6, 0.3), V.PASS),
        (usual(0.61, 0.3), V.WARN),
        (usual(0.49, 0.1), V.PASS),
        (usual(1.01, 0.9), V.FAIL),
    ),
    "edge.split": ((CALM, V.PASS), (measured(edge__target_5xx=(0, 0, 0, 0, 1)), V.WARN)),
    "edge.targets": ((CALM, V.PASS), (hosts("healthy", "unhealthy"), V.WARN), (hosts("unhealthy"), V.FAIL)),
    "nat.connects": tuple(
        (measured(nat__attempts=[100] * 5, nat__established=[made] * 5), verdict)
        for made, verdict in ((99, V.PASS), (98.9, V.WARN), (95, V.WARN), (94.9, V.FAIL))
    ),
    "nat.drops": ((measured(nat__drops=[1, 1, 0, 1, 1]), V.PASS), (measured(nat__drops=[1] * 5), V.WARN)),
    "nat.peak": each(
        "nat__peak", (3 * GBIT, V.PASS), (3.01 * GBIT, V.WARN), (4 * GBIT, V.WARN), (4.01 * GBIT, V.FAIL), minutes=1
    ),
    "nat.ports": (
        (CALM, V.PASS),
        (measured(nat__port_errors=[1, 0, 0, 0, 0]), V.WARN),
        (measured(nat__port_errors=[0, *[1] * 14]), V.WARN),
        (measured(nat__port_errors=[1] * 15), V.FAIL),
    ),
    "nat.state": tuple(
        (with_(nat=tuple(NatGateway(id=f"nat-{n}", state=state) for n, state in enumerate(states))), verdict)
        for states, verdict in ((("available",) * 2, V.PASS), (("available", "failed"), V.WARN), (("failed",) * 2, V.FAIL))
    ),
}  # fmt: skip
"""(world, verdict) on both sides of every threshold; `api` stands for each service."""

IDS = [one.id for one in checks() if one.part == "api" or not one.id.startswith(SERVICES)]
BEST = {"api.log_lines": dropping(1.0)}
"""Where a healthy world has nothing to judge."""

SPARED: dict[tuple[str, str], str] = {
    ("api.tasks", "tasks"): "it tells only since when there are too few",
    ("api.targets", "metrics"): "it tells only whether an unhealthy target stays so",
    ("edge.targets", "metrics"): "it tells only whether an unhealthy target stays so",
    ("edge.targets", "services"): "it tells only that the environment sleeps",
    ("edge.latency", "usual"): "without it the lower limit alone warns",
    ("db.alive", "services"): "it tells only that the environment sleeps",
    ("db.alive", "database"): "this check is for those who may not ask RDS",
    ("db.status", "services"): "it tells only that the environment sleeps",
    ("db.reach", "subnets"): "a rule by group needs no range",
    ("api.image", "definitions"): "the revision itself names its images and digests",
}
"""(check, field) that a PASS does not rest on, and why."""
NEVER_CHANGES = "definitions"
"""What was read of it once stays true, however long ago."""


@pytest.mark.parametrize("id", IDS)
def test_both_sides_of_every_threshold(id: str) -> None:
    found = [judge(id, world) for world, _ in EDGES[id]]
    assert [one.verdict for one in found] == [verdict for _, verdict in EDGES[id]]
    named = {word for one in found for word in re.findall("WARN|FAIL", one.threshold)}
    assert named == {str(verdict) for _, verdict in EDGES[id]} - {"PASS"}, "a verdict that the threshold names has no case, or the reverse"
    assert all(one.change for one in found if one.verdict is not V.PASS)
    assert all(re.search("runbook|AWS|heuristic", one.threshold) for one in found), "the threshold names no source"
    assert all(each.call.count(":") == 1 and each.value and each.at is not None for one in found for each in one.evidence)


def test_every_registered_check_has_cases() -> None:
    assert sorted(EDGES) == sorted(IDS)
    everywhere = {one.id.partition(".")[2] for one in checks() if one.part in SERVICES}
    assert {one.id for one in checks()} == {*IDS, *(f"{part}.{name}" for part in SERVICES for name in everywhere)}


def lost(how: str, field: str, world: World) -> Seen:
    """A field that was not read, is refused, is throttled since, or is old."""
    value = getattr(world, field).value
    throttled = Fault(kind=Trouble.THROTTLED, sentence="throttled", operation="x:Y")
    return {
        "missing": Seen(),
        "denied": faulty(denied(f"x:{field}"), NOW),
        "refused since": faulty(denied(f"x:{field}"), NOW, value, NOW - 5),
        "throttled": faulty(throttled, NOW, value, NOW - 5),
        "stale": msgspec.structs.replace(seen(value, NOW, field), seen_at=NOW - 7 * 86_400),
    }[how]


@pytest.mark.parametrize("how", ["missing", "denied", "refused since", "throttled", "stale"])
@pytest.mark.parametrize("id", IDS)
def test_nothing_passes_while_a_field_it_reads_is_not_known(id: str, how: str) -> None:
    one = next(each for each in checks() if each.id == id)
    world = BEST.get(id, CALM)
    for field in sorted(one.reads):
        found = one.judge(msgspec.structs.replace(world, **{field: lost(how, field, world)}), FACTS)
        if (id, field) in SPARED or (field == NEVER_CHANGES and how not in ("missing", "denied")):
            assert found.verdict in (V.PASS, V.UNKNOWN), field
        else:
            assert found.verdict is V.UNKNOWN, (field, found.sentence)
            assert "denied" not in how or f"x:{field}" in found.sentence or "not read" in found.sentence, found.sentence


def silent(*keys: str) -> World:
    """Metrics in which these series are complete and have no point."""
    found = dict(CALM.metrics.value.series)
    for key in keys:
        found[key] = msgspec.structs.replace(found[key], times=(), values=())
    return with_(metrics=msgspec.structs.replace(CALM.metrics.value, series=found))


def torn(*keys: str, word: str) -> World:
    """Metrics in which these series carry another status."""
    found = {key: msgspec.structs.replace(one, status=word) if key in keys else one for key, one in CALM.metrics.value.series.items()}
    return with_(metrics=msgspec.structs.replace(CALM.metrics.value, series=found))


USES = {
    "api.cpu": ("api.cpu",),
    "api.memory": ("api.memory", "api.memory_max"),
    "cache.cpu": ("cache.cpu", "cache.engine_cpu"),
    "cache.credits": ("cache.credits",),
    "cache.hit_rate": ("cache.hits", "cache.misses"),
    "cache.memory": ("cache.memory", "cache.evictions"),
    "db.connections": ("db.connections",),
    "db.cpu": ("db.cpu",),
    "db.credits": ("db.credits", "db.surplus_charged"),
    "db.io": ("db.io_balance", "db.byte_balance"),
    "db.latency": ("db.read_latency", "db.write_latency", "db.queue"),
    "db.memory": ("db.memory",),
    "db.storage": ("db.storage",),
    "edge.5xx": ("edge.target_5xx", "edge.elb_5xx", "edge.requests"),
    "edge.latency": ("edge.p95", "edge.p99"),
    "edge.split": ("edge.target_5xx", "edge.elb_5xx", "edge.requests"),
    "nat.connects": ("nat.attempts", "nat.established"),
    "nat.drops": ("nat.drops",),
    "nat.peak": ("nat.peak",),
    "nat.ports": ("nat.port_errors",),
}
"""The series that a PASS rests on."""


@pytest.mark.parametrize(("id", "key"), [(name, key) for name, keys in USES.items() for key in keys])
def test_a_series_that_is_not_known_never_passes(id: str, key: str) -> None:
    for word in ("Forbidden", "PartialData", "InternalError", "no status"):
        assert judge(id, torn(key, word=word)).verdict is V.UNKNOWN, word
    absent = {name: one for name, one in CALM.metrics.value.series.items() if name != key}
    assert judge(id, with_(metrics=msgspec.structs.replace(CALM.metrics.value, series=absent))).verdict is V.UNKNOWN
    if key not in ("edge.target_5xx", "edge.elb_5xx"):
        assert judge(id, silent(key)).verdict is V.UNKNOWN, "no point"


@pytest.mark.parametrize(
    ("id", "key", "value"),
    [
        ("db.cpu", "db.cpu", 99),
        ("db.cpu", "db.cpu", 85),
        ("db.latency", "db.read_latency", 0.03),
        ("db.latency", "db.queue", 12),
        ("cache.cpu", "cache.engine_cpu", 99),
        ("cache.cpu", "cache.cpu", 50),
        ("nat.drops", "nat.drops", 3),
    ],
)
def test_few_minutes_that_are_all_bad_acquit_nobody(id: str, key: str, value: float) -> None:
    whole = measured(**{key.replace(".", "__"): [value] * 5})
    assert judge(id, whole).verdict in (V.WARN, V.FAIL)
    for known, verdict in ((2, V.UNKNOWN), (4, judge(id, whole).verdict)):
        one = whole.metrics.value.series[key]
        cut = msgspec.structs.replace(one, times=one.times[-2 - known :], values=one.values[-2 - known :])
        series = {**whole.metrics.value.series, key: cut}
        found = judge(id, with_(metrics=msgspec.structs.replace(whole.metrics.value, series=series)))
        assert found.verdict is verdict, found.sentence


def test_only_minutes_that_know_both_make_a_share_of_connections() -> None:
    world = measured(nat__attempts=[100] * 5, nat__established=[70] * 5)

    def known(**kept: slice) -> World:
        series = dict(world.metrics.value.series)
        for name, part in kept.items():
            one = series[f"nat.{name}"]
            series[f"nat.{name}"] = msgspec.structs.replace(one, times=one.times[part], values=one.values[part])
        return with_(metrics=msgspec.structs.replace(world.metrics.value, series=series))

    assert judge("nat.connects", known(attempts=slice(-5, None))).verdict is V.FAIL
    apart = judge("nat.connects", known(attempts=slice(-7, -5), established=slice(-5, None)))
    assert (apart.verdict, apart.short) == (V.UNKNOWN, "no data")


def test_every_check_of_metrics_names_its_series() -> None:
    measured_by = {one.id for one in checks() if "metrics" in one.reads and one.id in IDS}
    assert measured_by - set(USES) == {"api.log_lines", "api.targets", "edge.targets", "db.alive"}


def test_answers_that_leave_out_what_a_verdict_rests_on_never_pass() -> None:
    left_out = {
        "db.storage": with_(database=worlds.database(storage_gib=None)),
        "api.secrets": secrets(has_value=None),
        "api.scaling": with_(scaling=(ScalableTarget(part="api", minimum=None, maximum=None),)),
        "api.tasks": api(running=None),
        "api.deployment": api(deployments=()),
        "cache.status": with_(cache=msgspec.structs.replace(CALM.cache.value, status="")),
        "db.status": with_(database=worlds.database(status="")),
    }
    assert {name: judge(name, world).verdict for name, world in left_out.items()} == dict.fromkeys(left_out, V.UNKNOWN)


def test_a_pinned_digest_that_was_not_looked_up_never_passes() -> None:
    by_tag = tuple(one for one in CALM.images.value if not one.id.startswith("sha256:"))
    moved = tuple(msgspec.structs.replace(one, digest="sha256:" + "0" * 64) for one in by_tag)
    found = judge("api.image", with_(images=moved))
    assert (found.verdict, "not read yet" in found.sentence) == (V.UNKNOWN, True)


def test_a_revision_that_was_not_described_never_passes() -> None:
    others = tuple(one for one in CALM.revisions.value if one.service != worlds.NAMES.api)
    families = tuple(msgspec.structs.replace(one, arn="", images=()) for one in CALM.revisions.value)
    for known in (others, families):
        found = judge("api.image", with_(revisions=known))
        assert (found.verdict, "ecs:DescribeServiceRevisions" in found.sentence) == (V.UNKNOWN, True)


def test_a_service_at_zero_whose_answer_tells_no_tags_says_so() -> None:
    assert "whether by our mark is not seen" in judge("api.tasks", api(desired=0, running=0, tags_told=False)).sentence
    assert "mark" not in judge("api.tasks", api(desired=0, running=0)).sentence


@pytest.mark.parametrize("days", [2, 3])
def test_a_median_of_few_days_is_no_median(days: int) -> None:
    world = usual(0.6, 0.5)
    (series,) = world.usual.value
    short = msgspec.structs.replace(series, times=series.times[-24 * days :], values=series.values[-24 * days :])
    assert judge("edge.latency", with_(world, usual=(short,))).verdict is (V.PASS if days == 3 else V.WARN)
    assert judge("edge.latency", with_(world, usual=())).verdict is V.WARN


def test_thresholds_can_be_moved() -> None:
    moved: dict[str, tuple[World, dict[str, float]]] = {
        "api.stops": (ended(1), {"stops_warn": 2}),
        "api.breaker": (newest(failures=1), {"breaker_failures_warn": 2}),
        "db.locks": (with_(waits=(Wait(event="Lock:x", load=1.0),)), {"db_locks_warn": 2, "db_locks_fail": 3}),
        "db.waits": (with_(waits=(Wait(event="CPU", load=2.1),)), {"db_load_warn": 2, "db_load_fail": 3}),
        "db.logs": (with_(log=LogDigest(matches=(("api", "db.refused", 1, NOW),), since=NOW - 900)), {"db_log_lines_warn": 2}),
        "db.migration": (with_runs(failed(300)), {"migration_recent_s": 200}),
        "nat.peak": (measured(nat__peak=[4.1 * GBIT] * 5), {"nat_gbit": 10}),
        "nat.ports": (measured(nat__port_errors=[0, 0, 0, 0, 1]), {"nat_port_errors_warn": 2}),
        "nat.connects": (measured(nat__attempts=[30] * 5, nat__established=[10] * 5), {"nat_attempts_least": 200}),
        "api.log_lines": (dropping(0.2), {"log_quiet_share": 10}),
        "cache.memory": (measured(cache__evictions=[0, 0, 0, 0, 1]), {"cache_evictions_warn": 2}),
        "edge.latency": (usual(0.61, 0.3), {"latency_usual_factor": 3}),
    }
    for name, (world, changed) in moved.items():
        facts: Facts = msgspec.structs.replace(FACTS, thresholds=msgspec.structs.replace(FACTS.thresholds, **changed))
        assert judge(name, world).verdict is not V.PASS, name
        assert judge(name, world, facts).verdict is V.PASS, name


def test_a_log_driver_whose_mode_is_not_set_may_drop_lines() -> None:
    unset = tuple(
        msgspec.structs.replace(one, containers=tuple(msgspec.structs.replace(c, log_mode="") for c in one.containers))
        for one in CALM.definitions.value
    )
    assert judge("api.log_lines", CALM).verdict is V.NONE
    found = judge("api.log_lines", with_(dropping(0.2), definitions=unset))
    assert (found.verdict, "drops lines" in found.sentence) == (V.WARN, True)


def test_answers_without_subnets_or_security_groups_are_no_absence() -> None:
    assert judge("db.reach", api(security_groups=())).verdict is V.UNKNOWN
    assert judge("db.reach", with_(database=worlds.database(security_groups=()))).verdict is V.UNKNOWN
    assert judge("api.subnets", api(subnets=())).verdict is V.UNKNOWN
