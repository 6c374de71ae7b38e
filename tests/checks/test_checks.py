"""Every check at its thresholds' edges, and with missing, partial, forbidden and denied inputs."""

import msgspec
import pytest

from clickit_tui.checks.db_load import class_gib
from clickit_tui.checks.db_status import status_verdict
from clickit_tui.checks.registry import Facts, Verdict, checks
from clickit_tui.checks.service_tasks import short_since
from clickit_tui.config import Thresholds
from clickit_tui.panes.charts import data_lines
from clickit_tui.panes.playbook import Reading, rows
from clickit_tui.world.minutes import cache_lookups
from clickit_tui.world.parts import LogDigest, NatGateway, SlowPath, Target
from clickit_tui.world.seen import Seen
from tests import worlds
from tests.panes.views import text, view_of
from tests.worlds import GROUPS, NAMES, NOW, faulty, seen

FACTS = Facts(now=NOW, names=NAMES, thresholds=Thresholds(), protected=True)
RELAXED = msgspec.structs.replace(FACTS, protected=False)
BY_ID = {one.id: one for one in checks()}
CALM = worlds.healthy_world()
MIB = 2**20


def judge(id, world, facts=FACTS):
    return BY_ID[id].judge(world, facts)


def with_(world=CALM, **fields):
    return msgspec.structs.replace(world, **{name: seen(value, NOW, name) for name, value in fields.items()})


def measured(**series):
    """Healthy metrics with these values in the closed minutes; the two provisional minutes repeat the last one."""
    given = {key.replace("__", "."): (*values, values[-1], values[-1]) for key, values in series.items()}
    return with_(metrics=worlds.metrics(NOW, given))


def without(*keys, **status):
    """Metrics that lack these series, or carry another status."""
    found = dict(CALM.metrics.value.series)
    for key in keys:
        del found[key]
    for key, word in status.items():
        name = key.replace("__", ".")
        found[name] = msgspec.structs.replace(found[name], status=word)
    return with_(metrics=msgspec.structs.replace(CALM.metrics.value, series=found))


def emptied(*keys):
    """Metrics in which these series have no point."""
    found = dict(CALM.metrics.value.series)
    for key in keys:
        found[key] = msgspec.structs.replace(found[key], times=(), values=())
    return with_(metrics=msgspec.structs.replace(CALM.metrics.value, series=found))


def api(**changes):
    first, *others = CALM.services.value
    return with_(services=(msgspec.structs.replace(first, **changes), *others))


SERIES = {
    "edge.5xx": ("edge.target_5xx", "edge.elb_5xx", "edge.requests"),
    "edge.latency": ("edge.p95",),
    "api.cpu": ("api.cpu",),
    "api.memory": ("api.memory",),
    "db.connections": ("db.connections",),
    "db.cpu": ("db.cpu",),
    "db.memory": ("db.memory",),
    "cache.cpu": ("cache.cpu",),
    "cache.hit_rate": ("cache.hits", "cache.misses"),
    "nat.ports": ("nat.port_errors",),
}
MEASURED = [(name, key) for name, keys in SERIES.items() for key in keys]


@pytest.mark.parametrize(("id", "key"), MEASURED)
@pytest.mark.parametrize(("status", "word"), [("Forbidden", "denied"), ("PartialData", "partial"), ("InternalError", "partial")])
def test_a_series_that_was_not_read_whole_never_passes(id, key, status, word):
    found = judge(id, without(**{key.replace(".", "__"): status}))
    assert (found.verdict, found.short) == (Verdict.UNKNOWN, word)
    if word == "denied":
        assert "no permission: cloudwatch:GetMetricData" in found.sentence


@pytest.mark.parametrize(("id", "key"), MEASURED)
def test_a_series_that_was_not_asked_for_is_no_data(id, key):
    found = judge(id, without(key))
    assert (found.verdict, found.short) == (Verdict.UNKNOWN, "no data")


@pytest.mark.parametrize(("id", "key"), [pair for pair in MEASURED if pair[0] not in ("edge.5xx",)])
def test_a_series_without_a_point_never_passes(id, key):
    assert judge(id, emptied(key)).verdict is Verdict.UNKNOWN


