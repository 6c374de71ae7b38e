"""What a look is painted with, and which glyphs the terminal can show. The only file that names colours."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Literal, NamedTuple, get_args

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.theme import BUILTIN_THEMES, Theme

from clickit_tui.ui.cells import Look, Span, Spans, fit, width

Base = Literal["", "cursor", "cursor-idle"]
"""What lies under a whole line: nothing, the cursor of the focused widget, or the cursor of one without the focus."""


class _Paint(NamedTuple):
    """How one look appears: ink at 256 and at 16 colours, attributes, what replaces them under NO_COLOR, and the colours under it."""

    ink: int | None = None
    ansi: int | None = None
    attributes: str = ""
    bare: str | None = None
    under: int | None = None
    ansi_under: int | None = None


_PAINTS: dict[str, _Paint] = {
    "plain": _Paint(),
    "dim": _Paint(245, 8, bare="dim"),
    "bold": _Paint(attributes="bold"),
    "title": _Paint(attributes="bold"),
    "ok": _Paint(71, 2),
    "warn": _Paint(178, 3),
    "fail": _Paint(203, 9, bare="bold"),
    "unknown": _Paint(139, 5),
    "accent": _Paint(203, 9, "bold"),
    "reverse": _Paint(attributes="reverse bold"),
    "reverse-fail": _Paint(231, 15, "bold", "reverse bold", 160, 1),
    "cursor": _Paint(255, None, bare="reverse", under=238),
    "cursor-idle": _Paint(255, None, bare="bold", under=235),
    "s0": _Paint(75, 12),
    "s1": _Paint(176, 13),
    "s2": _Paint(80, 14),
    "s3": _Paint(180, 7),
    "s4": _Paint(147, 4),
    "s5": _Paint(109, 6),
}
_BLIND_SAFE: dict[str, _Paint] = _PAINTS | {
    "ok": _Paint(74, 12),
    "warn": _Paint(221, 11),
    "fail": _Paint(202, 9, "bold"),
    "unknown": _Paint(171, 13),
    "accent": _Paint(202, 9, "bold"),
    "reverse-fail": _Paint(16, 0, "bold", "reverse bold", 208, 11),
    "s0": _Paint(75, 12),
    "s1": _Paint(223, 11),
    "s2": _Paint(116, 14),
    "s3": _Paint(180, 7),
    "s4": _Paint(147, 4),
    "s5": _Paint(66, 6),
}
"""Blue, orange and yellow of different lightness instead of green and red."""
_ANSI_ATTRIBUTES = {"cursor": "reverse", "cursor-idle": "bold"}
_ALARMING = ("fail", "warn", "unknown", "reverse-fail")

THEME = replace(BUILTIN_THEMES["ansi-dark"], name="clickit")
"""The terminal's own background and ink: fewest bytes, and right on any palette. Use with `App(ansi_color=True)`, which NO_COLOR needs."""
THEMES: tuple[Theme, ...] = (
    THEME,
    replace(THEME, name="ansi"),
    replace(THEME, name="colour-blind", success="ansi_bright_blue", warning="ansi_bright_yellow", error="ansi_bright_red"),
)
THEME_WORDS = {
    "clickit": "the terminal's ground, colours by its depth",
    "ansi": "only the terminal's own 16 colours",
    "colour-blind": "blue, orange and yellow instead of green and red",
}
"""Every theme by name, and what it is."""


def _style(name: str, depth: int, theme: str = THEME.name) -> Style:
    paint = (_BLIND_SAFE if theme == "colour-blind" else _PAINTS)[name]
    if depth == 0:
        return Style.parse((paint.attributes if paint.bare is None else paint.bare) or "none")
    attributes = _ANSI_ATTRIBUTES.get(name, paint.attributes) if depth == 16 else paint.attributes
    ink, under = (paint.ansi, paint.ansi_under) if depth == 16 else (paint.ink, paint.under)
    colour = Style(color=_colour(ink), bgcolor=_colour(under))
    return colour + Style.parse(attributes or "none")


def _colour(number: int | None) -> Color | None:
    return None if number is None else Color.from_ansi(number)


