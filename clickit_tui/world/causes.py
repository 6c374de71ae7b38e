"""Why a task stopped: one ordered catalogue over stop code, stop reason and the containers' reasons; the exit code speaks last."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from clickit_tui.world.ecs import Task


class StopCause(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the catalogue."""

    id: str
    title: str
    """In a few words: `out of memory`."""
    fix: str
    """What to do, in one sentence; empty when there is nothing to do."""
    failed: bool = True
    """The task or what it needs failed; False when it was stopped on purpose or taken back."""
    hidden: bool = False
    """Routine, not shown unless asked for: scale-in, a deployment's old task, a run that ended well."""


class Rule(NamedTuple):
    """What a stopped task must say to be of a cause: one of the stop codes, or all of the patterns and none of `unless`."""

    cause: StopCause
    patterns: tuple[re.Pattern[str], ...]
    codes: frozenset[str] = frozenset()
    unless: re.Pattern[str] | None = None


def _row(
    id: str,
    title: str,
    fix: str,
    *patterns: str,
    codes: tuple[str, ...] = (),
    unless: str = "",
    failed: bool = True,
    hidden: bool = False,
) -> Rule:
    return Rule(
        StopCause(id=id, title=title, fix=fix, failed=failed, hidden=hidden),
        tuple(re.compile(p, re.IGNORECASE) for p in patterns),
        frozenset(codes),
        re.compile(unless, re.IGNORECASE) if unless else None,
    )


_PULL = r"cannotpullcontainererror|the task can(?:no|')t pull the image"
_INIT = r"resourceinitializationerror"
_VAULT = r"\basm\b|secret|\bssm\b|parameter"
_LOGGER = r"logger args|log ?group|log stream|logging driver|\blogs:|amazon cloudwatch"
_NETWORK = (
    r"i/o timeout|context deadline|deadline exceeded|context canceled|request ?canceled|send request failed|connection issue|"
    r"connection refused|connection reset|no such host|tls handshake timeout|dial tcp|network is unreachable"
)
_CUT_OFF = r"timeout|timed out|denied|forbidden|cancel+ed|deadline|dial tcp|no such host"
_PLATFORM = r"matching platform|match for platform|exec format|does not match the specified platform"
_DENIED = r"access ?denied|not authorized|unauthorized"

