"""Calls that repair: RDS ModifyDBInstance, and rules of EC2's security groups."""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Iterator, Mapping
from typing import Any

from clickit_tui.demo import birth
from clickit_tui.demo.api_data import MOVES_S, database, instance
from clickit_tui.demo.api_edge import group_rule, security_groups
from clickit_tui.demo.errors import AwsError
from clickit_tui.demo.simulator import Simulator
from clickit_tui.demo.state import Database, Rule, SecurityGroup
from clickit_tui.demo.traffic import IOPS

Params = Mapping[str, Any]
MODIFIABLE = ("available", "storage-full", "storage-optimization")
COOL_DOWN_S = 6 * 3600
"""Between two changes of the allocated storage."""
SETTINGS = {
    "MaxAllocatedStorage": "MaxAllocatedStorage",
    "DeletionProtection": "DeletionProtection",
    "BackupRetentionPeriod": "BackupRetentionPeriod",
    "PreferredMaintenanceWindow": "PreferredMaintenanceWindow",
    "PreferredBackupWindow": "PreferredBackupWindow",
    "AutoMinorVersionUpgrade": "AutoMinorVersionUpgrade",
    "CopyTagsToSnapshot": "CopyTagsToSnapshot",
    "EnablePerformanceInsights": "PerformanceInsightsEnabled",
    "PerformanceInsightsRetentionPeriod": "PerformanceInsightsRetentionPeriod",
}
"""Parameters that change a member of DBInstance and nothing else."""
OTHERS = {"DBInstanceIdentifier", "ApplyImmediately", "AllocatedStorage", "DBInstanceClass", "VpcSecurityGroupIds", "Iops", "StorageType"}


def modify_db_instance(sim: Simulator, params: Params) -> dict[str, Any]:
    env, of = database(sim, params.get("DBInstanceIdentifier", ""))
    unknown = sorted(set(params) - OTHERS - set(SETTINGS))
    if unknown:
        raise AwsError("InvalidParameterCombination", f"The embedded ClickIt cannot change {', '.join(unknown)}.")
    if of.status not in MODIFIABLE:
        raise AwsError("InvalidDBInstanceState", "Database instance is not in available state.")
    size, kind = _size(sim, of, params), _class(of, params)
    of.settings |= {member: params[name] for name, member in SETTINGS.items() if params.get(name) is not None}
    of.security_group = (params.get("VpcSecurityGroupIds") or [of.security_group])[0]
    if size is not None:
        of.wanted_gib = size
    of.wanted_class = kind or of.wanted_class
    if params.get("ApplyImmediately") and (of.wanted_gib or of.wanted_class):
        of.status, of.phase_next, of.phase_until = "modifying", "available", sim.now + MOVES_S["modifying"]
        if of.wanted_gib:
            of.phase_next, of.storage_changed_at = "storage-optimization", sim.now
            env.events.append(birth.rds_event(of, sim.now, "Applying modification to allocated storage", "configuration change"))
    return {"DBInstance": instance(sim, env, of)}


def _size(sim: Simulator, of: Database, params: Params) -> int | None:
    """The new size in GiB; None without a change. Raises AwsError (InvalidParameterCombination)."""
    asked = params.get("AllocatedStorage")
    if asked is None or int(asked) == of.storage_gib:
        return None
    if int(asked) < of.storage_gib:
        raise AwsError("InvalidParameterCombination", f"Invalid storage size for engine name postgres and storage type gp3: {asked}")
    if of.storage_changed_at is not None and sim.now < of.storage_changed_at + COOL_DOWN_S:
        said = "You can't currently modify the storage of this DB instance because the previous storage change is being optimized."
        raise AwsError("InvalidParameterCombination", said)
    return max(int(asked), math.ceil(of.storage_gib * 1.1))


def _class(of: Database, params: Params) -> str:
    asked = str(params.get("DBInstanceClass") or of.instance_class)
    if asked not in IOPS:
        raise AwsError("InvalidParameterValue", f"Invalid DB Instance class: {asked}")
    return asked if asked != of.instance_class else ""


def _group(sim: Simulator, params: Params) -> SecurityGroup:
    for each in security_groups(sim):
        if params.get("GroupId") == each.id:
            return each
    raise AwsError("InvalidGroup.NotFound", f"The security group '{params.get('GroupId')}' does not exist")


