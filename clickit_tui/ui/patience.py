"""Stops what an expression somebody typed would do for ever: a program whose loop hangs takes no key, not even the one that quits."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

FILTER_S = 1.0
"""Processor time that looking through all lines may take."""
ROW_S = 0.1
"""The same for one row that is painted."""
TOO_LONG = "takes too long on these lines: write it simpler, e.g. without a repeat inside a repeat"


class TooLong(Exception):
    """It has used the processor time it was given."""


@contextmanager
def at_most(cpu_s: float) -> Iterator[None]:
    """Raise `TooLong` out of what runs inside after so many seconds of processor time; outside the main thread nothing is bounded.

    Regular expressions look at signals while they match, and at nothing else.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGVTALRM, _too_long)
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, cpu_s)
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0.0)
        signal.signal(signal.SIGVTALRM, before)


def _too_long(number: int, frame: FrameType | None) -> None:
    raise TooLong
