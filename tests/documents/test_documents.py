"""Links lead somewhere, examples are valid, and every decision is in the index."""

from __future__ import annotations

import json
import re

import pytest

from clickit_tui.config import Flags, load
from tests.documents.commands import DOCUMENTS, ROOT, blocks

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)|<img [^>]*src=\"([^\"]+)\"")
DECISIONS = ROOT / "docs" / "decisions"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path):
    for found in LINK.finditer(path.read_text()):
        target, _, place = (found[1] or found[2]).partition("#")
        if target.startswith("https://"):
            continue
        file = (path.parent / target).resolve() if target else path
        assert file.exists(), found[0]
        if place:
            assert place in {anchor(line) for line in file.read_text().splitlines() if line.startswith("#")}, found[0]


def anchor(heading: str) -> str:
    """The fragment that a heading gets."""
    return re.sub(r"[^\w\- ]", "", heading.lstrip("# ").lower()).replace(" ", "-")


@pytest.mark.parametrize("block", [b for b in blocks() if b.language == "toml"], ids=lambda b: b.where)
def test_an_example_of_the_configuration_is_one(block, tmp_path):
    file = tmp_path / "clickit.toml"
    file.write_text(block.text)
    for env in load(Flags(config=str(file)), {}).environments:
        assert load(Flags(env=env, config=str(file)), {}).env == env


def test_an_example_of_json_is_some():
    for block in blocks():
        assert block.language != "json" or json.loads(block.text), block.where


def test_every_decision_is_in_the_index():
    index = (DECISIONS / "README.md").read_text()
    assert [path.name for path in sorted(DECISIONS.glob("*.md")) if path.name != "README.md" and f"({path.name})" not in index] == []


def test_the_guide_names_every_room():
    package = ROOT / "clickit_tui"
    rooms = {f"{p.name}/" if p.is_dir() else p.name for p in package.iterdir() if (p / "__init__.py").exists() or p.suffix == ".py"}
    said = set(re.findall(r"`([\w/.]+)`", "".join(re.findall(r"^\|.*?\|", (ROOT / "docs" / "guide.md").read_text(), re.M))))
    assert rooms - {"__init__.py", "__main__.py"} <= {name if "." in name or "/" in name else f"{name}.py" for name in said}
    assert {name for name in said if name.endswith("/")} <= rooms


def test_the_page_on_performance_names_every_group_of_rows():
    from benchmarks.__main__ import GROUPS

    said = re.search(r"rows: `([a-z ]+)`", (ROOT / "docs" / "performance.md").read_text())
    assert said
    assert said[1].split() == list(GROUPS)


def test_no_document_tells_of_the_machine_it_was_written_on():
    for path in DOCUMENTS:
        assert not re.search(r"/home/|/root/|/tmp/|/Users/", path.read_text()), path
