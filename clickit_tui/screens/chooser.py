"""The question for the environment, when none was named."""

from __future__ import annotations

from collections.abc import Sequence

from clickit_tui.ui.crash import QuietApp
from clickit_tui.ui.looks import THEME
from clickit_tui.ui.picker import Choice, Picker


class Chooser(QuietApp):
    """The first screen when no environment was named: it never takes the last one by itself."""

    CSS_PATH = "../app.tcss"
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, environments: Sequence[tuple[str, str]]) -> None:
        super().__init__(ansi_color=True)
        self.animation_level = "none"
        self.environments = environments
        self.chosen = ""

    def on_mount(self) -> None:
        """Ask at once."""
        self.register_theme(THEME)
        self.theme = THEME.name
        choices = [Choice(id=name, text=f"{name:<12} {words}") for name, words in self.environments]
        self.push_screen(Picker("which environment?", choices), self._picked)

    def _picked(self, name: str | None) -> None:
        self.chosen = name or ""
        self.exit(0)


def choose_environment(environments: Sequence[tuple[str, str]]) -> str:
    """Ask for the environment, given as (name, what is known of it); an empty string when the user left."""
    chooser = Chooser(environments)
    chooser.run()
    return chooser.chosen