def test_no_request_proves_nothing():
    found = judge("edge.5xx", emptied("edge.requests"))
    assert (found.verdict, found.short) == (Verdict.UNKNOWN, "no traffic")


def test_errors_of_the_load_balancer_count_without_a_single_request():
    world = measured(edge__elb_5xx=(3, 3, 3, 3, 3))
    series = {**world.metrics.value.series}
    series["edge.requests"] = msgspec.structs.replace(series["edge.requests"], times=(), values=())
    dead = with_(metrics=msgspec.structs.replace(world.metrics.value, series=series))
    found = judge("edge.5xx", dead)
    assert (found.verdict, found.short) == (Verdict.FAIL, "15 5xx/5m")
    assert "100.0 % of the requests" in found.sentence


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ((0, 0, 0, 0, 0), Verdict.PASS),
        ((0, 0, 0, 0, 1), Verdict.WARN),
        ((2, 2, 2, 2, 2), Verdict.WARN),
        ((2, 2, 2, 2, 3), Verdict.FAIL),
        ((9, 0, 0, 0, 0, 0), Verdict.PASS),
    ],
)
def test_5xx_turns_at_one_and_above_ten_in_five_minutes(values, verdict):
    assert judge("edge.5xx", measured(edge__target_5xx=values)).verdict is verdict


def test_a_minute_that_still_grows_is_a_lower_bound_it_accuses_and_never_acquits():
    accused = with_(metrics=worlds.metrics(NOW, {"edge.target_5xx": (0, 0, 0, 0, 0, 50, 50)}))
    assert judge("edge.5xx", accused).verdict is Verdict.FAIL
    assert "still growing" in judge("edge.5xx", accused).sentence
    past = with_(metrics=worlds.metrics(NOW, {"edge.target_5xx": (0, 50, 0, 0, 0, 0, 0)}))
    assert judge("edge.5xx", past).verdict is Verdict.FAIL


def test_the_connections_of_a_minute_that_still_grows_count_when_they_are_more():
    rising = with_(metrics=worlds.metrics(NOW, {"db.connections": (20, 20, 20, 20, 20, 20, 59)}))
    assert judge("db.connections", rising).verdict is Verdict.FAIL
    falling = with_(metrics=worlds.metrics(NOW, {"db.connections": (59, 59, 59, 59, 59, 59, 20)}))
    assert judge("db.connections", falling).verdict is Verdict.FAIL


def test_a_share_of_the_requests_fails_from_five_errors_on():
    assert judge("edge.5xx", measured(edge__target_5xx=(1, 1, 1, 1, 1), edge__requests=(10, 10, 10, 10, 10))).verdict is Verdict.FAIL
    assert judge("edge.5xx", measured(edge__target_5xx=(1, 1, 1, 1), edge__requests=(10, 10, 10, 10, 10))).verdict is Verdict.WARN


@pytest.mark.parametrize(
    ("p95", "verdict"),
    [
        ((0.5,) * 5, Verdict.PASS),
        ((0.51,) * 5, Verdict.WARN),
        ((0.1, 0.1, 0.1, 9, 9), Verdict.PASS),
        ((0.1, 0.1, 1.1, 1.1, 1.1), Verdict.FAIL),
    ],
)
def test_latency_turns_in_most_of_five_minutes(p95, verdict):
    assert judge("edge.latency", measured(edge__p95=p95)).verdict is verdict


def test_p99_of_few_requests_does_not_count():
    slow = {"edge__p99": (4.0,) * 5}
    assert judge("edge.latency", measured(**slow, edge__requests=(999,) * 5)).verdict is Verdict.PASS
    assert judge("edge.latency", measured(**slow, edge__requests=(1000,) * 5)).verdict is Verdict.FAIL
    assert "of few requests" in judge("edge.latency", measured(edge__requests=(199,) * 5)).sentence


def slow_paths(**counted):
    """A digest with a slow path and one of too few requests to go by."""
    rare = SlowPath(part="api", path="/export", count=3, p95_ms=9_000.0, longest_ms=9_000.0)
    return LogDigest(slow=(rare, SlowPath(part="api", path="/api/v1/links/#", longest_ms=4_100.0, **counted)))


