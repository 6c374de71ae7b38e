"""`clickit-tui sleep` and `wake` against the embedded ClickIt over HTTP: also interrupted, by another user, with a broken database."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import pytest

from clickit_tui.config import Flags, load
from clickit_tui.headless.sleeping import FAILED, NOT_RUN, OK, Sleeping
from clickit_tui.session import Session
from clickit_tui.world.mark import TAG

pytestmark = pytest.mark.xdist_group("demo")
NAMES = ("clickit-dev-api", "clickit-dev-frontend")


class Shell:
    """Runs the command again and again; the simulator moves while it waits."""

    def __init__(self, demo: Any, tmp_path: Any) -> None:
        self.demo, self.tmp_path = demo, tmp_path

    async def __call__(
        self, name: str, *, yes: bool = True, wait_s: float = 0.0, user: str = "anna", env: str = "dev", **flags: Any
    ) -> tuple[int, str]:
        out = io.StringIO()
        config = load(Flags(env=env, config="/dev/null", **flags), {}, state_dir=str(self.tmp_path / user))
        session = Session(config, sleep=self.sleep)
        command = Sleeping(session, name, out=out, every_s=0.05)
        moving = asyncio.create_task(self._move())
        try:
            code = await command.run(yes=yes, wait_s=wait_s)
        finally:
            moving.cancel()
        return code, out.getvalue()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.3))

    async def _move(self) -> None:
        while True:
            await asyncio.to_thread(self.demo.step, 10)
            await asyncio.sleep(0.02)


@pytest.fixture
def shell(demo: Any, tmp_path: Any) -> Shell:
    return Shell(demo, tmp_path)


async def services(aws: Any) -> dict[str, tuple[int, str]]:
    async with aws("ecs") as ecs:
        found = (await ecs.describe_services(cluster="clickit-dev-cluster", services=list(NAMES), include=["TAGS"]))["services"]
    return {
        each["serviceName"]: (each["desiredCount"], {tag["key"]: tag["value"] for tag in each.get("tags", [])}.get(TAG, ""))
        for each in found
    }


async def database(aws: Any) -> str:
    async with aws("rds") as rds:
        (found,) = (await rds.describe_db_instances(DBInstanceIdentifier="clickit-dev-db"))["DBInstances"]
    return str(found["DBInstanceStatus"])


def counts(found: dict[str, tuple[int, str]]) -> tuple[int, ...]:
    return tuple(found[name][0] for name in NAMES)


async def test_a_night_and_a_morning(shell: Shell, aws: Any) -> None:
    before = counts(await services(aws))
    assert (await shell("sleep", yes=False))[0] == OK
    assert counts(await services(aws)) == before, "without --yes nothing is sent"
    code, said = await shell("sleep", wait_s=900)
    assert (code, said.splitlines()[-1]) == (OK, "asleep")
    slept = await services(aws)
    assert counts(slept) == (0, 0)
    assert [mark.split()[0] for _, mark in slept.values()] == [f"desired={count}" for count in before]
    assert await database(aws) in ("stopping", "stopped")
    code, said = await shell("sleep", wait_s=900)
    assert (code, said.startswith("asleep for"), said.splitlines()[-1]) == (OK, True, "asleep"), "nothing to send, and still awaited"
    assert await services(aws) == slept, "a sleeping environment is left as it is"
    code, said = await shell("wake", wait_s=3600, user="ben")
    assert (code, said.splitlines()[-1]) == (OK, "awake")
    woken = await services(aws)
    assert counts(woken) == before, "woken by somebody else, from the marks alone"
    assert all(mark.startswith("awake desired=") for _, mark in woken.values())
    assert await database(aws) == "available"
    assert (await shell("wake"))[0] == OK


async def test_sleep_stops_before_the_first_scale_when_a_mark_cannot_be_written(shell: Shell, demo: Any, aws: Any, capsys: Any) -> None:
    before = counts(await services(aws))
    demo.fault("ecs.TagResource=deny")
    code, _ = await shell("sleep")
    assert code == FAILED
    assert counts(await services(aws)) == before
    assert await database(aws) == "available"
    assert "TagResource" in capsys.readouterr().err


async def test_a_database_that_cannot_be_read_is_never_called_asleep(shell: Shell, demo: Any, aws: Any, capsys: Any) -> None:
    demo.fault("rds.DescribeDBInstances=deny")
    assert (await shell("sleep"))[0] == FAILED
    assert counts(await services(aws)) == (0, 0)
    told = capsys.readouterr().err
    assert "the database is not known: no permission: rds:DescribeDBInstances" in told
    assert "it is left as it is" in told
    assert (await shell("sleep"))[0] == FAILED
    assert "the database is not known: denied" in capsys.readouterr().err
    demo.heal()
    assert await database(aws) == "available"


async def test_interrupted_half_way_it_is_told_and_continued(shell: Shell, demo: Any, aws: Any, capsys: Any) -> None:
    before = counts(await services(aws))
    demo.fault("rds.StopDBInstance=deny")
    code, _ = await shell("sleep")
    assert code == FAILED
    assert "after 4 of 5 calls" in capsys.readouterr().err
    assert counts(await services(aws)) == (0, 0)
    demo.heal()
    again = Session(load(Flags(env="dev", config="/dev/null"), {}, state_dir=str(shell.tmp_path / "anna")))
    await again.start()
    again.store.subscribe(("identity",), lambda *_: None)
    await asyncio.wait_for(again.poller.tried(("identity",)), 20)
    assert any(notice.startswith("sleep stopped after step 4 of 5 (continue? a: sleep): after 4 of 5 calls") for notice in again.notices)
    await again.stop()
    code, _ = await shell("sleep", wait_s=900)
    assert code == OK
    assert [mark.split()[0] for _, mark in (await services(aws)).values()] == [f"desired={count}" for count in before]


async def test_a_database_that_does_not_start_holds_up_only_what_needs_it(shell: Shell, demo: Any, aws: Any, capsys: Any) -> None:
    before = counts(await services(aws))
    assert (await shell("sleep", wait_s=900))[0] == OK
    demo.fault("rds.StartDBInstance=deny")
    code, _ = await shell("wake", wait_s=600)
    assert code == FAILED
    told = capsys.readouterr().err
    assert "start the database" in told
    assert "scale frontend to" in told
    found = await services(aws)
    assert counts(found) == (0, before[1])
    assert found[NAMES[0]][1].startswith("desired="), "what was not restored stays remembered"
    assert found[NAMES[1]][1].startswith("awake")


async def test_read_only_and_protected_environments_are_refused(shell: Shell, demo: Any, capsys: Any) -> None:
    assert (await shell("sleep", read_only=True))[0] == NOT_RUN
    assert "read-only" in capsys.readouterr().err
    assert (await shell("sleep", env="prod"))[0] == NOT_RUN
    assert "protected" in capsys.readouterr().err
    assert not {name for name in demo.counts() if name.split(".")[1].startswith(("Tag", "Update", "Stop", "Register"))}


async def lose(aws: Any, name: str) -> None:
    async with aws("ecs") as ecs:
        found = (await ecs.describe_services(cluster="clickit-dev-cluster", services=[name]))["services"][0]
        await ecs.untag_resource(resourceArn=found["serviceArn"], tagKeys=[TAG])


async def test_a_lost_mark_is_made_good_by_the_journal_of_who_slept_and_by_nobody_else(shell: Shell, aws: Any, capsys: Any) -> None:
    before = counts(await services(aws))
    assert (await shell("sleep", wait_s=900))[0] == OK
    for name in NAMES:
        await lose(aws, name)
    async with aws("rds") as rds:
        await rds.start_db_instance(DBInstanceIdentifier="clickit-dev-db")
    shell.demo.step(900)
    code, _ = await shell("wake", user="ben")
    assert code == FAILED
    assert "api, frontend at 0 without a mark" in capsys.readouterr().err
    assert counts(await services(aws)) == (0, 0)
    code, said = await shell("wake", wait_s=3600, user="anna")
    assert (code, said.splitlines()[-1]) == (OK, "awake")
    assert "this machine's journal" in said
    assert counts(await services(aws)) == before


async def test_services_alone_are_not_awake_while_the_database_is_stopped(shell: Shell, aws: Any) -> None:
    async with aws("rds") as rds:
        await rds.stop_db_instance(DBInstanceIdentifier="clickit-dev-db")
    shell.demo.step(900)
    assert await database(aws) == "stopped"
    code, said = await shell("wake", wait_s=3600)
    assert (code, said.splitlines()[-1]) == (OK, "awake")
    assert await database(aws) == "available"


async def test_an_interrupt_between_two_calls_is_in_the_journal_and_told_by_the_next_start(shell: Shell, aws: Any, capsys: Any) -> None:
    before = counts(await services(aws))
    config = load(Flags(env="dev", config="/dev/null"), {}, state_dir=str(shell.tmp_path / "anna"))
    session = Session(config, sleep=shell.sleep)
    send, sent, stuck = session.gateway.execute, [], asyncio.Event()

    async def execute(call: Any) -> dict[str, Any]:
        if len(sent) == 2:
            stuck.set()
            await asyncio.Event().wait()
        sent.append(call.operation)
        return await send(call)

    session.gateway.execute = execute  # type: ignore[method-assign]
    running = asyncio.create_task(Sleeping(session, "sleep", out=io.StringIO(), every_s=0.05).run(yes=True, wait_s=900))
    await asyncio.wait_for(stuck.wait(), 30)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert sent == ["TagResource", "TagResource"]
    assert counts(await services(aws)) == before
    code, _ = await shell("sleep", wait_s=900)
    told = capsys.readouterr().err
    assert "sleep stopped after step 2 of 5 (continue? a: sleep): after 2 of 5 calls (mark api asleep, mark frontend asleep)" in told
    assert "scale api to 0: the program ended before it was answered" in told
    assert code == OK
    assert [mark.split()[0] for _, mark in (await services(aws)).values()] == [f"desired={count}" for count in before]


async def test_autoscaling_s_minimum_sleeps_and_wakes_too_and_a_foreign_tag_survives(shell: Shell, aws: Any) -> None:
    before = counts(await services(aws))
    target = {"ServiceNamespace": "ecs", "ResourceId": "service/clickit-dev-cluster/clickit-dev-api"}
    target["ScalableDimension"] = "ecs:service:DesiredCount"
    async with aws("application-autoscaling") as scaling, aws("ecs") as ecs:
        await scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=4)
        (api,) = (await ecs.describe_services(cluster="clickit-dev-cluster", services=[NAMES[0]]))["services"]
        await ecs.tag_resource(resourceArn=api["serviceArn"], tags=[{"key": "team [red]", "value": "desired=9 min=9"}])

        async def bounds() -> tuple[int, int]:
            every = await scaling.describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=[target["ResourceId"]])
            (found,) = every["ScalableTargets"]
            return found["MinCapacity"], found["MaxCapacity"]

        assert (await shell("sleep", wait_s=900))[0] == OK
        assert await bounds() == (0, 4)
        assert counts(await services(aws)) == (0, 0)
        assert (await shell("wake", wait_s=3600))[0] == OK
        assert await bounds() == (1, 4)
        assert counts(await services(aws)) == before
        (api,) = (await ecs.describe_services(cluster="clickit-dev-cluster", services=[NAMES[0]], include=["TAGS"]))["services"]
    assert {"key": "team [red]", "value": "desired=9 min=9"} in api["tags"]
