"""What is built and installed: the same bytes twice, everything in it that the program needs, and nothing else."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

import clickit_tui
from tests.pty.harness import Terminal

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
BUILT = PROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
EPOCH = "1764000000"


def test_the_version_stands_in_one_place():
    assert PROJECT["project"]["dynamic"] == ["version"]
    assert PROJECT["tool"]["hatch"]["version"]["path"] == "clickit_tui/__init__.py"
    assert re.fullmatch(r"\d+\.\d+\.\d+", clickit_tui.__version__)
    source = "".join(path.read_text() for path in (ROOT / "clickit_tui").rglob("*.py"))
    assert source.count(f'"{clickit_tui.__version__}"') == 1


def test_an_installation_takes_few_packages_and_the_demo_three_more():
    def named(requirements):
        return {re.split(r"[<>=\[]", each)[0] for each in requirements}

    assert named(PROJECT["project"]["dependencies"]) == {"textual", "textual-plotext", "aiobotocore", "msgspec", "platformdirs"}
    assert named(PROJECT["project"]["optional-dependencies"]["demo"]) == {"moto", "flask", "flask-cors"}


def test_nothing_names_the_place_that_packages_come_from():
    for name in ("pyproject.toml", "constraints.txt", "Makefile"):
        assert "://" not in (ROOT / name).read_text(), name
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in (ROOT / "constraints.txt").read_text().splitlines())


def copied(to: Path) -> Path:
    """The sources as a checkout has them, at another place and with other times."""
    for name in (*BUILT, "pyproject.toml", ".gitignore"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, to / name, ignore=shutil.ignore_patterns("__pycache__"), copy_function=shutil.copyfile)
        else:
            to.mkdir(exist_ok=True)
            shutil.copyfile(source, to / name)
    return to


def built(source: Path, into: Path) -> dict[str, Path]:
    """(wheel, sdist) by their ends, built without anything but what is installed."""
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(into)]
    subprocess.run(command, cwd=source, env={"PATH": "/usr/bin:/bin", "SOURCE_DATE_EPOCH": EPOCH}, check=True, capture_output=True)
    return {path.suffix: path for path in into.iterdir()}


@pytest.fixture(scope="module")
def archives(tmp_path_factory):
    folder = tmp_path_factory.mktemp("first")
    return built(copied(folder / "sources"), folder / "built")


@pytest.mark.long
def test_two_builds_are_the_same_bytes(archives, tmp_path):
    again = built(copied(tmp_path / "elsewhere"), tmp_path / "built")
    assert {path.name: path.read_bytes() for path in again.values()} == {path.name: path.read_bytes() for path in archives.values()}


@pytest.mark.long
def test_the_wheel_holds_the_package_its_data_and_its_licence_and_the_sources_build_it(archives, tmp_path):
    with zipfile.ZipFile(archives[".whl"]) as wheel:
        held = {name for name in wheel.namelist() if ".dist-info/" not in name}
        about = {name.partition(".dist-info/")[2] for name in wheel.namelist()}
    package = {
        str(path.relative_to(ROOT)) for path in (ROOT / "clickit_tui").rglob("*") if path.is_file() and "__pycache__" not in path.parts
    }
    assert held == package
    assert {"clickit_tui/py.typed", "clickit_tui/app.tcss", "clickit_tui/demo/incidents/registry.py"} <= held
    assert {"METADATA", "RECORD", "entry_points.txt", "licenses/LICENSE"} <= about
    with tarfile.open(archives[".gz"]) as sources:
        sources.extractall(tmp_path, filter="data")
    (unpacked,) = tmp_path.iterdir()
    assert (unpacked / "CHANGELOG.md").exists()
    assert built(unpacked, tmp_path / "built")[".whl"].read_bytes() == archives[".whl"].read_bytes()


@pytest.mark.long
def test_the_installed_wheel_runs_the_commands_and_the_demo(archives, tmp_path):
    home = tmp_path / "venv"
    venv.create(home, symlinks=True)
    python = str(home / "bin" / "python")
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-index", "--no-deps", str(archives[".whl"])]
    subprocess.run(pip, check=True, capture_output=True)
    (site,) = home.glob("lib/python*/site-packages")
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")  # what it needs, without asking anybody for it
    plain = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "TERM": "xterm-256color", "LANG": "C.UTF-8"}

    def said(*command):
        return subprocess.run(command, cwd=tmp_path, env=plain, check=True, capture_output=True, text=True).stdout

    assert said(python, "-c", "import clickit_tui; print(clickit_tui.__file__)").startswith(str(site))
    assert said(python, "-m", "clickit_tui", "--version") == said(str(home / "bin" / "clickit-tui"), "--version")
    assert "commands (none opens the dashboard)" in said(str(home / "bin" / "clickit-tui"), "--help")
    assert said(str(home / "bin" / "clickit-tui"), "config", "schema") == (ROOT / "docs" / "clickit.schema.json").read_text("utf-8")
    with Terminal([str(home / "bin" / "clickit-tui"), "demo"], cwd=tmp_path, env=plain) as terminal:
        terminal.wait_for(r"api +2/2")
        terminal.press("q")
        assert terminal.wait_exit() == 0
