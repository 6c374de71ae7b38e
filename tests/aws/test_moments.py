"""Times in answers: read as the SDK reads them, only faster."""

import pytest
from botocore.utils import parse_timestamp

from clickit_tui.aws.answers import _moment, _Parser
from clickit_tui.aws.errors import UnreadableAnswer

TOLD = [
    1764252677,
    1764252677.123,
    -5,
    "1764252677",
    "2026-11-27T14:11:17Z",
    "2026-11-27T14:11:17.123Z",
    "2026-11-27T14:11:17+02:00",
    "20261127T141117Z",
    "Fri, 27 Nov 2026 14:11:17 GMT",
    "2026-11-27T14:11:17",
    "2026-11-27",
]


@pytest.mark.parametrize("told", TOLD, ids=str)
def test_a_time_is_the_one_the_sdk_reads(told):
    assert _moment(told).timestamp() == parse_timestamp(told).timestamp()


@pytest.mark.parametrize("told", [1e13, float("nan"), "soon", "", None], ids=str)
def test_what_is_no_time_is_refused_as_by_the_sdk(told):
    with pytest.raises((ValueError, TypeError)) as sdk:
        parse_timestamp(told)
    with pytest.raises(sdk.type):
        _moment(told)


@pytest.mark.parametrize("told", [1e300, -(10**30), float("inf"), "1e300"], ids=str)
async def test_a_moment_beyond_any_calendar_makes_the_answer_unreadable(told):
    class Parser:
        async def parse(self, response, shape):
            return _moment(told)

    with pytest.raises(UnreadableAnswer):
        await _Parser(Parser()).parse({"status_code": 200}, None)
