"""Changes through a whole session against the embedded ClickIt over HTTP: sent, guarded, journalled, followed to the end."""

import asyncio
import time

import pytest

from clickit_tui.actions.registry import Target, actions
from clickit_tui.config import Flags, load
from clickit_tui.journal import FollowEnded, Intent, Result
from clickit_tui.plan import Plan
from clickit_tui.session import FOLLOWED, Session
from clickit_tui.world.follow import Phase

pytestmark = pytest.mark.xdist_group("demo")


class Drive:
    """A session whose clock is the simulator's."""

    def __init__(self, demo, tmp_path, **flags):
        self.demo = demo
        self.ahead_s = 0.0
        config = load(Flags(env="dev", config="/dev/null", **flags), {}, state_dir=str(tmp_path))
        self.session = Session(config, clock=lambda: time.time() + self.ahead_s)

    async def __aenter__(self):
        await self.session.start()
        self.leave = self.session.store.subscribe(("services", "tasks", "targets", "identity", "scaling"), lambda *_: None)
        await asyncio.wait_for(self.session.poller.tried(("services", "tasks", "targets", "identity", "scaling")), 30)
        return self

    async def __aexit__(self, *_):
        await self.session.stop()

    @property
    def world(self):
        return self.session.store.world

    @property
    def service(self):
        return next(s for s in self.world.services.value if s.part == "api")

    def plan(self, id="scale", count="3"):
        chosen = next(a for a in actions() if a.id == id)
        task = next(t for t in self.world.tasks.value if t.part == "api" and t.status == "RUNNING")
        target = (
            Target(kind="task", part="api", id=task.arn) if id == "stop_task" else Target(kind="service", part="api", id=self.service.arn)
        )
        planned = chosen.plan(self.world, target, {"count": count}, self.session.facts())
        assert isinstance(planned, Plan)
        return planned

    async def carry_out(self, plan):
        return await self.session.carry_out(plan, lambda world: self.plan(plan.action))

    async def step(self, seconds):
        await asyncio.to_thread(self.demo.step, seconds)
        self.ahead_s += seconds
        await self.session.poller.read_now(FOLLOWED)

    async def followed(self):
        """Step until the newest follow has ended."""
        for _ in range(80):
            if self.world.follows and not self.world.follows[-1].open:
                break
            await self.step(15)
        return self.world.follows[-1]

    def entries(self, kind):
        return [entry for entry in self.session.journal.entries() if isinstance(entry, kind)]


@pytest.mark.parametrize("id", ["scale", "redeploy", "stop_task"])
async def test_a_change_is_carried_out_journalled_and_followed_to_the_end(id, demo, tmp_path):
    async with Drive(demo, tmp_path) as drive:
        deployment, task = drive.service.primary.id, drive.plan("stop_task").steps[0].call.params["task"]
        outcome = await drive.carry_out(drive.plan(id))
        assert (outcome.kind, outcome.warnings) == ("done", ())
        ended = await drive.followed()
        assert ended.phase is Phase.RECOVERED, ended.sentence
        (intent,), (result,), (end,) = drive.entries(Intent), drive.entries(Result), drive.entries(FollowEnded)
        assert (result.id, result.state, end.id, end.phase) == (intent.id, "done", intent.id, "recovered")
        assert result.requests[0]
        assert intent.who.arn == drive.world.identity.value.arn
        if id == "scale":
            assert drive.service.running == 3
        elif id == "redeploy":
            assert drive.service.primary.id == result.deployment != deployment
        else:
            assert next(t for t in drive.world.tasks.value if t.arn == task).stopped


async def test_read_only_refuses_and_no_write_leaves(demo, tmp_path):
    async with Drive(demo, tmp_path, read_only=True) as drive:
        outcome = await drive.carry_out(drive.plan())
        assert (outcome.kind, outcome.sentence) == ("refused", "read-only: --read-only")
        assert drive.entries(Intent) == []
        assert "ecs.UpdateService" not in demo.counts()


