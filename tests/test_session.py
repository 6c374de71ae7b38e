"""The six steps of a change against a scripted gateway: what is sent, what is refused, what stands in the journal."""

import asyncio
import os
import random
import threading

import msgspec
import pytest

from clickit_tui.actions.registry import Target, actions
from clickit_tui.aws.errors import OutcomeUnknown
from clickit_tui.aws.meter import Meter
from clickit_tui.config import Flags, load
from clickit_tui.journal import FollowBegun, Intent, Progressed, Result, StoppedTask
from clickit_tui.logs.fetch import Event, Page
from clickit_tui.plan import Basis, Call, Refused, Step
from clickit_tui.poll import Source
from clickit_tui.session import Session
from clickit_tui.world.ecs import Deployment, Service, Task
from clickit_tui.world.follow import Follow, Phase
from clickit_tui.world.parts import Alarm, Identity
from clickit_tui.world.seen import Failed, Fault, Seen, Trouble
from tests.stepped import SteppedClock

WHERE = Identity(account="123456789012", arn="arn:aws:sts::123456789012:assumed-role/OnCall/anna", region="eu-west-1")
TASK = Task(arn="arn:aws:ecs:eu-west-1:123456789012:task/c/aaaa", id="aaaa", part="api", group="service:clickit-dev-api", status="RUNNING")


def service(**changes):
    primary = Deployment(id="ecs-svc/1", status="PRIMARY", rollout="COMPLETED", desired=2, running=2)
    plain = Service(
        part="api",
        name="clickit-dev-api",
        arn="arn:service",
        cluster="c",
        status="ACTIVE",
        desired=2,
        running=2,
        pending=0,
        deployments=(primary,),
    )
    return msgspec.structs.replace(plain, **changes)


def fault(kind=Trouble.SERVER, sentence="it broke"):
    return Fault(kind=kind, sentence=sentence)


class ScriptedGateway:
    """Answers identity and executes by script; remembers what was sent and what stood in the journal at that moment."""

    def __init__(self, clock):
        self.meter = Meter(clock)
        self.read_only_why = ""
        self.here = WHERE
        self.sent = []
        self.script = []
        self.before_send = lambda: None
        self.closed = False

    def lock(self, why):
        self.read_only_why = self.read_only_why or why

    async def identity(self):
        if isinstance(self.here, BaseException):
            raise self.here
        return self.here

    async def known_place(self):
        return msgspec.structs.replace(WHERE, account="", arn="", endpoint="127.0.0.1:4566")

    async def execute(self, call):
        self.before_send()
        self.sent.append(call)
        answer = self.script.pop(0) if self.script else {}
        if callable(answer):
            answer = answer()
        if isinstance(answer, BaseException):
            raise answer
        return answer

    async def close(self):
        self.closed = True


class Rig:
    def __init__(self, tmp_path):
        self.clock = SteppedClock()
        self.state_dir = str(tmp_path / "state")
        self.answers = {"services": (service(),), "tasks": (TASK,), "alarms": (), "targets": (), "target_groups": ()}
        self.log = ()
        self.new()

    def new(self, config=None):
        self.gateway = ScriptedGateway(self.clock)
        config = config or load(Flags(env="dev"), {}, state_dir=self.state_dir)
        self.session = Session(
            config,
            clock=self.clock,
            rng=random.Random(1),
            sleep=self.clock.sleep,
            gateway=self.gateway,
            built=lambda _: self.sources(),
            logs=self.page,
        )

    async def page(self, ask):
        if isinstance(self.log, BaseException):
            raise self.log
        return Page(events=tuple(e for e in self.log if ask.start_ms <= e.at_ms) if "api" in ask.group else ())

    def sources(self):
        def source(field):
            async def fetch(world):
                got = self.answers[field]
                if isinstance(got, BaseException):
                    raise got
                return {field: got}

            return Source(name=field, feeds=frozenset({field}), every_s=5.0, fetch=fetch)

        async def identity(world):
            return {"identity": await self.gateway.identity()}

        return (*(source(f) for f in self.answers), Source(name="identity", feeds=frozenset({"identity"}), every_s=60.0, fetch=identity))

    async def start(self):
        await self.session.start()
        self.session.store.subscribe(("services",), lambda *_: None)
        await self.clock.settle()
        await self.clock.advance(2)

    async def run(self, plan, replan=None):
        """Carry out while the clock moves on."""
        carried = asyncio.create_task(self.session.carry_out(plan, replan or (lambda world: self.plan())))
        while not carried.done():
            await self.clock.advance(0.5)
            await asyncio.sleep(0.001)
        return carried.result()

    def plan(self, id="scale", **given):
        chosen = next(a for a in actions() if a.id == id)
        target = Target(kind="task", part="api", id=TASK.arn) if id == "stop_task" else Target(kind="service", part="api", id="arn:service")
        return chosen.plan(self.session.store.world, target, given or {"count": "5"}, self.session.facts())

    def entries(self, kind):
        return [entry for entry in self.session.journal.entries() if isinstance(entry, kind)]


