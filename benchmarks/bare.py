"""Bare Textual apps, the baselines: `python -m benchmarks.bare table|log|cell|many`."""

from __future__ import annotations

import random
import sys
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.coordinate import Coordinate
from textual.widgets import DataTable, Input, RichLog

from benchmarks.words import log_text, task_rows

COLUMNS = ("task", "part", "status", "health", "address", "age")


class TableApp(App[None]):
    """One table with what a screen holds, and nothing else."""

    def compose(self) -> ComposeResult:
        yield DataTable()

    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        table.add_columns(*COLUMNS)
        for row in task_rows(18, 2):
            table.add_row(*row, key=row[0])


class CellApp(TableApp):
    """The same; one cell changes each second."""

    def on_mount(self) -> None:
        self.set_interval(1.0, self.change)

    def change(self) -> None:
        """Another status."""
        table = self.query_one(DataTable)
        table.update_cell_at(Coordinate(3, 2), f"RUNNING {random.randrange(10)}")


class LogApp(App[None]):
    """Textual's own log with 50 lines a second, gathered twice a second."""

    lines = 0

    def compose(self) -> ComposeResult:
        yield RichLog(auto_scroll=True)

    def on_mount(self) -> None:
        self.set_interval(0.5, self.more)

    def more(self) -> None:
        """Half a second's lines."""
        log = self.query_one(RichLog)
        for _ in range(25):
            self.lines += 1
            log.write(log_text(self.lines))


class ManyApp(App[None]):
    """A table of 1,000 tasks that an input narrows, as one writes it with DataTable: clear, then add what matches."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("slash", "filter", "filter")]

    def compose(self) -> ComposeResult:
        yield Input()
        yield DataTable()

    def on_mount(self) -> None:
        self.query_one(DataTable).add_columns(*COLUMNS)
        self.narrow("")
        self.query_one(DataTable).focus()

    def action_filter(self) -> None:
        """Type into the input."""
        self.query_one(Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Each key narrows."""
        self.narrow(event.value)

    def narrow(self, text: str) -> None:
        """Show the rows that hold the text."""
        table = self.query_one(DataTable)
        table.clear()
        table.add_rows(row for row in task_rows(1000, 50) if text in " ".join(row))


APPS: dict[str, type[App[None]]] = {"table": TableApp, "cell": CellApp, "log": LogApp, "many": ManyApp}

if __name__ == "__main__":
    APPS[sys.argv[1]]().run()
