"""Rotating a secret through the running app against the running demo: what is sent, and that the value is nowhere afterwards."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from clickit_tui.app import Dashboard
from clickit_tui.config import Config
from clickit_tui.demo.launch import Demo
from clickit_tui.naming import names
from clickit_tui.plan import Hidden
from clickit_tui.session import Session
from clickit_tui.ui.confirm import Confirm
from clickit_tui.ui.picker import Picker
from clickit_tui.ui.sealed import Sealed
from tests import worlds
from tests.conftest import Client
from tests.fakes import FakeCore
from tests.pilot.driving import running, type_token, until
from tests.stepped import shortly

CHARACTERS = tuple(reversed("Zx7_ereh_2Qv9T"))
"""The value, one character at a time: no string of the whole stands in this file, which the interpreter may keep."""
SECRET = "clickit/dev/jwt-secret-key"


def needles() -> tuple[str, bytes]:
    whole = "".join(CHARACTERS)
    return whole, whole.encode()


def held_by(roots: Iterable[object]) -> Iterator[str]:
    """What holds a string or bytes with the value, among everything that can be reached from these objects."""
    text, raw = needles()
    own = {id(text), id(raw)}
    seen: set[int] = set()
    waiting = list(roots)
    skipped = {id(waiting), id(seen), id(own)}
    while waiting:
        holder = waiting.pop()
        if id(holder) in seen or id(holder) in skipped:
            continue
        seen.add(id(holder))
        for found in gc.get_referents(holder):
            kind = type(found)
            if issubclass(kind, str):
                if id(found) not in own and text in found:
                    yield f"{type(holder).__name__}: {str(holder)[:80]}"
            elif issubclass(kind, (bytes, bytearray)):
                if id(found) not in own and raw in found:
                    yield f"{type(holder).__name__} of bytes"
            elif id(found) not in seen:
                waiting.append(found)


def live() -> list[str]:
    """Every live Python object that holds the value."""
    gc.collect()
    return sorted(set(held_by(gc.get_objects())))


def files(folder: Path) -> list[str]:
    """Files below a folder that hold the value."""
    _, raw = needles()
    return [str(each) for each in folder.rglob("*") if each.is_file() and raw in each.read_bytes()]


def processes() -> list[str]:
    """Arguments and environments that hold the value, of this process and of those it may look at."""
    _, raw = needles()
    found = []
    for each in [Path("/proc") / pid / name for pid in os.listdir("/proc") if pid.isdigit() for name in ("cmdline", "environ")]:
        with contextlib.suppress(OSError):
            found += [str(each)] if raw in each.read_bytes() else []
    return found


class Heard(logging.Handler):
    """Everything that anybody logs, at any level."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.name} {record.getMessage()} {record.exc_text or ''}")


@pytest.fixture
def heard() -> Iterator[Heard]:
    """The debug log of every library, also of those whose loggers were silenced."""
    handler, root = Heard(), logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    for name in ("botocore", "aiobotocore", "aiohttp", "asyncio", "textual"):
        logging.getLogger(name).addHandler(handler)
    yield handler
    root.removeHandler(handler)
    root.setLevel(before)
    for name in ("botocore", "aiobotocore", "aiohttp", "asyncio", "textual"):
        logging.getLogger(name).removeHandler(handler)


def test_the_search_finds_what_is_hidden_deep_and_nothing_where_there_is_nothing() -> None:
    class Box:
        __slots__ = ("inside",)

    box = Box()
    box.inside = [{"key": (Hidden("x" + "".join(CHARACTERS)),)}]  # type: ignore[attr-defined]
    assert [each.partition(":")[0] for each in held_by([box])] == ["Hidden"]

    async def waits() -> None:
        local = "".join(CHARACTERS) + "!"
        await kept
        del local

    class Kept:
        def __await__(self) -> Iterator[None]:
            yield

    kept = Kept()
    suspended = waits()
    suspended.send(None)
    assert list(held_by([suspended])), "a local of a suspended coroutine"
    suspended.close()
    box.inside = None  # type: ignore[attr-defined]
    assert live() == []


async def choose(app: Dashboard, pilot: Pilot[int], text: str) -> None:
    """Narrow the open picker to one row and take it."""
    await until(pilot, lambda: isinstance(app.screen, Picker))
    picker = app.screen
    await pilot.press(*(character if character != " " else "space" for character in text), "enter")
    await until(pilot, lambda: app.screen is not picker)


def session(demo: Demo, folder: Path, descriptor: int | None = None) -> Session:
    now = demo.control("state")["now"]
    config = Config(env="dev", names=names("dev"), protected=False, state_dir=str(folder), secret_fd=descriptor)
    return Session(config, clock=lambda: now, rng=random.Random(1), sleep=shortly)