@pytest.fixture
async def rig(tmp_path):
    built = Rig(tmp_path)
    await built.start()
    yield built
    await built.session.stop()


async def test_a_change_is_journalled_before_and_after_and_followed(rig):
    at_sending = []
    rig.gateway.before_send = lambda: at_sending.extend(type(entry) for entry in rig.session.journal.entries())
    rig.gateway.script = [answered(rig, desired=5)]
    outcome = await rig.run(rig.plan())
    assert (outcome.kind, outcome.warnings) == ("done", ())
    assert at_sending == [Intent]
    assert rig.gateway.sent == [Call("ecs", "UpdateService", {"cluster": "c", "service": "clickit-dev-api", "desiredCount": 5})]
    (intent,), (result,), (begun,) = rig.entries(Intent), rig.entries(Result), rig.entries(FollowBegun)
    assert (result.id, result.state, result.requests) == (intent.id, "done", ("req-1",))
    assert (begun.id, begun.follow.desired, begun.account) == (intent.id, 5, WHERE.account)
    (following,) = rig.session.store.world.follows
    assert following.open
    assert following.follow.intent == intent.id
    assert rig.session.last_change().title == "SCALE clickit-dev-api"


async def test_the_follow_ends_when_the_world_shows_it_and_the_journal_says_so(rig):
    rig.gateway.script = [answered(rig, desired=5, running=3)]
    await rig.run(rig.plan())
    await rig.clock.advance(15)
    assert rig.session.store.world.follows[0].sentence.startswith("3 of 5 running")
    rig.answers["services"] = (service(desired=2, running=2),)
    await rig.clock.advance(35)
    assert rig.session.store.world.follows[0].phase is Phase.FAILED
    assert rig.session.journal.follows("dev", WHERE) == ()


async def test_read_only_refuses_before_anything_is_read_or_written(rig):
    rig.session.lock("locked from the palette")
    outcome = await rig.run(rig.plan())
    assert (outcome.kind, outcome.sentence) == ("refused", "read-only: locked from the palette")
    assert rig.gateway.sent == []
    assert rig.entries(Intent) == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"desired": 3}, "desired is 3 now, it was 2"),
        ({"deployments": (Deployment(id="ecs-svc/2", status="PRIMARY"),)}, "another deployment of api has begun"),
    ],
)
async def test_a_changed_basis_sends_nothing_and_gives_the_new_preview(rig, changes, says):
    plan = rig.plan()
    rig.answers["services"] = (service(**changes),)
    outcome = await rig.run(plan)
    assert outcome.kind == "changed"
    assert says in outcome.sentence
    assert outcome.plan.basis != plan.basis
    assert rig.gateway.sent == []
    assert rig.entries(Intent) == []


async def test_a_service_that_drains_is_refused_by_its_new_plan(rig):
    plan = rig.plan()
    rig.answers["services"] = (service(status="DRAINING"),)
    outcome = await rig.run(plan)
    assert outcome.kind == "refused"
    assert outcome.sentence.startswith("service api is DRAINING now, it was ACTIVE; ")
    assert rig.gateway.sent == []


async def test_live_counts_never_refuse(rig):
    plan = rig.plan()
    rig.answers["services"] = (service(running=0, pending=2),)
    assert (await rig.run(plan)).kind == "done"


async def test_a_redeploy_does_not_compare_the_count_it_does_not_overwrite(rig):
    plan = rig.plan("redeploy")
    rig.answers["services"] = (service(desired=4),)
    assert (await rig.run(plan)).kind == "done"


async def test_a_task_that_stopped_by_itself_is_not_stopped_again(rig):
    plan = rig.plan("stop_task")
    rig.answers["tasks"] = (msgspec.structs.replace(TASK, status="STOPPED"),)
    outcome = await rig.run(plan, lambda world: rig.plan("stop_task"))
    assert outcome.kind == "refused"
    assert "stopped by itself" in outcome.sentence
    assert rig.gateway.sent == []


async def test_a_replan_that_refuses_says_both(rig):
    plan = rig.plan()
    rig.answers["services"] = ()
    outcome = await rig.run(plan, lambda world: Refused("no such service"))
    assert (outcome.kind, outcome.sentence) == ("refused", "service api is not there any more; no such service")


async def test_a_read_that_fails_is_a_warning_not_a_refusal(rig):
    plan = rig.plan()
    rig.answers["services"] = Failed(fault(sentence="ECS is down"))
    outcome = await rig.run(plan)
    assert (outcome.kind, outcome.warnings) == ("done", ("could not check: ECS is down",))


