"""What is taken back does not count: neither where chunks are put together, nor in operators that keep text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import rillm
from rillm import is_retraction, retraction
from rillm.operators.rewriting import rewriting
from rillm.streams.accumulator import Accumulator
from rillm.testing import chunk
from rillm.testing.chunks import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

FIRST: dict[str, Any] = {"id": "1", "model": "quick"}
SECOND: dict[str, Any] = {"id": "2", "model": "wise"}
USAGE = {"prompt_tokens": 3, "completion_tokens": 9, "total_tokens": 12}
CALL = {"index": 0, "id": "c", "function": {"name": "f", "arguments": "{"}}

THROWN_AWAY = [
    chunk("No", delta={"role": "tool"}, **FIRST),
    chunk(reasoning="Hm", **FIRST),
    chunk("no", index=1, **FIRST),
    chunk(tool_calls=[CALL], **FIRST),
    chunk(usage=USAGE, citations=["a"], **FIRST),
    chunk(finish="length", **FIRST),
]
KEPT = [chunk("Y", **SECOND), chunk("es", **SECOND), chunk(finish="stop", **SECOND)]
TAKEN_BACK = retraction(THROWN_AWAY[0])


def by_accumulator(chunks: Sequence[Any]) -> rillm.ModelResponse:
    accumulator = Accumulator()
    for one in chunks:
        accumulator.add(one)
    return accumulator.response()


def by_builder(chunks: Sequence[Any]) -> rillm.ModelResponse:
    response = rillm.stream_chunk_builder(chunks)
    assert response is not None
    return response


def by_builder_from_json(chunks: Sequence[Any]) -> rillm.ModelResponse:
    return by_builder([one.model_dump() for one in chunks])


def by_operator(chunks: Sequence[Any]) -> rillm.ModelResponse:
    (response,) = rillm.of(*chunks).pipe(rillm.accumulate())
    return response


every_way = pytest.mark.parametrize("built", [by_accumulator, by_builder, by_builder_from_json, by_operator])


def test_it_is_a_chunk_of_the_same_answer() -> None:
    taken_back = retraction(chunk("a", index=3, finish="stop", usage=USAGE, citations=["a"], **FIRST))
    assert taken_back.model_dump(exclude_none=True) == {
        "id": "1",
        "created": 1,
        "model": "quick",
        "object": "chat.completion.chunk",
        "choices": [{"index": 0, "delta": {}}],
        "provider_specific_fields": {"retracted": True},
        "citations": ["a"],
    }
    assert is_retraction(taken_back)
    assert is_retraction(rillm.ModelResponseStream.model_validate_json(taken_back.model_dump_json()))


@pytest.mark.parametrize("fields", [None, {}, {"retracted": None}, {"retracted": False}, {"other": True}])
def test_other_chunks_are_none(fields: dict[str, Any] | None) -> None:
    assert not is_retraction(chunk(provider_specific_fields=fields))


@every_way
def test_only_what_follows_counts(built: Any) -> None:
    response = built([*THROWN_AWAY, TAKEN_BACK, *KEPT])
    assert response.model_dump(exclude={"usage"}) == built(KEPT).model_dump(exclude={"usage"})
    assert response.usage.is_estimated


@every_way
def test_the_usage_is_that_of_the_last_answer(built: Any) -> None:
    own = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    usage = built([*THROWN_AWAY, TAKEN_BACK, *KEPT, chunk(usage=own, **SECOND)]).usage
    assert {name: usage[name] for name in own} == own


def test_hidden_usage_is_that_of_the_last_answer_too() -> None:
    hidden = [chunk("No"), chunk("Yes")]
    hidden[0].hidden_params["usage"] = rillm.Usage(prompt_tokens=3, completion_tokens=9)
    for built in (by_accumulator, by_builder, by_operator):
        assert built([hidden[0], retraction(hidden[0]), hidden[1]]).usage.is_estimated


@every_way
def test_several_times(built: Any) -> None:
    assert built([*THROWN_AWAY, TAKEN_BACK, *THROWN_AWAY, TAKEN_BACK, *KEPT]).choices[0].message.content == "Yes"


@every_way
def test_nothing_follows(built: Any) -> None:
    response = built([*THROWN_AWAY, TAKEN_BACK])
    assert (response.id, response.choices[0].message.content) == ("1", "")


def test_the_first_chunk_was_the_first_all_the_same() -> None:
    accumulator = Accumulator()
    accumulator.add(THROWN_AWAY[0])
    began = accumulator.started_at
    for one in [TAKEN_BACK, *KEPT]:
        accumulator.add(one)
    assert began is not None
    assert accumulator.started_at is began


def test_the_end_of_a_stream_tells_what_counts() -> None:
    endings: list[rillm.Ending] = []
    list(rillm.of(*THROWN_AWAY, TAKEN_BACK, *KEPT).pipe(rillm.tap_end(endings.append)))
    (ending,) = endings
    assert ending.response is not None
    assert ending.response.choices[0].message.content == "Yes"


class Late:
    """Holds everything back."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> list[str]:
        self._held += text
        return []

    def end(self) -> list[str]:
        return [self._held]


# Operators, what comes in, and what goes out.
OPERATORS: dict[str, tuple[Any, list[Any], str]] = {
    "rewriting": (rewriting(Late), [chunk("No"), TAKEN_BACK, chunk("Y"), chunk("es")], "() Yes"),
    "rewriting reasoning": (
        rewriting(Late, reasoning=True),
        [chunk(reasoning="No"), TAKEN_BACK, chunk("no"), TAKEN_BACK, chunk("Yes"), chunk(finish="stop")],
        "() () Yes =stop",
    ),
    "merge_reasoning": (
        rillm.merge_reasoning(),
        [chunk(reasoning="No"), TAKEN_BACK, chunk("Yes"), chunk(finish="stop")],
        "<think>No () Yes =stop",
    ),
    "merge_reasoning again": (
        rillm.merge_reasoning(),
        [chunk(reasoning="No"), TAKEN_BACK, chunk(reasoning="Hm"), chunk("Yes")],
        "<think>No () <think>Hm </think>Yes",
    ),
    "repeat_guard": (rillm.repeat_guard(2), [chunk("the"), chunk("the"), TAKEN_BACK, chunk("the")], "the the () the"),
    "text": (rillm.text(), [chunk("No"), TAKEN_BACK, chunk("Yes")], "No Yes"),
}


@pytest.mark.parametrize(("operator", "chunks", "out"), OPERATORS.values(), ids=OPERATORS)
def test_operators(operator: Any, chunks: list[Any], out: str) -> None:
    copies = [one.model_copy(deep=True) for one in chunks]
    came: list[Any] = list(operator(rillm.of(*copies)))
    assert " ".join(map(shown, came)) == out
