"""The schema and the tables of the configuration say what the structs say, and `clickit-tui config` tells what can be used."""

import io
import tomllib
import typing

import pytest

from clickit_tui.cli import main
from clickit_tui.config import Flags, load
from clickit_tui.headless.configuration import SECTIONS, check, meanings, schema, table, text
from tests.documents.commands import blocks
from tests.documents.configuration import DOCUMENT, SCHEMA, renewed

RENEW = "run `make schema`"


def test_the_schema_and_the_tables_are_renewed():
    assert SCHEMA.read_text("utf-8") == text(), RENEW
    assert DOCUMENT.read_text("utf-8") == renewed(DOCUMENT.read_text("utf-8")), RENEW


@pytest.mark.parametrize("name", SECTIONS)
def test_every_key_has_a_meaning_in_a_sentence_under_it(name):
    section = SECTIONS[name]
    assert [key for key in section.__struct_fields__ if key != "env" and not meanings(section).get(key)] == []


def test_the_schema_knows_the_choices_the_kinds_and_what_is_whole():
    found = schema()
    assert set(typing.get_args(typing.get_type_hints(SECTIONS["clickit.toml"])["time"])) == set(found["properties"]["time"]["enum"])
    checks = found["$defs"]["checks"]["properties"]
    assert (checks["errors_5xx_fail"]["type"], checks["p95_fail_s"]["type"], checks["p95_fail_s"]["default"]) == ("integer", "number", 1.0)
    assert found["$defs"]["environment"]["properties"]["protected"]["type"] == "boolean"
    assert found["$defs"]["names"]["properties"]["logs"]["additionalProperties"] is False
    assert "env" not in found["$defs"]["names"]["properties"]


def unknown(value, node, top):
    """Keys of a document that the schema does not know."""
    while "$ref" in node:
        node = top["$defs"][node["$ref"].rsplit("/", 1)[1]]
    if not isinstance(value, dict):
        return []
    found = []
    for key, inner in value.items():
        known = node.get("properties", {}).get(key) or node.get("additionalProperties")
        found += unknown(inner, known, top) if known else [key]
    return found


def test_the_schema_knows_every_key_of_every_example_and_no_other():
    top = schema()
    examples = [tomllib.loads(block.text) for block in blocks() if block.language == "toml"]
    assert {key for example in examples for key in example} >= {"checks", "keys", "shell", "environments", "masks", "time", "notify"}
    assert [unknown(example, top, top) for example in examples] == [[] for _ in examples]
    assert unknown({"environments": {"prod": {"protectd": True, "names": {"logs": {"apo": "x"}}}}}, top, top) == ["protectd", "apo"]


@pytest.fixture
def file(tmp_path):
    def write(said):
        (tmp_path / "clickit.toml").write_text(said)
        return str(tmp_path / "clickit.toml")

    return write


def checked(path, refused=()):
    out, err = io.StringIO(), io.StringIO()
    code = check(load(Flags(config=path), {}), refused, out=out, err=err)
    return code, out.getvalue().splitlines(), err.getvalue()


def test_a_file_that_can_be_used_is_told_by_environment(file):
    path = file('[environments.prod]\naccount = "123456789012"\nread_only = true\n[environments.qa]\nprotected = false\n')
    code, lines, err = checked(path)
    assert (code, err) == (0, "")
    assert lines[0] == path
    assert [line.split() for line in lines[1:]] == [
        ["dev", "not", "protected"],
        ["prod", "protected", "read-only", "123456789012"],
        ["qa", "not", "protected"],
    ]


def test_a_key_that_cannot_be_had_and_a_mistake_are_not_usable(file, capsys):
    path = file('[keys]\nscale = "r"\n')
    assert main(["config", "check", "--config", path]) == 4
    assert "keys.scale = r: r is refresh on every screen" in capsys.readouterr().err
    assert main(["config", "check", "--config", file("[environments.prod]\nprotectd = true")]) == 4
    assert f"{path}: environments.prod.protectd: unknown key; did you mean `protected`?" in capsys.readouterr().err


def test_columns_that_are_empty_throughout_are_left_out():
    assert table([("a", "", "x"), ("bbb", "", "")]) == ["a    x", "bbb"]
