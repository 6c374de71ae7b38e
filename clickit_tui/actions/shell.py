"""A shell in a container, through ECS Exec."""

from __future__ import annotations

from clickit_tui.actions import reaching, state
from clickit_tui.actions.reaching import Place
from clickit_tui.checks.registry import Facts
from clickit_tui.plan import Line, Plan, Step
from clickit_tui.world.world import World


@reaching.in_container(id="shell", key="X", verb="shell", title="Open a shell in a container")
def plan(world: World, place: Place, given: dict[str, str], facts: Facts) -> Plan:
    """Ask ECS for a session in the container; bash if the image has it, else sh."""
    task, container = place
    return reaching.planned(
        world,
        facts,
        place,
        action="shell",
        title=f"SHELL {container.name} in task {task.id[:8]} of {task.part}",
        steps=(Step(call=reaching.execute(facts, place, reaching.SHELL)),),
        effect=(
            Line(text=f"a shell as root in container {container.name} of task {task.id[:8]} ({task.part})"),
            state.warn("what you do there is not previewed and not journalled; it hits the running task"),
            Line(text="the session ends after 20 minutes without a key; Enter ~ . leaves it at any time"),
        ),
        undo="leaving the shell ends the session; what was done in it stays",
        opens=reaching.opening(facts, place, "shell"),
    )
