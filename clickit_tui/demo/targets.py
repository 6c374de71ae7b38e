"""The load balancer's targets: registration, health checks, draining."""

from __future__ import annotations

import ipaddress

from clickit_tui.demo.state import Environment, SecurityGroup, Target, TargetGroup, Task

BOOT_S = 3.0
"""From a container's start until the program inside listens."""


def register(group: TargetGroup, task: Task, port: int, now: float) -> Target:
    """Add a task's address; it is `initial` until its first checks."""
    target = Target(task.ip, port, task.zone, task.id, now, next_check=now + group.interval_s)
    group.targets.append(target)
    return target


def deregister(group: TargetGroup, task: Task, now: float) -> bool:
    """Begin to drain a task's target; False when it has none."""
    target = next((each for each in group.targets if each.task == task.id and each.state != "draining"), None)
    if target is None:
        return False
    target.state, target.reason = "draining", "Target.DeregistrationInProgress"
    target.description = "Target deregistration is in progress"
    target.drained_at = now + group.draining_s
    return True


def _group(env: Environment, task: Task) -> TargetGroup | None:
    return env.groups.get(env.names.part(task.service)) if task.service else None


def of(env: Environment, task: Task) -> Target | None:
    """The task's target."""
    group = _group(env, task)
    return next((each for each in group.targets if each.task == task.id), None) if group else None


def draining_s(env: Environment, task: Task) -> float:
    """How long the task's target drains; 0 without one."""
    group = _group(env, task)
    return float(group.draining_s) if group else 0.0


def healthy(env: Environment, task: Task) -> bool:
    """Whether a task runs, passes its own health check if it has one and, behind a load balancer, its target is healthy."""
    if task.last_status != "RUNNING":
        return False
    if task.definition.container.get("healthCheck") and task.health != "HEALTHY":
        return False
    if _group(env, task) is None:
        return True
    target = of(env, task)
    return target is not None and target.state == "healthy"


def reachable(env: Environment, role: str, port: int, source: str) -> bool:
    """Whether a security group lets another one in on a port, and that one lets it out."""
    groups = env.network.groups
    return _allowed(env, groups[role], port, groups[source], egress=False) and _allowed(
        env, groups[source], port, groups[role], egress=True
    )


def _allowed(env: Environment, group: SecurityGroup, port: int, other: SecurityGroup, *, egress: bool) -> bool:
    return any(
        rule.egress == egress
        and rule.protocol in ("tcp", "6", "-1")
        and (rule.protocol == "-1" or rule.from_port <= port <= rule.to_port)
        and (rule.source_group == other.id or _covers(env, rule.cidr))
        for rule in group.rules
    )


def _covers(env: Environment, cidr: str) -> bool:
    """Whether a range of addresses holds all of the private subnets."""
    if cidr in ("", "0.0.0.0/0"):
        return bool(cidr)
    span = ipaddress.IPv4Network(cidr, strict=False)
    return all(ipaddress.IPv4Network(each.cidr).subnet_of(span) for each in env.network.subnets if not each.public)


def probe(env: Environment, group: TargetGroup, target: Target, now: float) -> tuple[str, str]:
    """(reason, description) of a failed health check; two empty texts when it passes."""
    task = next((each for each in env.tasks.values() if each.id == target.task), None)
    if not reachable(env, "app", target.port, "alb"):
        return "Target.Timeout", "Request timed out"
    if task is None or task.started_at is None or now - task.started_at < BOOT_S:
        return "Target.FailedHealthChecks", "Health checks failed"
    program = task.behaviour
    if program.health_ms > group.timeout_s * 1000:
        return "Target.Timeout", "Request timed out"
    status = program.health_status
    if program.health_path and program.health_path != group.path:
        status = 404
    if status != 200:
        return "Target.ResponseCodeMismatch", f"Health checks failed with these codes: [{status}]"
    return "", ""


def tick(env: Environment, now: float) -> None:
    """One second of health checks in one environment."""
    for group in env.groups.values():
        for target in list(group.targets):
            if target.state == "draining":
                if target.drained_at is not None and now >= target.drained_at:
                    group.targets.remove(target)
            elif now >= target.next_check:
                target.next_check = now + group.interval_s
                _check(group, target, *probe(env, group, target, now))


def _check(group: TargetGroup, target: Target, reason: str, description: str) -> None:
    if reason:
        target.failed, target.passed = target.failed + 1, 0
    else:
        target.passed, target.failed = target.passed + 1, 0
    if target.passed >= group.healthy_after:
        target.state, target.reason, target.description = "healthy", "", ""
    elif target.failed >= group.unhealthy_after:
        target.state, target.reason, target.description = "unhealthy", reason, description
    elif target.state == "initial":
        target.reason, target.description = "Elb.InitialHealthChecking", "Initial health checks in progress"
