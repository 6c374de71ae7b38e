"""The one dialog of a change: preview, confirmation and follow. Its rules live in `ConfirmModel`, which needs no screen."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Literal

from textual.events import Key, Paste

from clickit_tui.ui.cells import Spans
from clickit_tui.ui.entry import Entry, edited, first_line, typed
from clickit_tui.ui.looks import Symbols
from clickit_tui.ui.modal import Modal
from clickit_tui.ui.preview import Dialog, Done, Field, Line, Preview, draw, scroll_room

Want = Literal["", "leave", "copy", "carry out"]
"""What a key asks of the screen."""

SETTLE_S = 0.5
"""Keys within this time of opening, or of another command appearing under the fingers, do nothing; so does Enter after sending."""

_SCROLLS = {"up": -1, "down": 1, "pageup": -8, "pagedown": 8}


class ConfirmModel:
    """What is typed, what is shown, and when a change is confirmed.

    The first character typed into a field replaces what stood in it: a 5 over a 3 is 5, never 35.
    Only one thing confirms: the character, typed by a key into the token, that makes it equal to what is asked. Never
    Enter, never a paste, never a deletion, nothing within 0.5 s of opening. A token that is complete without having
    confirmed (kept after `changed`) waits for its last character to be typed once more. An Enter out of habit, right after
    that character, does not close what tells how far the change has come.
    """

    def __init__(self, preview: Callable[[dict[str, str]], Preview], clock: Callable[[], float]) -> None:
        self._preview_of = preview
        self._clock = clock
        self._settles_at = clock() + SETTLE_S
        self._sent_at = float("-inf")
        self._touched: set[str] = set()
        self.inputs: dict[str, str] = {}
        first = preview({})
        self._entries = {field.name: Entry.of(field.value) for field in first.fields}
        self.inputs = {field.name: field.value for field in first.fields}
        self.dialog = Dialog(first, focus=first.fields[0].name if first.fields else "")
        self._mirror()

    @property
    def preview(self) -> Preview:
        """What is shown now."""
        return self.dialog.preview

    @property
    def confirmable(self) -> bool:
        """Whether typing the token would confirm."""
        return self.dialog.phase == "asking" and not self.preview.refused and not self.preview.locked

    def renew(self) -> None:
        """Preview again: the World moved. New commands under the fingers have to be looked at before they can be confirmed."""
        if self.dialog.phase != "asking":
            return
        before = self.preview
        self._look_again()
        if (before.commands, before.ask, before.badge) != (self.preview.commands, self.preview.ask, self.preview.badge):
            self._settles_at = self._clock() + SETTLE_S

    def _look_again(self) -> None:
        preview = self._preview_of(dict(self.inputs))
        for field in preview.fields:
            self._entries.setdefault(field.name, Entry.of(field.value))
        names = {field.name for field in preview.fields}
        focus = self.dialog.focus if self.dialog.focus in names else ""
        self.dialog = self.dialog._replace(preview=preview, focus=focus)
        self._mirror()

    def _mirror(self) -> None:
        self.dialog = self.dialog._replace(entries=tuple(self._entries.items()))

    def _say(self, note: str) -> None:
        self.dialog = self.dialog._replace(note=note)

    def key(self, key: str, character: str | None) -> Want:
        """Take a key; says what the screen has to do."""
        if key == "escape":
            return self._leave()
        if self._clock() < self._settles_at:
            return ""
        if key == "ctrl+y":
            return "copy" if self.preview.commands else ""
        if key in _SCROLLS:
            self.dialog = self.dialog._replace(scroll=max(0, self.dialog.scroll + _SCROLLS[key]))
        elif self.dialog.phase == "over":
            return "leave" if key == "enter" and self._clock() - self._sent_at >= SETTLE_S else ""
        elif self.dialog.phase == "asking":
            return self._asked(key, character)
        return ""

    def _leave(self) -> Want:
        if self.dialog.phase == "sending":
            self._say("sent; the answer is awaited before you can leave")
            return ""
        return "leave"

    def _asked(self, key: str, character: str | None) -> Want:
        self._say("")
        if key in ("tab", "shift+tab"):
            self._tab(-1 if key == "shift+tab" else 1)
        elif key == "enter":
            self._entered()
        elif self.dialog.focus:
            self._edit_field(self.dialog.focus, key, character)
        else:
            return self._edit_token(key, character)
        return ""

    def _tab(self, by: int) -> None:
        stops = [field.name for field in self.preview.fields] + ([""] if self.confirmable else [])
        if stops:
            at = stops.index(self.dialog.focus) if self.dialog.focus in stops else -1
            self.dialog = self.dialog._replace(focus=stops[(at + by) % len(stops)])

    def _entered(self) -> None:
        if self.dialog.focus:
            self._tab(1)
        elif self.confirmable:
            self._say(f"enter does not confirm: type {self.preview.ask}")

    def _edit_field(self, name: str, key: str, character: str | None) -> None:
        fresh = name not in self._touched and character is not None and character.isprintable()
        entry = edited(Entry() if fresh else self._entries[name], key, character)
        if entry is not None:
            self._touched.add(name)
            self._fill(name, entry)

    def _fill(self, name: str, entry: Entry) -> None:
        same = entry.text == self._entries[name].text
        self._entries[name] = entry
        self.inputs[name] = entry.text
        self._mirror()
        if not same:
            self._look_again()

    def _edit_token(self, key: str, character: str | None) -> Want:
        entry = edited(self.dialog.token, key, character)
        if entry is None or not self.confirmable:
            return ""
        ask = self.preview.ask
        inserted = character is not None and len(entry.text) > len(self.dialog.token.text)
        if inserted and ask and self.dialog.token.text == ask and character == ask[-1]:
            return self._confirmed()
        self.dialog = self.dialog._replace(token=entry)
        return self._confirmed() if inserted and ask and entry.text == ask else ""

    def _confirmed(self) -> Want:
        self._sent_at = self._clock()
        self.dialog = self.dialog._replace(phase="sending", note="")
        return "carry out"

    def paste(self, text: str) -> None:
        """Pasted text goes into a field; into the token never."""
        if self.dialog.phase != "asking" or self._clock() < self._settles_at:
            return
        if self.dialog.focus:
            self._say("")
            name = self.dialog.focus
            before = self._entries[name] if name in self._touched else Entry()
            self._touched.add(name)
            self._fill(name, typed(before, first_line(text)))
        elif self.confirmable:
            self._say(f"a paste does not confirm: type {self.preview.ask}")

    def answered(self, done: Done) -> None:
        """The outcome of what was confirmed. `changed` asks again with the new preview."""
        if done.kind != "changed":
            self.dialog = self.dialog._replace(phase="over", done=done, note="")
            return
        self.dialog = self.dialog._replace(phase="asking", focus="")
        self._look_again()
        self._settles_at = self._clock() + SETTLE_S
        ask = self.preview.ask
        again = (
            f"type its last character {ask[-1:]} once more to confirm what is shown now" if self.dialog.token.text == ask else f"type {ask}"
        )
        self._say(f"nothing was sent: {done.sentence}. {again}")

    def told(self, progress: tuple[Spans, bool]) -> None:
        """How far the change has come."""
        self.dialog = self.dialog._replace(progress=progress[0], finished=progress[1])

    def copied(self, sentence: str) -> None:
        """What became of a copy."""
        self._say(sentence)

    def lines(self, cells: int, rows: int, glyphs: Symbols) -> tuple[Spans, ...]:
        """The dialog drawn."""
        most = scroll_room(self.dialog, cells, rows, glyphs)
        self.dialog = self.dialog._replace(scroll=min(self.dialog.scroll, most + 1 if most else 0))
        return draw(self.dialog, cells, rows, glyphs)


class Confirm(Modal[Done | None]):
    """Preview, confirmation and follow of one change in one box; dismissed with its outcome, None when nothing was sent.

    `preview(inputs)` is called on every edit and by `renew()`; `carry_out(inputs)` once per confirmation; `progress()`
    every second afterwards until it says that it is finished; `copy(text)` says what became of the command lines.
    `leaves(done)` says whether the dialog makes room at once because something else follows.
    """

    def __init__(
        self,
        preview: Callable[[dict[str, str]], Preview],
        *,
        carry_out: Callable[[dict[str, str]], Awaitable[Done]],
        progress: Callable[[], tuple[Spans, bool]],
        copy: Callable[[str], Awaitable[str]],
        clock: Callable[[], float] = time.monotonic,
        leaves: Callable[[Done], bool] = lambda done: False,
    ) -> None:
        super().__init__()
        self._leaves = leaves
        self._carry_out = carry_out
        self._progress = progress
        self._copy = copy
        self.model = ConfirmModel(preview, clock)

    def on_mount(self) -> None:
        """Once something was sent, look every second how far it has come."""
        self.set_interval(1.0, self.watch_progress)

    def draw(self) -> None:
        width, height = self.app.size
        if width > 20:
            self._box.show(self.model.lines(max(40, min(width - 3, 100)), height, self._box.symbols))

    def renew(self) -> None:
        """Preview again because the World moved."""
        self.model.renew()
        self.watch_progress()
        self.draw()

    def watch_progress(self) -> None:
        """Show how far a sent change has come."""
        dialog = self.model.dialog
        if dialog.done is not None and dialog.done.kind in ("done", "unknown") and not dialog.finished:
            self.model.told(self._progress())
            self.draw()

    def on_key(self, event: Key) -> None:
        """Every key but those of the process itself belongs to the dialog."""
        if event.key in ("ctrl+c", "ctrl+z", "ctrl+q"):
            return
        event.stop()
        event.prevent_default()
        if not self.is_active:
            return  # a key that came close behind the one that left: dismissing twice would close the screen below
        want = self.model.key(event.key, event.character)
        self.draw()
        if want == "leave":
            self.dismiss(self.model.dialog.done)
        elif want == "copy":
            self.run_worker(self._copied(), group="copy", exclusive=True)
        elif want == "carry out":
            self.run_worker(self._sent(), group="send", exclusive=True)

    def on_paste(self, event: Paste) -> None:
        """Pasted text never confirms."""
        event.stop()
        self.model.paste(event.text)
        self.draw()

    async def _copied(self) -> None:
        self.model.copied(await self._copy(self.model.preview.copied))
        self.draw()

    async def _sent(self) -> None:
        done = await self._carry_out(dict(self.model.inputs))
        self.model.answered(done)
        if self._leaves(done):
            self.dismiss(done)
            return
        self.watch_progress()
        self.draw()


__all__ = ["Confirm", "ConfirmModel", "Done", "Field", "Line", "Preview"]
