"""ECS answers to values, and which calls are made for them."""

from __future__ import annotations

from typing import Any

import pytest

from clickit_tui.aws import ecs
from clickit_tui.aws.ecs_sources import Definitions, ServiceDeployments, Tasks, cluster_fetch, services_fetch
from clickit_tui.naming import names
from clickit_tui.screens.services import meant
from clickit_tui.world.parts import ClusterMissing
from clickit_tui.world.seen import Failed, Seen, Trouble
from clickit_tui.world.world import World
from tests.aws import recorded
from tests.aws.damage import hollow
from tests.aws.scripted import Scripted, failed
from tests.worlds import HOSTILE

NAMES = names("dev")
EMPTY = World(env="dev")
MISSING_CLUSTER = failed(Trouble.MISSING, "ClusterNotFoundException")


def test_a_whole_service_is_read_wholly() -> None:
    api, frontend = ecs.services(recorded.SERVICES, NAMES)
    assert (api.part, api.desired, api.running, api.pending) == ("api", 3, 2, 1)
    assert set(hollow(api)) == {".deployments[1].rollout_reason"}
    assert (api.capacity, frontend.capacity) == (("FARGATE_SPOT",), ("FARGATE",))
    assert [event.id for event in api.events] == ["e2", "e1"]
    assert (api.breaker_enabled, api.breaker_rollback, api.grace_s, api.container_port) == (True, False, 60, 8000)
    assert api.primary is not None
    assert (api.primary.failed, api.primary.created_at, api.rolling) == (2, recorded.EPOCH, True)


def test_deployments_without_an_id_are_told_apart_all_the_same() -> None:
    def bare(answer: dict[str, Any]) -> dict[str, Any]:
        return answer | {"deployments": [{k: v for k, v in each.items() if k != "id"} for each in answer["deployments"]]}

    once, again = (ecs.services({"services": [bare(each) for each in recorded.SERVICES["services"]]}, NAMES) for _ in range(2))
    ids = [d.id for service in once for d in service.deployments]
    assert len(set(ids)) == len(ids) > 2
    assert ids == [d.id for service in again for d in service.deployments]
    _, frontend = once
    assert meant(f"deployment:{frontend.deployments[0].id}", World(env="dev", services=Seen(value=once, seen_at=1.0))) == (
        f"service:{frontend.arn}"
    )


def test_a_whole_task_is_read_wholly() -> None:
    task = ecs.task(recorded.RUNNING_TASK, NAMES)
    ended = {".stopping_at", ".stopped_at", ".stop_code", ".stopped_reason", ".containers[0].exit_code", ".containers[0].reason"}
    assert set(hollow(task)) == ended
    assert (task.id, task.part, task.ip, task.capacity) == ("8f3a21c0de", "api", "10.0.1.17", "FARGATE_SPOT")
    assert task.containers[0].exec_agent == "RUNNING"
    stopped = ecs.task(recorded.STOPPED_TASK, NAMES)
    assert (stopped.stopped, stopped.containers[0].exit_code, stopped.stopped_at) == (True, 1, recorded.EPOCH)


@pytest.mark.parametrize(
    ("group", "definition", "part"),
    [
        ("service:clickit-dev-api", "clickit-dev-api:1", "api"),
        ("service:clickit-dev-frontend", "clickit-dev-frontend:1", "frontend"),
        ("family:clickit-dev-migration", "clickit-dev-migration:1", "migration"),
        ("", "clickit-dev-migration:1", "migration"),
        ("service:worker", "worker:1", "worker"),
        ("family:clickit-dev-api", "clickit-dev-api:1", "family:clickit-dev-api"),
        ("nightly", "x:1", "nightly"),
    ],
)
def test_a_tasks_part_comes_from_its_group(group: str, definition: str, part: str) -> None:
    answer = recorded.RUNNING_TASK | {"group": group, "taskDefinitionArn": f"{recorded.ECS}task-definition/{definition}"}
    assert ecs.task(answer, NAMES).part == part


def test_a_definition_is_read_without_the_secrets_in_its_plain_values() -> None:
    definition = ecs.task_definition(recorded.DEFINITION["taskDefinition"])
    assert definition is not None
    assert set(hollow(definition)) == set()
    container = definition.containers[0]
    assert dict(container.environment) == {"APP_ENV": "dev", "SMTP_PASSWORD": "***", "BROKER": "redis://user:***@cache:6379/0"}
    assert "hunter2" not in repr(definition)
    assert container.log_mode == "non-blocking"


def test_a_service_deployment_is_read_wholly() -> None:
    deployment = ecs.service_deployment(recorded.SERVICE_DEPLOYMENTS["serviceDeployments"][0])
    assert set(hollow(deployment)) == set()
    assert (deployment.service, deployment.failures, deployment.threshold) == ("clickit-dev-api", 1, 3)


def test_missing_counts_are_unknown_and_never_zero() -> None:
    service = ecs.service({"serviceName": "clickit-dev-api", "desiredCount": None}, NAMES)
    assert (service.desired, service.running, service.pending) == (None, None, None)


