"""Rolling back on the running demo, over HTTP: from the plan to the end of what follows it."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from clickit_tui.actions import enable_exec, rollback
from clickit_tui.actions.registry import Target
from clickit_tui.carry import Outcome
from clickit_tui.config import Config
from clickit_tui.demo import server
from clickit_tui.demo.incidents import causes
from clickit_tui.demo.launch import Demo
from clickit_tui.demo.program import Behaviour
from clickit_tui.naming import names
from clickit_tui.plan import Plan, Refused
from clickit_tui.screens.services import follow_of
from clickit_tui.session import Session
from clickit_tui.world.causes import cause_of, grouped
from clickit_tui.world.ecs import Service, ServiceDeployment, revision
from clickit_tui.world.follow import Phase
from clickit_tui.world.revisions import candidates, deployments_of, ended_words
from clickit_tui.world.seen import Seen
from clickit_tui.world.world import FIELDS, World
from tests.conftest import Client
from tests.stepped import shortly

NAMES = names("dev")
CLUSTER, API = NAMES.cluster, NAMES.api


MOVING = ("identity", "services", "tasks", "service_deployments", "targets", "alarms", "metrics")
"""What following a change reads."""


class Rig:
    """A session on the demo whose clock is the demo's, stepped by hand."""

    def __init__(self, demo: Demo | Local, state: Path, read_only: bool = False, env: str = "dev") -> None:
        self.demo = demo
        self.names = names(env)
        config = Config(
            env=env, names=self.names, protected=False, state_dir=str(state), read_only=read_only, read_only_source="--read-only"
        )
        self.now: float = demo.control("state")["now"]
        self.session = Session(config, clock=lambda: self.now, rng=random.Random(1), sleep=shortly)
        self.session.store.subscribe(FIELDS, lambda world, changed: None)

    @property
    def world(self) -> World:
        return self.session.store.world

    @property
    def api(self) -> Service:
        return next(s for s in self.world.services.value or () if s.part == "api")

    @property
    def target(self) -> Target:
        return Target(kind="service", part="api", id=self.api.arn)

    async def read(self, *rounds: tuple[str, ...]) -> None:
        """Read everything now, in the order in which the fields need each other; or only these rounds."""
        for fields in rounds or (MOVING, ("revisions",), ("definitions",), ("images", "secrets")):
            await self.session.poller.read_now(fields)

    async def step(self, seconds: float, *rounds: tuple[str, ...]) -> None:
        """Let the demo live that long, then read what moves by itself."""
        await asyncio.to_thread(self.demo.step, seconds)
        self.now += seconds
        await self.read(*(rounds or (MOVING,)))

    async def until(self, held: Callable[[], bool], most: int = 40, seconds: float = 30.0) -> None:
        for _ in range(most):
            if held():
                return
            await self.step(seconds)
        raise AssertionError(f"never held: {self.world.follows} {self.api.deployments} {self.world.service_deployments.value}")

    def plan(self, chosen: str = "") -> Plan:
        planned = rollback.plan(self.world, self.target, {"revision": chosen} if chosen else {}, self.session.facts())
        assert isinstance(planned, Plan), planned
        return planned

    def refusal(self) -> str:
        planned = rollback.plan(self.world, self.target, {}, self.session.facts())
        assert isinstance(planned, Refused), planned
        return planned.reason

    async def carry_out(self, planned: Plan) -> Outcome:
        return await self.session.carry_out(planned, lambda world: planned)

    def newest(self) -> ServiceDeployment:
        return deployments_of(self.world, self.api)[0]


@asynccontextmanager
async def rig(demo: Demo | Local, state: Path, **given: Any) -> AsyncIterator[Rig]:
    made = Rig(demo, state, **given)
    await made.session.start()
    try:
        await made.session.poller.tried()
        await made.read(("definitions",), ("images", "secrets"))
        yield made
    finally:
        await made.session.stop()


async def deploy(aws: Client, rig: Rig, number: str = "", **given: Any) -> None:
    """Somebody else's deployment."""
    definition = {"taskDefinition": f"{rig.names.api}:{number}"} if number else {}
    async with aws("ecs") as ecs:
        await ecs.update_service(cluster=rig.names.cluster, service=rig.names.api, **definition, **given)
    await rig.read(MOVING)


