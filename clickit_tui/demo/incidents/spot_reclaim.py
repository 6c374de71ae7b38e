"""AWS takes Spot capacity back; exit 137 that is not out of memory."""

from __future__ import annotations

from clickit_tui.demo.incidents import causes
from clickit_tui.demo.incidents.plot import Answer, Beat, Incident

INCIDENT = Incident(
    name="spot-reclaim",
    env="dev",
    page="A colleague sees stopped tasks with exit code 137 and asks whether api runs out of memory.",
    timeline=(
        Beat(0, "the program has never handled SIGTERM", causes.behave("api", ignores_sigterm=True)),
        Beat(900, "AWS takes the capacity of both tasks back", causes.reclaim("api", 2)),
    ),
    answer=Answer(
        playbook="none",
        cause="spot.reclaimed",
        evidence=(
            "stopped tasks: stopCode SpotInterruption, exit code 137, no OutOfMemoryError",
            "MemoryUtilization is as usual",
            "the service is at its desired count again",
        ),
        fix="None; handle SIGTERM so that requests are not cut off.",
    ),
)
