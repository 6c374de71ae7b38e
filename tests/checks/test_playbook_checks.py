"""The playbooks' own checks at their thresholds' edges, and with missing, partial, denied and stale inputs."""

import msgspec
import pytest

from clickit_tui.checks.registry import Verdict, checks
from clickit_tui.world.ecs import ServiceDeployment
from clickit_tui.world.network import SecurityRule, Subnet
from clickit_tui.world.parts import LogDigest, ScalableTarget, Wait
from clickit_tui.world.seen import Absent, Seen
from tests import worlds
from tests.checks.test_checks import BY_ID, CALM, FACTS, emptied, judge, measured, with_, without
from tests.worlds import NAMES, NOW, denied, faulty

V = Verdict
GIB = 2**30
NEW = (
    "edge.split", "api.breaker", "api.image", "api.secrets", "api.errors", "api.log_lines", "api.subnets", "api.scaling", "db.reach",
    "db.locks", "db.waits", "db.storage", "db.io", "db.latency", "db.alive", "cache.memory", "nat.connects", "nat.drops",
)  # fmt: skip


@pytest.mark.parametrize("name", [one.id for one in checks()])
def test_no_check_passes_without_its_evidence(name):
    """Each field a check reads, denied alone: UNKNOWN, or what it says does not rest on it."""
    one = BY_ID[name]
    assert one.judge(worlds.loading_world(), FACTS).verdict in (V.UNKNOWN, V.NONE)
    fields = {field: faulty(denied("service:Operation"), NOW) for field in one.reads}
    assert one.judge(msgspec.structs.replace(CALM, **fields), FACTS).verdict in (V.UNKNOWN, V.NONE)


@pytest.mark.parametrize("name", NEW)
def test_a_denied_read_names_its_permission(name):
    fields = {field: faulty(denied(f"x:{field}"), NOW) for field in BY_ID[name].reads}
    finding = judge(name, msgspec.structs.replace(CALM, **fields))
    assert finding.verdict is V.UNKNOWN
    assert "no permission: x:" in finding.sentence or "not known" in finding.sentence, finding.sentence


def test_a_calm_world_passes_everywhere():
    found = {one.id: one.judge(CALM, FACTS) for one in checks()}
    assert {key for key, f in found.items() if f.verdict not in (V.PASS, V.NONE)} == set()


SERIES = [
    ("db.storage", "db.storage", [4.0 * GIB], V.PASS),
    ("db.storage", "db.storage", [3.99 * GIB], V.WARN),
    ("db.storage", "db.storage", [2.0 * GIB], V.WARN),
    ("db.storage", "db.storage", [1.99 * GIB], V.FAIL),
    ("db.io", "db.io_balance", [30] * 5, V.PASS),
    ("db.io", "db.io_balance", [29.9] * 5, V.WARN),
    ("db.io", "db.io_balance", [9.9] * 2, V.WARN),
    ("db.io", "db.io_balance", [9.9] * 5, V.FAIL),
    ("db.io", "db.byte_balance", [9.9] * 5, V.FAIL),
    ("db.latency", "db.read_latency", [0.010] * 5, V.PASS),
    ("db.latency", "db.read_latency", [0.0101] * 5, V.WARN),
    ("db.latency", "db.write_latency", [0.0201] * 5, V.FAIL),
    ("db.latency", "db.queue", [10.1] * 5, V.FAIL),
    ("cache.memory", "cache.memory", [75], V.PASS),
    ("cache.memory", "cache.memory", [75.1], V.WARN),
    ("cache.memory", "cache.memory", [90.1], V.WARN),
    ("cache.memory", "cache.evictions", [1], V.WARN),
    ("cache.credits", "cache.credits", [60], V.PASS),
    ("cache.credits", "cache.credits", [59.9], V.WARN),
    ("cache.credits", "cache.credits", [0.6], V.WARN),
    ("cache.credits", "cache.credits", [0.5], V.FAIL),
    ("db.credits", "db.surplus_charged", [0], V.PASS),
    ("db.credits", "db.surplus_charged", [0.1], V.WARN),
    ("db.credits", "db.credits", [0], V.PASS),
    ("nat.drops", "nat.drops", [1] * 5, V.WARN),
    ("nat.drops", "nat.drops", [1, 1, 0, 1, 1], V.PASS),
]


@pytest.mark.parametrize(("name", "key", "values", "verdict"), SERIES)
def test_where_metrics_turn(name, key, values, verdict):
    finding = judge(name, measured(**{key.replace(".", "__"): values}))
    assert finding.verdict is verdict, finding.sentence
    assert finding.threshold
    assert finding.evidence


