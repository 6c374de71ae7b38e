"""The one holder of the World: sources put values in, subscribers hear of the fields they read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

import msgspec

from clickit_tui.world.world import FIELDS, World

Listener = Callable[[World, frozenset[str]], None]


class Store:
    """Single-threaded: everything happens on the event loop."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._listeners: dict[int, tuple[frozenset[str], Listener]] = {}
        self._readers: Counter[str] = Counter()
        self._next = 0
        self._on_interest: list[Callable[[frozenset[str]], None]] = []
        self._on_change: list[Listener] = []

    def put(self, **fields: object) -> None:
        """Replace fields of the World; listeners of fields whose value differs are called once, in order of subscription."""
        changed = frozenset(name for name, value in fields.items() if getattr(self.world, name) != value)
        if not changed:
            return
        self.world = msgspec.structs.replace(self.world, **fields)
        for told in self._on_change:
            told(self.world, changed)
        for reads, listener in tuple(self._listeners.values()):
            if hit := reads & changed:
                listener(self.world, hit)

    def subscribe(self, reads: Iterable[str], listener: Listener) -> Callable[[], None]:
        """Register a listener and its interest; returns the function that ends both."""
        fields = frozenset(reads)
        if unknown := fields - set(FIELDS):
            raise ValueError(f"the World has no field {', '.join(sorted(unknown))}")
        key, self._next = self._next, self._next + 1
        self._listeners[key] = (fields, listener)
        self._readers.update(fields)
        for told in self._on_interest:
            told(fields)

        def unsubscribe() -> None:
            if self._listeners.pop(key, None) is not None:
                self._readers.subtract(fields)

        return unsubscribe

    def read(self, fields: Iterable[str]) -> bool:
        """Whether anybody reads any of these fields."""
        return any(self._readers[name] > 0 for name in fields)

    def on_interest(self, told: Callable[[frozenset[str]], None]) -> None:
        """Call back whenever somebody begins to read fields; the poll loops wake by it."""
        self._on_interest.append(told)

    def on_change(self, told: Listener) -> None:
        """Call back with every change, before those who read the fields; whoever listens so reads nothing and wakes no source."""
        self._on_change.append(told)
