"""The last lines of one task's own streams, also of a task that has stopped."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from clickit_tui.logs.fetch import Ask, Event, Fetch
from clickit_tui.logs.line import LogLine, line_of
from clickit_tui.logs.mask import Blocks
from clickit_tui.world.ecs import Task, TaskDefinition
from clickit_tui.world.seen import Failed, Fault, Trouble

MOST = 50
"""Lines that are kept."""
BACK_S = (60.0, 900.0, 7200.0)
"""How far before the task's end the lines are looked for, one after the other, until there are enough; then its whole life."""
LATE_S = 60.0
"""A line may carry a stamp this long after the task's end."""
PAGES = 30
"""Most pages of one look."""

Stream = tuple[str, str]
"""(log group, log stream)."""


def streams_of(task: Task, definition: TaskDefinition | None, groups: Mapping[str, str]) -> tuple[Stream, ...]:
    """Where a task's containers write: `PREFIX/CONTAINER/TASK-ID`; `groups` has the group of a part whose definition names none."""
    containers = definition.containers if definition is not None else ()
    found = [(c.log_group or groups.get(task.part, ""), f"{c.log_prefix}/{c.name}/{task.id}") for c in containers if c.log_prefix]
    return tuple(stream for stream in dict.fromkeys(found) if stream[0])


async def last_lines(
    fetch: Fetch, task: Task, definition: TaskDefinition | None, groups: Mapping[str, str], now: float, most: int = MOST
) -> tuple[LogLine, ...]:
    """The newest lines of all its containers, oldest first; raises Failed when none of its streams can be read."""
    streams = streams_of(task, definition, groups)
    if not streams:
        raise Failed(Fault(kind=Trouble.WAITING, sentence="its log stream is not known: its task definition was not read"))
    lines: list[LogLine] = []
    failures: list[Failed] = []
    for group, stream in streams:
        try:
            blocks = Blocks()
            lines += [line_of(event, task.part, group, blocks=blocks) for event in await _of_stream(fetch, group, stream, task, now, most)]
        except Failed as failed:
            failures.append(failed)
    if failures and len(failures) == len(streams):
        raise failures[0]
    return tuple(sorted(lines, key=lambda line: line.key)[-most:])


async def _of_stream(fetch: Fetch, group: str, stream: str, task: Task, now: float, most: int) -> tuple[Event, ...]:
    end_s = task.stopped_at + LATE_S if task.stopped_at is not None else now + LATE_S
    born_s = task.created_at if task.created_at is not None else end_s - BACK_S[-1]
    last: tuple[Event, ...] | None = None
    for back_s in (*BACK_S, end_s - born_s):
        start_s = max(born_s, end_s - LATE_S - back_s)
        found = await _between(fetch, group, stream, start_s, end_s, most)
        if found is None:
            break
        last = found
        if len(last) == most or start_s == born_s:
            break
    if last is None:
        sentence = "it wrote more in its last minute than is read here: the log screen (3) reads all of it"
        raise Failed(Fault(kind=Trouble.UNKNOWN, sentence=sentence, operation="logs:FilterLogEvents"))
    return last


async def _between(fetch: Fetch, group: str, stream: str, start_s: float, end_s: float, most: int) -> tuple[Event, ...] | None:
    """The newest events of a window; None when it holds more pages than are read, so that its end was not seen."""
    found: deque[Event] = deque(maxlen=most)
    ask = Ask(group=group, start_ms=int(start_s * 1000), end_ms=int(end_s * 1000), streams=(stream,))
    seen: set[str] = set()
    for _ in range(PAGES):
        page = await fetch(ask)
        found.extend(page.events)
        if not page.token or page.token in seen:
            return tuple(found)
        seen.add(page.token)
        ask = Ask(group=group, start_ms=ask.start_ms, end_ms=ask.end_ms, streams=(stream,), token=page.token)
    return None
