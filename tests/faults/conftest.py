from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import botocore.credentials
import botocore.tokens
import pytest

from tests.aws.endpoint import Endpoint, endpoint


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Endpoint]:
    """A small AWS on loopback that knows who asks and little else; no real account can be reached, and no home but an empty one."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    cache = tmp_path / ".aws" / "sso" / "cache"
    monkeypatch.setattr(botocore.credentials.SSOProvider, "_SSO_TOKEN_CACHE_DIR", str(cache))
    monkeypatch.setattr(botocore.tokens.SSOTokenProvider, "_SSO_TOKEN_CACHE_DIR", str(cache))
    (tmp_path / "config").touch()
    with endpoint() as running:
        known = {
            "HOME": str(tmp_path),
            "AWS_CONFIG_FILE": str(tmp_path / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": running.url,
            "AWS_REGION": "eu-west-1",
        }
        for name, value in known.items():
            monkeypatch.setenv(name, value)
        yield running
