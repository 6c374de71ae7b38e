"""Reading ECS: which calls feed cluster, services, tasks, definitions and service deployments, and what is remembered between them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping

import msgspec

from clickit_tui.aws import ecs
from clickit_tui.aws.fetching import batches, garbled, missing, needed, not_found, outcomes, together
from clickit_tui.aws.gateway import Gateway
from clickit_tui.aws.members import Json, records, tail, text, words
from clickit_tui.naming import SERVICES, Names, nearest
from clickit_tui.poll import Fetch
from clickit_tui.world.ecs import Service, ServiceDeployment, ServiceRevision, Task, TaskDefinition
from clickit_tui.world.parts import ClusterMissing
from clickit_tui.world.revisions import MOST, shortlisted
from clickit_tui.world.seen import Failed, Fault, Trouble
from clickit_tui.world.world import World

BATCH = 100
"""Most tasks of one DescribeTasks call."""
DEPLOYMENTS = 20
"""Most of one DescribeServiceDeployments or DescribeServiceRevisions call."""
LISTED = 100
"""Service deployments of one page; older pages of the 90 days that ECS keeps are read once."""
OLDER_PAGES = 5
STOPPED_EVERY_S = 15.0
"""How often the stopped tasks are listed; a task that was seen running is followed to its end at every read."""
SETTLED = frozenset({"SUCCESSFUL", "STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"})
"""States of a service deployment that never change again."""
CLUSTER_CODES = ("ClusterNotFoundException", "ClusterNotFound")


def _here(failed: Failed, names: Names) -> Failed:
    """The failure, said with the cluster's name when the cluster is what does not exist."""
    return not_found(f"cluster {names.cluster}", failed.fault.operation) if failed.fault.code in CLUSTER_CODES else failed


def cluster_fetch(gateway: Gateway, names: Names) -> Fetch:
    """Feeds `cluster`: the cluster, or `ClusterMissing` with the clusters that are here instead."""

    async def others(known: bool) -> ClusterMissing:
        try:
            arns = await gateway.pages("ecs", "ListClusters", "clusterArns")
        except Failed as failed:
            return ClusterMissing(looked_for=names.cluster, hidden=failed.fault.sentence)
        here = tuple(sorted(tail(arn) for arn in words({"arns": arns}, "arns")))
        if names.cluster in here and not known:
            raise garbled("ecs:DescribeClusters", f"{names.cluster}, which ecs:ListClusters names")
        return ClusterMissing(looked_for=names.cluster, here=here, nearest=nearest(names.cluster, here) or "")

    async def fetch(world: World) -> Mapping[str, object]:
        try:
            answer = await gateway.read("ecs", "DescribeClusters", clusters=[names.cluster], include=["SETTINGS", "CONFIGURATIONS"])
        except Failed as failed:
            if missing(failed, *CLUSTER_CODES):
                return {"cluster": await others(known=False)}
            raise
        if not isinstance(answer.get("clusters"), list) and not records(answer, "failures"):
            raise garbled("ecs:DescribeClusters", "clusters")
        found = [ecs.cluster(each) for each in records(answer, "clusters")]
        mine = next((each for each in found if each.name == names.cluster and each.status != "INACTIVE"), None)
        if mine is None and not all(each.name for each in found):
            raise garbled("ecs:DescribeClusters", "clusterName")
        return {"cluster": mine or await others(known=any(each.name == names.cluster for each in found))}

    return fetch


def services_fetch(gateway: Gateway, names: Names) -> Fetch:
    """Feeds `services`; one that ECS calls missing is left out, any other failure of one fails the read."""
    wanted = [names.service(part) for part in SERVICES]

    async def fetch(world: World) -> Mapping[str, object]:
        try:
            answer = await gateway.read("ecs", "DescribeServices", cluster=names.cluster, services=wanted, include=["TAGS"])
        except Failed as failed:
            raise _here(failed, names) from None
        failures = records(answer, "failures")
        if not isinstance(answer.get("services"), list) and not failures:
            raise garbled("ecs:DescribeServices", "services")
        for failure in failures:
            _refuse(failure)
        return {"services": ecs.services(answer, names)}

    return fetch


