"""A log line as every view of it needs it: harmless, masked, with its level, made once from a raw event."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

import msgspec

from clickit_tui.logs.fetch import Event
from clickit_tui.logs.level import level_of
from clickit_tui.logs.mask import MARK, Blocks, mask
from clickit_tui.world.seen import clean

MAX_TEXT = 4_000
"""Characters of the one-line text."""
MAX_RAW = 16_000
"""Characters kept of a message for the detailed view."""
_SLACK = 4_000
"""A secret at the cut is masked before the cut is made."""

_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_].*?(?:\x07|\x1b\\|\x9c|$)|\x1b[@-_]|\x9b[0-?]*[ -/]*[@-~]", re.DOTALL)
_UNSEEN = "\u00ad\u034f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff"
_HIDING = re.compile(rf"(?<=[!-~])[{_UNSEEN}]+|(?<![{_UNSEEN}])[{_UNSEEN}]+(?=[!-~])")
"""Characters without a cell, which would take a word apart for the patterns and not for the reader."""
_SPELLED = re.compile(r"(?<!\\)\\u(00[2-7][0-9a-fA-F]|00ad|034f|180e|20[0-6][0-9a-fA-F]|fe0[0-9a-fA-F]|feff)", re.IGNORECASE)
_HEAD = re.compile(
    r"\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?\]?:?\s+"
    r"(?:\[?(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|CRITICAL)\]?:?\s+)?"
)
_MESSAGES = ("message", "msg", "@message", "event", "text", "body", "log")
_SHOWN = (
    "method", "path", "url", "route", "status", "statusCode", "status_code", "ms", "duration_ms", "durationMs", "responseTime",
    "latency_ms", "elapsed_ms", "error", "err", "exception", "reason", "code", "request_id", "requestId", "trace_id", "traceId",
)  # fmt: skip
_HIDDEN = frozenset(
    {"level", "severity", "lvl", "levelname", "time", "timestamp", "ts", "@timestamp", "pid", "hostname", "host", "name", "logger", "v"}
)


class LogLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the tail. Its order is (at_ms, ingested_ms, id)."""

    part: str
    """ClickIt's short name: api, frontend, migration."""
    group: str
    stream: str
    task: str
    """Short task id, from `<prefix>/<container>/<task-id>`; empty when the stream is not named so."""
    at_ms: int
    ingested_ms: int
    """When the service took it in; `at_ms` where it does not say."""
    id: str
    text: str
    """One line: escapes and control characters stripped, secrets masked, at most `MAX_TEXT` characters."""
    level: str
    """error, warn, info, debug, or empty when the line does not say."""
    late: bool = False
    """It came after newer lines of its group had been read completely."""
    raw: str = ""
    """The message with its line breaks, as harmless and masked as the text; empty when it is the same as the text."""

    @property
    def key(self) -> tuple[int, int, str]:
        """What lines are ordered by."""
        return self.at_ms, self.ingested_ms, self.id

    @property
    def message(self) -> str:
        """The whole message for the detailed view."""
        return self.raw or self.text

    @property
    def size(self) -> int:
        """Bytes it is reckoned with in the buffer, about."""
        return 400 + len(self.text) + len(self.raw)


def short_task(stream: str) -> str:
    """First eight characters of the task id that an awslogs stream name ends with: `8f3a21bc` of `ecs/api/8f3a21bc…`."""
    parts = stream.split("/")
    return clean(parts[-1][:8]) if len(parts) >= 3 else ""


@lru_cache(maxsize=2_000)
def _place(stream: str) -> tuple[str, str]:
    """A stream's name and its short task, both harmless."""
    return clean(stream, 600), short_task(stream)


def line_of(event: Event, part: str, group: str, *, late: bool = False, masked: bool = True, blocks: Blocks | None = None) -> LogLine:
    """A raw event as a line; never raises, whatever the message is. `blocks` has seen the group's earlier events."""
    message = bounded(event.message, masked)
    if masked and blocks is not None and blocks.inside(event.stream, event.message):
        message = MARK
    fields = json_fields(message)
    told = message if fields is None else told_by(fields)
    said = one_line(told)
    text = said if fields is not None else headed(said)
    stream, task = _place(event.stream)
    return LogLine(
        part=part,
        group=group,
        stream=stream,
        task=task,
        at_ms=event.at_ms,
        ingested_ms=event.at_ms if event.ingested_ms is None else event.ingested_ms,
        id=event.id,
        text=text,
        level=level_of(said, fields),
        late=late,
        raw="" if text == message else message,
    )


def headed(text: str) -> str:
    """A plain line without the time and level it begins with: both have columns of their own. The whole line stays in `raw`."""
    found = _HEAD.match(text)
    return text[found.end() :] if found and found.end() < len(text) else text


def bounded(message: str, masked: bool = True) -> str:
    """A message without escapes and control characters other than line breaks and tabs, masked, cut to `MAX_RAW` with the rest counted."""
    part = harmless(message[: MAX_RAW + _SLACK])
    if masked:
        part = mask(part)
    if len(message) <= MAX_RAW and len(part) <= MAX_RAW + _SLACK:
        return part.rstrip()
    return f"{part[:MAX_RAW]} … (+{max(len(message), len(part)) - MAX_RAW:,} characters)"


def harmless(text: str) -> str:
    """Text without escapes, characters that only hide in words, and control characters other than line breaks and tabs."""
    if "\\u" in text:
        text = _SPELLED.sub(_spelled, text)
    if text.isprintable():
        return text if text.isascii() else _HIDING.sub("", text)
    return _lines_clean(_HIDING.sub("", _ESCAPES.sub("", text)))


def _spelled(found: re.Match[str]) -> str:
    """A character that JSON spells as `\\u0061`: itself, or nothing where it has no cell; what JSON needs escaped is left."""
    character = chr(int(found[1], 16))
    if character in '"\\\x7f':
        return found[0]
    return character if " " <= character <= "~" else "" if _HIDING.match(f"{character}a") else found[0]


def one_line(text: str) -> str:
    """Text without line breaks, cut at `MAX_TEXT` with both ends kept."""
    return text if len(text) <= MAX_TEXT and text.isprintable() else clean(text.replace("\n", " ⏎ "), MAX_TEXT)


def _lines_clean(text: str) -> str:
    return "\n".join("\t".join(clean(cell, len(cell)) for cell in line.split("\t")) for line in re.split(r"\r\n|\n|\r(?=.)", text))


def json_fields(message: str) -> Mapping[str, object] | None:
    """The fields of a line that is one JSON object; None for every other line."""
    if not message.startswith("{") and not message.lstrip().startswith("{"):
        return None
    try:
        found = msgspec.json.decode(message)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def told_by(fields: Mapping[str, object]) -> str:
    """A JSON line for reading: its message first, then the fields that say most; all plain fields when it has no message."""
    name = next((key for key in _MESSAGES if isinstance(fields.get(key), str) and fields[key]), "")
    shown = [key for key in _SHOWN if key in fields and key != name] if name else [key for key in fields if key not in _HIDDEN]
    rest = " ".join(f"{key}={value}" for key in shown if (value := _scalar(fields[key])) is not None)
    said = str(fields[name]) if name else ""
    return f"{said}  {rest}" if said and rest else said or rest or str(dict(fields))


def _scalar(value: object) -> str | None:
    """A field's value as text; of an error object its message; None for anything else that is nested or empty."""
    if isinstance(value, Mapping):
        value = value.get("message") or value.get("type")
    if value is None or value == "" or isinstance(value, list | dict):
        return None
    return str(value)
