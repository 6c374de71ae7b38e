"""Answers that leave members out, as an endpoint may give them: unknown, and neither a failure, nor a zero, nor said to be none."""

import msgspec
import pytest

from clickit_tui.aws.ec2 import nat_fetch
from clickit_tui.aws.ecr import repositories_fetch
from clickit_tui.aws.ecs_sources import cluster_fetch
from clickit_tui.aws.elasticache import cache_fetch
from clickit_tui.aws.rds import database_fetch
from clickit_tui.aws.secretsmanager import wanted_secrets
from clickit_tui.checks.registry import Verdict
from clickit_tui.headless.status import health_words
from clickit_tui.naming import names
from clickit_tui.panes.services import Options, migration_state, service_rows
from clickit_tui.panes.timeline import before_lines
from clickit_tui.world.bill import bill
from clickit_tui.world.parts import ClusterMissing
from clickit_tui.world.seen import Failed, Trouble
from tests import worlds
from tests.aws.scripted import Scripted
from tests.checks.test_checks import CALM, judge, with_
from tests.checks.test_playbook_checks import IN, OUT, change
from tests.panes.views import text, view_of
from tests.worlds import NOW

V = Verdict
NAMES = names("dev")


@pytest.mark.parametrize(("states", "verdict"), [(("",), V.UNKNOWN), (("FROB", "available"), V.UNKNOWN), (("failed", ""), V.WARN)])
def test_a_gateway_without_a_state_is_not_down(states, verdict):
    gateways = tuple(msgspec.structs.replace(CALM.nat.value[0], id=f"nat-{i}", state=state) for i, state in enumerate(states))
    assert judge("nat.state", with_(nat=gateways)).verdict is verdict


@pytest.mark.parametrize("hole", [{"egress": None}, {"group": ""}, {"protocol": ""}, {"from_port": None}])
def test_a_rule_that_is_not_told_wholly_is_no_closed_door(hole):
    assert judge("db.reach", with_(rules=(OUT, change(IN, **hole)))).verdict is V.UNKNOWN


def test_a_migration_without_a_status_is_neither_running_nor_over():
    tasks = [msgspec.structs.replace(task, status="") if task.part == "migration" else task for task in CALM.tasks.value]
    assert judge("db.migration", with_(tasks=tuple(tasks))).verdict is V.UNKNOWN
    assert "status not told" in migration_state(next(task for task in tasks if task.part == "migration"), view_of(CALM))[0]


@pytest.mark.parametrize(("changes", "verdict"), [({}, V.UNKNOWN), ({"stop_code": "TaskFailedToStart"}, V.FAIL)])
def test_a_migration_without_an_exit_code_has_not_failed_for_that(changes, verdict):
    run = msgspec.structs.replace(worlds.migration(NOW), containers=(), **changes)
    assert judge("db.migration", with_(tasks=(run,))).verdict is verdict
    assert migration_state(run, view_of(CALM))[1] == ("unknown" if verdict is V.UNKNOWN else "fail")


def test_a_cache_in_a_state_that_nobody_knows_is_unknown():
    odd = msgspec.structs.replace(CALM.cache.value, status="frobnicating")
    assert judge("cache.status", with_(cache=odd)).verdict is V.UNKNOWN


@pytest.mark.parametrize(
    ("status", "word"),
    [("", "?"), ("PENDING", "starting"), ("STOPPING", "stopping"), ("FROB", "frob"), ("DEPROVISIONING", "deprovisioning")],
)
def test_a_task_on_its_way_out_is_not_said_to_start(status, word):
    assert health_words(msgspec.structs.replace(CALM.tasks.value[0], status=status), None, True) == word


def nobody(running):
    """The World in which no task is told to belong to a service, and each service says it runs so many."""
    services = tuple(msgspec.structs.replace(each, running=running) for each in CALM.services.value)
    return with_(services=services, tasks=tuple(msgspec.structs.replace(each, part="other") for each in CALM.tasks.value))


@pytest.mark.parametrize(
    ("running", "said"), [(None, "of ? that run none is told"), (3, "of 3 that run none is told"), (0, "no running task")]
)
def test_tasks_that_are_not_told_apart_are_not_said_to_be_none(running, said):
    world = nobody(running)
    assert said in text([row.spans for row in service_rows(world, view_of(world), 100, Options(roomy=True))])


@pytest.mark.parametrize("running", [None, 3])
def test_tasks_that_are_not_told_cost_no_zero(running):
    world = nobody(running)
    fargate = next(each for each in bill(world).items if each.id == "fargate")
    assert fargate.month is None


def test_no_bad_minute_is_only_said_of_what_was_read():
    metrics = CALM.metrics.value
    half = msgspec.structs.replace(metrics, series={key: one for key, one in metrics.series.items() if key != "edge.elb_5xx"})
    for world, said in (
        (CALM, "✔ no bad minute in the metrics now"),
        (with_(metrics=half), "? no bad minute in the metrics now; not seen: 5xx"),
    ):
        assert text(before_lines(world, view_of(world), 100, 5)).splitlines()[0].strip() == said


OTHER = {"x": "y"}


@pytest.mark.parametrize(
    ("fetch", "answers"),
    [
        (lambda gateway: nat_fetch(gateway), {"DescribeNatGateways": {"NatGateways": [{"State": "available"}]}}),
        (lambda gateway: database_fetch(gateway, NAMES), {"DescribeDBInstances": {"DBInstances": [OTHER]}}),
        (
            lambda gateway: cache_fetch(gateway, NAMES),
            {"DescribeReplicationGroups": {"ReplicationGroups": [OTHER]}, "DescribeCacheClusters": {"CacheClusters": []}},
        ),
        (lambda gateway: repositories_fetch(gateway, NAMES), {"DescribeImages": {"imageDetails": [OTHER]}}),
        (lambda gateway: cluster_fetch(gateway, NAMES), {"DescribeClusters": {"clusters": [OTHER]}, "ListClusters": {"clusterArns": []}}),
        (
            lambda gateway: cluster_fetch(gateway, NAMES),
            {"DescribeClusters": {"clusters": []}, "ListClusters": {"clusterArns": [f"arn:aws:ecs:eu-west-1:1:cluster/{NAMES.cluster}"]}},
        ),
    ],
)
async def test_an_entry_without_a_name_does_not_prove_that_there_is_none(fetch, answers):
    with pytest.raises(Failed) as found:
        await fetch(Scripted(**answers))(CALM)
    assert found.value.fault.kind is Trouble.GARBLED


async def test_a_deleted_cluster_that_is_still_listed_is_missing():
    inactive = {"clusters": [{"clusterName": NAMES.cluster, "status": "INACTIVE"}]}
    listed = {"clusterArns": [f"arn:aws:ecs:eu-west-1:1:cluster/{NAMES.cluster}"]}
    found = await cluster_fetch(Scripted(DescribeClusters=inactive, ListClusters=listed), NAMES)(CALM)
    assert isinstance(found["cluster"], ClusterMissing)


async def test_a_reference_that_names_nothing_does_not_hide_the_other_secrets():
    containers = tuple(
        msgspec.structs.replace(each, secrets=(("EMPTY", ""), *each.secrets)) for one in CALM.definitions.value for each in one.containers
    )
    definitions = tuple(msgspec.structs.replace(one, containers=containers[:1]) for one in CALM.definitions.value)
    assert "" not in wanted_secrets(with_(definitions=definitions))
