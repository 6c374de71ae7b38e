"""Changes that a killed session left without an outcome: told at the next start, and never while another session still sends them."""

import os
import subprocess
import sys

import msgspec
import pytest

from clickit_tui.aftermath import SETTLE_S, Aftermath, has_ended
from clickit_tui.journal import Intent, Journal, Who, process
from clickit_tui.store import Store
from clickit_tui.world.parts import Identity
from clickit_tui.world.world import World

HERE = Identity(account="123456789012", arn="arn:aws:sts::123456789012:assumed-role/OnCall/anna", region="eu-west-1")
MACHINE = process().rpartition(":")[0]


@pytest.fixture(scope="module")
def dead() -> str:
    """A process of this machine that has ended."""
    ended = subprocess.Popen([sys.executable, "-S", "-c", ""])
    ended.wait()
    return f"{MACHINE}:{ended.pid}"


class Rig:
    def __init__(self, path):
        self.now = 1_000_000.0
        self.path = path
        self.other = Journal(path, clock=lambda: self.now)
        self.notices = []
        self.store = Store(World(env="prod"))

    def intend(self, by, id="a1"):
        intent = Intent(at=self.now, env="prod", id=id, title="SCALE prod/api 2 → 5", target="api", who=Who(process=by))
        self.other._append_now(msgspec.structs.replace(intent, account=HERE.account, region=HERE.region))

    def start(self):
        journal = Journal(self.path, clock=lambda: self.now)
        journal.load()
        self.made = Aftermath(journal, self.store, "prod", self.notices, clock=lambda: self.now)
        self.made.met(HERE)

    @property
    def lost(self):
        return [one.id for one in self.store.world.lost]


@pytest.fixture
def rig(tmp_path):
    made = Rig(tmp_path / "journal.jsonl")
    yield made
    made.other.close()


def test_whether_a_process_has_ended_is_known_of_this_machine_only(dead):
    assert has_ended(dead) is True
    assert has_ended(f"{MACHINE}:{os.getppid()}") is False
    assert [has_ended(named) for named in (process(), "elsewhere:1", "", "x:y")] == [None] * 4


def test_what_a_killed_session_left_is_told_at_once_and_once(rig, dead):
    rig.intend(dead)
    rig.now += 2
    rig.start()
    assert rig.lost == ["a1"]
    assert rig.notices[0].startswith("outcome unknown: SCALE prod/api 2 → 5, sent 1970-01-12 13:46Z")
    rig.made._journal.close()
    rig.start()
    assert rig.lost == ["a1"]
    assert len(rig.notices) == 1


async def test_what_another_session_sends_is_not_lost_while_it_runs(rig):
    rig.intend(f"{MACHINE}:{os.getppid()}")
    rig.now += 10 * SETTLE_S
    rig.start()
    await rig.made.look()
    assert rig.lost == []
    rig.other.outcome("a1", "prod", "done")
    await rig.made.look()
    assert (rig.lost, rig.notices, rig.made._waiting) == ([], [], {})


async def test_it_is_lost_when_the_other_session_ends_without_a_word(rig, monkeypatch):
    rig.intend(f"{MACHINE}:{os.getppid()}")
    rig.start()
    assert rig.lost == []
    monkeypatch.setattr("clickit_tui.aftermath.has_ended", lambda _: True)
    await rig.made.look()
    assert rig.lost == ["a1"]


async def test_of_a_process_that_cannot_be_looked_for_a_minute_decides(rig):
    rig.intend("elsewhere:4711")
    rig.start()
    rig.now += SETTLE_S
    await rig.made.look()
    assert rig.lost == []
    rig.now += 1
    await rig.made.look()
    assert rig.lost == ["a1"]