def test_slow_answers_name_the_logs_slowest_path_and_it_changes_no_verdict():
    for p95, verdict in ((1.5, Verdict.FAIL), (0.1, Verdict.PASS)):
        world = measured(edge__p95=(p95,) * 5)
        found = judge("edge.latency", with_(world, log=slow_paths(count=210, p95_ms=2_310.0)))
        assert found.verdict is judge("edge.latency", world).verdict is verdict
        assert found.sentence.endswith("; slowest /api/v1/links/# of api, p95 2.31 s") is (verdict is Verdict.FAIL)
        assert found.evidence[-1].value == "/api/v1/links/# of api: p95 2.31 s, longest 4.10 s, 210 requests"
        for counted in ({"count": 19, "p95_ms": 2_310.0}, {"count": 210, "p95_ms": 40.0}):
            assert judge("edge.latency", with_(world, log=slow_paths(**counted))) == judge("edge.latency", world)


def test_the_runbook_on_latency_shows_the_slowest_path():
    world = with_(measured(edge__p95=(1.5,) * 5), log=slow_paths(count=210, p95_ms=2_310.0))
    view = view_of(world)
    shown = rows(view, Reading(playbook="latency", opened=frozenset({"response-time"})), 80, 24)
    assert "210 requests" in " ".join("".join(span.text for span in row.spans) for row in shown)


# --- targets, tasks, deployments ----------------------------------------------------------------------------------------------


def hosts(*states):
    """Targets of the api in these states, the frontend's as they are."""
    own = tuple(Target(group=GROUPS["api"], id=f"10.0.9.{n}", state=state, reason="Target.Timeout") for n, state in enumerate(states))
    return with_(targets=(*own, *(t for t in CALM.targets.value if t.group != GROUPS["api"])))


@pytest.mark.parametrize(
    ("states", "edge", "api_verdict", "short"),
    [
        (("healthy",) * 3, Verdict.PASS, Verdict.PASS, "3/3 healthy"),
        (("healthy", "healthy", "initial"), Verdict.PASS, Verdict.PASS, "2/3 healthy"),
        (("healthy", "healthy", "unhealthy"), Verdict.WARN, Verdict.WARN, "2/3 healthy"),
        (("healthy", "healthy", "healthy", "draining"), Verdict.PASS, Verdict.PASS, "3/3 healthy"),
        (("unhealthy",) * 3, Verdict.FAIL, Verdict.FAIL, "0/3 healthy"),
        (("initial",) * 3, Verdict.FAIL, Verdict.WARN, "0/3 healthy"),
        ((), Verdict.FAIL, Verdict.FAIL, "0/3 healthy"),
        (("draining",), Verdict.FAIL, Verdict.FAIL, "0/3 healthy"),
    ],
)
def test_targets(states, edge, api_verdict, short):
    world = hosts(*states)
    assert judge("edge.targets", world).verdict is edge
    assert (judge("api.targets", world).verdict, judge("api.targets", world).short) == (api_verdict, short)


def test_a_target_that_stays_unhealthy_fails():
    world = with_(hosts("healthy", "unhealthy"), metrics=worlds.metrics(NOW, {"api.unhealthy": (1, 1, 1, 1)}))
    assert judge("edge.targets", world).verdict is Verdict.FAIL
    assert judge("api.targets", world).sentence == "1 of 3 targets of clickit-prod-api healthy: 1 × Target.Timeout"
    short = with_(hosts("healthy", "unhealthy"), metrics=worlds.metrics(NOW, {"api.unhealthy": (0, 1, 1, 1)}))
    assert judge("api.targets", short).verdict is Verdict.WARN


def test_zero_registered_is_told_from_zero_healthy_and_from_asleep():
    assert "none is registered, so the load balancer answers 503" in judge("edge.targets", hosts()).sentence
    asleep = with_(api(desired=0, running=0), targets=hosts().targets.value)
    assert judge("edge.targets", asleep, RELAXED).verdict is Verdict.WARN
    assert judge("edge.targets", asleep).verdict is Verdict.FAIL
    assert judge("api.targets", asleep, RELAXED).verdict is Verdict.WARN


