"""Triage's numbers while polling is slow: what was read last stays until it is read again."""

import msgspec
import pytest

from clickit_tui.panes.charts import database_lines, edge_lines
from tests import worlds
from tests.panes.views import text, view_of

NOW = worlds.NOW


def aged(age_s, every_s):
    """(the healthy World `age_s` seconds after its metrics were read, its view)."""
    world = worlds.healthy_world(NOW)
    world = msgspec.structs.replace(world, metrics=msgspec.structs.replace(world.metrics, every_s=every_s))
    return world, view_of(world, now=NOW + age_s)


@pytest.mark.parametrize(("age_s", "every_s", "shown"), [(30, 60, True), (330, 300, True), (800, 300, False), (500, 60, False)])
def test_a_number_stays_between_two_slow_reads_and_no_longer(age_s, every_s, shown):
    world, view = aged(age_s, every_s)
    data, edge = text(database_lines(world, view, 60)), text(edge_lines(world, view, 60))
    assert ("no data" not in data.splitlines()[0]) is shown
    assert ("?" not in data.splitlines()[3]) is shown, "what is read and written"
    assert ("no data" not in "".join(edge.splitlines()[:2])) is shown


def test_a_metric_that_was_not_answered_is_no_missing_task_and_no_missing_data():
    world = worlds.healthy_world(NOW)
    series = {**world.metrics.value.series}
    series["db.cpu"] = msgspec.structs.replace(series["db.cpu"], times=(), values=(), status="InternalError")
    world = msgspec.structs.replace(world, metrics=worlds.seen(msgspec.structs.replace(world.metrics.value, series=series), NOW, "metrics"))
    assert "? partial" in text(database_lines(world, view_of(world), 60)).splitlines()[0]
