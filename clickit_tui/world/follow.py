"""A change that is watched to its end: what was started, and how far it has come."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Phase(StrEnum):
    UNDER_WAY = "under way"
    STEADY = "steady"
    """The change itself is complete; recovery is still awaited."""
    RECOVERED = "recovered"
    STILL_FAILING = "still failing"
    """Complete, but the service is not healthy."""
    DONE = "done"
    """Complete; there is no service whose recovery could be awaited."""
    FAILED = "failed"
    UNKNOWN = "outcome unknown"


class Follow(msgspec.Struct, frozen=True, kw_only=True):
    """What to watch for; serialised to the journal, so that the next start resumes it."""

    kind: str
    """deployment, rollback, scale, stop; database, snapshot; steps while a plan of several calls is being sent."""
    env: str
    part: str
    service: str = ""
    cluster: str = ""
    deployment: str = ""
    """Deployment id for kind deployment (filled from the write's answer)."""
    service_deployment: str = ""
    """ARN of the service deployment that a rollback undoes."""
    task: str = ""
    """Task ARN for kind stop."""
    resource: str = ""
    """Id of the instance or snapshot for kinds database and snapshot."""
    wanted: str = ""
    """The status that an instance is to reach."""
    desired: int | None = None
    before: int | None = None
    intent: str = ""
    """Journal id of the intent."""
    started_at: float = 0.0
    did: str = ""
    """What this program sent, in words: `scale api 3 → 5`; empty when somebody else began it."""


class Following(msgspec.Struct, frozen=True, kw_only=True):
    """A follow and its newest reading."""

    follow: Follow
    phase: Phase = Phase.UNDER_WAY
    sentence: str = ""
    """E.g. `2 of 5 running, 1 healthy`."""
    ended_at: float | None = None
    steady_at: float | None = None

    @property
    def open(self) -> bool:
        return self.ended_at is None


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """One reading of a change that is under way."""

    sentence: str
    done: bool = False
    over: bool = False
    """Complete, and there is no service whose recovery could be awaited."""
    failed: str = ""
    """What stopped it; empty when nothing did."""
    moved: str = ""
    """What somebody else has changed since: a failure before it was steady, the end of the follow afterwards."""
    unknown: str = ""
    """Why it cannot be told whether the change was made at all."""
    unknown_for_s: float = 1800.0
    """Unknown for this long ends it."""
    follow: Follow | None = None
    """The follow with what was learnt, e.g. the deployment's id."""
