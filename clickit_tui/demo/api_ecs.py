"""ECS: clusters, services, tasks and task definitions as its API shows them, and the calls that change them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clickit_tui.demo import scheduler
from clickit_tui.demo.birth import role
from clickit_tui.demo.errors import AwsError
from clickit_tui.demo.simulator import Simulator
from clickit_tui.demo.state import Deployment, Environment, Service, Task, TaskDefinition, arn

Params = Mapping[str, Any]
SERVICES_USUAL = 10
"""Services on a page of ListServices when no number is asked for."""
TAGS_MOST = 50


def invalid(message: str) -> AwsError:
    """The error for parameters that ECS does not accept."""
    return AwsError("InvalidParameterException", message)


def last(name: str) -> str:
    """The last part of an ARN, or the name itself."""
    return str(name).rsplit("/", 1)[-1]


def environment(sim: Simulator, params: Params) -> Environment:
    """The environment whose cluster is asked for. Raises AwsError (ClusterNotFoundException)."""
    wanted = last(params.get("cluster") or "default")
    for env in sim.envs.values():
        if env.names.cluster == wanted:
            return env
    raise AwsError("ClusterNotFoundException", "Cluster not found.")


def service(env: Environment, name: str) -> Service:
    """The service of that name or ARN. Raises AwsError (ServiceNotFoundException)."""
    for each in env.services.values():
        if each.name == last(name):
            return each
    raise AwsError("ServiceNotFoundException", "Service not found.")


def tagged(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as ECS lists them."""
    return [{"key": key, "value": value} for key, value in tags.items()]


def page(things: Sequence[Any], params: Params, most: int = 100) -> tuple[Sequence[Any], dict[str, str]]:
    """One page of maxResults (else `most`) with its token. Raises AwsError for a token that was never given."""
    token = params.get("nextToken") or "0"
    size = params.get("maxResults") or most
    if not 1 <= size <= most:
        raise invalid(f"maxResults must be between 1 and {most}.")
    if not str(token).isdecimal():
        raise invalid("Invalid token.")
    at = int(token)
    return things[at : at + size], {"nextToken": str(at + size)} if at + size < len(things) else {}


def list_clusters(sim: Simulator, params: Params) -> dict[str, Any]:
    found, token = page([arn("ecs", f"cluster/{env.names.cluster}") for env in sim.envs.values()], params)
    return {"clusterArns": found} | token


def describe_clusters(sim: Simulator, params: Params) -> dict[str, Any]:
    by_name = {env.names.cluster: env for env in sim.envs.values()}
    wanted = [last(each) for each in params.get("clusters") or ["default"]]
    missing = [{"arn": arn("ecs", f"cluster/{name}"), "reason": "MISSING"} for name in wanted if name not in by_name]
    return {"clusters": [_cluster(by_name[name]) for name in wanted if name in by_name], "failures": missing}


def _cluster(env: Environment) -> dict[str, Any]:
    states = [each.last_status for each in env.tasks.values()]
    return {
        "clusterArn": arn("ecs", f"cluster/{env.names.cluster}"),
        "clusterName": env.names.cluster,
        "status": "ACTIVE",
        "registeredContainerInstancesCount": 0,
        "runningTasksCount": states.count("RUNNING"),
        "pendingTasksCount": sum(each in ("PROVISIONING", "PENDING", "ACTIVATING") for each in states),
        "activeServicesCount": len(env.services),
        "statistics": [],
        "tags": tagged(env.tags),
        "settings": [{"name": "containerInsights", "value": "disabled"}],
        "capacityProviders": ["FARGATE", "FARGATE_SPOT"],
        "defaultCapacityProviderStrategy": [],
    }


def list_services(sim: Simulator, params: Params) -> dict[str, Any]:
    env = environment(sim, params)
    kind = params.get("launchType")
    known = [each.arn for each in env.services.values() if kind in (None, each.provider)]
    found, token = page(known, {"maxResults": SERVICES_USUAL} | dict(params))
    return {"serviceArns": found} | token


