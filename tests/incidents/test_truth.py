"""Every scripted incident over HTTP: the first cause named is the right one; a quiet world fails nothing, a blind one passes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio

from clickit_tui.actions.registry import actions
from clickit_tui.checks.registry import Verdict
from clickit_tui.demo.launch import Demo
from clickit_tui.ui.confirm import Confirm
from clickit_tui.ui.picker import Picker
from tests.fakes import FakeCore
from tests.incidents.playing import QUIET, Outcome, Player
from tests.incidents.truth import FILE, LEAST, NAMES, line, row, score
from tests.pilot.driving import running, until

PAGE = FILE.read_text()
MOST_KEYS = 6
BLIND = ("db.status", "db.connections", "db.cpu", "db.memory", "db.logs", "cache.status", "api.secrets", "api.errors")
"""Checks whose evidence the half-blind observer may not see."""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def player(demo_server: Demo, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Player]:
    made = Player(demo_server, tmp_path_factory.mktemp("state"))
    yield made
    await made.close()


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", NAMES)
async def test_the_first_cause_of_an_incident(name: str, demo: Demo, player: Player) -> None:
    outcome = await player.play(name)
    assert line(row(outcome)) in PAGE, outcome.sentence
    _said_honestly(outcome)
    if outcome.right[0] != "none":
        _offers_its_fix(outcome)
        await _reached_by_keys(outcome)
    if name in (QUIET, "noise"):
        assert [key for key, f in outcome.found.items() if f.verdict is Verdict.FAIL] == []
    if name == "half-blind":
        assert {key: outcome.found[key].verdict for key in BLIND} == dict.fromkeys(BLIND, Verdict.UNKNOWN)


def _said_honestly(outcome: Outcome) -> None:
    """Whoever is judged has evidence or says that it has none."""
    for key, finding in outcome.found.items():
        assert finding.sentence, key
        if finding.verdict in (Verdict.PASS, Verdict.WARN, Verdict.FAIL):
            assert finding.evidence or key == "alarms.state", key
        if finding.verdict in (Verdict.FAIL, Verdict.UNKNOWN):
            assert finding.todo, key


def _offers_its_fix(outcome: Outcome) -> None:
    """The likely cause names a change that can be previewed, or a command to copy."""
    first = outcome.diagnosis.first
    assert first is not None, outcome.sentence
    known = {action.id for action in actions()}
    assert first.todo, first.id
    assert any(todo.command or todo.action in known for todo in first.todo), first.todo
    assert first.reasons, first.id


async def _reached_by_keys(outcome: Outcome) -> None:
    """From Triage, in at most six keys, the fix stands as a preview that can be filled in or confirmed, or its command is copied."""
    todo = outcome.diagnosis.first.todo if outcome.diagnosis.first is not None else ()
    at = next(i for i, each in enumerate(todo) if each.action or each.command)
    keys = ["w", *["down"] * at, "enter"]
    assert len(keys) <= MOST_KEYS
    core = FakeCore(outcome.world)
    core.config = msgspec.structs.replace(core.config, env=outcome.world.env, names=outcome.facts.names)
    core.now = outcome.facts.now
    async with running(core) as (app, pilot):
        await pilot.press("w")
        await until(pilot, lambda: app.place == "6" and app.board.pane.table.cursor_key == "todo:0")
        await pilot.press(*keys[1:])
        if todo[at].action:
            await until(pilot, lambda: isinstance(app.screen, (Confirm, Picker)))
            if isinstance(app.screen, Picker):
                keys.append("enter")
                await pilot.press("enter")
                await until(pilot, lambda: isinstance(app.screen, Confirm))
            preview = app.screen.model.preview
            assert preview.commands or preview.fields, preview.refused
            assert len(keys) <= MOST_KEYS
        else:
            await until(pilot, lambda: todo[at].command[:40] in app.board.note)


def test_at_least_95_percent_are_right() -> None:
    rows = [each for each in PAGE.partition("## Seed 1")[2].splitlines() if each.startswith("| ") and "`" in each]
    assert len(rows) == len(NAMES)
    assert sum("| yes |" in each for each in rows) / len(rows) >= LEAST


@pytest.mark.long
@pytest.mark.parametrize("seed", [2, 3, 4, 5])
async def test_other_seeds_are_as_good(seed: int, demo: Demo, tmp_path: Path) -> None:
    player = Player(demo, tmp_path)
    try:
        rows = [row(await player.play(name, seed)) for name in NAMES]
    finally:
        await player.close()
    assert score(rows) >= LEAST, [line(each) for each in rows if not each.hit]
