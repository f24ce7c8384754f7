"""`choice` and `number_choices`: several answers in one stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import rillm
from rillm import choice, number_choices
from rillm.streams.stream import from_source
from rillm.testing import chunk, play
from tests.kit.chunks import chunk as of_texts
from tests.kit.sources import SILENCE, Script, both

if TYPE_CHECKING:
    from rillm import Operator

SECOND = chunk("Ho", index=1)
USAGE = rillm.ModelResponseStream.model_validate(
    {"id": "1", "created": 1, "model": "m", "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 4}}
)
NAMES = {
    "second": SECOND,
    "two": of_texts("Hi", "Ho"),
    "usage": USAGE,
    "end": chunk(finish="length", index=1),
    "tiered": chunk("Hi", tier="x"),
    "other": chunk("Ho", index=1, tier="x"),
}


def drawn(item: rillm.ModelResponseStream) -> str:
    told = [f"{one.index}{one.delta.content or one.finish_reason or ''}" for one in item.choices]
    return "+".join(told) or "usage"


@pytest.mark.parametrize(
    ("index", "comes", "goes"),
    [
        (0, "-Hi-second-two-|", "-0Hi-------0Hi-|"),
        (1, "-Hi-second-two-|", "----0Ho----0Ho-|"),
        (1, "-second-end-usage-|", "-0Ho----0lengthusage|"),
        (2, "-Hi-second-two-|", "---------------|"),
        (1, "-second-X", "-0Ho----X"),
        (0, "-tiered-other-usage-|", "-tiered-------usage-|"),
    ],
)
def test_one_of_several(index: int, comes: str, goes: str) -> None:
    assert play(choice(index), comes, values=NAMES, show=drawn).marbles == goes


def test_it_is_the_only_one_of_a_response() -> None:
    stream = rillm.of(of_texts("Hi", "Ho"), of_texts("!", "?"), of_texts(None, None, finish="stop"), USAGE)
    (response,) = stream.pipe(choice(1), rillm.accumulate())
    assert [one.message.content for one in response.choices] == ["Ho?"]
    assert (response.choices[0].index, response.choices[0].finish_reason) == (0, "stop")
    assert response.usage.completion_tokens == 4


def test_what_is_right_is_not_copied() -> None:
    said = chunk("a")
    assert next(rillm.of(said).pipe(choice(0))) is next(rillm.of(said).pipe(number_choices())) is said


def test_what_came_is_not_changed() -> None:
    list(rillm.of(SECOND).pipe(choice(1)))
    list(rillm.of(chunk("a"), SECOND).pipe(number_choices()))
    assert SECOND.choices[0].index == 1


def test_a_choice_that_cannot_be() -> None:
    with pytest.raises(rillm.BadRequestError):
        choice(-1)


def said(*ids: str, finish: bool = True) -> list[rillm.ModelResponseStream]:
    """For each id in turn a chunk that says it."""
    ends = [chunk(finish="stop", id=name) for name in dict.fromkeys(ids)] if finish else []
    return [chunk(name, id=name) for name in ids] + ends


@both
def test_merged_answers_are_choices_of_one(collect: Any) -> None:
    numbered = from_source(Script(said("a", "b", "a", "c", "b"))).pipe(number_choices())
    assert [one.choices[0].index for one in collect(numbered)] == [0, 1, 0, 2, 1, 0, 1, 2]
    (response,) = collect(numbered.pipe(rillm.accumulate()))
    assert [one.message.content for one in response.choices] == ["aa", "bb", "c"]


def test_choices_of_merged_answers() -> None:
    chunks = [of_texts("a", "b", id="1"), of_texts("c", "d", id="2"), of_texts("a", "b", id="1")]
    indexes = [[one.index for one in item.choices] for item in rillm.of(*chunks).pipe(number_choices())]
    assert indexes == [[0, 1], [2, 3], [0, 1]]


@both
def test_live_answers(collect: Any) -> None:
    streams = [rillm.stream("mock/x", mock_response=text) for text in ("Hello you", "Good day")]
    (response,) = collect(rillm.merge(*streams).pipe(number_choices(), rillm.accumulate()))
    assert sorted(one.message.content or "" for one in response.choices) == ["Good day", "Hello you"]


@pytest.mark.parametrize("operator", [choice(0), number_choices()], ids=["choice", "number_choices"])
def test_leaving_lets_go_of_the_source(operator: Operator[Any, Any]) -> None:
    script = Script([chunk("a")], SILENCE)
    with rillm.as_stream(operator(from_source(script))) as stream:
        next(stream)
    assert (script.opened, script.live) == (1, 0)
