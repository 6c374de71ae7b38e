"""What passes between a terminal and a child: the way out that always works, and what the child left switched on. Pure."""

from __future__ import annotations

import re

TAIL_BYTES = 4096
_UNFINISHED_MOST = 4096
TYPED_MOST = 64
"""More bytes than this at once are a paste, in which nothing is a way out."""
_PASTE_BEGINS, _PASTE_ENDS = b"\x1b[200~", b"\x1b[201~"
_ALONE = 3
"""So many bytes that come one by one are typed, also within a paste whose end never came."""

_SEQUENCE = re.compile(
    rb"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[PX^_][^\x1b]*\x1b\\|\x1b[ -/]+[0-~]|\x1b[0-OQ-WYZ\\`-~]", re.S
)
_STRINGS = (b"\x1b]", b"\x1bP", b"\x1bX", b"\x1b^", b"\x1b_")
_MODE = re.compile(rb"\x1b\[\?([0-9;]+)([hl])")
_ALTERNATE = (47, 1047, 1049)
_SWITCHED_OFF = (9, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 2004, 2026, 2031, 2048, 66, 1, 5, 6, 69)
"""Mouse, focus, paste, held painting, reports, keypad and cursor keys, reversed colours, margins: what a shell wants off."""
_KEYBOARD = re.compile(rb"\x1b\[([<>])([0-9;]*)u")
"""A keyboard protocol put on the terminal's stack, or taken off."""
_MODIFIED_KEYS = re.compile(rb"\x1b\[>4;([0-9])m")
_CURSOR_SHAPE = re.compile(rb"\x1b\[[0-9]* q")


class WayOut:
    """`Enter ~ .` typed by hand leaves, `Enter ~ ~` types one `~`; everything else passes, and so does all that is pasted."""

    def __init__(self) -> None:
        self._fresh = True
        self._held = False
        self._pasting = False
        self._recent = b""
        self._alone = 0

    def feed(self, typed: bytes) -> tuple[bytes, bool]:
        """(what passes to the child, whether the user wants out)."""
        self._alone = self._alone + 1 if len(typed) == 1 else 0
        self._pasting = self._pasting and self._alone < _ALONE
        passed = bytearray()
        for byte in typed:
            if self._take(byte, len(typed) <= TYPED_MOST and not self._pasting, passed):
                return bytes(passed), True
        return bytes(passed), False

    def _take(self, byte: int, by_hand: bool, passed: bytearray) -> bool:
        """Take one byte; whether it is the last one of the way out."""
        held, self._held = self._held, False
        if by_hand and held and byte == ord("."):
            return True
        if by_hand and not held and self._fresh and byte == ord("~"):
            self._held = True
            return False
        passed += b"~" if held and not (by_hand and byte == ord("~")) else b""
        passed.append(byte)
        self._fresh = byte in b"\r\n"
        self._recent = (self._recent + bytes((byte,)))[-len(_PASTE_BEGINS) :]
        if self._recent in (_PASTE_BEGINS, _PASTE_ENDS):
            self._pasting, self._fresh = self._recent == _PASTE_BEGINS, False
        return False


class Heard:
    """The child's output so far: its last bytes, and the modes it switched and did not switch back."""

    def __init__(self) -> None:
        self.tail = b""
        self.on: set[int] = set()
        """Private modes that are set."""
        self.off: set[int] = set()
        """Private modes that were reset."""
        self._keyboards = 0
        self._modified = self._shaped = False
        self._pending = b""

    @property
    def whole(self) -> bool:
        """Whether the output so far ends between two characters and outside any escape sequence."""
        return not self._pending

    @property
    def alternate(self) -> bool:
        """Whether a program has the whole screen."""
        return not self.on.isdisjoint(_ALTERNATE)

    def feed(self, data: bytes) -> None:
        """Take more output."""
        self.tail = (self.tail + data)[-TAIL_BYTES:]
        data = self._pending + data
        cut = _unfinished_at(data)
        self._pending = b"" if len(data) - cut > _UNFINISHED_MOST else data[cut:]
        for numbers, state in _MODE.findall(data[:cut]):
            changed = {int(number) for number in numbers.split(b";") if number}
            there, gone = (self.on, self.off) if state == b"h" else (self.off, self.on)
            there |= changed
            gone -= changed
        self._hear_keyboard(data[:cut])
        self._shaped = self._shaped or bool(_CURSOR_SHAPE.search(data, 0, cut))

    def _hear_keyboard(self, data: bytes) -> None:
        for way, number in _KEYBOARD.findall(data):
            off = int(number) if number.isdigit() else 1
            self._keyboards = self._keyboards + 1 if way == b">" else max(0, self._keyboards - off)
        if found := _MODIFIED_KEYS.findall(data):
            self._modified = found[-1] != b"0"

    def reset(self) -> bytes:
        """What gives the terminal back to a shell. A screen that was not left is left; one that was never entered is not."""
        out = b"\x18" if self._pending else b""
        out += b"\x1b[<%du" % self._keyboards if self._keyboards else b""
        out += b"\x1b[>4;0m" if self._modified else b""
        out += b"\x1b[0 q" if self._shaped else b""
        out += b"\x1b[4l\x1b[m\x1b(B\x0f\x1b>\x1b7\x1b[r\x1b8"
        out += b"".join(b"\x1b[?%dl" % mode for mode in _SWITCHED_OFF if mode in self.on)
        out += b"".join(b"\x1b[?%dl" % mode for mode in _ALTERNATE if mode in self.on)
        return out + (b"\x1b[?7h" if 7 in self.off else b"") + b"\x1b[?25h"


def _unfinished_at(data: bytes) -> int:
    """Where the last escape sequence or UTF-8 character begins that still lacks its end; the length when nothing does."""
    for at in (max(data.rfind(opening) for opening in _STRINGS), data.rfind(b"\x1b")):
        if at >= 0 and data[at : at + 2] != b"\x1b\\" and not _SEQUENCE.match(data, at):
            return at
    for back in range(1, min(3, len(data)) + 1):
        byte = data[-back]
        if byte & 0xC0 == 0xC0:
            needed = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return len(data) - back if needed > back else len(data)
        if byte < 0x80:
            break
    return len(data)


def plain_lines(output: bytes, most: int = 0) -> list[str]:
    """Output as lines of harmless text: no escapes, overwritten lines as last written, empty ends dropped; `most` keeps the last ones."""
    text = _SEQUENCE.sub(b"", output).decode("utf-8", "replace")
    lines = [line.rstrip("\r").rsplit("\r", 1)[-1] for line in text.split("\n")]
    kept = [(line if line.isprintable() else "".join(map(_shown, line))).rstrip() for line in lines]
    while kept and not kept[0]:
        kept.pop(0)
    while kept and not kept[-1]:
        kept.pop()
    return kept[-most:] if most else kept


def _shown(character: str) -> str:
    return character if character.isprintable() else "" if character == "\x1b" else " "
