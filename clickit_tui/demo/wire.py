"""AWS's protocols on the wire: a request into (service, operation, parameters), an answer or error into the protocol's body.

Times are epoch seconds on this side of the wire. The region is a placeholder (`REGION`) inside: it is laid over the asked
region when a request comes in and taken off again when an answer goes out, so that every region shows the same ClickIt.
"""

from __future__ import annotations

import functools
import json
import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

import botocore.exceptions
import botocore.loaders
import botocore.model

from clickit_tui.demo import cbor
from clickit_tui.demo.errors import AwsError

Json = Any
"""A JSON value: None, bool, number, text, list or dict."""


class Shape(Protocol):
    """What is used of botocore's shapes; `members` only of structures, `member` of lists, `value` of maps."""

    type_name: str
    serialization: dict[str, Any]
    members: dict[str, Shape]
    member: Shape
    value: Shape


REGION = "zz-clickit-0"
"""Stands for the asked region in everything the simulator holds."""
ACCOUNT = "123456789012"

_SIGNING = {"monitoring": "cloudwatch", "elasticloadbalancing": "elbv2"}
_TARGETS = {
    "AmazonEC2ContainerServiceV20141113": "ecs",
    "Logs_20140328": "logs",
    "GraniteServiceVersion20100801": "cloudwatch",
    "AnyScaleFrontendService": "application-autoscaling",
    "secretsmanager": "secretsmanager",
    "AmazonEC2ContainerRegistry_V20150921": "ecr",
    "AWSInsightsIndexService": "ce",
    "AmazonSSM": "ssm",
    "PerformanceInsightsv20180227": "pi",
}
_SCOPE = re.compile(r"Credential=[^/,]+/\d+/([a-z0-9-]+)/([a-z0-9-]+)/aws4_request")
DEFAULT_REGION = "eu-west-1"

JSON_1_0 = {"cloudwatch"}
"""Services whose JSON is version 1.0; the others speak 1.1."""


class Asked(NamedTuple):
    """One request in AWS's terms. `protocol` is json, query, ec2, cbor or rest (rest is nothing that is served here)."""

    service: str
    operation: str
    params: dict[str, Any]
    region: str
    protocol: str
    request_id: str


class Answer(NamedTuple):
    """What goes out: HTTP status, headers, body."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


@functools.lru_cache(maxsize=1)
def _loader() -> botocore.loaders.Loader:
    return botocore.loaders.Loader(include_default_search_paths=True)


@functools.lru_cache(maxsize=32)
def model(service: str) -> botocore.model.ServiceModel:
    """botocore's model of a service by botocore's name; raises botocore's UnknownServiceError."""
    return botocore.model.ServiceModel(_loader().load_service_model(service, "service-2"), service_name=service)


def region_of(authorization: str) -> tuple[str, str]:
    """(region, botocore's service name) of a signed request; the default region and "" when it is not signed."""
    found = _SCOPE.search(authorization)
    if not found:
        return DEFAULT_REGION, ""
    region = DEFAULT_REGION if found[1] == "aws-global" else found[1]
    return region, _SIGNING.get(found[2], found[2])


def protocol_of(headers: Mapping[str, str]) -> str:
    """The protocol of a request whose body could not be read."""
    return "cbor" if headers.get("smithy-protocol") == "rpc-v2-cbor" else "json"


def read(headers: Mapping[str, str], path: str, body: bytes, query: str = "") -> Asked:
    """The request behind an HTTP message; `headers` have lower-case names. Raises AwsError when the body cannot be read."""
    region, service = region_of(headers.get("authorization", ""))
    request_id = str(uuid.uuid4())
    inside = body.replace(region.encode(), REGION.encode())
    target = headers.get("x-amz-target", "")
    if headers.get("smithy-protocol") == "rpc-v2-cbor":
        operation = path.rstrip("/").rsplit("/", 1)[-1]
        return Asked(service, operation, _swapped(cbor.loads(body), region, REGION) if body else {}, region, "cbor", request_id)
    if target:
        prefix, _, operation = target.rpartition(".")
        return Asked(service or _TARGETS.get(prefix, ""), operation, _json(inside), region, "json", request_id)
    flat = dict(parse_qsl(inside.decode("utf-8", "replace"), keep_blank_values=True)) or dict(parse_qsl(query))
    if "Action" in flat:
        protocol = "ec2" if service == "ec2" else "query"
        return Asked(service, flat["Action"], flat, region, protocol, request_id)
    return Asked(service, "", {}, region, "rest", request_id)


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise AwsError("SerializationException", "The request body is not valid JSON.") from None
    return found if isinstance(found, dict) else {}


