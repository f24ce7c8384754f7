"""For tests of pipelines: marbles in virtual time, and chunks made short."""

from __future__ import annotations

from rillm.testing.chunks import chunk
from rillm.testing.marbles import Event, Kind, draw, parse
from rillm.testing.play import Played, play

__all__ = ["Event", "Kind", "Played", "chunk", "draw", "parse", "play"]