def test_a_full_cache_that_evicts_fails():
    assert judge("cache.memory", measured(cache__memory=[90.1], cache__evictions=[3])).verdict is V.FAIL


@pytest.mark.parametrize(
    ("attempts", "made", "verdict"), [(100, 99, V.PASS), (100, 98, V.WARN), (100, 95, V.WARN), (100, 94, V.FAIL), (19, 0, V.PASS)]
)
def test_connections_through_nat(attempts, made, verdict):
    assert judge("nat.connects", measured(nat__attempts=[attempts] * 5, nat__established=[made] * 5)).verdict is verdict


@pytest.mark.parametrize(
    ("codes", "word"), [({"elb_502": 3}, "502"), ({"elb_503": 3}, "503"), ({"elb_504": 3}, "504"), ({"target_5xx": 4}, "application")]
)
def test_5xx_are_told_apart_by_layer(codes, word):
    series = {f"edge__{key}": [value] * 5 for key, value in codes.items()}
    if "target_5xx" not in codes:
        series["edge__elb_5xx"] = [3] * 5
    finding = judge("edge.split", measured(**series))
    assert finding.verdict is V.WARN
    assert word in finding.sentence


@pytest.mark.parametrize(
    ("world", "verdict"), [(emptied("db.cpu", "db.connections", "db.memory"), V.UNKNOWN), (without(db__cpu="Forbidden"), V.UNKNOWN)]
)
def test_a_database_that_never_reported_is_not_known_to_be_alive(world, verdict):
    assert judge("db.alive", world).verdict is verdict


def silenced(last_minutes):
    """The database's series without their newest minutes."""
    found = dict(CALM.metrics.value.series)
    for key in ("db.cpu", "db.connections", "db.memory"):
        kept = [(at, v) for at, v in zip(found[key].times, found[key].values, strict=True) if at < NOW - last_minutes * 60]
        found[key] = msgspec.structs.replace(found[key], times=tuple(at for at, _ in kept), values=tuple(v for _, v in kept))
    return with_(metrics=msgspec.structs.replace(CALM.metrics.value, series=found))


@pytest.mark.parametrize(("minutes", "verdict"), [(5, V.PASS), (9, V.FAIL)])
def test_a_database_whose_metrics_end_is_gone(minutes, verdict):
    assert judge("db.alive", silenced(minutes)).verdict is verdict


# --- security groups ------------------------------------------------------------------------------------------------------------------

OUT = SecurityRule(group="sg-0api", egress=True, protocol="-1", cidr="0.0.0.0/0")
IN = SecurityRule(group="sg-0db", egress=False, protocol="tcp", from_port=5432, to_port=5432, other_group="sg-0api")


def change(rule, **changes):
    return msgspec.structs.replace(rule, **changes)


@pytest.mark.parametrize(
    ("rules", "verdict"),
    [
        ((OUT, IN), V.PASS),
        ((OUT,), V.FAIL),
        ((IN,), V.FAIL),
        ((OUT, change(IN, other_group="sg-other")), V.FAIL),
        ((OUT, change(IN, from_port=5433, to_port=5433)), V.FAIL),
        ((OUT, change(IN, from_port=5000, to_port=5431)), V.FAIL),
        ((OUT, change(IN, from_port=5000, to_port=5432)), V.PASS),
        ((OUT, change(IN, protocol="udp")), V.FAIL),
        ((OUT, change(IN, protocol="-1", from_port=None, to_port=None)), V.PASS),
        ((OUT, change(IN, other_group="", cidr="10.0.0.0/16")), V.PASS),
        ((OUT, change(IN, other_group="", cidr="10.0.1.0/24")), V.FAIL),
        ((OUT, change(IN, other_group="", cidr="0.0.0.0/0")), V.WARN),
        ((OUT, change(IN, other_group="", prefix_list="pl-1", ranges=("10.0.0.0/8",))), V.PASS),
        ((OUT, change(IN, other_group="", prefix_list="pl-1")), V.UNKNOWN),
        ((change(OUT, cidr="", other_group="sg-0db", protocol="6", from_port=5432, to_port=5432), IN), V.PASS),
        ((change(OUT, protocol="tcp", from_port=443, to_port=443), IN), V.FAIL),
        ((change(OUT, cidr="10.0.0.0/16"), IN), V.PASS),
        ((change(OUT, cidr="192.168.0.0/16"), IN), V.UNKNOWN),
        ((change(OUT, cidr="::/0"), IN), V.UNKNOWN),
        ((change(OUT, cidr="", prefix_list="pl-1", ranges=("52.0.0.0/8",)), IN), V.UNKNOWN),
    ],
)
def test_the_way_to_the_database(rules, verdict):
    finding = judge("db.reach", with_(rules=rules))
    assert finding.verdict is verdict, finding.sentence
    if verdict is V.FAIL and OUT in rules:
        assert finding.todo[0].command.startswith("aws ec2 authorize-security-group-ingress --group-id sg-0db")


