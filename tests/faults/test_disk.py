"""A disk that is full: nothing is sent whose intent cannot be written, and nothing half is left behind."""

from __future__ import annotations

import os
import resource
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from clickit_tui.journal import Intent
from clickit_tui.panes.logs_keep import save
from tests import worlds
from tests.fakes import FakeCore, line
from tests.pilot.driving import running, until
from tests.test_session import Rig


@contextmanager
def room(size: int) -> Iterator[None]:
    """No file of this process grows beyond so many bytes: the kernel takes what fits of a write, and refuses the rest."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    built = Rig(tmp_path)
    await built.start()
    yield built
    await built.session.stop()


@pytest.mark.parametrize("fits", [0, 40])
async def test_a_change_whose_intent_finds_no_room_is_not_sent(rig: Rig, fits: int) -> None:
    rig.session.journal.bookmark("dev", "before", None, None)
    with room(rig.session.journal.path.stat().st_size + fits):
        outcome = await rig.run(rig.plan())
    assert outcome.kind == "refused"
    assert "cannot be written" in outcome.sentence
    assert rig.gateway.sent == []
    assert (await rig.run(rig.plan())).kind == "done"
    assert len(rig.gateway.sent) == 1
    await rig.session.stop()
    rig.new()
    await rig.start()
    assert len(rig.entries(Intent)) == 1
    assert rig.session.store.world.lost == ()


def test_a_file_of_log_lines_that_finds_no_room_leaves_no_half_one(tmp_path: Path) -> None:
    with room(5000), pytest.raises(OSError, match="large"):
        save(tmp_path, "prod", worlds.NOW, "line\n" * 5000)
    assert list(tmp_path.iterdir()) == []
    assert save(tmp_path, "prod", worlds.NOW, "line\n" * 5000).stat().st_size == 25_000


async def test_the_screen_says_that_it_was_not_saved(tmp_path: Path) -> None:
    core = FakeCore(worlds.healthy_world(worlds.NOW), lines=[line(i, text=f"line {i} " * 20) for i in range(-50, 0)])
    core.config = msgspec.structs.replace(core.config, state_dir=str(tmp_path))
    async with running(core) as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: app.place == "3" and app.screen is app.board and app.board.view is not None)
        app._flush_log()
        await pilot.pause()
        with room(100):
            await pilot.press("x")
            await until(pilot, lambda: "not saved: " in app.board.note)
        assert os.listdir(tmp_path) == []
