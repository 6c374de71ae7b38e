"""A development environment that sleeps over night."""

from __future__ import annotations

from clickit_tui.demo.incidents import causes
from clickit_tui.demo.incidents.plot import Answer, Beat, Incident
from clickit_tui.demo.simulator import Simulator
from clickit_tui.demo.state import Environment


def fall_asleep(sim: Simulator, env: Environment) -> None:
    """Remember the counts in a tag, scale to nothing, stop the database."""
    for part, service in env.services.items():
        service.tags["clickit:asleep"] = f"desired={service.desired} since={int(sim.now)} by=night"
        causes.scale(part, -service.desired)(sim, env)
    causes.stop_database(sim, env)
    env.surge = 0.0


INCIDENT = Incident(
    name="asleep",
    env="dev",
    page="A new colleague finds no running task in dev.",
    timeline=(Beat(0, "the night begins", fall_asleep),),
    answer=Answer(
        playbook="none",
        cause="nothing",
        evidence=(
            "ListTagsForResource of both services: clickit:asleep with counts and since when",
            "desiredCount 0 and runningCount 0",
            "DescribeDBInstances: stopped",
        ),
        fix="None; wake it when it is needed.",
    ),
)
