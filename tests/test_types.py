"""What type checkers make of the calls: mypy and pyright read this file, and it runs."""

from __future__ import annotations

from typing import Any, assert_type

from pydantic import BaseModel, TypeAdapter
from reactivex import operators as ops

import rillm
from rillm import CompletionStream, ModelResponse, ModelResponseStream, Router
from rillm.streams.function import ChatCompletionMessageToolCall
from tests.kit.leaks import run

HI = [{"role": "user", "content": "Hi"}]


def test_completion() -> None:
    chunks = rillm.completion("mock/echo", HI, stream=True)
    assert_type(chunks, CompletionStream)
    assert isinstance(chunks, CompletionStream)
    for chunk in chunks:
        assert_type(chunk, ModelResponseStream)
        assert_type(chunk.choices[0].delta.content, str | None)
    assert_type(rillm.completion("mock/echo", HI), ModelResponse)
    assert_type(rillm.completion("mock/echo", HI, stream=False), ModelResponse)
    assert_type(rillm.completion("mock/echo", HI, stream=None), ModelResponse)
    for stream in (True, False):
        assert_type(rillm.completion("mock/echo", HI, stream=stream), ModelResponse | CompletionStream)


def test_acompletion() -> None:
    async def main() -> None:
        chunks = await rillm.acompletion("mock/echo", HI, stream=True)
        assert_type(chunks, CompletionStream)
        async for chunk in chunks:
            assert_type(chunk, ModelResponseStream)
        assert_type(await rillm.acompletion("mock/echo", HI), ModelResponse)

    run(main())


def test_composed() -> None:
    texts = rillm.completion("mock/echo", HI, stream=True).pipe(rillm.text())
    assert_type(texts, rillm.Stream[str])
    assert list(texts) == ["Hi"]


def test_composed_of_many() -> None:
    """As many as ReactiveX types: seven."""
    lengths = rillm.from_iterable(["High", "up"]).pipe(
        ops.map(str.lower), ops.map(str.upper), ops.map(str.title), ops.map(str.strip), ops.map(len), ops.take(1)
    )
    assert_type(lengths, rillm.Stream[int])
    assert_type(lengths.pipe(*[ops.take(1)] * 8), Any)
    shown = lengths.pipe(ops.take(1), ops.take(1), ops.take(1), ops.take(1), ops.take(1), ops.map(float), ops.map(str))
    assert_type(shown, rillm.Stream[str])
    assert list(shown) == ["4.0"]


class Recipe(BaseModel):
    title: str


def test_what_is_still_being_written() -> None:
    answer = rillm.stream("mock/echo", HI, mock_response='{"title": "Soup"}')
    partials = answer.pipe(rillm.partial_json(Recipe))
    assert_type(partials, rillm.Stream[rillm.Partial[Recipe]])
    for partial in partials:
        assert_type(partial.value.title, str)
    of_texts = answer.pipe(rillm.text(), rillm.partial_json(dict[str, str]))
    assert_type(of_texts, rillm.Stream[rillm.Partial[dict[str, str]]])
    assert_type(answer.pipe(rillm.partial_json(TypeAdapter(Recipe))), rillm.Stream[rillm.Partial[Recipe]])
    assert_type(answer.pipe(rillm.json_elements("steps", Recipe)), rillm.Stream[Recipe])
    assert_type(answer.pipe(rillm.tool_calls()), rillm.Stream[ChatCompletionMessageToolCall])


def test_router() -> None:
    router = Router([{"model_name": "m", "litellm_params": {"model": "mock/echo"}}])
    assert_type(router.completion("m", HI, stream=True), CompletionStream)
    assert_type(router.completion("m", HI), ModelResponse)
