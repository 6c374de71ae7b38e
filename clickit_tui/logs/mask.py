"""Secrets in log lines: replaced by a visible mark before a line is kept, shown, copied or saved."""

from __future__ import annotations

import re

MARK = "‹masked›"

_PROGRAMS = ("mysql", "mariadb", "redis-cli", "sshpass", "curl")
_HINTS = (
    "://", "akia", "asia", "eyj", "-----begin", "pass", "pw", "secret", "token", "key", "authorization", "credential", "bearer", "basic ",
    "cookie", "_live_", "_test_", "whsec_", "ghp_", "ghs_", "gho_", "github_pat_", "xox", "session", "signature",
    "glpat-", "npm_", "sg.", "aiza", "identified by", "hooks.slack", "sk-proj-", "sk-ant-", "sk-or-", "sk-svc", "hvs.", "jwt", *_PROGRAMS,
)  # fmt: skip
"""A line without any of these holds nothing that the patterns below would find."""

_PEM = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|\Z)", re.DOTALL)
_URI = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,30}://[^\s:/@\"'<>]{0,200}):[^\s/\"'<>]{1,500}@")
_STORE = re.compile(
    r"(?i)((?:postgres(?:ql)?|mysql|mariadb|rediss?|mongodb|amqps?)(?:\+\w{1,20})?://[^\s:/@\"'<>]{0,200}):[^\s\"'<>@]{1,500}@"
)
"""A password with a slash in it, as generated ones have, makes an address that clients refuse and quote."""
_SHAPES = re.compile(
    r"(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])"
    r"|\beyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?"
    r"|\b(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{8,}|\bwhsec_[A-Za-z0-9]{8,}"
    r"|\bgh[pso]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}|\bxox[abprs]-[A-Za-z0-9-]{10,}"
    r"|(?<=\bhooks\.slack\.com/services/)[\w/]{20,}|\bsk-(?:proj|ant|or|svcacct)-[\w-]{20,}|\bhvs\.[\w-]{20,}"
    r"|\bglpat-[\w-]{20,}|\bnpm_[A-Za-z0-9]{36}\b|\bSG\.[\w-]{16,}\.[\w-]{16,}|\bAIza[\w-]{35}"
)
_BEARER = re.compile(r"(?i)\b(bearer|basic)(\s+)(?=[A-Za-z._~+/-]*[0-9=])[A-Za-z0-9._~+/=-]{8,}")
_PAIR = re.compile(
    r"(?i)(?<![A-Za-z])(?P<name>[\w.-]{0,40}?(?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_ -]?key"
    r"|authorization|credentials?|set-cookie|cookie|session[_-]?id|signature|passcode|jwt|(?<![A-Za-z])(?:pass|pw))(?:[_-]?(?:id|key|value|hash|base|string|text)){0,2})"
    r"(?P<sep>\\?[\"']?\s{0,3}(?:=>|[:=])\s{0,3}(?:[bru]{1,2}(?=[\"']))?)"
    r"(?P<value>\((?=[\"'(])[^()]{0,1000}\)|\{(?:[^{}]|\{[^{}]{0,500}\}){0,1000}\}|\[[^\[\]]{0,1000}\]|\\\"[^\"\\]*\\\"|\"(?:[^\"\\]|\\.)*\"?|'[^']*'?|(?:bearer|basic|digest)\s+[^\s,;\"']+"
    r"|(?<=cookie: )[^\s;,\"']+(?:;\s?[^\s;,\"']+)*|[^\s,;&\"'}\])]+)"
)
_PAIRED = re.compile(
    r"(?i)(?P<head>[(\[]\s?b?(?P<q>[\"'])(?P<name>[\w.-]{0,40}(?:password|passwd|secret|token|api[_-]?key|authorization|cookie|credentials?))(?P=q)"
    r",\s?b?)(?P<quote>[\"'])(?P<value>(?:(?!(?P=quote))[^\\]|\\.){1,4000})(?P=quote)(?=\s?(?P<close>[)\]]))"
)
"""`(b'authorization', b'Bearer ...')`: a header or setting as a pair of texts."""
_TAGGED = re.compile(r"(?i)(<[\w:.-]{0,40}(?:password|passwd|secret|token)>)[^<\s][^<]{0,1000}(?=</)")
_ENCODED = re.compile(
    r"(?i)(?P<name>password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|authorization|credentials?"
    r"|session[_-]?id|signature)(?P<sep>(?:%(?:25){0,2}(?:22|27|5C|20)|\+){0,4}%(?:25){0,2}(?:3A|3D)(?:%(?:25){0,2}(?:22|27|5C|20)|\+){0,4})"
    r"(?P<value>(?:(?!%(?:25){0,2}(?:22|26|27|2C|5C|7D|0A|0D))[^\s&\"'])+)"
)
"""`name%22%3A%22value`: a pair in a query, once or several times percent-encoded."""
_PROGRAM = re.compile(
    r"(?P<head>\b(?:(?:mysql|mariadb)(?:-?(?:dump|admin|import|check|show))?(?:\s+[^\s|;&]+){0,12}?\s+-p|sshpass(?:\s+-[ev])?\s+-p\s?"
    r"|redis-cli(?:\s+[^\s|;&]+){0,12}?\s+-a\s|curl(?:\s+[^\s|;&]+){0,12}?\s+(?:-u|--user)\s[\"']?[^\s:\"']{1,60}:))(?P<quote>[\"']?)(?P<value>[^\s\"']+)(?P=quote)"
)
"""Programs that take a password as an option without a name."""
_SPACED = re.compile(
    r"(?i)(?P<name>(?:\b|(?<![/\w.-])[a-z]\w{0,40}_)(?:passw(?:or)?d|passphrase|requirepass))"
    r"(?P<sep>\s{1,3}(?P<is>(?:is|was:?|to|set to|changed to|(?:for|of)\s[^\s:=]{1,60}\s?[:=])\s{1,3})?)"
    r"(?:(?P<quote>[\"'])(?P<quoted>[^\"'\s]+)(?P=quote)|(?P<plain>[^\s\"':=,;]+))"
)
_FLAG = re.compile(r"(?i)(?<!\S)(?P<name>--?[\w-]{0,40}(?:token|secret|password|key))(?P<sep>\s{1,3})(?P<plain>(?!-)[^\s\"'=:,;]{4,})")
_NAMED = re.compile(
    r"(?P<name>\b(?:IDENTIFIED BY|identified by|[A-Z]{0,20}_?(?:SECRET|TOKEN)(?:_[A-Z]{1,20}){0,3}))(?P<sep>\s{1,3})"
    r"(?P<plain>'[^']+'|[^\s\"'=:,;]{16,})"
)
_SECRET_KEY = re.compile(r"(?<![\w/+=-])[A-Za-z0-9/+]{40}(?![\w/+=-])")
"""As long as a secret access key; it is one when it has letters of both cases and digits."""
_PEM_BODY = re.compile(r"(?=[A-Za-z0-9+/]*[A-Z])(?=[A-Za-z0-9+/]*[a-z])(?=[A-Za-z0-9+/]*\d)[A-Za-z0-9+/]{48,76}={0,2}")
_PEM_LINE = re.compile(r"[A-Za-z0-9+/=]{1,76}|(?:Proc-Type|DEK-Info): .{1,100}")
_PEM_BEGINS = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----")
PEM_LINES = 120
"""Lines of one stream after the beginning of a key that may belong to it."""
_ARN = re.compile(r":secretsmanager:[\w-]{0,30}:\d{0,12}:$")
_EMPTY = re.compile(r"(?i)(?:[\\\"']*|null|none|nil|undefined|true|false|\*+|-?\d{1,6}(?:\.\d+)?|‹masked›|\[?redacted\]?)")
_WORDS = frozenset({"authentication", "for", "is", "was", "reset", "changed", "of", "must", "has", "expired", "not", "required"})
"""What follows the word in a sentence."""
_SAID = re.compile(r"(?i)\d[\w.]*-?(?:chars?|characters?|d|days?|h|m|s|ms|bits?|bytes?|years?)?|(?:sha|md|utf|base|argon|bcrypt|v)-?\d\w*")
"""What has digits in a sentence on a password: its age, its length, how it is hashed."""
_ALWAYS = re.compile(r"(?i)passw|passphrase|pwd|authorization|cookie")