def describe_services(sim: Simulator, params: Params) -> dict[str, Any]:
    env = environment(sim, params)
    wanted = params.get("services") or []
    if not 1 <= len(wanted) <= 10:
        raise invalid("Services cannot be empty." if not wanted else "Member must have length less than or equal to 10")
    by_name = {each.name: each for each in env.services.values()}
    found = [shown(env, by_name[last(name)], tags="TAGS" in (params.get("include") or [])) for name in wanted if last(name) in by_name]
    names = [last(name) for name in wanted if last(name) not in by_name]
    return {
        "services": found,
        "failures": [{"arn": arn("ecs", f"service/{env.names.cluster}/{name}"), "reason": "MISSING"} for name in names],
    }


def shown(env: Environment, of: Service, *, tags: bool = False) -> dict[str, Any]:
    """A service as DescribeServices and UpdateService show it."""
    tasks = env.of(of)
    answer: dict[str, Any] = {
        "serviceArn": of.arn,
        "serviceName": of.name,
        "clusterArn": arn("ecs", f"cluster/{of.cluster}"),
        "loadBalancers": [{"targetGroupArn": of.target_group, "containerName": of.part, "containerPort": of.port}],
        "serviceRegistries": [],
        "status": "ACTIVE",
        "desiredCount": of.desired,
        "runningCount": _running(tasks),
        "pendingCount": _pending(tasks),
        "platformVersion": "LATEST",
        "platformFamily": "Linux",
        "taskDefinition": of.primary.revision.definition.arn,
        "deploymentConfiguration": {
            "deploymentCircuitBreaker": {"enable": of.breaker, "rollback": of.rollback},
            "maximumPercent": of.maximum_percent,
            "minimumHealthyPercent": of.minimum_percent,
            "strategy": "ROLLING",
            "bakeTimeInMinutes": 0,
        },
        "deployments": [_deployment(of, each, tasks) for each in of.live],
        "roleArn": role("aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"),
        "events": list(of.events),
        "createdAt": of.created_at,
        "currentServiceDeployment": of.deployments[0].arn,
        "currentServiceRevisions": _revisions(of, tasks),
        "placementConstraints": [],
        "placementStrategy": [],
        "networkConfiguration": network(of),
        "healthCheckGracePeriodSeconds": of.grace_s,
        "schedulingStrategy": "REPLICA",
        "deploymentController": {"type": "ECS"},
        "createdBy": role("terraform"),
        "enableECSManagedTags": False,
        "propagateTags": "SERVICE",
        "enableExecuteCommand": of.exec_enabled,
        "availabilityZoneRebalancing": "ENABLED",
    }
    return answer | launched_by(of) | ({"tags": tagged(of.tags)} if tags else {})


def launched_by(of: Service) -> dict[str, Any]:
    """launchType, or the capacity provider strategy in its place."""
    if of.provider == "FARGATE":
        return {"launchType": "FARGATE"}
    return {"capacityProviderStrategy": [{"capacityProvider": of.provider, "weight": 1, "base": 0}]}


def network(of: Service) -> dict[str, Any]:
    """networkConfiguration."""
    return {"awsvpcConfiguration": {"subnets": of.subnets, "securityGroups": [of.security_group], "assignPublicIp": "DISABLED"}}


def _running(tasks: Sequence[Task]) -> int:
    return sum(each.last_status == "RUNNING" for each in tasks)


def _pending(tasks: Sequence[Task]) -> int:
    return sum(each.last_status in ("PROVISIONING", "PENDING", "ACTIVATING") for each in tasks)


def _deployment(of: Service, each: Deployment, tasks: Sequence[Task]) -> dict[str, Any]:
    mine = [task for task in tasks if task.started_by == each.id]
    return {
        "id": each.id,
        "status": each.status,
        "taskDefinition": each.revision.definition.arn,
        "desiredCount": of.desired if each.status == "PRIMARY" else 0,
        "pendingCount": _pending(mine),
        "runningCount": _running(mine),
        "failedTasks": each.failed_tasks,
        "createdAt": each.created_at,
        "updatedAt": each.updated_at,
        "platformVersion": "1.4.0",
        "platformFamily": "Linux",
        "networkConfiguration": network(of),
        "rolloutState": each.rollout,
        "rolloutStateReason": each.rollout_reason,
    } | launched_by(of)


