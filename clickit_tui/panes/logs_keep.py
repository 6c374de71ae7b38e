"""What of the log leaves the screen: copies, and files that say which query made them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from clickit_tui.logs.line import LogLine
from clickit_tui.logs.of_task import streams_of
from clickit_tui.logs.plain import plain_line
from clickit_tui.world.ecs import Task
from clickit_tui.world.world import World


def file_text(lines: Sequence[LogLine], made_by: Sequence[str]) -> str:
    """The file: what made it, in lines that begin with `#`, then the lines."""
    return "".join(f"# {said}\n" for said in made_by) + "".join(f"{plain_line(line)}\n" for line in lines)


def save(folder: Path, env: str, now: float, text: str) -> Path:
    """Write a new file that only its owner can read; blocking. Raises OSError."""
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for nth in range(1000):
        path = folder / f"log-{env}-{stamp}{f'-{nth}' if nth else ''}.txt"
        try:
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except FileExistsError:
            continue
        try:
            with os.fdopen(file, "w", encoding="utf-8", errors="replace") as out:
                out.write(text)
        except OSError:
            path.unlink(missing_ok=True)
            raise
        return path
    raise FileExistsError(17, "too many files of this second", str(folder))


def task_streams(world: World, task: Task, lines: Sequence[LogLine], groups: Mapping[str, str]) -> tuple[str, ...]:
    """Names of a task's log streams: as its lines say, as its task definition says, or as those of its siblings are named."""
    own = {line.stream for line in lines if line.part == task.part and line.stream.endswith(f"/{task.id}")}
    defined = next((d for d in world.definitions.value or () if d.arn == task.task_definition), None)
    named = own | {stream for _, stream in streams_of(task, defined, groups)}
    if not named:
        sibling = next((line.stream for line in reversed(lines) if line.part == task.part and line.stream.count("/") >= 2), "")
        named = {f"{sibling.rsplit('/', 1)[0]}/{task.id}"} if sibling else set()
    return tuple(sorted(named))
