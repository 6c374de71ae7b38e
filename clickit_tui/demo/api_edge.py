"""ELBv2 and EC2: the load balancer, its target groups, and the network around them."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from clickit_tui.demo.errors import AwsError
from clickit_tui.demo.simulator import Simulator
from clickit_tui.demo.state import Environment, LoadBalancer, Rule, SecurityGroup, Subnet, Target, TargetGroup, Task
from clickit_tui.demo.wire import ACCOUNT, REGION

Params = Mapping[str, Any]


def _balancers(sim: Simulator) -> dict[str, tuple[Environment, LoadBalancer]]:
    return {env.balancer.arn: (env, env.balancer) for env in sim.envs.values()}


def describe_load_balancers(sim: Simulator, params: Params) -> dict[str, Any]:
    known = _balancers(sim)
    arns, names = params.get("LoadBalancerArns"), params.get("Names")
    by_name = {balancer.name: arn for arn, (_, balancer) in known.items()}
    if any(each not in known for each in arns or ()) or any(each not in by_name for each in names or ()):
        raise AwsError("LoadBalancerNotFound", "One or more load balancers not found")
    wanted = arns or ([by_name[each] for each in names] if names else list(known))
    shown, marker = _marked(wanted, params)
    return {"LoadBalancers": [_balancer(*known[each]) for each in shown]} | marker


def _marked(things: Sequence[Any], params: Params) -> tuple[Sequence[Any], dict[str, str]]:
    """One page of PageSize (1 to 400) with its NextMarker. Raises AwsError (ValidationError)."""
    marker, size = params.get("Marker") or "0", params.get("PageSize") or 400
    if not 1 <= size <= 400 or not str(marker).isdecimal():
        raise AwsError("ValidationError", "PageSize must be between 1 and 400, and Marker one that was given.")
    at = int(marker)
    return things[at : at + size], {"NextMarker": str(at + size)} if at + size < len(things) else {}


def _balancer(env: Environment, of: LoadBalancer) -> dict[str, Any]:
    zones = [{"ZoneName": each.zone, "SubnetId": each.id, "LoadBalancerAddresses": []} for each in env.network.subnets if each.public]
    return {
        "LoadBalancerArn": of.arn,
        "DNSName": f"{of.name}-{int(of.id[:8], 16) % 10**9}.{REGION}.elb.amazonaws.com",
        "CanonicalHostedZoneId": "Z32O12XQLNTSW2",
        "CreatedTime": of.created_at,
        "LoadBalancerName": of.name,
        "Scheme": "internet-facing",
        "VpcId": of.vpc,
        "State": {"Code": "active"},
        "Type": "application",
        "AvailabilityZones": zones,
        "SecurityGroups": [of.security_group],
        "IpAddressType": "ipv4",
    }


def describe_load_balancer_attributes(sim: Simulator, params: Params) -> dict[str, Any]:
    if params.get("LoadBalancerArn") not in _balancers(sim):
        raise AwsError("LoadBalancerNotFound", "One or more load balancers not found")
    known = {"idle_timeout.timeout_seconds": "60", "deletion_protection.enabled": "false", "access_logs.s3.enabled": "false"}
    return {"Attributes": [{"Key": key, "Value": value} for key, value in known.items()]}


def _groups(sim: Simulator) -> dict[str, TargetGroup]:
    return {group.arn: group for env in sim.envs.values() for group in env.groups.values()}


def describe_target_groups(sim: Simulator, params: Params) -> dict[str, Any]:
    known = _groups(sim)
    arns, names, balancer = params.get("TargetGroupArns"), params.get("Names"), params.get("LoadBalancerArn")
    found = [
        each
        for each in known.values()
        if (not arns or each.arn in arns) and (not names or each.name in names) and balancer in (None, each.balancer)
    ]
    if len(found) < len(arns or names or ()):
        raise AwsError("TargetGroupNotFound", "One or more target groups not found")
    shown, marker = _marked(found, params)
    return {"TargetGroups": [_group(each) for each in shown]} | marker


def _group(of: TargetGroup) -> dict[str, Any]:
    return {
        "TargetGroupArn": of.arn,
        "TargetGroupName": of.name,
        "Protocol": "HTTP",
        "Port": of.port,
        "VpcId": of.vpc,
        "HealthCheckProtocol": "HTTP",
        "HealthCheckPort": "traffic-port",
        "HealthCheckEnabled": True,
        "HealthCheckIntervalSeconds": of.interval_s,
        "HealthCheckTimeoutSeconds": of.timeout_s,
        "HealthyThresholdCount": of.healthy_after,
        "UnhealthyThresholdCount": of.unhealthy_after,
        "HealthCheckPath": of.path,
        "Matcher": {"HttpCode": of.matcher},
        "LoadBalancerArns": [of.balancer],
        "TargetType": "ip",
        "ProtocolVersion": "HTTP1",
        "IpAddressType": "ipv4",
    }


def _find_group(sim: Simulator, params: Params) -> TargetGroup:
    found = _groups(sim).get(str(params.get("TargetGroupArn")))
    if found is None:
        raise AwsError("TargetGroupNotFound", "One or more target groups not found")
    return found


def describe_target_group_attributes(sim: Simulator, params: Params) -> dict[str, Any]:
    group = _find_group(sim, params)
    known = {
        "deregistration_delay.timeout_seconds": str(group.draining_s),
        "stickiness.enabled": "false",
        "slow_start.duration_seconds": "0",
        "load_balancing.algorithm.type": "round_robin",
    }
    return {"Attributes": [{"Key": key, "Value": value} for key, value in known.items()]}


def describe_target_health(sim: Simulator, params: Params) -> dict[str, Any]:
    group = _find_group(sim, params)
    asked = [each["Id"] for each in params.get("Targets") or ()]
    shown = [_health(each) for each in group.targets if not asked or each.ip in asked]
    there = {each.ip for each in group.targets}
    said = "Target is not registered to the target group"
    for ip in asked:
        if ip not in there:
            absent = {"State": "unused", "Reason": "Target.NotRegistered", "Description": said}
            shown.append({"Target": {"Id": ip, "Port": group.port}, "TargetHealth": absent})
    return {"TargetHealthDescriptions": shown}


def _health(of: Target) -> dict[str, Any]:
    health = {"State": of.state, "Reason": of.reason or None, "Description": of.description or None}
    return {
        "Target": {"Id": of.ip, "Port": of.port, "AvailabilityZone": of.zone},
        "HealthCheckPort": str(of.port),
        "TargetHealth": {key: value for key, value in health.items() if value},
        "AdministrativeOverride": {"State": "no_override", "Reason": "AdministrativeOverride.NoOverride"},
    }


def describe_listeners(sim: Simulator, params: Params) -> dict[str, Any]:
    wanted, arns = params.get("LoadBalancerArn"), params.get("ListenerArns")
    found = [_listener(env) for env in sim.envs.values() if wanted == env.balancer.arn or env.balancer.listener in (arns or ())]
    if not found:
        code = "ListenerNotFound" if arns else "LoadBalancerNotFound"
        raise AwsError(code, "One or more listeners not found" if arns else "One or more load balancers not found")
    return {"Listeners": found}


def _forward(env: Environment, part: str) -> list[dict[str, Any]]:
    return [{"Type": "forward", "TargetGroupArn": env.groups[part].arn, "Order": 1}]


def _listener(env: Environment) -> dict[str, Any]:
    return {
        "ListenerArn": env.balancer.listener,
        "LoadBalancerArn": env.balancer.arn,
        "Port": 80,
        "Protocol": "HTTP",
        "DefaultActions": _forward(env, "frontend"),
    }


def describe_rules(sim: Simulator, params: Params) -> dict[str, Any]:
    for env in sim.envs.values():
        if params.get("ListenerArn") == env.balancer.listener:
            path = {"Field": "path-pattern", "Values": ["/api/*"], "PathPatternConfig": {"Values": ["/api/*"]}}
            head = env.balancer.listener.replace(":listener/", ":listener-rule/")
            return {
                "Rules": [
                    _rule(f"{head}/1", "10", [path], _forward(env, "api"), default=False),
                    _rule(f"{head}/0", "default", [], _forward(env, "frontend"), default=True),
                ]
            }
    raise AwsError("ListenerNotFound", "One or more listeners not found")


def _rule(arn: str, priority: str, conditions: list[dict[str, Any]], actions: list[dict[str, Any]], *, default: bool) -> dict[str, Any]:
    return {"RuleArn": arn, "Priority": priority, "Conditions": conditions, "Actions": actions, "IsDefault": default}


def describe_tags(sim: Simulator, params: Params) -> dict[str, Any]:
    tags = [{"Key": "Project", "Value": "clickit"}]
    return {"TagDescriptions": [{"ResourceArn": each, "Tags": tags} for each in params.get("ResourceArns") or ()]}


def _kept(things: Iterable[dict[str, Any]], params: Params, fields: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """Things that fit EC2's filters; `fields` says which members a filter's name looks at. Raises AwsError for an unknown filter."""
    filters = params.get("Filters") or params.get("Filter") or []
    for each in filters:
        if each.get("Name") not in fields and not str(each.get("Name")).startswith("tag"):
            raise AwsError("InvalidParameterValue", f"The filter '{each.get('Name')}' is invalid")
    found = []
    for thing in things:
        if all(_fits(thing, each, fields) for each in filters):
            found.append(thing)
    return found


def _listed(member: str, found: list[dict[str, Any]], params: Params) -> dict[str, Any]:
    """EC2's answer: all, or one page of MaxResults (5 to 1,000) with its NextToken. Raises AwsError (InvalidParameterValue)."""
    token, size = params.get("NextToken") or "0", params.get("MaxResults") or 1000
    if not 5 <= size <= 1000 or not str(token).isdecimal():
        raise AwsError(
            "InvalidParameterValue", f"Value ( {size} ) for parameter maxResults is invalid. Expecting a value between 5 and 1000."
        )
    at = int(token)
    return {member: found[at : at + size]} | ({"NextToken": str(at + size)} if at + size < len(found) else {})


