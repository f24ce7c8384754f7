"""For tests of what is built with this library: streams drawn as marbles, models that say what a test tells them."""

from __future__ import annotations

from rillm.testing.chunks import chunk
from rillm.testing.laws import assert_operator_laws
from rillm.testing.marbles import Event, Kind, draw, parse
from rillm.testing.play import play
from rillm.testing.played import Played

__all__ = [
    "Event",
    "Kind",
    "Played",
    "assert_operator_laws",
    "chunk",
    "draw",
    "parse",
    "play",
]
