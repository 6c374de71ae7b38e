"""What the lines say in sum: levels per minute, shapes of errors, known failures. Bounded in memory."""

from __future__ import annotations

import re
from collections import Counter

from clickit_tui.logs.line import LogLine
from clickit_tui.logs.slow import MOST_PATHS, Took, request_of, slowest
from clickit_tui.world.parts import LogDigest

MINUTES = 15
MOST_SHAPES = 300
"""Distinct shapes counted per minute; further ones are counted together."""
OTHER = "(other shapes)"
SLOWEST = 10
"""Slow paths told of."""

PATTERNS: tuple[tuple[str, str, str], ...] = (
    ("db.no-slots", "remaining connection slots are reserved", "connection slots"),
    ("db.too-many-clients", "too many clients already", "too many clients"),
    ("db.refused", "connection refused|ECONNREFUSED", "refused"),
    ("db.no-connection", "could not connect to server", "could not connect"),
    ("db.no-name", r"could not translate host name|name or service not known", "name"),
    ("db.no-name", r"getaddrinfo (?:ENOTFOUND|EAI_AGAIN)", "getaddrinfo"),
    ("db.timeout", r"timeout expired|connect timeout|TimeoutError.*connect", "timeout"),
    ("db.closed", "server closed the connection unexpectedly", "closed the connection"),
    ("db.starting", r"database system is (?:starting up|shutting down|in recovery)", "database system"),
    ("db.password", "password authentication failed", "authentication failed"),
    ("db.hba", r"no pg_hba\.conf entry", "pg_hba"),
    ("db.pool", "QueuePool limit", "queuepool"),
    ("db.lock", r"(?:canceling statement due to )?lock timeout|deadlock detected", "lock"),
    ("start.module", r"Cannot find module|ModuleNotFoundError|No module named", "module"),
    ("start.port", r"EADDRINUSE|address already in use", "addr"),
    ("start.environment", r"(?:missing|required).{0,40}environment variable", "environment variable"),
    ("start.environment", r"environment variable.{0,60}(?:not set|missing|required)", "environment variable"),
    ("start.format", r"exec format error", "exec format"),
    ("start.memory", r"heap out of memory|MemoryError|out of memory|OOMKilled|Cannot allocate memory", "mem"),
)  # fmt: skip
"""(id, regular expression, word in lower case without which it need not be tried): failures of the database and of starting."""

_COMPILED = tuple((name, re.compile(expression, re.IGNORECASE), hint) for name, expression, hint in PATTERNS)
_SHAPE = re.compile(
    r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b|\b0x[0-9a-fA-F]+\b"
    r"|\b(?=[0-9a-fA-F]*\d)(?=\d*[a-fA-F])[0-9a-fA-F]{7,}\b|(?<![A-Za-z])\d+(?:[.:,]\d+)*"
)


def shape(text: str) -> str:
    """A line with its numbers, ids and hexadecimal words replaced by `#`: lines alike in shape are alike in cause."""
    return " ".join(_SHAPE.sub("#", text[:400]).split())[:200]


def matches(text: str) -> tuple[str, ...]:
    """Ids of the known failures that a line tells of."""
    low = text[:2_000].lower()
    found = [name for name, expression, hint in _COMPILED if hint in low and expression.search(text, 0, 2_000)]
    return tuple(dict.fromkeys(found))


class _Minute:
    """Sums of one part and minute."""

    __slots__ = ("examples", "levels", "matches", "shapes", "took")

    def __init__(self) -> None:
        self.levels: Counter[str] = Counter()
        self.shapes: Counter[str] = Counter()
        self.examples: dict[str, str] = {}
        self.matches: dict[str, tuple[int, float]] = {}
        self.took: dict[str, Took] = {}

    def request(self, path: str, ms: float) -> None:
        """Reckon one request in."""
        if path in self.took or len(self.took) < MOST_PATHS:
            took = self.took.get(path) or self.took.setdefault(path, Took())
            took.add(ms)


class Sums:
    """Counts lines as they are accepted; forgets minutes older than it tells of."""

    def __init__(self, keep_minutes: int = 60) -> None:
        self._minutes: dict[tuple[str, int], _Minute] = {}
        self._keep = keep_minutes

    def count(self, line: LogLine) -> None:
        """Reckon one line in."""
        key = (line.part, line.at_ms // 60_000)
        sums = self._minutes.get(key) or self._minutes.setdefault(key, _Minute())
        sums.levels[line.level] += 1
        for known in matches(line.text):
            count, last = sums.matches.get(known, (0, 0.0))
            sums.matches[known] = (count + 1, max(last, line.at_ms / 1000))
        if (request := request_of(line.text)) is not None:
            sums.request(*request)
        if line.level == "error":
            kind = shape(line.text)
            if kind not in sums.shapes and len(sums.shapes) >= MOST_SHAPES:
                kind = OTHER
            sums.shapes[kind] += 1
            sums.examples.setdefault(kind, line.text[:400])

    def forget(self, now: float) -> None:
        """Drop what is too old, and what claims to come from more than two hours ahead."""
        oldest, newest = int(now // 60) - self._keep, int(now // 60) + 130
        for key in [key for key in self._minutes if not oldest <= key[1] <= newest]:
            del self._minutes[key]

    def digest(self, now: float, since: float | None, partial: bool, top: int = 20) -> LogDigest:
        """The sums of the last 15 minutes; later stamps are left out."""
        last = int(now // 60)
        window = {key: sums for key, sums in sorted(self._minutes.items(), key=lambda kv: kv[0]) if last - MINUTES < key[1] <= last + 1}
        shapes: Counter[tuple[str, str]] = Counter()
        examples: dict[tuple[str, str], str] = {}
        found: dict[tuple[str, str], tuple[int, float]] = {}
        for (part, _), sums in window.items():
            for kind, count in sums.shapes.items():
                shapes[part, kind] += count
                examples[part, kind] = sums.examples[kind]
            for known, (count, at) in sums.matches.items():
                before, last_at = found.get((part, known), (0, 0.0))
                found[part, known] = (before + count, max(last_at, at))
        begin = (last - MINUTES + 1) * 60.0
        return LogDigest(
            minutes=tuple((part, m * 60.0, level, n) for (part, m), s in window.items() for level, n in sorted(s.levels.items())),
            shapes=tuple((part, kind, n, examples[part, kind]) for (part, kind), n in shapes.most_common(top)),
            matches=tuple((part, known, n, at) for (part, known), (n, at) in sorted(found.items(), key=lambda kv: -kv[1][0])),
            slow=slowest(((part, sums.took) for (part, _), sums in window.items()), SLOWEST),
            since=None if since is None else max(since, begin),
            partial=partial,
        )