def _fits(thing: Mapping[str, Any], wanted: Mapping[str, Any], fields: Mapping[str, Sequence[str]]) -> bool:
    name = str(wanted["Name"])
    if name.startswith("tag:"):
        values = [tag["Value"] for tag in thing.get("Tags") or () if tag["Key"] == name[4:]]
    else:
        values = [value for member in fields.get(name, ()) for value in _values(thing, member)]
    return any(fnmatch.fnmatchcase(value, str(pattern)) for value in values for pattern in wanted.get("Values") or ())


def _values(thing: Mapping[str, Any], path: str) -> list[str]:
    """The texts at a dotted path; lists on the way are looked through."""
    found: list[Any] = [thing]
    for name in path.split("."):
        found = [each.get(name) for each in found]
        found = [inner for each in found for inner in (each if isinstance(each, list) else [each]) if inner is not None]
    return [str(each).lower() if isinstance(each, bool) else str(each) for each in found]


def _named(name: str) -> list[dict[str, str]]:
    return [{"Key": "Name", "Value": name}, {"Key": "Project", "Value": "clickit"}]


def describe_vpcs(sim: Simulator, params: Params) -> dict[str, Any]:
    found = [
        {
            "VpcId": env.network.vpc,
            "CidrBlock": env.network.cidr,
            "State": "available",
            "IsDefault": False,
            "OwnerId": ACCOUNT,
            "Tags": _named(f"clickit-{env.name}-vpc"),
        }
        for env in sim.envs.values()
        if env.network.vpc in (params.get("VpcIds") or [env.network.vpc])
    ]
    return {"Vpcs": _kept(found, params, {"vpc-id": ("VpcId",), "state": ("State",), "cidr": ("CidrBlock",)})}


