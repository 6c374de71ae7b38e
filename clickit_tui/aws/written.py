"""What the answers of writes say."""

from __future__ import annotations

from collections.abc import Mapping

from clickit_tui.world.seen import clean


def request_id(answer: Mapping[str, object]) -> str:
    """The request's id, which AWS support asks for; empty when the answer has none."""
    metadata = answer.get("ResponseMetadata")
    return clean(metadata.get("RequestId") or "", 80) if isinstance(metadata, Mapping) else ""
