"""Revisions, images and secrets: which calls are made for them, and what follows from denied and missing ones."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from clickit_tui.aws import ecs
from clickit_tui.aws.ecr import Images, image, scan
from clickit_tui.aws.ecs_sources import Revisions, ServiceDeployments
from clickit_tui.aws.secretsmanager import Secrets, secret
from clickit_tui.naming import names
from clickit_tui.world.ecs import RevisionImage, ServiceRevision, TaskDefinition
from clickit_tui.world.seen import Failed, Seen, Trouble
from clickit_tui.world.supply import git_sha, image_name, secret_reference
from clickit_tui.world.world import World
from tests.aws import recorded
from tests.aws.damage import hollow
from tests.aws.scripted import Scripted, failed

NAMES = names("dev")
REPOSITORY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/clickit/api"


def revision(tag: str, definition: str = recorded.API_42, digest: str = "") -> ServiceRevision:
    pinned = (RevisionImage(container="api", image=f"{REPOSITORY}:{tag}", digest=digest or f"sha256:{tag}"),)
    return ServiceRevision(arn=f"r-{tag}", service="clickit-dev-api", task_definition=definition, images=pinned)


def world(*revisions: ServiceRevision, **fields: Any) -> World:
    api = ecs.service(recorded.API, NAMES)
    deployment = ecs.service_deployment(recorded.SERVICE_DEPLOYMENTS["serviceDeployments"][0])
    definition = ecs.task_definition(recorded.DEFINITION["taskDefinition"])
    plain: dict[str, Any] = {
        "services": (api,),
        "service_deployments": (deployment,),
        "definitions": (definition,),
        "revisions": revisions,
    }
    return World(env="dev", **{name: Seen(value=value, seen_at=1.0) for name, value in {**plain, **fields}.items()})


def test_a_revision_image_and_secret_are_read_wholly() -> None:
    found = ecs.service_revision(recorded.REVISIONS["serviceRevisions"][0])
    assert found is not None
    assert set(hollow(found)) == {".active"}
    assert found.service == "clickit-dev-api"
    assert set(hollow(image(recorded.IMAGES["imageDetails"][0], "1", "clickit/api", "v2"))) == {".why"}
    assert set(hollow(secret(recorded.SECRET, "x"))) == {".why"}
    assert ecs.service_revision({"serviceRevisionArn": "x"}) is None


async def test_a_revision_is_described_once_and_says_whether_it_can_still_be_deployed() -> None:
    gateway = Scripted(DescribeServiceRevisions=recorded.REVISIONS, ListTaskDefinitions=recorded.DEFINITIONS)
    revisions = Revisions(gateway, NAMES)  # type: ignore[arg-type]
    for _ in range(2):
        found = (await revisions.fetch(world()))["revisions"]
    assert [(r.task_definition, r.active) for r in found if r.arn] == [(recorded.API_42, True)]  # type: ignore[attr-defined]
    assert gateway.count("DescribeServiceRevisions") == 2, "the source revision is not in the answer, so it is asked for again"
    gone = Scripted(DescribeServiceRevisions=recorded.REVISIONS, ListTaskDefinitions={"taskDefinitionArns": [recorded.API_42[:-1] + "9"]})
    found = (await Revisions(gone, NAMES).fetch(world()))["revisions"]  # type: ignore[arg-type]
    assert [r.active for r in found if r.arn] == [False]  # type: ignore[attr-defined]


@pytest.mark.parametrize("answer", [failed(Trouble.DENIED), {}, {"taskDefinitionArns": []}])
async def test_an_unreadable_or_empty_list_of_definitions_proves_nothing(answer: Any) -> None:
    gateway = Scripted(DescribeServiceRevisions=recorded.REVISIONS, ListTaskDefinitions=answer)
    found = (await Revisions(gateway, NAMES).fetch(world()))["revisions"]  # type: ignore[arg-type]
    assert [r.active for r in found] == [None]  # type: ignore[attr-defined]


async def test_without_a_record_of_deployments_the_definitions_stand_in() -> None:
    gateway = Scripted(
        ListTaskDefinitions=lambda p: {"taskDefinitionArns": [f"arn:x:task-definition/{p['familyPrefix']}:{n}" for n in (3, 2)]}
    )
    bare = msgspec.structs.replace(world(), service_deployments=Seen(fault=failed(Trouble.UNSERVED).fault))
    found = (await Revisions(gateway, NAMES).fetch(bare))["revisions"]  # type: ignore[arg-type]
    assert [(r.arn, r.service, r.task_definition[-1], r.active) for r in found][:2] == [  # type: ignore[attr-defined]
        ("", "clickit-dev-api", "3", True),
        ("", "clickit-dev-api", "2", True),
    ]
    with pytest.raises(Failed):
        await Revisions(Scripted(), NAMES).fetch(bare)  # type: ignore[arg-type]


async def test_older_pages_of_service_deployments_are_listed_once() -> None:
    most: list[int] = []

    class Paged(Scripted):
        async def answers(self, service: str, operation: str, /, *, most: int = 100, **params: Any) -> list[dict[str, Any]]:
            asked.append(most)
            return await super().answers(service, operation, most=most, **params)

    asked = most
    gateway = Paged(ListServiceDeployments=recorded.LISTED_DEPLOYMENTS, DescribeServiceDeployments=recorded.SERVICE_DEPLOYMENTS)
    deployments = ServiceDeployments(gateway, NAMES)  # type: ignore[arg-type]
    for _ in range(2):
        await deployments.fetch(World(env="dev"))
    assert asked == [5, 5, 1, 1]


def details(*tags: str) -> dict[str, Any]:
    return {"imageDetails": [{"imageDigest": f"sha256:{tag}", "imageTags": [tag], "imageStatus": "ACTIVE"} for tag in tags]}


async def test_images_of_a_repository_are_looked_up_together_and_not_again_for_two_minutes() -> None:
    gateway, now = Scripted(DescribeImages=details("v1", "v2")), [0.0]
    images = Images(gateway, lambda: now[0])  # type: ignore[arg-type]
    seen = world(revision("v1"), revision("v2", recorded.API_42[:-2] + "41"))
    for second in (0.0, 60.0, 121.0):
        now[0] = second
        found = (await images.fetch(seen))["images"]
        assert [(i.id, i.exists, i.digest) for i in found] == [  # type: ignore[attr-defined]
            ("v1", True, "sha256:v1"),
            ("v2", True, "sha256:v2"),
            ("sha256:v1", True, "sha256:v1"),
        ]
    assert gateway.count("DescribeImages") == 2
    assert gateway.calls[0][1]["imageIds"] == [{"imageTag": "v1"}, {"imageTag": "v2"}, {"imageDigest": "sha256:v1"}]


async def test_one_missing_image_hides_no_other() -> None:
    def answer(params: dict[str, Any]) -> Any:
        tags = [each.get("imageTag") or each["imageDigest"].removeprefix("sha256:") for each in params["imageIds"]]
        return failed(Trouble.MISSING, "ImageNotFoundException") if "v2" in tags else details(*tags)

    seen = world(revision("v1"), revision("v2", recorded.API_42[:-2] + "41"))
    found = (await Images(Scripted(DescribeImages=answer), lambda: 0.0).fetch(seen))["images"]  # type: ignore[arg-type]
    assert [(i.id, i.exists) for i in found] == [("v1", True), ("v2", False), ("sha256:v1", True)]  # type: ignore[attr-defined]


async def test_an_image_that_could_not_be_read_is_not_missing() -> None:
    with pytest.raises(Failed) as raised:
        await Images(Scripted(), lambda: 0.0).fetch(world(revision("v1")))  # type: ignore[arg-type]
    assert raised.value.fault.kind is Trouble.DENIED
    silent = Images(Scripted(DescribeImages={"imageDetails": []}), lambda: 0.0)  # type: ignore[arg-type]
    found = (await silent.fetch(world(revision("v1"))))["images"]
    assert {(i.exists, bool(i.why)) for i in found} == {(None, True)}  # type: ignore[attr-defined]


async def test_an_image_that_cannot_be_looked_up_any_more_is_not_shown_as_it_was() -> None:
    answers: list[Any] = [details("v1")]
    now = [0.0]
    images = Images(Scripted(DescribeImages=lambda params: answers[0]), lambda: now[0])  # type: ignore[arg-type]
    seen = world(revision("v1"))
    await images.fetch(seen)
    answers[0], now[0] = failed(Trouble.DENIED), 130.0
    found = (await images.fetch(seen))["images"]
    assert [(i.exists, i.digest, bool(i.why)) for i in found][:1] == [(None, "sha256:v1", True)]  # type: ignore[attr-defined]
    answers[0], now[0] = details("v1"), 131.0
    assert [i.exists for i in (await images.fetch(seen))["images"]][:1] == [True]  # type: ignore[attr-defined]


async def test_a_secret_is_missing_only_when_secrets_manager_says_so() -> None:
    for answer, exists in (
        (recorded.SECRET, True),
        (failed(Trouble.MISSING, "ResourceNotFoundException"), False),
    ):
        found = (await Secrets(Scripted(DescribeSecret=answer), lambda: 0.0).fetch(world()))["secrets"]  # type: ignore[arg-type]
        assert [each.exists for each in found] == [exists]  # type: ignore[attr-defined]
    with pytest.raises(Failed):
        await Secrets(Scripted(), lambda: 0.0).fetch(world())  # type: ignore[arg-type]


async def test_a_denied_secret_among_others_is_unknown() -> None:
    definition = ecs.task_definition(recorded.DEFINITION["taskDefinition"])
    assert isinstance(definition, TaskDefinition)
    two = msgspec.structs.replace(
        definition.containers[0], secrets=(("A", "a"), ("B", "arn:x:secretsmanager:r:1:secret:b:key::"), ("C", "arn:x:ssm:r"))
    )
    answer = {"a": recorded.SECRET}
    gateway = Scripted(DescribeSecret=lambda params: answer.get(params["SecretId"], failed(Trouble.DENIED, sentence="no permission")))
    seen = world(definitions=(msgspec.structs.replace(definition, containers=(two,)),))
    found = (await Secrets(gateway, lambda: 0.0).fetch(seen))["secrets"]  # type: ignore[arg-type]
    assert [(s.reference, s.exists, s.why) for s in found] == [  # type: ignore[attr-defined]
        ("a", True, ""),
        ("arn:x:secretsmanager:r:1:secret:b", None, "no permission"),
    ]


@pytest.mark.parametrize(
    ("reference", "registry", "repository", "tag", "digest"),
    [
        (f"{REPOSITORY}:v2.3.1", "123456789012", "clickit/api", "v2.3.1", ""),
        (REPOSITORY, "123456789012", "clickit/api", "latest", ""),
        (f"{REPOSITORY}@sha256:ab", "123456789012", "clickit/api", "", "sha256:ab"),
        (f"{REPOSITORY}:v2@sha256:ab", "123456789012", "clickit/api", "", "sha256:ab"),
        ("docker.io/library/nginx:1.25", "", "docker.io/library/nginx", "1.25", ""),
        ("localhost:5000/api", "", "localhost:5000/api", "latest", ""),
        ("", "", "", "latest", ""),
    ],
)
def test_an_image_reference_taken_apart(reference: str, registry: str, repository: str, tag: str, digest: str) -> None:
    name = image_name(reference)
    assert (name.registry, name.repository, name.tag, name.digest) == (registry, repository, tag, digest)


@pytest.mark.parametrize(
    ("tag", "labels", "sha"),
    [
        ("v2.3.1-4f2c9e1", (), "4f2c9e1"),
        ("4f2c9e1aab00112233445566778899aabbccddee", (), "4f2c9e1a"),
        ("v2", (("org.opencontainers.image.revision", "4f2c9e1"),), "4f2c9e1"),
        ("20261123", (), ""),
        ("deadbeef", (), ""),
        ("v2.3.1", (), ""),
        ("latest", (("GIT_SHA", "Abc"),), "Abc"),
    ],
)
def test_the_commit_is_what_a_tag_or_label_names(tag: str, labels: tuple[tuple[str, str], ...], sha: str) -> None:
    assert git_sha(tag, labels) == sha


def test_a_reference_to_a_secret_loses_key_and_version() -> None:
    arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:clickit/prod/jwt-AbCdEf"
    assert secret_reference(f"{arn}:key:AWSCURRENT:") == secret_reference(arn) == arn
    assert secret_reference("clickit/prod/jwt") == "clickit/prod/jwt"


def test_a_scan_whose_result_the_answer_does_not_tell_found_not_nothing() -> None:
    complete = {"imageScanStatus": {"status": "COMPLETE"}}
    assert not scan(complete, "clickit/api", "sha256:1").judged
    assert not scan(complete | {"imageScanFindings": {"findings": []}}, "clickit/api", "sha256:1").judged
    told = scan(complete | {"imageScanFindings": {"findingSeverityCounts": {}}}, "clickit/api", "sha256:1")
    assert (told.judged, told.counts) == (True, ())


def test_a_severity_that_is_not_known_is_counted_too() -> None:
    answer = {"imageScanStatus": {"status": "ACTIVE"}, "imageScanFindings": {"findingSeverityCounts": {"UNTRIAGED": 3, "HIGH": 1}}}
    assert scan(answer, "clickit/api", "sha256:1").counts == (("HIGH", 1), ("UNTRIAGED", 3))
    listed = {"imageScanStatus": {"status": "COMPLETE"}, "imageScanFindings": {"findings": [{"name": "CVE-1", "severity": "LOW"}]}}
    found = scan(listed, "clickit/api", "sha256:1")
    assert (found.counts, found.judged, [each.name for each in found.findings]) == ((), False, ["CVE-1"])
