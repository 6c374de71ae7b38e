"""The core is built after the first frame, once, and the app never notices."""

from __future__ import annotations

import gc
import subprocess
import sys
import types

import pytest

from clickit_tui import cli
from clickit_tui.app import Dashboard
from clickit_tui.config import Config
from clickit_tui.naming import names
from clickit_tui.opening import later
from tests import worlds
from tests.fakes import FakeCore

CONFIG = Config(env="dev", names=names("dev"))


def test_it_is_built_when_more_than_its_configuration_is_asked_for_and_once():
    made = []
    core = later(CONFIG, lambda config: made.append(config) or types.SimpleNamespace(words="here"))
    assert core.config is CONFIG
    assert made == []
    core.asked = 1
    assert (core.words, core.asked) == ("here", 1)
    assert made == [CONFIG]
    with pytest.raises(AttributeError):
        _ = core.nothing_like_it


async def test_the_first_frame_is_painted_before_it(monkeypatch):
    made, begun = [], []
    core = FakeCore(worlds.incident_world())
    app = Dashboard(later(core.config, lambda config: made.append("core") or core))
    begin = app._begin
    monkeypatch.setattr(app, "_begin", lambda: begun.append((list(made), app.board.services.region.area > 0)) or begin())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert begun == [([], True)]
        assert made == ["core"]
        assert app.core.ask_mfa is not None


def test_garbage_is_looked_for_again_whatever_becomes_of_the_dashboard(monkeypatch):
    seen = []

    def fails(core, commands):
        seen.append(gc.isenabled())
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "no_terminal", lambda environ: "")
    monkeypatch.setitem(sys.modules, "clickit_tui.app", types.SimpleNamespace(run=fails))
    assert cli.main(["--env", "dev", "--config", "/dev/null"]) == cli.INTERRUPTED
    assert seen == [False]
    assert gc.isenabled()


def test_what_the_session_is_built_with_is_there_for_good(tmp_path):
    gc.disable()
    try:
        cli._session(Config(env="dev", names=names("dev"), state_dir=str(tmp_path)), None)
        assert gc.isenabled()
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
        gc.enable()


def test_what_the_first_frame_is_made_of_imports_no_session_and_no_client():
    code = "import sys, clickit_tui.app, clickit_tui.opening; print(sorted(m for m in sys.modules if m in {names}))"
    names_ = {"clickit_tui.session", "clickit_tui.aws", "clickit_tui.journal", "clickit_tui.screens.services", "aiobotocore", "plotext"}
    done = subprocess.run([sys.executable, "-c", code.format(names=names_)], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
