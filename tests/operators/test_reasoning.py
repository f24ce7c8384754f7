from __future__ import annotations

from typing import Any

import pytest

import rillm
from rillm.streams.stream import from_source
from rillm.testing import chunk, play
from tests.kit.sources import SILENCE, Script, both, stream_of

NAMES = {"second": chunk(reasoning="Ho", index=1), "both": chunk("Hi", reasoning="Hm"), "none": chunk(reasoning="")}


@pytest.mark.parametrize(
    ("index", "comes", "goes"),
    [
        (0, "-~Hm-~so_-a-=stop-|", "-Hm--so_----------|"),
        (0, "-a-b-|", "-----|"),
        (0, "-both--none-|", "-Hm---------|"),
        (0, "-second-|", "--------|"),
        (1, "-second-~Hm-|", "-Ho---------|"),
        (0, "-~Hm-X", "-Hm--X"),
    ],
)
def test_marbles(index: int, comes: str, goes: str) -> None:
    assert play(rillm.reasoning(index), comes, values=NAMES).marbles == goes


@both
def test_each_subscription_gets_all(collect: Any) -> None:
    thoughts = stream_of([chunk(reasoning="Hm"), chunk(reasoning=" so"), chunk("Yes")]).pipe(rillm.reasoning())
    assert collect(thoughts) == collect(thoughts) == ["Hm", " so"]


def test_leaving_lets_go_of_the_source() -> None:
    script = Script([chunk(reasoning="Hm")], SILENCE)
    for _ in from_source(script).pipe(rillm.reasoning()):
        break
    assert (script.opened, script.live) == (1, 0)
