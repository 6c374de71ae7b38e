import asyncio
import contextlib
import random

import pytest

from clickit_tui.poll import Doubted, Poller, Source
from clickit_tui.store import Store
from clickit_tui.world.seen import Age, Failed, Fault, Trouble
from clickit_tui.world.world import World
from tests.stepped import SteppedClock


class Bench:
    """A store, a stepped clock and sources whose answers the test scripts."""

    def __init__(self):
        self.clock = SteppedClock()
        self.store = Store(World(env="dev"))
        self.calls: dict[str, list[float]] = {}
        self.sources: list[Source] = []
        self.poller: Poller

    def source(self, name, answer, *, feeds=None, every_s=10.0, needs=(), **more):
        self.calls[name] = []

        async def fetch(world):
            self.calls[name].append(self.clock())
            got = answer(world) if callable(answer) else answer
            if asyncio.iscoroutine(got):
                got = await got
            if isinstance(got, BaseException):
                raise got
            return got

        self.sources.append(
            Source(name=name, feeds=frozenset(feeds or {name}), every_s=every_s, fetch=fetch, needs=frozenset(needs), **more)
        )

    def read(self, *fields):
        return self.store.subscribe(fields, lambda *_: None)

    async def start(self):
        self.poller = Poller(
            self.store,
            self.sources,
            fault_of=lambda error: Fault(kind=Trouble.UNKNOWN, sentence=str(error)),
            clock=self.clock,
            rng=random.Random(1),
            sleep=self.clock.sleep,
        )
        self.poller.start()
        await self.clock.settle()


@pytest.fixture
async def bench():
    built = Bench()
    yield built
    await built.poller.stop()


def fault(kind):
    return Failed(Fault(kind=kind, sentence=kind.value))


async def test_it_polls_at_its_interval_with_jitter(bench):
    bench.source("alarms", {"alarms": ()})
    bench.read("alarms")
    await bench.start()
    await bench.clock.advance(200)
    gaps = [b - a for a, b in zip(bench.calls["alarms"], bench.calls["alarms"][1:], strict=False)]
    assert len(gaps) >= 17
    assert all(9 <= gap <= 11 for gap in gaps)
    assert len(set(gaps)) > 5


async def test_nobody_reading_means_no_calls_and_a_reader_wakes_it(bench):
    bench.source("alarms", {"alarms": ()})
    await bench.start()
    await bench.clock.advance(100)
    assert bench.calls["alarms"] == []
    leave = bench.read("alarms")
    await bench.clock.advance(30)
    woken = len(bench.calls["alarms"])
    assert woken >= 2
    leave()
    await bench.clock.advance(100)
    assert len(bench.calls["alarms"]) == woken


async def test_waking_soon_after_a_fetch_waits_for_the_interval(bench):
    bench.source("alarms", {"alarms": ()})
    leave = bench.read("alarms")
    await bench.start()
    leave()
    await bench.clock.advance(3)
    bench.read("alarms")
    await bench.clock.advance(3)
    assert len(bench.calls["alarms"]) == 1


async def test_a_need_is_tried_first_and_is_polled_although_only_its_user_is_read(bench):
    gate = asyncio.Event()

    async def services():
        await gate.wait()
        raise Failed(Fault(kind=Trouble.DENIED, sentence="no"))

    bench.source("services", lambda world: services())
    bench.source("tasks", {"tasks": ()}, needs={"services"})
    bench.read("tasks")
    await bench.start()
    await bench.clock.advance(20)
    assert len(bench.calls["services"]) == 1
    assert bench.calls["tasks"] == []
    gate.set()
    await bench.clock.settle()
    assert len(bench.calls["tasks"]) == 1


async def test_a_need_that_no_source_feeds_does_not_block(bench):
    bench.source("tasks", {"tasks": ()}, needs={"log"})
    bench.read("tasks")
    await bench.start()
    assert len(bench.calls["tasks"]) == 1


async def test_a_failure_keeps_the_last_good_value_and_says_why_and_when_next(bench):
    answers = iter([{"alarms": ("a",)}, fault(Trouble.UNREACHABLE), {"alarms": ("b",)}])
    bench.source("alarms", lambda world: next(answers, {"alarms": ("b",)}))
    bench.read("alarms")
    await bench.start()
    first = bench.store.world.alarms
    assert (first.value, first.fault) == (("a",), None)
    await bench.clock.advance(11)
    failed = bench.store.world.alarms
    assert failed.value == ("a",)
    assert failed.seen_at == first.seen_at
    assert failed.fault is not None
    assert failed.fault.kind is Trouble.UNREACHABLE
    assert failed.next_try_at > bench.clock()
    assert failed.age(bench.clock()) is Age.STALE
    await bench.clock.advance(failed.next_try_at - bench.clock() + 0.1)
    again = bench.store.world.alarms
    assert (again.value, again.fault, again.next_try_at) == (("b",), None, None)


