"""Secrets: a new value and a redeploy of what uses it, back to the value before, restore one that is to be deleted. None reads a value."""

from __future__ import annotations

from clickit_tui.actions import redeploy, state
from clickit_tui.actions.registry import Target, action
from clickit_tui.checks.registry import Facts
from clickit_tui.plan import Basis, Call, Hidden, Line, Plan, Refused, Risk, Step
from clickit_tui.world.drift import json_key, names_secret, short, unread, users, uses
from clickit_tui.world.supply import Secret
from clickit_tui.world.words import brief, spell
from clickit_tui.world.world import World

SERVICE = "secretsmanager"
REFRESHES = (*state.REFRESHES, "service_deployments", "secrets", "secret_list")
OFTEN_S = 600.0
"""AWS advises against more than one new version in this time: a secret keeps 100 of them."""
MEANS = (
    (("database", "db-url"), "it changes only the stored string: the password in the database stays as it is, so change it there first"),
    (("redis", "cache"), "it changes only the stored string: the cache's own password stays as it is, so change it there first"),
    (("jwt", "signing"), "a signing key: every token signed with the old one is refused, all users have to log in again"),
    (("session", "cookie"), "it signs sessions: all sessions end, all users have to log in again"),
    (("password", "api-key", "token", "webhook"), "the other side must know the new value first; revoke the old one there afterwards"),
)
"""What a new value means, by what the secret's name holds."""


def secret_of(world: World, target: Target) -> Secret | Refused:
    """The secret of the selected row, as it was looked up itself where that was done."""
    known = (*(world.secrets.value or ()), *(world.secret_list.value or ()))
    found = next((s for s in known if target.id in (s.arn, s.reference)), None) if target.kind == "secret" else None
    return found if found is not None else Refused(f"secret {target.part} is not there any more")


def _usable(secret: Secret) -> str:
    """Why no value can be put; empty when one can."""
    if secret.exists is None:
        return f"whether {short(secret)} exists is not known: {secret.why or 'it was not read'}"
    if not secret.exists:
        return f"{short(secret)} does not exist: create it first (Terraform), with its value"
    return f"{short(secret)} is scheduled for deletion: restore it first" if secret.deleted_at is not None else ""


@action(
    id="rotate",
    key="",
    verb="rotate",
    title="Rotate a secret: new value, then redeploy what uses it",
    on=("secret",),
    operations=("secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage", "ecs:UpdateService"),
    secret=True,
)
def rotate(world: World, target: Target, given: dict[str, str], facts: Facts) -> Plan | Refused:
    """Two calls in one plan: the value, and a redeploy of each service that reads it when a task starts."""
    secret = secret_of(world, target)
    if isinstance(secret, Refused):
        return secret
    if why := _usable(secret):
        return Refused(why)
    if why := unread(world):
        return Refused(f"whether {short(secret)} is a JSON object, which a new value would overwrite, and what uses it is not known: {why}")
    if keys := sorted({key for _, _, key in uses(world, secret) if key}):
        return Refused(
            f"{short(secret)} is a JSON object (keys {', '.join(keys)}): one key cannot be changed without reading the others, "
            "and no value is ever read here; the details of its row show the command"
        )
    token, name = given.get("token", ""), _id(secret)
    put = Call(SERVICE, "PutSecretValue", {"SecretId": name, "SecretString": Hidden(""), "ClientRequestToken": token})
    redeploys, lines = redeployed(world, secret, facts)
    current = secret.version("AWSCURRENT")
    back = {"SecretId": name, "VersionStage": "AWSCURRENT", "MoveToVersionId": current, "RemoveFromVersionId": token}
    return Plan(
        action="rotate",
        title=f"ROTATE {secret.name or short(secret)}",
        env=world.env,
        target=short(secret),
        steps=(Step(call=put, name=f"put a new value of {short(secret)}"), *redeploys),
        effect=(Line(text=_head(secret, given, facts)), *_means(secret), *_keyed(world, secret), *_warnings(secret, facts), *lines),
        risk=Risk.SEVERE,
        undo=f"U: make version {current[:8]} current again, then redeploy" if current else "the version before is not known",
        inverse=Call(SERVICE, "UpdateSecretVersionStage", back) if current and token else None,
        refreshes=REFRESHES,
        basis=basis(world, secret),
    )


