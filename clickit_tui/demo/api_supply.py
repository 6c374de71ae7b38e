"""Secrets Manager and ECR. No secret has a value here: asking for one is refused."""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from clickit_tui.demo.api_ecs import page
from clickit_tui.demo.errors import AwsError
from clickit_tui.demo.program import Image
from clickit_tui.demo.simulator import Simulator
from clickit_tui.demo.state import Secret, arn
from clickit_tui.demo.wire import ACCOUNT, REGION

Params = Mapping[str, Any]
SALT = secrets.token_bytes(16)
SCAN_S = 8.0
"""How long a scan that was asked for takes."""
FOUND = {"HIGH": 1, "MEDIUM": 4, "LOW": 9}
"""What a scan finds in an image that was never scanned."""
FOUND_IN = ("package_name", "package_version", "patched_version")
PACKAGES = (("openssl", "3.0.13", "3.0.15"), ("curl", "8.5.0", "8.6.0"), ("zlib", "1.3.0"))
"""(name, version, version that mends it where there is one) of the packages that findings name."""


def _secrets(sim: Simulator) -> list[Secret]:
    return [each for env in sim.envs.values() for each in env.secrets.values()]


def _secret(sim: Simulator, params: Params, *, deleted: bool = False) -> Secret:
    wanted = str(params.get("SecretId", ""))
    for each in _secrets(sim):
        if wanted in (each.name, each.arn, each.arn.rsplit("-", 1)[0]):
            if each.deleted_at is not None and not deleted:
                raise AwsError(
                    "InvalidRequestException", "You can't perform this operation on the secret because it was marked for deletion."
                )
            return each
    raise AwsError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")


def _shown(of: Secret) -> dict[str, Any]:
    found: dict[str, Any] = {
        "ARN": of.arn,
        "Name": of.name,
        "Description": of.description,
        "LastChangedDate": of.changed_at,
        "LastAccessedDate": of.accessed_at,
        "CreatedDate": of.created_at,
        "Tags": [{"Key": "Project", "Value": "clickit"}],
    }
    return found | ({"DeletedDate": of.deleted_at} if of.deleted_at is not None else {})


def list_secrets(sim: Simulator, params: Params) -> dict[str, Any]:
    found = [each for each in _secrets(sim) if each.deleted_at is None or params.get("IncludePlannedDeletion")]
    for wanted in params.get("Filters") or ():
        if wanted.get("Key") in ("name", "all"):
            found = [each for each in found if any(each.name.startswith(str(value)) for value in wanted.get("Values") or ())]
    asked = {"nextToken": params.get("NextToken"), "maxResults": params.get("MaxResults")}
    shown, token = page(sorted(found, key=lambda each: each.name), asked)
    more = {"NextToken": token["nextToken"]} if token else {}
    return {"SecretList": [_shown(each) | {"SecretVersionsToStages": _staged(each)} for each in shown]} | more


def _staged(of: Secret) -> dict[str, list[str]]:
    return {version: stages for version, stages in of.versions.items() if stages}


def describe_secret(sim: Simulator, params: Params) -> dict[str, Any]:
    of = _secret(sim, params, deleted=True)
    return _shown(of) | {"VersionIdsToStages": _staged(of), "RotationEnabled": False}


def list_secret_version_ids(sim: Simulator, params: Params) -> dict[str, Any]:
    of = _secret(sim, params, deleted=True)
    listed = [
        {"VersionId": version, "VersionStages": stages, "CreatedDate": of.changed_at}
        for version, stages in of.versions.items()
        if stages or params.get("IncludeDeprecated")
    ]
    shown, token = page(listed, {"nextToken": params.get("NextToken"), "maxResults": params.get("MaxResults")})
    return {"Versions": shown, "ARN": of.arn, "Name": of.name} | ({"NextToken": token["nextToken"]} if token else {})


def get_secret_value(sim: Simulator, params: Params) -> dict[str, Any]:
    _secret(sim, params)
    raise AwsError("AccessDeniedException", "The embedded ClickIt holds no secret values.")