def test_a_service_behind_no_load_balancer_is_none():
    assert judge("api.targets", api(target_groups=())).verdict is Verdict.NONE


def starting(age_s):
    return worlds.task("api", 0x99, 41, NOW, 0, status="PENDING", created_at=NOW - age_s, started_at=None)


@pytest.mark.parametrize(
    ("running", "pending", "age_s", "verdict"),
    [
        (3, 0, None, Verdict.PASS),
        (4, 0, None, Verdict.PASS),
        (2, 1, 0, Verdict.WARN),
        (2, 1, 120, Verdict.WARN),
        (2, 1, 9000, Verdict.WARN),
        (2, 0, None, Verdict.WARN),
        (0, 0, None, Verdict.FAIL),
        (0, 3, 299, Verdict.WARN),
        (0, 3, 300, Verdict.FAIL),
        (0, 3, None, Verdict.WARN),
        (0, None, None, Verdict.WARN),
    ],
)
def test_running_against_desired(running, pending, age_s, verdict):
    tasks = (starting(age_s),) if age_s is not None else ()
    assert judge("api.tasks", with_(api(running=running, pending=pending), tasks=tasks)).verdict is verdict


def test_how_long_tasks_have_been_short_is_said():
    world = with_(api(running=2, pending=1), tasks=(starting(400),))
    assert judge("api.tasks", world).sentence == "2 of 3 tasks running for 6 m, 1 pending"
    ended = worlds.stopped(NOW, "api", 1, 41, 50, "x", "EssentialContainerExited", 1)
    assert short_since(world.services.value[0], with_(tasks=(ended,))) == ended.stopping_at
    assert short_since(world.services.value[0], with_(tasks=())) is None


def test_counts_that_are_missing_are_unknown():
    assert judge("api.tasks", api(running=None)).short == "no counts"
    assert judge("api.tasks", api(desired=0, running=0)).short == "scaled to 0"
    assert judge("api.tasks", with_(services=()), RELAXED).verdict is Verdict.NONE
    assert judge("api.tasks", with_(services=())).verdict is Verdict.WARN


def primary(**changes):
    return api(deployments=(worlds.deployment("api", 41, NOW, changes.pop("age_s", 600), desired=3, running=3, **changes),))


@pytest.mark.parametrize(
    ("changes", "verdict", "short"),
    [
        ({}, Verdict.PASS, "steady"),
        ({"rollout": "IN_PROGRESS"}, Verdict.PASS, "rolling"),
        ({"rollout": "IN_PROGRESS", "age_s": 1800}, Verdict.PASS, "rolling"),
        ({"rollout": "IN_PROGRESS", "age_s": 1801}, Verdict.WARN, "rolling"),
        ({"failed": 1}, Verdict.WARN, "1 failed"),
        ({"rollout": "FAILED", "rollout_reason": "tasks failed to start"}, Verdict.FAIL, "deploy failed"),
        ({"rollout": "IN_PROGRESS", "rollout_reason": "circuit breaker: rolling back to x"}, Verdict.FAIL, "rolling back"),
        ({"rollout": "COMPLETED", "rollout_reason": "circuit breaker: rolling back to x"}, Verdict.WARN, "rolled back"),
        ({"rollout": "COMPLETED", "rollout_reason": "circuit breaker: rolling back to x", "age_s": 3600}, Verdict.PASS, "steady"),
    ],
)
def test_deployments(changes, verdict, short):
    found = judge("api.deployment", primary(**changes))
    assert (found.verdict, found.short) == (verdict, short)


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"status": "ROLLBACK_IN_PROGRESS"}, Verdict.FAIL),
        ({"status": "ROLLBACK_FAILED"}, Verdict.FAIL),
        ({"status": "ROLLBACK_SUCCESSFUL", "breaker": "TRIGGERED", "finished_at": NOW - 3599}, Verdict.WARN),
        ({"status": "ROLLBACK_SUCCESSFUL", "breaker": "TRIGGERED", "finished_at": NOW - 3601}, Verdict.PASS),
        ({"status": "SUCCESSFUL"}, Verdict.PASS),
    ],
)
def test_service_deployments_tell_of_roll_backs(changes, verdict):
    newest = worlds.service_deployment("api", 42, NOW, 60, **changes)
    assert judge("api.deployment", with_(service_deployments=(newest, *CALM.service_deployments.value))).verdict is verdict


