"""An ordinary deployment; the old program ignores SIGTERM and is killed after its stop timeout."""

from __future__ import annotations

from clickit_tui.demo.incidents import causes
from clickit_tui.demo.incidents.plot import Answer, Beat, Incident

INCIDENT = Incident(
    name="stop-timeout",
    env="prod",
    page="A colleague sees stopped tasks with exit code 137 and asks whether api runs out of memory.",
    timeline=(
        Beat(0, "the program has never handled SIGTERM", causes.behave("api", ignores_sigterm=True)),
        Beat(900, "CI deploys v2.3.2, which is fine", causes.release("api", "v2.3.2")),
    ),
    answer=Answer(
        playbook="none",
        cause="app.ignores_sigterm",
        evidence=(
            "stopped tasks, all of the old revision: Scaling activity initiated by (deployment ...), exit code 137",
            "stoppingAt and executionStoppedAt lie 30 s and the draining apart",
            "the deployment is COMPLETED",
        ),
        fix="None; handle SIGTERM or raise stopTimeout.",
    ),
)
