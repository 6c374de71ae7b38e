"""Why a shell or tunnel into a task can or cannot be opened: every condition in order, cheapest first. Pure."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from clickit_tui.checks.registry import Facts, Verdict
from clickit_tui.world.ecs import Cluster, Container, Task, TaskDefinition
from clickit_tui.world.world import World

INSTALL = "docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html"
FROM_ENVIRONMENT = (1, 2, 497, 0)
"""Versions above this one take the session from the environment."""
SUPPORTED = (1, 2, 764, 0)
"""Older ones may be refused by AWS."""
FROM_SOURCE = (1, 2, 0, 0)
"""What a plugin says that was compiled from plain source, whatever its release."""
SIDECARS = ("ecs-service-connect", "aws-guardduty-agent", "aws-otel-collector", "xray", "envoy", "datadog", "log_router", "fluent")


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the list."""

    verdict: Verdict
    """FAIL stops; UNKNOWN does not, it is told."""
    name: str
    """Two or three words."""
    sentence: str
    fix: str = ""
    waits: bool = False
    """It may come true by itself within seconds."""
    cure: str = ""
    """Id of the action that cures it."""


def _ok(name: str, sentence: str) -> Condition:
    return Condition(verdict=Verdict.PASS, name=name, sentence=sentence)


def _stop(name: str, sentence: str, fix: str = "", *, waits: bool = False, cure: str = "") -> Condition:
    return Condition(verdict=Verdict.FAIL, name=name, sentence=sentence, fix=fix, waits=waits, cure=cure)


def _warn(name: str, sentence: str, fix: str = "") -> Condition:
    return Condition(verdict=Verdict.WARN, name=name, sentence=sentence, fix=fix)


def _unknown(name: str, sentence: str) -> Condition:
    return Condition(verdict=Verdict.UNKNOWN, name=name, sentence=sentence)


def is_sidecar(name: str) -> bool:
    """Whether a container is one that AWS or an agent adds beside the program."""
    return name.startswith(SIDECARS) or name.endswith(("-agent", "-sidecar", "-proxy"))


def ordered(task: Task) -> tuple[Container, ...]:
    """A task's containers as they are offered: sidecars last."""
    return tuple(sorted(task.containers, key=lambda c: is_sidecar(c.name)))


def preflight(world: World, facts: Facts, task: Task, container: str = "") -> tuple[Condition, ...]:
    """The whole list for one container of a task; without a name for the first that is no sidecar."""
    one = next((c for c in ordered(task) if c.name == container or not container), None)
    definition = next((d for d in world.definitions.value or () if d.arn == task.task_definition), None)
    cluster = world.cluster.value if isinstance(world.cluster.value, Cluster) else None
    return (*here(facts), *_task(task, one), *_platform(task), *_definition(definition, one), *_cluster(cluster))


def stopper(conditions: tuple[Condition, ...]) -> Condition | None:
    """The first condition that stops."""
    return next((c for c in conditions if c.verdict is Verdict.FAIL), None)


def here(facts: Facts) -> Iterator[Condition]:
    """What this machine must offer."""
    machine = facts.machine
    if machine.terminal is False:
        yield _stop("terminal", "there is no terminal to hand over", "start clickit-tui in a terminal")
    else:
        yield _ok("terminal", "a real terminal") if machine.terminal else _unknown("terminal", "not looked at yet")
    yield from _plugin(facts)
    if machine.credentials:
        yield _ok("credentials", f"the plugin gets them by {machine.credentials}")
    else:
        yield _unknown("credentials", "not resolved yet: the plugin needs --profile or exported AWS credentials")


def _plugin(facts: Facts) -> Iterator[Condition]:
    machine = facts.machine
    if not machine.looked:
        yield _unknown("plugin", "not looked for yet")
        return
    if not machine.plugin:
        where = f" on {machine.host}" if machine.host else ""
        yield _stop("plugin", f"{machine.wanted} is not installed{where}", f"install it: {INSTALL}; or name it: [shell] plugin")
        return
    yield _ok("plugin", machine.plugin)
    version = tuple(int(part) for part in machine.version.split(".")) if machine.version else ()
    if not version:
        yield _unknown("plugin version", "it did not say its version")
    elif version == FROM_SOURCE:
        yield _warn("plugin version", f"{machine.version}: compiled from source, its release is unknown")
    elif version <= FROM_ENVIRONMENT:
        yield _stop(
            "plugin version",
            f"plugin {machine.version} takes the session's token on its command line only, where everybody sees it",
            f"install 1.2.764.0 or newer: {INSTALL}",
        )
    elif version < SUPPORTED:
        yield _warn("plugin version", f"plugin {machine.version} is older than 1.2.764.0: AWS may refuse it")
    else:
        yield _ok("plugin version", machine.version)


