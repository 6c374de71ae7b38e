"""Why a shell or tunnel into a task can or cannot be opened: every condition in order, cheapest first. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from clickit_tui.checks.registry import Facts, Verdict
from clickit_tui.world.agent import CHANNELS, TO_BUCKET, TO_LOGS, Rights
from clickit_tui.world.ecs import Cluster, Container, Task, TaskDefinition
from clickit_tui.world.seen import Seen
from clickit_tui.world.world import World

INSTALL = "docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html"
FROM_ENVIRONMENT = (1, 2, 497, 0)
"""Versions above this one take the session from the environment."""
SUPPORTED = (1, 2, 764, 0)
"""Older ones may be refused by AWS."""
FROM_SOURCE = (1, 2, 0, 0)
"""What a plugin says that was compiled from plain source, whatever its release."""
READ_LATELY_S = 600.0
"""What is read on demand and is older than this tells nothing of now."""
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


def _note(name: str, sentence: str) -> Condition:
    """Something to know, that is neither good nor bad."""
    return Condition(verdict=Verdict.NONE, name=name, sentence=sentence)


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
    return (
        *here(facts),
        *_task(task, one, facts.now),
        *_platform(task),
        *_role(definition, one),
        *_rights(world, facts, definition, one),
        *_definition(definition, one),
        *_cluster(world, cluster),
        *_recorder(world, facts, definition, cluster),
        *_endpoints(world, facts, one),
        _unknown("shell", "whether the image has bash or sh shows only when it is opened"),
    )


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
    if not machine.looked:
        yield _unknown("credentials", "not looked at yet")
    elif machine.credentials:
        yield _ok("credentials", f"the plugin gets them by {machine.credentials}")
    else:
        yield _stop("credentials", "no AWS credentials for the plugin were found", "run with --profile, or export them")


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


def _task(task: Task, container: Container | None, now: float) -> Iterator[Condition]:
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
    yield from _agent(task, container, now)


def _agent(task: Task, container: Container | None, now: float) -> Iterator[Condition]:
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
        began = f", {max(0, now - task.started_at) // 5 * 5:.0f} s after the task ran" if task.started_at else ""
        yield _stop("agent", f"the ExecuteCommandAgent is starting{began}", "it takes some seconds, and is looked at again", waits=True)
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


def _role(definition: TaskDefinition | None, container: Container | None) -> Iterator[Condition]:
    if definition is None:
        yield _unknown("task role", "the task definition was not read")
    elif definition.task_role:
        yield _ok("task role", definition.task_role.rsplit("/", 1)[-1])
    elif container is not None and container.exec_agent == "RUNNING":
        yield _warn("task role", "the task definition names no task role, yet the agent runs: the task has one of its own")
    else:
        yield _stop(
            "task role", "the task has no task role: the agent cannot connect", "give the task definition a role with ssmmessages:*"
        )


def _rights(world: World, facts: Facts, definition: TaskDefinition | None, container: Container | None) -> Iterator[Condition]:
    """What the task role allows, where that was read lately; what runs already shows that the rest suffices."""
    if definition is None or not definition.task_role:
        return
    if why := _unread(world.rights, facts):
        yield _unknown("role's rights", f"what the role allows cannot be seen: {why}")
        return
    found = _of_role(world, definition)
    if found is None or not (found.allowed or found.denied):
        yield _unknown("role's rights", "what the role allows cannot be seen: IAM did not say it of this role")
        return
    lacking = sorted(found.denied.difference(TO_LOGS, TO_BUCKET))
    undecided = [name for name in CHANNELS if name not in found.allowed | found.denied]
    runs = ", yet the agent runs" if container is not None and container.exec_agent == "RUNNING" else ""
    if lacking:
        yield _warn("role's rights", f"its policies do not allow {', '.join(lacking)}{runs}", "allow it in the task role's policy")
    elif undecided:
        yield _unknown("role's rights", f"IAM did not decide {', '.join(undecided)}")
    else:
        yield _ok("role's rights", "its policies allow the four ssmmessages calls")


def _of_role(world: World, definition: TaskDefinition) -> Rights | None:
    return next((each for each in world.rights.value or () if each.role == definition.task_role), None)


def _recorder(world: World, facts: Facts, definition: TaskDefinition | None, cluster: Cluster | None) -> Iterator[Condition]:
    """Whether the task role may write where the cluster records sessions; of that alone which the cluster names."""
    if cluster is None or cluster.exec_logging != "OVERRIDE" or definition is None or not definition.task_role:
        return
    wanted = (*(TO_LOGS if cluster.exec_log_group else ()), *(TO_BUCKET if cluster.exec_bucket else ()))
    found = None if _unread(world.rights, facts) else _of_role(world, definition)
    lacking = [name for name in wanted if found is not None and name in found.denied]
    if not wanted:
        yield _unknown("recorder", "the cluster does not say where sessions are recorded")
    elif lacking:
        sentence = f"the task role's policies do not allow {', '.join(lacking)}: the session may fail or go unrecorded"
        yield _warn("recorder", sentence, "allow it in the task role's policy")
    elif found is None or any(name not in found.allowed for name in wanted):
        yield _unknown("recorder", f"whether the task role may record cannot be seen: IAM did not decide {', '.join(wanted)}")
    else:
        yield _ok("recorder", f"the task role's policies allow {', '.join(wanted)}")


def _unread(seen: Seen[Any], facts: Facts) -> str:
    """Why a field that is read on demand tells nothing now; empty when it was read lately."""
    if seen.seen_at is not None and facts.now - seen.seen_at <= READ_LATELY_S:
        return ""
    return seen.fault.sentence if seen.fault is not None else "not read yet" if seen.seen_at is None else "not read lately"


def _definition(definition: TaskDefinition | None, container: Container | None) -> Iterator[Condition]:
    if definition is None:
        return
    own = next((c for c in definition.containers if container is not None and c.name == container.name), None)
    if own is None:
        yield _unknown("root", "the task definition does not tell of this container")
        return
    if own.read_only_root:
        yield _warn("root", "the root file system is read-only: the agent may not start")
    else:
        yield _ok("root", "the root file system can be written")
    named = {name for name, _ in (*own.environment, *own.secrets)}
    if named & {"AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY", "AWS_SECRET_ACCESS_KEY"}:
        yield _warn("keys", "the container has AWS keys in its environment: the agent uses them instead of the task role")
    if definition.pid_mode == "task":
        yield _warn("sessions", "pidMode is task: only one session at a time")
    if own.init_process:
        yield _ok("init process", "initProcessEnabled: what a session leaves behind is reaped")
    else:
        yield _note("init process", "initProcessEnabled is off: processes that a session leaves behind stay as zombies")


def _cluster(world: World, cluster: Cluster | None) -> Iterator[Condition]:
    if cluster is None:
        why = world.cluster.fault.sentence if world.cluster.fault else "the cluster was not read"
        yield _unknown("recording", f"whether sessions are recorded cannot be seen: {why}")
        return
    if cluster.exec_key:
        yield _warn("encryption", "sessions are encrypted: you need kms:GenerateDataKey on the cluster's key")
    if cluster.exec_logging == "DEFAULT":
        yield _warn("recording", "sessions are recorded where the container logs, if by awslogs; that needs script and cat in the image")
    elif cluster.exec_logging == "OVERRIDE":
        yield _warn("recording", "sessions are recorded (OVERRIDE); that needs script and cat in the image")
    elif cluster.exec_logging == "NONE":
        yield _note("recording", "the cluster does not record sessions")
    else:
        yield _unknown("recording", "the cluster does not say whether sessions are recorded")


def _endpoints(world: World, facts: Facts, container: Container | None) -> Iterator[Condition]:
    """Whether the agent has a way to ssmmessages: a hint for an agent that does not run, never a stop."""
    if why := _unread(world.endpoints, facts):
        yield _unknown("endpoints", f"the VPC's endpoints cannot be seen: {why}")
        return
    interfaces = [each for each in world.endpoints.value or () if each.kind.lower() == "interface"]
    own = next((each for each in interfaces if each.service.endswith(".ssmmessages")), None)
    runs = container is not None and container.exec_agent == "RUNNING"
    if own is not None and own.state == "available":
        yield _ok("endpoints", "the VPC has an endpoint for ssmmessages")
    elif own is not None:
        yield _warn("endpoints", f"the VPC's endpoint for ssmmessages is {own.state or 'in an unknown state'}")
    elif not interfaces:
        yield _note("endpoints", "no interface endpoint in the VPC: the agent connects through NAT or an internet gateway")
    else:
        told = "the VPC has interface endpoints, but none for ssmmessages"
        yield _note("endpoints", f"{told}; the agent runs") if runs else _warn("endpoints", f"{told}: without NAT no agent connects")
