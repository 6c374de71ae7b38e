"""One endpoint is slow; all others are not."""

from __future__ import annotations

from clickit_tui.demo.incidents import causes
from clickit_tui.demo.incidents.plot import Answer, Beat, Incident
from clickit_tui.demo.program import Behaviour

INCIDENT = Incident(
    name="slow-endpoint",
    env="prod",
    page="Customers say that the links page is slow.",
    timeline=(
        Beat(
            600,
            "CI deploys v2.4.0, whose statistics query every click",
            causes.release("api", "v2.4.0", Behaviour(slow_path="/api/v1/stats/{id}", slow_path_ms=3200.0)),
        ),
    ),
    answer=Answer(
        playbook="latency",
        cause="app.slow_endpoint",
        evidence=(
            "CloudWatch TargetResponseTime: p95 is seconds, p50 is as before",
            "logs of api: only /api/v1/stats takes seconds",
            "database, cache and CPU as usual",
        ),
        fix="Roll api back.",
    ),
)
