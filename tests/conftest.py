"""Fixtures that every room's tests may use."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from clickit_tui.demo.launch import Demo, clean_environ, start

gc.set_threshold(50_000, 20, 50)
"""The SDK's models and the screens are hundreds of thousands of objects that live on: looking through them often is a tenth of the run."""


@pytest.fixture(scope="session")
def demo_server() -> Iterator[Demo]:
    """One embedded ClickIt for the whole run (one per xdist worker); tests ask for `demo`, which begins afresh."""
    with start(seed=1, paused=True) as running:
        yield running


@pytest.fixture
def demo(demo_server: Demo, monkeypatch: pytest.MonkeyPatch) -> Demo:
    """The embedded ClickIt, fresh, seed 1, held still (`demo.step(seconds)` moves it, `demo.resume()` lets it run).

    The process's own AWS_* variables are replaced by the demo's, so that any SDK client made in the test talks to it.
    """
    import os

    demo_server.reset(seed=1, paused=True)
    for name in [name for name in os.environ if name.upper().startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in clean_environ({}, demo_server).items():
        monkeypatch.setenv(name, value)
    return demo_server


Client = Callable[..., contextlib.AbstractAsyncContextManager[Any]]


@pytest.fixture
def aws(demo: Demo) -> Client:
    """`async with aws("ecs") as ecs:` gives a plain aiobotocore client of the embedded ClickIt, without retries."""
    from aiobotocore.config import AioConfig
    from aiobotocore.session import get_session

    @contextlib.asynccontextmanager
    async def client(service: str, **given: Any) -> AsyncIterator[Any]:
        config = AioConfig(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=30)
        async with get_session().create_client(service, config=config, **given) as made:
            yield made

    return client