def _revisions(of: Service, tasks: Sequence[Task]) -> list[dict[str, Any]]:
    found = []
    for each in of.live:
        mine = [task for task in tasks if task.started_by == each.id]
        asked = of.desired if each.status == "PRIMARY" else 0
        counts = {"requestedTaskCount": asked, "runningTaskCount": _running(mine), "pendingTaskCount": _pending(mine)}
        found.append({"arn": each.revision.arn} | counts)
    return found


def list_tasks(sim: Simulator, params: Params) -> dict[str, Any]:
    env = environment(sim, params)
    status = params.get("desiredStatus") or "RUNNING"
    tasks = [each for each in env.tasks.values() if each.desired_status == status]
    if params.get("serviceName"):
        name = service(env, params["serviceName"]).name
        tasks = [each for each in tasks if each.service == name]
    if params.get("family"):
        tasks = [each for each in tasks if each.definition.family == params["family"]]
    if params.get("startedBy"):
        tasks = [each for each in tasks if each.started_by == params["startedBy"]]
    if params.get("launchType"):
        tasks = tasks if params["launchType"] == "FARGATE" else []
    found, token = page([each.arn for each in tasks], params)
    return {"taskArns": found} | token


def task(env: Environment, name: str) -> Task:
    """The task of that id or ARN. Raises AwsError (InvalidParameterException)."""
    found = next((each for each in env.tasks.values() if each.id == last(name)), None)
    if found is None:
        raise invalid("The referenced task was not found.")
    return found


def describe_tasks(sim: Simulator, params: Params) -> dict[str, Any]:
    env = environment(sim, params)
    wanted = params.get("tasks") or []
    if not 1 <= len(wanted) <= 100:
        raise invalid("Tasks cannot be empty." if not wanted else "Tasks cannot have more than 100 elements.")
    by_id = {each.id: each for each in env.tasks.values()}
    tags = "TAGS" in (params.get("include") or [])
    missing = [
        {"arn": arn("ecs", f"task/{env.names.cluster}/{last(each)}"), "reason": "MISSING"} for each in wanted if last(each) not in by_id
    ]
    return {"tasks": [shown_task(by_id[last(each)], tags=tags) for each in wanted if last(each) in by_id], "failures": missing}


def shown_task(of: Task, *, tags: bool = False) -> dict[str, Any]:
    """A task as DescribeTasks shows it; what has not happened yet is absent."""
    answer: dict[str, Any] = {
        "attachments": [_attachment(of)],
        "attributes": [{"name": "ecs.cpu-architecture", "value": "x86_64"}],
        "availabilityZone": of.zone,
        "clusterArn": arn("ecs", f"cluster/{of.cluster}"),
        "connectivity": "CONNECTED" if of.pull_stopped_at else None,
        "connectivityAt": of.pull_started_at if of.pull_stopped_at else None,
        "containers": [_container(of)],
        "cpu": str(of.definition.cpu),
        "createdAt": of.created_at,
        "desiredStatus": of.desired_status,
        "enableExecuteCommand": of.exec_enabled,
        "executionStoppedAt": of.execution_stopped_at,
        "group": of.group,
        "healthStatus": of.health,
        "lastStatus": of.last_status,
        "memory": str(of.definition.memory),
        "overrides": {"containerOverrides": [{"name": of.definition.container["name"]}], "inferenceAcceleratorOverrides": []},
        "platformVersion": "1.4.0",
        "platformFamily": "Linux",
        "pullStartedAt": of.pull_started_at,
        "pullStoppedAt": of.pull_stopped_at,
        "startedAt": of.started_at,
        "startedBy": of.started_by,
        "stopCode": of.stop_code or None,
        "stoppedAt": of.stopped_at,
        "stoppedReason": of.stopped_reason or None,
        "stoppingAt": of.stopping_at,
        "tags": tagged(of.tags) if tags else [],
        "taskArn": of.arn,
        "taskDefinitionArn": of.definition.arn,
        "version": of.version,
        "ephemeralStorage": {"sizeInGiB": 20},
        "fargateEphemeralStorage": {"sizeInGiB": 20},
    }
    answer |= {"launchType": "FARGATE"} if of.provider == "FARGATE" else {"capacityProviderName": of.provider, "launchType": "FARGATE"}
    return {key: value for key, value in answer.items() if value is not None}


