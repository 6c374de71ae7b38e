"""The dashboard on a fixture World that signals stir: `python -m tests.pty.stirred incident STATE_DIR [read-only]`.

SIGUSR1 changes one cell (a task's status). SIGUSR2 puts in what no pane can draw, as a defect would.
"""

from __future__ import annotations

import asyncio
import signal
import sys

import msgspec

from clickit_tui.app import run
from clickit_tui.logs.fetch import Event
from clickit_tui.logs.line import LogLine, line_of
from clickit_tui.world.seen import Seen
from tests import showing, worlds
from tests.fakes import FakeCore

SECRET = "hunter2hunter2"
FOREIGN = (
    "\x1b[2J\x1b]0;title taken\x07\x1b[31mred\x1b[0m",
    "\x00\x07\x08\x9b31m\x85 control \r overwritten",
    "漢字かな é ‮right to left‬ 👩‍👩‍👧",
    '{"level": "error", "message": "[/x] \\u001b[2J \\u0000 漢", "n": NaN}',
    "y" * 1_000_000,
    "[/x] [b] unclosed [red",
)
"""Log messages as anybody may write them."""


class StirredCore(FakeCore):
    """Held still until a signal comes."""

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGUSR1, self.change)
        loop.add_signal_handler(signal.SIGUSR2, self.ruin)

    def change(self) -> None:
        """The first task drains, or runs again."""
        first, *rest = self.store.world.tasks.value or ()
        turned = "RUNNING" if first.status != "RUNNING" else "DEACTIVATING"
        changed = msgspec.structs.replace(first, status=turned)
        self.store.put(tasks=worlds.seen((changed, *rest), self.now, "tasks"))

    def ruin(self) -> None:
        """A World that breaks what draws it."""
        self.store.put(services=Seen(value=SECRET, seen_at=self.now, every_s=5.0))


def foreign_lines() -> list[LogLine]:
    """Every foreign message as the tail's engine makes a line of it."""
    at = int(worlds.NOW * 1000)
    return [line_of(Event(at + i, text, f"ecs/api/{i:032x}", str(i)), "api", "/ecs/api") for i, text in enumerate(FOREIGN)]


def core(name: str, state_dir: str, read_only: bool) -> StirredCore:
    """As `tests.showing`; the hostile World gets hostile lines as well."""
    still = showing.core(name)
    lines = foreign_lines() if name == "hostile" else still.lines
    stirred = StirredCore(still.store.world, read_only="--read-only" if read_only else "", lines=lines)
    stirred.config = msgspec.structs.replace(stirred.config, state_dir=state_dir)
    return stirred


if __name__ == "__main__":
    sys.exit(run(core(sys.argv[1], sys.argv[2], "read-only" in sys.argv)))
