"""What tasks are made of: images in ECR and secrets, as far as it is known whether they exist. Times are epoch seconds."""

from __future__ import annotations

import re

import msgspec

_ECR = re.compile(r"(?P<registry>\d{12})\.dkr\.ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/(?P<rest>.+)")


class ImageName(msgspec.Struct, frozen=True, kw_only=True):
    """An image reference taken apart."""

    registry: str = ""
    """Account id of the ECR registry; empty for an image that is not in ECR."""
    region: str = ""
    repository: str
    tag: str = ""
    """Empty when the reference names a digest."""
    digest: str = ""

    @property
    def id(self) -> str:
        """What is asked for in the repository: the digest, else the tag."""
        return self.digest or self.tag


def image_name(reference: str) -> ImageName:
    """`ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY[:tag][@sha256:…]` taken apart; without tag and digest it is `latest`."""
    found = _ECR.fullmatch(reference)
    rest = found["rest"] if found else reference
    rest, _, digest = rest.partition("@")
    head, colon, tag = rest.rpartition(":")
    repository, tag = (head, tag) if colon and "/" not in tag else (rest, "")
    return ImageName(
        registry=found["registry"] if found else "",
        region=found["region"] if found else "",
        repository=repository,
        tag="" if digest else tag or "latest",
        digest=digest,
    )


class Image(msgspec.Struct, frozen=True, kw_only=True):
    """What ECR said about one tag or digest."""

    registry: str
    repository: str
    id: str
    """The tag or digest that was asked for."""
    exists: bool | None
    """None when it could not be read; `why` says why."""
    why: str = ""
    digest: str = ""
    tags: tuple[str, ...] = ()
    pushed_at: float | None = None
    status: str = ""
    """ACTIVE; ARCHIVED ones cannot be pulled."""
    size_bytes: int | None = None


class Secret(msgspec.Struct, frozen=True, kw_only=True):
    """What Secrets Manager said about one reference; never its value."""

    reference: str
    """What was asked for: the ARN or name without json key and version."""
    exists: bool | None
    """None when it could not be read; `why` says why."""
    why: str = ""
    name: str = ""
    deleted_at: float | None = None
    """When it is (or was) to be deleted; a task cannot read it any more."""
    changed_at: float | None = None
    has_value: bool | None = None
    """Whether a version is AWSCURRENT."""
    arn: str = ""
    description: str = ""
    created_at: float | None = None
    accessed_at: float | None = None
    """The day on which it was last read; AWS keeps no time."""
    rotation: bool | None = None
    """Whether Secrets Manager rotates it by itself."""
    rotated_at: float | None = None
    versions: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """(version id, its stages) of every version that has one."""

    def version(self, stage: str) -> str:
        """Id of the version with a stage; empty when none has it, or it was not read."""
        return next((version for version, stages in self.versions if stage in stages), "")


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One finding of an image scan."""

    name: str
    severity: str = ""
    package: str = ""
    version: str = ""
    fix: str = ""
    """The version that mends it; empty where the scan names none."""


class Scan(msgspec.Struct, frozen=True, kw_only=True):
    """What ECR said about the scan of one digest."""

    repository: str
    digest: str
    status: str = ""
    """COMPLETE, ACTIVE, IN_PROGRESS, FAILED, UNSUPPORTED_IMAGE, ...; `NONE` when ECR knows of no scan; empty when it could not be read."""
    why: str = ""
    """What ECR says to the status, or why it could not be read."""
    at: float | None = None
    counts: tuple[tuple[str, int], ...] = ()
    """(severity, findings), worst first; empty may mean none only when `judged`."""
    findings: tuple[Finding, ...] = ()
    """The worst, worst first."""
    told: bool = True
    """Whether the answer said what was found, be it nothing."""

    @property
    def judged(self) -> bool:
        """The scan came to an end and its result was told: no counts means no findings."""
        return self.told and self.status in ("COMPLETE", "ACTIVE")


SEVERITIES = ("CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", "UNDEFINED")
"""Worst first."""


class Repository(msgspec.Struct, frozen=True, kw_only=True):
    """One of ClickIt's repositories and its newest images."""

    name: str
    parts: tuple[str, ...] = ()
    exists: bool | None = None
    """None when it could not be read; `why` says why."""
    why: str = ""
    images: tuple[Image, ...] = ()
    """By digest, newest first, at most `KEPT`."""
    total: int = 0
    """How many it holds."""


KEPT = 40
"""Most images of a repository that are kept."""


def secret_reference(value_from: str) -> str:
    """The secret that a task definition's `valueFrom` names, without json key, stage and version; a name stays a name."""
    return ":".join(value_from.split(":")[:7]) if value_from.startswith("arn:") else value_from


def in_secrets_manager(value_from: str) -> bool:
    """Whether a reference names a secret; a parameter of SSM is none."""
    return ":secretsmanager:" in value_from


MOVING = ("latest", "main", "master", "stable", "develop", "dev", "prod", "staging", "edge")
"""Tags that usually name another image tomorrow."""

_SHA = re.compile(r"(?<![0-9a-zA-Z])(?=[0-9a-f]*[a-f])(?=[0-9a-f]*[0-9])[0-9a-f]{7,40}(?![0-9a-zA-Z])")
_SHA_LABELS = ("org.opencontainers.image.revision", "git.sha", "git_sha", "git.commit", "git-commit", "vcs-ref", "org.label-schema.vcs-ref")


def git_sha(tag: str, labels: tuple[tuple[str, str], ...] = ()) -> str:
    """The commit a label or tag names, shortened to 8; empty when none does."""
    given = {name.lower(): value for name, value in labels}
    labelled = next((given[name] for name in _SHA_LABELS if given.get(name)), "")
    found = _SHA.search(labelled) or _SHA.search(tag)
    return found[0][:8] if found else labelled[:8]
