"""How long requests took, by path: read from access lines, counted in buckets, bounded in memory."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping

from clickit_tui.world.parts import SlowPath

MOST_PATHS = 200
"""Distinct paths counted per part and minute; requests of further ones are not counted."""
_STEP = math.log(1.05)

_PATH = re.compile(r"\b(?:path|url|route|uri)=(?P<json>/\S{0,300})|\b(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) (?P<plain>/\S{0,300})")
_TOOK = re.compile(
    r"\b(?:ms|durationMs|responseTime|responseTimeMs|(?:duration|latency|elapsed|response_time)_ms)=(?P<json>\d{1,9}(?:\.\d+)?)(?![\w.])"
    r"|(?<![\w.:-])(?P<plain>\d{1,9}(?:\.\d+)?) ?ms\b(?!=)"
)
_ID = re.compile(
    r"(?<=/)(?:\d+|[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|(?=[0-9a-fA-F]*\d)[0-9a-fA-F]{7,}"
    r"|(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{16,})(?=/|$)"
)


def request_of(text: str) -> tuple[str, float] | None:
    """(path with `#` for ids and without its query, milliseconds) of a line that tells of one request; None for any other line."""
    said = text[:1_000]
    took = _TOOK.search(said) if "ms" in said or "Time" in said else None
    path = _PATH.search(said) if took else None
    if took is None or path is None:
        return None
    return path_shape(path["json"] or path["plain"]), float(took["json"] or took["plain"])


def path_shape(path: str) -> str:
    """A path without its query, with `#` in place of ids: `/api/v1/links/#`."""
    return _ID.sub("#", re.split(r"[?#;\"]", path, maxsplit=1)[0])[:120]


class Took:
    """How long the requests of one path took."""

    __slots__ = ("_buckets", "longest_ms")

    def __init__(self) -> None:
        self._buckets: Counter[int] = Counter()
        self.longest_ms = 0.0

    def add(self, ms: float) -> None:
        """Reckon one request in."""
        self._buckets[round(math.log(max(1.0, ms)) / _STEP)] += 1
        self.longest_ms = max(self.longest_ms, ms)

    def take(self, other: Took) -> None:
        """Reckon another's requests in."""
        self._buckets.update(other._buckets)
        self.longest_ms = max(self.longest_ms, other.longest_ms)

    @property
    def count(self) -> int:
        """Requests."""
        return self._buckets.total()

    def share_ms(self, share: float) -> float:
        """Milliseconds that this share of the requests did not exceed, within 3 %; never more than the longest."""
        left = share * self.count
        for bucket in sorted(self._buckets):
            left -= self._buckets[bucket]
            if left <= 1e-9:
                return min(math.exp(bucket * _STEP), self.longest_ms)
        return self.longest_ms


def slowest(minutes: Iterable[tuple[str, Mapping[str, Took]]], top: int) -> tuple[SlowPath, ...]:
    """The slowest paths of (part, requests by path), by the 95th percentile."""
    sums: dict[tuple[str, str], Took] = {}
    for part, paths in minutes:
        for path, took in paths.items():
            sums.setdefault((part, path), Took()).take(took)
    found = [
        SlowPath(part=part, path=path, count=took.count, p95_ms=took.share_ms(0.95), longest_ms=took.longest_ms)
        for (part, path), took in sums.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.p95_ms, one.part, one.path))[:top])
