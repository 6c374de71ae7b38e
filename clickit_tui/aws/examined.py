"""A gateway that also notes what a self-examination wants to know: the service's clock, and where the credentials come from."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

from clickit_tui.aws.gateway import Gateway
from clickit_tui.aws.skew import ahead_s
from clickit_tui.config import Config

_Sdk: TypeAlias = Any
"""An object of the SDK, which has no types."""


class Source(NamedTuple):
    """Where credentials were found."""

    method: str
    """As the SDK calls it: `env`, `shared-credentials-file`, `sso`, `assume-role`, `iam-role`; empty when there are none."""
    temporary: bool
    """They have a session token, so they end."""


class Examined(Gateway):
    """A gateway that listens to the `Date` of every answer, refusals included."""

    def __init__(self, config: Config, *, clock: Callable[[], float] = time.time) -> None:
        super().__init__(config, clock=clock)
        self._ahead: list[float] = []

    @property
    def ahead_s(self) -> float | None:
        """Seconds by which our clock is ahead of the service's, negative when behind, to about one; None before any answer."""
        return statistics.median(self._ahead) if self._ahead else None

    async def source(self) -> Source:
        """Where the credentials come from, without a call. Raises Failed."""
        with self._faults("sts", "GetCallerIdentity"):
            connection = await self._connect()
            credentials = await connection.session.get_credentials()
            frozen = await connection.frozen()
        return Source(str(getattr(credentials, "method", "") or ""), bool(frozen is not None and frozen.token))

    def _build(self) -> _Sdk:
        connection = super()._build()
        connection.session.register("response-received", self._note, unique_id="clickit-clock")
        return connection

    def _note(self, response_dict: _Sdk = None, **_: object) -> None:
        ahead = ahead_s(response_dict.get("headers") if isinstance(response_dict, Mapping) else None, self._clock())
        if ahead is not None:
            self._ahead.append(ahead)