RULES: tuple[Rule, ...] = (
    _row(
        "spot",
        "Spot capacity taken back",
        "normal on Spot: handle SIGTERM within stopTimeout; when too few run, use on-demand capacity",
        r"your spot task was interrupted|spotinterruption",
        codes=("SpotInterruption", "TerminationNotice"),
        failed=False,
    ),
    _row(
        "oom",
        "out of memory",
        "raise the task's memory in Terraform and deploy; look at its maximum memory before it died",
        r"outofmemoryerror|killed due to memory usage",
    ),
    _row(
        "pull-platform",
        "image is for another architecture",
        "build for the task's platform (--platform linux/amd64) or set runtimePlatform to ARM64",
        _PULL,
        _PLATFORM,
    ),
    _row(
        "pull-throttled",
        "registry limits pulls",
        "use an ECR pull-through cache or a copy of the image in ECR",
        _PULL,
        r"toomanyrequests|too many requests|rate limit|\b429\b",
    ),
    _row(
        "pull-denied",
        "image pull denied",
        "let the execution role pull from ECR, or correct the image's name (registry prefix missing?)",
        _PULL,
        r"denied|forbidden|\b403\b|authorization|permission|not authorized|no basic auth",
    ),
    _row(
        "image-missing",
        "image not found",
        "push the image again or go back to a revision whose image exists; check ECR's lifecycle policy",
        _PULL,
        r"not found|does not exist|manifest unknown|failed to resolve ref|name unknown|notfound",
        unless=_CUT_OFF,
    ),
    _row(
        "pull-network",
        "registry not reached",
        "check NAT gateway, route table, security group egress on 443 and VPC endpoints",
        rf"{_PULL}|connection issue between the task and amazon ecr",
    ),
    _row(
        "secret-deleted",
        "secret scheduled for deletion",
        "restore the secret (aws secretsmanager restore-secret), then redeploy",
        _INIT,
        r"marked for deletion|scheduled for deletion",
    ),
    _row(
        "secret-key",
        "key missing in a secret",
        "the secret's JSON lacks the key that the task definition names: correct the value or the reference",
        _INIT,
        r"did not contain json key|invalid json key|does not contain json key",
    ),
    _row(
        "role-ecr",
        "execution role may not use ECR",
        "allow ecr:GetAuthorizationToken and ecr:BatchGetImage to the task's execution role",
        _INIT,
        _DENIED,
        r"ecr:|ecr registry auth|registry auth from amazon ecr",
        unless=r"secretsmanager:|ssm:|kms:",
    ),
    _row(
        "role-secret",
        "execution role may not read a secret",
        "allow secretsmanager:GetSecretValue (and kms:Decrypt) on it to the task's execution role",
        _INIT,
        _VAULT,
        _DENIED,
        unless=_LOGGER,
    ),
    _row(
        "secret-missing",
        "secret not found",
        "create the secret the task definition names, or correct the reference",
        _INIT,
        r"resourcenotfoundexception|can't find the specified secret|secrets manager can't find|invalid parameters|parameternotfound",
        unless=_LOGGER,
    ),
    _row(
        "log-group",
        "log group missing or not reached",
        "create the log group the task definition names, allow the role to write it, or open the way to CloudWatch Logs",
        _INIT,
        _LOGGER,
    ),
    _row(
        "start-network",
        "AWS not reached at start",
        "check NAT gateway, route table, security group egress on 443 and VPC endpoints",
        _INIT,
        _NETWORK,
    ),
    _row("start-resource", "start failed: resources not ready", "read the reason: it is none of the known ones", _INIT),
    _row(
        "role-assume",
        "role cannot be assumed",
        "let ecs-tasks.amazonaws.com assume the task's roles, and check that they exist",
        r"unable to assume the role",
    ),
    _row(
        "elb-health",
        "failed the load balancer's health checks",
        "look at the target's reason, the health check's path, and the grace period against the time it takes to start",
        r"failed elb health checks",
    ),
    _row(
        "container-health",
        "failed its container health check",
        "look at its log; give it a longer startPeriod when it is slow to start",
        r"failed container health checks",
    ),
    _row(
        "routine",
        "stopped by a deployment or scale-in",
        "",
        r"scaling activity initiated by|task stopped by service scheduler",
        failed=False,
        hidden=True,
    ),
    _row(
        "user",
        "stopped by a person or a tool",
        "ask who stopped it; the reason is in their own words",
        codes=("UserInitiated",),
        failed=False,
    ),
    _row(
        "capacity",
        "no capacity or quota reached",
        "try another availability zone or on-demand capacity, or raise the account's quota",
        r"capacity is unavailable|limit on the number of (?:tasks|vcpus)|reached the limit on|insufficient capacity",
    ),
    _row(
        "network-interface",
        "network interface or storage not provided",
        "check for free addresses in the subnets; it is tried again by itself",
        r"timeout waiting for (?:network interface|ephemeral ?storage)|network interface provision|insufficientfreeaddresses",
    ),
    _row(
        "volume",
        "volume not mounted",
        "check the volume's file system, its mount targets and their security group",
        r"cannotcreatevolumeerror|efs utils|failed to invoke efs",
    ),
    _row(
        "entrypoint",
        "container could not start",
        "check entry point, command and the image's architecture",
        r"cannotstartcontainererror|exec format error|executable file not found",
    ),
    _row(
        "aws",
        "AWS's own failure",
        "it is tried again by itself; see the AWS Health Dashboard when it lasts",
        r"internalerror|containerruntime(?:timeout)?error|cannotinspectcontainererror|cannotstopcontainererror|dockertimeouterror|"
        r"infrastructure (?:issue|health|maintenance)",
        codes=("InfrastructureHealth",),
    ),
    _row("scheduler", "stopped by the scheduler", "", codes=("ServiceSchedulerInitiated",), failed=False, hidden=True),
)
"""In the order in which they are asked; the first that matches wins."""