@lru_cache(maxsize=16)
def styles(depth: int = 256, theme: str = THEME.name) -> Mapping[str, Style]:
    """Style of every look and base at a colour depth: 0 (NO_COLOR: attributes only), 16, or 256 (also used for true colour)."""
    depth = min(depth, 16) if theme == "ansi" else depth
    return {name: _style(name, depth, theme) for name in _PAINTS}


class Symbols(NamedTuple):
    """The glyphs a screen is drawn with, all one cell wide, in the terminal's repertoire."""

    ascii: bool
    ok: str
    warn: str
    fail: str
    unknown: str
    blocks: str
    """Eight levels, lowest first; the lowest stands for zero."""
    over: str
    """A value above the top of the scale."""
    gap: str
    """No data."""
    rule: str
    open: str
    shut: str
    bar: str
    """Vertical line between panes."""
    caret: str
    """Where the next character goes in an input."""
    cut: str
    arrow: str
    dot: str

    def of(self, verdict: str) -> Span:
        """The symbol of `ok`, `warn`, `fail` or anything else (unknown), in its look."""
        marks: dict[str, tuple[str, Look]] = {"ok": (self.ok, "ok"), "warn": (self.warn, "warn"), "fail": (self.fail, "fail")}
        return Span(*marks.get(verdict, (self.unknown, "unknown")))


_UNICODE = Symbols(False, "✔", "!", "✖", "?", "▁▂▃▄▅▆▇█", "▲", "·", "─", "▾", "▸", "│", "▏", "…", "→", "·")
_ASCII = Symbols(True, "ok", "!", "X", "?", "_.-:=+*#", "^", " ", "-", "v", ">", "|", "_", "~", ">", ".")


def symbols(ascii: bool) -> Symbols:
    """The two repertoires: with block elements and arrows, or ASCII only (there `ok` is two cells)."""
    return _ASCII if ascii else _UNICODE


_ASCII_TERMINALS = ("linux", "dumb", "vt100", "vt102", "vt220")
_ASCII_LOCALES = ("C", "POSIX")


def ascii_only(environ: Mapping[str, str], encoding: str) -> bool:
    """Whether only ASCII may be sent: CLICKIT_ASCII=1, a terminal or locale without UTF-8, or an output encoding other than it.

    CLICKIT_ASCII=0 leaves the locale aside.
    """
    wish = environ.get("CLICKIT_ASCII", "")
    if wish not in ("", "0"):
        return True
    return environ.get("TERM", "") in _ASCII_TERMINALS or not _is_utf8(encoding) or (wish != "0" and _ascii_locale(environ))


def _is_utf8(encoding: str) -> bool:
    return encoding.lower().replace("-", "").replace("_", "") in ("utf8", "cp65001")


