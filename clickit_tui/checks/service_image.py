"""The images of each service: whether its tag and the digest its deployment pinned can still be pulled."""

from __future__ import annotations

from functools import partial

from clickit_tui.checks.reading import fresh, measured, none, service, unknown
from clickit_tui.checks.registry import Facts, Finding, Todo, Verdict, check
from clickit_tui.checks.service_breaker import CALL as DEPLOYMENTS_CALL
from clickit_tui.naming import SERVICES
from clickit_tui.world.ecs import RevisionImage
from clickit_tui.world.revisions import current_revision, pinned_images
from clickit_tui.world.supply import Image, ImageName, image_name
from clickit_tui.world.world import World

CALL = "ecr:DescribeImages"
REVISIONS_CALL = "ecs:DescribeServiceRevisions"
_Said = tuple[Verdict, str]


def judge(part: str, world: World, facts: Facts) -> Finding:
    """FAIL when what the next task has to pull is gone or archived; WARN when the tag names another image than the one that runs."""
    found = service(world, facts, part)
    asked = pinned_images(world, found)
    if not asked:
        return unknown("no data", f"the images of {found.name} are not known: its task definition was not read", part, CALL)
    images = fresh(world.images, facts.now, CALL, "images", part)
    fresh(world.revisions, facts.now, REVISIONS_CALL, f"the digests that {part} pinned", part)
    fresh(world.service_deployments, facts.now, DEPLOYMENTS_CALL, f"the digests that {part} pinned", part)
    arn = current_revision(world, found)
    if arn and not any(one.arn == arn for one in world.revisions.value or ()):
        said = f"the digests that {part} pinned are not known: {REVISIONS_CALL} told nothing of its present revision"
        return unknown("not seen", said, part, REVISIONS_CALL)
    judged = [one for each in asked for one in _judged(each, images)]
    if not judged:
        return none(f"no image of {found.name} is in ECR: not checkable", "not ECR", part)
    worst = max(judged, key=lambda one: (Verdict.PASS, Verdict.WARN, Verdict.UNKNOWN, Verdict.FAIL).index(one[0]))
    again = Todo(words=f"redeploy {part}: its tag resolves to an image that exists", action="redeploy", part=part)
    return Finding(
        verdict=worst[0],
        short={Verdict.FAIL: "image gone", Verdict.UNKNOWN: "not seen", Verdict.WARN: "tag moved"}.get(worst[0], "image ok"),
        sentence=worst[1],
        evidence=measured("; ".join(dict.fromkeys(said for _, said in judged)), world.images.seen_at, CALL),
        threshold="FAIL when the tag or the pinned digest is missing or archived (AWS: ECS pulls the pinned digest)",
        change="an image under this digest",
        part=part,
        todo=(again,) if worst[0] is Verdict.FAIL and "digest" in worst[1] else (),
    )


def _judged(each: RevisionImage, images: tuple[Image, ...]) -> list[_Said]:
    name = image_name(each.image)
    if not name.registry:
        return []
    words = f"image {name.repository}:{name.tag}" if name.tag else f"image {name.repository}@{name.digest[:19]}"
    said = [_exists(words, _known(images, name, name.id))]
    if each.digest and name.tag:
        said += _pinned(words, each.digest, name, images)
    return said


def _known(images: tuple[Image, ...], name: ImageName, asked: str) -> Image | None:
    return next((i for i in images if (i.registry, i.repository, i.id) == (name.registry, name.repository, asked)), None)


def _exists(words: str, seen: Image | None) -> _Said:
    if seen is None or seen.exists is None:
        return Verdict.UNKNOWN, f"{words} not seen: {seen.why if seen else 'not read yet'}"
    if not seen.exists:
        return Verdict.FAIL, f"{words} is not in ECR: a new task cannot start"
    if seen.status == "ARCHIVED":
        return Verdict.FAIL, f"{words} is archived: a new task cannot start"
    return Verdict.PASS, f"{words} is in ECR"


def _pinned(words: str, digest: str, name: ImageName, images: tuple[Image, ...]) -> list[_Said]:
    tagged, exact = _known(images, name, name.tag), _known(images, name, digest)
    if exact is not None and exact.exists is False:
        return [(Verdict.FAIL, f"the pinned digest {digest[:19]} of {words} is gone from ECR: a new task cannot start")]
    if exact is not None and exact.exists and exact.status == "ARCHIVED":
        return [(Verdict.FAIL, f"the pinned digest {digest[:19]} of {words} is archived: a new task cannot start")]
    same = tagged is not None and tagged.digest == digest
    if not same and (exact is None or exact.exists is None):
        why = exact.why if exact is not None and exact.why else "not read yet"
        return [(Verdict.UNKNOWN, f"whether the pinned digest {digest[:19]} of {words} still exists is not seen: {why}")]
    if tagged is not None and tagged.digest and not same:
        return [(Verdict.WARN, f"{words} names {tagged.digest[:19]} now, {digest[:19]} was deployed")]
    return []


for _part in SERVICES:
    check(f"{_part}.image", _part, "image", ("services", "definitions", "revisions", "service_deployments", "images"))(
        partial(judge, _part)
    )