# --- waits, room, images, secrets, logs ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("load", "verdict"), [(0.49, V.PASS), (0.5, V.WARN), (0.99, V.WARN), (1.0, V.FAIL)])
def test_lock_waits(load, verdict):
    assert judge("db.locks", with_(waits=(Wait(event="Lock:relation", load=load), Wait(event="CPU", load=9.0)))).verdict is verdict


@pytest.mark.parametrize(("load", "verdict"), [(1.0, V.PASS), (1.1, V.WARN), (2.0, V.WARN), (2.1, V.FAIL)])
def test_load_against_processors(load, verdict):
    assert judge("db.waits", with_(waits=(Wait(event="CPU", load=load),))).verdict is verdict


def test_performance_insights_switched_off_is_none_and_denied_is_unknown():
    assert judge("db.locks", with_(waits=Absent(looked_for="Performance Insights"))).verdict is V.NONE
    refused = msgspec.structs.replace(CALM, waits=faulty(denied("pi:GetResourceMetrics"), NOW))
    assert judge("db.locks", refused).sentence == "Performance Insights not seen: no permission: pi:GetResourceMetrics"


@pytest.mark.parametrize(
    ("free", "verdict"), [((8, 9), V.PASS), ((7, 9), V.WARN), ((0, 9), V.WARN), ((0, 0), V.FAIL), ((None, 9), V.UNKNOWN)]
)
def test_addresses_left(free, verdict):
    found = tuple(Subnet(id=each, free=count) for each, count in zip(("subnet-0a1", "subnet-0b2"), free, strict=True))
    assert judge("api.subnets", with_(subnets=found)).verdict is verdict


@pytest.mark.parametrize(
    ("target", "verdict"),
    [
        (ScalableTarget(part="api", minimum=2, maximum=4), V.PASS),
        (ScalableTarget(part="api", minimum=2, maximum=3), V.WARN),
        (ScalableTarget(part="api", minimum=2, maximum=None), V.UNKNOWN),
        (ScalableTarget(part="api", minimum=2, maximum=9, suspended=("out",)), V.WARN),
        (ScalableTarget(part="frontend", minimum=2, maximum=3), V.NONE),
    ],
)
def test_room_to_scale(target, verdict):
    assert judge("api.scaling", with_(scaling=(target,))).verdict is verdict


def images(**changes):
    return with_(images=tuple(msgspec.structs.replace(one, **changes) for one in CALM.images.value))


def test_images_that_are_gone_archived_or_not_seen():
    assert judge("api.image", CALM).verdict is V.PASS
    assert judge("api.image", images(exists=False)).verdict is V.FAIL
    assert judge("api.image", images(status="ARCHIVED")).verdict is V.FAIL
    assert judge("api.image", images(exists=None, why="no permission: ecr:DescribeImages")).verdict is V.UNKNOWN
    assert judge("api.image", with_(images=())).verdict is V.UNKNOWN


def secrets(**changes):
    return with_(secrets=tuple(msgspec.structs.replace(one, **changes) for one in CALM.secrets.value))


def test_secrets_that_are_missing_deleted_empty_changed_or_not_seen():
    assert judge("api.secrets", CALM).verdict is V.PASS
    assert judge("api.secrets", secrets(exists=False)).verdict is V.FAIL
    assert judge("api.secrets", secrets(deleted_at=NOW + 9)).verdict is V.FAIL
    restore = judge("api.secrets", secrets(deleted_at=NOW + 9)).todo[0]
    assert (restore.action, restore.part) == ("restore_secret", "database-url")
    assert judge("api.secrets", secrets(has_value=False)).verdict is V.FAIL
    assert judge("api.secrets", secrets(exists=None, why="no permission: secretsmanager:DescribeSecret")).verdict is V.UNKNOWN
    assert judge("api.secrets", secrets(changed_at=None)).verdict is V.UNKNOWN
    blind = judge("api.secrets", msgspec.structs.replace(CALM, tasks=Seen()))
    assert (blind.verdict, "tasks were not read" in blind.sentence) == (V.UNKNOWN, True)
    changed = judge("api.secrets", secrets(changed_at=NOW - 60))
    assert (changed.verdict, changed.todo[0].action) == (V.WARN, "redeploy")