def _refuse(failure: Json) -> None:
    """Raise a failure entry that says anything else than MISSING: it proves no absence."""
    reason = text(failure, "reason")
    if reason.upper() != "MISSING":
        sentence = f"ECS did not describe {tail(text(failure, 'arn')) or 'a service'}: {reason or 'no reason given'}"
        raise Failed(Fault(kind=Trouble.UNKNOWN, sentence=sentence, operation="ecs:DescribeServices", code=reason))


class Tasks:
    """Reads the cluster's tasks. A stopped task never changes, so it is described once; one that was running is followed to its end."""

    def __init__(self, gateway: Gateway, names: Names, clock: Callable[[], float] = time.time) -> None:
        self._gateway, self._names, self._clock = gateway, names, clock
        self._stopped: dict[str, Task] = {}
        self._unfinished: tuple[str, ...] = ()
        self._listed: tuple[str, ...] = ()
        self._listed_at = float("-inf")

    async def fetch(self, world: World) -> Mapping[str, object]:
        """Feeds `tasks`: running ones first, then stopped ones, newest first within each."""
        try:
            running, stopped = await together((self._list("RUNNING"), self._list_stopped()))
            wanted = dict.fromkeys((*running, *stopped, *self._unfinished))
            fresh = await self._describe(arn for arn in wanted if arn not in self._stopped)
        except Failed as failed:
            raise _here(failed, self._names) from None
        self._unfinished = tuple(each.arn for each in fresh if not each.stopped)
        known = {**self._stopped, **{each.arn: each for each in fresh if each.stopped}}
        self._stopped = {arn: known[arn] for arn in dict.fromkeys((*stopped, *(each.arn for each in fresh))) if arn in known}
        every = {each.arn: each for each in (*fresh, *self._stopped.values())}
        return {"tasks": tuple(sorted(every.values(), key=_newest_first))}

    async def _list(self, status: str) -> tuple[str, ...]:
        cluster = self._names.cluster
        answers = await self._gateway.answers("ecs", "ListTasks", cluster=cluster, desiredStatus=status, maxResults=BATCH)
        if not all(isinstance(answer.get("taskArns"), list) for answer in answers):
            raise garbled("ecs:ListTasks", "taskArns")
        return tuple(arn for answer in answers for arn in words(answer, "taskArns"))

    async def _list_stopped(self) -> tuple[str, ...]:
        if self._clock() - self._listed_at >= STOPPED_EVERY_S:
            self._listed = await self._list("STOPPED")
            self._listed_at = self._clock()
        return self._listed

    async def _describe(self, arns: Iterable[str]) -> list[Task]:
        """The tasks that still exist; raises when any batch fails, so that no task vanishes without a word."""
        cluster = self._names.cluster
        answers = await together(self._gateway.read("ecs", "DescribeTasks", cluster=cluster, tasks=batch) for batch in batches(arns, BATCH))
        if not all(isinstance(answer.get("tasks"), list) or records(answer, "failures") for answer in answers):
            raise garbled("ecs:DescribeTasks", "tasks")
        found = (ecs.task(each, self._names) for answer in answers for each in records(answer, "tasks"))
        return [each for each in found if each.arn]


def _newest_first(task: Task) -> tuple[bool, float, str]:
    return task.stopped, -(task.stopped_at or task.created_at or task.started_at or 0.0), task.arn