def _id(secret: Secret) -> str:
    return secret.arn or secret.reference


def _head(secret: Secret, given: dict[str, str], facts: Facts) -> str:
    age = "" if secret.changed_at is None else f" (changed {brief(facts.now - secret.changed_at)} ago)"
    return f"version {secret.version('AWSCURRENT')[:8] or '?'}{age} → a new one   value: {given.get('origin') or 'not given yet'}"


def _means(secret: Secret) -> tuple[Line, ...]:
    name = (secret.name or secret.reference).lower()
    told = next(
        (text for words, text in MEANS if any(word in name for word in words)), "what the new value means to others is not known here"
    )
    return (state.warn(told),)


def _keyed(world: World, secret: Secret) -> tuple[Line, ...]:
    """Definitions that are not deployed and take keys out of the secret: it may be a JSON object all the same."""
    found = sorted(
        (d.revision, d.short, key)
        for d in world.definitions.value or ()
        for container in d.containers
        for _, reference in container.secrets
        if (key := json_key(reference)) and names_secret(reference, secret)
    )
    return tuple(state.warn(f"{name} takes the key {key} out of it: a new value replaces the whole object") for _, name, key in found[-1:])


def _warnings(secret: Secret, facts: Facts) -> tuple[Line, ...]:
    lines = []
    if secret.rotation:
        lines.append(state.warn("Secrets Manager rotates it by itself: its next rotation replaces this value"))
    if secret.changed_at is not None and facts.now - secret.changed_at < OFTEN_S:
        ago = spell(facts.now - secret.changed_at)
        lines.append(state.warn(f"changed {ago} ago: AWS advises against more than one new version in 10 minutes"))
    return tuple(lines)


def redeployed(world: World, secret: Secret, facts: Facts) -> tuple[tuple[Step, ...], tuple[Line, ...]]:
    """(a redeploy of each running service that uses a secret, what is to be said of them)."""
    steps, lines = [], []
    for part in users(world, secret):
        service = next((s for s in world.services.value or () if s.part == part), None)
        if service is None:
            lines.append(Line(text=f"{part} reads it when its next task starts"))
            continue
        planned = redeploy.plan(world, Target(kind="service", part=part, id=service.arn or service.name), {}, facts)
        if isinstance(planned, Refused):
            lines.append(Line(text=f"{part} is not redeployed: {planned.reason}"))
            continue
        (step,) = planned.steps
        steps.append(Step(call=step.call, name=f"redeploy {part}", basis=planned.basis, then=planned.then))
        lines += [line for line in planned.effect if line.level == "warn" and line not in lines]
    if why := unread(world):
        lines.append(state.warn(f"who else uses it is not known, and is not redeployed: {why}"))
    if not steps and not lines:
        lines.append(state.warn("no deployed task definition names it: nothing is redeployed"))
    if steps:
        lines.insert(
            0, Line(text=f"then redeploys {', '.join(step.name.removeprefix('redeploy ') for step in steps)}: every task is replaced")
        )
    return tuple(steps), tuple(lines)


def basis(world: World, secret: Secret, *, deletion: bool = False) -> Basis:
    """What must still be so: who we are, the current version, and whether it is to be deleted."""
    identity = world.identity.value
    return Basis(
        account=identity.account if identity else "",
        identity=identity.arn if identity else "",
        part=short(secret),
        secret=_id(secret),
        version=secret.version("AWSCURRENT"),
        deletion=deletion,
    )


