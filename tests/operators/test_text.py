from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import rillm
from rillm.streams.stream import from_source
from rillm.testing import play
from tests.kit.chunks import chunk
from tests.kit.sources import SILENCE, Script, both

if TYPE_CHECKING:
    from collections.abc import Callable

    Collect = Callable[[Any], list[Any]]

NAMES = {"ax": chunk("a", "x"), "by": chunk("b", "y"), "blank": chunk(""), "none": chunk(None), "empty": chunk()}


@pytest.mark.parametrize(
    ("index", "comes", "goes"),
    [
        (0, "-Hel-lo-|", "-Hel-lo-|"),
        (0, "-a-blank-none-b-|", "-a------------b-|"),
        (0, "-_-↵-_a|", "-_-↵-_a|"),
        (0, "-ax--by--|", "-a---b---|"),
        (1, "-ax--by--|", "-x---y---|"),
        (1, "-a|", "--|"),
        (0, "-=stop-|", "-------|"),
        (0, "-empty-|", "-------|"),
        (0, "-~Hm-a-|", "-----a-|"),
        (0, "|", "|"),
        (0, "-a-X", "-a-X"),
        (0, "-a--", "-a--"),
    ],
)
def test_marbles(index: int, comes: str, goes: str) -> None:
    assert play(rillm.text(index), comes, values=NAMES).marbles == goes


@both
def test_each_subscription_gets_all(collect: Collect) -> None:
    pieces = from_source(Script([chunk("Hel"), chunk("lo", finish="stop")])).pipe(rillm.text())
    assert collect(pieces) == collect(pieces) == ["Hel", "lo"]


def test_leaving_lets_go_of_the_source() -> None:
    script = Script([chunk("a"), chunk("b")], SILENCE)
    for _ in from_source(script).pipe(rillm.text()):
        break
    assert (script.opened, script.live) == (1, 0)
    assert play(rillm.text(), "-a-b-c-|", leave=4).source == "^---!"
