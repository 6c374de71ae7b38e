"""What running code imports, seen from a fresh process: import-linter cannot tell deferred imports from immediate ones."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "clickit_tui"
SCREEN = ("textual", "rich", "plotext", "textual_plotext")
SDK = ("aiobotocore", "botocore", "boto3", "moto", "aiohttp")


def _modules(folder: str) -> list[str]:
    """Modules of a room, or the module of a single file, as they are imported."""
    place = ROOT / folder
    files = sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]
    names = (".".join(("clickit_tui", *file.relative_to(ROOT).with_suffix("").parts)) for file in files)
    return [name.removesuffix(".__init__") for name in names if not name.endswith(".__main__")]


def _loaded(program: str) -> set[str]:
    """Every module in a fresh process after it has run the program; its own output goes to standard error."""
    script = (
        "import contextlib, sys\n"
        "with contextlib.redirect_stdout(sys.stderr), contextlib.suppress(SystemExit):\n"
        + "".join(f"    {line}\n" for line in program.splitlines())
        + "print('\\n'.join(sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, cwd=ROOT.parent, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def _tops(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


def test_help_imports_neither_the_screen_nor_the_sdk() -> None:
    loaded = _loaded("sys.argv = ['clickit-tui', '--help']\nfrom clickit_tui.cli import main\nmain()")
    assert "clickit_tui.cli" in loaded
    assert not _tops(loaded) & {*SCREEN, *SDK}


@pytest.mark.parametrize(
    "room",
    [
        "headless",
        "session",
        "replay",
        "tape",
        "carry",
        "aws",
        "actions",
        "playbooks",
        "logs",
        "checks",
        "follow",
        "basis",
        "poll",
        "store",
        "journal",
        "linefile",
        "plan",
        "world",
        "config",
        "naming",
    ],
)
def test_rooms_below_the_screen_import_neither_textual_nor_rich_nor_the_sdk(room: str) -> None:
    modules = _modules(room)
    assert modules
    loaded = _loaded("import importlib\nfor name in " + repr(modules) + ":\n    importlib.import_module(name)")
    assert set(modules) <= loaded
    assert not _tops(loaded) & {*SCREEN, *SDK}


def test_the_gateway_defers_the_sdk_until_the_first_call() -> None:
    build = "from clickit_tui.aws.gateway import Gateway\nfrom clickit_tui.config import Config\nfrom clickit_tui.naming import names\n"
    loaded = _loaded(build + "gateway = Gateway(Config(env='dev', names=names('dev')))\ngateway.lock('test')")
    assert not _tops(loaded) & set(SDK)


def test_the_demo_imports_of_the_product_only_naming() -> None:
    modules = _modules("demo")
    loaded = _loaded("import importlib\nfor name in " + repr(modules) + ":\n    importlib.import_module(name)")
    ours = {name for name in loaded if name.startswith("clickit_tui.") and not name.startswith("clickit_tui.demo")}
    assert ours <= {"clickit_tui.naming"}
    assert not _tops(loaded) & {*SCREEN, "aiobotocore"}
