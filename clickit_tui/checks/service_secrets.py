"""The secrets of each service: whether they exist, are to be deleted, have a value, or changed after the tasks that use them started."""

from __future__ import annotations

from functools import partial

from clickit_tui.checks.reading import fresh, measured, none, service, unknown
from clickit_tui.checks.registry import Facts, Finding, Todo, Verdict, check
from clickit_tui.naming import SERVICES
from clickit_tui.world.drift import short
from clickit_tui.world.ecs import Service
from clickit_tui.world.revisions import definition_of, needs_secret, references
from clickit_tui.world.supply import Secret
from clickit_tui.world.words import brief, several
from clickit_tui.world.world import World

CALL = "secretsmanager:DescribeSecret"


def judge(part: str, world: World, facts: Facts) -> Finding:
    """FAIL when one is missing, to be deleted or without a value: the next task cannot start. WARN when tasks run with an older value."""
    found = service(world, facts, part)
    definition = definition_of(world, found.task_definition)
    if definition is None:
        return unknown("no data", f"the secrets of {found.name} are not known: its task definition was not read", part, CALL)
    asked = [each for each in references(definition) if needs_secret(each)]
    if not asked:
        return none(f"{found.name} names no secret", "no secrets", part)
    known = {one.reference: one for one in fresh(world.secrets, facts.now, CALL, "secrets", part)}
    verdict, short, said, todo = _judged(found, [(each, known.get(each)) for each in asked], world, facts)
    return Finding(
        verdict=verdict,
        short=short,
        sentence=said,
        evidence=measured(f"{len(asked)} asked: {said}", world.secrets.seen_at, CALL),
        threshold="FAIL when one is missing, to be deleted or has no value, WARN when it changed after a task started (AWS)",
        change="every secret there, and no task older than its change",
        part=part,
        todo=todo,
    )


_Judged = tuple[Verdict, str, str, tuple[Todo, ...]]


def _judged(found: Service, asked: list[tuple[str, Secret | None]], world: World, facts: Facts) -> _Judged:
    gone = [(reference, one) for reference, one in asked if one is not None and one.exists is False]
    deleted = [one for _, one in asked if one is not None and one.exists and one.deleted_at is not None]
    empty = [one for _, one in asked if one is not None and one.exists and one.has_value is False]
    unread = [one for _, one in asked if one is None or one.exists is None]
    if gone:
        return (
            Verdict.FAIL,
            "secret missing",
            f"secret {short_name(gone[0][0])} does not exist: a new task of {found.part} cannot start",
            (),
        )
    if deleted:
        name = short_name(deleted[0].name or deleted[0].reference)
        said = f"secret {name} is scheduled for deletion: a new task of {found.part} cannot start"
        return Verdict.FAIL, "secret deleted", said, (restore(deleted[0]),)
    if empty:
        return Verdict.FAIL, "no value", f"secret {short_name(empty[0].name or empty[0].reference)} has no current value", ()
    if unread:
        why = next((one.why for one in unread if one is not None and one.why), "not read yet")
        return Verdict.UNKNOWN, "not seen", f"{several(len(unread), 'secret')} of {found.part} not seen: {why}", ()
    if vague := [one for _, one in asked if one is not None and one.has_value is None]:
        name = short_name(vague[0].name or vague[0].reference)
        return Verdict.UNKNOWN, "not seen", f"whether secret {name} has a value is not seen: the answer names no versions", ()
    return _changed(found, [one for _, one in asked if one is not None], world, facts)


def _changed(found: Service, secrets: list[Secret], world: World, facts: Facts) -> _Judged:
    tasks = world.tasks.known(facts.now)
    if tasks is None or any(one.changed_at is None for one in secrets):
        what = "its tasks were not read" if tasks is None else "an answer names no time"
        there = f"{several(len(secrets), 'secret')} of {found.part} there"
        said = f"{there}; whether they changed after its tasks had started is not known: {what}"
        return Verdict.UNKNOWN, "age unknown", said, ()
    started = [t.started_at for t in tasks if t.part == found.part and not t.stopped and t.started_at]
    newest = max(secrets, key=lambda one: one.changed_at or 0.0)
    if started and newest.changed_at is not None and newest.changed_at > min(started):
        old = sum(at < newest.changed_at for at in started)
        name, ago = short_name(newest.name or newest.reference), brief(facts.now - newest.changed_at)
        said = f"secret {name} changed {ago} ago, after {several(old, 'task')} of {found.part} had started: they use the old value"
        return Verdict.WARN, "old secret", said, (Todo(words=f"redeploy {found.part}", action="redeploy", part=found.part),)
    return Verdict.PASS, f"{len(secrets)} secrets", f"{several(len(secrets), 'secret')} of {found.part} there, older than its tasks", ()


def short_name(reference: str) -> str:
    """`clickit/prod/jwt-secret-key` of an ARN or name; the six characters that AWS appends are kept apart where they can be told."""
    return reference.rsplit(":secret:", 1)[-1]


def restore(one: Secret) -> Todo:
    """The change that takes a deletion back."""
    return Todo(words=f"restore the secret {short_name(one.name or one.reference)}", action="restore_secret", part=short(one))


for _part in SERVICES:
    check(f"{_part}.secrets", _part, "secrets", ("services", "definitions", "secrets", "tasks"))(partial(judge, _part))
