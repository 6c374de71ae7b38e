"""Makes `docs/fault-matrix.md`: every service broken in every way while somebody works: `make faults [ARGS="SERVICE ..."]`."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from clickit_tui.aws import gateway
from clickit_tui.demo import faults
from clickit_tui.demo.launch import Demo, clean_environ, start
from tests.faults.working import Told, Work, admitted, hollowed, working

FILE = Path(__file__).parents[2] / "docs" / "fault-matrix.md"
EVERY = "*"
HALF = "[a-e]*"
"""application-autoscaling, ce, cloudwatch, ec2, ecr, ecs, elasticache, elbv2."""
NAMED = {EVERY: "all at once", HALF: "half, from the start"}
SERVICES: dict[str, str] = {
    "ecs": "12680",
    "elbv2": "1250",
    "rds": "1790",
    "elasticache": "179",
    "cloudwatch": "14590",
    "logs": "139",
    "ec2": "179",
    "ecr": "18",
    "secretsmanager": "18",
    "application-autoscaling": "190",
    "pi": "17",
    "sts": "10",
    EVERY: "1234567890",
    HALF: "1234567890",
}
"""Each service with the screens that show what it feeds."""
NOTHING = "nothing"
"""The same round while all is well."""
FROM_START = ("deny", "html", "unserved", "404", "empty", "absent", "untokened")
"""What an endpoint can be like that was never whole."""
LENGTHS = {"delay": ":0.3s", "slow": ":0.3s", "skew": ":10m"}
HARMLESS = frozenset({"delay", "slow", "untokened", NOTHING})
"""Kinds after which everything is still known; the demo's answers fit on one page."""
JUDGED = {
    "ecs": ("api", "frontend"),
    "elbv2": ("edge",),
    "rds": ("database",),
    "elasticache": ("cache",),
    "cloudwatch": ("edge", "alarms"),
    EVERY: ("edge", "api", "frontend", "database", "cache", "alarms"),
    HALF: ("edge", "api", "frontend", "cache", "alarms"),
}
"""Parts whose verdict rests on a service: none of them may pass while it is broken."""
HANG_S = 1.5
"""How long a call may take here, so that one that hangs does not hold up the matrix."""
STEPS_S = (10.0,) * 12 + (60.0,) * 20 + (600.0,) * 8
"""How time goes on after the healing until everything is known again."""


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one fault of one service."""

    service: str
    kind: str
    fields: int = 0
    """How many fields of the World had a fault."""
    said: tuple[str, ...] = ()
    """What kinds of trouble the screen named."""
    back_s: float = 0.0
    """Seconds from the healing until everything that is always read was known again, without a key."""
    later_s: float = 0.0
    """The same for what is read on demand, from the first look at it."""
    wall_s: float = 0.0
    cpu_s: float = 0.0
    """The longest time a key may have waited, by the wall and by the processor."""
    wrong: tuple[str, ...] = ()
    """What should not have been."""


async def healthy(work: Work, service: str) -> dict[tuple[str, str], Told]:
    """What every pane shows while nothing is broken."""
    shown: dict[tuple[str, str], Told] = {}
    await work.read_again(work.always)
    await work.round(SERVICES[service], 0, lambda told: shown.update({(t.screen, t.pane): t for t in told}))
    return shown


async def cell(work: Work, service: str, kind: str, turn: int, before: dict[tuple[str, str], Told]) -> Cell:
    """Break, work, look, heal, wait."""
    world, wrong = work.session.store.world, list[str]()
    demand: frozenset[str] = frozenset()
    work.lag.forget()
    allowed_s = {**gateway._CALL_S}
    gateway._CALL_S.update(dict.fromkeys(allowed_s, HANG_S) if kind == "hang" else {})
    if kind != NOTHING:
        work.demo.fault(f"{service}.*={kind}{LENGTHS.get(kind, '')}")
    try:
        await work.go("1")
        await work.read_again(work.always)
        for _ in range(4):  # the log is asked, fails, is counted, is painted
            await work.on(8.0)
            await work.painted()
        wrong += passes(work, service, kind)

        def look(told: list[Told]) -> None:
            nonlocal demand
            demand |= work.wanted
            wrong.extend(complaints(work, told, before))

        await work.round(SERVICES[service], turn, look)
        hit = work.faults(work.known | demand)
        wrong += [
            f"{field} said to be none" for field in sorted(work.always) if hollowed(getattr(world, field).value, work.seen(field).value)
        ]
        wrong += [] if hit or kind in HARMLESS | {"absent"} else ["nothing said"]
    finally:
        work.demo.heal()
        gateway._CALL_S.update(allowed_s)
    wall_s, cpu_s = work.lag.wall_s, work.lag.cpu_s
    await work.go("1")
    back_s = await work.recovered(lambda: work.known, STEPS_S)
    later_s = 0.0
    for place in SERVICES[service]:
        await work.go(place)
        if work.wanted:
            later_s = max(later_s, await work.recovered(lambda: work.wanted, STEPS_S))
    wrong += [f"not back: {field}" for field in work.faults(work.known | work.wanted)]
    wrong += work.broken()
    for _ in range(2):  # what was read half is read whole again, and then what depends on it
        await work.read_again(work.always)
    return Cell(
        service=service,
        kind=kind,
        fields=len(hit),
        said=tuple(sorted(set(hit.values()) - {"waiting"})),
        back_s=back_s,
        later_s=later_s,
        wall_s=wall_s,
        cpu_s=cpu_s,
        wrong=tuple(dict.fromkeys(wrong)),
    )


def passes(work: Work, service: str, kind: str) -> list[str]:
    """Verdicts that pass without evidence."""
    view = work.app.board.view
    if kind in HARMLESS or view is None:
        return []
    return [f"{one.part} passes" for one in view.strip if one.part in JUDGED.get(service, ()) and one.verdict == "PASS"]


def complaints(work: Work, shown: list[Told], before: dict[tuple[str, str], Told]) -> Iterator[str]:
    """Panes that were emptied, that do not admit what they do not know, or that show a traceback."""
    panes = {str(pane.id): pane for pane in work.app.board.panes()}
    for told in shown:
        was = before.get((told.screen, told.pane))
        where = f"screen {told.screen}, {told.pane}"
        if was is not None and told.rows < min(was.rows, 3):
            yield f"{where} emptied: {told.text!r}"
        log = work.seen("log").fault
        if told.pane == "logs" and log is not None and ("LIVE" in told.title or log.sentence[:24] not in told.title):
            yield f"{where} says {told.title!r}"
        if not admitted(told, [work.seen(field) for field in panes[told.pane].reads], work.clock()) and told.pane != "alarm-detail":
            yield f"{where} says {told.title!r}"
        if "Traceback" in told.text:
            yield f"{where} shows a traceback"


def kinds_of(service: str) -> tuple[str, ...]:
    """The faults that a service is broken by."""
    if service == HALF:
        return FROM_START
    return (NOTHING, *faults.KINDS) if service == EVERY else tuple(faults.KINDS)


async def never_whole(demo: Demo, state: Path, kind: str) -> Cell:
    """A session that begins while half of the services are broken."""
    await asyncio.to_thread(lambda: demo.reset(seed=1, paused=True))
    demo.fault(f"{HALF}.*={kind}")
    async with working(demo, state) as work:
        return await cell(work, HALF, kind, 0, {})


async def row(demo: Demo, state: Path, service: str, kinds: Iterable[str]) -> list[Cell]:
    """All faults of one service, one after another, in one session; of half of the services each in a session of its own."""
    if service == HALF:
        return [await never_whole(demo, state / kind, kind) for kind in kinds]
    await asyncio.to_thread(lambda: demo.reset(seed=1, paused=True))
    async with working(demo, state) as work:
        before = await healthy(work, service)
        return [await cell(work, service, kind, turn, before) for turn, kind in enumerate(kinds)]


def line(of: Cell) -> str:
    """A cell as it stands on the page."""
    name = NAMED.get(of.service, of.service)
    back = f"{of.back_s:.0f} s" if of.fields else "–"
    said = ", ".join(of.said) or "–"
    return f"| {name} | {of.kind} | {of.fields} | {said} | {back} | {1000 * of.cpu_s:.0f} ms | {'; '.join(of.wrong) or 'ok'} |"


def page(rows: list[str]) -> str:
    """The whole page."""
    good = sum(row.endswith(" ok |") for row in rows)
    took = sorted(int(row.split("|")[6].split()[0]) for row in rows)
    middle = took[len(took) // 2]
    busy = max(rows, key=lambda row: int(row.split("|")[6].split()[0]))
    service, kind, *_, longest, _ = (each.strip() for each in busy.strip("|").split("|"))
    out = [
        "# What the dashboard does when AWS breaks",
        "",
        "Each service of the embedded ClickIt is broken in each way while a scripted person switches screens, filters, drills in, opens "
        "actions, help, details and a preview. Asked of every cell: no pane is emptied; every pane that shows something of the service "
        "says since when and why; nothing that was there is said not to be there; no verdict passes that rests on it; no task of the "
        "program ends and nothing is raised; and after the healing everything is known again without a key. "
        "The last rows are of sessions that began "
        "while half of the services were broken. Made by `make faults`; `make long` runs it too.",
        "",
        f"{good} of {len(rows)} cells are right. The event loop was busy with one turn for {middle} ms of processor time in the middle of "
        f"all cells and for {longest} at most ({service}, {kind}); the row `{NOTHING}` is what the same round takes while all is well: a "
        "repaint of 180x50 with every verdict, and the making of the SDK's clients. What is far above it is one look of Python's garbage "
        "collector at every object, which the program spares itself after its first reading and rows made anew do too "
        "([performance](performance.md)). Two cores with ten to twenty busy processes.",
        "",
        "| kind | what the endpoint does |",
        "|---|---|",
        *(f"| {each} | {text} |" for each, text in faults.KINDS.items()),
        "",
        "`fields` counts the fields of the World that admitted a fault, `said` are the kinds of trouble the screen named beside what waits "
        "for them, `back` is how many seconds after the healing all that is always read was known again, `busy` is the longest that one "
        "key may have waited, as processor time.",
        "",
        "| service | fault | fields | said | back | busy | |",
        "|---|---|---|---|---|---|---|",
        *rows,
    ]
    return "\n".join(out) + "\n"


def rows_of(text: str) -> list[str]:
    """The rows of a page."""
    return [row for row in text.splitlines() if row.startswith("| ") and row.count("|") == 8 and "| fault |" not in row]


def merged(old: list[str], new: list[str]) -> list[str]:
    """Rows in the order of the services, new ones in place of old ones."""
    by_key = {tuple(row.split("|")[1:3]): row for row in (*old, *new)}
    order = [NAMED.get(service, service) for service in SERVICES]
    return sorted(
        by_key.values(), key=lambda row: (order.index(row.split("|")[1].strip()), (NOTHING, *faults.KINDS).index(row.split("|")[2].strip()))
    )


async def made(services: Iterable[str], kinds: Iterable[str] = ()) -> list[Cell]:
    """Every cell of these services."""
    found: list[Cell] = []
    with start(seed=1, paused=True) as demo, tempfile.TemporaryDirectory() as state:
        kept = clean_environ(os.environ, demo)
        os.environ.clear()
        os.environ.update(kept)
        for service in services:
            found += (cells := await row(demo, Path(state) / str(len(found)), service, kinds or kinds_of(service)))
            for one in cells:
                sys.stderr.write(f"{line(one)} {one.later_s:.0f} s {1000 * one.wall_s:.0f} ms\n")
    return found


def main(services: Iterable[str]) -> None:
    """Play these services, all of them by default, and put their rows into the page."""
    for service in services or SERVICES:
        new = [line(one) for one in asyncio.run(made([service]))]
        FILE.write_text(page(merged(rows_of(FILE.read_text()) if FILE.exists() else [], new)))


if __name__ == "__main__":
    main(sys.argv[1:])
