"""ECS: service deployments and revisions, tags, shells into tasks."""

from __future__ import annotations

from typing import Any

from clickit_tui.demo import scheduler, sessions
from clickit_tui.demo.api_ecs import TAGS_MOST, Params, environment, invalid, last, launched_by, network, page, service, tagged, task
from clickit_tui.demo.errors import AwsError
from clickit_tui.demo.simulator import Simulator
from clickit_tui.demo.state import Deployment, Environment, Revision, Service, arn
from clickit_tui.demo.wire import REGION

KEPT_S = 90 * 86_400
STOPPABLE = ("PENDING", "IN_PROGRESS")
STOPPING = ("STOP_REQUESTED", "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS")
"""States in which StopServiceDeployment is accepted and changes nothing: the deployment is already being stopped."""
REQUESTED_S = 3.0
"""How long a deployment that was stopped by hand is ROLLBACK_REQUESTED."""


def _own(of: Service, now: float) -> list[Deployment]:
    """The service deployments of the last 90 days, newest first; a rollback belongs to the one it undoes."""
    return [each for each in of.deployments if not each.undoes and each.created_at > now - KEPT_S]


def list_service_deployments(sim: Simulator, params: Params) -> dict[str, Any]:
    env = environment(sim, params)
    of = service(env, params.get("service", ""))
    wanted = params.get("status")
    made = params.get("createdAt") or {}
    found = [
        each
        for each in _own(of, sim.now)
        if (not wanted or _state(each, sim.now) in wanted) and made.get("after", 0) <= each.created_at <= made.get("before", sim.now)
    ]
    shown, token = page(found, {"maxResults": 20} | dict(params))
    return {"serviceDeployments": [_brief(of, each, sim.now) for each in shown]} | token


def _state(each: Deployment, now: float) -> str:
    """ServiceDeployment status; a rollback by hand is requested before it is in progress."""
    asked = each.state == "ROLLBACK_IN_PROGRESS" and each.stopped_at is not None and now - each.stopped_at < REQUESTED_S
    return "ROLLBACK_REQUESTED" if asked else each.state


def _brief(of: Service, each: Deployment, now: float) -> dict[str, Any]:
    answer = {
        "serviceDeploymentArn": each.arn,
        "serviceArn": of.arn,
        "clusterArn": arn("ecs", f"cluster/{of.cluster}"),
        "startedAt": each.started_at,
        "createdAt": each.created_at,
        "finishedAt": each.finished_at,
        "targetServiceRevisionArn": each.revision.arn,
        "status": _state(each, now),
        "statusReason": each.state_reason or None,
    }
    return {key: value for key, value in answer.items() if value is not None}


def _find(sim: Simulator, name: str) -> tuple[Environment, Service, Deployment] | None:
    for env in sim.envs.values():
        for of in env.services.values():
            for each in _own(of, sim.now):
                if each.arn == name:
                    return env, of, each
    return None


def describe_service_deployments(sim: Simulator, params: Params) -> dict[str, Any]:
    wanted = params.get("serviceDeploymentArns") or []
    if not 1 <= len(wanted) <= 20:
        raise invalid("serviceDeploymentArns must have 1 to 20 members.")
    found = {name: _find(sim, name) for name in wanted}
    return {
        "serviceDeployments": [_full(*each, sim.now) for each in found.values() if each],
        "failures": [{"arn": name, "reason": "MISSING"} for name, each in found.items() if not each],
    }


def _counted(env: Environment, of: Service, each: Deployment, revision: Revision) -> dict[str, Any]:
    ids = {known.id for known in of.deployments if known.revision.arn == revision.arn}
    mine = [known for known in env.of(of) if known.started_by in ids]
    running = sum(known.last_status == "RUNNING" for known in mine)
    pending = sum(known.last_status in ("PROVISIONING", "PENDING", "ACTIVATING") for known in mine)
    asked = of.desired if of.primary.revision.arn == revision.arn else 0
    return {"arn": revision.arn, "requestedTaskCount": asked, "runningTaskCount": running, "pendingTaskCount": pending}


def _full(env: Environment, of: Service, each: Deployment, now: float) -> dict[str, Any]:
    breaker = {
        "status": each.breaker if of.breaker else "DISABLED",
        "failureCount": each.failures,
        "threshold": scheduler.breaker_threshold(of),
    }
    answer = _brief(of, each, now) | {
        "updatedAt": each.updated_at,
        "sourceServiceRevisions": [_counted(env, of, each, known) for known in each.sources],
        "targetServiceRevision": _counted(env, of, each, each.revision),
        "lifecycleStage": None,
        "deploymentConfiguration": {
            "deploymentCircuitBreaker": {"enable": of.breaker, "rollback": of.rollback},
            "maximumPercent": of.maximum_percent,
            "minimumHealthyPercent": of.minimum_percent,
            "strategy": "ROLLING",
        },
        "rollback": each.rollback,
        "deploymentCircuitBreaker": breaker,
        "stoppedAt": each.stopped_at,
    }
    answer.pop("targetServiceRevisionArn")
    return {key: value for key, value in answer.items() if value is not None}


