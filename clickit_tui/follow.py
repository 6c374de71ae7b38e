"""How far a followed change has come: pure, from the follow, its last reading and the World."""

from __future__ import annotations
