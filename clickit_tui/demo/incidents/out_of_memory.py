"""A release that leaks memory until its container is killed."""

from __future__ import annotations

from clickit_tui.demo.incidents import causes
from clickit_tui.demo.incidents.plot import Answer, Beat, Incident
from clickit_tui.demo.program import Behaviour

INCIDENT = Incident(
    name="out-of-memory",
    env="prod",
    page="Somebody says that api has fewer tasks than it should, or that they come and go.",
    timeline=(Beat(240, "CI deploys v2.4.0, which leaks", causes.release("api", "v2.4.0", Behaviour(leak_mib_per_min=95.0))),),
    answer=Answer(
        playbook="start",
        cause="memory.leak",
        evidence=(
            "stopped tasks: exit code 137 and container reason OutOfMemoryError",
            "CloudWatch MemoryUtilization Maximum climbs to 100 and falls, again and again, since the deployment",
        ),
        fix="Roll api back; more memory only delays it.",
    ),
)