@pytest.mark.parametrize(
    ("digest", "verdict"),
    [
        (LogDigest(minutes=(("api", NOW - 60, "error", 9),), since=NOW - 900), V.PASS),
        (LogDigest(minutes=(("api", NOW - 60, "error", 10),), since=NOW - 900), V.WARN),
        (LogDigest(minutes=(("api", NOW - 600, "error", 99),), since=NOW - 900), V.PASS),
        (LogDigest(minutes=(("frontend", NOW - 60, "error", 99),), since=NOW - 900), V.PASS),
        (LogDigest(minutes=(("api", NOW - 60, "error", 9),), since=NOW - 900, partial=True), V.UNKNOWN),
        (LogDigest(since=None), V.UNKNOWN),
    ],
)
def test_errors_in_the_log(digest, verdict):
    assert judge("api.errors", with_(log=digest)).verdict is verdict


def newest(**changes):
    plain = ServiceDeployment(arn="d", service=NAMES.service("api"), status="IN_PROGRESS", created_at=NOW - 60, threshold=3, failures=0)
    return with_(service_deployments=(msgspec.structs.replace(plain, **changes),))


def test_the_circuit_breaker():
    assert judge("api.breaker", newest()).verdict is V.PASS
    assert judge("api.breaker", newest(failures=1)).verdict is V.WARN
    acted = {"status": "ROLLBACK_SUCCESSFUL", "breaker": "TRIGGERED", "failures": 3}
    assert judge("api.breaker", newest(**acted, finished_at=NOW - 3599)).verdict is V.WARN
    assert judge("api.breaker", newest(**acted, finished_at=NOW - 3600)).verdict is V.PASS
    assert judge("api.breaker", with_(service_deployments=())).verdict is V.NONE


def test_asleep_by_our_mark_is_none_with_since_when_and_by_whom():
    tags = (("clickit:asleep", f"desired=2 since={int(NOW) - 7200} by=night"),)
    sleeping = tuple(msgspec.structs.replace(s, desired=0, running=0, tags=tags) for s in CALM.services.value)
    world = with_(services=sleeping)
    for name in ("api.tasks", "api.targets", "edge.targets", "edge.5xx", "db.alive"):
        finding = judge(name, world)
        assert finding.verdict is V.NONE, name
        assert finding.sentence.endswith("asleep by our mark, since 2 h by night"), name
    unmarked = tuple(msgspec.structs.replace(s, desired=0, running=0) for s in CALM.services.value)
    assert judge("api.tasks", with_(services=unmarked)).verdict is V.WARN


def dropping(newest):
    """The api's log driver is non-blocking; one line a request, of which this share came in the newest minutes."""
    definitions = tuple(
        msgspec.structs.replace(d, containers=tuple(msgspec.structs.replace(c, log_mode="non-blocking") for c in d.containers))
        for d in CALM.definitions.value
    )
    last = NOW // 60
    times = [60.0 * (last - back) for back in range(15, 1, -1)]
    requests = CALM.metrics.value.series["edge.requests"].at()
    minutes = tuple(("api", at, "info", round(requests[at] * (newest if at >= times[-4] else 1.0))) for at in times)
    return with_(definitions=definitions, log=LogDigest(minutes=minutes, since=times[0] - 60))


@pytest.mark.parametrize(("newest", "verdict"), [(1.0, V.PASS), (0.3, V.PASS), (0.2, V.WARN), (0.0, V.WARN)])
def test_a_log_that_falls_silent_while_requests_are_served(newest, verdict):
    assert judge("api.log_lines", dropping(newest)).verdict is verdict


def test_a_blocking_log_driver_drops_nothing_and_an_unknown_one_is_unknown():
    assert judge("api.log_lines", CALM).verdict is V.NONE
    assert judge("api.log_lines", with_(definitions=())).verdict is V.UNKNOWN
    stale = msgspec.structs.replace(dropping(1.0), log=faulty(denied("logs:FilterLogEvents"), NOW))
    assert judge("api.log_lines", stale).verdict is V.UNKNOWN
