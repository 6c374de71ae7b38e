"""Who speaks to what: sts:GetCallerIdentity, read by the gateway so that every write can be checked against it."""

from __future__ import annotations

from collections.abc import Mapping

from clickit_tui.aws.gateway import Gateway
from clickit_tui.poll import Doubted, Fetch
from clickit_tui.world.seen import Failed
from clickit_tui.world.world import World


def identity_fetch(gateway: Gateway) -> Fetch:
    """Feeds `identity`; that of an account which is not the configured one is handed on beside its fault."""

    async def fetch(world: World) -> Mapping[str, object]:
        try:
            return {"identity": await gateway.identity()}
        except Failed as failed:
            if failed.fault is not gateway.foreign:
                raise
            return {"identity": Doubted(value=gateway.known, fault=failed.fault)}

    return fetch
