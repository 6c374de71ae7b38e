"""An error never shows a variable's value, and the private hook it hangs on still exists."""

from __future__ import annotations

import stat

from textual.app import App

from clickit_tui.ui.crash import QuietApp, keep, report


def test_the_hook_of_textual_still_exists():
    assert callable(App._fatal_error)
    assert callable(App.panic)


def failing(secret: str) -> None:
    hidden = secret
    raise RuntimeError(f"no luck with {hidden}")


def test_a_report_names_places_and_masks_the_message():
    try:
        failing("hunter2")
    except RuntimeError as error:
        text = report(error, lambda message: message.replace("hunter2", "***"))
    assert "test_crash.py" in text
    assert "in failing" in text
    assert "RuntimeError: no luck with ***" in text
    assert "hunter2" not in text


def test_the_file_is_the_owners_alone(tmp_path):
    path = keep("x", tmp_path / "state")
    assert stat.S_IMODE((tmp_path / "state" / "crash.txt").stat().st_mode) == 0o600
    assert path.endswith("crash.txt")


def test_a_folder_that_cannot_be_written_is_no_second_error(tmp_path):
    (tmp_path / "file").write_text("")
    assert keep("x", tmp_path / "file") == ""


async def test_a_failing_app_ends_with_one_sentence_and_without_locals(tmp_path, capsys):
    class Failing(QuietApp):
        crash_folder = tmp_path

        def on_mount(self) -> None:
            secret_value = "hunter2"  # noqa: F841
            raise RuntimeError("broken")

    app = Failing()
    try:
        async with app.run_test():
            pass
    except RuntimeError:
        pass
    assert "broken" in (tmp_path / "crash.txt").read_text()
    assert "hunter2" not in (tmp_path / "crash.txt").read_text()