def mask(text: str) -> str:
    """The text with keys, tokens, passwords in URIs and PEM blocks replaced by `‹masked›`; everything else is left as it is."""
    if len(text) <= 80 and _PEM_BODY.fullmatch(text.strip()):
        return MARK
    low = text.lower()
    if not any(hint in low for hint in _HINTS):
        return text
    if "-----BEGIN" in text:
        text = _PEM.sub(MARK, text)
    if "://" in text:
        text = _STORE.sub(rf"\1:{MARK}@", _URI.sub(rf"\1:{MARK}@", text))
    text = _SECRET_KEY.sub(_secret_key, _SHAPES.sub(MARK, text))
    text = _SPACED.sub(_spaced, _PAIR.sub(_pair, text))
    if "', " in text or '", ' in text or "','" in text or '","' in text:
        text = _PAIRED.sub(_paired, text)
    if "</" in text:
        text = _TAGGED.sub(rf"\1{MARK}", text)
    if "%" in text:
        text = _ENCODED.sub(_encoded, text)
    if any(program in low for program in _PROGRAMS):
        text = _PROGRAM.sub(rf"\g<head>\g<quote>{MARK}\g<quote>", text)
    if "--" in text or "SECRET" in text or "TOKEN" in text or "identified by" in low:
        text = _NAMED.sub(_named, _FLAG.sub(_named, text))
    return _BEARER.sub(rf"\1\2{MARK}", text)


