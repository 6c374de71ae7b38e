"""What the answers of writes say."""

from __future__ import annotations

import json
from collections.abc import Mapping

from clickit_tui.plan import Hidden
from clickit_tui.world.seen import clean


def request_id(answer: Mapping[str, object]) -> str:
    """The request's id, which AWS support asks for; empty when the answer has none."""
    metadata = answer.get("ResponseMetadata")
    return clean(metadata.get("RequestId") or "", 80) if isinstance(metadata, Mapping) else ""


def granted(answer: Mapping[str, object]) -> Hidden | None:
    """The session that ExecuteCommand or StartSession granted, as the JSON that session-manager-plugin reads; None without one."""
    inner = answer.get("session")
    members = {name.lower(): value for name, value in (inner if isinstance(inner, Mapping) else answer).items() if isinstance(name, str)}
    found = {name: members.get(name.lower()) for name in ("SessionId", "TokenValue", "StreamUrl")}
    return Hidden(json.dumps(found)) if all(isinstance(value, str) and value for value in found.values()) else None
