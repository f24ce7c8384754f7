from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from reactivex import operators as ops

import rillm
from rillm import accumulate
from rillm.streams.stream import from_source
from rillm.testing import answer, play
from tests.kit.chunks import chunk
from tests.kit.sources import SILENCE, Script, both

if TYPE_CHECKING:
    from collections.abc import Callable

    Collect = Callable[[Any], list[Any]]


def content(response: Any) -> str:
    """The texts of all choices, and how the first ended."""
    texts = [
        "".join([one.message.get("reasoning_content") or "", one.message.content or ""]) for one in response.choices
    ]
    return "+".join(texts) + f"={response.choices[0].finish_reason}"


@pytest.mark.parametrize(
    ("comes", "goes"),
    [
        ("-Hel-lo-=stop-|", "--------------(Hello=stop,|)"),
        ("-a-=length-|", "-----------(a=length,|)"),
        ("-a---|", "-----(a=None,|)"),
        ("-~Hm-a-|", "-------(Hma=None,|)"),
        ("-ax-by-|", "-------(ab+xy=None,|)"),
        ("----|", "----|"),
        ("-a-X", "---X"),
        ("-a--", "----"),
    ],
)
def test_marbles(comes: str, goes: str) -> None:
    two = {"ax": chunk("a", "x"), "by": chunk("b", "y")}
    assert play(accumulate(), comes, values=two, show=content).marbles == goes


@both
def test_each_subscription_gets_its_own_response(collect: Collect) -> None:
    responses = answer("Hello you", reasoning="Hm").pipe(accumulate())
    (first,), (second,) = collect(responses), collect(responses)
    assert first == second
    assert first is not second


@both
def test_an_error_passes_and_knows_what_had_come(collect: Collect) -> None:
    script = Script([chunk("Hel")], rillm.Timeout("late"))
    with pytest.raises(rillm.Timeout) as caught:
        collect(from_source(script).pipe(rillm.tap_end(lambda _: None), accumulate()))
    assert caught.value.partial is not None
    assert content(caught.value.partial) == "Hel=None"
    assert script.live == 0


@both
def test_leaving_lets_go_of_the_source(collect: Collect) -> None:
    script = Script([chunk("a")], SILENCE)
    left = from_source(script).pipe(accumulate(), ops.start_with(None), ops.take(1))
    assert collect(left) == [None]
    assert script.live == 0
    assert play(accumulate(), "-a-b-c-|", leave=4).source == "^---!"