async def test_a_fault_of_one_field_leaves_the_other(bench):
    denied = Fault(kind=Trouble.DENIED, sentence="no", operation="elasticloadbalancing:DescribeTargetHealth")
    bench.source("edge", {"target_groups": ("g",), "targets": denied}, feeds={"target_groups", "targets"})
    bench.read("targets")
    await bench.start()
    assert bench.store.world.target_groups.fault is None
    assert bench.store.world.targets.fault == denied
    await bench.clock.advance(12)
    assert len(bench.calls["edge"]) == 2


async def test_throttling_backs_off_and_one_success_ends_it(bench):
    answers = iter([fault(Trouble.THROTTLED)] * 4)
    bench.source("alarms", lambda world: next(answers, {"alarms": ()}))
    bench.read("alarms")
    await bench.start()
    await bench.clock.advance(600)
    gaps = [b - a for a, b in zip(bench.calls["alarms"], bench.calls["alarms"][1:], strict=False)]
    assert 18 <= gaps[0] <= 22
    assert 36 <= gaps[1] <= 44
    assert 54 <= gaps[2] <= 66
    assert 54 <= gaps[3] <= 66
    assert all(9 <= gap <= 11 for gap in gaps[4:])


@pytest.mark.parametrize(("kind", "low", "high"), [(Trouble.DENIED, 54, 66), (Trouble.CREDENTIALS, 10, 15), (Trouble.WAITING, 4, 6)])
async def test_each_trouble_has_its_own_pace(bench, kind, low, high):
    bench.source("metrics", lambda world: fault(kind), every_s=60.0)
    bench.read("metrics")
    await bench.start()
    await bench.clock.advance(200)
    gaps = [b - a for a, b in zip(bench.calls["metrics"], bench.calls["metrics"][1:], strict=False)]
    assert gaps
    assert all(low <= gap <= high for gap in gaps)


@pytest.mark.parametrize("kind", [Trouble.DENIED, Trouble.UNSERVED, Trouble.THROTTLED])
async def test_what_is_read_seldom_is_tried_again_after_five_minutes(bench, kind):
    bench.source("nat", lambda world: fault(kind), every_s=3600.0)
    bench.read("nat")
    await bench.start()
    await bench.clock.advance(1000)
    gaps = [b - a for a, b in zip(bench.calls["nat"], bench.calls["nat"][1:], strict=False)]
    assert gaps
    assert all(270 <= gap <= 330 for gap in gaps)


async def test_a_source_that_is_down_for_long_is_tried_at_least_every_minute_or_so(bench):
    bench.source("nat", lambda world: fault(Trouble.UNREACHABLE), every_s=300.0)
    bench.read("nat")
    await bench.start()
    await bench.clock.advance(5000)
    gaps = [b - a for a, b in zip(bench.calls["nat"], bench.calls["nat"][1:], strict=False)]
    assert max(gaps) <= 66
    assert min(gaps) >= 9


async def test_any_other_exception_becomes_a_fault_and_the_loop_goes_on(bench):
    answers = iter([ValueError("boom")])
    bench.source("alarms", lambda world: next(answers, {"alarms": ("fine",)}))
    bench.read("alarms")
    await bench.start()
    assert bench.store.world.alarms.fault.sentence == "boom"
    await bench.clock.advance(30)
    assert bench.store.world.alarms.value == ("fine",)


async def test_refresh_polls_now_also_asleep_and_together_once(bench):
    bench.source("alarms", {"alarms": ()}, every_s=100.0)
    await bench.start()
    await bench.clock.advance(5)
    bench.poller.refresh(["alarms"])
    bench.poller.refresh(["alarms", "tasks"])
    await bench.clock.advance(50)
    assert len(bench.calls["alarms"]) == 1


async def test_refreshes_are_at_least_a_second_apart(bench):
    bench.source("alarms", {"alarms": ()})
    await bench.start()
    for _ in range(100):
        bench.poller.refresh(["alarms"])
        await bench.clock.advance(0.1)
    gaps = [b - a for a, b in zip(bench.calls["alarms"], bench.calls["alarms"][1:], strict=False)]
    assert min(gaps) >= 1.0
    assert len(gaps) >= 7


async def test_read_now_waits_for_a_fetch_that_began_after_it(bench):
    gates = [asyncio.Event(), asyncio.Event()]
    numbers = iter(range(2))

    async def answer():
        number = next(numbers)
        await gates[number].wait()
        return {"alarms": (number,)}

    bench.source("alarms", lambda world: answer())
    bench.read("alarms")
    await bench.start()
    asked = asyncio.create_task(bench.poller.read_now(["alarms"]))
    await bench.clock.settle()
    gates[0].set()
    await bench.clock.advance(2)
    assert not asked.done()
    gates[1].set()
    await bench.clock.settle()
    assert asked.done()
    assert bench.store.world.alarms.value == (1,)


