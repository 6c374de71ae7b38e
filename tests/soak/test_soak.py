"""Eight hours of the whole dashboard on a stepped clock: memory stays flat, no task is left behind, nothing is raised."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from tests.soak.hours import BURST_EVERY_S, BURST_PER_S, BURST_S, Bursts, Soaked

ROOT = Path(__file__).parents[2]


@pytest.mark.long
def test_eight_hours_leave_memory_and_tasks_as_they_were() -> None:
    run = subprocess.run([sys.executable, "-m", "tests.soak.hours"], cwd=ROOT, check=True, stdout=subprocess.PIPE)
    soaked = msgspec.json.decode(run.stdout, type=Soaked)
    warm, *_, last = soaked.hours[1:]
    assert soaked.wrong == ()
    assert soaked.switches >= 500
    assert soaked.focused >= 500
    assert soaked.given >= 8 * 3600 / BURST_EVERY_S * BURST_S * BURST_PER_S
    assert last.lines == warm.lines == 50_000
    assert max(hour.mib for hour in soaked.hours) <= 150
    assert last.mib <= 1.1 * warm.mib, "caches fill: Textual keeps the styles of up to 1,024 widgets, also of dialogs that were left"
    assert last.tasks <= warm.tasks + 5, "a worker or a timer may be under way"
    assert last.objects <= 1.15 * warm.objects, "the record of verdicts grows to its bound"


async def test_the_log_of_the_soak_bursts() -> None:
    now = 0.0
    log = Bursts(lambda: now)
    now = BURST_S
    assert log.written() == 20_050
    now = BURST_EVERY_S
    assert log.written() == 29_000
    now = BURST_EVERY_S + 1
    assert log.written() == 31_005