def put_secret_value(sim: Simulator, params: Params) -> dict[str, Any]:
    of = _secret(sim, params)
    version = str(params.get("ClientRequestToken") or sim.uuid())
    digest = _content(of, params)
    if of.digests.get(version, digest) != digest or (version in of.versions and version not in of.digests):
        said = f"You can't use ClientRequestToken {version} because that value is already in use for a version of secret {of.arn}."
        raise AwsError("ResourceExistsException", said)
    if version not in of.versions:
        of.digests[version] = digest
        of.keys_of[version] = _keys(params)
        _stage(of, version, params.get("VersionStages") or ["AWSCURRENT"])
        of.changed_at = sim.now
    return {"ARN": of.arn, "Name": of.name, "VersionId": version, "VersionStages": of.versions[version]}


def update_secret(sim: Simulator, params: Params) -> dict[str, Any]:
    if "SecretString" not in params and "SecretBinary" not in params:
        of = _secret(sim, params)
        of.description = str(params.get("Description", of.description))
        return {"ARN": of.arn, "Name": of.name}
    found = put_secret_value(sim, {**params, "VersionStages": None})
    return {key: value for key, value in found.items() if key != "VersionStages"}


def _content(of: Secret, params: Params) -> str:
    """A digest that tells two values of one secret apart and tells nothing of them to anybody else."""
    given = params.get("SecretString", params.get("SecretBinary"))
    if given is None:
        raise AwsError("InvalidRequestException", "You must provide either SecretString or SecretBinary.")
    return hmac.new(SALT + of.arn.encode(), str(given).encode(), "sha256").hexdigest()


def _keys(params: Params) -> frozenset[str]:
    """Keys of a value that is a JSON object; they are no secret, and tasks read secrets by them."""
    try:
        found = json.loads(str(params.get("SecretString") or ""))
    except (ValueError, RecursionError):
        return frozenset()
    return frozenset(found) if isinstance(found, dict) else frozenset()


