"""Who speaks to what: sts:GetCallerIdentity, read by the gateway so that every write can be checked against it."""

from __future__ import annotations

from collections.abc import Mapping

from clickit_tui.aws.gateway import Gateway
from clickit_tui.poll import Fetch
from clickit_tui.world.world import World


def identity_fetch(gateway: Gateway) -> Fetch:
    """Feeds `identity`."""

    async def fetch(world: World) -> Mapping[str, object]:
        return {"identity": await gateway.identity()}

    return fetch