def describe_subnets(sim: Simulator, params: Params) -> dict[str, Any]:
    wanted = params.get("SubnetIds")
    found = [_subnet(env, each) for env in sim.envs.values() for each in env.network.subnets if not wanted or each.id in wanted]
    if wanted and len(found) < len(wanted):
        raise AwsError("InvalidSubnetID.NotFound", f"The subnet ID '{wanted[0]}' does not exist")
    fields = {"vpc-id": ("VpcId",), "subnet-id": ("SubnetId",), "availability-zone": ("AvailabilityZone",)}
    return _listed("Subnets", _kept(found, params, fields), params)


def _subnet(env: Environment, of: Subnet) -> dict[str, Any]:
    used = sum(each.subnet == of.id and each.last_status != "STOPPED" for each in env.tasks.values())
    return {
        "SubnetId": of.id,
        "VpcId": env.network.vpc,
        "AvailabilityZone": of.zone,
        "CidrBlock": of.cidr,
        "AvailableIpAddressCount": max(0, of.free - used),
        "State": "available",
        "MapPublicIpOnLaunch": of.public,
        "OwnerId": ACCOUNT,
        "Tags": _named(f"clickit-{env.name}-{'public' if of.public else 'private'}-{of.zone[-1]}"),
    }


def describe_nat_gateways(sim: Simulator, params: Params) -> dict[str, Any]:
    wanted = params.get("NatGatewayIds")
    found = [
        each | {"CreateTime": env.balancer.created_at, "Tags": _named(f"clickit-{env.name}-nat")}
        for env in sim.envs.values()
        for each in env.network.nats
        if not wanted or each["NatGatewayId"] in wanted
    ]
    fields = {"vpc-id": ("VpcId",), "state": ("State",), "subnet-id": ("SubnetId",), "nat-gateway-id": ("NatGatewayId",)}
    return _listed("NatGateways", _kept(found, params, fields), params)


