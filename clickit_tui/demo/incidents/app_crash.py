"""A release that serves for some minutes and then dies, again and again."""

from __future__ import annotations

from clickit_tui.demo.incidents import causes
from clickit_tui.demo.incidents.plot import Answer, Beat, Incident
from clickit_tui.demo.program import Behaviour

INCIDENT = Incident(
    name="app-crash",
    env="prod",
    page="Somebody says that api has fewer tasks than it should, or that they come and go.",
    timeline=(
        Beat(
            300,
            "CI deploys v2.4.0, which dies after some minutes",
            causes.release(
                "api",
                "v2.4.0",
                Behaviour(
                    crash_after_s=170.0,
                    last_words=(
                        "Traceback (most recent call last):",
                        '  File "/app/clickit/clicks.py", line 88, in flush',
                        "RecursionError: maximum recursion depth exceeded",
                    ),
                ),
            ),
        ),
    ),
    answer=Answer(
        playbook="start",
        cause="app.crash",
        evidence=(
            "stopped tasks: EssentialContainerExited, exit code 1",
            "their log streams end in a traceback: RecursionError",
            "the deployment is COMPLETED: the circuit breaker saw nothing",
        ),
        fix="Roll api back.",
    ),
)
