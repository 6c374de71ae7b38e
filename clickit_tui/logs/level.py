"""How serious a log line is, read from its text alone."""

from __future__ import annotations

import re
from collections.abc import Mapping

LEVELS = ("error", "warn", "info", "debug", "")
"""Every level a line can have, worst first; empty means that the line does not say."""

_WORDS = {
    "error": "fatal critical crit panic emerg emergency alert error err severe failure",
    "warn": "warn warning",
    "info": "info notice information informational log",
    "debug": "debug trace verbose fine finer finest",
}
_LEVEL = {word: level for level, words in _WORDS.items() for word in words.split()}
_KEYS = ("level", "severity", "lvl", "log.level", "levelname", "loglevel", "log_level", "severityText", "severity_text")

_PAIR = re.compile(r"(?i)(?<![\w.])(?:level|lvl|severity|loglevel|levelname)[\"']?\s?[=:]\s?[\"']?([a-z]+|\d{1,2})\b")
_BRACKET = re.compile(
    r"(?i)[\[<(]\s{0,5}(fatal|critical|crit|panic|emerg|alert|error|err|severe|warn|warning|info|notice|debug|trace)\s{0,5}[\]>)]"
)
_GLOG = re.compile(r"^([EWIFD])\d{4}[ T]\d\d:\d\d")
_UPPER = re.compile(r"\b(FATAL|CRITICAL|CRIT|PANIC|EMERG|ALERT|ERROR|ERR|SEVERE|WARNING|WARN|INFO|NOTICE|DEBUG|TRACE)\b(?!_)")
_LEAD = re.compile(r"(?i)^[\W\d_TZ]{0,40}?\b(fatal|critical|panic|error|err|severe|warning|warn|info|notice|debug|trace)\s?(?:!|:|-\s|\|)")
_RAISED = re.compile(
    r"Traceback \(most recent call last\)|\b[A-Za-z_][\w.]{0,80}(?:Error|Exception)(?::\s|$)"
    r"|\bUnhandled ?(?:Promise ?)?[Rr]ejection\b|\bUncaught \w"
    r"|\bpanic: |\bSegmentation fault\b|\bcore dumped\b|\bOut of memory\b"
)
_ACCESS = re.compile(r"HTTP/\d(?:\.\d)?\"?\s+([45])\d\d\b")
_NEGATED = re.compile(r"(?i)(?:(?<![\d.])0|\bno|\bwithout|\bzero|\bany)\s+$")
_NONE_OF = re.compile(r"(?i)^s?(?:\s?=\s?0\b(?!x)|\s?:\s?0\s*(?:$|[,;)}\]])|\s?[_ -]?(?:count|rate|total|s)\b)")


def level_of(text: str, fields: Mapping[str, object] | None = None) -> str:
    """The level of a line: from its JSON fields if it has any, else from common plain formats; one of `LEVELS`.

    A line that says that there are no errors (`0 errors`, `no error`, `errors=0`) is not an error.
    """
    if fields is not None and (said := _from_fields(fields)):
        return said
    return _plain(text[:400])


def word_level(word: object) -> str:
    """Level of one word or number: names, pino's and bunyan's numbers (10 to 60), syslog's (0 to 7)."""
    if isinstance(word, bool) or word is None:
        return ""
    plain = str(word).strip().lower()
    if not plain.isdecimal():
        return _LEVEL.get(plain, "")
    number = int(plain)
    if number < 8:
        return "error" if number <= 3 else "warn" if number == 4 else "info" if number <= 6 else "debug"
    return "error" if number >= 50 else "warn" if number >= 40 else "info" if number >= 30 else "debug"


def _from_fields(fields: Mapping[str, object]) -> str:
    for key in _KEYS:
        if level := word_level(fields.get(key)):
            return level
    log = fields.get("log")
    return word_level(log.get("level")) if isinstance(log, Mapping) else ""


def _plain(text: str) -> str:
    if (found := _PAIR.search(text)) and (level := word_level(found[1])):
        return level
    if (found := _GLOG.match(text)) is not None:
        return {"E": "error", "F": "error", "W": "warn", "I": "info"}.get(found[1], "debug")
    for pattern in (_LEAD, _BRACKET, _UPPER):
        if level := _first(pattern, text):
            return level
    if _RAISED.search(text):
        return "error"
    if (found := _ACCESS.search(text)) is not None:
        return "error" if found[1] == "5" else "warn"
    return ""


def _first(pattern: re.Pattern[str], text: str) -> str:
    """Level of the first match that is not negated, within the part of a line where levels stand."""
    for found in pattern.finditer(text[:160]):
        start, end = found.span(1)
        if _NEGATED.search(text[max(0, start - 12) : start]) or _NONE_OF.match(text[end : end + 12]):
            continue
        return _LEVEL[found[1].lower()]
    return ""
