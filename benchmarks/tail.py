"""What `clickit-tui tail` loses and repeats, what a line costs it, and its memory over a day; the clock is stepped, the engine real."""

from __future__ import annotations

import asyncio
import io
import json
import re
import subprocess
import sys
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import NamedTuple

from benchmarks.driving import ROOT, environment
from benchmarks.row import Row
from benchmarks.words import log_text
from clickit_tui.headless.tail import Asked, Printing, sift_of, tail_of
from clickit_tui.logs.fetch import Ask, Event, Fetch, Page
from clickit_tui.logs.line import line_of
from clickit_tui.logs.plain import plain_line
from clickit_tui.world.seen import Failed, Trouble
from tests.logs.fake import START, LogService, Stepped, follow_by_last_timestamp

GROUP = "/ecs/clickit-dev-api"
LASTS_S = 600
PER_SECOND = 10
AFTER_S = 200.0
"""How long is read on after the last line."""
DOWN_S = (300.0, 20.0)
"""When a restart stops the reading, and for how long; the engine goes on where it was."""
AGAIN_S = 60.0
"""How far back the baseline begins after a restart."""
FLOOD_PER_SECOND, FLOOD_S = 2_000, 60
DAY_PER_SECOND = 2


class Tally(NamedTuple):
    """How an output differs from what was written."""

    lost: int
    repeated: int
    unsaid: int = 0
    """Lines out of order that are not marked so."""


class Case(NamedTuple):
    """One vice of the log service."""

    name: str
    service: Callable[[], LogService]
    restart: bool = False


def _history(delay_s: Callable[[Random], float], **vices: object) -> LogService:
    service, rng = LogService(Stepped(), **vices), Random(7)  # type: ignore[arg-type]
    for n in range(LASTS_S * PER_SECOND):
        service.put(GROUP, n / PER_SECOND, delay_s(rng), log_text(n))
    return service


def _soon(rng: Random) -> float:
    return rng.uniform(0.1, 1.0)


def _sometimes_late(rng: Random) -> float:
    return rng.uniform(1.0, 60.0) if rng.random() < 0.05 else _soon(rng)


def _ahead() -> LogService:
    service = _history(_soon)
    service.future(GROUP, 60, 3600, "an hour ahead")
    return service


def _throttled() -> LogService:
    rng = Random(3)
    return _history(_soon, troubles={n: Trouble.THROTTLED for n in range(5, 2_000) if rng.random() < 0.3})


CASES = (
    Case("late up to 60 s", lambda: _history(_sometimes_late)),
    Case("duplicates", lambda: _history(_soon, repeats=3)),
    Case("out of order", lambda: _history(lambda rng: rng.uniform(0.0, 4.0))),
    Case("a stamp one hour ahead", _ahead),
    Case("throttles", _throttled),
    Case("paging without tokens", lambda: _history(_soon, page_size=40, tokens="none")),
    Case("restart", lambda: _history(_soon), restart=True),
)


def rows() -> Iterator[Row]:
    """Lost and repeated lines for each vice, the cost of a line, memory over a day."""
    for case in CASES:
        ours, theirs = asyncio.run(_ours(case)), asyncio.run(_theirs(case))
        against = f"by last timestamp: {theirs.lost:,} lost, {theirs.repeated:,} repeated"
        yield Row(
            f"tail, {case.name}: lines lost or repeated", ours.lost + ours.repeated, "", theirs.lost + theirs.repeated, against, most=0
        )
        yield Row(f"tail, {case.name}: out of order and not marked", ours.unsaid, "", most=0)
    yield from _flood_rows()
    yield _day_row()


async def _ours(case: Case) -> Tally:
    service, out = case.service(), io.StringIO()
    clock = service.time
    clock.workers = 2
    engine = tail_of({"api": GROUP}, service.fetch, since_s=60.0, clock=clock.clock, sleep=clock.sleep)
    printing = _printing(engine, out, clock, as_json=True)
    for seconds, down_s in _stretches(case):
        await clock.run(printing.run(), seconds)
        clock.now += down_s
    found = [json.loads(line) for line in out.getvalue().splitlines()]
    return _tally(service, Counter(one["id"] for one in found), _unsaid(found))


async def _theirs(case: Case) -> Tally:
    service, told = case.service(), Counter[str]()
    clock, since_s = service.time, 60.0
    for seconds, down_s in _stretches(case):
        with suppress(Failed):
            await clock.run(follow_by_last_timestamp(service.fetch, GROUP, clock, lambda event: told.update([event.id]), since_s), seconds)
        clock.now, since_s = clock.now + down_s, AGAIN_S
    return _tally(service, told, 0)


def _stretches(case: Case) -> tuple[tuple[float, float], ...]:
    """(seconds of reading, seconds without) one after the other."""
    whole = LASTS_S + AFTER_S
    return (DOWN_S, (whole - sum(DOWN_S), 0.0)) if case.restart else ((whole, 0.0),)


def _printing(engine: object, out: io.StringIO, clock: Stepped, *, as_json: bool = False) -> Printing:
    asked = Asked(follow=True, as_json=as_json)
    return Printing(engine, sift_of(asked), out, asked, clock=clock.clock, sleep=clock.sleep, say=lambda _: None)  # type: ignore[arg-type]


def _tally(service: LogService, told: Counter[str], unsaid: int) -> Tally:
    written = {stored.event.id for stored in service.events[GROUP]}
    return Tally(len(written - told.keys()), sum(told.values()) - len(told), unsaid)