async def test_a_read_that_never_ends_is_a_warning_too(rig, monkeypatch):
    monkeypatch.setattr("clickit_tui.carry.CHECK_S", 0.01)
    plan = rig.plan()
    await rig.session.poller.stop()
    monkeypatch.setattr(rig.session.poller, "read_now", lambda fields: asyncio.Event().wait())
    outcome = await rig.run(plan)
    assert (outcome.kind, outcome.warnings) == ("done", ("could not check: no answer in time",))


@pytest.mark.parametrize(
    ("now", "says"),
    [
        (Failed(fault(Trouble.CREDENTIALS, "the credentials have expired")), "could not be verified: the credentials have expired"),
        (msgspec.structs.replace(WHERE, account="999999999999"), "this is account 999999999999"),
        (msgspec.structs.replace(WHERE, arn="arn:aws:sts::123456789012:assumed-role/OnCall/bert"), "bert"),
        (msgspec.structs.replace(WHERE, region="us-east-1"), "region changed from eu-west-1 to us-east-1"),
        (msgspec.structs.replace(WHERE, endpoint="127.0.0.1:1"), "endpoint changed from AWS to 127.0.0.1:1"),
    ],
)
async def test_an_identity_that_cannot_be_verified_is_refused(rig, now, says):
    plan = rig.plan()
    rig.gateway.here = now
    outcome = await rig.run(plan)
    assert outcome.kind == "refused"
    assert says in outcome.sentence
    assert rig.gateway.sent == []


async def test_another_session_name_made_up_by_the_sdk_is_the_same_identity(rig):
    rig.gateway.here = msgspec.structs.replace(WHERE, arn="arn:aws:sts::123456789012:assumed-role/OnCall/botocore-session-1")
    rig.session.refresh(("identity",))
    await rig.clock.advance(5)
    plan = rig.plan()
    assert plan.basis.identity.endswith("botocore-session-1")
    rig.gateway.here = msgspec.structs.replace(WHERE, arn="arn:aws:sts::123456789012:assumed-role/OnCall/botocore-session-2")
    assert (await rig.run(plan)).kind == "done"


async def test_the_first_change_pins_and_another_account_is_refused_from_then_on(rig):
    assert (await rig.run(rig.plan())).kind == "done"
    await rig.session.stop()
    rig.new()
    rig.gateway.here = msgspec.structs.replace(WHERE, account="999999999999", arn="arn:aws:iam::999999999999:user/anna")
    await rig.start()
    outcome = await rig.run(rig.plan())
    assert outcome.kind == "refused"
    assert "dev was account 123456789012" in outcome.sentence
    assert rig.gateway.sent == []


async def test_an_endpoint_that_is_not_aws_has_a_pin_of_its_own(rig):
    assert (await rig.run(rig.plan())).kind == "done"
    await rig.session.stop()
    rig.new()
    rig.gateway.here = msgspec.structs.replace(WHERE, account="000000000000", endpoint="127.0.0.1:5000")
    await rig.start()
    assert (await rig.run(rig.plan())).kind == "done"


async def test_a_denied_call_is_remembered_and_a_later_success_forgets_it(rig):
    rig.gateway.script = [Failed(fault(Trouble.DENIED, "no permission: ecs:UpdateService"))]
    outcome = await rig.run(rig.plan())
    assert (outcome.kind, outcome.sentence) == ("failed", "no permission: ecs:UpdateService")
    assert rig.session.store.world.denied == {"ecs:UpdateService"}
    rig.session.refresh(("services",))
    assert rig.session.store.world.denied == {"ecs:UpdateService"}
    assert [result.state for result in rig.entries(Result)] == ["failed"]
    assert rig.session.store.world.follows == ()
    assert (await rig.run(rig.plan())).kind == "done"
    assert rig.session.store.world.denied == frozenset()


async def test_reading_everything_again_forgets_what_was_denied_since_it_may_be_granted_now(rig):
    rig.gateway.script = [Failed(fault(Trouble.DENIED, "no permission: ecs:UpdateService"))]
    await rig.run(rig.plan())
    rig.session.refresh()
    assert rig.session.store.world.denied == frozenset()


def answered(rig, **changes):
    """A write after which the service is so."""

    def answer():
        rig.answers["services"] = (service(**changes),)
        return {"ResponseMetadata": {"RequestId": "req-1"}, "service": {}}

    return answer


def lost_after(rig, **changes):
    def answer():
        rig.answers["services"] = (service(**changes),)
        return OutcomeUnknown(fault(Trouble.UNREACHABLE, "no answer in time"))

    return answer


async def test_a_lost_answer_is_settled_by_reading(rig):
    rig.gateway.script = [lost_after(rig, desired=5)]
    outcome = await rig.run(rig.plan())
    assert outcome.kind == "done"
    assert "reading shows that it was carried out" in outcome.sentence
    assert [result.state for result in rig.entries(Result)] == ["unknown", "done"]
    assert len(rig.session.store.world.follows) == 1
    assert len(rig.gateway.sent) == 1


