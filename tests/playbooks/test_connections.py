"""A deployment is blamed for full connections only when they were fewer before it."""

from clickit_tui.playbooks.db_connections import full_before
from clickit_tui.world.minutes import Reading
from tests.worlds import NOW


def got(*values: float) -> Reading:
    times = tuple(NOW - 60.0 * back for back in range(len(values) - 1, -1, -1))
    return Reading(key="db.connections", label="connections", unit="", times=times, values=values)


def test_a_deployment_after_the_connections_were_full_did_not_fill_them() -> None:
    assert full_before(got(*[58] * 30), NOW - 600)


def test_one_before_they_rose_may_have() -> None:
    assert not full_before(got(*[21] * 20, *range(22, 60, 4)), NOW - 600)


def test_nothing_is_said_of_what_is_not_known() -> None:
    assert not full_before(None, NOW - 600)
    assert not full_before(got(58, 58), NOW - 600)