def test_hostile_text_is_cleaned() -> None:
    event = {"id": "e", "message": HOSTILE}
    service = ecs.service({"serviceName": HOSTILE, "events": [event]}, NAMES)
    assert service.events[0].message == service.name == "[/x] [b]  [31m   漢 é"


async def test_the_cluster_with_its_settings() -> None:
    gateway = Scripted(DescribeClusters=recorded.CLUSTERS)
    cluster = (await cluster_fetch(gateway, NAMES)(EMPTY))["cluster"]
    assert cluster == ecs.Cluster(name="clickit-dev-cluster", arn=recorded.CLUSTER, status="ACTIVE", container_insights=True)


GONE: dict[str, Any] = {"clusters": [], "failures": [{"arn": recorded.CLUSTER, "reason": "MISSING"}]}
HERE: dict[str, Any] = {"clusterArns": [f"{recorded.ECS}cluster/clickit-deu-cluster", f"{recorded.ECS}cluster/other"]}


@pytest.mark.parametrize("gone", [GONE, MISSING_CLUSTER, {"clusters": [recorded.CLUSTERS["clusters"][0] | {"status": "INACTIVE"}]}])
async def test_a_missing_cluster_says_what_is_here_instead(gone: Any) -> None:
    gateway = Scripted(DescribeClusters=gone, ListClusters=HERE)
    assert (await cluster_fetch(gateway, NAMES)(EMPTY))["cluster"] == ClusterMissing(
        looked_for="clickit-dev-cluster", here=("clickit-deu-cluster", "other"), nearest="clickit-deu-cluster"
    )


async def test_a_missing_cluster_says_what_a_denied_list_hid() -> None:
    missing = (await cluster_fetch(Scripted(DescribeClusters=GONE), NAMES)(EMPTY))["cluster"]
    assert missing == ClusterMissing(looked_for="clickit-dev-cluster", hidden="no permission: ecs:ListClusters")


async def test_a_cluster_answer_without_clusters_proves_nothing() -> None:
    with pytest.raises(Failed) as raised:
        await cluster_fetch(Scripted(DescribeClusters={}), NAMES)(EMPTY)
    assert raised.value.fault.kind is Trouble.GARBLED


async def test_services_that_ecs_does_not_have_are_left_out() -> None:
    answer = {"services": [recorded.API, recorded.FRONTEND | {"status": "INACTIVE"}], "failures": [{"arn": "x", "reason": "MISSING"}]}
    found = (await services_fetch(Scripted(DescribeServices=answer), NAMES)(EMPTY))["services"]
    assert [service.part for service in found] == ["api"]


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (MISSING_CLUSTER, Trouble.MISSING, "not found: looked for cluster clickit-dev-cluster"),
        ({}, Trouble.GARBLED, "the answer to ecs:DescribeServices has no services"),
        ({"services": [], "failures": [{"arn": "a/b", "reason": "ACCESS"}]}, Trouble.UNKNOWN, "ECS did not describe b: ACCESS"),
        (failed(Trouble.DENIED, sentence="no permission"), Trouble.DENIED, "no permission"),
    ],
)
async def test_services_that_could_not_be_read_are_a_fault(answer: Any, kind: Trouble, words: str) -> None:
    with pytest.raises(Failed) as raised:
        await services_fetch(Scripted(DescribeServices=answer), NAMES)(EMPTY)
    assert (raised.value.fault.kind, raised.value.fault.sentence) == (kind, words)


class Cluster:
    """Tasks by ARN with their status; answers ListTasks as ECS does: by desired status."""

    def __init__(self, **tasks: str) -> None:
        self.tasks = tasks
        self.gateway = Scripted(ListTasks=self.list, DescribeTasks=self.describe)

    def list(self, params: dict[str, Any]) -> dict[str, Any]:
        ended = ("STOPPING", "STOPPED")
        wanted = params["desiredStatus"] == "STOPPED"
        return {"taskArns": [arn for arn, status in self.tasks.items() if (status in ended) == wanted]}

    def describe(self, params: dict[str, Any]) -> dict[str, Any]:
        assert 0 < len(params["tasks"]) <= 100
        known = [arn for arn in params["tasks"] if arn in self.tasks]
        return {"tasks": [recorded.RUNNING_TASK | {"taskArn": arn, "lastStatus": self.tasks[arn]} for arn in known]}

    def described(self) -> list[str]:
        return [arn for name, params in self.gateway.calls if name == "DescribeTasks" for arn in params["tasks"]]


async def statuses(tasks: Tasks) -> dict[str, str]:
    return {task.arn: task.status for task in (await tasks.fetch(EMPTY))["tasks"]}


