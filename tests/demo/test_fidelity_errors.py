"""What is not served, or cannot be read, is refused in the shape of the protocol that asked; and the matrix leaves no operation out."""

from __future__ import annotations

import http.client
import importlib
import xml.etree.ElementTree as ElementTree
from types import SimpleNamespace
from typing import Any

import pytest

from clickit_tui.demo import cbor, fallback
from clickit_tui.demo.table import table
from tests.demo import (
    test_fidelity_changes,
    test_fidelity_keeping,
    test_fidelity_repairs,
    test_fidelity_running,
    test_fidelity_watching,
)
from tests.demo.fidelity import Aws, Row

ROWS: list[Row] = [
    row
    for module in (test_fidelity_changes, test_fidelity_keeping, test_fidelity_repairs, test_fidelity_running, test_fidelity_watching)
    for row in module.MATRIX.rows
]
UNSERVED = (
    ("ecs", "create_cluster", {}, "UnknownOperationException"),
    ("logs", "describe_destinations", {}, "UnknownOperationException"),
    ("cloudwatch", "list_dashboards", {}, "UnknownOperationException"),
    ("rds", "delete_db_instance", {"DBInstanceIdentifier": "x"}, "InvalidAction"),
    ("elbv2", "delete_load_balancer", {"LoadBalancerArn": "x"}, "InvalidAction"),
    ("ec2", "describe_instances", {}, "InvalidAction"),
    ("iam", "simulate_custom_policy", {"PolicyInputList": ["{}"], "ActionNames": ["a:B"]}, "InvalidAction"),
    ("cloudfront", "list_field_level_encryption_configs", {}, "InvalidAction"),
    ("grafana", "list_workspaces", {}, "InvalidAction"),
)
"""One of each protocol: JSON 1.1 and 1.0, query, EC2, query and REST-XML and REST-JSON of services that are no part of ClickIt."""


def _signed(service: str, **more: str) -> dict[str, str]:
    scope = f"AKIADEMO/20261123/eu-west-1/{service}/aws4_request"
    return {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"} | more


def _post(aws: Aws, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, str, bytes]:
    """(status, content type, body) of one plain request."""
    connection = http.client.HTTPConnection("127.0.0.1", aws.demo.port, timeout=20)
    try:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Content-Type", ""), answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize(("service", "operation", "given", "code"), UNSERVED)
async def test_what_is_not_served_is_a_client_error_with_a_code(
    still: Aws, service: str, operation: str, given: dict[str, Any], code: str
) -> None:
    assert await still.refused(service, operation, **given) == code


def test_a_cbor_client_is_refused_in_cbor(still: Aws) -> None:
    headers = _signed("monitoring") | {"smithy-protocol": "rpc-v2-cbor", "Content-Type": "application/cbor"}
    path = "/service/GraniteServiceVersion20100801/operation/ListDashboards"
    status, kind, body = _post(still, path, cbor.dumps({}), headers)
    assert (status, kind, cbor.loads(body)["__type"]) == (400, "application/cbor", "UnknownOperationException")


BROKEN: dict[str, tuple[str, bytes, dict[str, str]]] = {
    "json": ("/", b"{", _signed("ecs") | {"X-Amz-Target": "AmazonEC2ContainerServiceV20141113.ListTasks"}),
    "deep json": ("/", b"[" * 100_000, _signed("ecs") | {"X-Amz-Target": "AmazonEC2ContainerServiceV20141113.ListTasks"}),
    "deep cbor": ("/service/G/operation/GetMetricData", b"\x81" * 100_000, _signed("monitoring") | {"smithy-protocol": "rpc-v2-cbor"}),
    "no length": ("/", b"", {"Content-Length": "many"}),
    "cbor": ("/service/G/operation/GetMetricData", b"\xa1", _signed("monitoring") | {"smithy-protocol": "rpc-v2-cbor"}),
    "query": ("/", b"Action=NoSuchThing&Version=2014-10-31", _signed("rds")),
    "query number": ("/", b"Action=DescribeEvents&Duration=soon&Version=2014-10-31", _signed("rds")),
    "ec2": ("/", b"Action=DescribeSubnets&MaxResults=many&Version=2016-11-15", _signed("ec2")),
    "nobody": ("/", b"", {}),
    "unsigned": ("/", b"Action=GetCallerIdentity", {}),
    "unknown service": ("/", b"Action=Do", _signed("nosuchservice")),
    "rest": ("/2015-03-31/nowhere", b"", _signed("lambda")),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_what_cannot_be_read_is_refused_without_html(still: Aws, broken: str) -> None:
    path, sent, headers = BROKEN[broken]
    status, kind, body = _post(still, path, sent, headers)
    assert 400 <= status < 500
    assert "html" not in kind.lower()
    assert b"<html" not in body.lower()
    if broken == "cbor":
        assert cbor.loads(body)["__type"] == "SerializationException"
    elif broken in ("query", "query number"):
        assert ElementTree.fromstring(body).find("Error/Code") is not None
    elif broken == "ec2":
        assert ElementTree.fromstring(body).find("Errors/Error/Code") is not None


def test_a_moto_without_what_is_used_of_it_fails_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.import_module("moto.server")
    less = SimpleNamespace(**{name: value for name, value in vars(real).items() if name != "create_backend_app"})
    monkeypatch.setattr(fallback.importlib, "import_module", lambda _: less)
    with pytest.raises(RuntimeError, match="create_backend_app"):
        fallback.Fallback()


def test_every_operation_has_a_row_and_every_row_a_source() -> None:
    rowed = {tuple(operation.split(".")) for row in ROWS for operation in row.operations}
    assert set(table()) - rowed == set()
    assert all(row.cites and row.behaviour for row in ROWS)
    assert len({row.id for row in ROWS}) == len(ROWS)