async def test_a_lost_answer_without_effect_stays_unknown_and_is_never_sent_again(rig):
    rig.gateway.script = [lost_after(rig, desired=2)]
    outcome = await rig.run(rig.plan())
    assert outcome.kind == "unknown"
    assert "no effect so far" in outcome.sentence
    assert [result.state for result in rig.entries(Result)] == ["unknown"]
    assert len(rig.gateway.sent) == 1


async def test_a_lost_redeploy_is_followed_by_what_appears(rig):
    new = Deployment(id="ecs-svc/2", status="PRIMARY", created_at=rig.clock() + 10, rollout="IN_PROGRESS")
    rig.gateway.script = [lost_after(rig, deployments=(new,))]
    assert (await rig.run(rig.plan("redeploy"))).kind == "done"
    await rig.clock.advance(6)
    assert rig.session.store.world.follows[0].follow.deployment == "ecs-svc/2"


async def test_a_lost_answer_that_cannot_be_read_either_stays_unknown(rig):
    def answer():
        rig.answers["services"] = Failed(fault())
        return OutcomeUnknown(fault(Trouble.UNREACHABLE, "no answer in time"))

    rig.gateway.script = [answer]
    outcome = await rig.run(rig.plan())
    assert outcome.kind == "unknown"
    assert "reading cannot tell" in outcome.sentence


async def test_a_journal_that_cannot_be_written_means_nothing_is_sent(rig, monkeypatch):
    plan = rig.plan()
    monkeypatch.setattr("clickit_tui.linefile.write", _full)
    outcome = await rig.run(plan)
    assert outcome.kind == "refused"
    assert rig.gateway.sent == []


def _full(*_, **__):
    raise OSError(28, "No space left on device")


async def test_a_disk_that_fills_after_sending_is_a_warning(rig, monkeypatch):
    plan = rig.plan()
    rig.gateway.before_send = lambda: monkeypatch.setattr("clickit_tui.linefile.write", _full)
    outcome = await rig.run(plan)
    assert outcome.kind == "done"
    assert "No space left" in outcome.warnings[0]
    assert "No space left" in rig.session.notices[0]


def several(rig, *steps, **changes):
    """A plan of several calls on the api; a step is an operation's name and what it waits for."""
    return msgspec.structs.replace(rig.plan(), steps=steps, then=None, **changes)


def call(name, **more):
    return Step(call=Call("ecs", name, {}), name=name.lower(), **more)


def until_idle(**more):
    """Waits until the api runs nothing."""
    idle = {"until": lambda world: world.services.value[0].running == 0, "until_label": "0 running", "until_reads": ("services",)}
    return call("One", **(idle | more))


async def moved(rig, until):
    for _ in range(200):
        if until():
            return
        await rig.clock.advance(0.5)
        await asyncio.sleep(0.001)
    raise AssertionError("it never came")


def steps_of(rig):
    return next(f for f in rig.session.store.world.follows if f.follow.kind == "steps")


async def test_a_plan_that_waits_gives_the_dialog_free_and_goes_on_by_itself(rig):
    seen = []
    rig.gateway.before_send = lambda: seen.append(rig.session.store.world.services.value[0].running)
    then = Follow(kind="scale", env="dev", part="api", service="clickit-dev-api", desired=2, before=5)
    outcome = await rig.run(several(rig, until_idle(then=then), call("Two"), call("Three")))
    assert (outcome.kind, outcome.accepted) == ("done", 1)
    assert "call 1 of 3 accepted (one): waiting for 0 running" in outcome.sentence
    await rig.clock.advance(12)
    assert [each.operation for each in rig.gateway.sent] == ["One"]
    assert steps_of(rig).open
    assert [f.follow.kind for f in rig.session.store.world.follows] == ["scale", "steps"]
    other = await rig.run(rig.plan("redeploy"))
    assert other.kind == "done", "another change may be sent while it waits"
    rig.answers["services"] = (service(running=0),)
    await moved(rig, lambda: not steps_of(rig).open)
    assert [each.operation for each in rig.gateway.sent] == ["One", "UpdateService", "Two", "Three"]
    assert seen[-2:] == [0, 0]
    assert (steps_of(rig).phase, steps_of(rig).sentence) == (Phase.DONE, "SCALE clickit-dev-api: sent and accepted, 3 calls")
    told = [(entry.number, entry.state) for entry in rig.entries(Progressed)]
    assert told == [(1, "sending"), (1, "sent"), (2, "sending"), (2, "sent"), (3, "sending"), (3, "sent")]
    states = {entry.id: entry.state for entry in rig.entries(Result)}
    assert states[steps_of(rig).follow.intent] == "done"