def stop_service_deployment(sim: Simulator, params: Params) -> dict[str, Any]:
    name = params.get("serviceDeploymentArn", "")
    found = _find(sim, name)
    if found is None:
        raise AwsError("ServiceDeploymentNotFoundException", "The service deployment could not be found.")
    _, of, each = found
    if params.get("stopType", "ROLLBACK") != "ROLLBACK":
        raise invalid("stopType must be ROLLBACK.")
    if each.state in STOPPING:
        return {"serviceDeploymentArn": name}
    if each.state not in STOPPABLE:
        raise AwsError("ConflictException", f"The service deployment is {each.state} and cannot be stopped.")
    if not scheduler.roll_back(sim, of, each, "Service deployment rolled back because it was stopped by the user.", sim.now):
        raise AwsError("ConflictException", "There is no completed deployment to roll back to.")
    each.stopped_at = sim.now
    return {"serviceDeploymentArn": name}


def describe_service_revisions(sim: Simulator, params: Params) -> dict[str, Any]:
    wanted = params.get("serviceRevisionArns") or []
    if not 1 <= len(wanted) <= 20:
        raise invalid("serviceRevisionArns must have 1 to 20 members.")
    known = {each.revision.arn: (of, each.revision) for env in sim.envs.values() for of in env.services.values() for each in of.deployments}
    return {
        "serviceRevisions": [_revision(*known[name]) for name in wanted if name in known],
        "failures": [{"arn": name, "reason": "MISSING"} for name in wanted if name not in known],
    }


def _revision(of: Service, each: Revision) -> dict[str, Any]:
    image = {"containerName": of.part, "image": each.image} | ({"imageDigest": each.digest} if each.digest else {})
    return {
        "serviceRevisionArn": each.arn,
        "serviceArn": of.arn,
        "clusterArn": arn("ecs", f"cluster/{of.cluster}"),
        "taskDefinition": each.definition.arn,
        "platformVersion": "1.4.0",
        "platformFamily": "Linux",
        "loadBalancers": [{"targetGroupArn": of.target_group, "containerName": of.part, "containerPort": of.port}],
        "networkConfiguration": network(of),
        "containerImages": [image],
        "guardDutyEnabled": False,
        "createdAt": each.created_at,
    } | launched_by(of)


def _tagged(sim: Simulator, name: str) -> dict[str, str]:
    for env in sim.envs.values():
        for of in env.services.values():
            if of.arn == name:
                return of.tags
        if name in env.tasks:
            return env.tasks[name].tags
        if name == arn("ecs", f"cluster/{env.names.cluster}"):
            return env.tags
        for known in env.definitions.values():
            for definition in known:
                if definition.arn == name:
                    return definition.tags
    raise invalid("The specified resource is not found.")


def list_tags_for_resource(sim: Simulator, params: Params) -> dict[str, Any]:
    return {"tags": tagged(_tagged(sim, params.get("resourceArn", "")))}


def tag_resource(sim: Simulator, params: Params) -> dict[str, Any]:
    tags, more = _tagged(sim, params.get("resourceArn", "")), {each["key"]: each.get("value", "") for each in params.get("tags") or []}
    if len(tags | more) > TAGS_MOST:
        raise invalid("Too many tags.")
    if any(key.lower().startswith("aws:") for key in more):
        raise invalid("Tag keys must not begin with aws:.")
    tags.update(more)
    return {}


def untag_resource(sim: Simulator, params: Params) -> dict[str, Any]:
    tags = _tagged(sim, params.get("resourceArn", ""))
    for key in params.get("tagKeys") or []:
        tags.pop(key, None)
    return {}


def execute_command(sim: Simulator, params: Params) -> dict[str, Any]:
    env = environment(sim, params)
    of = task(env, params.get("task", ""))
    container = params.get("container") or of.definition.container["name"]
    if container != of.definition.container["name"]:
        raise invalid("The container name provided could not be found.")
    if not params.get("interactive"):
        raise invalid("Interactive is the only mode supported currently.")
    if not of.exec_enabled:
        raise invalid(
            "The execute command failed because execute command was not enabled when the task was run or the execute command agent "
            "isn\u2019t running. Wait and try again or run a new task with execute command enabled and try again."
        )
    if of.last_status != "RUNNING" or of.agent_since is None:
        raise AwsError("TargetNotConnectedException", "The execute command failed due to an internal error. Try again later.")
    session, token = f"ecs-execute-command-{sim.hexes(17)}", sim.token(64)
    sessions.grant(sim, session, token, of, kind="shell", container=container, command=str(params.get("command", "")))
    sim.sessions[session] = {"SessionId": session, "Target": f"ecs:{of.cluster}_{of.id}_{of.runtime_id}", "StartDate": sim.now}
    return {
        "clusterArn": arn("ecs", f"cluster/{of.cluster}"),
        "containerArn": f"{of.arn.replace(':task/', ':container/')}/{of.runtime_id[-10:]}",
        "containerName": container,
        "interactive": bool(params.get("interactive")),
        "session": {
            "sessionId": session,
            "streamUrl": f"wss://ssmmessages.{REGION}.amazonaws.com/v1/data-channel/{session}?role=publish_subscribe",
            "tokenValue": token,
        },
        "taskArn": of.arn,
    }


def describe_capacity_providers(sim: Simulator, params: Params) -> dict[str, Any]:
    wanted = params.get("capacityProviders") or ["FARGATE", "FARGATE_SPOT"]
    known = [name for name in wanted if last(name) in ("FARGATE", "FARGATE_SPOT")]
    return {
        "capacityProviders": [
            {"capacityProviderArn": arn("ecs", f"capacity-provider/{last(name)}"), "name": last(name), "status": "ACTIVE"} for name in known
        ],
        "failures": [],
    }