def describe_vpc_endpoints(sim: Simulator, params: Params) -> dict[str, Any]:
    wanted = params.get("VpcEndpointIds")
    found = [
        {
            "VpcEndpointId": f"vpce-{env.network.vpc.removeprefix('vpc-')}",
            "VpcEndpointType": "Gateway",
            "VpcId": env.network.vpc,
            "ServiceName": f"com.amazonaws.{REGION}.s3",
            "State": "Available",
            "RouteTableIds": [],
            "SubnetIds": [],
            "Groups": [],
            "PrivateDnsEnabled": False,
            "NetworkInterfaceIds": [],
            "CreationTimestamp": env.balancer.created_at,
            "OwnerId": ACCOUNT,
            "Tags": _named(f"clickit-{env.name}-s3"),
        }
        for env in sim.envs.values()
    ]
    fields = {"vpc-id": ("VpcId",), "service-name": ("ServiceName",), "vpc-endpoint-type": ("VpcEndpointType",)}
    fields |= {"vpc-endpoint-id": ("VpcEndpointId",), "vpc-endpoint-state": ("State",)}
    chosen = [each for each in found if not wanted or each["VpcEndpointId"] in wanted]
    return _listed("VpcEndpoints", _kept(chosen, params, fields), params)


def security_groups(sim: Simulator) -> list[SecurityGroup]:
    """Every security group."""
    return [group for env in sim.envs.values() for group in env.network.groups.values()]


def describe_security_groups(sim: Simulator, params: Params) -> dict[str, Any]:
    ids, names = params.get("GroupIds"), params.get("GroupNames")
    found = [each for each in security_groups(sim) if (not ids or each.id in ids) and (not names or each.name in names)]
    missing = [each for each in ids or () if each not in {group.id for group in found}]
    if missing:
        raise AwsError("InvalidGroup.NotFound", f"The security group '{missing[0]}' does not exist")
    fields = {"vpc-id": ("VpcId",), "group-id": ("GroupId",), "group-name": ("GroupName",)}
    return _listed("SecurityGroups", _kept([_security_group(each) for each in found], params, fields), params)


def _security_group(of: SecurityGroup) -> dict[str, Any]:
    return {
        "GroupId": of.id,
        "GroupName": of.name,
        "Description": of.name,
        "OwnerId": ACCOUNT,
        "VpcId": of.vpc,
        "IpPermissions": [_permission(each) for each in of.rules if not each.egress],
        "IpPermissionsEgress": [_permission(each) for each in of.rules if each.egress],
        "Tags": _named(of.name),
    }


def _permission(of: Rule) -> dict[str, Any]:
    about = {"Description": of.description} if of.description else {}
    found: dict[str, Any] = {"IpProtocol": of.protocol, "UserIdGroupPairs": [], "IpRanges": [], "Ipv6Ranges": [], "PrefixListIds": []}
    if of.source_group:
        found["UserIdGroupPairs"] = [{"GroupId": of.source_group, "UserId": ACCOUNT} | about]
    else:
        found["IpRanges"] = [{"CidrIp": of.cidr} | about]
    return found if of.protocol == "-1" else found | {"FromPort": of.from_port, "ToPort": of.to_port}


