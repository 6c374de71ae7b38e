"""Database and supply on the running demo, over HTTP: each change to its end, and the incidents as the screens tell them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from clickit_tui.actions.inverse import undo
from clickit_tui.actions.registry import Target, actions
from clickit_tui.config import Config
from clickit_tui.demo.launch import Demo
from clickit_tui.journal import Note
from clickit_tui.naming import names
from clickit_tui.panes.supply import scan_words, supply_rows
from clickit_tui.panes.view import View
from clickit_tui.plan import Plan
from clickit_tui.session import Session
from clickit_tui.ui.looks import glyphs
from clickit_tui.world.drift import drifts
from clickit_tui.world.follow import Following, Phase
from clickit_tui.world.parts import Database
from clickit_tui.world.world import World
from tests.conftest import Client
from tests.stepped import shortly

NAMES = names("dev")
DATA = ("database", "databases", "snapshots", "identity")
SUPPLY = (
    ("services", "tasks"),
    ("service_deployments",),
    ("revisions",),
    ("definitions",),
    ("images", "secrets", "secret_list", "repositories"),
    ("scans",),
)


class Rig:
    """A session on the demo whose clock is the demo's, stepped by hand."""

    def __init__(self, demo: Demo, state: Path, env: str) -> None:
        self.demo = demo
        self.now: float = demo.control("state")["now"]
        config = Config(env=env, names=names(env), protected=False, state_dir=str(state))
        self.session = Session(config, clock=lambda: self.now, rng=random.Random(1), sleep=shortly)

    @property
    def world(self) -> World:
        return self.session.store.world

    async def read(self, *rounds: tuple[str, ...]) -> None:
        for fields in rounds or (DATA,):
            await self.session.poller.read_now(fields)

    async def until(self, held: Callable[[], bool], *rounds: tuple[str, ...], seconds: float = 15.0) -> None:
        for _ in range(40):
            if held():
                return
            await asyncio.to_thread(self.demo.step, seconds)
            self.now += seconds
            await self.read(*rounds)
        raise AssertionError(f"never held: {self.world.follows}")

    def plan(self, action: str, target: Target, **given: str) -> Plan:
        found = next(a for a in actions() if a.id == action).plan(self.world, target, given, self.session.facts())
        assert isinstance(found, Plan), found
        return found

    async def change(self, action: str, target: Target, **given: str) -> Following:
        """Carry a plan out and follow it to its end."""
        planned = self.plan(action, target, **given)
        outcome = await self.session.carry_out(planned, lambda world: planned)
        assert (outcome.kind, outcome.warnings) == ("done", ()), outcome
        await self.read()
        await self.until(lambda: not self.world.follows[-1].open)
        return self.world.follows[-1]


@asynccontextmanager
async def rig(demo: Demo, state: Path, env: str = "dev") -> AsyncIterator[Rig]:
    made = Rig(demo, state, env)
    await made.session.start()
    try:
        await made.read()
        yield made
    finally:
        await made.session.stop()


DB = Target(kind="database", part="db", id=NAMES.database)


async def test_a_snapshot_is_made_and_restored_with_the_settings_of_its_source(demo: Demo, aws: Client, tmp_path: Path) -> None:
    async with rig(demo, tmp_path) as r:
        made = await r.change("snapshot", DB, name="before-fix")
        assert (made.phase, made.follow.resource) == (Phase.DONE, "before-fix")
        shot = Target(kind="snapshot", part="db", id="before-fix")
        ended = await r.change("restore_snapshot", shot, name="clickit-dev-db-new")
        assert ended.phase is Phase.DONE, ended
        source, new = r.world.database.value, next(d for d in r.world.databases.value or () if d.id == "clickit-dev-db-new")
        assert isinstance(source, Database)
        for setting in ("instance_class", "multi_az", "security_groups", "subnet_group", "parameter_groups", "option_groups", "port"):
            assert getattr(new, setting) == getattr(source, setting), setting
        assert new.host != source.host
        notes = [entry.text for entry in r.session.journal.entries() if isinstance(entry, Note)]
        assert len(notes) == 5
        assert "rotate database-url" in notes[1] or "rotate the secret" in notes[1]


