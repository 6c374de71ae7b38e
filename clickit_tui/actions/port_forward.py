"""A tunnel to the database or the cache, through a task."""

from __future__ import annotations

from clickit_tui.actions import reaching, state
from clickit_tui.actions.registry import Option, Target, action
from clickit_tui.checks.registry import Facts
from clickit_tui.plan import Call, Line, Opening, Plan, Refused, Step
from clickit_tui.world.parts import Cache, Database
from clickit_tui.world.world import World

DOCUMENT = "AWS-StartPortForwardingSessionToRemoteHost"
USUAL = {"database": (5432, 15432), "cache": (6379, 16379)}
"""(port there, port here) where nothing else is known."""


def choices(world: World, target: Target, facts: Facts) -> tuple[Option, ...]:
    """What a tunnel can lead to, then the containers that can carry it."""
    carriers = reaching.candidates(world, target)
    found = [(to, t, c) for to in USUAL for t, c in carriers if not isinstance(_end(world, to), Refused)]
    if len(found) < 2:
        return ()
    return tuple(
        Option(id=f"{to}#{t.arn}#{c.name}", text=f"{to:<9} via {reaching.row(t, c, facts)}", reason=reaching.why(world, facts, t, c))
        for to, t, c in found
    )


def _end(world: World, to: str) -> tuple[str, int] | Refused:
    """Host and port that a tunnel leads to."""
    seen = world.database if to == "database" else world.cache
    known = seen.value
    if not isinstance(known, (Database, Cache)) or not known.host:
        return Refused(f"the {to}'s address is not known: {seen.fault.sentence if seen.fault else 'not read yet'}")
    return known.host, (known.port if isinstance(known, Database) else None) or USUAL[to][0]


@action(
    id="port_forward",
    key="P",
    verb="port",
    title="Forward a port to the database or cache",
    on=("task", "service"),
    operations=("ssm:StartSession",),
    choices=choices,
    chosen="container",
    asks="to what, by which task",
    reaches=True,
)
def plan(world: World, target: Target, given: dict[str, str], facts: Facts) -> Plan | Refused:
    """Ask Systems Manager for a tunnel through the task, to a port of this machine that is free."""
    to, _, carrier = given.get("container", "").partition("#")
    to = to or next((to for to in USUAL if not isinstance(_end(world, to), Refused)), "database")
    found = reaching.meant(world, target, {"container": carrier} if carrier else {}, facts)
    if isinstance(found, Refused):
        return found
    task, container = found
    end = _end(world, to)
    if isinstance(end, Refused):
        return end
    local_port = local(facts, to)
    if not local_port:
        return Refused("no free port was found on this machine")
    params = {
        "Target": reaching.plugin_target(task, container, facts),
        "DocumentName": DOCUMENT,
        "Parameters": {"host": [end[0]], "portNumber": [str(end[1])], "localPortNumber": [str(local_port)]},
        "Reason": f"clickit_tui {world.env} {to}",
    }
    line = ready(to, end[0], local_port, facts, bool(getattr(world.cache.value, "encrypted_transit", False)))
    return Plan(
        action="port_forward",
        title=f"TUNNEL to {to} through task {task.id[:8]} of {task.part}",
        env=world.env,
        target=task.part,
        steps=(Step(call=Call("ssm", "StartSession", params), name=f"tunnel to {to}"),),
        effect=_effect(to, end, local_port, line, facts),
        undo="closing the tunnel ends it: `:` then tunnels, or quit",
        basis=reaching.basis(world, task),
        opens=Opening(
            kind="tunnel",
            name=f"{to} through {task.part}/{task.id[:8]}",
            target=str(params["Target"]),
            part=task.part,
            task=task.arn,
            to=to,
            host=end[0],
            port=end[1],
            local_port=local_port,
            ready=line,
        ),
    )


def local(facts: Facts, to: str) -> int:
    """The port of this machine: the usual one if it is free or nobody has looked yet, else another free one; 0 when none is free."""
    free = facts.machine.free_ports
    usual = USUAL[to][1]
    return usual if usual in free or not facts.machine.looked else next((port for port in reversed(free)), 0)


def ready(to: str, host: str, local_port: int, facts: Facts, encrypted: bool) -> str:
    """The line that uses the tunnel. The server's own name is kept, so that its certificate can be checked."""
    if to == "cache":
        return f"redis-cli -h 127.0.0.1 -p {local_port}{f' --tls --sni {host}' if encrypted else ''}"
    bundle = facts.reach.ca_bundle
    mode = f"verify-full sslrootcert={bundle}" if bundle else "require"
    return f'psql "host={host} hostaddr=127.0.0.1 port={local_port} sslmode={mode}"'


def _effect(to: str, end: tuple[str, int], local_port: int, line: str, facts: Facts) -> tuple[Line, ...]:
    machine = facts.machine
    far = (Line(text=f"from your own machine: {ssh_line(local_port, facts)}"),) if machine.remote else ()
    return (
        Line(text=f"127.0.0.1:{local_port} of {machine.host or 'this machine'} → {end[0]}:{end[1]} ({to})"),
        state.warn("everybody with an account on this machine can use the port; a tunnel is not recorded as a shell may be"),
        Line(text=f"then: {line}"),
        *far,
        Line(text="AWS recommends denying ssm:StartSession on tasks: a denial here is likely meant so"),
    )


def ssh_line(local_port: int, facts: Facts) -> str:
    """What brings the port on to the machine from which one came by ssh."""
    machine = facts.machine
    return f"ssh -L {local_port}:127.0.0.1:{local_port} {machine.login + '@' if machine.login else ''}{machine.remote}"
