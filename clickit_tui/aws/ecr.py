"""ECR: whether the images that revisions name still exist, what the repositories hold, and what scans found."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import msgspec

from clickit_tui.aws.fetching import garbled, listed, missing, needed, outcomes
from clickit_tui.aws.gateway import Gateway
from clickit_tui.aws.members import Json, integer, member, records, said, text, when, words
from clickit_tui.naming import Names
from clickit_tui.poll import Fetch
from clickit_tui.world.revisions import definition_of, images_of, shortlisted
from clickit_tui.world.seen import Failed, Trouble, clean
from clickit_tui.world.supply import KEPT, SEVERITIES, Finding, Image, Repository, Scan, image_name
from clickit_tui.world.world import World

Key = tuple[str, str, str]
"""(registry, repository, tag or digest)."""
AGAIN_S = 120.0
"""An image that was looked up is not looked up again for this long."""
AGAIN = float("-inf")
"""When an image was looked up that is to be looked up again each time."""
BATCH = 100
"""Most images of one DescribeImages call."""
GONE = ("ImageNotFoundException", "RepositoryNotFoundException")


def image(answer: Json, registry: str, repository: str, id: str) -> Image:
    """One entry of `imageDetails`, as the answer about one tag or digest."""
    return Image(
        registry=registry,
        repository=repository,
        id=id,
        exists=True,
        digest=text(answer, "imageDigest"),
        tags=words(answer, "imageTags"),
        pushed_at=when(answer, "imagePushedAt"),
        status=text(answer, "imageStatus"),
        size_bytes=integer(answer, "imageSizeInBytes"),
    )


def wanted_images(world: World) -> list[Key]:
    """What to look up: the tag or digest that each of the newest revisions would pull, and the digests that the present one ran."""
    found: dict[Key, None] = {}
    for revision in shortlisted(world):
        for each in images_of(revision, definition_of(world, revision.task_definition)):
            name = image_name(each.image)
            if name.registry:
                found[name.registry, name.repository, name.id] = None
    now = {s.task_definition for s in world.services.value or ()}
    for revision in world.revisions.value or ():
        for each in revision.images if revision.task_definition in now else ():
            name = image_name(each.image)
            if name.registry and each.digest:
                found[name.registry, name.repository, each.digest] = None
    return list(found)


class Images:
    """Looks images up, all of a repository together; one by one when one of them does not exist."""

    def __init__(self, gateway: Gateway, clock: Callable[[], float] = time.time) -> None:
        self._gateway, self._clock = gateway, clock
        self._known: dict[Key, tuple[float, Image]] = {}

    async def fetch(self, world: World) -> Mapping[str, object]:
        """Feeds `images`; raises when not one of the asked repositories could be read."""
        needed(world.revisions, "revisions")
        keys, now = wanted_images(world), self._clock()
        due: dict[tuple[str, str], list[str]] = {}
        for key in keys:
            if now - self._known.get(key, (float("-inf"),))[0] >= AGAIN_S:
                due.setdefault(key[:2], []).append(key[2])
        found = await outcomes(self._repository(*where, ids[:BATCH]) for where, ids in due.items())
        for where, ids, outcome in zip(due, due.values(), found, strict=True):
            if not isinstance(outcome, Failed):
                self._known |= {(*where, each.id): (now, each) for each in outcome}
                continue
            if len(due) == 1 and not any(key in self._known for key in keys):
                raise outcome
            for one in ids:
                last = self._known.get((*where, one), (AGAIN, _unread(*where, one, outcome)))[1]
                self._known[*where, one] = AGAIN, msgspec.structs.replace(last, exists=None, why=outcome.fault.sentence)
        self._known = {key: self._known[key] for key in keys if key in self._known}
        return {"images": tuple(each for _, each in self._known.values())}

    async def _repository(self, registry: str, repository: str, ids: list[str]) -> list[Image]:
        try:
            answer = await self._ask(registry, repository, ids)
        except Failed as failed:
            if failed.fault.code not in GONE and failed.fault.kind is not Trouble.MISSING:
                raise
            if len(ids) == 1:
                return [Image(registry=registry, repository=repository, id=ids[0], exists=False)]
            found = await outcomes(self._repository(registry, repository, [one]) for one in ids)
            return [
                each
                for wanted, one in zip(ids, found, strict=True)
                for each in ([_unread(registry, repository, wanted, one)] if isinstance(one, Failed) else one)
            ]
        return _matched(answer, registry, repository, ids)

    async def _ask(self, registry: str, repository: str, ids: list[str]) -> Json:
        asked = [{"imageDigest": one} if one.startswith("sha256:") else {"imageTag": one} for one in ids]
        return await self._gateway.read(
            "ecr", "DescribeImages", registryId=registry, repositoryName=repository, imageIds=asked, filter={"imageStatus": "ANY"}
        )


def _unread(registry: str, repository: str, id: str, failed: Failed) -> Image:
    return Image(registry=registry, repository=repository, id=id, exists=None, why=failed.fault.sentence)


def _matched(answer: Json, registry: str, repository: str, ids: list[str]) -> list[Image]:
    """The answer's images by what was asked for; what the answer passes over in silence stays unknown."""
    details = records(answer, "imageDetails")
    found = []
    for wanted in ids:
        mine = next((d for d in details if wanted == text(d, "imageDigest") or wanted in words(d, "imageTags")), None)
        if mine is not None:
            found.append(image(mine, registry, repository, wanted))
        else:
            found.append(Image(registry=registry, repository=repository, id=wanted, exists=None, why="the answer does not mention it"))
    return found