@action(
    id="restore_secret",
    key="",
    verb="restore secret",
    title="Restore a secret that is to be deleted, then redeploy what uses it",
    on=("secret",),
    operations=("secretsmanager:RestoreSecret", "ecs:UpdateService"),
)
def restore(world: World, target: Target, given: dict[str, str], facts: Facts) -> Plan | Refused:
    """Two calls in one plan: without the redeploy ECS tries again after up to 15 minutes only."""
    secret = secret_of(world, target)
    if isinstance(secret, Refused):
        return secret
    if secret.deleted_at is None:
        gone = secret.exists is False
        return Refused(
            f"{short(secret)} {'does not exist any more' if gone else 'is not scheduled for deletion'}: there is nothing to restore"
        )
    redeploys, lines = redeployed(world, secret, facts)
    call = Call(SERVICE, "RestoreSecret", {"SecretId": _id(secret)})
    left = secret.deleted_at - facts.now
    when = f"to be deleted in {spell(left)}" if left > 0 else f"scheduled for deletion, dated {spell(-left)} ago"
    head = f"{when} → kept, with the value it had"
    return Plan(
        action="restore_secret",
        title=f"RESTORE SECRET {secret.name or short(secret)}",
        env=world.env,
        target=short(secret),
        steps=(Step(call=call, name=f"restore {short(secret)}"), *redeploys),
        effect=(Line(text=head), Line(text="without a redeploy ECS tries again after up to 15 minutes only"), *lines),
        risk=Risk.SEVERE,
        undo="cannot be undone from here: this program deletes nothing",
        refreshes=REFRESHES,
        basis=basis(world, secret, deletion=True),
    )


@action(
    id="redeploy_users",
    key="",
    verb="redeploy its users",
    title="Redeploy the services that use a secret: new tasks read its present value",
    on=("secret",),
    operations=("ecs:UpdateService",),
)
def redeploy_users(world: World, target: Target, given: dict[str, str], facts: Facts) -> Plan | Refused:
    """For tasks that are older than the value."""
    secret = secret_of(world, target)
    if isinstance(secret, Refused):
        return secret
    if secret.deleted_at is not None:
        return Refused(f"{short(secret)} is scheduled for deletion: no new task could read it")
    redeploys, lines = redeployed(world, secret, facts)
    if not redeploys:
        return Refused(lines[0].text if lines else "no service uses it")
    first = redeploys[0]
    return Plan(
        action="redeploy_users",
        title=f"REDEPLOY what uses {short(secret)}",
        env=world.env,
        target=short(secret),
        steps=redeploys,
        effect=lines,
        risk=Risk.SEVERE,
        undo="cannot be undone: the tasks are replaced",
        refreshes=REFRESHES,
        basis=first.basis or Basis(),
    )


def back(inverse: Call, world: World, facts: Facts) -> Plan | Refused:
    """Go back to the value before a rotation: move AWSCURRENT to its version, then redeploy."""
    secret = secret_of(world, Target(kind="secret", part="", id=str(inverse.params.get("SecretId"))))
    if isinstance(secret, Refused):
        return secret
    if why := _usable(secret):
        return Refused(why)
    to, gone = str(inverse.params.get("MoveToVersionId")), str(inverse.params.get("RemoveFromVersionId"))
    current = secret.version("AWSCURRENT")
    if current == to:
        return Refused(f"version {to[:8]} of {short(secret)} is the current one already")
    if current and current != gone:
        return Refused(f"somebody has changed {short(secret)} since: version {current[:8]} is current now, not {gone[:8]}")
    redeploys, lines = redeployed(world, secret, facts)
    return Plan(
        action="rotate",
        title=f"UNDO: ROTATE {secret.name or short(secret)}",
        env=world.env,
        target=short(secret),
        steps=(Step(call=inverse, name=f"make version {to[:8]} current"), *redeploys),
        effect=(Line(text=f"version {gone[:8]} → {to[:8]}, the value before"), *_means(secret), *lines),
        risk=Risk.SEVERE,
        undo=f"U: make version {gone[:8]} current again",
        inverse=Call(SERVICE, "UpdateSecretVersionStage", {**inverse.params, "MoveToVersionId": gone, "RemoveFromVersionId": to}),
        refreshes=REFRESHES,
        basis=basis(world, secret),
    )
