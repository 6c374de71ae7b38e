"""A gateway that answers from a table. Every request is validated against botocore's model of the operation."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import botocore.session
from botocore.validate import ParamValidator

from clickit_tui.aws.reads import READS
from clickit_tui.world.parts import Identity
from clickit_tui.world.seen import Failed, Fault, Trouble

Answer = dict[str, Any] | Failed | Callable[[dict[str, Any]], Any]


@functools.cache
def model(service: str) -> Any:
    """botocore's model of a service."""
    return botocore.session.Session().get_service_model(service)


def problems(value: dict[str, Any], shape: Any) -> str:
    """What is wrong with a value for a shape; empty when nothing is."""
    return "" if shape is None else ParamValidator().validate(value, shape).generate_report()


def failed(kind: Trouble, code: str = "", sentence: str = "") -> Failed:
    """A failure as the gateway raises it."""
    return Failed(Fault(kind=kind, sentence=sentence or kind.value, code=code))


class Scripted:
    """Answers by operation name; a callable gets the parameters; an operation that is not in the table is denied."""

    def __init__(self, **answers: Answer) -> None:
        self.table: dict[str, Answer] = answers
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def count(self, operation: str) -> int:
        """How often an operation was called."""
        return sum(1 for name, _ in self.calls if name == operation)

    async def read(self, service: str, operation: str, /, **params: Any) -> dict[str, Any]:
        assert (service, operation) in READS
        assert problems(params, model(service).operation_model(operation).input_shape) == ""
        self.calls.append((operation, params))
        answer = self.table.get(operation, failed(Trouble.DENIED, sentence=f"no permission: {service}:{operation}"))
        if callable(answer) and not isinstance(answer, Failed):
            answer = answer(params)
        if isinstance(answer, Failed):
            raise answer
        return answer

    async def answers(self, service: str, operation: str, /, *, most: int = 100, **params: Any) -> list[dict[str, Any]]:
        return [await self.read(service, operation, **params)]

    async def pages(self, service: str, operation: str, member: str, /, *, most: int = 100, **params: Any) -> list[Any]:
        found = (await self.read(service, operation, **params)).get(member)
        return list(found) if isinstance(found, list) else []

    async def identity(self) -> Identity:
        self.calls.append(("GetCallerIdentity", {}))
        return Identity(account="123456789012", arn="arn:aws:sts::123456789012:assumed-role/OnCall/anna", region="eu-west-1")
