"""What one log group is asked next, and what its answers mean: the schedule and the bookkeeping, without any I/O."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

import msgspec

from clickit_tui.logs.fetch import Ask, Event, Page
from clickit_tui.logs.window import Delays, Job, Known, Paging, Pass
from clickit_tui.world.seen import Fault, Trouble

LIVE_S, IDLE_S, WIDE_S, SWEEP_EVERY_S = 2.6, 5.0, 10.0, 60.0
"""Seconds between readings; three groups at these intervals stay within the budget."""
TAIL_S = 5.0
SWEEP_S = 600.0
QUIET_S = 300.0
"""A window is never begun later than this before now because of an old newest line: clocks may differ so much and no more."""
SETTLED_AHEAD_MS = 5_000
LIVE_PAGES = 5
LONG_PAGES = 3
"""A wide reading of more pages takes three turns of four, and the live one begins at the newest seconds."""
BROKEN_S = 60.0
"""Without an answer for longer than this, what was missed is read as a backfill."""
SMALL = 5_000
"""Below so many known events the sweep reads every line, not only errors."""

TERMS = (
    "ERROR", "Error", "error", "FATAL", "Fatal", "fatal", "CRITICAL", "critical", "CRIT", "PANIC", "panic", "SEVERE", "EMERG", "ALERT",
    "Traceback", "Exception", "Unhandled", "Uncaught", "Segmentation fault", "core dumped", "Out of memory",
    ":50,", ": 50,", ":60,", ": 60,", " 500 ", " 502 ", " 503 ", " 504 ",
)  # fmt: skip
"""What lines of level error have in them: words, the numeric levels of JSON lines, the status of access lines."""
SWEEP_PATTERN = " ".join(f"?{term}" if term.isalpha() else f'?"{term}"' for term in TERMS)
"""Filter pattern of the sweep; terms of CloudWatch's patterns are case-sensitive, and one with other characters stands in quotes."""


