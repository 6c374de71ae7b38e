"""`clickit-tui note`: the note without a screen, from the journal and the running demo."""

from __future__ import annotations

import io
import time

from clickit_tui.config import Flags, load
from clickit_tui.headless.note import note
from clickit_tui.journal import Journal
from clickit_tui.world.incident import Incident


def config(tmp_path):
    return load(Flags(env="dev", config="/dev/null", region="eu-west-1"), {}, state_dir=str(tmp_path))


def asked(tmp_path, **options):
    out = io.StringIO()
    code = note(config(tmp_path), out=out, **options)
    return code, out.getvalue()


def written(tmp_path):
    now = time.time()
    journal = Journal(tmp_path / "journal.jsonl")
    journal.incident(
        "dev", Incident(id="i1", title="first", began_at=now - 9000, opened_at=now - 8900, ended_at=now - 8000, resolution="gone")
    )
    journal.incident("dev", Incident(id="i2", title="checkout fails", began_at=now - 600, opened_at=now - 500))
    journal.incident("prod", Incident(id="i3", title="elsewhere", began_at=now - 600, opened_at=now - 400))
    journal.note("dev", "password=hunter2-Xk9")
    journal.close()


def test_the_newest_incident_over_real_http(demo, tmp_path):
    written(tmp_path)
    demo.forget_counts()
    code, text = asked(tmp_path)
    assert code == 0
    assert text.startswith("# checkout fails\n")
    assert "NOT AWS 127.0.0.1" in text
    assert "hunter2" not in text
    assert all(name.split(".")[1].startswith(("Describe", "Get", "List", "Filter")) for name in demo.counts())


def test_another_one_by_its_id_and_the_list(demo, tmp_path, capsys):
    written(tmp_path)
    assert asked(tmp_path, id="i1")[1].startswith("# first\n")
    code, text = asked(tmp_path, listed=True)
    assert code == 0
    assert [line.split()[0] for line in text.splitlines()] == ["i1", "i2"]
    assert asked(tmp_path, id="nope") == (4, "")
    assert "no incident nope; known: i1, i2" in capsys.readouterr().err


def test_without_aws_the_journal_still_gives_a_note_that_names_what_is_not_seen(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "y")
    written(tmp_path)
    code, text = asked(tmp_path, within_s=1.0)
    assert code == 3
    assert text.startswith("# checkout fails\n")
    assert "Not seen when this note was made" in text


def test_no_incident_is_said(demo, tmp_path, capsys):
    assert asked(tmp_path) == (4, "")
    assert "no incident is known" in capsys.readouterr().err
