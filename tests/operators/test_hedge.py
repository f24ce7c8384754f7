"""`hedge`: who is asked, who wins, and what becomes of the others."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

import rillm
from rillm import hedge
from rillm.testing import chunk, play
from tests.kit import wire
from tests.kit.calls import cold, texts
from tests.kit.server import AT_ONCE, Do, script
from tests.kit.sources import both

if TYPE_CHECKING:
    from tests.kit.server import Server

ROLE = chunk(delta={"role": "assistant"})


@pytest.mark.parametrize(
    ("after", "streams", "goes", "sources"),
    [
        (4, ["-Hi-you-|", "Ho|"], "-Hi-you-|", ["^-------!", ""]),
        (4, ["-----------Hi-|", "-Ho-|"], "-----Ho-|", ["^----!", "----^---!"]),
        (4, ["-----Hi-|", "-----------Ho-|"], "-----Hi-|", ["^-------!", "----^!"]),
        (0, ["---Hi-|", "-Ho-|"], "-Ho-|", ["^!", "^---!"]),
        (2, ["----------a|", "----------b|", "-c|"], "-----c|", ["^----!", "--^--!", "----^-!"]),
        (4, ["-r-----Hi-|", "-r-Ho-|"], "-------(r,Hi)|", ["^---------!", "----^--!"]),
        (4, ["-X", "-Ho-|"], "--Ho-|", ["^!", "-^---!"]),
        (4, ["-X", "--X"], "---X", ["^!", "-^-!"]),
        (2, ["---X", "---Ho-|"], "-----Ho-|", ["^--!", "--^-----!"]),
        (4, ["-Hi-X", "Ho|"], "-Hi-X", ["^---!", ""]),
        (4, ["-|", "Ho|"], "-|", ["^!", ""]),
        (4, ["-~Hm-|", "Ho|"], "-~Hm-|", ["^----!", ""]),
    ],
)
def test_races(after: float, streams: list[str], goes: str, sources: list[str]) -> None:
    played = play(partial(hedge, after=after), *streams, values={"r": ROLE})
    assert (played.marbles, played.sources) == (goes, sources)


def test_the_consumer_leaves() -> None:
    played = play(partial(hedge, after=1), "-----a|", "-----b|", "-----c|", leave=1.5)
    assert played.sources == ["^-!", "-^!", ""]


def test_without_a_stream() -> None:
    with pytest.raises(rillm.BadRequestError):
        hedge()


@both
@pytest.mark.usefixtures("no_garbage_collection")
def test_losers_are_closed_and_paid_for(collect: Any, server: Server) -> None:
    role = wire.event({**wire.head(), "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]})
    server.play(script(role, Do.STALL), script(0.05, wire.answer("Hello")))
    chunks = collect(hedge(cold(server), cold(server), after=0.02))
    assert texts(chunks) == "Hello"
    assert server.exchange(0).left.wait(AT_ONCE)
    assert len(server.exchanges) == 2
    (loser,) = chunks[0].hidden_params["hedge_losers"]
    assert loser.usage.prompt_tokens > 0
    assert loser.usage.completion_tokens == 0
    assert chunks[-1].hidden_params["hedge_losers"] == [loser]
