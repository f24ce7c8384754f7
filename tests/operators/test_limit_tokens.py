"""`limit_tokens`. Words of three letters with a blank are one token each, however they are counted."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rillm
from rillm.streams.stream import from_source
from rillm.streams.token_counter import token_counter
from rillm.testing import chunk, play
from tests.kit import wire
from tests.kit.calls import cold
from tests.kit.cuts import cuttings, of_texts, said
from tests.kit.leaks import run
from tests.kit.server import AT_ONCE, Do, script
from tests.kit.sources import SILENCE, Script, both

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rillm import ModelResponseStream, Stream
    from tests.kit.server import Server

    Collect = Callable[[Any], list[Any]]
    Chunks = Stream[ModelResponseStream]

pytestmark = pytest.mark.usefixtures("counting")

CALL = [{"index": 0, "id": "1", "function": {"name": "sit", "arguments": '{"on": "mat"}'}}]


@pytest.mark.parametrize(
    ("n", "marbles", "out", "source"),
    [
        (3, "-_the-_cat-_sat-_mat-|", "-_the-_cat-(_sat,=length,|)", "^----------!"),
        (3, "-_the-_cat-=stop-|", "-_the-_cat-=stop-|", "^----------------!"),
        # It was whole by then, but who knew?
        (3, "-_the-_cat-_sat-=stop-|", "-_the-_cat-(_sat,=length,|)", "^----------!"),
        # A chunk that brings more is cut.
        (3, "-_the_cat-_sat_mat-|", "-_the_cat-(_sat,=length,|)", "^---------!"),
        (1, "-_the_cat_sat-|", "-(_the,=length,|)", "^!"),
        # Thoughts are tokens as well.
        (2, "-~_the-~_cat-_sat-|", "-~_the-(~_cat,=length,|)", "^------!"),
        (2, "-~_the-~_cat_sat-|", "-~_the-(~_cat,=length,|)", "^------!"),
        (3, "-_the-X", "-_the-X", "^-----!"),
        (3, "-|", "-|", "^!"),
        (3, "-_the---", "-_the---", "^"),
    ],
)
def test_marbles(n: int, marbles: str, out: str, source: str) -> None:
    played = play(rillm.limit_tokens(n), marbles)
    assert (played.marbles, played.source) == (out, source)


def test_an_answer_that_has_finished_is_no_error() -> None:
    """Its usage may follow."""
    values = {"LAST": chunk(" cat", finish="stop"), "USAGE": chunk(usage={"completion_tokens": 2})}
    played = play(rillm.limit_tokens(2, then="error"), "-_the-LAST-USAGE-|", values=values)
    assert (played.marbles, played.source) == ("-_the-LAST-USAGE-|", "^----------------!")


@both
@pytest.mark.parametrize(
    ("chunks", "texts"),
    [
        # Two choices: the limit is for both, and each that goes on is finished.
        ([chunk(" the"), chunk(" cat", index=1), chunk(" sat"), chunk(" mat")], " the, cat, sat,=0length,=1length"),
        # One that has finished keeps its reason.
        ([chunk(" the"), chunk(finish="stop"), chunk(" cat", index=1), chunk(" sat", index=1)],
         " the,=0stop, cat, sat,=1length"),
        # A chunk that finishes its choice is its end, whatever it brings.
        ([chunk(" the"), chunk(" cat"), chunk(" sat", finish="stop"), chunk(usage={"completion_tokens": 3})],
         " the, cat, sat=0stop,"),
        # A call is cut off as a whole.
        ([chunk(" the"), chunk(tool_calls=CALL), chunk(" cat")], " the,=0length"),
        # What came before it in the same chunk passes.
        ([chunk(" the"), chunk(" cat", tool_calls=CALL), chunk(" sat")], " the, cat,=0length"),
        ([chunk(" the cat", delta={"role": "assistant", "refusal": " sat mat"})], " the cat|assistant| sat,=0length"),
    ],
)  # fmt: skip
def test_choices_and_calls(collect: Collect, chunks: Sequence[ModelResponseStream], texts: str) -> None:
    passed = collect(from_source(Script(chunks)).pipe(rillm.limit_tokens(3)))
    assert ",".join(map(seen, passed)) == texts


def seen(one: ModelResponseStream) -> str:
    (choice,) = one.choices
    delta = choice.delta
    others = f"|{delta.role}|{delta.get('refusal')}" if delta.role else ""
    calls = "()" if delta.tool_calls else ""
    finish = f"={choice.index}{choice.finish_reason}" if choice.finish_reason else ""
    return f"{delta.content or ''}{others}{calls}{finish}"


def test_what_came_is_not_touched() -> None:
    one = chunk(" the cat sat mat", delta={"role": "assistant"}, usage={"completion_tokens": 9})
    (cut, finish) = rillm.of(one).pipe(rillm.limit_tokens(2))
    assert (seen(cut), seen(finish), seen(one)) == (
        " the cat|assistant|None",
        "=0length",
        " the cat sat mat|assistant|None",
    )
    assert [(part.id, part.created, part.model, part.get("usage")) for part in (cut, finish)] == [
        (one.id, one.created, one.model, None)
    ] * 2


@both
def test_then_error(collect: Collect) -> None:
    script = Script([*map(chunk, [" the", " cat", " sat"])], SILENCE)
    with pytest.raises(rillm.BudgetExceededError, match="used up its 2 output tokens") as caught:
        collect(from_source(script).pipe(rillm.limit_tokens(2, then="error")))
    error = caught.value
    assert (error.current_cost, error.max_budget, script.live) == (2, 2, 0)
    assert error.partial is not None
    assert error.partial.choices[0].message.content == " the cat"
    assert error.partial.choices[0].finish_reason is None


@both
def test_leaving_early(collect: Collect) -> None:
    script = Script([chunk(" the"), chunk(" cat")], SILENCE)
    stream: Chunks = from_source(script).pipe(rillm.limit_tokens(9))
    assert len(collect(stream.take(1))) == 1
    assert script.live == 0


@given(pieces=st.text(max_size=60).flatmap(cuttings), n=st.integers(1, 12))
def test_there_are_never_more(pieces: list[str], n: int) -> None:
    """What passes is a beginning of the text, and never of more than `n` tokens."""
    passed = said(rillm.limit_tokens(n), pieces)
    assert "".join(pieces).startswith(passed)
    counter = token_counter()
    for piece in of_texts(pieces).pipe(rillm.limit_tokens(n)):
        counter.count(piece)
    assert counter.tokens <= n


@pytest.mark.parametrize("arguments", [{"n": 0}, {"n": -1}, {"n": 5, "then": "finish"}])
def test_wrong_arguments(arguments: dict[str, Any]) -> None:
    with pytest.raises(rillm.BadRequestError):
        rillm.limit_tokens(**arguments)


def stop(chunks: Chunks) -> list[str | None]:
    return [chunk.choices[0].finish_reason for chunk in chunks]


def astop(chunks: Chunks) -> list[str | None]:
    async def main() -> list[str | None]:
        return [chunk.choices[0].finish_reason async for chunk in chunks]

    return run(main())


@pytest.mark.usefixtures("no_garbage_collection")
@pytest.mark.parametrize("read", [stop, astop])
def test_the_connection_is_closed_there_and_then(server: Server, read: Callable[[Chunks], list[str | None]]) -> None:
    server.play(script(wire.frame(" the"), wire.frame(" cat"), wire.frame(" sat"), Do.STALL))
    chunks = cold(server).pipe(rillm.limit_tokens(3))
    left = 0.0

    def note(_: object) -> None:
        nonlocal left
        left = monotonic()

    assert read(chunks.pipe(rillm.tap_end(note))) == [None, None, None, "length"]
    assert server.exchange().seconds_to_leave(left) < AT_ONCE
