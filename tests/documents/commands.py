"""Every `clickit-tui` command that README, changelog, docs/ and the pictures of screens.md show: in blocks, crontabs, sentences, tables."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
DOCUMENTS = (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md")))
SCREENS = ROOT / "screens.md"
"""Its pictures show commands too, within frames."""
STANDS_FOR = {
    "E": "dev",
    "P": "database",
    "TEXT": "error",
    "ID": "i1",
    "NAME": "bad-deployment",
    "N": "7",
    "FILE": "night.jsonl",
    "TIME": "30m",
    "SHELL": "bash",
}
"""What a word in capitals means; another one fails the test that reads it."""
_NAME = re.compile(r"(?<![\w./-])clickit-tui(?![\w./\[-])")
_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.M | re.S)
_SPAN = re.compile(r"`([^`\n]+)`")
_ON_SCREEN = re.compile(r"(?<=[│ ])clickit-tui((?: [^ │,:]+)*)")
_AFTER = re.compile(r"(?:^|[\n|;&(`$ '])(?:\w+=\S+ +)*$")
_ENDS = re.compile(r"""'[^']*'|"(?:\\.|[^"\\])*"|(?P<end>[|;&()\n`]|(?<!\S)\d*[<>])""")


class Command(NamedTuple):
    """One command line as it is to be typed."""

    where: str
    """E.g. `README.md:32`."""
    words: tuple[str, ...]
    """After `clickit-tui`."""
    shown: bool
    """Whether it stands so in the document; otherwise it is one of the forms that a synopsis stands for."""


class Block(NamedTuple):
    """A fenced block."""

    where: str
    language: str
    text: str


def blocks() -> list[Block]:
    """Every fenced block of every document."""
    return [block for path in DOCUMENTS for block in _blocks(path)]


def commands() -> list[Command]:
    """Every command, each form once."""
    found = chain(_on_screens(), *((*_in_blocks(path), *_in_sentences(path)) for path in DOCUMENTS))
    return list({(c.words, c.shown): c for c in found}.values())


def _blocks(path: Path) -> Iterator[Block]:
    text = path.read_text()
    for found in _FENCE.finditer(text):
        indent = found[1]
        yield Block(_at(path, text, found.start(3)), found[2], re.sub(f"^{indent}", "", found[3], flags=re.M))


def _in_blocks(path: Path) -> Iterator[Command]:
    for block in _blocks(path):
        joined = block.text.replace("\\\n", "  ")
        for found in _NAME.finditer(joined):
            yield _command(joined, found, block.where)


def _in_sentences(path: Path) -> Iterator[Command]:
    text = path.read_text()
    bare = _FENCE.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
    for span in _SPAN.finditer(bare):
        code = span[1].replace(r"\|", "|")
        where = _at(path, text, span.start())
        for found in _NAME.finditer(code):
            if found.start() == 0 and _is_synopsis(code):
                yield from (Command(where, words, False) for words in forms(code[found.end() :]))
            else:
                yield _command(code, found, where)


def _on_screens() -> Iterator[Command]:
    text = SCREENS.read_text()
    for found in _ON_SCREEN.finditer(text):
        for words in _chosen(found[1].split()):
            yield Command(_at(SCREENS, text, found.start()), words, False)


def _command(text: str, name: re.Match[str], where: str) -> Command:
    """The command that begins with its name. Raises ValueError where the name is no command."""
    if not _AFTER.search(text[: name.start()]):
        raise ValueError(f"{where}: clickit-tui is not where a command begins: {text[max(0, name.start() - 30) : name.end() + 30]!r}")
    rest = text[name.end() :]
    if text[: name.start()].endswith("'"):
        rest = rest.partition("'")[0]
    end = next((found.start() for found in _ENDS.finditer(rest) if found["end"]), len(rest))
    return Command(where, tuple(shlex.split(rest[:end])), True)


def _is_synopsis(code: str) -> bool:
    return bool(re.search(r"[\[|]|(?<!\S)[A-Z]+(?!\S)", code))


def forms(synopsis: str) -> Iterator[tuple[str, ...]]:
    """The command lines that a synopsis stands for: without its options, with each of them alone, and for every choice of a word."""
    required = [part for part in re.findall(r"\[[^\]]*\]|\S+", synopsis) if not part.startswith("[")]
    options = [one for group in re.findall(r"\[([^\]]*)\]", synopsis) for one in re.split(r" or |\|", group)]
    for option in ("", *options):
        yield from _chosen([*required, *option.split()])


def _chosen(words: list[str]) -> Iterator[tuple[str, ...]]:
    lines: list[tuple[str, ...]] = [()]
    for word in words:
        choices = [STANDS_FOR[w] if re.fullmatch(r"[A-Z]+", w) else w for w in word.split("|")]
        lines = [(*line, choice) for line in lines for choice in choices]
    return iter(lines)


def _at(path: Path, text: str, place: int) -> str:
    return f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, place) + 1}"
