"""Verdicts over time, notes and incidents in the journal, and what a later session makes of them."""

from __future__ import annotations

import stat
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest

from clickit_tui import chronicle
from clickit_tui.checks.registry import Facts
from clickit_tui.config import Thresholds
from clickit_tui.journal import TOLD, Bookmark, IncidentState, Journal, VerdictChange
from clickit_tui.plan import Call, Hidden, Plan, Step
from clickit_tui.recorder import HOLD_S, Recorder
from clickit_tui.store import Store
from clickit_tui.world.incident import Incident, Told
from clickit_tui.world.parts import Identity
from clickit_tui.world.world import World
from tests import worlds

NOW = worlds.NOW
HERE = Identity(account="123456789012", arn="arn:aws:sts::123456789012:assumed-role/OnCall/anna", region="eu-west-1")
THERE = msgspec.structs.replace(HERE, account="999999999999")
DEMO = msgspec.structs.replace(HERE, endpoint="127.0.0.1:5000")


class Rig:
    """A recorder on a journal in a folder, with a clock that the test moves."""

    def __init__(self, folder: Path, world: World | None = None, identity: Identity | None = HERE, masks: tuple[str, ...] = ()) -> None:
        self.now = NOW
        self.journal = Journal(folder / "journal.jsonl", clock=lambda: self.now)
        self.journal.load()
        self.store = Store(world or worlds.incident_world())
        self.recorder = Recorder(self.journal, self.store, "prod", folder / "notes", masks=masks, clock=lambda: self.now)
        if identity is not None:
            self.recorder.met(identity)

    @property
    def facts(self) -> Facts:
        return Facts(now=self.now, names=worlds.NAMES, thresholds=Thresholds())

    def look(self, world: World | None = None) -> None:
        self.recorder.look(world or self.store.world, self.facts)

    def verdicts(self) -> list[tuple[str, str]]:
        return [(one.part, one.verdict) for one in self.store.world.record if one.kind is Told.VERDICT]


def at(where: str) -> Path:
    """The file that was written."""
    return Path(where)


def kept(rig: Rig, kind: type) -> list[Any]:
    return [entry for entry in rig.journal.entries() if isinstance(entry, kind)]


# --- verdicts -----------------------------------------------------------------------------------------------------------------