def test_a_service_without_a_primary_deployment_is_unknown():
    assert judge("api.deployment", api(deployments=())).verdict is Verdict.UNKNOWN


def ended(count, code="EssentialContainerExited", reason="x", ago_s=60.0):
    return with_(tasks=tuple(worlds.stopped(NOW, "api", n, 41, ago_s, reason, code, 1) for n in range(count)))


@pytest.mark.parametrize(
    ("world", "verdict"),
    [
        (ended(0), Verdict.PASS),
        (ended(1), Verdict.WARN),
        (ended(2), Verdict.WARN),
        (ended(3), Verdict.FAIL),
        (ended(3, ago_s=900), Verdict.FAIL),
        (ended(3, ago_s=901), Verdict.PASS),
        (ended(3, "UserInitiated"), Verdict.PASS),
        (ended(3, "SpotInterruption"), Verdict.PASS),
        (ended(3, "ServiceSchedulerInitiated", "Scaling activity initiated by (deployment ecs-svc/1)"), Verdict.PASS),
        (ended(3, "ServiceSchedulerInitiated", "Task failed ELB health checks in (target-group x)"), Verdict.FAIL),
    ],
)
def test_only_tasks_that_stop_by_themselves_count(world, verdict):
    assert judge("api.stops", world).verdict is verdict


# --- load -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ((80,) * 10, Verdict.PASS),
        ((80.1,) * 5, Verdict.WARN),
        ((85.1,) * 9, Verdict.WARN),
        ((85.1,) * 10, Verdict.FAIL),
        ((85,) * 10, Verdict.WARN),
        ((*(99,) * 9, 10), Verdict.PASS),
    ],
)
def test_cpu_of_a_service(values, verdict):
    assert judge("api.cpu", measured(api__cpu=values)).verdict is verdict


def test_memory_fails_at_its_maximum():
    assert judge("api.memory", measured(api__memory_max=(91, 40, 40, 40, 40))).verdict is Verdict.FAIL
    assert judge("api.memory", measured(api__memory_max=(90,) * 5, api__memory=(80,) * 5)).verdict is Verdict.PASS
    assert judge("api.memory", measured(api__memory=(80.1,) * 5)).verdict is Verdict.WARN


def test_a_service_scaled_to_zero_has_nothing_to_measure():
    assert judge("api.cpu", api(desired=0, running=0)).verdict is Verdict.NONE


@pytest.mark.parametrize(
    ("value", "verdict"), [(48, Verdict.PASS), (49, Verdict.WARN), (54, Verdict.WARN), (55, Verdict.FAIL), (61, Verdict.FAIL)]
)
def test_connections_against_the_budget(value, verdict):
    found = judge("db.connections", measured(db__connections=(value,)))
    assert (found.verdict, found.short) == (verdict, f"{value}/60")
    assert "budget 60 (runbook)" in found.threshold


@pytest.mark.parametrize(("value", "verdict"), [(80, Verdict.PASS), (81, Verdict.WARN), (90, Verdict.WARN), (91, Verdict.FAIL)])
def test_cpu_of_the_database(value, verdict):
    assert judge("db.cpu", measured(db__cpu=(value,) * 5)).verdict is verdict


