"""The alarms screen under a pilot: evidence in one key, acknowledgement into the journal, news on every screen."""

from __future__ import annotations

import msgspec

from clickit_tui.screens.alarms import AlarmsScreen, Evidence
from clickit_tui.screens.news import News
from clickit_tui.ui.prompt import Prompt
from clickit_tui.world.parts import Alarm
from tests import worlds
from tests.fakes import FakeCore
from tests.pilot.driving import running, until


def logged(at, text):
    from clickit_tui.logs.fetch import Event

    return Event(id=text, at_ms=int(at * 1000), ingested_ms=int(at * 1000), message=text, stream="ecs/api/8f3a21bc")


async def test_enter_shows_metric_log_deployment_and_playbook_and_leads_on_to_that_moment():
    core = FakeCore(worlds.incident_world(worlds.NOW))
    core.stored = {core.config.names.logs["api"]: [logged(worlds.NOW - 350, "ERROR could not connect"), logged(worlds.NOW, "later")]}
    async with running(core, (100, 50)) as (app, pilot):
        await pilot.press("5")
        await until(pilot, lambda: isinstance(app.board, AlarmsScreen) and app.board.alarm() is not None)
        await pilot.press("g", "enter")
        await until(pilot, lambda: isinstance(app.screen, Evidence) and "could not connect" in app.screen.text)
        await until(pilot, lambda: bool(app.screen.gathered.plot) and "┤" in app.screen.text)
        for words in ("went to ALARM", "api:42 began", "API returning 5xx"):
            assert words in app.screen.text
        assert "later" not in app.screen.text
        await pilot.press("4")
        await until(pilot, lambda: app.place == "4")
        assert core.cursor == worlds.NOW - 360


async def test_an_acknowledgement_goes_to_the_journal_and_sends_nothing():
    core = FakeCore(worlds.incident_world(worlds.NOW))
    async with running(core) as (app, pilot):
        await pilot.press("5")
        await until(pilot, lambda: isinstance(app.board, AlarmsScreen) and app.board.alarm() is not None)
        await pilot.press("g", "m")
        await until(pilot, lambda: isinstance(app.screen, Prompt))
        await pilot.press(*"known", "enter")
        await until(pilot, lambda: bool(core.noted))
        assert core.noted[0][0].startswith("acknowledged clickit-prod-alb-5xx ALARM of ")
        assert core.noted[0][0].endswith(": known")
        assert core.sent == []


async def test_a_change_is_told_on_another_screen_and_not_by_the_first_reading():
    core = FakeCore(worlds.healthy_world(worlds.NOW))
    async with running(core) as (app, pilot):
        assert len(app._notifications) == 0
        await pilot.press("3")
        core.store.put(alarms=worlds.incident_world(worlds.NOW).alarms)
        await until(pilot, lambda: len(app._notifications) == 1)
        (said,) = app._notifications
        assert said.title == "2 alarms changed: 5 shows them"
        assert said.message.startswith("ALARM clickit-prod-alb-5xx: 1 datapoint")


def test_only_what_changed_is_news_and_autoscaling_never_is():
    def world(*alarms):
        return msgspec.structs.replace(worlds.healthy_world(worlds.NOW), alarms=worlds.seen(alarms, worlds.NOW, "alarms"))

    news = News()
    assert news.hear(worlds.loading_world()) == ()
    assert news.hear(world(Alarm(name="a", state="ALARM"))) == ()
    assert [a.name for a in news.hear(world(Alarm(name="a", state="OK"), Alarm(name="new", state="OK")))] == ["a"]
    later = world(Alarm(name="a", state="OK"), Alarm(name="b", state="ALARM"), Alarm(name="TargetTracking-x", state="ALARM"))
    assert [a.name for a in news.hear(later)] == ["b"]
    assert news.hear(later) == ()
    assert news.firing == 1


def test_alarms_of_one_name_are_told_once_and_not_at_every_reading():
    news = News()
    pair = (Alarm(name="a", state="OK"), Alarm(name="a", state="ALARM"))
    world = msgspec.structs.replace(worlds.healthy_world(), alarms=worlds.seen(pair, worlds.NOW))
    assert [len(news.hear(world)) for _ in range(3)] == [0, 0, 0]
    worse = msgspec.structs.replace(world, alarms=worlds.seen((*pair, Alarm(name="other", state="ALARM")), worlds.NOW))
    assert [[alarm.name for alarm in news.hear(worse)] for _ in range(2)] == [["other"], []]


async def test_a_flapping_alarm_leaves_one_notice_on_the_screen():
    core = FakeCore(worlds.healthy_world(worlds.NOW))
    async with running(core) as (app, pilot):
        for state in ("ALARM", "OK", "ALARM", "OK"):
            alarms = tuple(msgspec.structs.replace(a, state=state) for a in worlds.healthy_world().alarms.value or ())
            core.store.put(alarms=worlds.seen(alarms, worlds.NOW))
            app._paint()
            await pilot.pause()
        assert len(app._notifications) == 1
