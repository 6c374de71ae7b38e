"""AWS's protocols: what goes out can be read back, and the asked region stands in for the placeholder."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clickit_tui.demo import cbor, wire
from clickit_tui.demo.errors import AwsError

VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
SIGNED = "AWS4-HMAC-SHA256 Credential=AKIADEMO/20261123/us-west-2/{}/aws4_request, SignedHeaders=host, Signature=x"


@settings(deadline=None, derandomize=True)
@given(VALUES)
def test_cbor_comes_back_as_it_went(value: object) -> None:
    assert cbor.loads(cbor.dumps(value)) == value


def test_cbor_of_indefinite_length_is_read() -> None:
    assert cbor.loads(bytes.fromhex("bf6161 9f0102ff 6162 7f6178617aff ff".replace(" ", ""))) == {"a": [1, 2], "b": "xz"}


def test_cut_off_cbor_is_an_awss_error() -> None:
    with pytest.raises(AwsError):
        cbor.loads(b"\xa1\x61")


def test_a_cbor_request_of_cloudwatch_is_understood_and_answered() -> None:
    body = cbor.dumps({"AlarmNames": ["us-west-2"], "StartTime": cbor.Epoch(5.0)})
    headers = {"smithy-protocol": "rpc-v2-cbor", "authorization": SIGNED.format("monitoring")}
    asked = wire.read(headers, "/service/GraniteServiceVersion20100801/operation/DescribeAlarms", body)
    assert (asked.service, asked.operation, asked.protocol) == ("cloudwatch", "DescribeAlarms", "cbor")
    assert wire.params(asked) == {"AlarmNames": [wire.REGION], "StartTime": 5.0}
    answer = wire.answer(asked, {"MetricAlarms": [{"AlarmArn": f"arn:{wire.REGION}", "StateUpdatedTimestamp": 7}]})
    assert cbor.loads(answer.body) == {"MetricAlarms": [{"AlarmArn": "arn:us-west-2", "StateUpdatedTimestamp": 7.0}]}


def test_query_parameters_unfold_by_the_model() -> None:
    body = b"Action=DescribeAlarms&Version=2010-08-01&AlarmNames.member.1=a&AlarmNames.member.2=b&MaxRecords=5"
    asked = wire.read({"authorization": SIGNED.format("monitoring")}, "/", body)
    assert (asked.protocol, wire.params(asked)) == ("query", {"AlarmNames": ["a", "b"], "MaxRecords": 5})


def test_ec2_filters_unfold_by_the_model() -> None:
    body = b"Action=DescribeNatGateways&Filter.1.Name=vpc-id&Filter.1.Value.1=vpc-1&Filter.1.Value.2=vpc-2"
    asked = wire.read({"authorization": SIGNED.format("ec2")}, "/", body)
    assert wire.params(asked) == {"Filter": [{"Name": "vpc-id", "Values": ["vpc-1", "vpc-2"]}]}


def test_a_body_that_is_no_json_is_refused() -> None:
    with pytest.raises(AwsError) as caught:
        wire.read({"x-amz-target": "Logs_20140328.FilterLogEvents"}, "/", b"{")
    assert caught.value.code == "SerializationException"