async def test_a_later_call_that_fails_is_told_exactly(rig):
    rig.gateway.script = [{}, Failed(fault(Trouble.DENIED, "no"))]
    outcome = await rig.run(several(rig, call("One"), call("Two"), call("Three")))
    assert (outcome.kind, outcome.accepted) == ("failed", 1)
    assert outcome.sentence == "after 1 of 3 calls (one): two: no; not sent: three"
    assert rig.session.store.world.denied == {"ecs:Two"}
    assert rig.entries(Result)[-1].sentence == outcome.sentence
    assert rig.session.last_change() is not None, "what was accepted can be undone"


async def test_a_call_that_does_not_depend_on_the_failed_one_is_sent_all_the_same(rig):
    rig.gateway.script = [{}, Failed(fault(Trouble.DENIED, "no"))]
    steps = (
        call("One"),
        call("Two"),
        call("Three", after=("two",)),
        call("Four", after=("one",)),
        call("Five", after=("four",)),
        call("Six"),
    )
    outcome = await rig.run(several(rig, *steps))
    assert [each.operation for each in rig.gateway.sent] == ["One", "Two", "Four", "Five"]
    assert outcome.sentence == (
        "after 1 of 6 calls (one): two: no; not sent: three, six; four was sent all the same; five was sent all the same"
    )
    told = [(entry.number, entry.state) for entry in rig.entries(Progressed)]
    assert told[-4:] == [(4, "sending"), (4, "sent"), (5, "sending"), (5, "sent")]


async def test_a_failed_wait_holds_up_only_what_depends_on_it(rig):
    waits = until_idle(vain=lambda world: "it is storage-full")
    await rig.run(several(rig, waits, call("Two", after=("one",)), call("Three", after=())))
    await moved(rig, lambda: not steps_of(rig).open)
    assert [each.operation for each in rig.gateway.sent] == ["One", "Three"]
    assert steps_of(rig).sentence == "after 1 of 3 calls (one): it is storage-full; not sent: two; three was sent all the same"


async def test_another_identity_stops_also_what_does_not_depend(rig):
    def leave():
        rig.gateway.here = msgspec.structs.replace(WHERE, account="999999999999")
        raise Failed(fault(Trouble.SERVER, "broke"))

    rig.gateway.script = [{}, leave]
    await rig.run(several(rig, call("One"), call("Two"), call("Three", after=())))
    assert [each.operation for each in rig.gateway.sent] == ["One", "Two"]


async def test_a_lost_answer_between_calls_sends_nothing_more(rig):
    rig.gateway.script = [{}, OutcomeUnknown(fault(Trouble.UNREACHABLE, "no answer"))]
    outcome = await rig.run(several(rig, call("One"), call("Two"), call("Three")))
    assert outcome.kind == "unknown"
    assert "after 1 of 3 calls (one): two: nobody knows; not sent: three" in outcome.sentence
    assert [each.operation for each in rig.gateway.sent] == ["One", "Two"]


@pytest.mark.parametrize(("desired", "says"), [(5, "reading shows that it was carried out: scale"), (3, "reading shows no effect so far")])
async def test_a_lost_answer_of_one_call_of_several_is_settled_by_reading_too(rig, desired, says):
    plan = rig.plan()
    scaled = msgspec.structs.replace(plan.steps[0], name="scale")
    rig.gateway.script = [{}, lost_after(rig, desired=desired)]
    outcome = await rig.run(several(rig, call("One"), scaled, call("Three")))
    assert outcome.kind == "unknown"
    assert "after 1 of 3 calls (one): scale: nobody knows; not sent: three" in outcome.sentence
    assert says in outcome.sentence
    assert len(rig.gateway.sent) == 2


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"until_s": 60.0}, "after 1 of 2 calls (one): waited 1 minutes for 0 running; not sent: two"),
        ({"vain": lambda world: "it is storage-full"}, "after 1 of 2 calls (one): it is storage-full; not sent: two"),
    ],
)
async def test_waiting_that_is_vain_sends_nothing_more(rig, more, says):
    await rig.run(several(rig, until_idle(**more), call("Two")))
    await moved(rig, lambda: not steps_of(rig).open)
    assert (steps_of(rig).phase, steps_of(rig).sentence) == (Phase.FAILED, says)
    assert rig.entries(Result)[-1].state == "failed"
    assert [each.operation for each in rig.gateway.sent] == ["One"]


async def test_a_defect_while_it_waits_ends_it_and_is_said(rig):
    def broken(world):
        raise KeyError("a value that is not told")

    await rig.run(several(rig, until_idle(until=broken), call("Two")))
    await moved(rig, lambda: not steps_of(rig).open)
    says = "after 1 of 2 calls (one): this program failed (KeyError); not sent: two"
    assert (steps_of(rig).phase, steps_of(rig).sentence) == (Phase.FAILED, says)
    assert (rig.entries(Result)[-1].state, rig.entries(Result)[-1].sentence) == ("failed", says)
    assert [each.operation for each in rig.gateway.sent] == ["One"]


