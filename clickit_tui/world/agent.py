"""What the agent of ECS Exec needs beside the task."""

from __future__ import annotations

import msgspec

CHANNELS = (
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
)
"""Permissions of the task role without which the agent cannot connect."""
DECRYPT = "kms:Decrypt"
"""The one it needs besides where the cluster encrypts sessions with a key."""

TO_LOGS = ("logs:CreateLogStream", "logs:PutLogEvents")
"""And these where the cluster names a log group that sessions are recorded to."""
TO_BUCKET = ("s3:PutObject",)
"""And this where it names a bucket."""


class Rights(msgspec.Struct, frozen=True, kw_only=True):
    """What the policies of a role allow, as IAM simulates them; policies of keys, endpoints and the organization are not in it."""

    role: str
    """ARN."""
    allowed: frozenset[str] = frozenset()
    denied: frozenset[str] = frozenset()


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """One endpoint of the VPC."""

    service: str
    """`com.amazonaws.eu-west-1.ssmmessages`."""
    kind: str = ""
    """Interface, Gateway."""
    state: str = ""
    """`available`, `pending`, ..."""
