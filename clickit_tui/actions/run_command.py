"""One command in a container, with its output on a page: any command, and the health check's own question."""

from __future__ import annotations

from clickit_tui.actions import reaching, state
from clickit_tui.actions.reaching import Place
from clickit_tui.actions.registry import Field, Target
from clickit_tui.checks.registry import Facts
from clickit_tui.plan import Line, Plan, Refused, Step
from clickit_tui.reach.capture import RUNS_S, with_code
from clickit_tui.world.seen import clean
from clickit_tui.world.world import World


def fields(world: World, target: Target, facts: Facts) -> tuple[Field, ...]:
    """The command."""
    return (Field(name="command", label="command"),)


@reaching.in_container(id="run_command", verb="run", title="Run one command in a container", fields=fields)
def plan(world: World, place: Place, given: dict[str, str], facts: Facts) -> Plan | Refused:
    """Run what was typed by sh, and keep its output and exit code."""
    script = given.get("command", "").strip()
    if not script:
        return Refused("type the command that is to be run")
    told = state.warn("CloudTrail keeps the command line whole, the journal masked: nothing secret on it")
    title = f"RUN in {place.container.name} of task {place.task.id[:8]}"
    return command(world, facts, place, script, title, "run_command", told, shown=script)


@reaching.in_container(id="ask_health", verb="ask health", title="Ask a task for its health path, from inside")
def health(world: World, place: Place, given: dict[str, str], facts: Facts) -> Plan | Refused:
    """Ask what the load balancer asks, from inside the task: tells a program that does not answer from a network that is shut."""
    part = place.task.part
    service = next((s for s in world.services.value or () if s.part == part), None)
    groups = [g for g in world.target_groups.value or () if service is not None and g.arn in service.target_groups]
    path, port = next(((g.path, (service.container_port if service else None) or g.port) for g in groups if g.path), ("", None))
    if not path or port is None:
        return Refused(f"the health path of {part} is not known")
    url = f"http://127.0.0.1:{port}{path}"
    return command(world, facts, place, asks(url), f"ASK {url} in task {place.task.id[:8]} of {part}", "ask_health", shown=f"ask {url}")


def asks(url: str) -> str:
    """A script that asks a URL with whatever of curl, wget and python3 the image has, and says the status."""
    python = f"import urllib.request as u; r = u.urlopen('{url}', timeout=5); print(r.status, r.read(2000).decode())"
    return (
        f"if command -v curl >/dev/null; then curl -sS -i -m 5 '{url}'; "
        f"elif command -v wget >/dev/null; then wget -q -S -T 5 -O - '{url}'; "
        f'elif command -v python3 >/dev/null; then python3 -c "{python}"; '
        "else echo 'neither curl, wget nor python3 is in this image'; exit 127; fi"
    )


def command(world: World, facts: Facts, place: Place, script: str, title: str, action: str, *told: Line, shown: str) -> Plan:
    """A plan that runs a script and keeps its output; `shown` is what its page is called."""
    task, container = place
    return reaching.planned(
        world,
        facts,
        place,
        action=action,
        title=title,
        steps=(Step(call=reaching.execute(facts, place, with_code(script)), name=title),),
        effect=(
            Line(
                text=f"runs once, as root, in container {container.name} of task {task.id[:8]} ({task.part}); nothing can be typed into it"
            ),
            Line(text=f"its output is kept; what has not ended after {RUNS_S / 60:.0f} minutes is left to itself"),
            *told,
        ),
        undo="cannot be undone",
        opens=reaching.opening(facts, place, "command", told=clean(shown)),
    )
