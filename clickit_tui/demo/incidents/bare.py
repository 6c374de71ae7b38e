"""An environment that has no cache and no alarms: that is how it was built."""

from __future__ import annotations

from clickit_tui.demo.incidents.plot import Answer, Incident
from clickit_tui.demo.simulator import Simulator
from clickit_tui.demo.state import Environment


def without_cache_and_alarms(sim: Simulator, env: Environment) -> None:
    """The environment as it was built."""
    env.watched = False
    env.cache.status, env.cache.hit_rate = "deleted", 0.0


INCIDENT = Incident(
    name="bare",
    env="dev",
    page="A new colleague asks why half of the dashboard is empty in dev.",
    timeline=(),
    answer=Answer(
        playbook="none",
        cause="nothing",
        evidence=(
            "DescribeReplicationGroups and DescribeAlarms: successful and empty",
            "services at their desired counts, targets healthy, database available",
        ),
        fix="None.",
    ),
    shape=without_cache_and_alarms,
)