def test_verdicts_and_cause_are_recorded_when_they_change_and_not_again(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.look()
    first = rig.verdicts()
    assert ("edge", "FAIL") in first
    assert ("frontend", "PASS") not in first
    assert [one.text for one in rig.store.world.record if one.kind is Told.CAUSE] == [
        "likely: deployment api:42 (v2.3.1), 4 m before the first 5xx"
    ]
    rig.now += 300
    rig.look(worlds.incident_world(rig.now))
    assert rig.verdicts() == first
    rig.now += 300
    rig.look(worlds.healthy_world(rig.now))
    assert rig.verdicts()[len(first) :] == [(part, "PASS") for part, _ in first]


def test_a_flapping_verdict_is_recorded_at_most_once_a_minute(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    for turn in range(40):
        rig.look(worlds.incident_world(rig.now) if turn % 2 else worlds.healthy_world(rig.now))
        rig.now += 5
    edge = [entry.at for entry in kept(rig, VerdictChange) if entry.part == "edge"]
    assert len(edge) <= 40 * 5 / HOLD_S + 1
    assert all(after - before >= HOLD_S for before, after in pairwise(edge))


def test_what_is_only_not_read_yet_is_no_verdict_and_blindness_is(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.look(worlds.loading_world())
    assert rig.verdicts() == []
    rig.look(worlds.denied_world(NOW))
    assert ("database", "UNKNOWN") in rig.verdicts()


def test_a_later_session_does_not_say_again_what_stands_in_the_journal(tmp_path: Path) -> None:
    first = Rig(tmp_path)
    first.look()
    first.journal.close()
    again = Rig(tmp_path)
    before = len(kept(again, VerdictChange))
    again.look()
    assert len(kept(again, VerdictChange)) == before > 0


def test_nothing_is_recorded_before_it_is_known_where_we_are(tmp_path: Path) -> None:
    rig = Rig(tmp_path, identity=None)
    rig.look()
    assert list(rig.journal.entries()) == []


def test_the_journal_keeps_a_bounded_number_of_each_kind_in_memory(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    for n in range(TOLD + 50):
        rig.journal.verdict("prod", "edge", "FAIL" if n % 2 else "PASS", str(n))
    rig.journal.bookmark("prod", "kept")
    told = rig.journal.told()
    assert len(told) == TOLD + 1
    assert any(isinstance(entry, Bookmark) for entry in told)


# --- incidents ----------------------------------------------------------------------------------------------------------------


async def test_an_incident_survives_a_restart_and_ends(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    assert await rig.recorder.declare("API answers 5xx", NOW - 420) == ""
    assert await rig.recorder.declare("another", NOW) == "an incident is open already: API answers 5xx"
    rig.journal.close()
    again = Rig(tmp_path)
    (one,) = again.store.world.incidents
    assert (one.title, one.began_at, one.open) == ("API answers 5xx", NOW - 420, True)
    assert one.by.startswith("OnCall/anna")
    assert await again.recorder.amend(began_at=NOW - 500) == ""
    again.now += 60
    assert await again.recorder.resolve("rolled back to 41", again.facts) == ""
    assert await again.recorder.resolve("twice", again.facts) == "no incident is open (i declares one)"
    again.journal.close()
    (over,) = Rig(tmp_path).store.world.incidents
    assert (over.began_at, over.ended_at, over.resolution) == (NOW - 500, NOW + 60, "rolled back to 41")
    assert any("38" in sentence for sentence in over.impact)
    assert any("api:42" in row.text for row in over.kept)


async def test_an_incident_is_of_its_account_region_and_endpoint(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    await rig.recorder.declare("here", NOW)
    rig.journal.close()
    assert Rig(tmp_path, identity=THERE).store.world.incidents == ()
    assert Rig(tmp_path, identity=DEMO).store.world.incidents == ()
    told = Rig(tmp_path).journal.told()
    assert chronicle.incidents(told, "dev", HERE) == ()
    assert len(chronicle.incidents(told, "prod", Identity(account="", arn="", region=""))) == 1


async def test_an_incident_needs_to_know_where(tmp_path: Path) -> None:
    rig = Rig(tmp_path, identity=None)
    assert "STS" in await rig.recorder.declare("x", NOW)
    assert kept(rig, IncidentState) == []


async def test_a_journal_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    (tmp_path / "journal.jsonl").mkdir()
    assert "cannot be written" in await rig.recorder.note("x")
    assert "cannot be written" in await rig.recorder.declare("x", NOW)
    assert rig.store.world.incidents == ()


async def test_notes_stand_at_the_moment_they_are_about(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    await rig.recorder.note("now")
    await rig.recorder.bookmark("earlier", NOW - 600)
    assert [(one.text, one.at) for one in rig.store.world.record] == [("earlier", NOW - 600), ("now", NOW)]


# --- the record of changes ----------------------------------------------------------------------------------------------------


def change(**params: object) -> Plan:
    call = Call("ecs", "UpdateService", {"cluster": "c", "service": "clickit-prod-api", **params})
    return Plan(action="scale", title="SCALE clickit-prod-api", env="prod", target="api", steps=(Step(call=call),), effect=())


def test_a_change_stands_with_its_command_and_outcome(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    intent = rig.journal.intent(change(desiredCount=5), HERE)
    rig.journal.outcome(intent, "prod", "done", "accepted")
    rig.journal.follow_ended(intent, "prod", "recovered", "5 of 5")
    rig.journal.outcome("of another machine", "prod", "done")
    rig.recorder.recall()
    begun, done, ended = rig.store.world.record
    assert begun.commands == ("aws ecs update-service --cluster c --service clickit-prod-api --desired-count 5",)
    assert (done.verdict, ended.verdict) == ("done", "recovered")
    assert ended.text == "SCALE clickit-prod-api: 5 of 5"


SECRET = "hunter2-Xk9"


@pytest.mark.parametrize("masks", [(), (r"cust-\d+",)])
async def test_no_secret_reaches_journal_or_note(tmp_path: Path, masks: tuple[str, ...]) -> None:
    rig = Rig(tmp_path, masks=masks)
    rig.journal.intent(change(secretString=Hidden(SECRET)), HERE)
    await rig.recorder.declare(f"leak postgres://u:{SECRET}@db/x", NOW - 420)
    await rig.recorder.note(f"password={SECRET} of cust-4711")
    await rig.recorder.bookmark(f"Authorization: Bearer {SECRET}0123456789")
    await rig.recorder.resolve(f"token={SECRET}", rig.facts)
    text, where = await rig.recorder.write_note(rig.facts)
    rig.journal.close()
    for written in (text, at(where).read_text(), (tmp_path / "journal.jsonl").read_text()):
        assert SECRET not in written
        assert ("cust-4711" in written) == (not masks)
    assert "***" in text


async def test_the_note_is_one_private_file_however_often_it_is_made(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    assert await rig.recorder.write_note(rig.facts) == ("", "no incident is known in this environment (i declares one)")
    await rig.recorder.declare("API answers 5xx", NOW - 420)
    _, first = await rig.recorder.write_note(rig.facts)
    await rig.recorder.note("later")
    text, second = await rig.recorder.write_note(rig.facts)
    assert first == second
    assert stat.S_IMODE(at(first).stat().st_mode) == 0o600
    assert "later" in at(first).read_text() == text
    assert [path.name for path in at(first).parent.iterdir()] == [at(first).name]


async def test_a_note_that_cannot_be_written_is_still_made_and_says_so(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    await rig.recorder.declare("API answers 5xx", NOW - 420)
    (tmp_path / "notes").write_text("a file where the folder should be")
    text, where = await rig.recorder.write_note(rig.facts)
    assert text.startswith("# API answers 5xx")
    assert "could not be written" in where


async def test_a_link_in_place_of_the_note_is_replaced_and_not_followed(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    await rig.recorder.declare("API answers 5xx", NOW - 420)
    _, where = await rig.recorder.write_note(rig.facts)
    victim = tmp_path / "victim"
    victim.write_text("mine")
    at(where).unlink()
    at(where).symlink_to(victim)
    await rig.recorder.write_note(rig.facts)
    assert victim.read_text() == "mine"
    assert not at(where).is_symlink()


def test_an_incident_reads_back_as_it_was_written() -> None:
    one = Incident(id="a", title="t", began_at=1.0, opened_at=2.0)
    assert msgspec.json.decode(msgspec.json.encode(one), type=Incident) == one


async def test_a_tick_of_a_persons_step_is_kept_with_its_note_masked(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    assert await rig.recorder.bookmark("step: password=hunter2222", step="5xx/a-request", said="password=hunter2222") == ""
    assert await rig.recorder.bookmark("step: not done", step="5xx/outside", said=None) == ""
    told = [(one.step, one.said) for one in rig.store.world.record if one.step]
    assert [step for step, _ in told] == ["5xx/a-request", "5xx/outside"]
    assert told[1][1] is None
    assert "hunter2222" not in rig.journal.path.read_text()
    again = Rig(tmp_path)
    assert [one.step for one in again.store.world.record if one.said is not None] == ["5xx/a-request"]
