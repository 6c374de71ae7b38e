"""A matrix of what the embedded ClickIt does as AWS does: rows over HTTP, each with what it relies on."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, NamedTuple

import pytest
from aiobotocore.config import AioConfig
from aiobotocore.session import AioSession, get_session
from botocore.exceptions import ClientError

from clickit_tui.demo.launch import Demo, aws_variables

CLUSTER = "clickit-dev-cluster"
API = {"cluster": CLUSTER, "service": "clickit-dev-api"}
DATABASE = {"DBInstanceIdentifier": "clickit-dev-db"}
SECRET = {"SecretId": "clickit/dev/jwt-secret-key"}
ECS_TOKENS = ("nextToken", "nextToken")
"""Names of the tokens, as ECS and CloudWatch Logs send and give them."""
LOG = {"logGroupName": "/ecs/clickit-prod-api"}


class Aws:
    """Plain clients of one embedded ClickIt, without retries."""

    def __init__(self, demo: Demo) -> None:
        self.demo = demo

    @contextlib.asynccontextmanager
    async def __call__(self, service: str) -> AsyncIterator[Any]:
        config = AioConfig(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=30, inject_host_prefix=False)
        given = aws_variables(self.demo.url, "")
        keys = {"aws_access_key_id": given["AWS_ACCESS_KEY_ID"], "aws_secret_access_key": given["AWS_SECRET_ACCESS_KEY"]}
        made = _session().create_client(service, config=config, region_name=given["AWS_REGION"], endpoint_url=self.demo.url, **keys)
        async with made as client:
            yield client

    async def ask(self, service: str, operation: str, /, **params: Any) -> Any:
        """One call."""
        async with self(service) as client:
            return await getattr(client, operation)(**params)

    async def refused(self, service: str, operation: str, /, **params: Any) -> str:
        """The error code of one call that must fail."""
        with pytest.raises(ClientError) as caught:
            await self.ask(service, operation, **params)
        return str(caught.value.response["Error"]["Code"])

    async def pages(self, service: str, operation: str, member: str, tokens: tuple[str, str], /, **params: Any) -> list[Any]:
        """List `member` of all pages; `tokens` are the names of the token sent and of the one given."""
        found: list[Any] = []
        sent, given = tokens
        more: dict[str, Any] = {}
        async with self(service) as client:
            while True:
                page = await getattr(client, operation)(**params, **more)
                found += page[member]
                if not page.get(given):
                    return found
                more = {sent: page[given]}

    @property
    def now(self) -> float:
        """The simulated time, epoch seconds."""
        return float(self.demo.control("state")["now"])


@functools.cache
def _session() -> AioSession:
    return get_session()


class Row(NamedTuple):
    """One line of the matrix: operations (`service.Operation`), the behaviour, what says that AWS does so, and the proof."""

    operations: tuple[str, ...]
    behaviour: str
    cites: str
    proof: Callable[[Aws], Awaitable[None]]

    @property
    def id(self) -> str:
        return f"{self.operations[0]}: {self.behaviour}"


class Matrix:
    """Rows in the order of their definition."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def row(self, operations: str, cites: str) -> Callable[[Callable[[Aws], Awaitable[None]]], Callable[[Aws], Awaitable[None]]]:
        """Take a function as a row; its name says the behaviour, and `cites` names an AWS page or botocore's model."""

        def take(proof: Callable[[Aws], Awaitable[None]]) -> Callable[[Aws], Awaitable[None]]:
            name = getattr(proof, "__name__", "")
            self.rows.append(Row(tuple(operations.split()), name.strip("_").replace("_", " "), cites, proof))
            return proof

        return take