def _unsaid(found: list[dict[str, object]]) -> int:
    """Unmarked lines before which a newer one was printed; one stamped in the future is newer than nothing."""
    newest, count = (0, 0, ""), 0
    for one in found:
        key = (one["at_ms"], one["ingested_ms"], one["id"])
        if one["message"] == "an hour ahead":
            continue
        count += key < newest and not one["late"]  # type: ignore[operator]
        newest = max(newest, key)  # type: ignore[type-var]
    return count


class Even:
    """A log service that writes so many lines a second, evenly, from the start until an end; nothing is stored but what is asked."""

    def __init__(self, per_second: int, lasts_s: float, clock: Stepped, begun: float = START) -> None:
        self.per_second, self.clock, self.begun = per_second, clock, begun
        self.count = int(per_second * lasts_s)

    def event(self, n: int) -> Event:
        """The n-th line, taken in 200 ms after it was written."""
        at_ms = int(self.begun * 1000) + n * 1000 // self.per_second
        return Event(at_ms, log_text(n), f"ecs/api/{n % 3:032x}", f"{n:012d}", at_ms + 200)

    async def fetch(self, ask: Ask) -> Page:
        """One page; the token is the place at which the next begins."""
        to = min(self.count, int((self.clock.now - 0.2 - self.begun) * self.per_second))
        places = range(max(0, to))
        first = int(ask.token) if ask.token else bisect_left(places, ask.start_ms, key=lambda n: self.event(n).at_ms)
        last = min(to, first + ask.limit)
        return Page(events=tuple(self.event(n) for n in range(first, last)), token=str(last) if last < to else "")


def _flood_rows() -> Iterator[Row]:
    clock, out = Stepped(), io.StringIO()
    service, spent = Even(FLOOD_PER_SECOND, FLOOD_S, clock), [0.0]
    clock.workers = 2
    engine = tail_of({"api": GROUP}, _untimed(service.fetch, spent), since_s=60.0, clock=clock.clock, sleep=clock.sleep)
    begun = time.process_time()
    asyncio.run(clock.run(_printing(engine, out, clock).run(), FLOOD_S + AFTER_S))
    ours_ms = (time.process_time() - begun - spent[0]) * 1e6 / service.count
    events = [service.event(n) for n in range(service.count)]
    begun = time.process_time()
    once = [plain_line(line_of(event, "api", GROUP)) for event in events]
    floor_ms = (time.process_time() - begun) * 1e6 / service.count
    got, wanted = Counter(out.getvalue().splitlines()), Counter(once)
    yield Row("tail: lines lost or repeated at 2,000 a second", ((got - wanted) + (wanted - got)).total(), "", most=0)
    yield Row("tail: processor time of 1,000 lines at 2,000 a second", ours_ms, "ms", floor_ms, "each made and written once", most=500)
    mib = _apart("flood")
    yield Row("tail --follow: most memory at 2,000 a second for 60 s", mib[-1], "MiB", mib[0], "before the first line", most=150)


def _untimed(fetch: Fetch, spent: list[float]) -> Fetch:
    """A fetch whose own processor time is added up apart."""

    async def untimed(ask: Ask) -> Page:
        begun = time.process_time()
        page = await fetch(ask)
        spent[0] += time.process_time() - begun
        return page

    return untimed


def _apart(what: str) -> list[float]:
    """MiB as a process of its own measured them."""
    command = [sys.executable, "-m", "benchmarks.tail", what]
    done = subprocess.run(command, cwd=ROOT, env=environment(), check=True, stdout=subprocess.PIPE, text=True)
    found: list[float] = json.loads(done.stdout)["mib"]
    return found


def _day_row() -> Row:
    mib = _apart("day")
    return Row("tail --follow: memory after a stepped day", mib[-1], "MiB", mib[0], "after one hour", most=150, most_ratio=1.1)


class Nowhere(io.StringIO):
    """An output that keeps nothing but the count of its lines."""

    lines = 0

    def write(self, text: str, /) -> int:
        self.lines += text.count("\n")
        return len(text)


def resident_mib(which: str = "VmRSS") -> float:
    """Resident memory of this process; `VmHWM` is the most it ever was."""
    found = re.search(rf"{which}:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


async def day(hours: int = 24) -> dict[str, object]:
    """Resident MiB at the end of each hour of following, and how many lines were printed."""
    clock, out, mib = Stepped(), Nowhere(), list[float]()
    service = Even(DAY_PER_SECOND, hours * 3600, clock)
    clock.workers = 2
    engine = tail_of({"api": GROUP}, service.fetch, since_s=60.0, clock=clock.clock, sleep=clock.sleep)
    running = asyncio.ensure_future(_printing(engine, out, clock).run())
    for hour in range(1, hours + 1):
        await clock.until(START + hour * 3600)
        mib.append(round(resident_mib(), 1))
        print(f"{hour} h: {mib[-1]} MiB, {out.lines} lines", file=sys.stderr, flush=True)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return {"mib": mib, "lines": out.lines}


async def flood() -> dict[str, object]:
    """Resident MiB before the first line and the most there was, and how many lines were printed."""
    clock, out, before = Stepped(), Nowhere(), resident_mib()
    clock.workers = 2
    service = Even(FLOOD_PER_SECOND, FLOOD_S, clock)
    engine = tail_of({"api": GROUP}, service.fetch, since_s=60.0, clock=clock.clock, sleep=clock.sleep)
    await clock.run(_printing(engine, out, clock).run(), FLOOD_S + AFTER_S)
    return {"mib": [round(before, 1), round(resident_mib("VmHWM"), 1)], "lines": out.lines}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(flood() if sys.argv[1:] == ["flood"] else day())))
