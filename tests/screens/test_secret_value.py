"""Where a new value comes from: generated ones, and ones read from a file descriptor."""

from __future__ import annotations

import os
import string
from pathlib import Path

import pytest

from clickit_tui.cli import main
from clickit_tui.config import ConfigError, Flags, load
from clickit_tui.plan import Hidden
from clickit_tui.screens.secret_value import ALPHABETS, MOST_BYTES, generated, read_all, wrong_length


@pytest.mark.parametrize("key", ALPHABETS)
def test_a_generated_value_has_its_length_and_alphabet_and_is_another_one_each_time(key: str) -> None:
    _, alphabet = ALPHABETS[key]
    one, two = generated(64, alphabet), generated(64, alphabet)
    assert len(one.reveal()) == 64
    assert set(one.reveal()) <= set(alphabet)
    assert one != two
    assert len(set(alphabet)) == len(alphabet) >= 16
    assert not set(alphabet) & set("\"'`\\" + string.whitespace)


@pytest.mark.parametrize(
    ("text", "fine"), [("48", True), ("16", True), ("1024", True), ("15", False), ("1025", False), ("x", False), ("", False), ("٤٨", False)]
)
def test_lengths(text: str, fine: bool) -> None:
    assert (wrong_length(text) == "") is fine


def descriptor(content: bytes) -> int:
    read, write = os.pipe()
    os.write(write, content)
    os.close(write)
    return read


@pytest.mark.parametrize(
    ("content", "value"), [(b"s3cr3t\n", "s3cr3t"), (b"two\nlines\n", "two\nlines"), (b" kept ", " kept "), (b"crlf\r\n", "crlf")]
)
def test_one_line_end_is_left_out_and_the_descriptor_is_closed(content: bytes, value: str) -> None:
    number = descriptor(content)
    assert read_all(number) == Hidden(value)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(number)


def test_what_cannot_be_a_secret_is_told_and_quotes_nothing(tmp_path: Path) -> None:
    large = tmp_path / "large"
    large.write_bytes(b"x" * (MOST_BYTES + 1))
    assert read_all(os.open(large, os.O_RDONLY)) == "more than a secret can hold"
    assert read_all(descriptor(b"\n")) == "it is empty"
    assert read_all(descriptor(b"\xff\xfe")) == "it is not UTF-8 text"
    assert str(read_all(987)).startswith("file descriptor 987: ")


def test_the_terminal_s_own_descriptors_are_refused(tmp_path: Path) -> None:
    given = descriptor(b"x")
    assert load(Flags(env="dev", secret_fd=given), {}, state_dir=str(tmp_path)).secret_fd == given
    for number in (0, 1, 2, -1):
        with pytest.raises(ConfigError, match="terminal's"):
            load(Flags(env="dev", secret_fd=number), {}, state_dir=str(tmp_path))


def test_a_descriptor_is_read_once_and_never_a_file_that_got_its_number(tmp_path: Path) -> None:
    given = descriptor(b"new-value")
    config = load(Flags(env="dev", secret_fd=given), {}, state_dir=str(tmp_path))
    assert isinstance(read_all(given, config.secret_file), Hidden)
    (tmp_path / "own").write_text("what this program keeps")
    other = os.open(tmp_path / "own", os.O_RDONLY)
    os.dup2(other, given)
    assert read_all(given, config.secret_file) == f"file descriptor {given} was read already: it can be read once"
    assert os.read(given, 4) == b"what", "it is still open"
    for each in {other, given}:
        os.close(each)


def test_a_descriptor_that_nobody_opened_is_refused_at_the_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--env", "dev", "--secret-fd", "987", "keys"])
    assert "987 is not open" in capsys.readouterr().err
    with pytest.raises(ConfigError, match="987"):
        load(Flags(env="dev", secret_fd=987), {}, state_dir=str(tmp_path))
