"""What the hand-over of the terminal needs of Textual still exists; the hand-over itself is proved in `tests/pty/test_shell.py`."""

from textual.app import App, SuspendNotSupported

from clickit_tui.ui.child import Ended, Lent, Words


async def test_what_the_hand_over_uses_of_textual_still_exists():
    app: App[int] = App()
    assert callable(app.suspend)
    assert callable(app.batch_update)
    assert issubclass(SuspendNotSupported, Exception)


async def test_where_the_terminal_cannot_be_handed_over_nothing_is_started(tmp_path):
    app: App[int] = App()
    async with app.run_test():
        lent = Lent(app)
        marker = tmp_path / "ran"
        told = []

        async def over(ended):
            told.append((ended, lent.busy))

        ended = await lent.run(("touch", str(marker)), {}, Words("", lambda idle_s: "", over=over))
        assert told == [(ended, True)]
        assert isinstance(ended, Ended)
        assert "cannot be handed over" in ended.problem
        assert not marker.exists()
        assert not lent.busy
        await lent.close()
