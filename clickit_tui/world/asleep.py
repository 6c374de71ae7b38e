"""Our own mark on a service that sleeps: the tag that remembers its counts, since when, and who sent it to sleep."""

from __future__ import annotations

import re

import msgspec

from clickit_tui.world.ecs import Service
from clickit_tui.world.words import brief

TAG = "clickit:asleep"
_WORD = re.compile(r"(\w+)=(\S+)")


class Asleep(msgspec.Struct, frozen=True, kw_only=True):
    """What the mark says; a part that it does not say is empty."""

    desired: int | None = None
    """The count to wake up to."""
    since: float | None = None
    by: str = ""

    def words(self, now: float) -> str:
        """` by our mark, since 8 h by night`; what the mark does not say is left out."""
        since = f", since {brief(now - self.since)}" if self.since is not None else ""
        return f" by our mark{since}{f' by {self.by}' if self.by else ''}"


def asleep(service: Service) -> Asleep | None:
    """The mark of a service that is scaled to 0; None when it has none, or runs in spite of it."""
    said = next((value for key, value in service.tags if key == TAG), None)
    if said is None or service.desired != 0:
        return None
    words = dict(_WORD.findall(said))
    return Asleep(desired=_number(words.get("desired")), since=_number(words.get("since")), by=words.get("by", ""))


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() else None


def all_asleep(services: tuple[Service, ...]) -> bool:
    """Whether every service sleeps by our mark, so that what they need may be stopped too."""
    return bool(services) and all(asleep(each) is not None for each in services)
