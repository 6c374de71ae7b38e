"""Commands without a screen on a machine that is not set up: one sentence, exit code 4, and JSON as ever."""

import io
import json
import os

import pytest

from clickit_tui.config import Flags, load
from clickit_tui.headless.check import check
from clickit_tui.headless.init import init
from clickit_tui.headless.status import status


@pytest.fixture
def config(tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.upper().startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return load(Flags(env="dev", config=os.devnull), {}, state_dir=str(tmp_path))


@pytest.mark.parametrize("command", [status, check, init])
def test_one_sentence_names_what_is_missing_doctor_and_the_demo(command, config, capsys):
    out = io.StringIO()
    assert command(config, out=out) == 4
    said = capsys.readouterr().err.splitlines()
    assert [line for line in said if line] == [
        "clickit-tui: no AWS credentials found and no region is configured: --profile and --region name one; "
        "`clickit-tui doctor --env dev` tells where it is looked for, `clickit-tui demo` needs no AWS"
    ]
    assert out.getvalue() == ""


def test_json_is_printed_all_the_same(config):
    out = io.StringIO()
    assert check(config, form="json", out=out) == 4
    found = json.loads(out.getvalue())
    assert (found["verdict"], found["code"]) == ("UNKNOWN", 4)
