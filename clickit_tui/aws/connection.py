"""One session of the SDK with its clients: read, tail, write and open lanes, each with its own retries and connections."""

from __future__ import annotations

import asyncio
from typing import Any, Final, TypeAlias

from clickit_tui.aws.errors import StillExpired

_Sdk: TypeAlias = Any
"""An object of the SDK, which has no types."""
_ATTEMPTS: Final = {"read": 3, "tail": 2, "write": 1, "open": 1}
"""Most often a call is sent, by lane: reads are repeated, a write never."""
_REFRESH_S: Final = 900.0
"""The SDK renews credentials that can be renewed when less than this remains."""
_UNUSABLE_S: Final = 600.0
"""The SDK stops using credentials when less than this remains."""


class Connection:
    """One session of the SDK and its clients. It is replaced as a whole when credentials must be looked for from scratch."""

    def __init__(self, session: _Sdk, region: str, endpoint: str) -> None:
        self.session = session
        self.region = region
        self.endpoint = endpoint
        self.users = 0
        self.retired = False
        self._clients: dict[tuple[str, str, str], Any] = {}
        self._locks: dict[tuple[str, str, str], asyncio.Lock] = {}
        self._turn = asyncio.Lock()

    async def client(self, service: str, lane: str, region: str = "") -> _Sdk:
        """The lane's client of a service; made once, its model loaded in a thread, one client a turn of the event loop."""
        key = (service, lane, region)
        if key in self._clients:
            return self._clients[key]
        async with self._locks.setdefault(key, asyncio.Lock()):
            if key not in self._clients:
                await asyncio.to_thread(self.session.warm_up_loader_caches, service)
                async with self._turn:
                    self._clients[key] = await self._make(service, lane, region or self.region)
                    await asyncio.sleep(0)
        return self._clients[key]

    async def _make(self, service: str, lane: str, region: str) -> _Sdk:
        maker = self.session.create_client(service, region_name=region or None, config=self._config(lane))
        return await maker.__aenter__()

    def _config(self, lane: str) -> _Sdk:
        from aiobotocore.config import AioConfig
        from botocore import UNSIGNED

        options: dict[str, Any] = {"signature_version": UNSIGNED} if lane == "open" else {}
        if self.endpoint:
            options["inject_host_prefix"] = False
        return AioConfig(
            retries={"mode": "standard", "total_max_attempts": _ATTEMPTS[lane]},
            connect_timeout=4,
            read_timeout=15,
            max_pool_connections=25,
            user_agent_appid="clickit_tui",
            connector_args={"force_close": True, "keepalive_timeout": None} if lane == "write" else {"keepalive_timeout": 30},
            **options,
        )

    async def expires_at(self, now: float) -> float | None:
        """When the credentials stop working: None while the SDK renews them by itself, or when it cannot be told."""
        credentials = await self.session.get_credentials()
        moment = getattr(credentials, "_expiry_time", None)
        if moment is None:
            return None
        expiry = float(moment.timestamp())
        renewed = getattr(credentials, "method", "") != "env" and expiry - now > _REFRESH_S
        return None if renewed else expiry - _UNUSABLE_S

    async def expired(self) -> bool:
        """Whether credentials were found and have ended."""
        credentials = await self.session.get_credentials()
        return bool(getattr(credentials, "refresh_needed", lambda _: False)(0))

    async def frozen(self) -> _Sdk:
        """The credentials as they are now, renewed if need be; None without any. Raises StillExpired, and what the SDK raises."""
        credentials = await self.session.get_credentials()
        try:
            return await credentials.get_frozen_credentials() if credentials is not None else None
        except RuntimeError:
            if await self.expired():
                raise StillExpired from None
            raise

    def endpoints(self) -> list[str]:
        """Addresses of the clients made so far."""
        return [client.meta.endpoint_url for client in self._clients.values()]

    async def close(self) -> None:
        """Close every client."""
        clients = list(self._clients.values())
        self._clients.clear()
        for client in clients:
            await client.close()
