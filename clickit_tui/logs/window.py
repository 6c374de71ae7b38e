"""One reading of a window from its start to its end, and what is known already: the pure part of losing and repeating nothing."""

from __future__ import annotations

from collections import deque
from enum import StrEnum

import msgspec

from clickit_tui.logs.fetch import Event, Page

BUCKET_MS = 10_000


class Job(StrEnum):
    """Why a window is read."""

    LIVE = "live"
    """The last seconds, for the eye; not needed for completeness."""
    WIDE = "wide"
    """The overlap window, which alone decides what has been read."""
    SWEEP = "sweep"
    """The last 10 minutes, for what came later than the overlap."""


class Known:
    """Keys of the events that were taken, so that none is taken twice; forgotten by time and bounded in number."""

    def __init__(self, floor_ms: int, most: int = 400_000) -> None:
        self.floor_ms = floor_ms
        """All keys at or above it are known; below it only those of error lines."""
        self.error_floor_ms = floor_ms
        self.most = most
        self.count = 0
        self._all: dict[int, set[int]] = {}
        self._errors: dict[int, set[int]] = {}

    def has(self, at_ms: int, key: int) -> bool:
        """Whether that key was taken."""
        where = self._all if at_ms >= self.floor_ms else self._errors
        return key in where.get(at_ms // BUCKET_MS, ())

    def add(self, at_ms: int, key: int, error: bool) -> None:
        """Remember a key; error lines are remembered longer."""
        bucket = at_ms // BUCKET_MS
        if at_ms >= self.floor_ms:
            keys = self._all.setdefault(bucket, set())
            self.count += key not in keys
            keys.add(key)
        if error:
            self._errors.setdefault(bucket, set()).add(key)

    def forget(self, before_ms: int, errors_before_ms: int, spare_ms: int) -> None:
        """Forget what is older. When still too many, forget further, oldest first: up to `spare_ms`, and beyond it if twice too many."""
        self._raise(before_ms)
        for bucket in sorted(self._all):
            spared = (bucket + 1) * BUCKET_MS > spare_ms
            if self.count <= self.most or (spared and self.count <= 2 * self.most):
                break
            self._raise((bucket + 1) * BUCKET_MS)
        errors = errors_before_ms // BUCKET_MS
        for bucket in [b for b in self._errors if b < errors]:
            del self._errors[bucket]
        self.error_floor_ms = max(self.error_floor_ms, errors * BUCKET_MS)

    def _raise(self, floor_ms: int) -> None:
        floor = floor_ms // BUCKET_MS
        for bucket in [b for b in self._all if b < floor]:
            self.count -= len(self._all.pop(bucket))
        self.floor_ms = max(self.floor_ms, floor * BUCKET_MS)


class Delays:
    """The newest ingestion delays, for the width of the overlap."""

    LEAST_S, MOST_S, FIRST_S = 30.0, 300.0, 90.0

    def __init__(self) -> None:
        self._seen_ms: deque[int] = deque(maxlen=2_000)

    def add(self, event: Event) -> None:
        if event.ingested_ms is not None:
            self._seen_ms.append(max(0, event.ingested_ms - event.at_ms))

    def p99_s(self) -> float | None:
        """99th percentile in seconds; None below 100 events."""
        if len(self._seen_ms) < 100:
            return None
        return sorted(self._seen_ms)[int(len(self._seen_ms) * 0.99)] / 1000.0

    def overlap_s(self) -> float:
        """Twice the 99th percentile, within 30 and 300 s; 90 s until enough was seen."""
        p99 = self.p99_s()
        return self.FIRST_S if p99 is None else min(self.MOST_S, max(self.LEAST_S, 2.0 * p99))


class Paging(msgspec.Struct):
    """What was learned of a back end's pages."""

    tokens_seen: bool = False
    largest: int = 10
    """Events of the largest page without a token so far, each counted once."""
    honest: int = 9
    """Pages without a token and up to this size were shown to be complete."""

    def may_be_cut(self, events: int, limit: int) -> bool:
        """Whether a page without a token may lack the rest of its window: a back end cuts at one size, so a smaller page was not cut."""
        return events >= limit or (not self.tokens_seen and events > self.honest and events >= self.largest)


class Pass:
    """One reading of [start, now): follows tokens, and goes on by time where tokens are missing, repeated or refused."""

    MOST_EMPTY = 200
    """Empty pages in a row, after which a back end is not believed any more."""

    def __init__(self, job: Job, start_ms: int, asked_s: float, mark_ms: int, pattern: str = "") -> None:
        self.job, self.start_ms, self.asked_s, self.pattern = job, start_ms, asked_s, pattern
        self.begin_ms, self.turned_s = start_ms, asked_s
        """Where the whole reading begins, and when its newest page was asked for."""
        self.mark_ms = mark_ms
        """The next wide window begins an overlap before this."""
        self.token = ""
        self.position_ms = start_ms
        """Read up to here."""
        self.pages = 0
        self.stuck = 0
        """Milliseconds that held more events than the back end would give."""
        self.gave_up = False
        """It was ended by too many empty pages, not by the end of the window."""
        self._tokens: set[str] = set()
        self._empty = 0
        self._probe = 0
        self._twins: dict[int, tuple[int, int]] = {}
        self._head: Event | None = None
        self._again = False

    def began(self, page: Page) -> None:
        """Before the events of a page are recognised: the page before it answered once more has no twins of its own."""
        head = page.events[0] if page.events else None
        self._again = bool(self.token) and self._head in page.events and (page.token == self.token or head == self._head)
        if self._again:
            self._forget_twins(min(event.at_ms for event in page.events))
        self._head = head

    def _forget_twins(self, from_ms: int) -> None:
        self._twins = {key: twin for key, twin in self._twins.items() if twin[0] < from_ms}

    def key(self, event: Event) -> int:
        """What an event is recognised by: its id, or else all its fields and how many alike came before it in this reading."""
        if event.id:
            return hash((event.stream, event.at_ms, event.id))
        plain = hash((event.stream, event.at_ms, event.ingested_ms, event.message))
        nth = self._twins.get(plain, (0, 0))[1] + 1
        self._twins[plain] = (event.at_ms, nth)
        return hash((plain, nth))

    def by_time(self, start_ms: int) -> None:
        """Go on from a time, without a token."""
        self.start_ms, self.token = start_ms, ""
        self._head = None
        self._forget_twins(start_ms)

    def took(self, page: Page, paging: Paging, limit: int) -> bool:
        """Go one page further; returns whether the window is read to its end."""
        count = len(page.events)
        newest = max((event.at_ms for event in page.events), default=self.start_ms)
        moved = newest > self.start_ms
        self.pages += 1
        self.position_ms = max(self.position_ms, newest)
        self._empty = 0 if count else self._empty + 1
        if self._empty >= self.MOST_EMPTY:
            self.gave_up = True
            return True
        if page.token and page.token not in self._tokens and not self._again:
            self.token = page.token
            self._tokens.add(page.token)
            paging.tokens_seen = paging.tokens_seen or len(self._tokens) > 1
            return False
        done = self._ended(count, moved, bool(page.token), paging, limit)
        if count > paging.largest:
            paging.largest = max(paging.largest, len(set(page.events)))
        return done

    def _ended(self, count: int, moved: bool, repeated: bool, paging: Paging, limit: int) -> bool:
        """After a page whose token is missing or repeated: whether there can be no more; if there can, go on by time."""
        if moved and (repeated or paging.may_be_cut(count, limit)):
            self._probe = 0 if repeated else count
            self.by_time(self.position_ms)
            return False
        full = count >= limit or (count >= paging.largest and not paging.tokens_seen)
        if not moved and full:
            self.stuck += 1
            self.by_time(self.start_ms + 1)
            return False
        if self._probe and not moved:
            paging.honest = max(paging.honest, self._probe - 1)
        return True
