"""ECR: whether the images that revisions name still exist."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from clickit_tui.aws.fetching import needed, outcomes
from clickit_tui.aws.gateway import Gateway
from clickit_tui.aws.members import Json, integer, records, text, when, words
from clickit_tui.world.revisions import definition_of, images_of, shortlisted
from clickit_tui.world.seen import Failed, Trouble
from clickit_tui.world.supply import Image, image_name
from clickit_tui.world.world import World

Key = tuple[str, str, str]
"""(registry, repository, tag or digest)."""
AGAIN_S = 120.0
"""An image that was looked up is not looked up again for this long."""
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
    """What to look up: the tag or digest that each of the newest revisions would pull."""
    found: dict[Key, None] = {}
    for revision in shortlisted(world):
        for each in images_of(revision, definition_of(world, revision.task_definition)):
            name = image_name(each.image)
            if name.registry:
                found[name.registry, name.repository, name.id] = None
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
            unread = [Image(registry=where[0], repository=where[1], id=one, exists=None, why=outcome.fault.sentence) for one in ids]
            self._known |= {(*where, each.id): (now, each) for each in unread if (*where, each.id) not in self._known}
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
            return [each for one in found if not isinstance(one, Failed) for each in one]
        return _matched(answer, registry, repository, ids)

    async def _ask(self, registry: str, repository: str, ids: list[str]) -> Json:
        asked = [{"imageDigest": one} if one.startswith("sha256:") else {"imageTag": one} for one in ids]
        return await self._gateway.read(
            "ecr", "DescribeImages", registryId=registry, repositoryName=repository, imageIds=asked, filter={"imageStatus": "ANY"}
        )


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
