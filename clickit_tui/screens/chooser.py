"""The question for the environment, when none was named."""

from __future__ import annotations

from collections.abc import Sequence

from clickit_tui.ui.looks import THEME
from clickit_tui.ui.picker import Choice, Picker
from clickit_tui.ui.terminal import TerminalApp


class Chooser(TerminalApp):
    """The first screen when no environment was named: it never takes the last one by itself."""

    CSS_PATH = "../app.tcss"
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, environments: Sequence[tuple[str, str]], theme: str = THEME.name, told: str = "") -> None:
        super().__init__(theme)
        self.environments = environments
        self.told = told
        self.chosen = ""

    def on_mount(self) -> None:
        """Ask at once."""
        choices = [Choice(id=name, text=f"{name:<12} {words}") for name, words in self.environments]
        self.push_screen(Picker(f"which environment?  {self.told}".rstrip(), choices), self._picked)

    def _picked(self, name: str | None) -> None:
        self.chosen = name or ""
        self.exit(0)


def choose_environment(environments: Sequence[tuple[str, str]], theme: str = THEME.name, told: str = "") -> str:
    """Ask for the environment, given as (name, what is known of it), under what is told; an empty string when the user left."""
    chooser = Chooser(environments, theme, told)
    chooser.run(mouse=False)
    return chooser.chosen
