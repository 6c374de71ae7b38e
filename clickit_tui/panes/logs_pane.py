"""The log as a pane: the live tail, or the lines a search found, filtered, narrowed and drawn in one of several shapes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from operator import attrgetter

import msgspec
from textual.app import ComposeResult
from textual.widget import Widget

from clickit_tui.logs.engine import Update
from clickit_tui.logs.line import LogLine
from clickit_tui.logs.sift import parse
from clickit_tui.panes.base import Pane
from clickit_tui.panes.log import CLOCKS, SHAPES, Drawing, column_names, log_rows, usual_fields
from clickit_tui.panes.logs_histogram import Levels, histogram, marks_of
from clickit_tui.panes.view import View, reason
from clickit_tui.ui.cells import Look, Span, Spans
from clickit_tui.ui.lines import Lines
from clickit_tui.ui.looks import symbols
from clickit_tui.ui.rule import Rule
from clickit_tui.ui.tail import Tail
from clickit_tui.ui.tailmodel import Sieve, TailModel
from clickit_tui.world.world import World

MOST_FOUND = 50_000
"""Lines of a search that are held."""
line_key = attrgetter("at_ms", "ingested_ms", "id")


def sieve(text: str) -> Sieve[LogLine]:
    """The log's filter language, as the tail's model wants it."""
    found = parse(text)
    return Sieve(found.text, found.accepts, found.problem)


def scope_of(only: str) -> Callable[[LogLine], bool] | None:
    """`api` or `api/<task id>`: what lets through only these lines; None for an empty text."""
    part, _, task = only.partition("/")
    if not only:
        return None
    if not task:
        return lambda line: line.part == part
    return lambda line: line.part == part and (line.stream.endswith(f"/{task}") or line.task == task[:8])


class LogPane(Pane):
    """The live merged tail of the log groups."""

    heading = "logs"
    help_text = (
        "The last lines of all parts, in the order of their time; ~ marks a line that came late and was put where it belongs, "
        "* a bookmark. f pauses without losing a line; e and E go to the next and previous error; l shows only the selected service "
        'or task, l again all. / hides what does not match and counts it: words that all must occur, "two words", !word to hide, '
        "/regex/, level=error, level>=warn, part=api, task=8f3a, status=500, duration_ms>=250."
    )

    def __init__(self, id: str = "logs") -> None:
        super().__init__(id=id)
        self.live = self._model()
        self.tail: Tail[LogLine] = Tail(self.live, empty=(Span(" nothing yet", "dim"),))
        self.drawing = Drawing()
        self.state: tuple[str, Look] = ("loading…", "dim")
        self.version = 0
        """Of the buffer, as it was taken over last."""
        self._only = ""

    def _model(self) -> TailModel[LogLine]:
        return TailModel(line_key, lambda line, width: log_rows(line, self.drawing, width), sieve, MOST_FOUND)

    def body(self) -> Widget:
        return self.tail

    @property
    def only(self) -> str:
        """Part or `part/task` the pane is narrowed to; empty shows all."""
        return self._only

    @only.setter
    def only(self, wanted: str) -> None:
        self._only = wanted
        self.tail.model.narrow(scope_of(wanted))
        self.tail.renew()

    def paint(self, world: World, view: View) -> None:
        """Lines come from `flush`, not from the World; only the moment is taken from here, and why there is no line."""
        self._at(view)
        empty = self._empty(world)
        if empty != self.tail.empty:
            self.tail.empty = empty
            self.tail.renew()

    def _empty(self, world: World) -> Spans:
        """What stands where no line is: why, as far as it is known."""
        fault = world.log.fault
        return (Span(f" not read: {fault.sentence}", "warn"),) if fault is not None else self._quiet()

    def _quiet(self) -> Spans:
        return (Span(" no line in the last 15 minutes" if self.state[0].startswith("LIVE") else " nothing was read yet", "dim"),)

    def _at(self, view: View) -> None:
        """How lines are drawn now."""
        lines = self.tail.model.lines
        clock = "local" if view.local_time and self.drawing.clock == "UTC" and not self._clock_chosen else self.drawing.clock
        dated = bool(lines) and _day(lines[0].at_ms / 1000) != _day(view.now)
        now = view.now if clock == "relative" else 0.0
        drawing = msgspec.structs.replace(self.drawing, clock=clock, now=now // 10 * 10, dated=dated)
        if drawing != self.drawing:
            self.drawing = drawing
            self.tail.renew()

    _clock_chosen = False

    def flush(self, update: Update, state: tuple[str, Look], view: View) -> None:
        """Take over what changed in the engine's buffer."""
        self.state = state
        self.version = update.version
        self.taken(update)
        self._at(view)
        self.tail.renew()

    def taken(self, update: Update) -> None:
        """Put the changed lines into the model of the live tail."""
        self.live.splice(update.lines, update.first, update.changed_from)

    def to_error(self, by: int) -> bool:
        """Go to the next or previous error line; False when there is none."""
        return self.tail.seek(lambda line: line.level == "error", by)

    def title_left(self, world: World, view: View) -> Spans:
        return (Span("logs", "title"), *self.narrowed())

    def narrowed(self) -> Spans:
        """What is shown, and the filter that is in force."""
        source = Span(f"  only {self.only}" if self.only else "  api frontend migration", "warn" if self.only else "dim")
        text, problem = self.tail.filter_text, self.tail.model.problem
        told = (f"  /{text}" if text else "") + (f"  filter {problem}" if problem else "")
        return (source, Span(told, "warn")) if told else (source,)

    def title_right(self, world: World, view: View) -> Spans:
        hidden = Span(f"  {self.tail.hidden:,} hidden", "warn" if self.tail.hidden else "dim")
        why = (Span(f"  {reason(world.log.fault)}", "warn"),) if world.log.fault is not None else ()
        if not self.tail.following:
            return (Span(f"PAUSED +{self.tail.new:,}", "warn"), Span("  "), Span(*self.state), hidden, *why)
        return (Span(*self.state), hidden, *why)


