"""What is missing before anything can be read: credentials, a profile, a region."""

from __future__ import annotations

from clickit_tui.world.seen import Fault
from clickit_tui.world.world import World

NO_CREDENTIALS = "no AWS credentials found"
NO_REGION = "no region is configured"
NO_PROFILE = "there is no profile "
"""Beginning of the sentence."""


def is_missing(fault: Fault) -> bool:
    """Whether a failure says that this machine is not set up, rather than that AWS or the network said no."""
    return fault.sentence in (NO_CREDENTIALS, NO_REGION) or fault.sentence.startswith(NO_PROFILE)


def missing(world: World) -> tuple[Fault, ...]:
    """Why nothing was read so far, each once; empty as soon as the cluster was, and before identity and cluster were tried."""
    looked = (world.identity, world.cluster)
    if any(seen.value is None and seen.fault is None for seen in looked) or world.cluster.value is not None:
        return ()
    found = {seen.fault.sentence: seen.fault for seen in looked if seen.fault is not None and is_missing(seen.fault)}
    return tuple(found.values())


def told(faults: tuple[Fault, ...], env: str) -> str:
    """What is missing and how to go on, in one sentence."""
    why = " and ".join(fault.sentence for fault in faults)
    ask = f"`clickit-tui doctor --env {env}` tells where it is looked for, `clickit-tui demo` needs no AWS"
    return f"{why}: --profile and --region name one; {ask}"