async def test_what_could_not_be_read_again_ends_no_waiting(rig):
    rig.answers["services"] = Failed(fault(Trouble.THROTTLED, "slow down"))
    await rig.run(several(rig, until_idle(until=lambda world: True), call("Two")))
    await rig.clock.advance(30)
    assert [each.operation for each in rig.gateway.sent] == ["One"]
    assert steps_of(rig).open
    rig.answers["services"] = (service(),)
    await moved(rig, lambda: len(rig.gateway.sent) == 2)


@pytest.mark.parametrize(
    ("happens", "says"),
    [
        (lambda rig: setattr(rig.gateway, "here", msgspec.structs.replace(WHERE, account="999999999999")), "this is account 999999999999"),
        (lambda rig: rig.answers.update(services=(service(running=0, desired=3),)), "desired is 3 now, it was 2"),
    ],
)
async def test_a_later_call_is_not_sent_to_what_is_no_longer_as_shown(rig, happens, says):
    await rig.run(several(rig, until_idle(), call("Two", basis=Basis(part="api", desired=2))))
    rig.answers["services"] = (service(running=0),)
    happens(rig)
    await moved(rig, lambda: not steps_of(rig).open)
    assert steps_of(rig).sentence.startswith(f"after 1 of 2 calls (one): {says}")
    assert steps_of(rig).sentence.endswith("not sent: two")
    assert [each.operation for each in rig.gateway.sent] == ["One"]


async def test_a_program_that_ends_while_a_plan_waits_says_what_it_did_not_send(rig):
    await rig.run(several(rig, until_idle(), call("Two")))
    await rig.session.stop()
    (result,) = rig.entries(Result)
    assert (result.state, result.sentence) == ("failed", "after 1 of 2 calls (one): the program ended; not sent: two")
    rig.new()
    await rig.start()
    assert rig.session.store.world.follows == ()
    assert rig.session.notices == []


async def test_a_program_that_was_killed_between_calls_is_told_at_the_next_start(rig):
    await rig.run(several(rig, until_idle(), call("Two")))
    rig.session._carrier._rests.clear()
    rig.session.journal.close()
    rig.clock.now += 120
    rig.new()
    await rig.start()
    (notice,) = rig.session.notices
    assert notice.startswith("outcome unknown: SCALE clickit-dev-api")
    assert "call 1 of 2 (one) was accepted" in notice
    assert rig.session.store.world.follows == ()


async def test_only_one_change_at_a_time(rig):
    gate = asyncio.Event()
    rig.session._carrier._door = rig.gateway
    execute = rig.gateway.execute

    async def slow(call):
        await gate.wait()
        return await execute(call)

    rig.gateway.execute = slow
    first = asyncio.create_task(rig.session.carry_out(rig.plan(), lambda world: rig.plan()))
    while not rig.entries(Intent):
        await rig.clock.advance(0.5)
        await asyncio.sleep(0.001)
    second = await rig.run(rig.plan())
    assert second.kind == "refused"
    gate.set()
    while not first.done():
        await rig.clock.advance(0.5)
        await asyncio.sleep(0.001)
    assert first.result().kind == "done"


async def test_the_next_session_resumes_follows_and_says_what_is_unknown(rig):
    rig.gateway.script = [answered(rig, desired=5)]
    await rig.run(rig.plan())
    rig.session.journal.intent(rig.plan("redeploy"), WHERE)
    await rig.session.stop()
    rig.clock.now += 600
    rig.answers["services"] = (service(desired=5, running=4),)
    rig.new()
    await rig.start()
    (following,) = rig.session.store.world.follows
    assert following.sentence.startswith("4 of 5 running")
    assert any("outcome unknown: REDEPLOY clickit-dev-api" in notice for notice in rig.session.notices)
    await rig.session.stop()
    rig.new()
    await rig.start()
    assert not any("outcome unknown" in notice for notice in rig.session.notices)


async def test_a_count_that_changes_while_recovery_is_awaited_is_no_failure_after_a_restart_either(rig):
    rig.gateway.script = [answered(rig, desired=5)]
    await rig.run(rig.plan())
    rig.answers["services"] = (service(desired=5, running=5),)
    await rig.clock.advance(10)
    (steady,) = rig.session.store.world.follows
    assert (steady.phase, steady.open) == (Phase.STEADY, True)
    await rig.session.stop()
    rig.answers["services"] = (service(desired=3, running=3),)
    rig.new()
    await rig.start()
    (ended,) = rig.session.store.world.follows
    assert ended.phase is Phase.STEADY
    assert "5 of 5 running in" in ended.sentence
    assert "then desired was changed to 3" in ended.sentence


async def test_a_follow_of_another_account_is_not_resumed(rig):
    await rig.run(rig.plan())
    await rig.session.stop()
    rig.new()
    rig.gateway.here = msgspec.structs.replace(WHERE, account="999999999999")
    await rig.start()
    assert rig.session.store.world.follows == ()