def _attachment(of: Task) -> dict[str, Any]:
    details = {"subnetId": of.subnet, "networkInterfaceId": of.eni, "macAddress": "0a:58:a9:fe:ac:02", "privateIPv4Address": of.ip}
    status = "PRECREATED" if of.last_status == "PROVISIONING" else "DELETED" if of.last_status == "STOPPED" else "ATTACHED"
    listed = [{"name": key, "value": value} for key, value in details.items()]
    return {"id": of.eni.replace("eni-", "att-"), "type": "ElasticNetworkInterface", "status": status, "details": listed}


def _container(of: Task) -> dict[str, Any]:
    plain = of.definition.container
    ended = of.last_status in ("DEPROVISIONING", "STOPPED")
    status = "STOPPED" if ended else "RUNNING" if of.started_at else "PENDING"
    answer: dict[str, Any] = {
        "containerArn": f"{of.arn.replace(':task/', ':container/')}/{of.runtime_id[-10:]}",
        "taskArn": of.arn,
        "name": plain["name"],
        "image": plain["image"],
        "imageDigest": of.digest if of.pull_stopped_at else None,
        "runtimeId": of.runtime_id if of.pull_stopped_at else None,
        "lastStatus": status,
        "exitCode": of.exit_code if ended else None,
        "reason": of.container_reason or None,
        "networkBindings": [],
        "networkInterfaces": [{"attachmentId": of.eni.replace("eni-", "att-"), "privateIpv4Address": of.ip}],
        "healthStatus": of.health,
        "managedAgents": _agents(of, status),
        "cpu": "0",
    }
    return {key: value for key, value in answer.items() if value is not None}


def _agents(of: Task, status: str) -> list[dict[str, Any]] | None:
    if not of.exec_enabled:
        return None
    agent = {"name": "ExecuteCommandAgent", "lastStatus": "PENDING" if status == "RUNNING" and of.agent_since is None else status}
    return [agent | ({"lastStartedAt": of.started_at} if of.started_at else {})]


def stop_task(sim: Simulator, params: Params) -> dict[str, Any]:
    env = environment(sim, params)
    found = task(env, params.get("task", ""))
    scheduler.stop(sim, env, found, "UserInitiated", params.get("reason") or "Task stopped by user", sim.now)
    return {"task": shown_task(found)}


def update_service(sim: Simulator, params: Params) -> dict[str, Any]:
    env = environment(sim, params)
    of = service(env, params.get("service", ""))
    count = params.get("desiredCount")
    if count is not None and (not isinstance(count, int) or count < 0):
        raise invalid("Desired count must be non-negative.")
    definition = of.primary.revision.definition
    if params.get("taskDefinition"):
        definition = find_definition(env, sim, params["taskDefinition"])
        if definition.status != "ACTIVE":
            raise AwsError("ClientException", "TaskDefinition is inactive")
    if count is not None and count != of.desired:
        of.desired, of.steady = count, False
    _configure(of, params)
    changed = _rewire(of, params) or definition is not of.primary.revision.definition
    if changed or params.get("forceNewDeployment"):
        scheduler.deploy(sim, of, scheduler.revision(sim, of, definition, sim.now), sim.now)
    return {"service": shown(env, of)}


def _configure(of: Service, params: Params) -> None:
    """What UpdateService changes without a new deployment."""
    if params.get("enableExecuteCommand") is not None:
        of.exec_enabled = bool(params["enableExecuteCommand"])
    if params.get("healthCheckGracePeriodSeconds") is not None:
        of.grace_s = int(params["healthCheckGracePeriodSeconds"])
    wanted = params.get("deploymentConfiguration") or {}
    of.minimum_percent = int(wanted.get("minimumHealthyPercent", of.minimum_percent))
    of.maximum_percent = int(wanted.get("maximumPercent", of.maximum_percent))
    breaker = wanted.get("deploymentCircuitBreaker")
    if breaker:
        of.breaker, of.rollback = bool(breaker["enable"]), bool(breaker["rollback"])


