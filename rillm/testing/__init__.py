"""For tests of what is built with this library: streams drawn as marbles, models that say what a test tells them."""

from __future__ import annotations

from rillm.testing.answers import answer
from rillm.testing.chunks import chunk
from rillm.testing.cuttings import cut_everywhere, cuttings
from rillm.testing.faults import cut, fail, slow, stall
from rillm.testing.laws import assert_operator_laws
from rillm.testing.marbles import Event, Kind, draw, parse
from rillm.testing.play import play
from rillm.testing.played import Played
from rillm.testing.recut import recut
from rillm.testing.scripted import ScriptedCall, UnexpectedCallError, scripted

__all__ = [
    "Event",
    "Kind",
    "Played",
    "ScriptedCall",
    "UnexpectedCallError",
    "answer",
    "assert_operator_laws",
    "chunk",
    "cut",
    "cut_everywhere",
    "cuttings",
    "draw",
    "fail",
    "parse",
    "play",
    "recut",
    "scripted",
    "slow",
    "stall",
]