def create_secret(sim: Simulator, params: Params) -> dict[str, Any]:
    name = str(params.get("Name", ""))
    env = next((each for each in sim.envs.values() if name.startswith(each.names.secrets)), None)
    if env is None:
        raise AwsError("InvalidParameterException", "The embedded ClickIt has secrets under clickit/ENVIRONMENT/ only.")
    if name in env.secrets:
        if env.secrets[name].deleted_at is not None:
            said = "You can't create this secret because a secret with this name is already scheduled for deletion."
            raise AwsError("InvalidRequestException", said)
        raise AwsError("ResourceExistsException", f"The operation failed because the secret {name} already exists.")
    made = Secret(name, sim.token(6), sim.now, sim.now, sim.now // 86_400 * 86_400, {}, description=str(params.get("Description", "")))
    version = str(params.get("ClientRequestToken") or sim.uuid())
    if "SecretString" in params or "SecretBinary" in params:
        made.digests[version], made.keys_of[version] = _content(made, params), _keys(params)
        _stage(made, version, ["AWSCURRENT"])
    env.secrets[name] = made
    return {"ARN": made.arn, "Name": name} | ({"VersionId": version} if made.versions else {})


def _stage(of: Secret, version: str, stages: Sequence[str]) -> None:
    """Attach labels to a version, each taken from the one that had it."""
    of.versions.setdefault(version, [])
    for stage in stages:
        if stage == "AWSCURRENT":
            _promote(of, version)
        else:
            of.versions |= {known: [each for each in had if each != stage] for known, had in of.versions.items()}
            of.versions[version] = [*of.versions[version], stage]


def _promote(of: Secret, version: str) -> None:
    """Make a version current; the one that was so becomes the previous, and other labels stay where they are."""
    for known, stages in of.versions.items():
        kept = [each for each in stages if each not in ("AWSCURRENT", "AWSPREVIOUS")]
        of.versions[known] = ["AWSPREVIOUS", *kept] if "AWSCURRENT" in stages and known != version else kept
    of.versions[version] = ["AWSCURRENT", *of.versions[version]]
    of.keys = of.keys_of.get(version, of.keys)


def update_secret_version_stage(sim: Simulator, params: Params) -> dict[str, Any]:
    of = _secret(sim, params)
    stage, to, gone = params.get("VersionStage", ""), params.get("MoveToVersionId"), params.get("RemoveFromVersionId")
    if to and to not in of.versions:
        raise AwsError("ResourceNotFoundException", f"Secrets Manager can't find the specified secret value for VersionId: {to}")
    holder = next((version for version, stages in of.versions.items() if stage in stages), None)
    if stage == "AWSCURRENT" and not to:
        said = "You can only move staging label AWSCURRENT to a different secret version. It can\u2019t be completely removed."
        raise AwsError("InvalidParameterException", said)
    if gone and gone != holder:
        raise AwsError("InvalidParameterException", f"The staging label {stage} is not currently attached to version {gone}.")
    if holder and to and holder not in (gone, to):
        raise AwsError(
            "InvalidParameterException",
            f"The parameter RemoveFromVersionId can't be empty. Staging label {stage} is currently attached to version {holder}.",
        )
    if to and stage == "AWSCURRENT":
        _promote(of, to)
    elif to and to != holder:
        _stage(of, to, [stage])
    if gone and gone != to and stage != "AWSCURRENT":
        of.versions[gone] = [each for each in of.versions[gone] if each != stage]
    of.changed_at = sim.now
    return {"ARN": of.arn, "Name": of.name}


def delete_secret(sim: Simulator, params: Params) -> dict[str, Any]:
    of = _secret(sim, params)
    window, force = params.get("RecoveryWindowInDays"), params.get("ForceDeleteWithoutRecovery")
    if window is not None and (force or not 7 <= window <= 30):
        raise AwsError("InvalidParameterException", "RecoveryWindowInDays is 7 to 30 days, and not given with ForceDeleteWithoutRecovery.")
    days = 0 if force else window or 30
    of.deleted_at = sim.now + days * 86_400
    if not days:
        for env in sim.envs.values():
            env.secrets.pop(of.name, None)
    return {"ARN": of.arn, "Name": of.name, "DeletionDate": of.deleted_at}


def restore_secret(sim: Simulator, params: Params) -> dict[str, Any]:
    of = _secret(sim, params, deleted=True)
    of.deleted_at = None
    return {"ARN": of.arn, "Name": of.name}


def describe_repositories(sim: Simulator, params: Params) -> dict[str, Any]:
    names = sorted({each.repository for each in sim.images})
    wanted = params.get("repositoryNames") or names
    for name in wanted:
        _known(sim, name)
    return {"repositories": [_repository(name) for name in wanted]}


def _known(sim: Simulator, name: str) -> None:
    if all(each.repository != name for each in sim.images):
        said = f"The repository with name '{name}' does not exist in the registry with id '{ACCOUNT}'"
        raise AwsError("RepositoryNotFoundException", said)


def _repository(name: str) -> dict[str, Any]:
    return {
        "repositoryArn": arn("ecr", f"repository/{name}"),
        "registryId": ACCOUNT,
        "repositoryName": name,
        "repositoryUri": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{name}",
        "imageTagMutability": "MUTABLE",
        "imageScanningConfiguration": {"scanOnPush": True},
    }


def _images(sim: Simulator, params: Params) -> list[Image]:
    """The repository's images that are asked for. Raises AwsError: RepositoryNotFoundException, ImageNotFoundException."""
    name = str(params.get("repositoryName", ""))
    _known(sim, name)
    own = [each for each in sim.images if each.repository == name]
    wanted = params.get("imageIds")
    if not wanted:
        return own
    found = []
    for each in wanted:
        image = next((known for known in own if _is(known, each)), None)
        if image is None:
            raise AwsError(
                "ImageNotFoundException", f"The image with imageId {_id_text(each)} does not exist within the repository '{name}'"
            )
        found.append(image)
    return found


def _is(image: Image, wanted: Mapping[str, str]) -> bool:
    digest, tag = wanted.get("imageDigest"), wanted.get("imageTag")
    return digest in (None, image.digest) and (tag is None or tag in image.tags)


def _id_text(wanted: Mapping[str, str]) -> str:
    return f"{{imageDigest:'{wanted.get('imageDigest', 'null')}', imageTag:'{wanted.get('imageTag', 'null')}'}}"


def list_images(sim: Simulator, params: Params) -> dict[str, Any]:
    own = [each for each in _images(sim, {**params, "imageIds": None}) if _kept(each, params)]
    listed = [{"imageDigest": each.digest} | ({"imageTag": tag} if tag else {}) for each in own for tag in each.tags or [""]]
    shown, token = page(listed, params, 1000)
    return {"imageIds": shown} | token


def describe_images(sim: Simulator, params: Params) -> dict[str, Any]:
    found = [each for each in _images(sim, params) if params.get("imageIds") or _kept(each, params)]
    shown, token = page([_image(each) for each in found], params, 1000)
    return {"imageDetails": shown} | token


def _kept(of: Image, params: Params) -> bool:
    """Whether an image passes the filter on tagStatus."""
    return (params.get("filter") or {}).get("tagStatus", "ANY") in ("ANY", "TAGGED" if of.tags else "UNTAGGED")


def _image(of: Image) -> dict[str, Any]:
    found: dict[str, Any] = {
        "registryId": ACCOUNT,
        "repositoryName": of.repository,
        "imageDigest": of.digest,
        "imageTags": of.tags,
        "imageSizeInBytes": of.size,
        "imagePushedAt": of.pushed_at,
        "imageManifestMediaType": "application/vnd.docker.distribution.manifest.v2+json",
        "artifactMediaType": "application/vnd.docker.container.image.v1+json",
    }
    if of.findings is not None:
        found["imageScanStatus"] = {"status": "COMPLETE", "description": "The scan was completed successfully."}
        found["imageScanFindingsSummary"] = {
            "imageScanCompletedAt": of.scanned_at,
            "vulnerabilitySourceUpdatedAt": of.scanned_at,
            "findingSeverityCounts": of.findings,
        }
    return found | ({"lastRecordedPullTime": of.pulled_at} if of.pulled_at else {})


def batch_get_image(sim: Simulator, params: Params) -> dict[str, Any]:
    own = _images(sim, {**params, "imageIds": None})
    found, failures = [], []
    for each in params.get("imageIds") or ():
        image = next((known for known in own if _is(known, each)), None)
        if image:
            found.append({"registryId": ACCOUNT, "repositoryName": image.repository, "imageId": each | {"imageDigest": image.digest}})
        else:
            failures.append({"imageId": each, "failureCode": "ImageNotFound", "failureReason": "Requested image not found"})
    return {"images": found, "failures": failures}


def describe_image_scan_findings(sim: Simulator, params: Params) -> dict[str, Any]:
    of = _images(sim, {**params, "imageIds": [params.get("imageId") or {}]})[0]
    if of.scanned_at is not None and of.scanned_at > sim.now:
        status = {"status": "IN_PROGRESS", "description": "The scan is in progress."}
        return {"registryId": ACCOUNT, "repositoryName": of.repository, "imageId": _image_id(of), "imageScanStatus": status}
    if of.findings is None:
        raise AwsError("ScanNotFoundException", f"Image scan does not exist for the image with '{_id_text(params.get('imageId') or {})}'")
    listed = [
        {
            "name": f"CVE-2026-{1000 + at * 37}",
            "severity": severity,
            "uri": f"https://example.org/CVE-2026-{1000 + at * 37}",
            "attributes": [{"key": key, "value": value} for key, value in zip(FOUND_IN, PACKAGES[at % len(PACKAGES)], strict=False)],
        }
        for at, (severity, count) in enumerate(of.findings.items())
        for _ in range(min(count, 1))
    ]
    return {
        "registryId": ACCOUNT,
        "repositoryName": of.repository,
        "imageId": _image_id(of),
        "imageScanStatus": {"status": "COMPLETE", "description": "The scan was completed successfully."},
        "imageScanFindings": {
            "imageScanCompletedAt": of.scanned_at,
            "vulnerabilitySourceUpdatedAt": of.scanned_at,
            "findings": listed,
            "findingSeverityCounts": of.findings,
        },
    }


def _image_id(of: Image) -> dict[str, str]:
    return {"imageDigest": of.digest} | ({"imageTag": of.tags[0]} if of.tags else {})


def start_image_scan(sim: Simulator, params: Params) -> dict[str, Any]:
    of = _images(sim, {**params, "imageIds": [params.get("imageId") or {}]})[0]
    if of.scanned_at is not None and of.scanned_at > sim.now - 86_400:
        raise AwsError("LimitExceededException", "The scan quota per image has been exceeded. Wait and try again.")
    of.findings, of.scanned_at = dict(of.findings or FOUND), sim.now + SCAN_S
    status = {"status": "IN_PROGRESS"}
    return {"registryId": ACCOUNT, "repositoryName": of.repository, "imageId": _image_id(of), "imageScanStatus": status}
