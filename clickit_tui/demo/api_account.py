"""STS, Application Auto Scaling, Cost Explorer, Systems Manager sessions, Performance Insights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from clickit_tui.demo import scaling, sessions, traffic
from clickit_tui.demo.api_ecs import page
from clickit_tui.demo.birth import role
from clickit_tui.demo.errors import AwsError
from clickit_tui.demo.metricstore import seconds
from clickit_tui.demo.simulator import Simulator
from clickit_tui.demo.state import Environment, Scaling, arn
from clickit_tui.demo.wire import ACCOUNT, REGION

Params = Mapping[str, Any]
DAILY_DOLLARS = {"Amazon Elastic Container Service": 3.3, "EC2 - Other": 3.2, "Amazon Relational Database Service": 2.1}
DAILY_DOLLARS |= {"Amazon Elastic Load Balancing": 1.1, "Amazon ElastiCache": 0.6, "AmazonCloudWatch": 0.5, "AWS Secrets Manager": 0.16}


WAITS = {"CPU": 0.08, "IO:DataFileRead": 0.05, "Client:ClientRead": 0.02}
"""Average active sessions by wait event, as long as queries take their usual time."""
STATEMENTS = {
    "SELECT * FROM links WHERE code = ?": 0.09,
    "INSERT INTO clicks (link_id, at, agent) VALUES (?, ?, ?)": 0.04,
    "UPDATE links SET clicks = clicks + ? WHERE id = ?": 0.02,
}
_BY_SQL = [
    ({"db.sql_tokenized.id": f"pi-{at:032X}", "db.sql_tokenized.statement": text}, load)
    for at, (text, load) in enumerate(STATEMENTS.items())
]
LOAD_BY: dict[str, list[tuple[dict[str, str], float]]] = {
    "db.wait_event": [({"db.wait_event.name": name, "db.wait_event.type": name.partition(":")[0]}, load) for name, load in WAITS.items()],
    "db.wait_event_type": [({"db.wait_event_type.name": name.partition(":")[0]}, load) for name, load in WAITS.items()],
    "db.sql_tokenized": _BY_SQL,
    "db.sql": [({key.replace("_tokenized", ""): value for key, value in dims.items()}, load) for dims, load in _BY_SQL],
    "db.host": [({"db.host.id": host, "db.host.name": host}, sum(WAITS.values()) / 2) for host in ("10.30.10.124", "10.30.11.23")],
    "db.user": [({"db.user.id": "clickit", "db.user.name": "clickit"}, sum(WAITS.values()))],
}
"""The load by group: (dimensions, average active sessions)."""


def get_caller_identity(sim: Simulator, params: Params) -> dict[str, Any]:
    return {"UserId": "AROAEXAMPLECLICKIT00:demo", "Account": ACCOUNT, "Arn": arn("sts", "assumed-role/OnCall/demo", region="")}


def assume_role(sim: Simulator, params: Params) -> dict[str, Any]:
    name, session = str(params.get("RoleArn", "")).rsplit("/", 1)[-1], params.get("RoleSessionName", "demo")
    return {
        "Credentials": {
            "AccessKeyId": "ASIADEMO000000000000",
            "SecretAccessKey": "demo",
            "SessionToken": "demo",
            "Expiration": sim.now + 3600,
        },
        "AssumedRoleUser": {
            "AssumedRoleId": f"AROAEXAMPLECLICKIT00:{session}",
            "Arn": arn("sts", f"assumed-role/{name}/{session}", region=""),
        },
    }


def _scaled(sim: Simulator, params: Params) -> list[tuple[Environment, str, Scaling]]:
    if params.get("ServiceNamespace") != "ecs":
        return []
    wanted = params.get("ResourceIds") or ([params["ResourceId"]] if params.get("ResourceId") else None)
    known = [(env, part, each) for env in sim.envs.values() for part, each in env.scaling.items()]
    return [each for each in known if not wanted or scaling.resource(each[0], each[2]) in wanted]


def _paged(things: list[dict[str, Any]], params: Params, member: str) -> dict[str, Any]:
    shown, token = page(things, {"nextToken": params.get("NextToken"), "maxResults": params.get("MaxResults")}, 50)
    return {member: shown} | ({"NextToken": token["nextToken"]} if token else {})


def describe_scalable_targets(sim: Simulator, params: Params) -> dict[str, Any]:
    found = [
        {
            "ServiceNamespace": "ecs",
            "ResourceId": scaling.resource(env, each),
            "ScalableDimension": "ecs:service:DesiredCount",
            "MinCapacity": each.minimum,
            "MaxCapacity": each.maximum,
            "RoleARN": role(
                "aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService"
            ),
            "CreationTime": each.created_at,
            "SuspendedState": each.suspended,
            "ScalableTargetARN": arn("application-autoscaling", f"scalable-target/{env.name}{part}"),
        }
        for env, part, each in _scaled(sim, params)
    ]
    return _paged(found, params, "ScalableTargets")


def register_scalable_target(sim: Simulator, params: Params) -> dict[str, Any]:
    found = _scaled(sim, params)
    if not found:
        return _new_target(sim, params)
    env, part, each = found[0]
    least, most = int(params.get("MinCapacity", each.minimum)), int(params.get("MaxCapacity", each.maximum))
    if least > most or least < 0:
        raise AwsError("ValidationException", "Maximum capacity cannot be less than minimum capacity")
    each.minimum, each.maximum = least, most
    each.suspended |= params.get("SuspendedState") or {}
    return {"ScalableTargetARN": arn("application-autoscaling", f"scalable-target/{env.name}{part}")}


def _new_target(sim: Simulator, params: Params) -> dict[str, Any]:
    for env in sim.envs.values():
        for part, service in env.services.items():
            if params.get("ResourceId") == f"service/{env.names.cluster}/{service.name}":
                least, most = int(params.get("MinCapacity", 1)), int(params.get("MaxCapacity", 1))
                env.scaling[part] = Scaling(service.name, least, most, 60.0, f"{service.name}-cpu-60", sim.now)
                env.scaling[part].suspended |= params.get("SuspendedState") or {}
                scaling.policy(sim, env, env.scaling[part])
                return {"ScalableTargetARN": arn("application-autoscaling", f"scalable-target/{env.name}{part}")}
    raise AwsError("ValidationException", f"ECS service doesn't exist: {params.get('ResourceId')}")


def describe_scaling_policies(sim: Simulator, params: Params) -> dict[str, Any]:
    found = [_policy(env, each) for env, _, each in _scaled(sim, params)]
    return _paged(found, params, "ScalingPolicies")


def _policy(env: Environment, each: Scaling) -> dict[str, Any]:
    tracking = {
        "TargetValue": each.target,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"},
        "ScaleOutCooldown": int(scaling.OUT_COOLDOWN_S),
        "ScaleInCooldown": int(scaling.IN_COOLDOWN_S),
        "DisableScaleIn": False,
    }
    return {
        "PolicyARN": scaling.policy_arn(env, each),
        "PolicyName": each.policy,
        "ServiceNamespace": "ecs",
        "ResourceId": scaling.resource(env, each),
        "ScalableDimension": "ecs:service:DesiredCount",
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": tracking,
        "Alarms": [{"AlarmName": name, "AlarmARN": arn("cloudwatch", f"alarm:{name}")} for name in scaling.alarm_names(env, each)],
        "CreationTime": each.created_at,
    }


def describe_scaling_activities(sim: Simulator, params: Params) -> dict[str, Any]:
    found = [activity for _, _, each in _scaled(sim, params) for activity in each.activities]
    return _paged(found, params, "ScalingActivities")


def describe_scheduled_actions(sim: Simulator, params: Params) -> dict[str, Any]:
    return {"ScheduledActions": []}


def get_cost_and_usage(sim: Simulator, params: Params) -> dict[str, Any]:
    period = params.get("TimePeriod") or {}
    try:
        day, end = date.fromisoformat(period["Start"][:10]), date.fromisoformat(period["End"][:10])
    except (KeyError, ValueError):
        raise AwsError("ValidationException", "TimePeriod needs Start and End as YYYY-MM-DD.") from None
    if day >= end:
        raise AwsError("ValidationException", "Start date (and hour) should be before end date (and hour)")
    today = datetime.fromtimestamp(max(sim.now, sim.served), UTC).date()
    if day > today:
        raise AwsError("ValidationException", "Start date cannot be after today.")
    monthly, grouped, found = params.get("Granularity") == "MONTHLY", params.get("GroupBy") or [], []
    if any(each != {"Type": "DIMENSION", "Key": "SERVICE"} for each in grouped):
        raise AwsError("ValidationException", "The embedded ClickIt groups costs by the dimension SERVICE only.")
    while day < end:
        after = min(end, (day.replace(day=1) + timedelta(days=32)).replace(day=1) if monthly else day + timedelta(days=1))
        spent, metrics = _spent(day, after, today), params.get("Metrics") or []
        groups = [{"Keys": [name], "Metrics": _cost(metrics, dollars)} for name, dollars in spent.items() if dollars] if grouped else []
        whole = {} if grouped else _cost(metrics, sum(spent.values()))
        estimated = after > today.replace(day=1)
        found.append({"TimePeriod": {"Start": str(day), "End": str(after)}, "Total": whole, "Groups": groups, "Estimated": estimated})
        day = after
    return {"GroupDefinitions": params.get("GroupBy") or [], "ResultsByTime": found, "DimensionValueAttributes": []}


def _spent(day: date, end: date, today: date) -> dict[str, float]:
    """Dollars by service in [day, end): a little different each day, nothing for days that have not begun."""
    found = dict.fromkeys(DAILY_DOLLARS, 0.0)
    while day < min(end, today + timedelta(days=1)):
        for place, (name, dollars) in enumerate(DAILY_DOLLARS.items()):
            found[name] += dollars * (0.97 + 0.01 * ((day.toordinal() * 5 + place * 3) % 7))
        day += timedelta(days=1)
    return found


def _cost(metrics: list[str], dollars: float) -> dict[str, Any]:
    return {name: {"Amount": f"{dollars:.4f}", "Unit": "USD"} for name in metrics}


def start_session(sim: Simulator, params: Params) -> dict[str, Any]:
    target = str(params.get("Target", ""))
    known = {f"ecs:{t.cluster}_{t.id}_{t.runtime_id}": t for env in sim.envs.values() for t in env.tasks.values()}
    of = known.get(target)
    if of is None or of.last_status != "RUNNING" or not of.exec_enabled or of.agent_since is None:
        raise AwsError("TargetNotConnected", f"{target} is not connected.")
    session, token = f"demo-{sim.hexes(17)}", sim.token(64)
    asked = {name: (values or [""])[0] for name, values in (params.get("Parameters") or {}).items()}
    sessions.grant(sim, session, token, of, kind="port", local_port=asked.get("localPortNumber", "0"), host=asked.get("host", ""))
    sim.sessions[session] = {"SessionId": session, "Target": target, "Status": "Connected", "StartDate": sim.now}
    stream = f"wss://ssmmessages.{REGION}.amazonaws.com/v1/data-channel/{session}?role=publish_subscribe"
    return {"SessionId": session, "TokenValue": token, "StreamUrl": stream}


def simulate_principal_policy(sim: Simulator, params: Params) -> dict[str, Any]:
    source, actions = str(params.get("PolicySourceArn", "")), params.get("ActionNames") or []
    known = {each.family for env in sim.envs.values() for listed in env.definitions.values() for each in listed}
    if source not in {role(f"{family}-task") for family in known}:
        raise AwsError("NoSuchEntity", f"The role with name {source.rsplit('/', 1)[-1]} cannot be found.")
    results = [
        {
            "EvalActionName": action,
            "EvalResourceName": resource,
            "EvalDecision": "allowed" if action.startswith("ssmmessages:") else "implicitDeny",
            "MatchedStatements": [],
            "MissingContextValues": [],
        }
        for action in actions
        for resource in params.get("ResourceArns") or ["*"]
    ]
    return {"EvaluationResults": results, "IsTruncated": False}


def terminate_session(sim: Simulator, params: Params) -> dict[str, Any]:
    sim.sessions.pop(str(params.get("SessionId")), None)
    return {"SessionId": params.get("SessionId")}


def describe_sessions(sim: Simulator, params: Params) -> dict[str, Any]:
    return {"Sessions": [each | {"Status": "Connected"} for each in sim.sessions.values()] if params.get("State") == "Active" else []}


def get_connection_status(sim: Simulator, params: Params) -> dict[str, Any]:
    target = str(params.get("Target", ""))
    running = {
        f"ecs:{t.cluster}_{t.id}_{t.runtime_id}" for env in sim.envs.values() for t in env.tasks.values() if t.last_status == "RUNNING"
    }
    return {"Target": target, "Status": "connected" if target in running else "notconnected"}


def get_resource_metrics(sim: Simulator, params: Params) -> dict[str, Any]:
    env = next((each for each in sim.envs.values() if each.database.resource_id == params.get("Identifier")), None)
    if env is None or env.name != "prod":
        raise AwsError("InvalidArgumentException", "Performance Insights is not enabled for this resource.")
    period = int(params.get("PeriodInSeconds") or 60)
    if period not in (1, 60, 300, 3600, 86_400):
        raise AwsError("InvalidArgumentException", "PeriodInSeconds must be one of 1, 60, 300, 3600, 86400.")
    start, end = seconds(params["StartTime"]) // period * period, min(seconds(params["EndTime"]), sim.now)
    times = [start + period * at for at in range(int((end - start) // period))]
    loads = [_load(sim, env, at, period) for at in times]
    listed = []
    for query in params.get("MetricQueries") or ():
        metric, group = query["Metric"], (query.get("GroupBy") or {}).get("Group")
        if metric not in ("db.load.avg", "db.sampledload.avg") or group not in (None, *LOAD_BY):
            raise AwsError("InvalidArgumentException", f"{metric} grouped by {group} is not a metric of this resource.")
        listed.append({"Key": {"Metric": metric}, "DataPoints": _points(times, [_busy(each) + each.locked for each in loads])})
        parts = _parts(group, loads) if group else []
        parts.sort(key=lambda part: -sum(part[1]))
        for dims, values in parts[: (query.get("GroupBy") or {}).get("Limit") or 10]:
            listed.append({"Key": {"Metric": metric, "Dimensions": dims}, "DataPoints": _points(times, values)})
    return {"AlignedStartTime": start, "AlignedEndTime": end, "Identifier": params.get("Identifier"), "MetricList": listed}


def _load(sim: Simulator, env: Environment, at: float, period: int) -> traffic.Load:
    """What held queries up in a period: in the minute that was the worst for them; before the beginning nothing did."""
    known, first = sim.loads[env.name], int(at // 60)
    found = [known[minute] for minute in range(first, first + max(1, period // 60)) if minute in known]
    if first >= int(sim.now // 60):
        found.append(traffic.load(env))
    return max(found, key=lambda each: _busy(each) + each.locked, default=traffic.Load())


def _wait(name: str, of: traffic.Load) -> float:
    """Average sessions in a wait event."""
    return WAITS[name] * (of.by_io if name.startswith("IO") else of.by_cpu if name == "CPU" else 1.0)


def _busy(of: traffic.Load) -> float:
    """Average sessions that do not wait for locks."""
    return sum(_wait(name, of) for name in WAITS)


def _parts(group: str, loads: Sequence[traffic.Load]) -> list[tuple[dict[str, str], list[float]]]:
    """(dimensions, average active sessions by time) of a group."""
    if group.startswith("db.wait_event"):
        found = [(dims, [_wait(name, of) for of in loads]) for name, (dims, _) in zip(WAITS, LOAD_BY[group], strict=True)]
        if any(of.locked for of in loads):
            whole = {"db.wait_event.name": "Lock:relation", "db.wait_event.type": "Lock"}
            dims = whole if group == "db.wait_event" else {"db.wait_event_type.name": "Lock"}
            found.append((dims, [of.locked for of in loads]))
        return found
    usual = sum(WAITS.values())
    return [(dims, [load / usual * (_busy(of) + of.locked) for of in loads]) for dims, load in LOAD_BY[group]]


def _points(times: Sequence[float], values: Sequence[float]) -> list[dict[str, float]]:
    return [{"Timestamp": at, "Value": value} for at, value in zip(times, values, strict=True)]
