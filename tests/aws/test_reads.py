"""The literal of reads against IAM's access levels and botocore's models."""

from __future__ import annotations

import json
from pathlib import Path

import botocore.session
import pytest
from policy_sentry.querying.actions import get_action_data

from clickit_tui.aws.reads import CREDENTIAL_CALLS, READS, permission

PRODUCT = Path(__file__).parents[2] / "clickit_tui"
LEVELS = json.loads((Path(__file__).parent / "access_levels.json").read_text())


@pytest.mark.parametrize(("service", "operation"), sorted(READS))
def test_every_listed_read_has_access_level_read_or_list(service: str, operation: str) -> None:
    assert LEVELS[permission(service, operation)] in {"Read", "List"}


def test_the_access_levels_are_those_of_the_service_authorization_data() -> None:
    for name, level in LEVELS.items():
        rows = get_action_data(*name.split(":"))
        assert rows, name
        assert {row["access_level"] for row in next(iter(rows.values()))} == {level}, name


def test_every_listed_operation_exists_in_the_sdk() -> None:
    session = botocore.session.get_session()
    for service, operation in READS | CREDENTIAL_CALLS:
        assert operation in session.get_service_model(service).operation_names, (service, operation)


TOLD_ALONG = {
    "ecs:ListTagsForResource": "tags in the answer to DescribeServices",
    "rds:ListTagsForResource": "tags in the answer to DescribeDBInstances",
}
"""Reads that nothing calls, and what AWS may leave out of another answer without them."""
BOOKS = ("reads.py", "policy.py", "probes.py")


def test_nothing_is_listed_that_the_program_does_not_ask_for() -> None:
    """What is listed is let pass, is in everybody's IAM policy, and is missed by a self-examination."""
    files = [path for path in PRODUCT.rglob("*.py") if "demo" not in path.parts and path.name not in BOOKS]
    source = "\n".join(path.read_text() for path in files)
    unasked = {permission(*read) for read in READS if f'"{read[1]}"' not in source and f"'{read[1]}'" not in source}
    assert unasked <= set(TOLD_ALONG)


@pytest.mark.parametrize(
    "never", ["GetSecretValue", "BatchGetSecretValue", "Unmask", "ExecuteCommand", "StartSession", "DownloadDBLogFilePortion"]
)
def test_what_shows_secrets_or_opens_shells_is_in_no_list(never: str) -> None:
    assert never not in {operation for _, operation in READS | CREDENTIAL_CALLS}


def test_no_read_decrypts_a_parameter() -> None:
    assert not {operation for service, operation in READS if service == "ssm" and "Parameter" in operation}
