"""Log lines as the tail shows them: time, source in its own colour, task, level, message; or in columns, raw, or unfolded."""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Literal, get_args

import msgspec

from clickit_tui.logs.line import LogLine, json_fields
from clickit_tui.logs.sift import field_of
from clickit_tui.ui.cells import Look, Span, Spans, fit
from clickit_tui.ui.patience import ROW_S, TooLong, at_most
from clickit_tui.ui.wrapping import wrapped
from clickit_tui.world.seen import clean

SOURCE_LOOKS: dict[str, Look] = {"api": "s0", "frontend": "s1", "migration": "s2"}
SHORT = {"frontend": "fe", "migration": "mig"}
_TASK_LOOKS: tuple[Look, ...] = ("s0", "s1", "s2", "s3", "s4", "s5")
_LEVEL_LOOKS: dict[str, Look] = {"error": "fail", "warn": "warn", "debug": "dim"}

Shape = Literal["lines", "wrapped", "columns", "raw", "unfolded"]
SHAPES: tuple[Shape, ...] = get_args(Shape)
Clock = Literal["UTC", "local", "relative"]
CLOCKS: tuple[Clock, ...] = get_args(Clock)


class Drawing(msgspec.Struct, frozen=True, kw_only=True):
    """How lines are drawn at one moment."""

    shape: Shape = "lines"
    clock: Clock = "UTC"
    now: float = 0.0
    dated: bool = False
    """Some lines are of another day: the date stands before the time."""
    fields: tuple[str, ...] = ()
    """JSON fields shown as columns."""
    marked: frozenset[tuple[int, int, str]] = frozenset()
    """Keys of the lines with a bookmark."""
    finds: re.Pattern[str] | None = None
    """Text to make visible."""


def level_look(level: str) -> Look:
    """How a level is painted; the word stands beside it."""
    return _LEVEL_LOOKS.get(level, "plain")


def stamp(at: float, drawing: Drawing) -> str:
    """`14:03:19`, with the date where it is needed; or `40s`, `2m10s`, `3h05m` ago, in steps of 10 s."""
    if drawing.clock == "relative":
        return fit(_ago(drawing.now - at), 14 if drawing.dated else 8, right=True)
    form = "%m-%d %H:%M:%S" if drawing.dated else "%H:%M:%S"
    moment = datetime.fromtimestamp(at, UTC)
    return (moment.astimezone() if drawing.clock == "local" else moment).strftime(form)


