"""A session that sends one change and waits for its answer: `python -m tests.faults.sending STATE_DIR`. The test kills it meanwhile."""

from __future__ import annotations

import asyncio
import sys

from clickit_tui.config import Flags, load
from clickit_tui.plan import Call, Plan, Step
from clickit_tui.session import Session

CALL = Call("ecs", "UpdateService", {"cluster": "clickit-prod-cluster", "service": "clickit-prod-api", "desiredCount": 5})


def made(state_dir: str) -> Session:
    """A session that reads nothing but what a change needs."""
    return Session(load(Flags(env="prod"), {}, state_dir=state_dir), built=lambda _: ())


async def send(state_dir: str) -> None:
    session = made(state_dir)
    await session.start()
    plan = Plan(env="prod", action="scale", target="api", title="SCALE prod/api 2 → 5", steps=(Step(call=CALL),), effect=())
    await session.carry_out(plan, lambda _: plan)


if __name__ == "__main__":
    asyncio.run(send(sys.argv[1]))
