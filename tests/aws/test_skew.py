"""A wrong clock of this machine is named, with the seconds."""

from email.utils import formatdate

import pytest
from botocore.exceptions import ClientError

from clickit_tui.aws.errors import fault_of
from clickit_tui.aws.skew import skew_s
from clickit_tui.world.seen import Trouble

NOW = 1_800_000_000.0


def answer(at, code="", **error):
    headers = {} if at is None else {"date": formatdate(at, usegmt=True)}
    return {"ResponseMetadata": {"HTTPStatusCode": 403, "HTTPHeaders": headers}, "Error": {"Code": code, "Message": "x", **error}}


@pytest.mark.parametrize(
    ("at", "skew"), [(NOW, 0), (NOW - 29, 0), (NOW - 30, 30), (NOW + 412, -412), (None, 0)], ids=["same", "near", "ahead", "behind", "none"]
)
def test_the_answers_own_time_tells(at, skew):
    assert skew_s(answer(at), NOW) == skew


@pytest.mark.parametrize("date", ["", "soon", "Fri, 99 Foo 9999 00:00:00 GMT", 7, None])
def test_a_time_that_cannot_be_read_tells_nothing(date):
    assert skew_s({"ResponseMetadata": {"HTTPHeaders": {"date": date}}}, NOW) == 0
    assert skew_s({"ResponseMetadata": {"HTTPHeaders": date}}, NOW) == 0


@pytest.mark.parametrize(
    "code", ["InvalidSignatureException", "SignatureDoesNotMatch", "RequestExpired", "RequestTimeTooSkewed", "AuthFailure"]
)
def test_a_signature_refused_for_the_clock_says_so_with_the_seconds(code):
    fault = fault_of(ClientError(answer(NOW + 612, code), "ListClusters"), "ecs", "ListClusters", now=NOW)
    assert fault.kind is Trouble.CREDENTIALS
    assert fault.sentence == f"this machine's clock is 612 s behind AWS's, so AWS refuses every signature ({code})"
    assert "set this machine's clock" in fault.fix


@pytest.mark.parametrize(("code", "at"), [("InvalidSignatureException", NOW), ("ExpiredTokenException", NOW + 612)])
def test_a_wrong_key_and_an_expired_token_are_not_blamed_on_the_clock(code, at):
    assert "clock is" not in fault_of(ClientError(answer(at, code), "ListClusters"), "ecs", "ListClusters", now=NOW).sentence
