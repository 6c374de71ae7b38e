"""A core that is built when it is first asked for more than its configuration: the first frame is painted before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from clickit_tui.config import Config

C = TypeVar("C")


class _Later:
    """Passes everything on to what `build` makes, once."""

    config: Config

    def __init__(self, config: Config, build: Callable[[Config], Any]) -> None:
        self.__dict__.update({"config": config, "_build": build, "_built": None})

    def _core(self) -> Any:  # noqa: ANN401 - whatever is built
        if self._built is None:
            self.__dict__["_built"] = self._build(self.config)
        return self._built

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - the core's own
        return getattr(self._core(), name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self._core(), name, value)


def later(config: Config, build: Callable[[Config], C]) -> C:
    """What `build` would return, without building it yet; its `config` is known at once."""
    return cast(C, _Later(config, build))
