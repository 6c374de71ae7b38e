"""The page of a first run: it opens once and by itself, says where things were looked for, and leads to the demo."""

from __future__ import annotations

import msgspec
import pytest
from botocore.exceptions import NoCredentialsError, NoRegionError, UnauthorizedSSOTokenError

from clickit_tui.app import TO_DEMO, Dashboard
from clickit_tui.aws.errors import fault_of
from clickit_tui.panes.setup_page import setup_page
from clickit_tui.screens.arrival import FirstRun
from clickit_tui.ui.picker import Picker
from clickit_tui.world.seen import Seen
from tests import worlds
from tests.fakes import FakeCore
from tests.panes.views import view_of
from tests.pilot.driving import until

NOW = worlds.NOW


def failed(error):
    return Seen(fault=fault_of(error, "sts", "GetCallerIdentity"), fault_at=NOW)


EMPTY = msgspec.structs.replace(worlds.loading_world(), identity=failed(NoCredentialsError()), cluster=failed(NoRegionError()))


async def test_it_opens_by_itself_once_and_d_leaves_for_the_demo():
    core = FakeCore(worlds.loading_world())
    app = Dashboard(core)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.board.view is not None)
        await pilot.press("colon")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        core.store.put(identity=EMPTY.identity, cluster=EMPTY.cluster)
        app._paint()
        assert isinstance(app.screen, Picker)
        await pilot.press("escape")
        app._paint()
        await until(pilot, lambda: isinstance(app.screen, FirstRun) and "no AWS credentials found" in app.screen.text)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.board)
        app._paint()
        assert app.screen is app.board
        app._arrival._shown.clear()
        app._paint()
        await until(pilot, lambda: isinstance(app.screen, FirstRun))
        core.store.put(identity=worlds.healthy_world(NOW).identity, cluster=worlds.healthy_world(NOW).cluster)
        app._paint()
        await until(pilot, lambda: "nothing is missing any more" in app.screen.text)
        await pilot.press("D")
        await until(pilot, lambda: not app.is_running)
    assert app.return_value == TO_DEMO


async def test_a_log_in_that_has_expired_is_no_first_run():
    core = FakeCore(
        msgspec.structs.replace(EMPTY, identity=failed(UnauthorizedSSOTokenError()), cluster=failed(UnauthorizedSSOTokenError()))
    )
    app = Dashboard(core)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.board.view is not None and "the SSO log-in has expired" in app.board.cause.text)
        assert app.screen is app.board


@pytest.mark.parametrize(
    ("config", "environ", "said"),
    [
        ({}, {}, ["none named, AWS_PROFILE is not set  (default chain)", "none named, AWS_REGION is not set", "clickit.toml is not there"]),
        (
            {"profile": "ops", "profile_source": "environment prod in clickit.toml", "region": "eu-west-1", "file": "/etc/clickit.toml"},
            {},
            ["ops  (environment prod in clickit.toml)", "eu-west-1", " configuration     /etc/clickit.toml"],
        ),
        (
            {"profile_source": "AWS_PROFILE=ops"},
            {"AWS_PROFILE": "ops", "AWS_REGION": "eu-north-1"},
            ["ops  (AWS_PROFILE=ops)", "eu-north-1"],
        ),
    ],
)
def test_the_page_says_where_it_was_looked_for_and_how_to_go_on(config, environ, said):
    full = msgspec.structs.replace(FakeCore(EMPTY).config, **config)
    text = "\n".join("".join(span.text for span in line) for line in setup_page(EMPTY, view_of(EMPTY), full, environ))
    for part in (*said, "clickit-tui doctor --env prod", "clickit-tui demo", "[environments.prod]"):
        assert part in text
