"""Services that are no part of ClickIt are answered by moto, whose backends load when the first such call comes; never with HTML."""

from __future__ import annotations

import importlib
import io
import os
from collections.abc import Callable, Iterable
from typing import Any

from clickit_tui.demo import wire
from clickit_tui.demo.errors import AwsError

NEEDED = ("DomainDispatcherApplication", "create_backend_app")
"""What is used of `moto.server`; that all of it exists is checked at the start."""


def check() -> None:
    """Raise RuntimeError, naming it, when something is missing from moto that is used here."""
    server = importlib.import_module("moto.server")
    absent = [name for name in NEEDED if not hasattr(server, name)]
    if absent:
        raise RuntimeError(f"this version of moto has no moto.server.{', moto.server.'.join(absent)}")


class Fallback:
    """moto as a WSGI application, in one region."""

    def __init__(self) -> None:
        """Raises RuntimeError when moto lacks what is used of it."""
        os.environ.setdefault("MOTO_DISABLE_GLOBAL_CORS", "1")
        check()
        self._app: Callable[..., Iterable[bytes]] | None = None

    def _moto(self) -> Callable[..., Iterable[bytes]]:
        if self._app is None:
            server = importlib.import_module("moto.server")
            self._app = server.DomainDispatcherApplication(server.create_backend_app)
        return self._app

    def answer(self, asked: wire.Asked, environ: dict[str, Any], body: bytes) -> wire.Answer:
        """moto's answer. Raises AwsError where moto has none, so that the caller is answered in AWS's shape."""
        own = wire.DEFAULT_REGION
        inside = body.replace(asked.region.encode(), own.encode())
        scope = environ.get("HTTP_AUTHORIZATION", "").replace(f"/{asked.region}/", f"/{own}/")
        changed = environ | {"wsgi.input": io.BytesIO(inside), "CONTENT_LENGTH": str(len(inside)), "HTTP_AUTHORIZATION": scope}
        seen: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> Callable[[bytes], None]:
            seen[:] = [int(status.split()[0]), headers]
            return lambda data: None

        try:
            found = b"".join(self._moto()(changed, start))
        except (NotImplementedError, LookupError, TypeError, ValueError, AttributeError):
            raise missing(asked) from None
        status, headers = seen
        if status >= 500 or found.lstrip()[:15].lower().startswith(b"<!doctype html"):
            raise missing(asked)
        kept = [(name, value) for name, value in headers if name.lower() not in ("content-length", "connection", "server", "date")]
        return wire.Answer(status, kept, found.replace(own.encode(), asked.region.encode()))


def missing(asked: wire.Asked) -> AwsError:
    """The error for what is not served."""
    what = f"{asked.service}:{asked.operation}".strip(":") or "this request"
    if asked.protocol in ("json", "cbor"):
        return AwsError("UnknownOperationException", f"The embedded ClickIt does not serve {what}.", 400)
    return AwsError("InvalidAction", f"The embedded ClickIt does not serve {what}.", 400)
