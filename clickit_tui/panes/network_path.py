"""The way from the services to the database through the security groups, drawn; what is not checked is said."""

from __future__ import annotations

from collections.abc import Iterable

from clickit_tui.checks.db_reach import PART, PORT
from clickit_tui.panes.pages import title
from clickit_tui.panes.view import View, reason
from clickit_tui.ui.cells import Look, Span, Spans
from clickit_tui.world.ecs import Service
from clickit_tui.world.network import SecurityRule
from clickit_tui.world.parts import Database
from clickit_tui.world.world import World


def path_lines(world: World, view: View, of: Database) -> list[Spans]:
    """`api sg-0a1 ──egress tcp 5432──▶ sg-0db ──ingress tcp 5432──▶ clickit-prod-db`, one a service."""
    port = of.port or PORT
    head = title(f"reachable on {port} by security groups (NACLs and routes are not checked)")
    rules = world.rules.value
    if rules is None:
        return [head, (Span(f" {view.mark('UNKNOWN')} {reason(world.rules.fault) if world.rules.fault else 'loading…'}", "unknown"),)]
    services = world.services.value
    if services is None:
        return [head, (Span(f" {view.mark('UNKNOWN')} the services were not read", "unknown"),)]
    return [head, *(_line(world, view, s, of, rules, port) for s in services)]


def _line(world: World, view: View, service: Service, of: Database, rules: tuple[SecurityRule, ...], port: int) -> Spans:
    if not service.security_groups or not of.security_groups:
        return (Span(f" {view.mark('UNKNOWN')} {service.part}: its groups were not in the answer", "unknown"),)
    known = {s.id: s.cidr for s in world.subnets.value or () if s.cidr}
    ranges = [known[each] for each in service.subnets] if known.keys() >= set(service.subnets) else []
    out = _passing(rules, service.security_groups, of.security_groups, ranges, port, egress=True)
    into = _passing(rules, of.security_groups, service.security_groups, ranges, port, egress=False)
    dash, tip = ("-", ">") if view.glyphs.ascii else ("─", "▶")
    word, look = _verdict(out, into)
    if word == "FAIL" and service.part != PART:
        word, look = "NONE", "dim"  # nothing says that it has to reach the database
    app, db = _group(out, service.security_groups), _group(into, of.security_groups)
    return (
        Span(f" {view.mark(word)} ", look),
        Span(f"{service.part:<9}", "bold"),
        Span(f" {app} "),
        Span(f"{dash * 2} {_rule(out, 'egress')} {dash * 2}{tip} ", _look(out)),
        Span(f"{db} "),
        Span(f"{dash * 2} {_rule(into, 'ingress')} {dash * 2}{tip} ", _look(into)),
        Span(of.id, "dim"),
    )


def _group(found: Found, own: tuple[str, ...]) -> str:
    """The group that the rule belongs to; without one the first of those that could have had it."""
    return found.group if isinstance(found, SecurityRule) else own[0]


Found = SecurityRule | bool | None
"""The rule that lets it pass; False when none does, None when that cannot be told."""


def _passing(
    rules: tuple[SecurityRule, ...], own: Iterable[str], others: Iterable[str], ranges: Iterable[str], port: int, *, egress: bool
) -> Found:
    mine = [r for r in rules if r.group in tuple(own) and r.egress is egress and r.covers_port(port)]
    named = next((r for r in mine if r.other_group and r.other_group in tuple(others)), None)
    if named is not None:
        return named
    wide = next((r for r in mine if r.cidr == "0.0.0.0/0"), None)
    if wide is not None:
        return wide
    asked = tuple(ranges)
    covered = [(r, r.covers(asked)) for r in mine if r.cidr or r.prefix_list]
    within = next((r for r, covers in covered if covers), None)
    if within is not None:
        return within
    doubtful = any(covers is None for _, covers in covered) or (bool(covered) and (egress or not asked)) or not all(r.told for r in rules)
    return None if doubtful else False


def _verdict(out: Found, into: Found) -> tuple[str, Look]:
    if out is False or into is False:
        return "FAIL", "fail"
    if out is None or into is None:
        return "UNKNOWN", "unknown"
    return ("WARN", "warn") if isinstance(into, SecurityRule) and into.open_to_all else ("PASS", "ok")


def _rule(found: Found, way: str) -> str:
    if found is False:
        return f"NO {way} rule"
    if not isinstance(found, SecurityRule):
        return f"{way} ?"
    ports = (
        "all" if found.protocol == "-1" else f"tcp {found.from_port}" + ("" if found.from_port == found.to_port else f"-{found.to_port}")
    )
    other = "" if found.other_group else f" {found.cidr or found.prefix_list}"
    return f"{way} {ports}{other}{' TOO OPEN' if way == 'ingress' and found.open_to_all else ''}"


def _look(found: Found) -> Look:
    return "fail" if found is False else "plain" if isinstance(found, SecurityRule) else "unknown"