def test_memory_of_the_database_by_its_class():
    low = {"db__memory": (39 * MIB,)}
    assert judge("db.memory", measured(db__memory=(40 * MIB,))).verdict is Verdict.PASS
    assert judge("db.memory", measured(**low)).verdict is Verdict.WARN
    assert judge("db.memory", measured(**low, db__swap=tuple(n * MIB for n in range(10)))).verdict is Verdict.FAIL
    large = with_(measured(db__memory=(2047 * MIB,)), database=worlds.database(instance_class="db.m6g.large"))
    assert judge("db.memory", large).verdict is Verdict.WARN
    assert [class_gib(name) for name in ("db.t4g.micro", "db.m6g.large", "db.r6g.large", "db.m6g.8xlarge", "db.x2g.large", "odd", "")] == [
        1,
        8,
        16,
        128,
        None,
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        ("available", Verdict.PASS),
        ("backing-up", Verdict.PASS),
        ("configuring-enhanced-monitoring", Verdict.PASS),
        ("rebooting", Verdict.WARN),
        ("stopped", Verdict.FAIL),
        ("storage-full", Verdict.FAIL),
        ("incompatible-parameters", Verdict.FAIL),
        ("inaccessible-encryption-credentials-recoverable", Verdict.FAIL),
        ("new-word-of-aws", Verdict.UNKNOWN),
        ("", Verdict.UNKNOWN),
    ],
)
def test_status_of_the_database(status, verdict):
    assert status_verdict(status) is verdict
    assert judge("db.status", with_(database=worlds.database(status=status))).verdict is verdict


def test_a_stopped_database_has_nothing_to_measure():
    world = with_(database=worlds.database(status="stopped"))
    assert {judge(name, world).verdict for name in ("db.connections", "db.cpu", "db.memory")} == {Verdict.NONE}


@pytest.mark.parametrize(
    ("hits", "misses", "verdict", "short"),
    [
        (80, 20, Verdict.PASS, "hit 80 %"),
        (79, 21, Verdict.WARN, "hit 79 %"),
        (50, 50, Verdict.WARN, "hit 50 %"),
        (49, 51, Verdict.FAIL, "hit 49 %"),
        (1, 18, Verdict.PASS, "few look-ups"),
        (0, 0, Verdict.PASS, "few look-ups"),
    ],
)
def test_hit_rate(hits, misses, verdict, short):
    found = judge("cache.hit_rate", measured(cache__hits=(hits,) * 5, cache__misses=(misses,) * 5))
    assert (found.verdict, found.short) == (verdict, short)


@pytest.mark.parametrize(
    ("cpu", "engine", "verdict"), [(45, 3, Verdict.PASS), (46, 3, Verdict.WARN), (46, 90, Verdict.WARN), (10, 91, Verdict.FAIL)]
)
def test_cpu_of_the_cache(cpu, engine, verdict):
    assert judge("cache.cpu", measured(cache__cpu=(cpu,) * 5, cache__engine_cpu=(engine,) * 5)).verdict is verdict


@pytest.mark.parametrize(
    ("status", "verdict"),
    [("available", Verdict.PASS), ("modifying", Verdict.WARN), ("create-failed", Verdict.FAIL), ("", Verdict.UNKNOWN)],
)
def test_status_of_the_cache(status, verdict):
    assert judge("cache.status", with_(cache=msgspec.structs.replace(CALM.cache.value, status=status))).verdict is verdict


@pytest.mark.parametrize(
    ("states", "verdict"),
    [
        (("available", "available"), Verdict.PASS),
        (("available", "failed"), Verdict.WARN),
        (("failed", "pending"), Verdict.FAIL),
        (("", ""), Verdict.UNKNOWN),
        (("available", ""), Verdict.UNKNOWN),
        (("failed", ""), Verdict.WARN),
        (("available", "deleted"), Verdict.PASS),
        (("deleted",), Verdict.NONE),
        ((), Verdict.NONE),
    ],
)
def test_nat_gateways(states, verdict):
    assert judge("nat.state", with_(nat=tuple(NatGateway(id=f"nat-{n}", state=s) for n, s in enumerate(states)))).verdict is verdict


@pytest.mark.parametrize(
    ("values", "verdict"),
    [((0,), Verdict.PASS), ((1, 0, 0, 0, 0), Verdict.WARN), ((1, 0, 0, 0, 0, 0), Verdict.PASS), ((2,) * 15, Verdict.FAIL)],
)
def test_ports_of_the_nat_gateways(values, verdict):
    assert judge("nat.ports", measured(nat__port_errors=values)).verdict is verdict


