from __future__ import annotations

from typing import Any

import pytest

import rillm
from rillm.testing import answer, play
from rillm.testing.answers import answer as answer_function
from tests.kit.pictures import picture_of
from tests.kit.sources import both


@pytest.mark.parametrize(
    ("given", "marbles"),
    [
        ({"text": "Hello you"}, "(Hello,_you,=stop,|)"),
        ({"text": "Hello", "pieces": 2}, "(He,ll,o,=stop,|)"),
        ({"text": "Hi", "reasoning": "Hm so"}, "(~Hm,~_so,Hi,=stop,|)"),
        ({"text": "Hi", "finish": "length"}, "(Hi,=length,|)"),
        ({}, "(=stop,|)"),
    ],
)
def test_the_chunks(given: dict[str, Any], marbles: str) -> None:
    assert play(lambda: answer(**given)).marbles == marbles


def test_the_picture() -> None:
    picture = picture_of(answer_function)
    assert play(lambda: eval(picture.box, {"answer": answer})).marbles == picture.goes  # noqa: S307 - our own docstring


@both
def test_calls_of_tools(collect: Any) -> None:
    calls: list[Any] = [("weather", {"city": "Paris", "days": [1, 2]}), ("weather", "{broken"), ("now", {})]
    (response,) = collect(answer("Let me see.", calls=calls).pipe(rillm.accumulate()))
    choice = response.choices[0]
    assert (choice.message.content, choice.finish_reason) == ("Let me see.", "tool_calls")
    assert [(call.id, call.function.name, call.function.arguments) for call in choice.message.tool_calls] == [
        ("call_0", "weather", '{"city": "Paris", "days": [1, 2]}'),
        ("call_1", "weather", "{broken"),
        ("call_2", "now", "{}"),
    ]


def test_arguments_come_in_pieces() -> None:
    chunks = list(answer(calls=[("add", {"a": 1, "b": 2})]))
    assert len(chunks) > 3


def test_usage() -> None:
    reported = answer("Hi", usage={"prompt_tokens": 5, "completion_tokens": 2})
    (response,) = reported.pipe(rillm.accumulate())
    assert (response.usage.total_tokens, response.usage.is_estimated) == (7, False)
    assert not any(chunk.get("usage") for chunk in reported)


def test_it_is_the_same_each_time_and_shared_by_nobody() -> None:
    stream = answer("Hello you", reasoning="Hm")
    first, second = list(stream), list(stream)
    assert first == second
    first[0].choices[0].delta.content = "changed"
    first[0].hidden_params["changed"] = True
    assert list(stream) == second
    assert second[0].hidden_params == {}


def test_the_role_comes_first() -> None:
    assert [chunk.choices[0].delta.role for chunk in answer("Hello you")] == ["assistant", None, None]