def _ascii_locale(environ: Mapping[str, str]) -> bool:
    """Whether the locale that is set has no UTF-8. Python's UTF-8 mode hides that from the stream's encoding."""
    everything, kind, language = (environ.get(name, "") for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    if language in _ASCII_LOCALES and kind == "C.UTF-8":
        kind = ""  # Python itself puts this into the environment of a process that was started in the C locale
    said = everything or kind or language
    if said in _ASCII_LOCALES:
        return True
    codeset = said.partition("@")[0].partition(".")[2]
    return bool(codeset) and not _is_utf8(codeset)


def glyphs(environ: Mapping[str, str], encoding: str) -> Symbols:
    """The repertoire for an environment and the encoding of the stream that is painted on."""
    return symbols(ascii_only(environ, encoding))


_ALIKE = {
    "+": "┌┐└┘├┤┬┴┼╭╮╰╯✔±",
    "-": "─━–—−‐‑",
    "|": "│┃▌▐▊▎▉▕⏎¦",
    ">": "→▸▶›»",
    "<": "←◂◀‹«",
    "^": "↑▲",
    "v": "↓▾▼",
    "~": "…≈",
    "_": "▏☐",
    ".": "·",
    "*": "•●",
    "x": "×",
    "X": "✖",
    "'": "‘’",
    '"': "“”",
    " ": "⠀",
}
_TO_ASCII = str.maketrans(
    {shown: plain for plain, alike in _ALIKE.items() for shown in alike} | dict(zip("▁▂▃▄▅▆▇█", "_.-:=+*#", strict=True))
)


def in_ascii(text: str) -> str:
    """A text in as many cells: what ASCII has something like becomes that, everything else `?`. ASCII itself, escapes too, stays."""
    if text.isascii():
        return text
    return "".join(c if c.isascii() else "?" * width(c) for c in text.translate(_TO_ASCII))


def harmless(text: str, ascii: bool = False) -> str:
    """A text no character of which a terminal obeys: everything unprintable is a space; with `ascii`, as `in_ascii`."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " for c in text)
    return in_ascii(text) if ascii else text


class Brush(NamedTuple):
    """How spans become segments in one terminal: its styles and whether it takes ASCII only."""

    styles: Mapping[str, Style]
    ascii: bool = False

    @property
    def symbols(self) -> Symbols:
        return symbols(self.ascii)


def brush_of(app: App[object]) -> Brush:
    """The brush of a running app. An app may decide for itself by an attribute `ascii_only: bool`."""
    depth = 0 if app.no_color else 16 if app.console.color_system == "standard" else 256
    own = getattr(app, "ascii_only", None)
    return Brush(styles(depth, app.theme), stream_ascii() if own is None else bool(own))


@lru_cache(maxsize=1)
def stream_ascii() -> bool:
    """Whether the terminal of this process may be sent ASCII only."""
    import os

    return ascii_only(os.environ, getattr(sys.__stderr__, "encoding", None) or "utf-8")


CROP_FACTOR = 4
"""Characters looked at per cell of room: a line is cut before it is measured, so its length costs nothing."""
BEYOND = 100
"""Characters looked at beyond them for something that is left out."""


def cropped(spans: Spans, cells: int, ascii: bool = False) -> Spans:
    """Spans made harmless and cut to at most that many cells, with `…` where text is left out; what lies beyond is not even measured."""
    out: list[Span] = []
    room = cells
    for place, (text, look) in enumerate(spans):
        plain = harmless(text[: room * CROP_FACTOR + BEYOND], ascii)
        have = width(plain)
        if have > room:
            kept = _prefix(plain, room)
            out += [Span(kept, look)] if room else []
            lost = not plain.startswith(kept) or plain[len(kept) :].strip() or any(one.text[:BEYOND].strip() for one in spans[place + 1 :])
            return _marked(out, "~" if ascii else "…") if lost and out else tuple(out)
        if have:
            out.append(Span(plain, look))
        room -= have
    return tuple(out)


def _marked(kept: list[Span], mark: str) -> Spans:
    """The last cell given to the mark."""
    *firm, (text, look) = kept
    return (*firm, Span(_prefix(text, width(text) - 1) + mark, look))


def _prefix(text: str, cells: int) -> str:
    """The first cells of a text; a wide character cut in half leaves a space."""
    used, end = 0, 0
    for end, char in enumerate(text):  # noqa: B007 the index is used after the loop
        used += width(char)
        if used > cells:
            break
    kept = text[:end]
    return fit(kept, cells) if width(kept) < cells else kept


def segments(spans: Spans, cells: int, brush: Brush, base: Base = "") -> list[Segment]:
    """One line as rich Segments, exactly `cells` wide, foreign text harmless, never markup."""
    ground = brush.styles[base] if base else Style.null()
    out: list[Segment] = []
    used = 0
    for text, look in cropped(spans, cells, brush.ascii):
        style = ground + _ink(brush, look, ground)
        said = text.rstrip() if ground.reverse else text
        out += [Segment(said, style)] if said else []
        out += [Segment(text[len(said) :], ground)] if said != text else []
        used += width(text)
    if used < cells:
        out.append(Segment(" " * (cells - used), ground))
    return out


def _ink(brush: Brush, look: str, ground: Style) -> Style:
    """A look's style on what lies under it. A reversed line takes its ink for ground: there only what is wrong keeps its colour."""
    style = brush.styles.get(look, Style.null())
    return style.without_color if ground.reverse and look not in _ALARMING else style


LOOKS: tuple[str, ...] = get_args(Look)
