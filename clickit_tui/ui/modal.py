"""What every dialog over a screen has in common."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual.app import ComposeResult
from textual.events import Resize
from textual.screen import ModalScreen

from clickit_tui.ui.lines import Lines

T = TypeVar("T")


class Modal(ModalScreen[T]):
    """One box of lines in the middle of the screen, which `draw` fills, at every size anew.

    It lets go of its drawn lines when it is left; Textual's cache of styles would keep them.
    """

    DEFAULT_CSS: ClassVar[str] = "Modal { align: center middle; } Modal > Lines { width: auto; height: auto; }"
    AUTO_FOCUS = ""

    def __init__(self) -> None:
        super().__init__()
        self._box = Lines()

    def compose(self) -> ComposeResult:
        yield self._box

    @property
    def text(self) -> str:
        """What is drawn, without looks."""
        return self._box.text

    def draw(self) -> None:
        """Show in the box what there is to say."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """Draw at once."""
        self.draw()

    def on_resize(self, event: Resize) -> None:
        """The box fits the terminal."""
        self.draw()

    def on_unmount(self) -> None:
        """Forget what was drawn."""
        self.refresh()
