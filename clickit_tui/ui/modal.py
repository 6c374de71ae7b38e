"""What every dialog over a screen has in common."""

from __future__ import annotations

from typing import TypeVar

from textual.screen import ModalScreen

T = TypeVar("T")


class Modal(ModalScreen[T]):
    """A screen over the screen that lets go of its drawn lines when it is left; Textual's cache of styles would keep them."""

    def on_unmount(self) -> None:
        """Forget what was drawn."""
        self.refresh()