# --- alarms and logs ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "verdict", "short"),
    [
        ({}, Verdict.PASS, "0 alarms"),
        ({"state": "ALARM"}, Verdict.FAIL, "1 alarm"),
        ({"state": "ALARM", "name": "TargetTracking-service/x-AlarmLow"}, Verdict.WARN, "no alarms"),
        ({"state": "INSUFFICIENT_DATA"}, Verdict.PASS, "0 alarms"),
        ({"state": "INSUFFICIENT_DATA", "missing": "missing"}, Verdict.PASS, "0 alarms"),
        ({"state": "INSUFFICIENT_DATA", "missing": "missing", "metric": "CPUUtilization"}, Verdict.WARN, "1 no data"),
        ({"actions_enabled": False}, Verdict.WARN, "1 muted"),
        ({"actions_enabled": None}, Verdict.PASS, "0 alarms"),
        ({"state": ""}, Verdict.UNKNOWN, "bad answer"),
        ({"state": "NEW_STATE"}, Verdict.UNKNOWN, "bad answer"),
    ],
)
def test_alarms(changes, verdict, short):
    one = msgspec.structs.replace(worlds.alarm("x", NOW), **changes)
    others = () if one.name.startswith("TargetTracking-") else worlds.alarms(NOW)[1:]
    found = judge("alarms.state", with_(alarms=(one, *others)))
    assert (found.verdict, found.short) == (verdict, short)


@pytest.mark.parametrize(
    ("digest", "verdict", "short"),
    [
        (LogDigest(since=NOW - 600), Verdict.PASS, "logs quiet"),
        (LogDigest(since=NOW - 600, partial=True), Verdict.UNKNOWN, "partial"),
        (LogDigest(), Verdict.UNKNOWN, "no data"),
        (LogDigest(matches=(("api", "db.refused", 7, NOW - 300),), partial=True), Verdict.WARN, "7 log errors"),
        (LogDigest(matches=(("api", "db.refused", 7, NOW - 301),), since=NOW - 600), Verdict.PASS, "logs quiet"),
        (LogDigest(matches=(("api", "start.oom", 7, NOW - 3),), since=NOW - 600), Verdict.PASS, "logs quiet"),
    ],
)
def test_what_the_logs_say_of_the_database(digest, verdict, short):
    found = judge("db.logs", with_(log=digest))
    assert (found.verdict, found.short) == (verdict, short)


# --- what every check owes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("id", sorted(BY_ID))
def test_a_check_reads_only_what_it_says(id):
    """Without the fields it names it is UNKNOWN; without all the others it judges as before."""
    one = BY_ID[id]
    others = {name: Seen() for name in CALM.__struct_fields__ if isinstance(getattr(CALM, name), Seen) and name not in one.reads}
    assert one.judge(msgspec.structs.replace(CALM, **others), FACTS) == one.judge(CALM, FACTS)
    blind = {name: faulty(worlds.denied("x:Y"), NOW) for name in one.reads}
    found = one.judge(msgspec.structs.replace(CALM, **blind), FACTS)
    assert (found.verdict, found.short) == (Verdict.UNKNOWN, "denied")
    assert "no permission: x:Y" in found.sentence


def test_strip_and_pane_take_the_hit_rate_of_the_same_five_minutes():
    world = measured(cache__hits=(960, 950, 940, 930, 900), cache__misses=(40, 50, 60, 70, 100))
    assert judge("cache.hit_rate", world).short == "hit 94 %"
    assert any("hit 94 %" in text([line]) for line in data_lines(world, view_of(world), 60, 8))


def test_only_minutes_that_know_hits_and_misses_make_a_hit_rate():
    metrics = measured(cache__hits=(100,) * 5, cache__misses=(100,) * 5).metrics
    misses = metrics.value.series["cache.misses"]
    newest = msgspec.structs.replace(misses, times=misses.times[-3:], values=misses.values[-3:])
    known = msgspec.structs.replace(metrics.value, series={**metrics.value.series, "cache.misses": newest})
    hits, lookups = cache_lookups(known, metrics.seen_at)
    assert 0 < lookups < 1000
    assert hits / lookups == 0.5
    silent = msgspec.structs.replace(misses, times=(), values=())
    assert cache_lookups(msgspec.structs.replace(known, series={**known.series, "cache.misses": silent}), metrics.seen_at) is None