async def rotate(app: Dashboard, pilot: Pilot[int], way: str = "type it") -> Confirm:
    """From the Supply screen to the outcome, as a person would."""
    await pilot.press("8")
    await until(pilot, lambda: "jwt-secret-key" in app.screen.query_one("#supply-list").table.text)  # type: ignore[attr-defined]
    table = app.screen.query_one("#supply-list").table  # type: ignore[attr-defined]
    await pilot.press("g")
    for _ in table.model.visible:
        if "jwt-secret-key" not in str(table.cursor_key):
            await pilot.press("down")
    await pilot.press("a")
    await choose(app, pilot, "rotate")
    await choose(app, pilot, way)
    if way == "type it":
        await until(pilot, lambda: isinstance(app.screen, Sealed))
        for _ in range(2):
            await pilot.press(*CHARACTERS, "enter")
    await until(pilot, lambda: isinstance(app.screen, Confirm))
    return await confirmed(app, pilot)


async def confirmed(app: Dashboard, pilot: Pilot[int]) -> Confirm:
    """Type the token of the open dialog and wait for the outcome."""
    dialog = await type_token(app, pilot, "dev/jwt-secret-key")
    await until(pilot, lambda: dialog.model.dialog.done is not None, turns=1500)
    return dialog


async def test_a_rotated_value_is_sent_and_is_nowhere_afterwards(demo: Demo, aws: Client, tmp_path: Path, heard: Heard) -> None:
    core = session(demo, tmp_path)
    before = await described(aws)
    app = Dashboard(core)
    async with app.run_test(size=(100, 40)) as pilot:
        await until(pilot, lambda: bool(app.board.services.table.model.rows) and core._loaded, turns=1500)
        dialog = await rotate(app, pilot)
        done = dialog.model.dialog.done
        assert done is not None
        assert (done.kind, "2 calls" in done.sentence) == ("done", True), done
        after = await described(aws)
        assert after["VersionIdsToStages"] != before["VersionIdsToStages"]
        assert deployments(await services(aws)) == 2, "the service that uses it is redeployed"
        text = needles()[0]
        assert all(text not in widget.text for screen in app.screen_stack for widget in screen.query("*") if hasattr(widget, "text"))
        assert text not in app.export_screenshot()
        del text
        assert live() == []
        await pilot.press("escape")
        await pilot.pause()
        assert live() == []
    assert files(tmp_path) == []
    assert "***" in (tmp_path / "journal.jsonl").read_text()
    assert processes() == []
    whole = needles()[0]
    assert not [line for line in heard.lines if whole in line]
    assert not [name for name, value in os.environ.items() if whole in value]


async def test_a_value_from_a_descriptor_is_sent_and_undone_by_the_version_before(demo: Demo, aws: Client, tmp_path: Path) -> None:
    read, write = os.pipe()
    os.write(write, needles()[1] + b"\n")
    os.close(write)
    app = Dashboard(session(demo, tmp_path, read))
    before = current(await described(aws))
    async with app.run_test(size=(100, 40)) as pilot:
        await until(pilot, lambda: bool(app.board.services.table.model.rows) and app.core._loaded, turns=1500)  # type: ignore[attr-defined]
        dialog = await rotate(app, pilot, "read file")
        assert f"value: read from file descriptor {read}" in dialog.text
        assert dialog.model.dialog.done is not None
        assert dialog.model.dialog.done.kind == "done", dialog.model.dialog.done
        assert current(await described(aws)) != before
        assert live() == []
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, Confirm))
        await pilot.press("U")
        await until(pilot, lambda: isinstance(app.screen, Confirm) and "the value before" in app.screen.text)
        undone = (await confirmed(app, pilot)).model.dialog.done
        assert undone is not None
        assert (undone.kind, "2 calls" in undone.sentence) == ("done", True), undone
    assert current(await described(aws)) == before
    assert files(tmp_path) == []


def current(answer: Any) -> str:
    """Id of the version that tasks read."""
    return next(version for version, stages in answer["VersionIdsToStages"].items() if "AWSCURRENT" in stages)


async def described(aws: Client) -> Any:
    async with aws("secretsmanager") as client:
        return await client.describe_secret(SecretId=SECRET)


async def services(aws: Client) -> Any:
    async with aws("ecs") as client:
        return await client.describe_services(cluster="clickit-dev-cluster", services=["clickit-dev-api"])


def deployments(answer: Any) -> int:
    return len(answer["services"][0]["deployments"])


async def test_a_value_that_was_typed_and_not_sent_is_forgotten_too() -> None:
    core = FakeCore(worlds.healthy_world(worlds.NOW))
    async with running(core) as (app, pilot):
        await pilot.press("8")
        await until(pilot, lambda: "jwt-secret-key" in app.screen.query_one("#supply-list").table.text)  # type: ignore[attr-defined]
        await pilot.press("a")
        await choose(app, pilot, "rotate")
        await choose(app, pilot, "type it")
        for _ in range(2):
            await pilot.press(*CHARACTERS, "enter")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        dialog = app.screen
        assert isinstance(dialog, Confirm)
        assert "value: typed, 14 characters" in dialog.text
        assert live() != [], "it waits to be sent"
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, Confirm))
        assert live() == []
    assert core.sent == []