async def test_a_count_that_somebody_else_changed_gives_a_new_preview(demo, tmp_path, aws):
    async with Drive(demo, tmp_path) as drive:
        plan = drive.plan()
        async with aws("ecs") as ecs:
            await ecs.update_service(cluster="clickit-dev-cluster", service="clickit-dev-api", desiredCount=4)
        demo.forget_counts()
        outcome = await drive.carry_out(plan)
        assert outcome.kind == "changed"
        assert outcome.sentence == "desired is 4 now, it was 2"
        assert outcome.plan.basis.desired == 4
        assert "ecs.UpdateService" not in demo.counts()
        assert (await drive.carry_out(outcome.plan)).kind == "done"


async def test_a_denied_change_is_remembered(demo, tmp_path):
    demo.fault("ecs.UpdateService=deny")
    async with Drive(demo, tmp_path) as drive:
        outcome = await drive.carry_out(drive.plan())
        assert outcome.kind == "failed"
        assert "ecs:UpdateService" in outcome.sentence
        assert drive.world.denied == {"ecs:UpdateService"}


async def test_an_answer_lost_after_the_change_is_settled_by_reading_and_never_sent_again(demo, tmp_path):
    async with Drive(demo, tmp_path) as drive:
        demo.forget_counts()
        demo.fault("ecs.UpdateService=truncate:1")
        outcome = await drive.carry_out(drive.plan())
        assert demo.counts()["ecs.UpdateService"] == 1
        assert outcome.kind == "done"
        assert "reading shows that it was carried out" in outcome.sentence
        assert [result.state for result in drive.entries(Result)] == ["unknown", "done"]
        assert (await drive.followed()).phase is Phase.RECOVERED


async def test_a_connection_lost_before_the_change_stays_unknown_and_is_never_sent_again(demo, tmp_path):
    async with Drive(demo, tmp_path) as drive:
        demo.forget_counts()
        demo.fault("ecs.UpdateService=reset:1")
        outcome = await drive.carry_out(drive.plan())
        assert demo.counts()["ecs.UpdateService"] == 1
        assert outcome.kind == "unknown"
        assert "reading shows no effect so far" in outcome.sentence
        assert [result.state for result in drive.entries(Result)] == ["unknown"]


async def test_expired_credentials_refuse_because_the_identity_cannot_be_verified(demo, tmp_path):
    async with Drive(demo, tmp_path) as drive:
        plan = drive.plan()
        demo.fault("sts.GetCallerIdentity=expire")
        outcome = await drive.carry_out(plan)
        assert outcome.kind == "refused"
        assert "identity could not be verified" in outcome.sentence
        demo.heal()
        assert (await drive.carry_out(plan)).kind == "done"


async def test_a_read_that_fails_before_the_write_is_only_a_warning(demo, tmp_path):
    async with Drive(demo, tmp_path) as drive:
        plan = drive.plan()
        demo.fault("ecs.DescribeServices=deny")
        outcome = await drive.carry_out(plan)
        assert outcome.kind == "done"
        assert outcome.warnings[0].startswith("could not check: ")


async def test_the_next_session_follows_on(demo, tmp_path):
    async with Drive(demo, tmp_path) as first:
        await first.carry_out(first.plan())
    async with Drive(demo, tmp_path) as second:
        assert [f.follow.kind for f in second.world.follows] == ["scale"]
        assert (await second.followed()).phase is Phase.RECOVERED
    async with Drive(demo, tmp_path) as third:
        assert third.world.follows == ()


async def test_stopped_tasks_outlive_the_hour_in_which_ecs_forgets_them(demo, tmp_path):
    async with Drive(demo, tmp_path) as drive:
        stopped = {t.arn for t in drive.world.tasks.value if t.stopped}
        assert stopped
        await drive.step(2 * 3600)
        kept = {entry.task.arn for entry in drive.session.journal.entries() if type(entry).__name__ == "StoppedTask"}
        assert stopped <= kept
