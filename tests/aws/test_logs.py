"""FilterLogEvents as the tail engine's source: what is sent, what is read, however odd the answer."""

from __future__ import annotations

from typing import Any

import pytest

from clickit_tui.aws.logs import log_fetch, page_of, params_of
from clickit_tui.logs.fetch import Ask, Event, Page
from clickit_tui.world.seen import Failed, Fault, Trouble


class Scripted:
    def __init__(self, answer: dict[str, Any] | Fault) -> None:
        self.answer = answer
        self.calls: list[tuple[str, str, str, dict[str, Any]]] = []

    async def read(self, service: str, operation: str, /, *, lane: str = "read", **params: Any) -> dict[str, Any]:
        self.calls.append((service, operation, lane, params))
        if isinstance(self.answer, Fault):
            raise Failed(self.answer)
        return self.answer


async def test_a_page_is_read_on_the_tails_own_client():
    gateway = Scripted(
        {"events": [{"eventId": "1", "timestamp": 5, "ingestionTime": 6, "message": "m", "logStreamName": "s"}], "nextToken": "t"}
    )
    page = await log_fetch(gateway)(Ask(group="/ecs/clickit-dev-api", start_ms=7))
    assert page == Page(events=(Event(5, "m", "s", "1", 6),), token="t")
    assert gateway.calls == [
        ("logs", "FilterLogEvents", "tail", {"logGroupName": "/ecs/clickit-dev-api", "startTime": 7, "limit": 10_000, "interleaved": True})
    ]


async def test_a_fault_is_passed_on():
    fault = Fault(kind=Trouble.THROTTLED, sentence="Rate exceeded")
    with pytest.raises(Failed) as failed:
        await log_fetch(Scripted(fault))(Ask(group="g", start_ms=0))
    assert failed.value.fault is fault


def test_only_what_was_asked_for_is_sent():
    params = params_of(Ask(group="g", start_ms=1, end_ms=2, token="t", pattern="?ERROR", streams=("s",), limit=5))
    assert params == {
        "logGroupName": "g", "startTime": 1, "endTime": 2, "nextToken": "t", "filterPattern": "?ERROR", "logStreamNames": ["s"],
        "limit": 5, "interleaved": True,
    }  # fmt: skip


def test_the_parameters_are_valid_for_the_service_model():
    import botocore.session
    from botocore.validate import validate_parameters

    shape = botocore.session.get_session().get_service_model("logs").operation_model("FilterLogEvents").input_shape
    validate_parameters(params_of(Ask(group="g", start_ms=1, end_ms=2, token="t", pattern="p", streams=("s",))), shape)


@pytest.mark.parametrize(
    ("answer", "page"),
    [
        ({"events": [], "nextToken": None}, Page()),
        ({"events": [], "nextToken": "t"}, Page(token="t")),
        ({"events": [{"timestamp": 5, "message": "m"}]}, Page(events=(Event(5, "m"),))),
        ({"events": [{"ingestionTime": 6, "message": "m"}]}, Page(events=(Event(6, "m", "", "", 6),))),
        ({"events": [{"timestamp": 5.5, "message": 7, "eventId": 9}]}, Page(events=(Event(5, "7", "", "9"),))),
        ({"events": [{"message": "m"}, {"timestamp": 5}, None, {"timestamp": True, "message": "m"}]}, Page(unreadable=4)),
        ({"events": [{"timestamp": float("nan"), "message": "m"}]}, Page(unreadable=1)),
        ({"events": [{"timestamp": 260_000_000_000_000, "message": "a year that no calendar has"}]}, Page(unreadable=1)),
        ({"events": [], "nextToken": 7}, Page()),
    ],
)
def test_odd_answers(answer, page):
    assert page_of(answer) == page


@pytest.mark.parametrize("answer", [{}, {"events": "no"}, {"events": None}, {"nextToken": "t"}, {"searchedLogStreams": []}])
def test_an_answer_without_a_list_of_events_proves_nothing(answer):
    with pytest.raises(Failed) as failed:
        page_of(answer)
    assert failed.value.fault.kind is Trouble.GARBLED
