"""Secrets in log lines: replaced by a visible mark before a line is kept, shown, copied or saved."""

from __future__ import annotations

import re

MARK = "‹masked›"

_HINTS = (
    "://", "akia", "asia", "eyj", "-----begin", "pass", "pwd", "secret", "token", "key", "authorization", "credential", "bearer", "basic ",
    "cookie", "_live_", "_test_", "whsec_", "ghp_", "ghs_", "gho_", "github_pat_", "xox", "session", "signature",
)  # fmt: skip
"""A line without any of these holds nothing that the patterns below would find."""

_PEM = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|\Z)", re.DOTALL)
_URI = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,30}://[^\s:/@\"'<>]{0,200}):[^\s/\"'<>]{1,500}@")
_SHAPES = re.compile(
    r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"
    r"|\beyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?"
    r"|\b(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{8,}|\bwhsec_[A-Za-z0-9]{8,}"
    r"|\bgh[pso]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}|\bxox[abprs]-[A-Za-z0-9-]{10,}"
)
_BEARER = re.compile(r"(?i)\b(bearer|basic)(\s+)(?=[A-Za-z._~+/-]*[0-9=])[A-Za-z0-9._~+/=-]{8,}")
_PAIR = re.compile(
    r"(?i)(?<![A-Za-z])(?P<name>[\w.-]{0,40}?(?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key"
    r"|authorization|credentials?|set-cookie|cookie|session[_-]?id|signature|(?<![A-Za-z])pass)(?:[_-]?(?:id|key|value|hash))?)"
    r"(?P<sep>\\?[\"']?\s{0,3}[:=]\s{0,3})"
    r"(?P<value>\\\"[^\"\\]*\\\"|\"(?:[^\"\\]|\\.)*\"?|'[^']*'?|(?:bearer|basic|digest)\s+[^\s,;\"']+|[^\s,;&\"'}\])]+)"
)
_SPACED = re.compile(
    r"(?i)\b(?P<name>passw(?:or)?d|passphrase)(?P<sep>\s{1,3})(?:(?P<quote>[\"'])(?P<quoted>[^\"'\s]+)(?P=quote)|(?P<plain>[^\s\"':=,;]+))"
)
_EMPTY = re.compile(r"(?i)(?:[\\\"']*|null|none|nil|undefined|true|false|\*+|-?\d{1,6}(?:\.\d+)?|‹masked›|\[?redacted\]?)")
_WORDS = frozenset({"authentication", "for", "is", "was", "reset", "changed", "of", "must", "has", "expired", "not", "required"})
"""What follows the word in a sentence."""
_ALWAYS = re.compile(r"(?i)passw|passphrase|pwd|authorization|cookie")


def mask(text: str) -> str:
    """The text with keys, tokens, passwords in URIs and PEM blocks replaced by `‹masked›`; everything else is left as it is."""
    low = text.lower()
    if not any(hint in low for hint in _HINTS):
        return text
    if "-----BEGIN" in text:
        text = _PEM.sub(MARK, text)
    if "://" in text:
        text = _URI.sub(rf"\1:{MARK}@", text)
    text = _SHAPES.sub(MARK, text)
    text = _SPACED.sub(_spaced, _PAIR.sub(_pair, text))
    return _BEARER.sub(rf"\1\2{MARK}", text)


def _spaced(found: re.Match[str]) -> str:
    """One `PASSWORD value`: masked when quoted, shouted as in SQL before a value that is not, or of letters and digits."""
    name, value = found["name"], found["quoted"] or found["plain"]
    shouted = name.isupper() and not value.isupper() and value not in _WORDS
    mixed = any(c.isdigit() for c in value) and any(c.isalpha() for c in value)
    if value == MARK or not (found["quote"] or shouted or mixed):
        return found[0]
    quote = found["quote"] or ""
    return f"{name}{found['sep']}{quote}{MARK}{quote}"


def _pair(found: re.Match[str]) -> str:
    """One `name=value`: masked, unless the value is a count, a boolean or plainly no secret."""
    name, sep, value = found["name"], found["sep"], found["value"]
    bare = value.strip("\\\"'")
    if _EMPTY.fullmatch(bare) and not (bare.isdigit() and _ALWAYS.search(name)):
        return found[0]
    prose = value == bare and ":" in sep and not _ALWAYS.search(name) and sep[-1] == " "
    if prose and len(bare) < 12 and not any(c.isdigit() for c in bare):
        return found[0]
    quote = re.match(r"\\?[\"']?", value)
    edge = quote[0] if quote else ""
    closed = edge if edge and value.endswith(edge) and len(value) >= 2 * len(edge) else ""
    return f"{name}{sep}{edge}{MARK}{closed}"
