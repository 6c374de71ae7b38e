"""ClickIt's names, all derived from one environment name (source: the operators' runbook)."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

import msgspec

SERVICES = ("api", "frontend")
"""The long-running services, in the order in which every screen lists them."""

LOG_SOURCES = ("api", "frontend", "migration")
"""The parts of ClickIt that write a log group of their own."""

SECRETS = (
    "database-url",
    "redis-url",
    "jwt-secret-key",
    "session-secret",
    "smtp-password",
    "stripe-api-key",
)


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """Where ClickIt's parts are looked for in one environment; every field may be overridden in the configuration."""

    env: str
    cluster: str
    """ECS cluster."""
    api: str
    """ECS service of the API."""
    frontend: str
    """ECS service of the frontend."""
    migration: str
    """Task-definition family of the migration task; it is no service."""
    database: str
    """RDS instance."""
    cache: str
    """ElastiCache replication group."""
    secrets: str
    """Prefix of the secrets' names."""
    logs: Mapping[str, str]
    """Log group by part: api, frontend, migration."""
    repositories: Mapping[str, str]
    """ECR repository by part."""

    def service(self, part: str) -> str:
        """Name of the ECS service (or, for the migration, the task family) behind a part's short name."""
        return {"api": self.api, "frontend": self.frontend, "migration": self.migration}.get(part, part)

    def part(self, service: str) -> str:
        """Short name of an ECS service or family; the name itself when it is none of ClickIt's."""
        if service == self.api:
            return "api"
        if service == self.frontend:
            return "frontend"
        return "migration" if service == self.migration else service


def names(env: str, overrides: Mapping[str, object] | None = None) -> Names:
    """ClickIt's names for an environment, with the configuration's overrides laid over them."""
    prefix = f"clickit-{env}"
    plain = Names(
        env=env,
        cluster=f"{prefix}-cluster",
        api=f"{prefix}-api",
        frontend=f"{prefix}-frontend",
        migration=f"{prefix}-migration",
        database=f"{prefix}-db",
        cache=f"{prefix}-redis",
        secrets=f"clickit/{env}/",
        logs={part: f"/ecs/{prefix}-{part}" for part in LOG_SOURCES},
        repositories={"api": "clickit/api", "frontend": "clickit/frontend"},
    )
    return msgspec.structs.replace(plain, **dict(overrides or {}))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known spelling nearest to a word, or None when nothing is near."""
    found = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return found[0] if found else None
