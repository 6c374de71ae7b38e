"""Nothing is wrong: a scanner, a deployment, a task stopped by hand, lines that look bad."""

from __future__ import annotations

from clickit_tui.demo.incidents import causes
from clickit_tui.demo.incidents.plot import Answer, Beat, Incident
from clickit_tui.demo.program import Behaviour

INCIDENT = Incident(
    name="noise",
    env="prod",
    page="A new colleague is worried about many lines with the word error, 404s and a stopped task.",
    timeline=(
        Beat(200, "a scanner asks for what never existed", causes.environment(scanned=0.2)),
        Beat(
            300,
            "CI deploys v2.3.2, which is fine and talkative",
            causes.release(
                "api",
                "v2.3.2",
                Behaviour(
                    mutters=(
                        "{ts} INFO  retried after error: connection reset by peer (attempt 2 of 5, done)",
                        "{ts} INFO  errors=0 warnings=0",
                    )
                ),
            ),
        ),
        Beat(900, "a colleague stops a task to look at its replacement", causes.stop_one("api", "testing the shutdown")),
    ),
    answer=Answer(
        playbook="none",
        cause="nothing",
        evidence=(
            "HTTPCode_Target_4XX_Count is high, HTTPCode_Target_5XX_Count is not",
            "every alarm of ClickIt is OK",
            "runningCount equals desiredCount, the deployment is COMPLETED",
            "the lines with the word error have the level INFO",
        ),
        fix="None.",
    ),
)
