"""What a typed filter means: plain text, `!text` for its inverse, `/regex/` for a regular expression."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

SEARCHED = 4000
"""Characters of a row that a filter looks at; what lies beyond never matches."""


class Filter(NamedTuple):
    """A compiled filter; `problem` says in one sentence why the text could not be used."""

    text: str = ""
    accepts: Callable[[str], bool] | None = None
    """None accepts everything."""
    problem: str = ""

    def __call__(self, searched: str) -> bool:
        return self.accepts is None or self.accepts(searched[:SEARCHED])


def parse_filter(text: str) -> Filter:
    """Never raises. A bad regular expression gives a `problem`; case does not matter in any form."""
    inverse = text.startswith("!")
    body = text[1:] if inverse else text
    if not body.strip():
        return Filter(text)
    if len(body) > 2 and body.startswith("/") and body.endswith("/"):
        return _by_regex(text, body[1:-1], inverse)
    wanted = body.casefold()
    return Filter(text, lambda searched: (wanted in searched.casefold()) != inverse)


def _by_regex(text: str, pattern: str, inverse: bool) -> Filter:
    try:
        found = re.compile(pattern, re.IGNORECASE).search
    except (re.error, OverflowError, RecursionError) as error:
        return Filter(text, None, f"not a regular expression: {error}")
    return Filter(text, lambda searched: (found(searched) is not None) != inverse)
