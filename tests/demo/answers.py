"""The page with the incidents' answers, made from the incidents themselves: `python -m tests.demo.answers` writes it."""

from __future__ import annotations

from pathlib import Path

from clickit_tui.demo.incidents import registry
from clickit_tui.demo.incidents.plot import Incident

PAGE = Path(__file__).parents[2] / "docs" / "game-day-answers.md"
LIST = PAGE.with_name("game-day.md")
HEAD = """# Game day: the answers

Do not read on when you want to play: [game-day.md](game-day.md) has the list without answers. This page is made from
`clickit_tui/demo/incidents/` by `python -m tests.demo.answers`; a test compares.
"""


def row(incident: Incident) -> str:
    """An incident's row in the list that everybody may read."""
    return f"| `{incident.name}` | {incident.env} | {incident.page} |"


def page() -> str:
    """The whole page of answers."""
    return "\n".join([HEAD, *(_answer(each) for each in registry.INCIDENTS.values())])


def _answer(incident: Incident) -> str:
    answer = incident.answer
    also = f", also {', '.join(f'`{each}`' for each in answer.also)}" if answer.also else ""
    happens = "; ".join(f"{beat.at_s / 60:.0f} min: {beat.what}" for beat in incident.timeline)
    return "\n".join(
        [
            f"## {incident.name}\n",
            f"{incident.env}. Playbook **{answer.playbook}**, first cause `{answer.cause}`{also}.\n",
            *([f"What happens: {happens}.\n"] if happens else []),
            "Evidence:\n",
            *(f"- {each}" for each in answer.evidence),
            f"\nFix: {answer.fix}\n",
        ]
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
