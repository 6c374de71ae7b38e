import pytest

from clickit_tui.store import Store
from clickit_tui.world.seen import Seen
from clickit_tui.world.world import World


def test_only_readers_of_a_changed_field_hear_of_it_once():
    store, heard = Store(World(env="dev")), []
    store.subscribe(["services", "tasks"], lambda world, hit: heard.append(("both", hit)))
    store.subscribe(["alarms"], lambda world, hit: heard.append(("alarms", hit)))
    store.put(services=Seen(value=(), seen_at=1.0), tasks=Seen(value=(), seen_at=1.0))
    assert heard == [("both", frozenset({"services", "tasks"}))]


def test_equal_values_tell_nobody_and_keep_the_world():
    store, heard = Store(World(env="dev")), []
    store.subscribe(["alarms"], lambda world, hit: heard.append(hit))
    before = store.world
    store.put(alarms=Seen())
    assert heard == []
    assert store.world is before


def test_a_listener_sees_the_new_world():
    store, seen = Store(World(env="dev")), []
    store.subscribe(["alarms"], lambda world, hit: seen.append(world.alarms.seen_at))
    store.put(alarms=Seen(value=(), seen_at=5.0))
    assert seen == [5.0]


def test_interest_counts_every_reader_and_ends_with_the_last():
    store, told = Store(World(env="dev")), []
    store.on_interest(told.append)
    first = store.subscribe(["alarms"], lambda *_: None)
    second = store.subscribe(["alarms"], lambda *_: None)
    assert told == [frozenset({"alarms"})] * 2
    first()
    first()
    assert store.read(["alarms"])
    second()
    assert not store.read(["alarms"])


def test_a_listener_may_leave_while_it_is_called():
    store, heard = Store(World(env="dev")), []

    def once(world, hit):
        heard.append("once")
        leave()

    leave = store.subscribe(["alarms"], once)
    store.subscribe(["alarms"], lambda *_: heard.append("always"))
    store.put(alarms=Seen(value=(), seen_at=1.0))
    store.put(alarms=Seen(value=(), seen_at=2.0))
    assert heard == ["once", "always", "always"]


def test_a_field_the_world_lacks_is_refused_by_name():
    with pytest.raises(ValueError, match="no field alarmz"):
        Store(World(env="dev")).subscribe(["alarmz"], lambda *_: None)
