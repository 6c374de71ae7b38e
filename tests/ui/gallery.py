"""A small app with every widget, for tests in a pilot and in a pseudo-terminal: `python -m tests.ui.gallery`."""

from __future__ import annotations

from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType

from clickit_tui.ui.cells import Row, Span, Spans
from clickit_tui.ui.clipboard import copy
from clickit_tui.ui.confirm import Confirm, Done, Field, Line, Preview
from clickit_tui.ui.keybar import KeyBar, KeyHint
from clickit_tui.ui.lines import Lines
from clickit_tui.ui.looks import LOOKS, THEME
from clickit_tui.ui.page import Page
from clickit_tui.ui.picker import Choice, Picker
from clickit_tui.ui.prompt import Prompt
from clickit_tui.ui.rule import Rule
from clickit_tui.ui.spark import spark
from clickit_tui.ui.table import Table
from clickit_tui.ui.tail import Tail
from clickit_tui.ui.tailmodel import Item, plain_tail

COMMAND = "aws ecs update-service --cluster clickit-prod-cluster --service clickit-prod-api --desired-count 5"


class Gallery(App[None]):
    """Keys: n changes one cell, s shows the same again, t 50 log lines a second, T 2,000, C a change, `/` filter, a actions, ? page."""

    CSS = "#looks { height: 2; } Table { height: 8; } Tail { height: 1fr; } KeyBar { dock: bottom; }"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "count", "count"),
        Binding("s", "same", "same"),
        Binding("t", "lines(12, 0.25)", "lines"),
        Binding("T", "lines(500, 0.25)", "many lines"),
        Binding("C", "change", "change"),
        Binding("slash", "filter", "filter"),
        Binding("a", "pick", "actions"),
        Binding("question_mark", "page", "help"),
        Binding("q", "quit", "quit"),
    ]

    def __init__(self) -> None:
        super().__init__(ansi_color=True)
        self.register_theme(THEME)
        self.theme = "clickit"
        self.count = 0
        self.line = 0
        self.carried: list[dict[str, str]] = []
        self.answer = Done(kind="done", sentence="5 of 5 running")

    def compose(self) -> ComposeResult:
        yield Lines(id="looks")
        yield Rule(id="title")
        yield Table((Span("   name       load", "dim"),), id="table")
        yield Rule(id="logs")
        yield Tail(plain_tail(), id="tail", empty=(Span(" nothing yet", "dim"),))
        yield KeyBar(2)

    def on_mount(self) -> None:
        self.query_one("#looks", Lines).show(
            [tuple(Span(f" {look}", look) for look in LOOKS[:11]), tuple(Span(f" {look}", look) for look in LOOKS[11:])]
        )
        self.query_one("#logs", Rule).show((Span("logs"),), (Span("LIVE"),))
        self.query_one(KeyBar).show(
            [KeyHint("S", "scale"), KeyHint("X", "shell", enabled=False)], [KeyHint("/", "filter"), KeyHint("?", "")]
        )
        self.action_same()

    def rows(self) -> list[Row]:
        values = [1.0, 2.0, None, 0.0, 7.0, 12.0]
        return [
            Row(f"row-{i}", (Span(f"   row {i:3}  "), *spark(values, 10, 8, 1), Span(f" {self.count if i == 2 else 0:6} req/min", "warn")))
            for i in range(30)
        ]

    def action_same(self) -> None:
        self.query_one("#title", Rule).show((Span("services"),), (Span("now"),))
        self.query_one(Table).show(self.rows())

    def action_count(self) -> None:
        self.count += 1
        self.action_same()

    def action_lines(self, count: int, every_s: float) -> None:
        self.set_interval(every_s, lambda: self.more(count))

    def more(self, count: int) -> None:
        numbers = range(self.line, self.line + count)
        self.line += count
        self.query_one(Tail).extend([Item(i, log_line(i)) for i in numbers])

    def preview(self, inputs: dict[str, str]) -> Preview:
        field = Field(name="desired", label="desired  3 →", value="5")
        wanted = inputs.get("desired", "5")
        return Preview(
            title="SCALE clickit-prod-api",
            badge="PROD 123456789012 eu-west-1",
            fields=(field,),
            lines=(Line(text=f"{wanted} tasks"), Line(text="autoscaling 2–6 may take it back", level="warn")),
            commands=(COMMAND,),
            ask="prod/api",
            footer="read 0.4 s ago as OnCall/oncall",
            refused="" if wanted.isdigit() else f"desired must be a whole number, not {wanted!r}",
        )

    async def carry_out(self, inputs: dict[str, str]) -> Done:
        self.carried.append(inputs)
        return self.answer

    async def copied(self, text: str) -> str:
        return await copy(self, text)

    def action_change(self) -> None:
        done: tuple[Spans, bool] = ((Span("5 of 5 running, 5 healthy", "ok"),), True)
        self.push_screen(Confirm(self.preview, carry_out=self.carry_out, progress=lambda: done, copy=self.copied))

    def action_filter(self) -> None:
        self.push_screen(Prompt("/", self.query_one(Table).filter_text, changed=self.query_one(Table).set_filter))

    def action_pick(self) -> None:
        choices = [
            Choice(id="scale", text="S  scale"),
            Choice(id="shell", text="X  shell", reason="exec is off"),
            Choice(id="stop", text="K  stop task"),
        ]
        self.push_screen(Picker("actions on api", choices), lambda chosen: self.query_one("#title", Rule).show((Span(f"chose {chosen}"),)))

    def action_page(self) -> None:
        self.push_screen(Page(lambda: [(Span(f"line {i} of the page"),) for i in range(60)], "help"))


def log_line(i: int) -> Spans:
    return (
        Span(f" 14:03:{i % 60:02} ", "dim"),
        Span("api 8f3a", "s0"),
        Span(" ERROR", "fail"),
        Span(f" could not connect to server: connection {i} refused"),
    )


if __name__ == "__main__":
    Gallery().run()
