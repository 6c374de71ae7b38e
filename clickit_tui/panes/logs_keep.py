"""What of the log leaves the screen: copies, and files that say which query made them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from clickit_tui.logs.line import LogLine
from clickit_tui.panes.log import plain_line
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
        with os.fdopen(file, "w", encoding="utf-8", errors="replace") as out:
            out.write(text)
        return path
    raise FileExistsError(17, "too many files of this second", str(folder))


def stream_of(world: World, task: Task, lines: Sequence[LogLine]) -> str:
    """Name of a task's log stream, `<prefix>/<container>/<task id>`: from a line of it, its task definition, or a line of a sibling."""
    own = next((line.stream for line in lines if line.part == task.part and line.stream.endswith(f"/{task.id}")), "")
    if own:
        return own
    defined = next((d for d in world.definitions.value or () if d.arn == task.task_definition), None)
    for container in defined.containers if defined else ():
        if container.log_prefix:
            return f"{container.log_prefix}/{container.name}/{task.id}"
    sibling = next((line.stream for line in reversed(lines) if line.part == task.part and line.stream.count("/") >= 2), "")
    return f"{sibling.rsplit('/', 1)[0]}/{task.id}" if sibling else ""