def _rewire(of: Service, params: Params) -> bool:
    """Take over another network or capacity provider; True when there was a change, which makes a deployment."""
    before = (of.subnets, of.security_group, of.provider)
    strategy = params.get("capacityProviderStrategy")
    if strategy:
        of.provider = _provider(strategy)
    wanted = (params.get("networkConfiguration") or {}).get("awsvpcConfiguration")
    if wanted:
        of.subnets, of.security_group = list(wanted["subnets"]), (wanted.get("securityGroups") or [of.security_group])[0]
    return before != (of.subnets, of.security_group, of.provider)


def _provider(strategy: Sequence[Mapping[str, Any]]) -> str:
    """The provider that gets most of a strategy's tasks; ClickIt's services use one. Raises AwsError (InvalidParameterException)."""
    for each in strategy:
        if each.get("capacityProvider") not in ("FARGATE", "FARGATE_SPOT"):
            raise invalid("The specified capacity provider was not found. Specify a valid name or ARN and try again.")
    return str(max(strategy, key=lambda each: (each.get("weight", 0), each.get("base", 0)))["capacityProvider"])


def find_definition(env: Environment | None, sim: Simulator, name: str) -> TaskDefinition:
    """A task definition by family, family:revision or ARN. Raises AwsError (ClientException)."""
    family, _, revision = last(name).partition(":")
    environments = [env] if env else list(sim.envs.values())
    for where in environments:
        for known in where.definitions.values():
            if known[0].family == family:
                found = [each for each in known if not revision or str(each.revision) == revision]
                if found:
                    return found[-1]
    raise AwsError("ClientException", "Unable to describe task definition.")


def describe_task_definition(sim: Simulator, params: Params) -> dict[str, Any]:
    of = find_definition(None, sim, params.get("taskDefinition", ""))
    needs = ["com.amazonaws.ecs.capability.logging-driver.awslogs", "ecs.capability.execution-role-awslogs", "ecs.capability.task-eni"]
    return {
        "taskDefinition": {
            "taskDefinitionArn": of.arn,
            "containerDefinitions": of.containers,
            "family": of.family,
            "taskRoleArn": role(f"{of.family}-task"),
            "executionRoleArn": role(f"{of.family}-execution"),
            "networkMode": "awsvpc",
            "revision": of.revision,
            "volumes": [],
            "status": of.status,
            "requiresAttributes": [{"name": each} for each in needs],
            "placementConstraints": [],
            "compatibilities": ["EC2", "FARGATE"],
            "runtimePlatform": {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"},
            "requiresCompatibilities": ["FARGATE"],
            "cpu": str(of.cpu),
            "memory": str(of.memory),
            "registeredAt": of.registered_at,
            "registeredBy": arn("sts", "assumed-role/deploy/ci", region=""),
        },
        "tags": tagged(of.tags) if "TAGS" in (params.get("include") or []) else [],
    }


def _all_definitions(sim: Simulator) -> list[TaskDefinition]:
    return [each for env in sim.envs.values() for known in env.definitions.values() for each in known]


def list_task_definitions(sim: Simulator, params: Params) -> dict[str, Any]:
    prefix, status = params.get("familyPrefix"), params.get("status") or "ACTIVE"
    known = [each for each in _all_definitions(sim) if each.status == status and (not prefix or each.family == prefix)]
    known.sort(key=lambda each: (each.family, each.revision), reverse=params.get("sort") == "DESC")
    found, token = page([each.arn for each in known], params)
    return {"taskDefinitionArns": found} | token


def list_task_definition_families(sim: Simulator, params: Params) -> dict[str, Any]:
    prefix = params.get("familyPrefix") or ""
    names = sorted({each.family for each in _all_definitions(sim) if each.family.startswith(prefix)})
    found, token = page(names, params)
    return {"families": found} | token
