"""A change as data: the exact API calls, what they do, how they are undone, and what was true when they were planned."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from clickit_tui.world.follow import Follow
    from clickit_tui.world.parts import Identity
    from clickit_tui.world.world import World


class Hidden:
    """A secret on its way to AWS: sent and compared, but it prints, logs and copies as `***`."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself; only the gateway calls this, at the moment of sending."""
        return self._value

    def forget(self) -> None:
        """Let go of the value: what was sent, or will not be, is not kept."""
        self._value = ""

    @property
    def empty(self) -> bool:
        """There is no value: it stands for one that is filled in when the call is sent, or was let go."""
        return not self._value

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Hidden) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)


class Call(msgspec.Struct, frozen=True):
    """One API call: botocore's service name, operation name and parameters as the caller gives them."""

    service: str
    operation: str
    params: Mapping[str, object]

    @property
    def action(self) -> str:
        """`service:Operation`, the name of the permission."""
        return f"{self.service}:{self.operation}"


class Risk(StrEnum):
    """How a change is confirmed (design: modes and identity)."""

    NORMAL = "normal"
    SEVERE = "severe"
    """Fewer healthy than now or none, stopping a migration, a secret, retention, restore."""


class Basis(msgspec.Struct, frozen=True, kw_only=True):
    """What must still be so at the moment of writing. Never counts in motion. None or empty is not compared."""

    account: str = ""
    identity: str = ""
    """ARN."""
    part: str = ""
    desired: int | None = None
    """Only in plans whose call overwrites it."""
    task_definition: str = ""
    deployment: str = ""
    """Id of the primary deployment."""
    status: str = ""
    task: str = ""
    """ARN of a task that must still exist and not be stopped."""
    database: str = ""
    """Id of an instance that must still exist."""
    database_status: str = ""
    snapshot: str = ""
    """Id of a snapshot that must be complete."""
    secret: str = ""
    """Reference of a secret that must still exist."""
    version: str = ""
    """Id of its current version."""
    deletion: bool | None = None
    """Whether it is scheduled for deletion."""
    bounds: str = ""
    """Autoscaling's bounds of the part, `2–6`."""
    log_group: str = ""
    retention: str = ""
    """How long that log group keeps its events: `30 days`, `never expires`."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One call of a plan, and what is awaited and followed after it."""

    call: Call
    name: str = ""
    """What it does, in few words: `redeploy api`; empty stands for the operation."""
    until: Callable[[World], bool] | None = None
    """Awaited before the next step; None goes on at once."""
    until_label: str = ""
    """What is awaited, in words: `clickit-dev-db available`."""
    until_reads: tuple[str, ...] = ()
    """World fields that `until` and `vain` look at: read again for each look, which counts only when they could be."""
    until_s: float = 900.0
    """Longest wait; then the rest is not sent."""
    vain: Callable[[World], str] | None = None
    """Why waiting has become vain; empty while it has not."""
    basis: Basis | None = None
    """What must still be so just before this step, when it is not the first."""
    then: Follow | None = None
    """Followed from the moment that this call was accepted."""
    after: tuple[str, ...] | None = None
    """Words of the earlier steps that must have done their work, whatever became of the others; None: all of them."""

    @property
    def words(self) -> str:
        return self.name or self.call.action


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a preview. `level` is plain, warn or good."""

    text: str
    level: str = "plain"


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """What is begun with the session that the plan's call grants. Nothing in it is secret."""

    kind: str
    """shell, command or tunnel."""
    name: str
    """E.g. `api/8f3a21 api`: part, task, container."""
    target: str
    """The plugin's name of it: `ecs:CLUSTER_TASK_RUNTIME`."""
    part: str
    task: str
    """ARN."""
    program: str = "shell"
    """What a shell runs: shell, psql."""
    told: str = ""
    """What is said before it begins."""
    to: str = ""
    """What a tunnel leads to: database, cache."""
    host: str = ""
    port: int = 0
    local_port: int = 0
    ready: str = ""
    """The line that uses the tunnel."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A change that can be shown, confirmed, executed, journalled, followed and undone."""

    action: str
    """Id of the action in the registry, e.g. `scale`."""
    title: str
    """E.g. `SCALE clickit-prod-api`."""
    env: str
    target: str
    """What the confirmation's token names after the environment, e.g. `api`: the token is `prod/api`."""
    steps: tuple[Step, ...]
    effect: tuple[Line, ...]
    """Before -> after, blast radius, warnings; worst first."""
    risk: Risk = Risk.NORMAL
    undo: str = ""
    """How it is undone, in words; says plainly when it cannot be."""
    inverse: Call | None = None
    """The call that undoes it, for `U`."""
    refreshes: tuple[str, ...] = ()
    """World fields whose sources are polled at once afterwards."""
    basis: Basis = Basis()
    then: Follow | None = None
    """Followed once the last call was accepted."""
    opens: Opening | None = None
    """What follows when the call grants a session."""
    checklist: tuple[str, ...] = ()
    """What is left to a person afterwards, in order; put into the timeline once all calls were accepted."""

    @property
    def token(self) -> str:
        """What is typed to confirm a protected or severe change."""
        return f"{self.env}/{self.target}"

    def commands(self, profile: str = "", region: str = "") -> tuple[str, ...]:
        """The same calls as `aws` command lines, one a step, secrets as `***`."""
        return tuple(as_cli(step.call, profile, region) for step in self.steps)


