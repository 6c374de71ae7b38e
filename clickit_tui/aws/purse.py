"""What Cost Explorer answered, in a private file: the newest answer of every place, so that a restart does not ask and pay again."""

from __future__ import annotations

import contextlib
import secrets
from pathlib import Path

import msgspec

from clickit_tui.linefile import write
from clickit_tui.world.money import Spend
from clickit_tui.world.parts import Identity


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """An answer, and where it is from."""

    account: str
    region: str
    endpoint: str
    env: str
    spend: Spend

    @property
    def place(self) -> tuple[str, str, str, str]:
        return self.account, self.region, self.endpoint, self.env


class Purse:
    """The file. A file that cannot be read or written only means that Cost Explorer is asked again. Blocking."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def find(self, identity: Identity, env: str) -> Spend | None:
        """The answer of this account, region, endpoint and environment; None for an account that is not known."""
        place = (identity.account, identity.region, identity.endpoint, env)
        return next((one.spend for one in self._all() if identity.account and one.place == place), None)

    def put(self, identity: Identity, env: str, spend: Spend) -> None:
        """Keep an answer in place of the one before; nothing is kept of an account that is not known."""
        if not identity.account:
            return
        new = Kept(account=identity.account, region=identity.region, endpoint=identity.endpoint, env=env, spend=spend)
        every = [*(one for one in self._all() if one.place != new.place), new]
        fresh = self.path.with_name(f"{self.path.name}.{secrets.token_hex(4)}")
        try:
            write(fresh, msgspec.json.encode(every) + b"\n", False)
            fresh.replace(self.path)
        except OSError:
            with contextlib.suppress(OSError):
                fresh.unlink()

    def _all(self) -> list[Kept]:
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=list[Kept])
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return []