def _task(task: Task, container: Container | None) -> Iterator[Condition]:
    short = task.id[:8]
    if task.status != "RUNNING":
        why = f" ({task.stopped_reason})" if task.stopped_reason else ""
        starting = task.status in ("PROVISIONING", "PENDING", "ACTIVATING")
        yield _stop("task", f"task {short} is {task.status or 'in an unknown state'}{why}", "pick another task", waits=starting)
    else:
        yield _ok("task", f"task {short} is RUNNING")
    if container is None:
        yield _stop("container", "it has no such container", "pick another container")
    elif container.status not in ("RUNNING", ""):
        yield _stop("container", f"container {container.name} is {container.status}", "pick another container")
    elif not container.runtime_id:
        yield _stop("container", f"container {container.name} has no runtime id yet", "try again in a few seconds", waits=True)
    else:
        yield _ok("container", f"container {container.name} is RUNNING")
    yield from _agent(task, container)


def _agent(task: Task, container: Container | None) -> Iterator[Condition]:
    if task.exec_enabled is False:
        sentence = "ECS Exec was off when this task started; a running task cannot be changed"
        yield _stop("ECS Exec", sentence, "enable exec on the service: its tasks are replaced", cure="enable_exec")
        return
    if task.exec_enabled is None:
        yield _unknown("ECS Exec", "the answer does not say whether it is on")
    else:
        yield _ok("ECS Exec", "on for this task")
    state = container.exec_agent if container is not None else ""
    why = f": {container.exec_reason}" if container is not None and container.exec_reason else ""
    if state == "RUNNING":
        yield _ok("agent", "the ExecuteCommandAgent is RUNNING")
    elif state == "PENDING":
        yield _stop("agent", "the ExecuteCommandAgent is starting", "it takes some seconds", waits=True)
    elif state:
        causes = "likely: no ssmmessages permission on the task role, no route to ssmmessages, or a read-only root file system"
        yield _stop("agent", f"the ExecuteCommandAgent is {state}{why}", causes)
    elif task.exec_enabled:
        yield _unknown("agent", "the answer does not say whether the agent runs")


def _platform(task: Task) -> Iterator[Condition]:
    if not task.platform or task.capacity.startswith("EC2"):
        yield _unknown("platform", "the answer names no Fargate platform version")
        return
    least = (1, 0, 0) if task.family.upper().startswith("WINDOWS") else (1, 4, 0)
    found = tuple(int(part) for part in task.platform.split(".") if part.isdigit())
    if len(found) == 3 and found < least:
        yield _stop("platform", f"platform version {task.platform} has no ECS Exec", f"deploy on {'.'.join(map(str, least))} or newer")
    else:
        yield _ok("platform", f"platform version {task.platform}")


def _definition(definition: TaskDefinition | None, container: Container | None) -> Iterator[Condition]:
    if definition is None:
        yield _unknown("task role", "the task definition was not read")
        return
    if definition.task_role:
        yield _ok("task role", f"{definition.task_role.rsplit('/', 1)[-1]}; whether it allows ssmmessages:* is not checked here")
    elif container is not None and container.exec_agent == "RUNNING":
        yield _warn("task role", "the task definition names no task role, yet the agent runs: the task has one of its own")
    else:
        yield _stop(
            "task role", "the task has no task role: the agent cannot connect", "give the task definition a role with ssmmessages:*"
        )
    own = next((c for c in definition.containers if container is not None and c.name == container.name), None)
    if own is None:
        return
    if own.read_only_root:
        yield _warn("root", "the root file system is read-only: the agent may not start")
    named = {name for name, _ in (*own.environment, *own.secrets)}
    if named & {"AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY", "AWS_SECRET_ACCESS_KEY"}:
        yield _warn("keys", "the container has AWS keys in its environment: the agent uses them instead of the task role")
    if definition.pid_mode == "task":
        yield _warn("sessions", "pidMode is task: only one session at a time")


def _cluster(cluster: Cluster | None) -> Iterator[Condition]:
    if cluster is None:
        return
    if cluster.exec_key:
        yield _warn("encryption", "sessions are encrypted: you need kms:GenerateDataKey on the cluster's key")
    if cluster.exec_logging in ("DEFAULT", "OVERRIDE"):
        yield _warn("recording", f"sessions are recorded ({cluster.exec_logging}); that needs script and cat in the image")