# --- what the repositories hold -----------------------------------------------------------------------------------------------


def repositories_fetch(gateway: Gateway, names: Names) -> Fetch:
    """Feeds `repositories`: the newest images of each of ClickIt's; raises when not one of them could be read."""
    parts: dict[str, list[str]] = {}
    for part, repository in names.repositories.items():
        parts.setdefault(repository, []).append(part)

    async def fetch(world: World) -> Mapping[str, object]:
        found = await outcomes(_repository(gateway, name, tuple(of)) for name, of in parts.items())
        failures = [each for each in found if isinstance(each, Failed)]
        if failures and len(failures) == len(found):
            raise failures[0]
        return {"repositories": tuple(_or_why(each, name, tuple(of)) for each, (name, of) in zip(found, parts.items(), strict=True))}

    return fetch


def _or_why(found: Repository | Failed, name: str, parts: tuple[str, ...]) -> Repository:
    return Repository(name=name, parts=parts, why=found.fault.sentence) if isinstance(found, Failed) else found


async def _repository(gateway: Gateway, name: str, parts: tuple[str, ...]) -> Repository:
    try:
        told = await listed(gateway, "ecr", "DescribeImages", "imageDetails", repositoryName=name, filter={"imageStatus": "ANY"})
    except Failed as failed:
        if missing(failed, "RepositoryNotFoundException"):
            return Repository(name=name, parts=parts, exists=False)
        raise
    if told and not any(text(each, "imageDigest") for each in told):
        raise garbled("ecr:DescribeImages", "imageDigest")
    images = [image(each, text(each, "registryId"), name, text(each, "imageDigest")) for each in told if text(each, "imageDigest")]
    newest = sorted(images, key=lambda each: -(each.pushed_at or 0.0))
    return Repository(name=name, parts=parts, exists=True, images=tuple(newest[:KEPT]), total=len(told))


# --- what scans found ---------------------------------------------------------------------------------------------------------

NEWEST = 3
"""Newest images of a repository whose scans are read, besides those that run."""
WORST = 40
"""Most findings of a scan that are kept."""


def wanted_scans(world: World) -> list[tuple[str, str]]:
    """(repository, digest) of the images that run and of the newest ones."""
    ours = {repository.name for repository in world.repositories.value or ()}
    containers = [c for task in world.tasks.value or () if not task.stopped for c in task.containers if c.digest]
    running = [(image_name(c.image).repository, c.digest) for c in containers]
    newest = [(repository.name, each.digest) for repository in world.repositories.value or () for each in repository.images[:NEWEST]]
    return [key for key in dict.fromkeys((*running, *newest)) if key[0] in ours]


