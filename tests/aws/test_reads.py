"""The literal of reads against IAM's access levels and botocore's models."""

from __future__ import annotations

import json
from pathlib import Path

import botocore.session
import pytest
from policy_sentry.querying.actions import get_action_data

from clickit_tui.aws.reads import CREDENTIAL_CALLS, READS, permission

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


@pytest.mark.parametrize(
    "never", ["GetSecretValue", "BatchGetSecretValue", "Unmask", "ExecuteCommand", "StartSession", "DownloadDBLogFilePortion"]
)
def test_what_shows_secrets_or_opens_shells_is_in_no_list(never: str) -> None:
    assert never not in {operation for _, operation in READS | CREDENTIAL_CALLS}


def test_no_read_decrypts_a_parameter() -> None:
    assert not {operation for service, operation in READS if service == "ssm" and "Parameter" in operation}
