"""How long until every pane of Triage is filled when each AWS call takes 100 ms, against the longest chain of calls."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Iterator
from typing import Any

from benchmarks.driving import dashboard
from benchmarks.row import Row
from clickit_tui.aws.gateway import Gateway
from clickit_tui.config import Config, Flags, load
from clickit_tui.demo.launch import Demo, clean_environ, start
from clickit_tui.session import Session
from clickit_tui.world.world import FIELDS

LATENCY_MS = 100.0
RUNS = 5
CHAIN: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("ecs", "DescribeServices", {"cluster": "clickit-dev-cluster", "services": ["clickit-dev-api"]}),
    ("elbv2", "DescribeTargetGroups", {}),
    ("ec2", "DescribeNatGateways", {}),
    ("cloudwatch", "DescribeAlarms", {}),
)
"""As long as the longest chain: services, target groups, NAT gateways, metrics (the last call stands for GetMetricData)."""
PANES = ("services", "tasks", "definitions", "target_groups", "targets", "balancer", "database", "cache", "metrics", "alarms", "identity")
"""World fields without which something on Triage says `loading`."""


def rows() -> Iterator[Row]:
    """Warm: the SDK's clients are made. Cold: with the SDK's import and its clients. On screen: what the user sees from the first frame."""
    with start(seed=1, latency_ms=LATENCY_MS) as demo:
        kept = dict(os.environ)
        os.environ.clear()
        os.environ.update(clean_environ(kept, demo))
        try:
            cold, warm, chain = asyncio.run(measured())
        finally:
            os.environ.clear()
            os.environ.update(kept)
        seen = min(seen_ms(demo) for _ in range(3))
    against = f"{len(CHAIN)} calls in a row at {LATENCY_MS:.0f} ms"
    yield Row("every pane filled, clients made", warm, "ms", chain, against, most_ratio=1.5)
    yield Row("every pane filled, SDK import and clients included", cold, "ms", chain, against)
    yield Row("first frame to every pane filled, on screen", seen, "ms", chain, against)


async def measured() -> tuple[float, float, float]:
    """Milliseconds: the first filling of this process, the best of later ones, the best of the chain alone."""
    with tempfile.TemporaryDirectory() as state:
        config = load(Flags(env="dev"), state_dir=state)
        gateway = Gateway(config)
        cold = await filled_ms(config, gateway)
        warm, chain = [], []
        for _ in range(RUNS):
            chain.append(await chain_ms(gateway))
            warm.append(await filled_ms(config, gateway))
        await gateway.close()
    return cold, min(warm), min(chain)


async def filled_ms(config: Config, gateway: Gateway) -> float:
    """From the start of a session to the last pane."""
    session = Session(config, gateway=gateway)
    session.store.subscribe(FIELDS, lambda world, changed: None)
    lines = asyncio.Event()
    session.tail.subscribe(lambda change: lines.set())
    began = time.monotonic()
    await session.start()
    await session.poller.tried(PANES)
    await lines.wait()
    taken = (time.monotonic() - began) * 1000
    faults = [name for name in PANES if getattr(session.store.world, name).fault is not None]
    if faults:
        raise RuntimeError(f"not filled: {', '.join(faults)}")
    await session.poller.stop()
    session.gateway = Gateway(config)  # the clients are kept for the next session
    await session.stop()
    return taken


async def chain_ms(gateway: Gateway) -> float:
    """The longest chain alone."""
    began = time.monotonic()
    for service, operation, params in CHAIN:
        await gateway.read(service, operation, **params)
    return (time.monotonic() - began) * 1000


def seen_ms(demo: Demo) -> float:
    """From the first frame until nothing on the screen is loading any more."""
    with dashboard(demo) as running:
        running.wait_for(r"─ services")
        began = time.monotonic()
        running.wait_until(lambda: filled(running.text), what="every pane")
        return (time.monotonic() - began) * 1000


def filled(text: str) -> bool:
    """Whether every pane shows values."""
    return "OPERATOR" in text and not any(word in text for word in ("loading", "reading…", "nothing yet", "····", "  … ", "LOADING"))