def describe_security_group_rules(sim: Simulator, params: Params) -> dict[str, Any]:
    found = [group_rule(group, rule) for group in security_groups(sim) for rule in group.rules]
    wanted = params.get("SecurityGroupRuleIds")
    found = [each for each in found if not wanted or each["SecurityGroupRuleId"] in wanted]
    fields = {"group-id": ("GroupId",), "security-group-rule-id": ("SecurityGroupRuleId",)}
    return _listed("SecurityGroupRules", _kept(found, params, fields), params)


def group_rule(group: SecurityGroup, rule: Rule) -> dict[str, Any]:
    """A SecurityGroupRule as every operation shows it."""
    found: dict[str, Any] = {
        "SecurityGroupRuleId": rule.id,
        "GroupId": group.id,
        "GroupOwnerId": ACCOUNT,
        "IsEgress": rule.egress,
        "IpProtocol": rule.protocol,
        "FromPort": rule.from_port,
        "ToPort": rule.to_port,
        "Description": rule.description or None,
        "Tags": [],
    }
    return found | (
        {"ReferencedGroupInfo": {"GroupId": rule.source_group, "UserId": ACCOUNT}} if rule.source_group else {"CidrIpv4": rule.cidr}
    )


def describe_network_interfaces(sim: Simulator, params: Params) -> dict[str, Any]:
    found = [_interface(env, each) for env in sim.envs.values() for each in env.tasks.values() if each.last_status != "STOPPED"]
    wanted = params.get("NetworkInterfaceIds")
    found = [each for each in found if not wanted or each["NetworkInterfaceId"] in wanted]
    if wanted and len(found) < len(wanted):
        raise AwsError("InvalidNetworkInterfaceID.NotFound", f"The networkInterface ID '{wanted[0]}' does not exist")
    fields = {
        "vpc-id": ("VpcId",),
        "subnet-id": ("SubnetId",),
        "network-interface-id": ("NetworkInterfaceId",),
        "addresses.private-ip-address": ("PrivateIpAddress",),
        "private-ip-address": ("PrivateIpAddress",),
        "group-id": ("Groups.GroupId",),
    }
    return _listed("NetworkInterfaces", _kept(found, params, fields), params)


def _interface(env: Environment, task: Task) -> dict[str, Any]:
    group = env.network.groups["app"]
    return {
        "NetworkInterfaceId": task.eni,
        "SubnetId": task.subnet,
        "VpcId": env.network.vpc,
        "AvailabilityZone": task.zone,
        "PrivateIpAddress": task.ip,
        "Status": "in-use",
        "InterfaceType": "interface",
        "Description": task.arn,
        "Groups": [{"GroupId": group.id, "GroupName": group.name}],
        "OwnerId": ACCOUNT,
    }


def describe_route_tables(sim: Simulator, params: Params) -> dict[str, Any]:
    found = []
    for env in sim.envs.values():
        nats = env.network.nats
        for at, subnet in enumerate(each for each in env.network.subnets if not each.public):
            table = f"rtb-{subnet.id.removeprefix('subnet-')}"
            routes = [
                {"DestinationCidrBlock": env.network.cidr, "GatewayId": "local", "State": "active", "Origin": "CreateRouteTable"},
                {
                    "DestinationCidrBlock": "0.0.0.0/0",
                    "NatGatewayId": nats[at % len(nats)]["NatGatewayId"],
                    "State": "active",
                    "Origin": "CreateRoute",
                },
            ]
            linked = [
                {"RouteTableId": table, "SubnetId": subnet.id, "Main": False, "RouteTableAssociationId": table.replace("rtb-", "rtbassoc-")}
            ]
            known = {
                "RouteTableId": table,
                "VpcId": env.network.vpc,
                "Routes": routes,
                "Associations": linked,
                "Tags": [],
            }
            found.append(known)
    return {
        "RouteTables": _kept(
            found, params, {"vpc-id": ("VpcId",), "route-table-id": ("RouteTableId",), "association.subnet-id": ("Associations.SubnetId",)}
        )
    }