async def test_a_deployment_in_progress_is_stopped_and_followed_until_it_has_rolled_back(demo: Demo, aws: Client, tmp_path: Path) -> None:
    async with rig(demo, tmp_path) as r:
        before = r.api.task_definition
        older = next(c for c in candidates(r.world, r.api) if c.offered)
        await deploy(aws, r, older.number)
        assert r.api.rolling
        planned = r.plan()
        assert planned.steps[0].call.operation == "StopServiceDeployment"
        stopped = r.newest().arn
        outcome = await r.carry_out(planned)
        assert outcome.kind == "done", outcome
        await r.read()
        assert next(d for d in r.world.service_deployments.value or () if d.arn == stopped).rolling_back
        assert "rolling back already" in r.refusal()
        await r.until(lambda: r.newest().status == "ROLLBACK_SUCCESSFUL" and r.world.follows[-1].steady_at is not None)
        assert r.api.task_definition == before
        assert r.world.follows[-1].sentence.startswith(f"rolled back to api:{revision(before)}")


async def test_a_finished_deployment_goes_back_to_the_revision_that_worked_before(demo: Demo, aws: Client, tmp_path: Path) -> None:
    async with rig(demo, tmp_path) as r:
        good = r.api.task_definition
        other = next(c for c in candidates(r.world, r.api) if c.offered)
        await deploy(aws, r, other.number)
        await r.until(lambda: not r.api.rolling)
        await r.read()
        planned = r.plan()
        assert planned.steps[0].call.params["taskDefinition"] == good
        assert (await r.carry_out(planned)).kind == "done"
        await r.until(lambda: bool(r.world.follows) and r.world.follows[-1].steady_at is not None)
        assert r.api.task_definition == good
        assert r.world.follows[-1].phase in (Phase.STEADY, Phase.RECOVERED)


@asynccontextmanager
async def expired(demo: Demo, state: Path) -> AsyncIterator[Rig]:
    """A rebuild took over the tag that the api runs, the lifecycle policy removed the digest it pinned, and a task was stopped."""
    demo.reset(seed=1, paused=True, elapsed_s=700, incident="digest-expired")
    async with rig(demo, state, env="prod") as r:
        yield r


async def test_the_same_definition_with_another_digest_behind_its_tag_is_told_to_be_no_way_back(
    demo: Demo, aws: Client, tmp_path: Path
) -> None:
    async with expired(demo, tmp_path) as r:
        ran = next(i.digest for x in r.world.revisions.value or () if x.arn == r.newest().target_revision for i in x.images)
        await deploy(aws, r, forceNewDeployment=True)
        await r.until(lambda: not r.api.rolling)
        await r.read()
        same = next(c for c in candidates(r.world, r.api) if c.same)
        assert [i.digest for i in same.images] == [ran]
        row = next(o for o in rollback.choices(r.world, r.target, r.session.facts()) if o.id == same.id)
        assert row.reason == "runs now: deploying it again resolves its tag anew"
        planned = rollback.plan(r.world, r.target, {"revision": same.id}, r.session.facts())
        assert isinstance(planned, Refused)
        assert planned.reason.startswith("would not be a roll-back")
        assert f"It ran {ran}: which ECR has not any more" in planned.reason


