"""A running or failed migration reaches the verdict strip."""

from __future__ import annotations

import msgspec
import pytest

from clickit_tui.checks.migration import judge
from clickit_tui.checks.registry import Facts, Verdict
from clickit_tui.checks.strip import strip
from clickit_tui.config import Thresholds
from tests.worlds import NAMES, NOW, denied, faulty, healthy_world, migration, seen

FACTS = Facts(now=NOW, names=NAMES, thresholds=Thresholds(), protected=True)


def with_runs(*runs):
    world = healthy_world()
    others = tuple(t for t in world.tasks.value if t.part != "migration")
    return msgspec.structs.replace(world, tasks=seen((*others, *runs), NOW, "tasks"))


def failed(ago_s):
    run = migration(NOW, 42, ago_s)
    return msgspec.structs.replace(run, containers=(msgspec.structs.replace(run.containers[0], exit_code=1),))


RUNNING = msgspec.structs.replace(migration(NOW), status="RUNNING", stopped_at=None)


@pytest.mark.parametrize(
    ("runs", "verdict", "said"),
    [
        ((), Verdict.PASS, "no migration is running"),
        ((migration(NOW),), Verdict.PASS, "no migration is running; the last ended 7 m ago: finished"),
        ((RUNNING, failed(60)), Verdict.WARN, "a migration (:42) is running for 7 m: table locks likely"),
        ((failed(300),), Verdict.FAIL, "the migration failed 5 m ago: application exited; its schema may be half applied"),
        ((failed(300), migration(NOW, 42, 60)), Verdict.PASS, "no migration is running; the last ended 1 m ago: finished"),
        ((failed(4000),), Verdict.PASS, "no migration is running; the last ended 1 h ago: application exited"),
    ],
)
def test_a_migration_is_judged_by_its_newest_run(runs, verdict, said):
    found = judge(with_runs(*runs), FACTS)
    assert (found.verdict, found.sentence) == (verdict, said)


def test_tasks_that_were_not_seen_prove_nothing():
    world = msgspec.structs.replace(healthy_world(), tasks=faulty(denied("ecs:ListTasks"), NOW))
    assert judge(world, FACTS).verdict is Verdict.UNKNOWN


def test_a_running_migration_stands_in_the_strip():
    parts = {p.part: p for p in strip(with_runs(RUNNING), FACTS)}
    assert (parts["database"].verdict, parts["database"].short) == (Verdict.WARN, "migrating")