async def test_stopping_ends_every_task_and_frees_who_waits(bench):
    gate = asyncio.Event()

    async def never():
        await gate.wait()

    bench.source("alarms", lambda world: never())
    bench.read("alarms")
    await bench.start()
    asked = asyncio.create_task(bench.poller.read_now(["alarms"]))
    await bench.clock.settle()
    await bench.poller.stop()
    await asyncio.wait_for(asked, 5)
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("poll ")]


async def test_stopping_at_the_moment_of_waking_ends_it_too(bench):
    bench.source("alarms", {"alarms": ()})
    bench.read("alarms")
    await bench.start()
    for ticks in range(12):
        bench.poller.refresh(["alarms"])
        for _ in range(ticks):
            await asyncio.sleep(0)
        await asyncio.wait_for(bench.poller.stop(), 5)
        bench.poller.start()
        await bench.clock.advance(2)


async def test_a_source_that_takes_its_cancellation_for_an_answer_does_not_keep_who_stops(bench, monkeypatch):
    monkeypatch.setattr("clickit_tui.poll.AGAIN_S", 0.01)
    asked = asyncio.Event()

    async def deaf():
        asked.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return {"alarms": (1,)}

    bench.source("alarms", lambda world: deaf())
    bench.read("alarms")
    await bench.start()
    await asyncio.wait_for(asked.wait(), 5)
    await asyncio.wait_for(bench.poller.stop(), 5)
    assert bench.store.world.alarms.value == (1,)
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("poll ")]


async def test_an_unchanged_value_stays_the_same_object_while_its_age_moves(bench):
    bench.source("alarms", lambda world: {"alarms": tuple("x" * 3)})
    bench.read("alarms")
    await bench.start()
    first = bench.store.world.alarms
    await bench.clock.advance(15)
    second = bench.store.world.alarms
    assert second.value is first.value
    assert second.seen_at > first.seen_at


async def test_a_field_the_fetch_forgets_is_said_not_silent(bench):
    bench.source("edge", {"targets": ()}, feeds={"targets", "balancer"})
    bench.read("targets")
    await bench.start()
    assert bench.store.world.balancer.fault is not None
    await asyncio.wait_for(bench.poller.tried(), 5)


async def test_the_fetch_gets_the_newest_world(bench):
    bench.source("services", {"services": ("s",)})
    bench.source("tasks", lambda world: {"tasks": (world.services.value,)}, needs={"services"})
    bench.read("tasks")
    await bench.start()
    assert bench.store.world.tasks.value == (("s",),)


async def test_a_refresh_of_a_sleeping_source_wakes_what_it_needs(bench):
    bench.source("services", {"services": ("s",)})
    bench.source("tasks", {"tasks": ()}, needs={"services"})
    await bench.start()
    asked = asyncio.create_task(bench.poller.read_now(["tasks"]))
    await bench.clock.advance(1)
    assert asked.done()
    await bench.clock.advance(60)
    assert (len(bench.calls["services"]), len(bench.calls["tasks"])) == (1, 1)


async def test_what_a_fetch_did_not_read_again_keeps_its_age(bench):
    answers = iter([{"metrics": "old"}, *[{}] * 9, Failed(Fault(kind=Trouble.DENIED, sentence="no"))])
    bench.source("metrics", lambda world: next(answers, {}), every_s=10.0, renews_s=60.0)
    bench.read("metrics")
    await bench.start()
    first = bench.store.world.metrics
    await bench.clock.advance(50)
    assert len(bench.calls["metrics"]) >= 5
    assert bench.store.world.metrics == first
    assert first.age(bench.clock()) is Age.FRESH
    await bench.clock.advance(70)
    denied = bench.store.world.metrics
    assert (denied.value, denied.seen_at, denied.age(bench.clock())) == ("old", first.seen_at, Age.STALE)


async def test_what_is_never_read_again_goes_stale_by_itself(bench):
    answers = iter([{"metrics": "old"}])
    bench.source("metrics", lambda world: next(answers, {}), every_s=10.0, renews_s=60.0)
    bench.read("metrics")
    await bench.start()
    await bench.clock.advance(151)
    assert bench.store.world.metrics.age(bench.clock()) is Age.STALE


async def test_only_a_fetch_that_was_asked_for_insists(bench):
    insisted = []
    bench.source("metrics", {"metrics": 1}, insist=lambda: insisted.append(bench.clock()))
    bench.read("metrics")
    await bench.start()
    await bench.clock.advance(35)
    assert insisted == []
    bench.poller.refresh(("metrics",))
    await bench.clock.advance(30)
    assert len(insisted) == 1


async def test_a_doubted_value_is_shown_and_never_known(bench):
    foreign = Fault(kind=Trouble.REFUSED, sentence="foreign")
    bench.source("identity", {"identity": Doubted(value="who", fault=foreign)})
    bench.read("identity")
    await bench.start()
    seen = bench.store.world.identity
    assert (seen.value, seen.fault, seen.seen_at) == ("who", foreign, None)
    assert (seen.age(bench.clock()), seen.known(bench.clock())) == (Age.FAILED, None)
    await bench.clock.advance(50)
    assert len(bench.calls["identity"]) == 1