AFTERWARDS = (137, 143)
"""Exit codes that the other containers of a task get when the first one has ended; they speak after any other."""
CRASHED = StopCause(id="exit", title="application exited", fix="read the last lines of its log: the application ended itself")
EXITS: Mapping[int, StopCause] = {
    126: StopCause(id="exit-command", title="command cannot be run", fix="the file is not executable: check the image's entry point"),
    127: StopCause(id="exit-command", title="command not found", fix="check entry point and command against what is in the image"),
    134: StopCause(
        id="exit-abort", title="aborted itself (SIGABRT)", fix="a failed assertion or a runtime that gave up: read its last lines"
    ),
    137: StopCause(
        id="exit-killed",
        title="killed (SIGKILL), not proven out of memory",
        fix="a child out of memory, or a stop longer than stopTimeout: compare its memory with the limit and read its log",
    ),
    139: StopCause(
        id="exit-crash", title="crashed (SIGSEGV)", fix="a native crash: suspect a library or the architecture, read its last lines"
    ),
    143: StopCause(id="exit-term", title="ended by SIGTERM", fix="something asked it to stop: look for who, and whether it ends in time"),
}
"""What an exit code means when nothing else was said."""
FINISHED = StopCause(id="finished", title="finished", fix="", failed=False, hidden=True)
ENDED = StopCause(id="exit-0", title="ended by itself with exit 0", fix="a service must not end: check command and signal handling")
UNSAID = StopCause(id="unsaid", title="no known reason", fix="read the reason and the last lines of its log")

CATALOGUE: tuple[StopCause, ...] = (*(rule.cause for rule in RULES), *EXITS.values(), CRASHED, FINISHED, ENDED, UNSAID)
"""Every cause there is."""


def said(task: Task) -> str:
    """What the catalogue looks at: stop code, stop reason (unless a person wrote it) and the containers' reasons."""
    reason = "" if task.stop_code == "UserInitiated" else task.stopped_reason
    return " | ".join((task.stop_code, reason, *(c.reason for c in task.containers if c.reason))).replace("\u2019", "'")


def cause_of(task: Task) -> StopCause:
    """The cause of a stopped task: the first rule that matches, else what its exit code means."""
    text = said(task)
    for rule in RULES:
        if task.stop_code in rule.codes or _matches(rule, text):
            return rule.cause
    return _by_exit(task)


def _matches(rule: Rule, text: str) -> bool:
    return bool(rule.patterns) and all(p.search(text) for p in rule.patterns) and not (rule.unless and rule.unless.search(text))


def _by_exit(task: Task) -> StopCause:
    codes = [c.exit_code for c in task.containers if c.exit_code is not None]
    bad = min((code for code in codes if code), key=lambda code: code in AFTERWARDS, default=None)
    if bad is None:
        if not codes:
            return UNSAID
        return ENDED if task.group.startswith("service:") else FINISHED
    return EXITS.get(bad, CRASHED)


class StopGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Stopped tasks of one part with the same cause, newest first."""

    part: str
    cause: StopCause
    tasks: tuple[Task, ...]

    @property
    def key(self) -> str:
        return f"{self.part}/{self.cause.id}/{self.cause.title}"

    @property
    def first_at(self) -> float | None:
        """When the first of them stopped; None when none says."""
        return min((t.stopped_at for t in self.tasks if t.stopped_at is not None), default=None)

    @property
    def last_at(self) -> float | None:
        return max((t.stopped_at for t in self.tasks if t.stopped_at is not None), default=None)


def grouped(tasks: Iterable[Task]) -> tuple[StopGroup, ...]:
    """Stopped tasks by part and cause: failures first, then those with the newest stop."""
    found: dict[tuple[str, StopCause], list[Task]] = {}
    for task in tasks:
        if task.stopped:
            found.setdefault((task.part, cause_of(task)), []).append(task)
    groups = [
        StopGroup(part=part, cause=cause, tasks=tuple(sorted(own, key=lambda t: -(t.stopped_at or 0.0))))
        for (part, cause), own in found.items()
    ]
    return tuple(sorted(groups, key=lambda g: (not g.cause.failed, g.cause.hidden, -(g.last_at or 0.0), g.part)))