def params(asked: Asked) -> dict[str, Any]:
    """The operation's parameters as botocore's callers name them; flat query parameters are unfolded by the service model."""
    if asked.protocol not in ("query", "ec2"):
        return asked.params
    shape = model(asked.service).operation_model(asked.operation).input_shape
    tree: dict[str, Any] = {}
    for key, value in asked.params.items():
        at = tree
        for part in key.split(".")[:-1]:
            below = at.setdefault(part, {})
            at = below if isinstance(below, dict) else {}
        at[key.rsplit(".", 1)[-1]] = value
    found = _unfold(shape, tree, asked.protocol == "ec2") if shape else {}
    return found if isinstance(found, dict) else {}


def _query_name(shape: Shape, name: str, ec2: bool) -> str:
    found = shape.serialization
    if ec2:
        given = found.get("queryName") or found.get("name") or name
        return given[0].upper() + given[1:]
    return str(found.get("name", name))


def _unfold(shape: Shape, node: Json, ec2: bool) -> Json:
    kind = shape.type_name
    if kind == "structure":
        named = {name: (member, _query_name(member, name, ec2)) for name, member in shape.members.items()}
        return {name: _unfold(member, node[key], ec2) for name, (member, key) in named.items() if isinstance(node, dict) and key in node}
    if kind == "list":
        if not isinstance(node, dict):
            return []
        if not ec2 and not shape.serialization.get("flattened"):
            node = node.get(_query_name(shape.member, "member", False), node.get("member", {}))
        return [_unfold(shape.member, node[index], ec2) for index in sorted(node, key=lambda key: int(key) if key.isdecimal() else 0)]
    if kind == "map":
        entries = node.get("entry", {}) if isinstance(node, dict) else {}
        return {each.get("key"): _unfold(shape.value, each.get("value"), ec2) for each in entries.values()}
    return _scalar(kind, node)


def _scalar(kind: str, text: Json) -> Json:
    try:
        if kind in ("integer", "long"):
            return int(text)
        if kind in ("float", "double"):
            return float(text)
        if kind == "timestamp":
            return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
    except ValueError:
        raise AwsError("MalformedInput", f"Could not read {text!r} as {kind}.") from None
    return text.lower() == "true" if kind == "boolean" else text


def _headers(asked: Asked, content_type: str) -> list[tuple[str, str]]:
    return [("Content-Type", content_type), ("x-amzn-RequestId", asked.request_id)]


def _out(asked: Asked, text: bytes) -> bytes:
    return text.replace(REGION.encode(), asked.region.encode())


def answer(asked: Asked, found: Mapping[str, Any]) -> Answer:
    """The result of an operation in the protocol that asked for it."""
    if asked.protocol == "cbor":
        shape = model(asked.service).operation_model(asked.operation).output_shape
        body = cbor.dumps(_swapped(_stamped(shape, found), REGION, asked.region) if shape else {})
        return Answer(200, [*_headers(asked, "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")], body)
    if asked.protocol == "json":
        kind = "application/x-amz-json-1.0" if asked.service in JSON_1_0 else "application/x-amz-json-1.1"
        return Answer(200, _headers(asked, kind), _out(asked, json.dumps(found, separators=(",", ":")).encode()))
    return Answer(200, _headers(asked, "text/xml"), _out(asked, _xml_answer(asked, found).encode()))


def _xml_answer(asked: Asked, found: Mapping[str, Any]) -> str:
    operation = model(asked.service).operation_model(asked.operation)
    shape = operation.output_shape
    inner = "".join(_emit(member, _xml_name(member, name), found[name]) for name, member in _present(shape, found)) if shape else ""
    space = model(asked.service).metadata.get("xmlNamespace", "")
    head = f'<{asked.operation}Response xmlns="{space}">'
    if asked.protocol == "ec2":
        return f"{head}<requestId>{asked.request_id}</requestId>{inner}</{asked.operation}Response>"
    wrapper = (shape.serialization.get("resultWrapper") if shape else "") or f"{asked.operation}Result"
    meta = f"<ResponseMetadata><RequestId>{asked.request_id}</RequestId></ResponseMetadata>"
    return f"{head}<{wrapper}>{inner}</{wrapper}>{meta}</{asked.operation}Response>"