class Blocks:
    """Knows which lines of a stream belong to a private key whose lines came as events of their own."""

    def __init__(self) -> None:
        self._left: dict[str, int] = {}

    def inside(self, stream: str, message: str) -> bool:
        """Whether a message is one more line of a key; messages are given in their order."""
        if "-----BEGIN" in message and (found := _PEM_BEGINS.search(message)) and "-----END" not in message[found.end() :]:
            self._left[stream] = PEM_LINES
        elif (left := self._left.get(stream)) is not None:
            self._left[stream] = left - 1
            if left == 0 or "-----END" in message:
                del self._left[stream]
            return _PEM_LINE.fullmatch(message.strip()) is not None
        return False


def _secret_key(found: re.Match[str]) -> str:
    value = found[0]
    mixed = any(c.isdigit() for c in value) and any(c.isupper() for c in value) and any(c.islower() for c in value)
    return MARK if mixed else value


def _named(found: re.Match[str]) -> str:
    """One `--token value` or `AWS_SECRET_ACCESS_KEY value`: masked when the value has digits or stands in quotes."""
    value = found["plain"]
    if value == MARK or not (value[0] == "'" or any(c.isdigit() for c in value)):
        return found[0]
    quote = "'" if value[0] == "'" else ""
    return f"{found['name']}{found['sep']}{quote}{MARK}{quote}"


def _paired(found: re.Match[str]) -> str:
    """One `('name', 'value')`; in a list of two, which may be one of names, the value must have digits or belong to a header."""
    value, header = found["value"], found["name"].lower() in ("authorization", "cookie", "set-cookie")
    if found["close"] == "]" and not (header or any(c.isdigit() for c in value)):
        return found[0]
    return f"{found['head']}{found['quote']}{MARK}{found['quote']}"


def _encoded(found: re.Match[str]) -> str:
    """One percent-encoded pair: masked as a plain one is."""
    bare = found["value"]
    if _EMPTY.fullmatch(bare) and not (bare.isdigit() and _ALWAYS.search(found["name"])):
        return found[0]
    return f"{found['name']}{found['sep']}{MARK}"


def _spaced(found: re.Match[str]) -> str:
    """One `PASSWORD value` or `password is value`: masked when quoted, shouted as in SQL before a value that is not, or of letters and
    digits; after `is` a word of a sentence may have digits too."""
    name, value = found["name"], found["quoted"] or found["plain"]
    shouted = name.isupper() and not found["is"] and not value.isupper() and value not in _WORDS
    mixed = any(c.isdigit() for c in value) and any(c.islower() if found["is"] else c.isalpha() for c in value)
    if found["is"] and _SAID.fullmatch(value):
        return found[0]
    if value == MARK or not (found["quote"] or shouted or mixed):
        return found[0]
    quote = found["quote"] or ""
    return f"{name}{found['sep']}{quote}{MARK}{quote}"


def _pair(found: re.Match[str]) -> str:
    """One `name=value`: masked, unless the value is a count, a boolean or plainly no secret."""
    name, sep, value = found["name"], found["sep"], found["value"]
    bare = value.strip("\\\"'")
    if name.lower() == "secret" and _ARN.search(found.string, max(0, found.start() - 80), found.start()):
        return found[0]
    if _EMPTY.fullmatch(bare) and not (bare.isdigit() and _ALWAYS.search(name)):
        return found[0]
    prose = value == bare and ":" in sep and not _ALWAYS.search(name) and sep[-1] == " "
    if prose and len(bare) < 12 and not any(c.isdigit() for c in bare):
        return found[0]
    quote = re.match(r"\\?[\"']?", value)
    edge = quote[0] if quote else ""
    if not edge and (inside := re.match(r"\\?\"", sep)):
        return f"{name}{sep}{inside[0]}{MARK}{inside[0]}"
    closed = edge if edge and value.endswith(edge) and len(value) >= 2 * len(edge) else ""
    return f"{name}{sep}{edge}{MARK}{closed}"
