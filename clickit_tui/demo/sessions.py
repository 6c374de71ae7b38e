"""Sessions that ExecuteCommand and StartSession granted: what the stand-in for session-manager-plugin is told when it joins one."""

from __future__ import annotations

import hmac
from typing import Any

from clickit_tui.demo import toydatabase, traffic
from clickit_tui.demo.simulator import Simulator
from clickit_tui.demo.state import Environment, Task

PATH = "/_clickit/session"


def grant(sim: Simulator, session: str, token: str, of: Task, **asked: str) -> None:
    """Remember what a session is for, until it is joined."""
    sim.grants[session] = {"token": token, "task": of.id, "cluster": of.cluster, **asked}


def join(sim: Simulator, session: str, token: str) -> dict[str, Any]:
    """What the holder of the token is to do. Raises ValueError, whose text is what the agent would say."""
    known = sim.grants.get(session)
    if known is None or not hmac.compare_digest(str(known["token"]), token):
        raise ValueError("the session is unknown or its token is not valid")
    env = next((env for env in sim.envs.values() if env.names.cluster == known["cluster"]), None)
    of = next((task for task in env.tasks.values() if task.id == known["task"]), None) if env is not None else None
    if env is None or of is None or of.last_status != "RUNNING":
        raise ValueError("the task has stopped")
    told = {name: value for name, value in known.items() if name != "token"}
    if told["kind"] == "port":
        return {**told, "toy_port": toydatabase.port()}
    behaviour, wanted = of.behaviour, traffic.wanted_connections(env)
    reason = {200: "OK", 500: "Internal Server Error", 503: "Service Unavailable"}.get(behaviour.health_status, "")
    return {
        **told,
        "environment": env.name,
        "variables": _variables(env, of),
        "health": f"HTTP/1.1 {behaviour.health_status} {reason}\nContent-Type: application/json\n\n{{}}\n",
        "database": {
            "connections": wanted,
            "most": env.database.connections_most,
            "full": wanted > env.database.connections_most,
            "locked": traffic.locked_share(env) > 0,
        },
    }


def _variables(env: Environment, of: Task) -> dict[str, str]:
    """The container's variables, with made-up values for what would be secret."""
    container = of.definition.container
    plain = {each["name"]: each["value"] for each in container.get("environment", [])}
    secret = {each["name"]: f"made-up-{each['name'].lower()}" for each in container.get("secrets", [])}
    if "CLICKIT_DATABASE_URL" in secret:
        secret["CLICKIT_DATABASE_URL"] = f"postgresql+psycopg://clickit:made-up@{env.database.id}.demo.invalid:5432/clickit"
    return {**plain, **secret}
