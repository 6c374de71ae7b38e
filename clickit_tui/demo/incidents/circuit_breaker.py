"""A release that dies at start; ECS gives up and goes back by itself."""

from __future__ import annotations

from clickit_tui.demo.incidents import causes
from clickit_tui.demo.incidents.plot import Answer, Beat, Incident
from clickit_tui.demo.program import Behaviour

INCIDENT = Incident(
    name="circuit-breaker",
    env="prod",
    page="CI says that the deployment of api did not get through.",
    timeline=(
        Beat(
            600,
            "CI deploys v2.4.0, which dies at start",
            causes.release(
                "api",
                "v2.4.0",
                Behaviour(
                    crash_after_s=2.0,
                    last_words=(
                        "Traceback (most recent call last):",
                        '  File "/app/clickit/settings.py", line 12, in <module>',
                        "KeyError: 'CLICKIT_REGION'",
                    ),
                ),
            ),
        ),
    ),
    answer=Answer(
        playbook="start",
        cause="deployment.crash",
        evidence=(
            "ListServiceDeployments: ROLLBACK_SUCCESSFUL, deploymentCircuitBreaker TRIGGERED",
            "stopped tasks: EssentialContainerExited, exit code 1, not 137",
            "their log streams end in a traceback: KeyError: 'CLICKIT_REGION'",
            "service events: deployment failed: tasks failed to start; no alarm: the old tasks kept serving",
        ),
        fix="Nothing to do for the service; give the setting a value and release again.",
    ),
)