class Scans:
    """Reads the scans one digest at a time; a finished one is read again after `RESCAN_S`."""

    RESCAN_S = 600.0

    def __init__(self, gateway: Gateway, clock: Callable[[], float] = time.time) -> None:
        self._gateway, self._clock = gateway, clock
        self._known: dict[tuple[str, str], tuple[float, Scan]] = {}

    async def fetch(self, world: World) -> Mapping[str, object]:
        """Feeds `scans`; raises when not one of them could be read."""
        needed(world.repositories, "repositories")
        wanted, now = wanted_scans(world), self._clock()
        due = [key for key in wanted if now - self._known.get(key, (float("-inf"),))[0] >= self.RESCAN_S]
        found = await outcomes(self._one(*key) for key in due)
        failures = [each for each in found if isinstance(each, Failed)]
        if failures and len(failures) == len(wanted):
            raise failures[0]
        for key, outcome in zip(due, found, strict=True):
            if isinstance(outcome, Failed):
                if self._known.get(key, (0.0, None))[1] is not None:
                    continue
                outcome = Scan(repository=key[0], digest=key[1], why=outcome.fault.sentence)
            self._known[key] = (now if outcome.judged else float("-inf"), outcome)
        self._known = {key: self._known[key] for key in wanted if key in self._known}
        return {"scans": tuple(each for _, each in self._known.values())}

    async def _one(self, repository: str, digest: str) -> Scan:
        try:
            answer = await self._gateway.read(
                "ecr", "DescribeImageScanFindings", repositoryName=repository, imageId={"imageDigest": digest}, maxResults=100
            )
        except Failed as failed:
            if failed.fault.code == "ScanNotFoundException":
                return Scan(repository=repository, digest=digest, status="NONE", why="ECR knows of no scan of it")
            raise
        return scan(answer, repository, digest)


def scan(answer: Json, repository: str, digest: str) -> Scan:
    """A DescribeImageScanFindings answer, of basic or of enhanced scanning."""
    counts = member(answer, "imageScanFindings", "findingSeverityCounts")
    basic = [_basic(each) for each in records(answer, "imageScanFindings", "findings")]
    enhanced = [_enhanced(each) for each in records(answer, "imageScanFindings", "enhancedFindings")]
    known = counts if isinstance(counts, Mapping) else {}
    severities = (*SEVERITIES, *sorted({clean(str(name), 20) for name in known} - set(SEVERITIES)))
    return Scan(
        repository=repository,
        digest=digest,
        status=text(answer, "imageScanStatus", "status"),
        why=said(answer, "imageScanStatus", "description"),
        at=when(answer, "imageScanFindings", "imageScanCompletedAt"),
        counts=tuple((severity, count) for severity in severities if (count := integer(known, severity))),
        findings=tuple(sorted((*basic, *enhanced), key=_severity)[:WORST]),
        told=isinstance(counts, Mapping),
    )


def _severity(of: Finding) -> int:
    return SEVERITIES.index(of.severity) if of.severity in SEVERITIES else len(SEVERITIES)


def _basic(answer: Json) -> Finding:
    given = {text(each, "key"): text(each, "value") for each in records(answer, "attributes")}
    return Finding(
        name=text(answer, "name"),
        severity=text(answer, "severity"),
        package=given.get("package_name", ""),
        version=given.get("package_version", ""),
        fix=given.get("patched_version", ""),
    )


def _enhanced(answer: Json) -> Finding:
    package = next(iter(records(answer, "packageVulnerabilityDetails", "vulnerablePackages")), {})
    return Finding(
        name=text(answer, "packageVulnerabilityDetails", "vulnerabilityId") or text(answer, "title"),
        severity=text(answer, "severity"),
        package=text(package, "name"),
        version=text(package, "version"),
        fix=text(package, "fixedInVersion"),
    )
