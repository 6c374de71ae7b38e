"""An ordinary scale-in; the program ignores SIGTERM."""

from __future__ import annotations

from clickit_tui.demo.incidents import causes
from clickit_tui.demo.incidents.plot import Answer, Beat, Incident

INCIDENT = Incident(
    name="scale-in",
    env="prod",
    page="A colleague sees stopped tasks with exit code 137 and asks whether api runs out of memory.",
    timeline=(
        Beat(0, "the program has never handled SIGTERM", causes.behave("api", ignores_sigterm=True)),
        Beat(120, "a colleague scales api out by two", causes.scale("api", 2)),
        Beat(600, "a colleague scales api in again", causes.scale("api", -2)),
    ),
    answer=Answer(
        playbook="none",
        cause="scaling.in",
        evidence=(
            "stopped tasks: Scaling activity initiated by (deployment ...), exit code 137, no OutOfMemoryError",
            "runningCount equals desiredCount",
        ),
        fix="None; handle SIGTERM.",
    ),
)
