"""The page for a rebuild of the whole environment: what to check before, and the runbook's steps to copy one at a time. It runs nothing."""

from __future__ import annotations

from typing import NamedTuple

from clickit_tui.panes.figures import since_minutes
from clickit_tui.panes.pages import title
from clickit_tui.panes.supply import secrets
from clickit_tui.panes.view import View, reason, verdict_look
from clickit_tui.plan import Call, aimed, as_cli
from clickit_tui.ui.cells import Span, Spans
from clickit_tui.world.drift import definitions_in_use
from clickit_tui.world.parts import Database
from clickit_tui.world.seen import Absent
from clickit_tui.world.world import World


class Step(NamedTuple):
    """One line of the page, and the command that copying it gives; empty where nothing is copied."""

    line: Spans
    command: str = ""


def rebuild_steps(world: World, view: View) -> list[Step]:
    """Checks first, then the steps in order."""
    env = view.facts.names.env
    return [
        Step((Span(" a page to read: nothing here is ever run from this program", "bold"),)),
        Step(()),
        Step(title("look before")),
        *(Step(line) for line in _before(world, view)),
        Step(()),
        Step(title(f"then, by hand (tab, arrows, c copies one line): {env}")),
        _command(f"cd infra/terraform/environments/{env}", ""),
        Step((Span("   terraform destroy", "fail"), Span("   careful: type it yourself, it is copied by no key", "dim"))),
        _command("terraform apply", "from scratch"),
        *_push(world, view),
        *_migrate(world, view),
        *_deploy(world, view),
    ]


def _command(text: str, why: str) -> Step:
    return Step((Span(f"   {text}"), *((Span(f"   # {why}", "dim"),) if why else ())), text)


# --- what to look at before ---------------------------------------------------------------------------------------------------


def _before(world: World, view: View) -> list[Spans]:
    return [_snapshots(world, view), *_database(world, view), _images(world, view), _secrets(world, view), _lost(world, view)]


def _said(view: View, verdict: str, text: str) -> Spans:
    return (Span(f" {view.mark(verdict)} ", verdict_look(verdict)), Span(text))


def _snapshots(world: World, view: View) -> Spans:
    found = world.snapshots.value
    if found is None:
        return _said(view, "UNKNOWN", f"snapshots: {reason(world.snapshots.fault) if world.snapshots.fault else 'not read yet'}")
    kept = [s for s in found if s.kind == "manual" and s.whole]
    if not kept and (silent := sum(not (s.kind and s.status) for s in found)):
        return _said(view, "UNKNOWN", f"snapshots: type or status of {silent} of {len(found)} is not told")
    if not kept:
        return _said(view, "FAIL", "no manual snapshot: automated ones go with the instance. Make one first (a on the database row)")
    return _said(
        view,
        "PASS",
        f"newest manual snapshot {kept[0].id}, {since_minutes(kept[0].created_at, view.now)} old; automated ones go with the instance",
    )


def _database(world: World, view: View) -> list[Spans]:
    found = world.database.value
    if found is None:
        why = reason(world.database.fault) if world.database.fault else "not read yet"
        return [_said(view, "UNKNOWN", f"database, and whether it has deletion protection: {why}")]
    if isinstance(found, Absent):
        return []
    if found.deletion_protection:
        return [_said(view, "WARN", f"{found.id} has deletion protection: terraform destroy stops there, half way")]
    word = "PASS" if found.deletion_protection is False else "UNKNOWN"
    return [_said(view, word, f"{found.id} has {'no' if word == 'PASS' else 'unknown'} deletion protection: destroy deletes it")]


def _images(world: World, view: View) -> Spans:
    found = world.repositories.value
    if found is None:
        return _said(view, "UNKNOWN", f"images: {reason(world.repositories.fault) if world.repositories.fault else 'not read yet'}")
    told = [f"{r.name} {r.total if r.exists else 'missing' if r.exists is False else '?'}" for r in found]
    bad = any(r.exists is False or (r.exists and not r.total) for r in found)
    word = "FAIL" if bad else "UNKNOWN" if any(r.exists is None for r in found) else "PASS"
    return _said(view, word, f"images: {', '.join(told)}; lost too if Terraform owns the repositories")


def _secrets(world: World, view: View) -> Spans:
    found = secrets(world)
    if world.secrets.value is None:
        return _said(view, "UNKNOWN", f"secrets: {reason(world.secrets.fault) if world.secrets.fault else 'not read yet'}")
    bad = [s for s in found if s.exists is False or s.deleted_at is not None]
    unread = sum(s.exists is None for s in found)
    not_read = f", {unread} could not be read" if unread else "" if found else ": no deployed task definition names one"
    text = f"{len(found)} secrets, {len(bad)} missing or to be deleted{not_read}; destroyed ones keep their names for 7 to 30 days"
    return _said(view, "FAIL" if bad else "UNKNOWN" if unread else "PASS" if found else "WARN", text)


def _lost(world: World, view: View) -> Spans:
    found = world.database.value
    size = f"the database ({found.storage_gib or '?'} GiB)" if isinstance(found, Database) else "the database"
    return _said(view, "WARN", f"lost for good: {size} but its manual snapshots, the cache, log groups, the load balancer's name")


# --- the steps ----------------------------------------------------------------------------------------------------------------


def _push(world: World, view: View) -> list[Step]:
    identity = world.identity.value
    if identity is None or not identity.account:
        return [Step((Span("   push the images: the account is not known, so no command is shown", "unknown"),))]
    registry = f"{identity.account}.dkr.ecr.{identity.region}.amazonaws.com"
    login = f"{aimed('aws ecr get-login-password', identity)} | docker login --username AWS --password-stdin {registry}"
    names = dict.fromkeys(view.facts.names.repositories.values())
    return [_command(login, "then push"), *(_command(f"docker push {registry}/{name}:TAG", "with its real tag") for name in names)]


def _migrate(world: World, view: View) -> list[Step]:
    api = next((s for s in world.services.value or () if s.part == "api"), None)
    if api is None or not api.subnets:
        return [Step((Span("   run the migration: the api's network was not read, so no command is shown", "unknown"),))]
    names = view.facts.names
    public = "ENABLED" if api.public_addresses else "DISABLED"
    network = {"awsvpcConfiguration": {"subnets": list(api.subnets), "securityGroups": list(api.security_groups), "assignPublicIp": public}}
    call = Call(
        "ecs",
        "RunTask",
        {"cluster": names.cluster, "taskDefinition": names.migration, "launchType": "FARGATE", "networkConfiguration": network},
    )
    known = "migration" in definitions_in_use(world)
    why = "migrate; subnets and groups are new after a rebuild: look them up again" + ("" if known else "; no run of it was seen")
    return [_command(aimed(as_cli(call), world.identity.value), why)]


def _deploy(world: World, view: View) -> list[Step]:
    names = view.facts.names
    calls = (
        Call("ecs", "UpdateService", {"cluster": names.cluster, "service": name, "forceNewDeployment": True})
        for name in (names.api, names.frontend)
    )
    return [_command(aimed(as_cli(call), world.identity.value), "deploy") for call in calls]