async def test_a_follow_that_is_too_old_ends_as_unknown(rig):
    rig.session.journal.follow_begun(Follow(kind="scale", env="dev", part="api", intent="x", started_at=rig.clock() - 7 * 3600), WHERE)
    await rig.session.stop()
    rig.new()
    await rig.start()
    assert rig.session.store.world.follows == ()
    assert rig.session.journal.follows("dev", WHERE) == ()


async def test_stopped_tasks_and_alarms_are_kept_once(rig):
    stopped = msgspec.structs.replace(TASK, status="STOPPED", stopped_reason="Essential container in task exited")
    rig.answers["tasks"], rig.answers["alarms"] = (stopped,), (Alarm(name="5xx", state="ALARM", since=1.0),)
    await rig.clock.advance(30)
    kinds = [type(entry).__name__ for entry in rig.session.journal.entries()]
    assert sorted(set(kinds)) == ["AlarmChange", "StoppedTask", "VerdictChange"]
    assert (kinds.count("AlarmChange"), kinds.count("StoppedTask")) == (1, 1)


async def test_tasks_that_stopped_before_it_was_known_where_we_are_are_kept_as_soon_as_it_is(rig):
    await rig.session.stop()
    rig.new()
    rig.gateway.here = Failed(fault(Trouble.UNREACHABLE, "no answer in time"))
    rig.answers["tasks"] = (msgspec.structs.replace(TASK, status="STOPPED", stopped_reason="Essential container in task exited"),)
    await rig.start()
    assert rig.entries(StoppedTask) == []
    rig.session.store.put(identity=Seen(value=WHERE, seen_at=rig.clock()))
    assert [entry.task.arn for entry in rig.entries(StoppedTask)] == [TASK.arn]


async def test_stopping_leaves_no_task_and_closes_the_gateway(rig):
    await rig.run(rig.plan())
    await rig.session.stop()
    assert rig.gateway.closed
    assert not [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]


async def test_the_journal_masks_what_the_notes_mask(rig):
    assert rig.session.journal.masked("redis-cli -a hunter2 ping") == rig.session.recorder.masked("redis-cli -a hunter2 ping")
    assert "hunter2" not in rig.session.journal.masked("redis-cli -a hunter2 ping")


async def test_a_session_needs_an_environment(tmp_path):
    with pytest.raises(ValueError, match="name of an environment"):
        Session(load(Flags(), {}, state_dir=str(tmp_path)))


async def test_the_log_s_counts_reach_the_world_and_its_lines_the_screen(rig):
    before = rig.session.log_version()
    rig.log = (Event(int(rig.clock() * 1000), "ERROR could not connect to server: connection refused", "s", "1"),)
    await rig.clock.advance(30)
    assert [line.level for line in rig.session.log_lines()] == ["error"]
    assert rig.session.log_version() > before
    assert sum(count for part, _, level, count in rig.session.store.world.log.value.minutes if level == "error") == 1
    assert rig.session.log_state() == ("LIVE", "plain")


async def test_a_log_that_cannot_be_read_is_a_fault_in_the_world(rig):
    rig.log = Failed(fault(Trouble.DENIED, "no permission: logs:FilterLogEvents"))
    await rig.clock.advance(60)
    assert rig.session.store.world.log.fault.kind is Trouble.DENIED
    assert rig.session.log_state()[1] == "fail"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ('masks = ["ORDER-[0-9]+"]', "‹masked› password=‹masked›"),
        ('mask = false\nmasks = ["ORDER-[0-9]+"]', "‹masked› password=hunter22"),
        ("mask = false", "ORDER-1 password=hunter22"),
    ],
)
async def test_the_log_is_masked_as_the_configuration_says(rig, tmp_path, said, shown):
    (tmp_path / "clickit.toml").write_text(said)
    await rig.session.stop()
    rig.new(load(Flags(env="dev", config=str(tmp_path / "clickit.toml")), {}, state_dir=rig.state_dir))
    rig.log = (Event(int(rig.clock() * 1000), "ORDER-1 password=hunter22", "ecs/api/1", "e1"),)
    await rig.start()
    await rig.clock.advance(10)
    assert [line.text for line in rig.session.log_lines()] == [shown]


MFA = """
[profile base]
aws_access_key_id = AKIABASE
aws_secret_access_key = s
[profile careful]
role_arn = arn:aws:iam::111122223333:role/Careful
mfa_serial = arn:aws:iam::111122223333:mfa/anna
source_profile = base
"""