def _present(shape: Shape, found: Mapping[str, Any]) -> list[tuple[str, Shape]]:
    return [(name, member) for name, member in shape.members.items() if found.get(name) is not None]


def _xml_name(shape: Shape, name: str) -> str:
    return str(shape.serialization.get("name", name))


def _emit(shape: Shape, name: str, value: Json) -> str:
    kind = shape.type_name
    if kind == "structure":
        inner = "".join(_emit(member, _xml_name(member, key), value[key]) for key, member in _present(shape, value))
        return f"<{name}>{inner}</{name}>"
    if kind == "list":
        if shape.serialization.get("flattened"):
            return "".join(_emit(shape.member, name, each) for each in value)
        below = _xml_name(shape.member, "member")
        return f"<{name}>{''.join(_emit(shape.member, below, each) for each in value)}</{name}>"
    if kind == "map":
        pairs = (f"<entry><key>{escape(str(key))}</key>{_emit(shape.value, 'value', each)}</entry>" for key, each in value.items())
        return f"<{name}>{''.join(pairs)}</{name}>"
    return f"<{name}>{escape(_text(kind, value))}</{name}>"


def _text(kind: str, value: Json) -> str:
    if kind == "timestamp":
        return iso(value)
    if kind == "boolean":
        return "true" if value else "false"
    return str(value)


def iso(at: float) -> str:
    """Epoch seconds as AWS writes them in XML: 2026-11-23T07:31:20.123Z."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _swapped(value: Json, old: str, new: str) -> Json:
    """The value with one text replaced by another in every string."""
    if isinstance(value, str):
        return value.replace(old, new)
    if isinstance(value, dict):
        return {key: _swapped(each, old, new) for key, each in value.items()}
    return [_swapped(each, old, new) for each in value] if isinstance(value, list) else value


def _stamped(shape: Shape, value: Json) -> Json:
    """The value with its timestamps tagged as CBOR wants them."""
    kind = shape.type_name
    if kind == "structure":
        return {name: _stamped(member, value[name]) for name, member in _present(shape, value)}
    if kind == "list":
        return [_stamped(shape.member, each) for each in value]
    if kind == "timestamp":
        return cbor.Epoch(value)
    return float(value) if kind in ("double", "float") else value


def refusal(asked: Asked, error: AwsError) -> Answer:
    """An error in the protocol that asked, never HTML."""
    if asked.protocol == "rest" and _rest_xml(asked.service):
        text = f"<Error><Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message></Error>"
        return Answer(error.status, _headers(asked, "application/xml"), _out(asked, text.encode()))
    if asked.protocol in ("json", "rest"):
        return _json_refusal(asked, error)
    if asked.protocol == "cbor":
        headers = [*_headers(asked, "application/cbor"), ("smithy-protocol", "rpc-v2-cbor"), *_compatible(asked, error)]
        return Answer(error.status, headers, cbor.dumps({"__type": error.code, "message": error.message}))
    fault = "Sender" if error.status < 500 else "Receiver"
    code, message = escape(error.code), escape(error.message)
    if asked.protocol == "ec2":
        error_text = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
        text = f"<Response><Errors>{error_text}</Errors><RequestID>{asked.request_id}</RequestID></Response>"
    else:
        text = (
            f"<ErrorResponse><Error><Type>{fault}</Type><Code>{code}</Code><Message>{message}</Message></Error>"
            f"<RequestId>{asked.request_id}</RequestId></ErrorResponse>"
        )
    return Answer(error.status, _headers(asked, "text/xml"), _out(asked, text.encode()))


def _rest_xml(service: str) -> bool:
    try:
        return bool(service) and model(service).metadata.get("protocol") == "rest-xml"
    except botocore.exceptions.UnknownServiceError:
        return False


def _json_refusal(asked: Asked, error: AwsError) -> Answer:
    body = json.dumps({"__type": error.code, "message": error.message, "Message": error.message}).encode()
    headers = [*_headers(asked, "application/x-amz-json-1.1"), ("x-amzn-ErrorType", error.code), *_compatible(asked, error)]
    return Answer(error.status, headers, _out(asked, body))


def _compatible(asked: Asked, error: AwsError) -> list[tuple[str, str]]:
    """CloudWatch was a query service: its errors keep their old codes in a header."""
    if asked.service not in JSON_1_0:
        return []
    return [("x-amzn-query-error", f"{error.code};{'Sender' if error.status < 500 else 'Receiver'}")]
