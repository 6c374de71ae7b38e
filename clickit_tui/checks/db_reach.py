"""Whether the tasks may reach the database: ingress of its security groups and egress of theirs, by group, address range or prefix list."""

from __future__ import annotations

import shlex

import msgspec

from clickit_tui.checks.db_status import CALL as DATABASE_CALL
from clickit_tui.checks.reading import fresh, measured, present, service, unknown
from clickit_tui.checks.registry import Facts, Finding, Todo, Verdict, check
from clickit_tui.world.ecs import Service
from clickit_tui.world.network import SecurityRule
from clickit_tui.world.parts import Database
from clickit_tui.world.words import several
from clickit_tui.world.world import World

CALL = "ec2:DescribeSecurityGroupRules"
PART = "api"
"""The service that speaks to the database."""
PORT = 5432
HIDDEN = "the entries of a prefix list are not known: no permission: ec2:GetManagedPrefixListEntries"
NOT_CHECKED = "network ACLs and routes are not checked"


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """Whether one direction is open."""

    open: bool | None
    """None when a prefix list's entries are not known, or whether a range holds the database."""
    how: str


@check("db.reach", "database", "security groups", ("services", "database", "rules", "subnets"))
def judge(world: World, facts: Facts) -> Finding:
    """FAIL when no rule lets the tasks in or out, WARN when the database is open to everybody."""
    app = service(world, facts, PART)
    database = present(world.database, facts.now, DATABASE_CALL, "database", "database")
    rules = fresh(world.rules, facts.now, CALL, "security groups", "database")
    if not app.security_groups or not database.security_groups:
        return unknown("no groups", "the answers name no security group of the tasks or of the database", "database", CALL)
    port = database.port or PORT
    ranges = _ranges(world, app)
    came, left = ingress(rules, app, database, ranges, port), egress(rules, app, database, ranges, port)
    if came.open is None or left.open is None:
        said = came.how if came.open is None else left.how
        return unknown("denied" if "no permission" in said else "not known", said, "database", CALL)
    if not (came.open and left.open) and (vague := sum(not rule.told for rule in rules)):
        return unknown(
            "bad answer", f"the answer leaves out what {several(vague, 'rule')} of the security groups let pass", "database", CALL
        )
    wide = came.open and any(r.open_to_all and _of_database(r, database, port) for r in rules)
    verdict = Verdict.FAIL if not (came.open and left.open) else Verdict.WARN if wide else Verdict.PASS
    return Finding(
        verdict=verdict,
        short="no way in" if not came.open else "no way out" if not left.open else "too open" if wide else f"{port} open",
        sentence=_sentence(came, left, bool(wide), port),
        evidence=measured(f"{came.how}; {left.how}; {NOT_CHECKED}", world.rules.seen_at, CALL),
        threshold=f"FAIL without a rule for {port} in and out, WARN when open to everybody (runbook, AWS)",
        change=f"a rule for {port} from the tasks' group",
        part="database",
        todo=() if came.open else (authorize(app, database, port),),
    )


def _sentence(came: Way, left: Way, wide: bool, port: int) -> str:
    if not came.open or not left.open:
        return f"{came.how if not came.open else left.how}: {PART} cannot open a connection to the database"
    if wide:
        return f"the database's port {port} is open to everybody ({NOT_CHECKED})"
    return f"security groups let {PART} reach the database on {port} ({NOT_CHECKED})"


def ingress(rules: tuple[SecurityRule, ...], app: Service, database: Database, ranges: list[str], port: int) -> Way:
    """Whether a rule of the database lets the tasks in: their group, a range around all their subnets, a prefix list."""
    own = [r for r in rules if _of_database(r, database, port)]
    if any(r.other_group in app.security_groups for r in own):
        return Way(open=True, how=f"ingress {port} by group")
    return _by_range(
        own, ranges, f"no rule of the database's security group lets the tasks' group in on {port}", f"ingress {port} by range"
    )


def egress(rules: tuple[SecurityRule, ...], app: Service, database: Database, ranges: list[str], port: int) -> Way:
    """Whether a rule of the tasks lets them out to the database: its group, every address, or a range around their own subnets.

    The database's own address is not known; a range that holds all subnets of the tasks is taken for the network of both.
    """
    own = [r for r in rules if r.egress is True and r.group in app.security_groups and r.covers_port(port)]
    if any(r.other_group in database.security_groups for r in own):
        return Way(open=True, how=f"egress {port} by group")
    if any("0.0.0.0/0" in (r.cidr, *(r.ranges or ())) or r.covers(ranges) for r in own):
        return Way(open=True, how=f"egress {port} by range")
    if any(r.cidr or r.ranges for r in own):
        return Way(open=None, how=f"whether a range that the tasks may leave to on {port} holds the database is not known")
    return _by_range(own, [], f"no rule of the tasks' security group lets them out on {port}", "")


def _of_database(rule: SecurityRule, database: Database, port: int) -> bool:
    return rule.egress is False and rule.group in database.security_groups and rule.covers_port(port)


def _by_range(own: list[SecurityRule], ranges: list[str], missing: str, how: str) -> Way:
    covered = [r.covers(ranges) for r in own]
    if True in covered:
        return Way(open=True, how=how)
    return Way(open=None, how=HIDDEN) if None in covered else Way(open=False, how=missing)


def _ranges(world: World, app: Service) -> list[str]:
    """Address ranges of the subnets that the tasks start in; empty when they are not all known."""
    known = {one.id: one.cidr for one in world.subnets.value or ()}
    found = [known.get(each, "") for each in app.subnets]
    return found if all(found) else []


def authorize(app: Service, database: Database, port: int) -> Todo:
    """The command that puts the rule back."""
    command = (
        f"aws ec2 authorize-security-group-ingress --group-id {shlex.quote(database.security_groups[0])} --protocol tcp --port {port} "
        f"--source-group {shlex.quote(app.security_groups[0])}"
    )
    return Todo(words=f"let {PART} in again: {port} from the tasks' group", command=command)
