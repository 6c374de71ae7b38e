"""Strictness that the SDK's parsers lack: what is no answer of AWS must not become an empty success, or an error of Python."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypeAlias

from clickit_tui.aws.errors import UnreadableAnswer

_Sdk: TypeAlias = Any
"""An object of the SDK, which has no types."""


def strict_answers(session: _Sdk) -> None:
    """Have a session's future clients raise UnreadableAnswer for web pages, torn bodies and shapes that are none of the operation's."""
    session.register("before-parse", _inspect, unique_id="clickit-answers")
    factory = session.get_component("response_parser_factory")
    factory.set_parser_defaults(timestamp_parser=_moment)
    session.register_component("response_parser_factory", _Factory(factory))


def _moment(value: _Sdk) -> datetime:
    """A time as AWS writes it; the SDK takes six times as long for it, and a metric answer holds thousands. Raises ValueError."""
    from botocore.utils import parse_timestamp

    try:
        told = datetime.fromisoformat(value) if isinstance(value, str) else datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError, TypeError):
        told = None
    return told if told is not None and told.tzinfo is not None else parse_timestamp(value)


class _Factory:
    """Makes the SDK's parsers, wrapped."""

    def __init__(self, factory: _Sdk) -> None:
        self._factory = factory

    def create_parser(self, protocol_name: str) -> _Parser:
        return _Parser(self._factory.create_parser(protocol_name))


class _Parser:
    """One of the SDK's parsers, which trip over unexpected shapes with whatever error Python has for it."""

    def __init__(self, parser: _Sdk) -> None:
        self._parser = parser

    async def parse(self, response: _Sdk, shape: _Sdk) -> _Sdk:
        try:
            return await self._parser.parse(response, shape)
        except (ArithmeticError, AttributeError, LookupError, OSError, RuntimeError, TypeError, ValueError):
            raise UnreadableAnswer(response.get("status_code", 0)) from None


_EDGES = {
    "json": (b"{}", b"[]"),
    "rest-json": (b"{}", b"[]"),
    "query": (b"<>",),
    "ec2": (b"<>",),
    "rest-xml": (b"<>",),
}
"""First and last byte of a whole answer, by protocol; other protocols are left to their parsers."""


def _inspect(operation_model: _Sdk = None, response_dict: _Sdk = None, **_: object) -> None:
    """Refuse what is no answer of AWS, before the SDK's lenient parsers make an empty success of it."""
    body, status = response_dict.get("body"), response_dict.get("status_code", 0)
    protocol = operation_model.service_model.resolved_protocol
    if not isinstance(body, bytes) or not body.strip() or _whole(body.strip(), protocol):
        return
    if status >= 500:
        response_dict["body"] = b""
    elif status < 300 or not protocol.endswith("json"):
        raise UnreadableAnswer(status)


def _whole(body: bytes, protocol: str) -> bool:
    page = body[:64].lower().startswith((b"<!doctype", b"<html"))
    edges = _EDGES.get(protocol)
    return not page and (edges is None or body[:1] + body[-1:] in edges)