def _day(at: float) -> int:
    return int(at // 86_400)


class LogsPane(LogPane):
    """The log screen's pane: histogram, shapes, clocks, and the lines of a search in place of the tail."""

    help_text = (
        f"{LogPane.help_text} The rows under the title count errors (and, where there is room, warnings and all lines) over the time "
        "held; A marks where an alarm went off, D where a deployment began. v changes the shape: lines, wrapped, columns, raw, unfolded; "
        "o the clock: UTC, local, relative. enter shows everything of one line. n finds text without hiding the rest; t jumps to a time, "
        "to the newest deployment or alarm. Going up beyond the oldest line reads older ones. b searches on the server beyond what is "
        "held, h the errors of the last hour, u counts with Logs Insights after showing the price."
    )

    def __init__(self) -> None:
        super().__init__(id="logs")
        self.levels = Levels()
        self._found_levels = Levels()
        self.found = self._model()
        self.searching: Callable[[], tuple[str, Look]] | None = None
        """Words of the search whose lines are shown; None while the live tail is."""
        self.bars = Lines(id="histogram")
        self.names = Lines(id="columns")
        self.bars.styles.height = self.names.styles.height = "auto"
        self.troubles: Sequence[str] = ()
        """Why some groups are not read."""

    def compose(self) -> ComposeResult:
        yield Rule()
        yield self.bars
        yield self.names
        yield self.tail

    def taken(self, update: Update) -> None:
        super().taken(update)
        changed = max(0, update.changed_from - update.first) + self.live.older
        self.levels.renew(self.live.lines, 0 if self.live.older else changed)

    def show_found(self, lines: Sequence[LogLine], words: Callable[[], tuple[str, Look]]) -> None:
        """Show the lines of a search, all of them anew, in place of the tail."""
        fresh = self.searching is None
        self.searching = words
        self.found.splice(lines, 0, 0)
        self._found_levels.renew(self.found.lines, 0)
        if fresh or self.tail.model is not self.found:
            self.found.follow()
            self.found.set_filter("")
            self.found.narrow(None)
            self.tail.model = self.found
        self.tail.renew()

    def show_live(self) -> None:
        """Back from a search to the tail."""
        self.searching = None
        self.tail.model = self.live
        self.live.narrow(scope_of(self.only))
        self.found = self._model()
        self._found_levels = Levels()
        self.tail.renew()

    def paint(self, world: World, view: View) -> None:
        super().paint(world, view)
        levels = self.levels if self.searching is None else self._found_levels
        rows = 3 if self.size.height >= 26 else 1
        self.bars.show(histogram(levels, self.size.width, rows, view.now, symbols(view.glyphs.ascii), marks_of(world)))
        shown = self.drawing.shape == "columns"
        self.names.show([(Span(column_names(self.drawing), "dim"),)] if shown else [])

    def _empty(self, world: World) -> Spans:
        if self.searching is not None:
            words, _ = self.searching()
            return (Span(f" nothing found: {words}; esc goes back to the tail", "dim"),)
        why = "; ".join(self.troubles)
        return (Span(f" {why}", "warn"),) if why else self._quiet()

    def next_shape(self) -> str:
        """Change to the next shape; returns its name."""
        shape = SHAPES[(SHAPES.index(self.drawing.shape) + 1) % len(SHAPES)]
        fields = self.drawing.fields or usual_fields(self.tail.model.lines[-500:])
        self.drawing = msgspec.structs.replace(self.drawing, shape=shape, fields=fields)
        self.tail.renew()
        return shape

    def next_clock(self) -> str:
        """Change to the next clock; returns its name."""
        self._clock_chosen = True
        clock = CLOCKS[(CLOCKS.index(self.drawing.clock) + 1) % len(CLOCKS)]
        self.drawing = msgspec.structs.replace(self.drawing, clock=clock)
        return clock

    def draw(self, **changes: object) -> None:
        """Change how lines are drawn."""
        self.drawing = msgspec.structs.replace(self.drawing, **changes)
        self.tail.renew()

    def title_left(self, world: World, view: View) -> Spans:
        shape = "" if self.drawing.shape == "lines" else f"  {self.drawing.shape}"
        zone = self.drawing.clock if self.drawing.clock != "local" else datetime.now(UTC).astimezone().strftime("%Z")
        if self.searching is not None:
            words, look = self.searching()
            return (Span("found", "title"), Span(f"  {words}", look), Span(f"{shape}  {zone}", "dim"))
        return (Span("logs", "title"), *self.narrowed(), Span(f"{shape}  {zone}", "dim"))

    def title_right(self, world: World, view: View) -> Spans:
        if self.searching is None:
            return super().title_right(world, view)
        hidden = Span(f"  {self.tail.hidden:,} hidden" if self.tail.hidden else "", "warn")
        return (Span(f"{self.tail.model.count:,} lines"), hidden, Span("  tail ", "dim"), Span(*self.state))
