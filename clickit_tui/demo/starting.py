"""What keeps a task from starting, from what exists now: capacity, addresses, images, permissions, secrets, log groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clickit_tui.demo.state import Environment, Secret, Task, arn

if TYPE_CHECKING:
    from clickit_tui.demo.simulator import Simulator

ASM = "unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call"


@dataclass
class Failure:
    """Why a task cannot start, in ECS's words."""

    stop_code: str
    reason: str
    container_reason: str = ""
    exit_code: int | None = None


def place_failure(env: Environment, task: Task) -> Failure | None:
    """What keeps a task from being placed: Spot capacity, addresses of its subnet."""
    if task.provider == "FARGATE_SPOT" and not env.spot_capacity:
        said = "Capacity is unavailable at this time. Please try again later or in a different availability zone"
        return Failure("TaskFailedToStart", said)
    subnet = next(each for each in env.network.subnets if each.id == task.subnet)
    used = sum(each.subnet == subnet.id and each.last_status != "STOPPED" for each in env.tasks.values())
    if subnet.free < used:
        said = (
            f"Unexpected EC2 error while attempting to Create Network Interface with public IP assignment disabled in subnet '{subnet.id}'"
        )
        return Failure("TaskFailedToStart", f"{said}: InsufficientFreeAddressesInSubnet")
    return None


def start_failure(sim: Simulator, env: Environment, task: Task) -> Failure | None:
    """What keeps a placed task from starting: its image, its log group, its secrets."""
    reason = _image_reason(sim, env, task)
    if reason:
        return Failure("TaskFailedToStart", reason, reason)
    if task.log_group not in sim.logs.groups:
        return _uninitialised(
            "failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: "
            "ResourceNotFoundException: The specified log group does not exist. : exit status 1"
        )
    for wanted in task.definition.container.get("secrets", []):
        reason = _secret_reason(env, task, wanted)
        if reason:
            return _uninitialised(f"{ASM} has been retried 1 time(s): {reason}")
    return None


def _image_reason(sim: Simulator, env: Environment, task: Task) -> str:
    name = str(task.definition.container["image"])
    image = sim.by_digest(task.digest)
    head = f"CannotPullContainerError: The task can\u2019t pull the image '{name}'"
    if "ecr:BatchGetImage" in env.execution_denied:
        why = f"{_actor(task)} is not authorized to perform: ecr:BatchGetImage because no identity-based policy allows the action"
        return f"CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref {name}: denied: {why}"
    if image is None:
        pinned = f"{name.rsplit(':', 1)[0]}@{task.digest}" if task.digest else name
        return f"{head}: failed to resolve ref {pinned}: {pinned}: not found"
    if image.platform != "linux/amd64":
        said = "image Manifest does not contain descriptor matching platform 'linux/amd64'"
        return f"CannotPullContainerError: pull image manifest has been retried 7 time(s): {said}"
    return ""


def _actor(task: Task) -> str:
    return f"User: {arn('sts', f'assumed-role/{task.definition.family}-execution/{task.id}', region='')}"


def _secret_reason(env: Environment, task: Task, wanted: dict[str, Any]) -> str:
    name = str(wanted["valueFrom"])
    secret = next((each for each in env.secrets.values() if name.startswith(each.arn)), None)
    if "secretsmanager:GetSecretValue" in env.execution_denied:
        why = "because no identity-based policy allows the secretsmanager:GetSecretValue action"
        return (
            f"AccessDeniedException: {_actor(task)} is not authorized to perform: secretsmanager:GetSecretValue on resource: {name} {why}"
        )
    if secret is None:
        return f"ResourceNotFoundException: Secrets Manager can't find the specified secret. {name}"
    if secret.deleted_at is not None:
        return "InvalidRequestException: You can't perform this operation on the secret because it was marked for deletion."
    return _key_reason(secret, name)


def _key_reason(secret: Secret, name: str) -> str:
    key = name.removeprefix(secret.arn).lstrip(":").partition(":")[0]
    return f"retrieved secret from Secrets Manager did not contain json key {key}" if key and key not in secret.keys else ""


def _uninitialised(reason: str) -> Failure:
    return Failure("TaskFailedToStart", f"ResourceInitializationError: {reason}")
