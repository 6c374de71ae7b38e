"""How many rows and columns each pane of Triage gets at a given terminal size."""

from __future__ import annotations

from typing import NamedTuple

SMALLEST = (60, 16)
"""Below this the screen says so and shows only identity and the worst verdict."""


class Layout(NamedTuple):
    """Heights include the pane's title row."""

    services: int
    charts: int
    logs: int
    wide: bool
    """Alarms and changes stand beside services and charts."""
    aside: int
    """Columns of the alarm column; 0 when there is none."""
    keys: int


FRAME = 3
"""Identity, verdict strip, likely cause."""


def layout(width: int, height: int) -> Layout | None:
    """Rows of the panes for a terminal of that size; None when it is too small. It depends on the size alone: panes never jump."""
    if width < SMALLEST[0] or height < SMALLEST[1]:
        return None
    tall = height >= 32
    charts = 9 if tall else 6 if height >= 22 else 4
    keys = 2
    free = height - FRAME - keys - charts
    services = max(8, free - height * 45 // 100) if tall else (free + 1) // 2
    wide = width >= 130 and tall
    return Layout(services=services, charts=charts, logs=free - services, wide=wide, aside=max(44, width // 3) if wide else 0, keys=keys)
