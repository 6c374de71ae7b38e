"""Breaking long lines: words of spans, and command lines that still work when they are pasted into a shell."""

from __future__ import annotations

import re
from collections.abc import Iterator

from clickit_tui.ui.cells import Look, Span, Spans, width
from clickit_tui.ui.looks import CROP_FACTOR, harmless

MOST_CHARACTERS = 20_000
"""Characters of one line that are wrapped; the rest is cut with `…`."""

_WORD = re.compile(r"\s+|\S+")


def _pieces(text: str, cells: int) -> Iterator[str]:
    """A word in pieces no wider than a line."""
    while width(text[: cells * CROP_FACTOR]) > cells:
        end = 1
        while end < len(text) and width(text[: end + 1]) <= cells:
            end += 1
        yield text[:end]
        text = text[end:]
    yield text


def wrapped(spans: Spans, cells: int, indent: int = 0, outdent: int | None = None) -> tuple[Spans, ...]:
    """Spans broken at spaces into lines of at most `cells`; the later lines are indented. At least one line.

    A word too long for the indent, but not for `outdent`, stays whole on a line of its own that begins there.
    """
    lines: list[list[Span]] = [[]]
    used = 0
    cells = max(8, cells)
    for word, look in _words(spans):
        begin = indent if outdent is None or not cells - indent < width(word) <= cells - outdent else outdent
        for piece in _pieces(word, cells - begin):
            need = width(piece)
            if used + need > cells:
                lines.append([Span(" " * begin)] if begin else [])
                used = begin
                if piece.isspace():
                    continue
            elif used == indent and len(lines) > 1 and piece.isspace():
                continue
            lines[-1].append(Span(piece, look))
            used += need
    return tuple(_merged(line) for line in lines)


def hung(spans: Spans, cells: int) -> tuple[Spans, ...]:
    """A line of a page in lines of at most `cells`: a value goes on under itself, right of its name; other text a little further in."""
    text = "".join(span.text for span in spans[:2])
    margin = min(len(text) - len(text.lstrip()), cells // 4)
    named = len(spans) > 1 and spans[0].text.endswith(" ") and not spans[0].text.isspace() and width(spans[0].text) <= cells // 3
    further = margin + 2 if margin > 1 else 2
    return wrapped(spans, cells, width(spans[0].text) if named else further, further)


def _words(spans: Spans) -> Iterator[tuple[str, Look]]:
    left = MOST_CHARACTERS
    for text, look in spans:
        kept = harmless(text[:left])
        left -= len(kept)
        for match in _WORD.finditer(kept):
            yield match[0], look
        if len(text) > len(kept):
            yield "…", look
            return


def _merged(line: list[Span]) -> Spans:
    out: list[Span] = []
    for span in line:
        if out and out[-1].look == span.look:
            out[-1] = Span(out[-1].text + span.text, span.look)
        else:
            out.append(span)
    if out:
        last = out.pop()
        out.append(Span(last.text.rstrip(), last.look))
    return tuple(span for span in out if span.text)


_ARGUMENT = re.compile(r"(?:'[^']*'|\"(?:\\.|[^\"\\])*\"|\\.|[^\s'\"\\])+|\S")


def command_lines(command: str, cells: int) -> tuple[str, ...]:
    """A command line in lines of at most `cells`, broken only between arguments, each but the last ending in ` \\`.

    An option stays with its value where both fit. An argument wider than a line is cut over lines without `\\`.
    """
    lines: list[str] = [""]
    for group in _grouped(_ARGUMENT.findall(harmless(command[:MOST_CHARACTERS])), cells):
        if lines[-1].strip() and width(lines[-1]) + 1 + width(group) > cells - 2:
            lines[-1] += " \\"
            lines.append("  ")
        start = lines.pop()
        lines.extend(_pieces(f"{start}{' ' if start.strip() else ''}{group}", cells))
    return tuple(lines)


def _grouped(arguments: list[str], cells: int) -> list[str]:
    out: list[str] = []
    for argument in arguments:
        pair = f"{out[-1]} {argument}" if out else argument
        if out and out[-1].startswith("--") and " " not in out[-1] and not argument.startswith("--") and width(pair) <= cells - 4:
            out[-1] = pair
        else:
            out.append(argument)
    return out
