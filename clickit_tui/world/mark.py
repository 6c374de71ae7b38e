"""The mark on a service that was put to sleep: what it had, since when, and by whom. Times are epoch seconds.

The mark is a tag of the ECS service, so that a colleague can wake what somebody else put to sleep. It is never removed, only rewritten.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from clickit_tui.world.ecs import Service

TAG = "clickit:asleep"
UNMARKED = "whether by our mark is not seen: the answer tells no tags"
"""What is said of a service at 0 whose answer has no list of tags, be it empty."""
_AWAKE = "awake"
_WHO_CELLS = 60


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """What one service had when it was put to sleep."""

    asleep: bool
    desired: int | None = None
    """The count to restore; None when the mark does not say one that can be restored."""
    minimum: int | None = None
    """Autoscaling's minimum to restore; None where it was not changed."""
    since: float | None = None
    """When it was put to sleep, or woken."""
    by: str = ""

    def text(self) -> str:
        """The tag's value: words that AWS allows in one."""
        words = ["" if self.asleep else _AWAKE]
        numbers = (("desired", self.desired), ("min", self.minimum), ("since", None if self.since is None else int(self.since)))
        words += [f"{name}={value}" for name, value in numbers if value is not None]
        words += [f"by={_allowed(self.by)}"] if self.by else []
        return " ".join(filter(None, words))


def _allowed(text: str) -> str:
    """What a tag may hold, without spaces."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "+-=._:/@") else "_" for c in text)[:_WHO_CELLS]


def mark_of(service: Service) -> Mark | None:
    """The service's mark; None when it carries none."""
    value = dict(service.tags).get(TAG)
    return None if value is None else read(value)


def read(value: str) -> Mark:
    """A tag's value as a mark; what cannot be understood is asleep without a count."""
    words = value.split()
    said = dict(word.split("=", 1) for word in words if "=" in word)
    return Mark(
        asleep=_AWAKE not in words,
        desired=_number(said, "desired"),
        minimum=_number(said, "min"),
        since=_number(said, "since"),
        by=said.get("by", ""),
    )


def _number(said: Mapping[str, str], name: str) -> int | None:
    text = said.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None
