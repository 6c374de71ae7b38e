"""The configuration's own masks: text of log lines that must never be shown, besides the built-in patterns."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from clickit_tui.logs.fetch import Ask, Event, Fetch, Page
from clickit_tui.logs.line import harmless
from clickit_tui.logs.mask import MARK


def masked_fetch(fetch: Fetch, patterns: Sequence[str]) -> Fetch:
    """A fetch whose messages have every match of the patterns replaced by the mark; the fetch itself when there are none.

    A message is matched without its escapes and control characters, which would hide a match from the patterns and not from the reader.
    """
    if not patterns:
        return fetch
    compiled = [re.compile(pattern) for pattern in patterns]

    def masked(event: Event) -> Event:
        text = shown = harmless(event.message)
        for pattern in compiled:
            text = pattern.sub(MARK, text)
        return event if text == shown else msgspec.structs.replace(event, message=text)

    async def masking(ask: Ask) -> Page:
        page = await fetch(ask)
        return msgspec.structs.replace(page, events=tuple(masked(event) for event in page.events))

    return masking
