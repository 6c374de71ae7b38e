"""Secrets Manager: whether the secrets that task definitions name exist. Never a value."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import msgspec

from clickit_tui.aws.fetching import listed, needed, outcomes
from clickit_tui.aws.gateway import Gateway
from clickit_tui.aws.members import Json, flag, member, said, text, when, words
from clickit_tui.naming import Names
from clickit_tui.poll import Fetch
from clickit_tui.world.revisions import definition_of, needs_secret, references, shortlisted
from clickit_tui.world.seen import Failed, Trouble, clean
from clickit_tui.world.supply import Secret
from clickit_tui.world.world import World

AGAIN_S = 120.0
"""A secret that was looked up is not looked up again for this long."""
AGAIN = float("-inf")
"""When a secret was looked up that is to be looked up again each time."""


def secret(answer: Json, reference: str) -> Secret:
    """A DescribeSecret answer, or an entry of ListSecrets, which calls the versions by another name."""
    staged = member(answer, "VersionIdsToStages") or member(answer, "SecretVersionsToStages")
    versions = tuple((clean(key, 80), words(staged, key)) for key in staged) if isinstance(staged, Mapping) else ()
    return Secret(
        reference=reference,
        exists=True,
        name=text(answer, "Name"),
        deleted_at=when(answer, "DeletedDate"),
        changed_at=when(answer, "LastChangedDate"),
        has_value=any("AWSCURRENT" in stages for _, stages in versions) if isinstance(staged, Mapping) else None,
        arn=text(answer, "ARN"),
        description=said(answer, "Description"),
        created_at=when(answer, "CreatedDate"),
        accessed_at=when(answer, "LastAccessedDate"),
        rotation=flag(answer, "RotationEnabled"),
        rotated_at=when(answer, "LastRotatedDate"),
        versions=versions,
    )


def secret_list_fetch(gateway: Gateway, names: Names) -> Fetch:
    """Feeds `secret_list`: what stands under ClickIt's prefix, those that are to be deleted included."""

    async def fetch(world: World) -> Mapping[str, object]:
        only = [{"Key": "name", "Values": [names.secrets]}]
        told = await listed(gateway, "secretsmanager", "ListSecrets", "SecretList", Filters=only, IncludePlannedDeletion=True)
        found = [secret(each, text(each, "ARN")) for each in told]
        return {"secret_list": tuple(sorted((each for each in found if each.name.startswith(names.secrets)), key=lambda each: each.name))}

    return fetch


def wanted_secrets(world: World) -> list[str]:
    """The references of the definitions that run or that services could go back to, each once."""
    running = [s.task_definition for s in world.services.value or ()] + [t.task_definition for t in world.tasks.value or ()]
    arns = dict.fromkeys((*running, *(r.task_definition for r in shortlisted(world))))
    found = [reference for arn in arns for reference in references(definition_of(world, arn))]
    return [reference for reference in dict.fromkeys(found) if reference and needs_secret(reference)]


class Secrets:
    """Looks secrets up one by one: DescribeSecret is the only way that tells a missing one from one that is to be deleted."""

    def __init__(self, gateway: Gateway, clock: Callable[[], float] = time.time) -> None:
        self._gateway, self._clock = gateway, clock
        self._known: dict[str, tuple[float, Secret]] = {}

    def insist(self) -> None:
        """Look all of them up again with the next read."""
        self._known = {reference: (float("-inf"), known) for reference, (_, known) in self._known.items()}

    async def fetch(self, world: World) -> Mapping[str, object]:
        """Feeds `secrets`; raises when not one of them could be read."""
        needed(world.definitions, "definitions")
        wanted, now = wanted_secrets(world), self._clock()
        due = [each for each in wanted if now - self._known.get(each, (float("-inf"),))[0] >= AGAIN_S]
        found = await outcomes(self._one(reference) for reference in due)
        failures = [each for each in found if isinstance(each, Failed)]
        if failures and len(failures) == len(wanted) and not any(each in self._known for each in wanted):
            raise failures[0]
        for reference, outcome in zip(due, found, strict=True):
            if not isinstance(outcome, Failed):
                self._known[reference] = (now, outcome)
            else:
                last = self._known.get(reference, (AGAIN, Secret(reference=reference, exists=None)))[1]
                self._known[reference] = AGAIN, msgspec.structs.replace(last, exists=None, why=outcome.fault.sentence)
        self._known = {each: self._known[each] for each in wanted if each in self._known}
        return {"secrets": tuple(each for _, each in self._known.values())}

    async def _one(self, reference: str) -> Secret:
        try:
            return secret(await self._gateway.read("secretsmanager", "DescribeSecret", SecretId=reference), reference)
        except Failed as failed:
            if failed.fault.code == "ResourceNotFoundException" or failed.fault.kind is Trouble.MISSING:
                return Secret(reference=reference, exists=False)
            raise
