"""What the journal adds to the World: incidents, and what was done, marked and found while they lasted. Times are epoch seconds."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Told(StrEnum):
    """Kinds of what the journal has to tell."""

    CHANGE = "change"
    """A change that this program sent."""
    OUTCOME = "outcome"
    """How a change, or the following of it, ended."""
    VERDICT = "verdict"
    CAUSE = "cause"
    ALARM = "alarm"
    BOOKMARK = "bookmark"
    NOTE = "note"


class Lost(msgspec.Struct, frozen=True, kw_only=True):
    """A change of an earlier session whose outcome nobody knows."""

    id: str
    """Of the intent."""
    title: str
    part: str
    at: float
    """When it was sent, or was about to be."""
    far: str = ""
    """How far a plan of several calls had come."""


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the journal, as the timeline shows it; secrets masked."""

    at: float
    kind: Told
    text: str
    """One line."""
    id: str = ""
    """Of a change and its outcome: the id of the intent."""
    part: str = ""
    detail: str = ""
    """Evidence of a verdict, who sent a change."""
    verdict: str = ""
    """PASS, WARN, FAIL, UNKNOWN or NONE; done, failed or unknown of an outcome."""
    commands: tuple[str, ...] = ()
    """The `aws` command lines of a change, secrets as `***`."""
    step: str = ""
    """`playbook/step` of a bookmark that ticks a person's step, or takes the tick away."""
    said: str | None = None
    """What was noted with that tick; None is no tick."""
    looks: bool = False
    """It was confirmed and sent as a change is, yet changes nothing: questions, a tunnel."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """One row of an incident's timeline as it stood when the incident ended: what AWS itself forgets."""

    at: float
    kind: str
    part: str
    text: str
    source: str = ""
    command: str = ""


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """One incident, from the moment trouble began to its resolution."""

    id: str
    title: str
    began_at: float
    """When the trouble began: found from the metrics, or typed."""
    opened_at: float
    """When it was declared."""
    by: str = ""
    ended_at: float | None = None
    resolution: str = ""
    impact: tuple[str, ...] = ()
    """What the metrics said at the end, a sentence each."""
    kept: tuple[Kept, ...] = ()

    @property
    def open(self) -> bool:
        return self.ended_at is None
