"""One command in a container, with its output on a page: any command, and the health check's own question."""

from __future__ import annotations

from clickit_tui.actions import reaching, state
from clickit_tui.actions.registry import Field, Target, action
from clickit_tui.checks.registry import Facts
from clickit_tui.plan import Call, Line, Opening, Plan, Refused, Step
from clickit_tui.reach.capture import with_code
from clickit_tui.world.ecs import Container, Task
from clickit_tui.world.world import World


def fields(world: World, target: Target, facts: Facts) -> tuple[Field, ...]:
    """The command."""
    return (Field(name="command", label="command"),)


@action(
    id="run_command",
    key="",
    verb="run",
    title="Run one command in a container",
    on=("task", "service"),
    operations=("ecs:ExecuteCommand",),
    fields=fields,
    choices=reaching.choices,
    chosen="container",
    reaches=True,
)
def plan(world: World, target: Target, given: dict[str, str], facts: Facts) -> Plan | Refused:
    """Run what was typed by sh, and keep its output and exit code."""
    found = reachable(world, target, given, facts)
    if isinstance(found, Refused):
        return found
    script = given.get("command", "").strip()
    if not script:
        return Refused("type the command that is to be run")
    told = state.warn("the command line is kept by CloudTrail and in the journal: nothing secret on it")
    return command(world, facts, found, script, f"RUN in {found[1].name} of task {found[0].id[:8]}", "run_command", told)


@action(
    id="ask_health",
    key="",
    verb="ask health",
    title="Ask a task for its health path, from inside",
    on=("task", "service"),
    operations=("ecs:ExecuteCommand",),
    choices=reaching.choices,
    chosen="container",
    reaches=True,
)
def health(world: World, target: Target, given: dict[str, str], facts: Facts) -> Plan | Refused:
    """Ask what the load balancer asks, from inside the task: tells a program that does not answer from a network that is shut."""
    found = reachable(world, target, given, facts)
    if isinstance(found, Refused):
        return found
    service = next((s for s in world.services.value or () if s.part == target.part), None)
    groups = [g for g in world.target_groups.value or () if service is not None and g.arn in service.target_groups]
    path, port = next(((g.path, (service.container_port if service else None) or g.port) for g in groups if g.path), ("", None))
    if not path or port is None:
        return Refused(f"the health path of {target.part} is not known")
    url = f"http://127.0.0.1:{port}{path}"
    script = asks(url)
    return command(world, facts, found, script, f"ASK {url} in task {found[0].id[:8]} of {found[0].part}", "ask_health")


def asks(url: str) -> str:
    """A script that asks a URL with whatever of curl, wget and python3 the image has, and says the status."""
    python = f"import urllib.request as u; r = u.urlopen('{url}', timeout=5); print(r.status, r.read(2000).decode())"
    return (
        f"if command -v curl >/dev/null; then curl -sS -i -m 5 '{url}'; "
        f"elif command -v wget >/dev/null; then wget -q -S -T 5 -O - '{url}'; "
        f'elif command -v python3 >/dev/null; then python3 -c "{python}"; '
        "else echo 'neither curl, wget nor python3 is in this image'; exit 127; fi"
    )


def reachable(world: World, target: Target, given: dict[str, str], facts: Facts) -> tuple[Task, Container] | Refused:
    """The task and container that are meant, when they can be reached."""
    found = reaching.chosen(world, target, given)
    if isinstance(found, Refused):
        return found
    return reaching.stopped_by(world, facts, *found) or found


def command(world: World, facts: Facts, where: tuple[Task, Container], script: str, title: str, action_id: str, *told: Line) -> Plan:
    """A plan that runs a script and keeps its output."""
    task, container = where
    return Plan(
        action=action_id,
        title=title,
        env=world.env,
        target=task.part,
        steps=(Step(call=call(facts, task, container, script), name=title),),
        effect=(
            Line(text=f"runs once, as root, in container {container.name} of task {task.id[:8]} ({task.part})"),
            *told,
            *reaching.warnings(world, facts, task, container),
        ),
        undo="cannot be undone",
        basis=reaching.basis(world, task),
        opens=opening(facts, task, container, "command"),
    )


def call(facts: Facts, task: Task, container: Container, script: str) -> Call:
    """ExecuteCommand for a script whose exit code is wanted."""
    params = {
        "cluster": reaching.cluster_of(task, facts),
        "task": task.arn,
        "container": container.name,
        "interactive": True,
        "command": reaching.in_shell(with_code(script)),
    }
    return Call("ecs", "ExecuteCommand", params)


def opening(facts: Facts, task: Task, container: Container, kind: str) -> Opening:
    return Opening(
        kind=kind,
        name=f"{task.part}/{task.id[:8]} {container.name}",
        target=reaching.plugin_target(task, container, facts),
        part=task.part,
        task=task.arn,
    )
