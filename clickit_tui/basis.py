"""Whether a plan still stands on what is true, and whether a change whose answer was lost took effect. Pure."""

from __future__ import annotations

from clickit_tui.plan import Basis, Call, Plan
from clickit_tui.world.ecs import Service, Task
from clickit_tui.world.parts import Identity, principal
from clickit_tui.world.sleep import target_of
from clickit_tui.world.supply import Secret
from clickit_tui.world.world import World


def needed(basis: Basis) -> frozenset[str]:
    """World fields that must be read again before a plan with this basis is carried out."""
    service = basis.desired is not None or any((basis.task_definition, basis.deployment, basis.status))
    asked = {
        "services": service,
        "tasks": bool(basis.task),
        "databases": bool(basis.database),
        "snapshots": bool(basis.snapshot),
        "secrets": bool(basis.secret),
        "scaling": bool(basis.bounds),
        "log_groups": bool(basis.log_group),
    }
    return frozenset(field for field, needed in asked.items() if needed)


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
    if "tasks" in good and basis.task and (difference := _task_changed(basis, world)):
        return difference
    if "databases" in good and (difference := _database_changed(basis, world)):
        return difference
    if "snapshots" in good and (difference := _snapshot_changed(basis, world)):
        return difference
    if "scaling" in good and basis.bounds and (difference := _bounds_changed(basis, world)):
        return difference
    if "log_groups" in good and basis.log_group and (difference := _retention_changed(basis, world)):
        return difference
    return _secret_changed(basis, world) if "secrets" in good else ""


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


def _database_changed(basis: Basis, world: World) -> str:
    found = next((d for d in world.databases.value or () if d.id == basis.database), None)
    if found is None:
        return f"database {basis.database} is not there any more"
    if basis.database_status and found.status and found.status != basis.database_status:
        return f"{basis.database} is {found.status} now, it was {basis.database_status}"
    return ""


def _snapshot_changed(basis: Basis, world: World) -> str:
    found = next((s for s in world.snapshots.value or () if s.id == basis.snapshot), None)
    if found is None:
        return f"snapshot {basis.snapshot} is not there any more"
    return "" if found.whole else f"snapshot {basis.snapshot} is {found.status} now"


def _secret_changed(basis: Basis, world: World) -> str:
    found = _secret(world, basis.secret)
    if found is None or found.exists is None:
        return ""
    if not found.exists:
        return f"secret {basis.secret} does not exist any more"
    if basis.version and (current := found.version("AWSCURRENT")) and current != basis.version:
        return f"somebody has changed the secret since: version {current[:8]} is current now, it was {basis.version[:8]}"
    if basis.deletion is not None and (found.deleted_at is not None) != basis.deletion:
        return "the secret is scheduled for deletion now" if found.deleted_at is not None else "the secret is restored already"
    return ""


def of_call(plan: Plan, at: int) -> Basis:
    """What the plan's call of that number, from 0, was based on."""
    return (plan.steps[at].basis if at else None) or plan.basis


def _bounds_changed(basis: Basis, world: World) -> str:
    found = target_of(world, basis.part)
    if found is None:
        return f"{basis.part} has no autoscaling any more"
    return "" if found.bounds == basis.bounds else f"autoscaling of {basis.part} is {found.bounds} now, it was {basis.bounds}"


def _retention_changed(basis: Basis, world: World) -> str:
    found = next((group for group in world.log_groups.value or () if group.name == basis.log_group), None)
    if found is None:
        return f"log group {basis.log_group} is not there any more"
    return "" if found.kept == basis.retention else f"{basis.log_group}: {found.kept} now, it was {basis.retention}"


def took_effect(plan: Plan, world: World, at: int = 0) -> bool | None:
    """Whether a just read World shows that the plan's call of that number was carried out; None when it does not show either."""
    call, basis = plan.steps[at].call, of_call(plan, at)
    if call.action == "ecs:UpdateService":
        named = next((s for s in world.services.value or () if call.params.get("service") in (s.name, s.arn)), None)
        return _updated(call, basis, named)
    if call.action == "ecs:StopServiceDeployment":
        service = _service(world, basis.part or plan.target)
        same = service is None or service.primary is None or service.primary.id == basis.deployment
        return None if same else True
    if call.action == "ecs:StopTask":
        task = _task(world, str(call.params.get("task", "")))
        return None if task is None or not (task.status or task.desired_status) else task.stopped or task.desired_status == "STOPPED"
    return _data_effect(call, world)


def _data_effect(call: Call, world: World) -> bool | None:
    """The same for calls on the database and on secrets: only what shows the effect itself proves it."""
    named = {d.id: d.status for d in world.databases.value or ()}
    own = str(call.params.get("DBInstanceIdentifier", ""))
    if call.action == "rds:StopDBInstance":
        return True if named.get(own) in ("stopping", "stopped") else None
    if call.action == "rds:StartDBInstance":
        return True if named.get(own) in ("starting", "available", "backing-up") else None
    if call.action in ("rds:RestoreDBInstanceFromDBSnapshot", "rds:RestoreDBInstanceToPointInTime"):
        return True if str(call.params.get("TargetDBInstanceIdentifier", own)) in named else None
    if call.action == "rds:CreateDBSnapshot":
        return True if any(s.id == call.params.get("DBSnapshotIdentifier") for s in world.snapshots.value or ()) else None
    if call.action == "logs:PutRetentionPolicy":
        kept = {group.name: group.retention_days for group in world.log_groups.value or ()}
        name = str(call.params.get("logGroupName"))
        return kept[name] == call.params.get("retentionInDays") if name in kept else None
    secret = _secret(world, str(call.params.get("SecretId", "")))
    if secret is None or secret.exists is None:
        return None
    if call.action == "secretsmanager:PutSecretValue":
        return any(version == call.params.get("ClientRequestToken") for version, _ in secret.versions)
    if call.action == "secretsmanager:RestoreSecret":
        return secret.deleted_at is None
    return None


def _secret(world: World, reference: str) -> Secret | None:
    known = (*(world.secrets.value or ()), *(world.secret_list.value or ()))
    return next((s for s in known if reference in (s.reference, s.arn, s.name)), None)


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
