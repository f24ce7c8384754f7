"""What `lines`, `words` and `sentences` have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from reactivex import operators as ops

import rillm
from rillm.streams.stream import from_source
from rillm.testing import chunk, play
from rillm.testing.chunks import plain
from tests.kit.sources import SILENCE, Script, both

if TYPE_CHECKING:
    from collections.abc import Callable

    Collect = Callable[[Any], list[Any]]
    Make = Callable[..., rillm.Operator[Any, str]]

every_cut = pytest.mark.parametrize("make", [rillm.lines, rillm.words, rillm.sentences], ids=lambda make: make.__name__)

CALL: list[dict[str, Any]] = [{"index": 0, "id": "1", "function": {"name": "f", "arguments": "{}"}}]
USAGE: dict[str, Any] = {"usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}
VALUES = {
    "call": chunk(tool_calls=CALL),
    "legacy": chunk(delta={"function_call": {"name": "f", "arguments": "{}"}}),
    "last": chunk("d", finish="stop"),
    "usage": chunk(**USAGE),
    "none": rillm.ModelResponseStream(choices=[], **USAGE),
    "role": chunk(delta={"role": "assistant"}),
    "other": chunk("X", index=1),
    "otherstop": chunk(finish="stop", index=1),
    "undo": rillm.retraction(chunk()),
}


@every_cut
@pytest.mark.parametrize(
    ("incoming", "outgoing"),
    [
        ("-a-b-|", "-----(ab,|)"),  # the rest comes at the end
        ("-a-b-X", "-----(ab,X)"),  # and before an error
        ("-a-b-=stop---|", "-----ab------|"),  # and where its choice finishes
        ("-a-b-last-|", "-----abd--|"),
        ("-a-b-call-----c|", "-----ab--------(c,|)"),  # or calls a tool
        ("-a-b-legacy---c|", "-----ab--------(c,|)"),
        ("-a-=stop-b-=stop-|", "---a-------b-----|"),
        ("role-a-~Hm-usage-none-b-|", "------------------------(ab,|)"),  # what brings no text is not seen
        ("-a-other-otherstop-b-|", "---------------------(ab,|)"),
        ("-a-undo-b-|", "----------(b,|)"),  # a retraction takes it back
        ("-a-b-", "-----"),
        ("-|", "-|"),
        ("-X", "-X"),
        ("-role-=stop-|", "------------|"),
    ],
)
def test_chunks(make: Make, incoming: str, outgoing: str) -> None:
    played = play(make(), incoming, values=VALUES)
    assert played.marbles == outgoing
    assert all(isinstance(item, str) for item in played.items)


@every_cut
def test_one_choice(make: Make) -> None:
    assert play(make(index=1), "-a-other-b-other-=stop|", values=VALUES).marbles == "----------------------(XX,|)"
    assert play(make(index=1), "-other-undo-other-|", values=VALUES).marbles == "------------------(X,|)"
    assert play(make(index=2), "-a-other-b-other-=stop|", values=VALUES).marbles == "----------------------|"


@every_cut
@pytest.mark.parametrize(
    ("incoming", "outgoing"),
    [("-a-b-|", "-----(ab,|)"), ("-a-b-X", "-----(ab,X)"), ("-a---", "-----"), ("-|", "-|")],
)
def test_strings(make: Make, incoming: str, outgoing: str) -> None:
    assert play(make(), incoming, given=plain).marbles == outgoing


@pytest.mark.parametrize(
    ("make", "incoming", "outgoing"),
    [
        (rillm.lines, "-a↵-b---↵---c|", "-a------b----(c,|)"),
        (rillm.lines, "-a-b-c↵d↵e---|", "-----(abc,d)-(e,|)"),
        (rillm.words, "-a_-b---_---c|", "----a_------b_(c,|)"),
        (rillm.words, "-a-b-c_d_e---|", "-----(abc_,d_)(e,|)"),
        (rillm.sentences, "-Ab.-_--Be!-_---你。-好---|", "--------Ab._----Be!_你。-(好,|)"),
        (rillm.sentences, "-the_-U.S.-_-A-rmy-_-won|", "------------------------(the_U.S._Army_won,|)"),
        (rillm.sentences, "-the_U.S._-They_won_-it|", "-----------the_U.S._---(They_won_it,|)"),
        (rillm.sentences, "-the_-U.S.-_-Th-ey-_-won-------|", "---------------------the_U.S._-(They_won,|)"),
    ],
)
def test_as_soon_as_they_are_whole(make: Make, incoming: str, outgoing: str) -> None:
    assert play(make(), incoming).marbles == outgoing
    assert play(make(), incoming, given=plain).marbles == outgoing


def test_a_doubt_ends_with_its_text() -> None:
    """Whether "B." ends a sentence is told by the next word, but not by that of another text."""
    assert play(rillm.sentences(), "-a_B._-call-It-|", values=VALUES).marbles == "-------a_B._---(It,|)"


TWO = {rillm.lines: "One\nTwo\n", rillm.words: "One Two ", rillm.sentences: "One. Two. Three"}


@both
@every_cut
def test_it_can_be_consumed_twice(collect: Collect, make: Make) -> None:
    pieces = rillm.of(*map(chunk, TWO[make])).pipe(make())
    first, again = collect(pieces), collect(pieces)
    assert first == again
    assert len(first) > 1


@every_cut
def test_two_at_a_time(make: Make) -> None:
    pieces = rillm.of(*map(chunk, TWO[make])).pipe(make())
    assert all(one == other for one, other in zip(pieces, pieces, strict=True))


@both
@every_cut
def test_leaving_closes_the_source(collect: Collect, make: Make) -> None:
    script = Script([chunk(TWO[make])], SILENCE)
    assert len(collect(from_source(script).pipe(make(), ops.take(1)))) == 1
    assert script.live == 0


@every_cut
def test_chunks_are_not_touched(make: Make) -> None:
    chunks = [chunk("a b"), chunk("c", finish="stop")]
    copies = [one.model_copy(deep=True) for one in chunks]
    list(rillm.of(*chunks).pipe(make()))
    assert chunks == copies
