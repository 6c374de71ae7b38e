"""Fixtures of the tests of the embedded ClickIt."""

from __future__ import annotations

import pytest

from clickit_tui.demo.launch import Demo
from tests.demo.fidelity import Aws


@pytest.fixture(scope="module")
def still(demo_server: Demo) -> Aws:
    """Fresh once for a module whose tests change nothing."""
    demo_server.reset(seed=1, paused=True)
    return Aws(demo_server)