def filled(plan: Plan, value: Hidden) -> Plan:
    """The plan with a secret in the place of every empty one; what is shown and kept never has it."""
    return msgspec.structs.replace(plan, steps=tuple(_filled(step, value) for step in plan.steps))


def hides(plan: Plan) -> bool:
    """Whether a secret has to be filled in before it can be sent."""
    return any(isinstance(value, Hidden) and value.empty for step in plan.steps for value in step.call.params.values())


def _filled(step: Step, value: Hidden) -> Step:
    params = {name: value if isinstance(one, Hidden) and one.empty else one for name, one in step.call.params.items()}
    return msgspec.structs.replace(step, call=Call(step.call.service, step.call.operation, params))


class Refused(msgspec.Struct, frozen=True):
    """Why an action cannot be planned, in one sentence for the screen."""

    reason: str


_CLI_SERVICE = {"application-autoscaling": "application-autoscaling", "elasticloadbalancing": "elbv2"}
_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def _kebab(name: str) -> str:
    return _BOUNDARY.sub("-", name).lower()


def _argument(value: object) -> str:
    if isinstance(value, Hidden):
        return "'file://***'"  # the stock command reads a file here and stops without one: pasted as it is, nothing is overwritten
    if isinstance(value, (dict, Mapping)):
        return shlex.quote(json.dumps(value, default=str))
    if isinstance(value, (list, tuple)):
        flat = all(isinstance(item, (str, int)) for item in value)
        return " ".join(shlex.quote(str(item)) for item in value) if flat else shlex.quote(json.dumps(value, default=str))
    return shlex.quote(str(value))


def as_cli(call: Call, profile: str = "", region: str = "") -> str:
    """The call as one line for the stock `aws` command; secrets stand as `***`."""
    words = ["aws", _CLI_SERVICE.get(call.service, call.service), _kebab(call.operation)]
    for name, value in call.params.items():
        if isinstance(value, bool):
            words.append(f"--{'' if value else 'no-'}{_kebab(name)}")
        else:
            words.append(f"--{_kebab(name)} {_argument(value)}")
    return f"{' '.join(words)}{_options(profile, region)}"


def aimed(command: str, identity: Identity | None) -> str:
    """An `aws` command with the profile and the region that are looked at, so that it acts nowhere else where it is pasted."""
    if identity is None or not command.startswith("aws "):
        return command
    return command + _options("" if " --profile " in command else identity.profile, "" if " --region " in command else identity.region)


def _options(profile: str, region: str) -> str:
    named = (("--profile", profile), ("--region", region))
    return "".join(f" {name} {shlex.quote(value)}" for name, value in named if value)
