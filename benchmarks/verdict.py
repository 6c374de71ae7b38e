"""From the start of `check` to its first verdict, against the data alone and against the runbook's own commands with the stock CLI."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator

from benchmarks.row import Row
from clickit_tui.checks.strip import findings
from clickit_tui.config import Config, Flags, load
from clickit_tui.demo.launch import Demo, clean_environ, start
from clickit_tui.headless.status import tried
from clickit_tui.playbooks.diagnosis import cause
from clickit_tui.session import Session

ENV = "prod"
BUDGET_MS = 2000.0
"""From the moment the data is there to the first verdict."""


def commands() -> tuple[tuple[str, ...], ...]:
    """The runbook's reads for an API that answers 5xx, in its order."""
    cluster, database = f"clickit-{ENV}-cluster", f"clickit-{ENV}-db"
    return (
        ("logs", "filter-log-events", "--log-group-name", f"/ecs/clickit-{ENV}-api", "--filter-pattern", "ERROR"),
        ("elbv2", "describe-target-groups"),
        ("rds", "describe-db-instances", "--db-instance-identifier", database),
        ("ecs", "list-tasks", "--cluster", cluster, "--desired-status", "STOPPED"),
        ("ecs", "describe-services", "--cluster", cluster, "--services", f"clickit-{ENV}-api"),
    )


def rows() -> Iterator[Row]:
    """The judging alone, the whole command, and the runbook by hand."""
    with start(seed=1, elapsed_s=1500.0, incident="bad-deployment", paused=True) as demo:
        kept = dict(os.environ)
        os.environ.clear()
        os.environ.update(clean_environ(kept, demo))
        try:
            whole, judging = asyncio.run(measured())
        finally:
            os.environ.clear()
            os.environ.update(kept)
        by_hand = by_cli(demo)
    yield Row("data there to the first verdict", judging, "ms", most=BUDGET_MS)
    if by_hand is not None:
        yield Row("clickit-tui check, start to every verdict", whole, "ms", by_hand, "5 of the runbook's commands by the stock CLI")


async def measured() -> tuple[float, float]:
    """Milliseconds: from the start to the verdicts, and of the judging alone."""
    with tempfile.TemporaryDirectory() as state:
        config: Config = load(Flags(env=ENV, config=os.devnull), state_dir=state)
        began = time.monotonic()
        session = Session(config)
        await session.start()
        await tried(session, 60.0)
        there = time.monotonic()
        world, facts = session.store.world, session.facts()
        cause(world, facts, findings(world, facts))
        done = time.monotonic()
        await session.stop()
    return (done - began) * 1000, (done - there) * 1000


def by_cli(demo: Demo) -> float | None:
    """Milliseconds of the runbook's commands one after another; None where the stock CLI is not installed."""
    aws = shutil.which("aws")
    if aws is None:
        return None
    began = time.monotonic()
    for words in commands():
        subprocess.run([aws, *words, "--output", "json"], env=clean_environ(os.environ, demo), capture_output=True, check=True, timeout=120)
    return (time.monotonic() - began) * 1000