async def test_a_task_is_followed_until_it_is_stopped_and_then_described_no_more() -> None:
    cluster, now = Cluster(a="RUNNING", b="RUNNING", old="STOPPED"), [0.0]
    tasks = Tasks(cluster.gateway, NAMES, lambda: now[0])
    assert await statuses(tasks) == {"a": "RUNNING", "b": "RUNNING", "old": "STOPPED"}
    for second, status in ((5.0, "STOPPING"), (10.0, "STOPPED"), (15.0, "STOPPED")):
        now[0], cluster.tasks["b"] = second, status
        assert await statuses(tasks) == {"a": "RUNNING", "b": status, "old": "STOPPED"}
    assert (cluster.described().count("old"), cluster.described().count("b")) == (1, 3)
    stopped = [params for name, params in cluster.gateway.calls if name == "ListTasks" and params["desiredStatus"] == "STOPPED"]
    assert len(stopped) == 2


async def test_a_task_that_ecs_forgot_is_gone() -> None:
    cluster, now = Cluster(a="RUNNING", old="STOPPED"), [0.0]
    tasks = Tasks(cluster.gateway, NAMES, lambda: now[0])
    await statuses(tasks)
    del cluster.tasks["old"], cluster.tasks["a"]
    now[0] = 20.0
    assert await statuses(tasks) == {}


async def test_many_tasks_are_described_in_batches_of_a_hundred() -> None:
    cluster = Cluster(**{f"t{index:03d}": "RUNNING" for index in range(250)})
    assert len(await statuses(Tasks(cluster.gateway, NAMES, lambda: 0.0))) == 250
    assert cluster.gateway.count("DescribeTasks") == 3


async def test_a_batch_that_fails_fails_the_read() -> None:
    cluster = Cluster(**{f"t{index:03d}": "RUNNING" for index in range(150)})
    answers = iter([failed(Trouble.THROTTLED), {"tasks": []}])
    cluster.gateway.table["DescribeTasks"] = lambda params: next(answers)
    with pytest.raises(Failed) as raised:
        await Tasks(cluster.gateway, NAMES, lambda: 0.0).fetch(EMPTY)
    assert raised.value.fault.kind is Trouble.THROTTLED


async def test_a_definition_is_asked_for_once() -> None:
    gateway = Scripted(DescribeTaskDefinition=recorded.DEFINITION)
    api = ecs.service(recorded.API | {"deployments": []}, NAMES)
    world = World(env="dev", services=Seen(value=(api,), seen_at=1.0), tasks=Seen(value=(), seen_at=1.0))
    definitions = Definitions(gateway)
    for _ in range(3):
        found = (await definitions.fetch(world))["definitions"]
        assert [each.short for each in found] == ["clickit-dev-api:42"]
    assert gateway.count("DescribeTaskDefinition") == 1


async def test_a_definition_that_is_gone_hides_no_other() -> None:
    def answer(params: dict[str, Any]) -> Any:
        return recorded.DEFINITION if params["taskDefinition"] == recorded.API_42 else failed(Trouble.INVALID, "ClientException")

    gateway = Scripted(DescribeTaskDefinition=answer)
    world = World(env="dev", services=Seen(value=(ecs.service(recorded.API, NAMES),), seen_at=1.0))
    found = (await Definitions(gateway).fetch(world))["definitions"]
    assert [each.revision for each in found] == [42]


async def test_definitions_wait_for_services_and_say_why() -> None:
    fault = failed(Trouble.DENIED, sentence="no permission: ecs:DescribeServices").fault
    with pytest.raises(Failed) as raised:
        await Definitions(Scripted()).fetch(World(env="dev", services=Seen(fault=fault)))
    assert raised.value.fault.kind is Trouble.WAITING
    assert raised.value.fault.sentence == "waits for services: no permission: ecs:DescribeServices"


async def test_a_settled_deployment_is_described_once() -> None:
    gateway = Scripted(ListServiceDeployments=recorded.LISTED_DEPLOYMENTS, DescribeServiceDeployments=recorded.SERVICE_DEPLOYMENTS)
    deployments = ServiceDeployments(gateway, NAMES)
    for _ in range(3):
        found = (await deployments.fetch(EMPTY))["service_deployments"]
    assert {each.arn for each in found} == {recorded.DEPLOYMENT}
    assert gateway.count("DescribeServiceDeployments") == 1


@pytest.mark.parametrize("kind", [Trouble.UNSERVED, Trouble.DENIED])
async def test_service_deployments_that_are_not_served_are_a_fault(kind: Trouble) -> None:
    with pytest.raises(Failed) as raised:
        await ServiceDeployments(Scripted(ListServiceDeployments=failed(kind)), NAMES).fetch(EMPTY)
    assert raised.value.fault.kind is kind


async def test_deployments_that_are_listed_and_not_described_are_no_empty_history() -> None:
    gateway = Scripted(ListServiceDeployments=recorded.LISTED_DEPLOYMENTS, DescribeServiceDeployments={})
    with pytest.raises(Failed) as raised:
        await ServiceDeployments(gateway, NAMES).fetch(EMPTY)
    assert raised.value.fault.kind is Trouble.GARBLED