def _ago(seconds: float) -> str:
    sign = "+" if seconds <= -10 else ""
    s = int(abs(seconds) // 10) * 10
    if s < 60:
        return f"{sign}{s}s"
    return f"{sign}{s // 60}m{s % 60:02}s" if s < 3600 else f"{sign}{s // 3600}h{s % 3600 // 60:02}m"


def task_look(task: str) -> Look:
    """The colour of a task: always the same for the same id."""
    return _TASK_LOOKS[zlib.crc32(task.encode()) % len(_TASK_LOOKS)]


def head(line: LogLine, drawing: Drawing) -> Spans:
    """`*14:03:19 api 8f3a ERROR `; `~` before the time marks a line that came late, `*` a bookmark."""
    gutter = "*" if line.key in drawing.marked else "~" if line.late else " "
    return (
        Span(gutter, "warn"),
        Span(stamp(line.at_ms / 1000, drawing) + " ", "dim"),
        Span(fit(SHORT.get(line.part, line.part), 4), SOURCE_LOOKS.get(line.part, task_look(line.part))),
        Span(fit(line.task[:4], 5), task_look(line.task)),
        Span(fit(line.level.upper()[:5], 6), level_look(line.level)),
    )


def log_rows(line: LogLine, drawing: Drawing, width: int) -> tuple[Spans, ...]:
    """One line in as many rows as its shape needs."""
    before = head(line, drawing)
    look = level_look(line.level) if line.level in ("error", "warn") else "plain"
    if drawing.shape == "columns":
        return ((*before, *_columns(line, drawing, look)),)
    text = line.message.replace("\n", " ⏎ ") if drawing.shape == "raw" else line.text
    row = (*before, *found(Span(text, look), drawing.finds))
    if drawing.shape == "wrapped":
        return wrapped(row, width, sum(len(span.text) for span in before))
    if drawing.shape == "unfolded":
        return (row, *(((Span(" " * 9, "dim"), *rest)) for rest in unfolded(line)))
    return (row,)


def found(span: Span, finds: re.Pattern[str] | None) -> Spans:
    """A span with what was looked for in reverse."""
    if finds is None:
        return (span,)
    out: list[Span] = []
    at = 0
    try:
        with at_most(ROW_S):
            hits = list(finds.finditer(span.text, 0, 2_000))
    except TooLong:
        return (span,)
    for hit in hits:
        if hit.end() > hit.start():
            out += [Span(span.text[at : hit.start()], span.look), Span(hit[0], "reverse")]
            at = hit.end()
    return (*out, Span(span.text[at:], span.look))


def _columns(line: LogLine, drawing: Drawing, look: Look) -> Spans:
    """The chosen fields in cells of a fixed width, then the message."""
    fields = json_fields(line.message) or {}
    cells = tuple(_cell(fields, name) for name in drawing.fields)
    said = next((str(fields[name]) for name in ("message", "msg") if isinstance(fields.get(name), str)), "")
    return (*cells, *found(Span(clean(said, 4_000) if said else line.text, look), drawing.finds))


_WIDE = ("path", "url", "route", "uri", "id", "error", "user")


def column_width(name: str) -> int:
    """Cells of a field's column, without the space after it."""
    return 18 if name.lower().endswith(_WIDE) else max(8, min(18, len(name)))


def _cell(fields: Mapping[str, object], name: str) -> Span:
    value = field_of(fields, name)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    text = "" if value is None else f"{value:.6g}" if isinstance(value, float) else clean(value, 200)
    return Span(fit(text, column_width(name), right=number) + " ", "plain" if text else "dim")


def column_names(drawing: Drawing) -> str:
    """The heading over the columns, as wide as they are."""
    before = 1 + len(stamp(drawing.now, drawing)) + 1 + 4 + 5 + 6
    return " " * before + "".join(fit(name, column_width(name), right=name in _NUMBERS) + " " for name in drawing.fields) + "message"


_NO_COLUMN = frozenset({"message", "msg", "level", "severity", "time", "timestamp", "ts", "@timestamp", "pid", "hostname"})
_NUMBERS = ("status", "status_code", "statusCode", "ms", "duration_ms", "durationMs", "responseTime", "latency_ms")
_FIRST_COLUMNS = (*_NUMBERS, "path", "url", "method")


def usual_fields(lines: Iterable[LogLine], most: int = 3) -> tuple[str, ...]:
    """The plain fields to begin with: those of requests first, then what most JSON lines have."""
    counts: Counter[str] = Counter()
    for line in lines:
        for name, value in (json_fields(line.message) or {}).items():
            if name not in _NO_COLUMN and not isinstance(value, dict | list | None):
                counts[clean(name, 40)] += 1
    known = [name for name in _FIRST_COLUMNS if name in counts]
    rest = sorted((name for name in counts if name not in known), key=lambda name: (-counts[name], name))
    return tuple((*known, *rest)[:most])


def unfolded(line: LogLine, most: int = 60) -> tuple[Spans, ...]:
    """A JSON line as one row per field, nested ones by their path; a line of several rows as it came."""
    fields = json_fields(line.message)
    if fields is None:
        rest = line.message.split("\n")[1:]
        rows: tuple[Spans, ...] = tuple((Span(clean(row, 4_000)),) for row in rest)
    else:
        rows = tuple((Span(f"{clean(name, 200)}: ", "dim"), Span(clean(value, 4_000))) for name, value in _paths(fields, ""))
    return rows if len(rows) <= most else (*rows[:most], (Span(f"{len(rows) - most} more", "dim"),))


def _paths(value: object, path: str) -> Iterable[tuple[str, object]]:
    if isinstance(value, Mapping) and value and path.count(".") < 8:
        for name, inner in value.items():
            yield from _paths(inner, f"{path}.{name}" if path else str(name))
    else:
        yield path, value


def line_page(line: LogLine) -> list[Spans]:
    """Everything known of one line."""
    delay = (line.ingested_ms - line.at_ms) / 1000
    facts = (
        ("time", datetime.fromtimestamp(line.at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")),
        ("taken in", f"{delay:+.1f} s{'  late: newer lines had been read completely' if line.late else ''}"),
        ("part", line.part),
        ("log group", line.group),
        ("stream", line.stream),
        ("level", line.level or "the line does not say"),
        ("event id", line.id or "–"),
    )
    rows: list[Spans] = [(Span(f" {name:<10}", "dim"), Span(value)) for name, value in facts]
    rows += [(), *((Span(" "), *row) for row in unfolded(line, 400))] if json_fields(line.message) is not None else []
    return [*rows, (), *((Span(f" {row}"),) for row in line.message.split("\n"))]
