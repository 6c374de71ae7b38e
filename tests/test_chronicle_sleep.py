"""What the journal remembers of sleeps: the counts, and how far a sleep or wake came that did not end."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from clickit_tui.checks.happened import Kind
from clickit_tui.checks.registry import Facts
from clickit_tui.checks.timeline import timeline
from clickit_tui.chronicle import STALLED_S, records, slept, stalled
from clickit_tui.config import Thresholds
from clickit_tui.journal import Entry, Intent, Note, Progressed, Result, SentCall
from clickit_tui.world.mark import TAG, Mark
from clickit_tui.world.parts import Identity
from tests import worlds

HERE = Identity(account="123456789012", arn="", region="eu-west-1")
API = "arn:aws:ecs:eu-west-1:123456789012:service/c/clickit-dev-api"
NOW = 1_795_000_000.0


def tagging(value: object, arn: object = API, key: str = TAG) -> SentCall:
    return SentCall(service="ecs", operation="TagResource", params={"resourceArn": arn, "tags": [{"key": key, "value": value}]})


def intent(*calls: SentCall, at: float = 1.0, action: str = "sleep", id: str = "a", **where: Any) -> Intent:
    place = {"account": HERE.account, "region": HERE.region, "env": "dev"} | where
    return Intent(at=NOW + at, id=id, action=action, calls=calls, **place)


def step(number: int, state: str = "sent", id: str = "a") -> Progressed:
    return Progressed(at=NOW + 1 + number, env="dev", id=id, number=number, of=5, name=f"step {number}", state=state)


def result(state: str, sentence: str = "", id: str = "a") -> Result:
    return Result(at=NOW + 90, env="dev", id=id, state=state, sentence=sentence)


@pytest.mark.parametrize(("action", "looks"), [("questions", True), ("port_forward", True), ("shell", False), ("scale", False)])
def test_questions_and_tunnels_only_look(action: str, looks: bool) -> None:
    (one,) = records((intent(action=action),), "dev", HERE)
    assert one.looks is looks


def test_notes_of_one_moment_are_each_on_the_timeline() -> None:
    notes = tuple(Note(at=NOW, env="dev", text=f"to do {number} of 5: look") for number in range(1, 6))
    world = msgspec.structs.replace(worlds.healthy_world(NOW + 60), record=records(notes, "dev", HERE))
    shown = [one.text for one in timeline(world, Facts(now=NOW + 60, names=worlds.NAMES, thresholds=Thresholds())) if one.kind is Kind.NOTE]
    assert sorted(shown) == [note.text for note in notes]


def test_the_newest_mark_of_each_service_is_remembered() -> None:
    told = (intent(tagging("desired=2"), tagging("desired=1", f"{API}2")), intent(tagging("desired=3 min=2"), at=2))
    assert slept(told, "dev", HERE) == ((API, Mark(asleep=True, desired=3, minimum=2)), (f"{API}2", Mark(asleep=True, desired=1)))


@pytest.mark.parametrize(
    "other", [{"env": "prod"}, {"account": "210987654321"}, {"region": "us-east-1"}, {"endpoint": "127.0.0.1:5000"}, {"action": "wake"}]
)
def test_what_slept_elsewhere_is_not_remembered_here(other: dict[str, str]) -> None:
    assert slept((intent(tagging("desired=2"), **other),), "dev", HERE) == ()


@pytest.mark.parametrize(
    "call",
    [
        tagging("desired=2", key="team"),
        tagging(7),
        tagging("desired=2", arn=""),
        tagging("desired=2", arn=None),
        SentCall(service="ecs", operation="TagResource", params={"tags": "odd"}),
        SentCall(service="ecs", operation="TagResource", params={"tags": ["odd", 3]}),
        SentCall(service="ecs", operation="UpdateService", params={"desiredCount": 0}),
    ],
)
def test_a_call_that_is_no_mark_is_passed_over(call: SentCall) -> None:
    assert slept((intent(call),), "dev", HERE) == ()


def said(*entries: Entry, now: float = NOW + 100) -> str:
    return stalled(entries, "dev", HERE, now)


def test_a_sleep_that_failed_half_way_is_told_with_how_far_it_came() -> None:
    assert said(intent(), step(1), step(2, "sending"), result("failed", "after 1 of 5 calls: denied")) == (
        "sleep stopped after step 1 of 5 (continue? a: sleep): after 1 of 5 calls: denied"
    )


def test_a_program_that_was_killed_left_no_outcome_and_is_told_all_the_same() -> None:
    told = said(intent(action="wake"), step(1), step(2, "sending"))
    assert told == "wake has not ended, in another session or half-way (continue? a: wake): call 2 of 5 (step 2) was being sent"


def test_a_call_whose_fate_nobody_knows_is_told_also_when_it_was_the_first() -> None:
    assert said(intent(), step(1, "sending"), result("unknown", "the answer was lost")).endswith("the answer was lost")


@pytest.mark.parametrize(
    "entries",
    [
        (),
        (intent(),),
        (intent(), step(1), result("done")),
        (intent(), step(1, "sending"), result("failed", "denied")),
        (intent(), step(1), result("failed"), intent(at=95, id="b"), step(1, id="b"), result("done", id="b")),
        (intent(env="prod"), step(1)),
        (intent(action="scale"), step(1), result("failed")),
    ],
)
def test_nothing_is_told_of_what_ended_changed_nothing_or_was_run_again(entries: tuple[Entry, ...]) -> None:
    assert said(*entries) == ""


def test_after_a_weekend_it_is_not_told_any_more() -> None:
    assert said(intent(), step(1), result("failed", "denied"), now=NOW + STALLED_S + 2) == ""