class Local:
    """The embedded ClickIt served over HTTP by this process, so that a test can make a past for it."""

    def __init__(self) -> None:
        self.endpoint = server.Endpoint(seed=1, paused=True, elapsed_s=0.0, latency_ms=0.0)
        self._listening = server.bind(self.endpoint, 0)
        self.url = f"http://127.0.0.1:{self._listening.server_port}"
        threading.Thread(target=self._listening.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def control(self, do: str, **given: object) -> dict[str, Any]:
        return self.endpoint.control(do, given)

    def step(self, seconds: float) -> None:
        self.control("step", seconds=seconds)

    def stop(self) -> None:
        self._listening.shutdown()
        self._listening.server_close()


@pytest.fixture
def latest(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> Iterator[Local]:
    """The api of dev has run a definition whose image is `:latest`, and that tag has moved to another image since."""
    local = Local()
    monkeypatch.setenv("AWS_ENDPOINT_URL", local.url)
    with local.endpoint.lock:
        sim = local.endpoint.sim
        env = sim.envs["dev"]
        causes.deploy(sim, env.services["api"], causes.register(sim, env, "api", "latest"))
    local.step(400)
    with local.endpoint.lock:
        causes.push(sim, env, "api", "v2.9.9", Behaviour())
    try:
        yield local
    finally:
        local.stop()


async def test_a_tag_latest_that_moved_is_told_to_be_no_way_back_and_a_fixed_tag_is_one(latest: Local, aws: Client, tmp_path: Path) -> None:
    async with rig(latest, tmp_path) as r:
        moving = r.api.task_definition
        ran = next(i.digest for x in r.world.revisions.value or () if x.arn == r.newest().target_revision for i in x.images)
        assert not r.api.rolling
        await deploy(aws, r, forceNewDeployment=True)
        await r.until(lambda: not r.api.rolling)
        await r.read()
        same = next(c for c in candidates(r.world, r.api) if c.same)
        refused = rollback.plan(r.world, r.target, {"revision": same.id}, r.session.facts())
        assert isinstance(refused, Refused)
        assert refused.reason.startswith(
            f"would not be a roll-back: api:{revision(moving)} is what runs now, ECS would resolve tag latest again"
        )
        assert f"It ran {ran}: move the tag back to it in ECR" in refused.reason
        planned = r.plan()
        assert planned.steps[0].call.params["taskDefinition"] == before_it(moving)
        assert (await r.carry_out(planned)).kind == "done"
        await r.until(lambda: bool(r.world.follows) and r.world.follows[-1].steady_at is not None)
        await r.step(130, MOVING, ("revisions",), ("definitions",), ("images", "secrets"))
        assert r.api.task_definition == before_it(moving)
        older = next(c for c in candidates(r.world, r.api) if c.task_definition == moving and [i.digest for i in c.images] == [ran])
        warned = [line.text for line in r.plan(older.id).effect if line.level == "warn"]
        assert any(text.startswith("tag latest names another image now") and ran[:19] in text for text in warned)


def before_it(definition: str) -> str:
    """ARN of the revision before."""
    head, _, number = definition.rpartition(":")
    return f"{head}:{int(number) - 1}"


async def test_from_an_expired_digest_the_way_back_is_a_revision_whose_image_exists(demo: Demo, aws: Client, tmp_path: Path) -> None:
    async with expired(demo, tmp_path) as r:
        broken = r.api.task_definition
        await r.until(lambda: any(t.part == "api" and t.stopped and cause_of(t).failed for t in r.world.tasks.value or ()))
        causes = {cause_of(t).id for t in r.world.tasks.value or () if t.part == "api" and t.stopped and cause_of(t).failed}
        assert causes == {"image-missing"}
        planned = r.plan()
        assert planned.steps[0].call.params["taskDefinition"] != broken
        assert (await r.carry_out(planned)).kind == "done"
        await r.until(lambda: bool(r.world.follows) and r.world.follows[-1].steady_at is not None)
        await r.step(130, MOVING, ("revisions",), ("definitions",), ("images", "secrets"))
        before = next(c for c in candidates(r.world, r.api) if c.task_definition == broken)
        assert any("names another image now" in doubt for doubt in before.doubts)


async def test_a_revision_whose_tag_was_never_pushed_is_blocked_and_not_offered(demo: Demo, tmp_path: Path) -> None:
    demo.reset(seed=1, paused=True, elapsed_s=900, incident="image-tag-missing")
    async with rig(demo, tmp_path, env="prod") as r:
        await r.until(lambda: not r.api.rolling)
        await r.read()
        failed = next(c for c in candidates(r.world, r.api) if c.failed)
        assert not failed.offered
        row = next(o for o in rollback.choices(r.world, r.target, r.session.facts()) if o.id == failed.id)
        assert row.reason.startswith(f"{ended_words(failed.status)}, image clickit/api:")
        blocked = rollback.plan(r.world, r.target, {"revision": failed.id}, r.session.facts())
        assert isinstance(blocked, Refused)
        assert "is not in ECR" in blocked.reason
        assert r.plan().steps[0].call.params["taskDefinition"] != failed.task_definition


async def test_a_secret_scheduled_for_deletion_blocks_until_it_is_restored(demo: Demo, aws: Client, tmp_path: Path) -> None:
    async with rig(demo, tmp_path) as r:
        assert r.plan()
        async with aws("secretsmanager") as secrets:
            await secrets.delete_secret(SecretId=f"{NAMES.secrets}jwt-secret-key")
        await r.step(130, ("secrets",))
        assert "scheduled for deletion" in r.refusal()
        async with aws("secretsmanager") as secrets:
            await secrets.restore_secret(SecretId=f"{NAMES.secrets}jwt-secret-key")
        await r.step(130, ("secrets",))
        assert r.plan()


@pytest.mark.parametrize("operation", ["ecr.DescribeImages", "secretsmanager.DescribeSecret", "ecs.ListTaskDefinitions"])
async def test_a_denied_check_is_a_warning_and_the_roll_back_goes_on(demo: Demo, tmp_path: Path, operation: str) -> None:
    demo.fault(f"{operation}=deny")
    async with rig(demo, tmp_path) as r:
        planned = r.plan()
        warned = [line.text for line in planned.effect if line.level == "warn"]
        assert any("not checked" in text or "was not read" in text for text in warned)
        assert (await r.carry_out(planned)).kind == "done"


async def test_no_history_of_deployments_asks_for_a_choice_that_is_not_proven(demo: Demo, tmp_path: Path) -> None:
    for operation in ("ListServiceDeployments", "DescribeServiceDeployments"):
        demo.fault(f"ecs.{operation}=deny")
    async with rig(demo, tmp_path) as r:
        assert r.refusal() == "no record of which revisions worked: choose one (B), it is not proven"
        options = rollback.choices(r.world, r.target, r.session.facts())
        assert options
        assert all(o.reason.startswith("not known to have worked") for o in options)
        assert r.plan(options[0].id).steps[0].call.params["taskDefinition"] == options[0].id


async def test_a_denied_write_is_named_and_changes_nothing(demo: Demo, tmp_path: Path) -> None:
    async with rig(demo, tmp_path) as r:
        before = r.api.deployments
        demo.fault("ecs.UpdateService=deny")
        outcome = await r.carry_out(r.plan())
        assert outcome.kind == "failed"
        assert "ecs:UpdateService" in r.world.denied
        await r.read()
        assert r.api.deployments == before


async def test_read_only_plans_everything_and_sends_nothing(demo: Demo, tmp_path: Path) -> None:
    async with rig(demo, tmp_path, read_only=True) as r:
        planned = r.plan()
        demo.forget_counts()
        outcome = await r.carry_out(planned)
        assert (outcome.kind, outcome.sentence) == ("refused", "read-only: --read-only")
        assert not [name for name in demo.counts() if name.startswith("ecs.Update") or name.startswith("ecs.Stop")]


async def test_a_breaker_that_rolls_back_already_is_left_alone_and_its_stable_end_is_a_failure(
    demo: Demo, aws: Client, tmp_path: Path
) -> None:
    """A secret that is gone makes every new task fail: the demo's circuit breaker counts to its threshold and goes back."""
    async with rig(demo, tmp_path) as r:
        async with aws("secretsmanager") as secrets:
            await secrets.delete_secret(SecretId=f"{NAMES.secrets}jwt-secret-key", ForceDeleteWithoutRecovery=True)
        older = next(c for c in candidates(r.world, r.api) if c.good_at)
        await deploy(aws, r, older.number)
        r.session.follow(follow_of(r.api, r.world))
        await r.until(lambda: r.newest().rolling_back or r.newest().breaker == "TRIGGERED")
        groups = [g for g in grouped(t for t in r.world.tasks.value or () if t.part == "api") if g.cause.failed]
        assert [g.cause.id for g in groups] == ["secret-missing"]
        if r.newest().rolling_back:
            assert "rolling back already" in r.refusal()
        await r.until(lambda: not r.world.follows[-1].open)
        assert r.world.follows[-1].phase is Phase.FAILED
        assert "rolled it back" in r.world.follows[-1].sentence


@pytest.mark.long
async def test_enabling_shells_replaces_the_tasks_with_ones_that_have_the_agent(demo: Demo, aws: Client, tmp_path: Path) -> None:
    async with rig(demo, tmp_path) as r:
        async with aws("ecs") as ecs:
            await ecs.update_service(cluster=CLUSTER, service=API, enableExecuteCommand=False, forceNewDeployment=True)
        await r.read(MOVING)
        await r.until(lambda: not r.api.rolling)
        planned = enable_exec.plan(r.world, r.target, {}, r.session.facts())
        assert isinstance(planned, Plan), planned
        assert (await r.carry_out(planned)).kind == "done"
        await r.until(lambda: not r.api.rolling and bool(r.api.exec_enabled))
        running = [t for t in r.world.tasks.value or () if t.part == "api" and t.status == "RUNNING"]
        assert running
        assert all(t.exec_enabled for t in running)


async def test_the_last_lines_of_a_task_come_from_its_own_stream(demo: Demo, tmp_path: Path) -> None:
    async with rig(demo, tmp_path) as r:
        run = next(t for t in r.world.tasks.value or () if t.part == "migration")
        lines = await r.session.task_log(run)
        assert lines
        assert {line.task for line in lines} == {run.id[:8]}
        assert isinstance(r.world.tasks, Seen)


@pytest.mark.long
async def test_a_stopped_task_is_remembered_after_ecs_forgot_it(demo: Demo, tmp_path: Path) -> None:
    async with rig(demo, tmp_path) as r:
        run = next(t for t in r.world.tasks.value or () if t.part == "migration")
        await r.until(lambda: all(t.arn != run.arn for t in r.world.tasks.value or ()), seconds=600)
        assert run.arn in {t.arn for t in r.world.remembered}
    async with rig(demo, tmp_path) as again:
        assert run.arn in {t.arn for t in again.world.remembered}
