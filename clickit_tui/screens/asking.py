"""Asks for the code of an MFA device over whatever screen is shown."""

from __future__ import annotations

import asyncio
from typing import Any

from textual.app import App

from clickit_tui.ui.prompt import Prompt
from clickit_tui.world.seen import clean


class Asking:
    """One question at a time; the event loop goes on, and with it every pane."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._turn = asyncio.Lock()

    async def code(self, prompt: str) -> str | None:
        """What the user typed; None when the user said no. When the caller gives up waiting, the question goes away."""
        async with self._turn:
            answer: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
            asked = Prompt(f"{clean(prompt, 120).rstrip(': ')}: ", hidden=True, hint="enter send  esc none")

            def answered(text: str | None) -> None:
                if not answer.done():
                    answer.set_result(text)

            await self._app.push_screen(asked, answered)
            try:
                return await answer
            finally:
                if asked.is_active:
                    asked.dismiss(None)