async def test_who_can_answer_is_asked_for_an_mfa_code_and_after_a_no_again_by_logging_in(tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    (tmp_path / "config").write_text(MFA)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("HOME", str(tmp_path))
    session = Session(load(Flags(env="dev", profile="careful", region="eu-west-1"), {}, state_dir=str(tmp_path)))
    prompts = []

    async def no(prompt):
        prompts.append(prompt)

    async def identity():
        with pytest.raises(Failed, match="the role needs an MFA code") as failed:
            await session.gateway.identity()
        return failed.value.fault

    assert (await identity()).kind is Trouble.CREDENTIALS
    await session.gateway.renew()
    session.ask_mfa = no
    assert "press L" in (await identity()).fix
    await identity()
    assert [("mfa/anna" in prompt) for prompt in prompts] == [True]
    assert await session.login(prompts.append) == "asking for the MFA code again"
    await identity()
    assert len(prompts) == 2
    await session.stop()


async def test_the_place_is_shown_while_sts_does_not_answer(rig):
    await rig.session.stop()
    rig.new()
    rig.gateway.here = Failed(fault(Trouble.UNREACHABLE, "no answer in time"))
    await rig.start()
    seen = rig.session.store.world.identity
    assert (seen.value.account, seen.value.region, seen.value.endpoint) == ("", "eu-west-1", "127.0.0.1:4566")
    assert (seen.fault.kind, seen.seen_at) == (Trouble.UNREACHABLE, None)
    outcome = await rig.run(rig.plan())
    assert (outcome.kind, rig.gateway.sent) == ("refused", [])
    assert "could not be verified" in outcome.sentence
    rig.gateway.here = WHERE
    rig.session.refresh(("identity",))
    await rig.clock.advance(3)
    assert rig.session.store.world.identity.value == WHERE
    assert (await rig.run(rig.plan())).kind == "done"


async def test_an_identity_without_an_account_writes_nothing(rig):
    rig.gateway.here = msgspec.structs.replace(WHERE, account="")
    outcome = await rig.run(msgspec.structs.replace(rig.plan(), basis=msgspec.structs.replace(rig.plan().basis, account="")))
    assert (outcome.kind, rig.gateway.sent, rig.entries(Intent)) == ("refused", [], [])


async def test_a_foreign_account_is_said_and_neither_pinned_nor_journalled(rig):
    foreign = "this is account 123456789012, but dev is configured for 111111111111"
    plan = rig.plan()
    rig.gateway.here = Failed(fault(Trouble.REFUSED, foreign))
    rig.session.refresh(("identity",))
    await rig.clock.advance(3)
    assert foreign in rig.session.notices
    outcome = await rig.run(plan)
    assert (outcome.kind, outcome.sentence, rig.gateway.sent, rig.entries(Intent)) == ("refused", foreign, [], [])
    assert rig.session._carrier._pins.all() == {}


async def test_a_wrong_clock_is_said_once_with_its_seconds(rig):
    await rig.session.stop()
    rig.new()
    rig.gateway.here = msgspec.structs.replace(WHERE, skew_s=-95.0)
    await rig.start()
    rig.gateway.here = msgspec.structs.replace(WHERE, skew_s=-97.0)
    await rig.clock.advance(200)
    assert rig.session.notices == ["this machine's clock is 95 s behind AWS's: ages and times on this screen are off by that"]


async def test_a_journal_that_takes_long_holds_back_changes_and_nothing_else(rig, monkeypatch):
    await rig.session.stop()
    rig.new()
    read_on = threading.Event()
    load = rig.session.journal.load
    monkeypatch.setattr(rig.session.journal, "load", lambda: (read_on.wait(60), load()))
    monkeypatch.setattr("clickit_tui.session.LOAD_S", 0.01)
    try:
        await rig.start()
        assert rig.session.store.world.services.value == rig.answers["services"]
        outcome = await rig.run(rig.plan())
        assert (outcome.kind, rig.gateway.sent, rig.entries(Intent)) == ("refused", [], [])
    finally:
        read_on.set()
    while not rig.session._loaded:  # noqa: ASYNC110 - the thread tells nobody else
        await asyncio.sleep(0.001)
    assert (await rig.run(rig.plan())).kind == "done"


async def test_an_incident_is_declared_with_the_verdicts_of_that_moment_and_resumed_by_the_next_session(rig):
    rig.answers["alarms"] = (Alarm(name="clickit-dev-alb-5xx", state="ALARM", since=rig.clock.now - 30),)
    await rig.clock.advance(6)
    assert await rig.session.declare("checkout fails", rig.clock.now - 60) == ""
    (one,) = rig.session.store.world.incidents
    assert one.open
    assert ("alarms", "FAIL") in [(each.part, each.verdict) for each in rig.session.store.world.record]
    await rig.session.stop()
    rig.new()
    await rig.start()
    assert rig.session.store.world.incidents == (one,)
    assert await rig.session.resolve("gone") == ""
    text, where = await rig.session.incident_note()
    assert text.startswith("# checkout fails")
    assert where.startswith(rig.state_dir)
    assert not rig.session.store.world.incidents[0].open