class Definitions:
    """Reads task definitions; one never changes once registered, so each is asked for once."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._known: dict[str, TaskDefinition] = {}
        self._gone: set[str] = set()

    async def fetch(self, world: World) -> Mapping[str, object]:
        """Feeds `definitions`: those that services and tasks name, and those they named before."""
        if world.tasks.value is None:
            needed(world.services, "services")
        wanted = [arn for arn in named_definitions(world) if arn not in self._known and arn not in self._gone]
        faults = [failed for failed in await outcomes(self._one(arn) for arn in wanted) if failed is not None]
        if faults:
            raise faults[0]
        return {"definitions": tuple(self._known.values())}

    async def _one(self, arn: str) -> None:
        try:
            self._known[arn] = await described(self._gateway, arn)
        except Failed as failed:
            if failed.fault.kind not in (Trouble.MISSING, Trouble.INVALID):
                raise
            self._gone.add(arn)


async def described(gateway: Gateway, arn: str) -> TaskDefinition:
    """One task definition; raises Failed."""
    answer = await gateway.read("ecs", "DescribeTaskDefinition", taskDefinition=arn)
    found = answer.get("taskDefinition")
    definition = ecs.task_definition(found) if isinstance(found, Mapping) else None
    if definition is None:
        raise garbled("ecs:DescribeTaskDefinition", "taskDefinition")
    return definition


async def registered(gateway: Gateway, family: str, most: int = 1) -> tuple[tuple[str, ...], bool]:
    """(ARNs of a family's ACTIVE definitions, newest first, from at most so many pages; whether these are all); raises Failed."""
    answers = await gateway.answers(
        "ecs", "ListTaskDefinitions", most=most, familyPrefix=family, status="ACTIVE", sort="DESC", maxResults=BATCH
    )
    if not all(isinstance(answer.get("taskDefinitionArns"), list) for answer in answers):
        raise garbled("ecs:ListTaskDefinitions", "taskDefinitionArns")
    every = len(answers) < most or not answers[-1].get("nextToken")
    return tuple(arn for answer in answers for arn in words(answer, "taskDefinitionArns")), every


def named_definitions(world: World) -> tuple[str, ...]:
    """ARNs of the definitions that services, their deployments, tasks and the newest revisions name, each once."""
    services: tuple[Service, ...] = world.services.value or ()
    named = [each.task_definition for each in services]
    named += [each.task_definition for service in services for each in service.deployments]
    named += [each.task_definition for each in world.tasks.value or ()]
    named += [each.task_definition for each in shortlisted(world)]
    return tuple(dict.fromkeys(filter(None, named)))


class ServiceDeployments:
    """Reads the service deployments of the last 90 days; a settled one is described once."""

    def __init__(self, gateway: Gateway, names: Names) -> None:
        self._gateway, self._names = gateway, names
        self._settled: dict[str, ServiceDeployment] = {}
        self._older: dict[str, tuple[str, ...]] = {}
        """By service: the ARNs of the first complete listing."""

    async def fetch(self, world: World) -> Mapping[str, object]:
        """Feeds `service_deployments`, newest first within each service."""
        listed = await together(self._list(self._names.service(part)) for part in SERVICES)
        arns = [arn for one in listed for arn in one]
        wanted = batches((arn for arn in arns if arn not in self._settled), DEPLOYMENTS)
        answers = await together(self._gateway.read("ecs", "DescribeServiceDeployments", serviceDeploymentArns=batch) for batch in wanted)
        if not all(isinstance(answer.get("serviceDeployments"), list) or records(answer, "failures") for answer in answers):
            raise garbled("ecs:DescribeServiceDeployments", "serviceDeployments")
        found = [ecs.service_deployment(each) for answer in answers for each in records(answer, "serviceDeployments")]
        known = self._settled | {each.arn: each for each in found}
        self._settled = {arn: known[arn] for arn in arns if arn in known and known[arn].status in SETTLED}
        return {"service_deployments": tuple(known[arn] for arn in arns if arn in known)}

    async def _list(self, service: str) -> list[str]:
        cluster, most = self._names.cluster, 1 if service in self._older else OLDER_PAGES
        try:
            answers = await self._gateway.answers(
                "ecs", "ListServiceDeployments", most=most, cluster=cluster, service=service, maxResults=LISTED
            )
        except Failed as failed:
            if failed.fault.code in ("ServiceNotFoundException", "ServiceNotFound"):
                return []
            raise _here(failed, self._names) from None
        if not all(isinstance(answer.get("serviceDeployments"), list) for answer in answers):
            raise garbled("ecs:ListServiceDeployments", "serviceDeployments")
        fresh = [arn for answer in answers for each in records(answer, "serviceDeployments") if (arn := text(each, "serviceDeploymentArn"))]
        self._older.setdefault(service, tuple(fresh))
        return list(dict.fromkeys((*fresh, *(self._older[service] if len(fresh) >= LISTED else ()))))


class Revisions:
    """Reads what the service deployments deployed, and which task definitions of each family can still be deployed."""

    def __init__(self, gateway: Gateway, names: Names) -> None:
        self._gateway, self._names = gateway, names
        self._known: dict[str, ServiceRevision] = {}

    async def fetch(self, world: World) -> Mapping[str, object]:
        """Feeds `revisions`: those that deployments name; where these cannot be read, each family's newest ACTIVE definitions."""
        arns = revision_arns(world)
        families = {self._names.service(part): _family(world, self._names.service(part)) for part in SERVICES}
        described, *listed = await outcomes((self._describe(arns), *(self._active(family) for family in families.values())))
        active = dict(zip(families, listed, strict=True))
        revisions = [r for arn in arns if (r := self._known.get(arn)) is not None]
        for service, known in active.items():
            if not isinstance(known, Failed) and known is not None and not any(r.service == service for r in revisions):
                revisions += [ServiceRevision(service=service, task_definition=arn) for arn in known[: MOST + 1]]
        failures = [each for each in (described, *listed) if isinstance(each, Failed)]
        if failures and not revisions:
            raise failures[0]
        return {"revisions": tuple(_marked(r, active.get(r.service)) for r in revisions)}

    async def _describe(self, arns: Iterable[str]) -> tuple[str, ...] | None:
        wanted = batches((arn for arn in arns if arn not in self._known), DEPLOYMENTS)
        answers = await together(self._gateway.read("ecs", "DescribeServiceRevisions", serviceRevisionArns=batch) for batch in wanted)
        if not all(isinstance(answer.get("serviceRevisions"), list) for answer in answers):
            raise garbled("ecs:DescribeServiceRevisions", "serviceRevisions")
        found = (ecs.service_revision(each) for answer in answers for each in records(answer, "serviceRevisions"))
        self._known |= {each.arn: each for each in found if each is not None}
        return None

    async def _active(self, family: str) -> tuple[str, ...] | None:
        """The family's ACTIVE definitions, newest first; None when the list is cut, so that nothing follows from an absence."""
        listed, every = await registered(self._gateway, family, OLDER_PAGES)
        return listed if every else None


def revision_arns(world: World) -> list[str]:
    """ARNs of the service revisions that the newest deployments put in place or went back to, each once, newest first."""
    found: dict[str, list[str]] = {}
    for each in world.service_deployments.value or ():
        found.setdefault(each.service, []).extend((each.target_revision, each.rolled_back_to, *each.source_revisions))
    return [arn for own in found.values() for arn in list(dict.fromkeys(filter(None, own)))[:LISTED]]


def _family(world: World, service: str) -> str:
    """The family of a service's task definition: the service's own, else the one of its name."""
    found = next((s.task_definition for s in world.services.value or () if s.name == service and s.task_definition), "")
    return ecs.tail_of_definition(found)[0] or service


def _marked(revision: ServiceRevision, active: tuple[str, ...] | Failed | None) -> ServiceRevision:
    """The revision with whether its definition is in the complete list of active ones; of another family nothing is known."""
    if active is None or isinstance(active, Failed):
        return revision
    families = {ecs.tail_of_definition(arn)[0] for arn in active}
    if revision.task_definition not in active and ecs.tail_of_definition(revision.task_definition)[0] not in families:
        return revision
    return msgspec.structs.replace(revision, active=revision.task_definition in active)