def looks_wrong(message: str) -> bool:
    """Whether the sweep's pattern matches a message."""
    return any(term in message for term in TERMS)


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of time that was not read, or not to its end."""

    part: str
    from_ms: int
    to_ms: int
    why: str


class Fresh(msgspec.Struct, frozen=True):
    """An event that was not taken before."""

    event: Event
    late: bool


class Reader:
    """One log group. Times given are epoch seconds; nothing here waits."""

    def __init__(
        self,
        part: str,
        group: str,
        *,
        since_s: float,
        pattern: str = "",
        streams: tuple[str, ...] = (),
        limit: int = 10_000,
        backfill_s: float = 3600.0,
    ) -> None:
        self.part, self.group, self.pattern, self.streams, self.limit = part, group, pattern, streams, limit
        self.backfill_s = backfill_s
        self.since_ms = int(since_s * 1000)
        self.known = Known(self.since_ms)
        self.delays = Delays()
        self.paging = Paging()
        self.gaps: list[Gap] = []
        self.fault: Fault | None = None
        self.ok_at: float | None = None
        self.filled = False
        """The first window was read to its end."""
        self.late = 0
        self.beyond = 0
        """Lines that came later than the overlap and were found by the sweep."""
        self.ignored = 0
        """Answered events older than what is remembered: whether they were taken before cannot be told."""
        self.unreadable = 0
        """Most events of one page that carry neither a time nor a message."""
        self.unreadable_at = float("-inf")
        self.repeated = 0
        self.overlap_s = Delays.FIRST_S
        self.slow = 1.0
        """Factor on the intervals while the service throttles."""
        self._cursor_ms: int | None = None
        self._settled_ms: int | None = None
        self._mark_ms: int | None = None
        self._wide_at: float | None = None
        self._read_to_s: float | None = None
        self._returned_at: float | None = None
        self._turns = 0
        self._live_at: float | None = None
        self._sweep_at: float | None = None
        self._new_at: float | None = None
        self._not_before = float("-inf")
        self._failures = 0
        self._passes: dict[Job, Pass] = {}
        self._job = Job.LIVE
        self._plain_sweep = False

    # --- what to ask next ---

    def wait_s(self, now: float) -> float:
        """Seconds until the next question is due; 0 when it is due."""
        if now < self._not_before:
            return self._not_before - now
        return max(0.0, min(self._due(job, now) for job in Job) - now)

    def _due(self, job: Job, now: float) -> float:
        """When a job is due, epoch seconds."""
        if job in self._passes:
            return now
        if job is Job.SWEEP:
            return float("inf") if self._sweep_at is None else self._sweep_at + SWEEP_EVERY_S * self.slow
        if job is Job.WIDE:
            return now if self._wide_at is None else self._wide_at + WIDE_S * self.slow
        if self._live_at is None:
            return now
        idle = self._new_at is None or now - self._new_at > 60.0
        return self._live_at + (IDLE_S if idle else LIVE_S) * self.slow

    def _choose(self, now: float) -> Job:
        """The job of this turn: live and wide take turns, a late sweep goes first, a fresh wide reading serves as the live one."""
        due = {job for job in Job if self._due(job, now) <= now}
        overdue = Job.SWEEP in self._passes or now - (self._sweep_at or now) > 1.5 * SWEEP_EVERY_S
        if overdue and Job.SWEEP in due and self._job is not Job.SWEEP:
            return Job.SWEEP
        if self._live_at is None or (Job.LIVE in due and Job.WIDE in self._passes and self._turns >= (3 if self._long else 1)):
            return Job.LIVE
        return next((job for job in (Job.WIDE, Job.LIVE, Job.SWEEP) if job in due), Job.LIVE)

    def ask(self, now: float) -> Ask:
        """The next question; the answer goes to `fresh` and `took`, or `failed`."""
        self._job = self._choose(now)
        self._turns = 0 if self._job is Job.LIVE else self._turns + 1
        reading = self._passes.get(self._job) or self._begin(self._job, now)
        reading.turned_s = now
        return Ask(
            group=self.group,
            start_ms=max(0, reading.start_ms),
            token=reading.token,
            pattern=reading.pattern,
            streams=self.streams,
            limit=self.limit,
        )

    @property
    def _long(self) -> bool:
        reading = self._passes.get(Job.WIDE)
        return reading is not None and reading.pages > LONG_PAGES

    def _begin(self, job: Job, now: float) -> Pass:
        now_ms = int(now * 1000)
        quiet_ms = now_ms - int(QUIET_S * 1000)
        mark_ms = min(now_ms, max(self._cursor_ms or 0, quiet_ms))
        start_ms, pattern = self._window(job, now_ms, mark_ms)
        reading = self._passes[job] = Pass(job, start_ms, now, mark_ms, pattern)
        if job is Job.SWEEP:
            self._sweep_at = now
        else:
            self._live_at = now
        return reading

    def _window(self, job: Job, now_ms: int, mark_ms: int) -> tuple[int, str]:
        """Where a new reading begins, and its filter pattern."""
        if job is Job.SWEEP:
            whole = self.known.count < SMALL and self.known.floor_ms <= max(self.since_ms, now_ms - int(SWEEP_S * 1000))
            start = max(now_ms - int(SWEEP_S * 1000), self.known.error_floor_ms, self.since_ms)
            return start, self.pattern or ("" if whole or self._plain_sweep else SWEEP_PATTERN)
        if job is Job.LIVE:
            last_ms = now_ms - 60_000 if self._live_at is None else int(self._live_at * 1000) - int(TAIL_S * 1000)
            last_ms = max(last_ms, now_ms - int(2_000 * TAIL_S)) if self._long else last_ms
            return max(self.known.floor_ms, now_ms - 120_000, min(last_ms, mark_ms - int(TAIL_S * 1000))), self.pattern
        if self._mark_ms is None:
            return self.since_ms, self.pattern
        self.overlap_s = self.delays.overlap_s()
        start = max(self.known.floor_ms, self._mark_ms - int(self.overlap_s * 1000))
        return self._not_too_far(start, now_ms), self.pattern

    def _not_too_far(self, start_ms: int, now_ms: int) -> int:
        """A window longer than what is ever read back is cut, and the rest is a gap."""
        if now_ms - (self._mark_ms or now_ms) <= self.backfill_s * 1000:
            return start_ms
        oldest = now_ms - int(self.backfill_s * 1000)
        self.gaps.append(Gap(part=self.part, from_ms=self._mark_ms or start_ms, to_ms=oldest, why="too long ago to read it all"))
        return oldest

    # --- what the answer means ---

    def began(self, page: Page) -> None:
        """An answer has come; its events follow through `fresh`, in as many parts as one likes, and then `took`."""
        self._passes[self._job].began(page)

    def fresh(self, events: Iterable[Event]) -> list[Fresh]:
        """Of some events of the answer, those that were not taken before; they count as taken from now on."""
        reading = self._passes[self._job]
        taken = []
        for event in events:
            key = reading.key(event)
            if event.at_ms < self.known.floor_ms and not self._swept(event, reading):
                self.ignored += 1
            elif self.known.has(event.at_ms, key):
                self.repeated += 1
            else:
                self.known.add(event.at_ms, key, looks_wrong(event.message))
                taken.append(Fresh(event, self._is_late(event, reading.job)))
        return taken

    def _swept(self, event: Event, reading: Pass) -> bool:
        """Whether an event older than what is remembered is an error line of a sweep, which are remembered longer."""
        return reading.job is Job.SWEEP and event.at_ms >= self.known.error_floor_ms and looks_wrong(event.message)

    def _is_late(self, event: Event, job: Job) -> bool:
        self.delays.add(event)
        if self._settled_ms is None or event.at_ms >= self._settled_ms:
            return False
        self.late += 1
        self.beyond += job is Job.SWEEP
        return True

    def took(self, page: Page, now: float) -> None:
        """The whole page was taken: the reading goes on or ends."""
        reading = self._passes[self._job]
        if self.ok_at is not None and now - self.ok_at > BROKEN_S:
            self._returned_at = now
        self.ok_at, self.fault, self._failures = now, None, 0
        self.slow = max(1.0, self.slow / 2.0)
        if page.unreadable:
            self.unreadable, self.unreadable_at = max(self.unreadable, page.unreadable), now
        self._advance_cursor(page, now)
        done = reading.took(page, self.paging, self.limit)
        if done or (reading.job is Job.LIVE and reading.pages >= LIVE_PAGES):
            del self._passes[reading.job]
            self._ended(reading, now)
        elif reading.job is Job.WIDE:
            self._forget(self.known.floor_ms, min(reading.position_ms, reading.mark_ms - int(self.overlap_s * 1000)), now)

    def _advance_cursor(self, page: Page, now: float) -> None:
        """The newest time that can be believed: neither a stamp in the future nor our own clock can drag it ahead of the service's."""
        soon = int(now * 1000) + SETTLED_AHEAD_MS
        for event in page.events:
            at = min(event.at_ms, soon, event.at_ms if event.ingested_ms is None else event.ingested_ms)
            if self._cursor_ms is None or at > self._cursor_ms:
                self._cursor_ms, self._new_at = at, now

    def _ended(self, reading: Pass, now: float) -> None:
        """Bookkeeping at the end of a reading: only a wide one moves what counts as read."""
        if reading.stuck or reading.gave_up:
            why = "more lines in one millisecond than a page holds" if reading.stuck else "empty pages without end"
            self.gaps.append(Gap(part=self.part, from_ms=reading.start_ms, to_ms=int(now * 1000), why=why))
        if reading.job is not Job.WIDE:
            return
        self._wide_at, self._mark_ms = reading.asked_s, reading.mark_ms
        self._read_to_s = reading.turned_s
        if self._returned_at is not None and reading.asked_s >= self._returned_at:
            self._returned_at = None
        self._settled_ms = self._cursor_ms
        self.filled = True
        self._sweep_at = now if self._sweep_at is None else self._sweep_at
        keep_ms = min(int((now - SWEEP_S - 60.0) * 1000), self._mark_ms - int(Delays.MOST_S * 1000))
        self._forget(keep_ms, self._mark_ms - int(self.overlap_s * 1000), now)
        del self.gaps[:-50]

    def _forget(self, before_ms: int, needed_ms: int, now: float) -> None:
        """Bound what is remembered; where that reaches into what is still needed, later lines there are missed: a gap."""
        self.known.forget(before_ms, int((now - SWEEP_S - 120.0) * 1000), needed_ms)
        needed_ms = max(needed_ms, self.since_ms)
        if self.known.floor_ms > needed_ms and self.filled:
            why = "more lines than can be remembered"
            self.gaps.append(Gap(part=self.part, from_ms=needed_ms, to_ms=self.known.floor_ms, why=why))

    def failed(self, fault: Fault, now: float, rng: Random) -> None:
        """The question was not answered: the reading waits, and what was asked is not lost."""
        reading = self._passes[self._job]
        if fault.kind is Trouble.INVALID and (reading.token or (reading.pattern and not self.pattern)):
            self._refused(reading)
            return
        self.fault, self._failures = fault, self._failures + 1
        if fault.kind is Trouble.THROTTLED:
            self.slow = min(16.0, self.slow * 2.0)
            wait = LIVE_S * self.slow
        elif fault.kind in (Trouble.DENIED, Trouble.MISSING, Trouble.UNSERVED):
            wait = 15.0
        else:
            wait = min(30.0, 1.0 * 2.0 ** min(self._failures, 5))
        self._not_before = now + wait * rng.uniform(0.75, 1.25)
        if reading.job is not Job.WIDE:
            del self._passes[reading.job]

    def _refused(self, reading: Pass) -> None:
        """A token was refused: go on by time. A pattern was refused: sweep without one."""
        if reading.token:
            reading.by_time(reading.position_ms)
        else:
            self._plain_sweep = True
            del self._passes[reading.job]

    def resume(self) -> None:
        """After the loop was ended in the middle of an answer: begin the page again."""
        self._passes = {job: reading for job, reading in self._passes.items() if job is Job.WIDE}
        for reading in self._passes.values():
            reading.by_time(reading.position_ms)

    # --- how it stands ---

    def read_to(self) -> float | None:
        """Up to when all lines were read, epoch seconds; None before the first page."""
        reading = self._passes.get(Job.WIDE)
        if reading is None or not reading.pages:
            return self._read_to_s
        position_s = min(reading.position_ms / 1000, reading.turned_s if self.filled else reading.asked_s)
        return position_s if self._read_to_s is None else max(self._read_to_s, position_s)

    @property
    def confirmed_at(self) -> float | None:
        """When the newest reading of the overlap window that was read to its end was begun, epoch seconds; None before the first."""
        return self._wide_at

    @property
    def backfilling(self) -> bool:
        """What was written before the start, or while there was no connection, is not read to its end."""
        return not self.filled or self._returned_at is not None

    @property
    def progress(self) -> float:
        """Share of the wide reading under way that was read, 0 to 1."""
        reading = self._passes.get(Job.WIDE)
        if reading is None:
            return 0.0
        begin_s = reading.begin_ms / 1000
        return min(1.0, max(0.0, (reading.position_ms / 1000 - begin_s) / max(1.0, reading.asked_s - begin_s)))
