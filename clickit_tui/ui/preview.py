"""What a change looks like before, while and after it happens, drawn as one box. Pure: state in, lines out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import msgspec

from clickit_tui.ui.box import lower_edge, upper_edge, walled
from clickit_tui.ui.cells import Look, Span, Spans, fit, spans_width, width
from clickit_tui.ui.entry import Entry, entry_spans
from clickit_tui.ui.looks import Symbols, harmless
from clickit_tui.ui.wrapping import command_lines, wrapped


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One input of a change, e.g. the wanted count; `value` is what stands in it when the dialog opens."""

    name: str
    label: str
    value: str = ""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a preview; `level` is plain, warn or good."""

    text: str
    level: str = "plain"


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a dialog shows of one change for the present inputs and the present World."""

    title: str
    """E.g. `SCALE clickit-prod-api`."""
    badge: str
    """Environment, account, region: never cut."""
    badge_look: Look = "bold"
    fields: tuple[Field, ...] = ()
    lines: tuple[Line, ...] = ()
    commands: tuple[str, ...] = ()
    """The exact command lines, one a step."""
    ask: str = "yes"
    """What has to be typed."""
    footer: str = ""
    refused: str = ""
    """Why these inputs make no change; nothing can be confirmed then."""
    locked: str = ""
    """Why nothing can be confirmed at all, e.g. read-only; the preview can still be read and copied."""

    @property
    def copied(self) -> str:
        """The command lines for a shell, where one that fails keeps the rest from being run, as here."""
        return " &&\n".join(self.commands)


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a confirmed change. `changed`: nothing was sent, because the World is not what the preview showed."""

    kind: str
    """done, failed, unknown, refused or changed."""
    sentence: str


class Dialog(NamedTuple):
    """All that is drawn."""

    preview: Preview
    phase: Literal["asking", "sending", "over"] = "asking"
    entries: tuple[tuple[str, Entry], ...] = ()
    """Inputs by the name of their field."""
    token: Entry = Entry()
    focus: str = ""
    """Name of the field that has the keys; empty is the token."""
    note: str = ""
    done: Done | None = None
    progress: Spans = ()
    finished: bool = False
    scroll: int = 0
    """First line of the middle that is in sight."""


_LEVELS: dict[str, Look] = {"warn": "warn", "good": "ok", "plain": "plain"}
_OUTCOMES: dict[str, Look] = {"done": "ok", "unknown": "warn", "changed": "warn"}


def draw(dialog: Dialog, cells: int, rows: int, glyphs: Symbols) -> tuple[Spans, ...]:
    """The box, exactly `cells` wide and at most `rows` high; title, inputs, the token and the badge are always in it."""
    inner = cells - 4
    preview = dialog.preview
    title, badge, top = _title(preview, inner)
    head = (*top, *_fields(dialog, inner, glyphs))
    foot = _foot(dialog, inner, glyphs)
    middle = _middle(dialog, inner, glyphs)
    room = max(1, rows - 2 - len(head) - len(foot))
    body = (*head, *_in_sight(middle, dialog.scroll, room), *foot)
    return (upper_edge(title, badge, cells, preview.badge_look), *(walled(line, cells) for line in body), lower_edge(preview.footer, cells))


def scroll_room(dialog: Dialog, cells: int, rows: int, glyphs: Symbols) -> int:
    """How many lines of the middle are out of sight."""
    everything = draw(dialog, cells, 10_000, glyphs)
    return max(0, len(everything) - rows)


def _title(preview: Preview, inner: int) -> tuple[str, str, tuple[Spans, ...]]:
    """Title and badge as they fit the upper edge, and the lines under it for what does not."""
    title, badge = harmless(preview.title), harmless(preview.badge)
    below: list[Spans] = []
    if width(badge) > inner - 12:
        below.extend(wrapped((Span(badge, preview.badge_look),), inner)[:3])
        badge = ""
    room = inner - width(badge) - 4
    if width(title) > room:
        below.extend(wrapped((Span(title, "title"),), inner, 2)[:2])
        title = fit(title, room)
    return title, badge, tuple(below)


def _fields(dialog: Dialog, inner: int, glyphs: Symbols) -> tuple[Spans, ...]:
    entries = dict(dialog.entries)
    out: list[Spans] = []
    for field in dialog.preview.fields:
        active = dialog.focus == field.name and dialog.phase == "asking"
        label = harmless(field.label)
        text = entry_spans(entries.get(field.name, Entry.of(field.value)), inner - width(label) - 6, active, glyphs.caret)
        pad = " " * max(0, 6 - spans_width(text))
        out.append((Span(f"{label} ", "bold" if active else "plain"), Span("[", "dim"), *text, Span(f"{pad}]", "dim")))
    return tuple(out)


def _middle(dialog: Dialog, inner: int, glyphs: Symbols) -> tuple[Spans, ...]:
    preview = dialog.preview
    out: list[Spans] = []
    for line in preview.lines:
        look = _LEVELS.get(line.level, "plain")
        mark = {"warn": f"{glyphs.warn} ", "ok": f"{glyphs.ok} "}.get(look, "")
        out.extend(wrapped((Span(mark, look), Span(line.text, look if look == "warn" else "plain")), inner, width(mark) or 2))
    if preview.refused:
        out.extend(wrapped((Span(f"{glyphs.fail} ", "fail"), Span(preview.refused, "fail")), inner, 2))
    for command in preview.commands:
        out.extend((Span(text, "dim"),) for text in command_lines(command, inner))
    return tuple(out)


def _in_sight(lines: Sequence[Spans], scroll: int, room: int) -> tuple[Spans, ...]:
    if len(lines) <= room:
        return tuple(lines)
    start = max(0, min(scroll, len(lines) - room + 1))
    shown = lines[start : start + room - 1]
    below = len(lines) - start - len(shown)
    more = f"… {below} more below" if below else "end"
    return (*shown, (Span(f"{more}   up down pgup pgdn", "warn" if below else "dim"),))


def _foot(dialog: Dialog, inner: int, glyphs: Symbols) -> tuple[Spans, ...]:
    if dialog.phase == "over" and dialog.done is not None:
        return _outcome(dialog, dialog.done, inner)
    if dialog.phase == "sending":
        return ((Span("sent; waiting for the answer…", "bold"),),)
    return (*_token(dialog, inner, glyphs), *_note(dialog, inner))


def _outcome(dialog: Dialog, done: Done, inner: int) -> tuple[Spans, ...]:
    said = wrapped((Span(f"{done.kind}: {done.sentence}", _OUTCOMES.get(done.kind, "fail")),), inner, 2)[:6]
    going = wrapped(dialog.progress, inner, 2)[:4] if dialog.progress else ()
    hint = "esc leaves" if dialog.finished or not dialog.progress else "esc leaves; it is followed on"
    note = wrapped((Span(dialog.note),), inner)[:2] if dialog.note else ()
    return (*said, *going, *note, (Span(hint, "dim"),))


def _token(dialog: Dialog, inner: int, glyphs: Symbols) -> tuple[Spans, ...]:
    preview = dialog.preview
    if preview.locked:
        return wrapped((Span(f"cannot run: {preview.locked}", "warn"),), inner, 2)[:3]
    if preview.refused:
        return ()
    active = dialog.focus == ""
    ask = Span(f"type {preview.ask}: ", "bold" if active else "dim")
    text = entry_spans(dialog.token, inner - width(ask.text), active, glyphs.caret)
    return ((ask, *text),)


def _note(dialog: Dialog, inner: int) -> tuple[Spans, ...]:
    preview = dialog.preview
    out: list[Spans] = []
    if dialog.note:
        out.extend(wrapped((Span(dialog.note, "warn"),), inner, 2)[:3])
    if preview.ask and dialog.token.text == preview.ask and not (preview.locked or preview.refused):
        out.append((Span(f"this is what is confirmed now: type {preview.ask[-1]} once more", "bold"),))
    if not out:
        words = ["tab next field"] if preview.fields else []
        words += ["ctrl+y copy"] if preview.commands else []
        out.append((Span("   ".join([*words, "esc leave"]), "dim"),))
    return tuple(out)