def _rules(params: Params, *, egress: bool) -> Iterator[Rule]:
    """The rules that are asked for, without ids."""
    flat = {name: params[name] for name in ("IpProtocol", "FromPort", "ToPort") if name in params}
    listed = params.get("IpPermissions") or ([flat | {"IpRanges": [{"CidrIp": params.get("CidrIp")}]}] if params.get("CidrIp") else [])
    for each in listed:
        protocol = str(each.get("IpProtocol", "-1"))
        ports = (-1, -1) if protocol == "-1" else (int(each.get("FromPort", -1)), int(each.get("ToPort", -1)))
        for pair in each.get("UserIdGroupPairs") or ():
            yield Rule("", protocol, *ports, source_group=pair.get("GroupId", ""), egress=egress, description=pair.get("Description", ""))
        for span in each.get("IpRanges") or ():
            _network(str(span.get("CidrIp", "")))
            yield Rule("", protocol, *ports, cidr=span.get("CidrIp", ""), egress=egress, description=span.get("Description", ""))


def _network(cidr: str) -> None:
    try:
        ipaddress.IPv4Network(cidr, strict=False)
    except ValueError:
        raise AwsError("InvalidParameterValue", f"CIDR block {cidr} is malformed") from None


def _same(one: Rule, other: Rule) -> bool:
    """Whether two rules allow the same; ids and descriptions do not count."""
    fields = ("protocol", "from_port", "to_port", "source_group", "cidr", "egress")
    return all(getattr(one, name) == getattr(other, name) for name in fields)


def _checked(sim: Simulator, params: Params, *, egress: bool) -> tuple[SecurityGroup, list[Rule]]:
    """Group and rules that are asked for. Raises AwsError: InvalidGroup.NotFound, MissingParameter, DryRunOperation."""
    group, wanted = _group(sim, params), list(_rules(params, egress=egress))
    if not wanted and not params.get("SecurityGroupRuleIds"):
        raise AwsError("MissingParameter", "The request must contain the parameter ipPermissions")
    if params.get("DryRun"):
        raise AwsError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412)
    return group, wanted


def _authorize(sim: Simulator, params: Params, *, egress: bool) -> dict[str, Any]:
    group, wanted = _checked(sim, params, egress=egress)
    known = {each.id for each in security_groups(sim)}
    for rule in wanted:
        if rule.source_group and rule.source_group not in known:
            raise AwsError("InvalidGroup.NotFound", f"The security group '{rule.source_group}' does not exist")
        if any(_same(rule, each) for each in group.rules):
            what = f"peer: {rule.source_group or rule.cidr}, {rule.protocol.upper()}, from port: {rule.from_port}, to port: {rule.to_port}"
            raise AwsError("InvalidPermission.Duplicate", f'the specified rule "{what}, ALLOW" already exists')
    for rule in wanted:
        rule.id = f"sgr-{sim.hexes(17)}"
    group.rules = [*group.rules, *wanted]
    return {"Return": True, "SecurityGroupRules": [group_rule(group, each) for each in wanted]}


def authorize_security_group_ingress(sim: Simulator, params: Params) -> dict[str, Any]:
    return _authorize(sim, params, egress=False)


def authorize_security_group_egress(sim: Simulator, params: Params) -> dict[str, Any]:
    return _authorize(sim, params, egress=True)


def _revoke(sim: Simulator, params: Params, *, egress: bool) -> dict[str, Any]:
    group, wanted = _checked(sim, params, egress=egress)
    ids = params.get("SecurityGroupRuleIds") or []
    own = [each for each in group.rules if each.egress == egress]
    gone = [each for each in own if each.id in ids or any(_same(each, rule) for rule in wanted)]
    if len(gone) < len(ids) + len(wanted):
        code = "InvalidSecurityGroupRuleId.NotFound" if ids else "InvalidPermission.NotFound"
        raise AwsError(code, "The specified rule does not exist in this security group.")
    group.rules = [each for each in group.rules if each not in gone]
    shown = [{key: value for key, value in group_rule(group, each).items() if key in _REVOKED} for each in gone]
    return {"Return": True, "RevokedSecurityGroupRules": shown}


_REVOKED = ("SecurityGroupRuleId", "GroupId", "IsEgress", "IpProtocol", "FromPort", "ToPort", "CidrIpv4", "Description")


def revoke_security_group_ingress(sim: Simulator, params: Params) -> dict[str, Any]:
    return _revoke(sim, params, egress=False)


def revoke_security_group_egress(sim: Simulator, params: Params) -> dict[str, Any]:
    return _revoke(sim, params, egress=True)