@pytest.mark.long
async def test_a_point_in_time_is_restored_beside_the_present_one(demo: Demo, tmp_path: Path) -> None:
    async with rig(demo, tmp_path) as r:
        assert (await r.change("restore_point", DB, name="clickit-dev-db-then", time="latest")).phase is Phase.DONE
        assert "clickit-dev-db-then" in {d.id for d in r.world.databases.value or ()}
        planned = r.plan("restore_point", DB, name="clickit-dev-db-late", time="latest")
        assert "RestoreTime" not in planned.steps[0].call.params


async def test_the_database_is_stopped_shows_its_automatic_restart_and_starts_again(demo: Demo, tmp_path: Path) -> None:
    async with rig(demo, tmp_path) as r:
        assert (await r.change("stop_database", DB)).phase is Phase.DONE
        await r.read(("database",))
        stopped = r.world.database.value
        assert isinstance(stopped, Database)
        assert stopped.status == "stopped"
        assert stopped.restarts_at is not None
        assert 6.9 * 86_400 < stopped.restarts_at - r.now <= 7 * 86_400
        last = r.session.last_change()
        assert last is not None
        back = undo(last.inverse, r.world, r.session.facts())
        assert isinstance(back, Plan)
        assert back.steps[0].call.operation == "StartDBInstance"
        assert (await r.change("start_database", DB)).phase is Phase.DONE


def told(r: Rig) -> str:
    view = View(facts=r.session.facts(), glyphs=glyphs({"LANG": "C.UTF-8"}, "utf-8"), env="dev")
    return "\n".join("".join(span.text for span in row.spans) for row in supply_rows(r.world, view, 150))


def incident(demo: Demo, name: str, step_s: float) -> None:
    demo.reset(seed=1, paused=True, incident=name)
    demo.step(step_s)


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "says"), [("secret-deleted", "to be deleted"), ("secret-missing", "missing"), ("digest-expired", "not in ECR")]
)
async def test_incidents_of_secrets_and_images_are_told(demo: Demo, tmp_path: Path, name: str, says: str) -> None:
    await asyncio.to_thread(incident, demo, name, 600.0)
    async with rig(demo, tmp_path, "prod") as r:
        await r.read(*SUPPLY)
        assert says in told(r), (told(r), r.world.secrets)


async def test_a_deleted_secret_is_restored_in_one_plan_with_the_redeploy(demo: Demo, tmp_path: Path) -> None:
    await asyncio.to_thread(incident, demo, "secret-deleted", 600.0)
    async with rig(demo, tmp_path, "prod") as r:
        await r.read(*SUPPLY)
        secret = next(s for s in r.world.secrets.value or () if s.deleted_at is not None)
        assert [d for d in drifts(r.world, r.now) if "scheduled for deletion" in d.text]
        target = Target(kind="secret", part=secret.name.rsplit("/", 1)[-1], id=secret.arn)
        planned = r.plan("restore_secret", target)
        outcome = await r.session.carry_out(planned, lambda world: planned)
        assert (outcome.kind, outcome.accepted) == ("done", len(planned.steps)), outcome
        assert outcome.accepted >= 2
        await r.read(*SUPPLY)
        assert "to be deleted" not in told(r)


async def test_repositories_scans_and_who_runs_what_are_read(demo: Demo, tmp_path: Path) -> None:
    async with rig(demo, tmp_path) as r:
        await r.read(*SUPPLY)
        assert [repository.exists for repository in r.world.repositories.value or ()] == [True, True]
        assert "runs api 2" in told(r)
        scans = r.world.scans.value or ()
        assert scans
        assert any(finding.package and finding.fix for scan in scans for finding in scan.findings)
        assert all(scan_words(scan, True)[0] != "0 findings" or scan.judged for scan in scans)
