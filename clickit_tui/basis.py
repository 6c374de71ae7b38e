"""Whether a plan still stands on what is true, and whether a change whose answer was lost took effect. Pure."""

from __future__ import annotations

from clickit_tui.plan import Basis, Call, Plan
from clickit_tui.world.ecs import Service, Task
from clickit_tui.world.parts import Identity, principal
from clickit_tui.world.world import World


def needed(basis: Basis) -> frozenset[str]:
    """World fields that must be read again before a plan with this basis is carried out."""
    service = basis.desired is not None or any((basis.task_definition, basis.deployment, basis.status))
    return frozenset({"services"} if service else ()) | frozenset({"tasks"} if basis.task else ())


def moved(basis: Basis, identity: Identity) -> str:
    """How the identity differs from the one the plan was made with; empty when it does not."""
    if basis.account and basis.account != identity.account:
        return f"this is account {identity.account}, the preview was made in {basis.account}"
    if basis.identity and principal(basis.identity) != principal(identity.arn):
        return f"this is {identity.arn}, the preview was made as {basis.identity}"
    return ""


def changed(basis: Basis, world: World, good: frozenset[str]) -> str:
    """What is no longer as planned; empty when nothing differs. Only fields in `good`, which were just read, are compared."""
    if "services" in good and (difference := _service_changed(basis, world)):
        return difference
    return _task_changed(basis, world) if "tasks" in good and basis.task else ""


def _service_changed(basis: Basis, world: World) -> str:
    service = _service(world, basis.part)
    if service is None:
        return f"service {basis.part} is not there any more"
    if basis.desired is not None and service.desired is not None and service.desired != basis.desired:
        return f"desired is {service.desired} now, it was {basis.desired}"
    if basis.task_definition and service.task_definition and service.task_definition != basis.task_definition:
        return f"{basis.part} is set to {service.task_definition.rsplit('/', 1)[-1]} now"
    if basis.deployment and service.primary is not None and service.primary.id != basis.deployment:
        return f"another deployment of {basis.part} has begun"
    if basis.status and service.status and service.status != basis.status:
        return f"service {basis.part} is {service.status} now, it was {basis.status}"
    return ""


def _task_changed(basis: Basis, world: World) -> str:
    task = _task(world, basis.task)
    short = basis.task.rsplit("/", 1)[-1][:8]
    if task is None:
        return f"task {short} is not there any more"
    return f"task {short} has stopped by itself" if task.stopped else ""


def took_effect(plan: Plan, world: World) -> bool | None:
    """Whether a just read World shows that the plan's only call was carried out; None when it does not show either."""
    if len(plan.steps) != 1:
        return None
    call = plan.steps[0].call
    if call.action == "ecs:UpdateService":
        return _updated(call, plan.basis, _service(world, plan.basis.part or plan.target))
    if call.action == "ecs:StopServiceDeployment":
        service = _service(world, plan.basis.part or plan.target)
        same = service is None or service.primary is None or service.primary.id == plan.basis.deployment
        return None if same else True
    if call.action == "ecs:StopTask":
        task = _task(world, str(call.params.get("task", "")))
        return None if task is None or not (task.status or task.desired_status) else task.stopped or task.desired_status == "STOPPED"
    return None


def _updated(call: Call, basis: Basis, service: Service | None) -> bool | None:
    if service is None:
        return None
    if "desiredCount" in call.params:
        return None if service.desired is None else service.desired == call.params["desiredCount"]
    if "taskDefinition" in call.params:
        return service.task_definition == call.params["taskDefinition"] if service.task_definition else None
    if call.params.get("forceNewDeployment") and basis.deployment and service.primary is not None:
        return service.primary.id != basis.deployment
    return None


def _service(world: World, part: str) -> Service | None:
    return next((s for s in world.services.value or () if s.part == part), None)


def _task(world: World, arn: str) -> Task | None:
    return next((t for t in world.tasks.value or () if t.arn == arn), None)
