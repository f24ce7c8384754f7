from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from rillm.operators.accumulate import accumulate
from rillm.operators.normalize import normalize
from rillm.providers.mock import mock_source
from rillm.providers.mock_frames import words
from rillm.providers.openai_chat import OpenAIChatDecoder
from rillm.streams.errors import (
    APIError,
    BadRequestError,
    ContextWindowExceededError,
    InternalServerError,
    RateLimitError,
    RillmError,
    Timeout,
)
from rillm.streams.response import ModelResponse
from rillm.streams.stream import from_source

if TYPE_CHECKING:
    from collections.abc import Callable

    from rillm.streams.source import Source

BODY = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hi"}]}
CALL = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Paris"}'}}
LONG = 60.0  # seconds that no test waits for


def read(source: Source[bytes]) -> list[list[bytes]]:
    reading = source.open()
    blocks = [list(block) for block in reading.blocks]
    reading.close()
    return blocks


def aread(source: Source[bytes]) -> list[list[bytes]]:
    async def blocks() -> list[list[bytes]]:
        reading = await source.aopen()
        blocks = [list(block) async for block in reading.blocks]
        await reading.aclose()
        return blocks

    return asyncio.run(blocks())


def frames(source: Source[bytes]) -> list[bytes]:
    return [frame for block in read(source) for frame in block]


def answer(*, body: dict[str, Any] = BODY, **mock: Any) -> ModelResponse:
    """What the frames add up to on the way that every answer takes."""
    stream = from_source(mock_source(body, **mock)).pipe(normalize(OpenAIChatDecoder), accumulate())
    return next(iter(stream))


both = pytest.mark.parametrize("reader", [read, aread])


@pytest.mark.parametrize(
    "text",
    [
        "Mock response content",
        "",
        " ",
        "one",
        "  led by two",
        "ended by two  ",
        "lines\n\n  and\ttabs\r\n",
        "line\u2028separator \x1c \u3000ideographic",
        'naïve 日本語 👩‍👩‍👧 \x00 \\ "quoted" data: [DONE]',
        "word " * 2000,
    ],
)
def test_a_text_comes_whole(text: str) -> None:
    assert "".join(words(text)) == text
    assert answer(mock_response=text).choices[0].message.content == text


@pytest.mark.parametrize(
    ("mock", "pieces"),
    [
        ({}, ["This", " is", " a", " mock", " request"]),
        ({"mock_response": "Mock response content"}, ["Mock", " response", " content"]),
        ({"mock_response": ["Hel", "", "lo\n"]}, ["Hel", "", "lo\n"]),
        ({"mock_response": ""}, []),
        ({"mock_response": []}, []),
        ({"mock_response": "litellm.NotFoundError"}, ["litellm.NotFoundError"]),
        ({"mock_response": "openai.RateLimitError"}, ["openai.RateLimitError"]),
    ],
)
@both
def test_the_frames_of_a_text(
    reader: Callable[[Any], list[list[bytes]]], mock: dict[str, Any], pieces: list[str]
) -> None:
    *chunks, usage, end = [frame for block in reader(mock_source(BODY, **mock)) for frame in block]
    parts = [json.loads(chunk)["choices"][0] for chunk in chunks]
    assert [part["delta"]["content"] for part in parts if "content" in part["delta"]] == pieces
    assert [part["delta"].get("role") for part in parts] == ["assistant"] + [None] * len(pieces)
    assert [part["finish_reason"] for part in parts] == [None] * len(pieces) + ["stop"]
    assert json.loads(usage) == {
        "id": "chatcmpl-mock",
        "created": 1_700_000_000,
        "model": "gpt-4o-mini",
        "object": "chat.completion.chunk",
        "choices": [],
        "usage": {"prompt_tokens": 10, "completion_tokens": 20, "total_tokens": 30},
    }
    assert end == b"[DONE]"


class TeapotError(Exception):
    status_code = 429


class OddError(Exception):
    status_code = "429"


OURS = Timeout("too slow", "mock", "gpt-4o-mini")


@pytest.mark.parametrize(
    ("mock_response", "kind", "status", "message"),
    [
        ("litellm.RateLimitError", RateLimitError, 429, "this is a mock rate limit error"),
        ("rillm.RateLimitError", RateLimitError, 429, "this is a mock rate limit error"),
        (
            "litellm.ContextWindowExceededError",
            ContextWindowExceededError,
            400,
            "this is a mock context window exceeded error",
        ),
        ("rillm.InternalServerError", InternalServerError, 500, "this is a mock internal server error"),
        (ValueError("boom"), InternalServerError, 500, "boom"),
        (ValueError(), InternalServerError, 500, "ValueError"),
        (TeapotError("slow down"), RateLimitError, 429, "slow down"),
        (OddError("no status"), InternalServerError, 500, "no status"),
        (OURS, Timeout, 408, "too slow"),
        (7, BadRequestError, 400, "mock_response cannot be of type int."),
        (["one", 7], BadRequestError, 400, "mock_response can hold texts and exceptions, but no int."),
        ({"choices": 7}, BadRequestError, 400, "mock_response is not what an answer holds, at choices."),
    ],
)
@both
def test_an_error_of_the_call(
    reader: Callable[[Any], list[list[bytes]]],
    mock_response: object,
    kind: type[RillmError],
    status: int,
    message: str,
) -> None:
    with pytest.raises(RillmError) as caught:
        reader(mock_source(BODY, mock_response))
    assert isinstance(caught.value, kind)
    assert (caught.value.status_code, caught.value.message) == (status, message)
    assert mock_response is not OURS or caught.value is OURS


@pytest.mark.parametrize("delay", [0.0, 0.001])
@both
def test_an_error_in_the_middle(reader: Callable[[Any], list[list[bytes]]], delay: float) -> None:
    source = mock_source(BODY, ["one", " two", ValueError("boom"), " three"], mock_chunk_delay=delay)
    with pytest.raises(InternalServerError, match="boom") as caught:
        reader(source)
    assert isinstance(caught.value.__cause__, ValueError)


@pytest.mark.parametrize("delay", [0.0, 0.001])
def test_what_came_before_the_error(delay: float) -> None:
    reading = mock_source(BODY, ["one", " two", ValueError("boom")], mock_chunk_delay=delay).open()
    seen: list[bytes] = []
    with pytest.raises(InternalServerError):
        seen.extend(frame for block in reading.blocks for frame in block)
    assert [json.loads(frame)["choices"][0]["delta"].get("content") for frame in seen] == ["one", " two"]
    with pytest.raises(InternalServerError):
        read(mock_source(BODY, [ValueError("boom")], mock_chunk_delay=delay))


def test_choices_take_turns() -> None:
    body = {**BODY, "n": 3}
    *chunks, _usage, _end = frames(mock_source(body, "one two"))
    parts = [json.loads(chunk)["choices"][0] for chunk in chunks]
    assert [part["index"] for part in parts] == [0, 1, 2] * 3
    assert [choice.message.content for choice in answer(body=body, mock_response="one two").choices] == ["one two"] * 3


@pytest.mark.parametrize("arguments", ['{"city": "Paris"}', "{}", "x"])
def test_tool_calls(arguments: str) -> None:
    calls = [{**CALL, "function": {"name": "weather", "arguments": arguments}}, {**CALL, "id": "call_2"}]
    message = answer(mock_response="", mock_tool_calls=calls).choices[0]
    assert message.finish_reason == "tool_calls"
    assert message.message.content is None
    assert [call.model_dump() for call in message.message.tool_calls or ()] == calls


def test_a_call_comes_in_pieces_with_its_name_first() -> None:
    *chunks, _usage, _end = frames(mock_source(BODY, None, [CALL]))
    deltas = [json.loads(chunk)["choices"][0]["delta"] for chunk in chunks]
    assert deltas[0] == {"role": "assistant", "content": "This"}
    fragments = [delta["tool_calls"][0] for delta in deltas if "tool_calls" in delta]
    assert fragments[0] == {**CALL, "index": 0, "function": {"name": "weather", "arguments": ""}}
    assert len(fragments) == 4
    assert "".join(fragment["function"]["arguments"] for fragment in fragments) == CALL["function"]["arguments"]  # type: ignore[index]


WHOLE = {
    "id": "chatcmpl-1",
    "created": 7,
    "model": "gpt-4o",
    "choices": [
        {"index": 0, "finish_reason": "length", "message": {"content": "one two", "reasoning_content": "Hm."}},
        {"index": 1, "finish_reason": "tool_calls", "message": {"content": None, "tool_calls": [CALL]}},
    ],
    "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
}


@pytest.mark.parametrize("mock_response", [WHOLE, ModelResponse.model_validate(WHOLE)])
def test_a_whole_answer(mock_response: object) -> None:
    response = answer(mock_response=mock_response)
    first, second = response.choices
    assert (response.id, response.created, response.model) == ("chatcmpl-1", 7, "gpt-4o")
    assert (first.finish_reason, first.message.content) == ("length", "one two")
    assert first.message.reasoning_content == "Hm."
    assert (second.finish_reason, second.message.content) == ("tool_calls", None)
    assert [call.model_dump() for call in second.message.tool_calls or ()] == [CALL]
    assert response.usage.total_tokens == 3


@pytest.mark.parametrize("mock_response", [{}, ModelResponse(), {"choices": []}])
def test_an_empty_answer(mock_response: object) -> None:
    *_chunks, usage, end = frames(mock_source(BODY, mock_response))
    assert json.loads(usage)["usage"]["total_tokens"] == 30
    assert end == b"[DONE]"


@both
def test_blocks(reader: Callable[[Any], list[list[bytes]]]) -> None:
    assert len(reader(mock_source(BODY, "word " * 1000))) == 2
    paced = reader(mock_source(BODY, "one two", mock_chunk_delay=0.001))
    assert [len(block) for block in paced] == [1, 1, 3]


@both
def test_each_reading_starts_anew(reader: Callable[[Any], list[list[bytes]]]) -> None:
    source = mock_source(BODY, "one two")
    assert reader(source) == reader(source)


@both
def test_the_call_takes_mock_delay_and_chunks_their_own(reader: Callable[[Any], list[list[bytes]]]) -> None:
    began = time.monotonic()
    reader(mock_source(BODY, "one two three", mock_delay=0.02, mock_chunk_delay=0.01))
    assert time.monotonic() - began >= 0.05
    with pytest.raises(RateLimitError):
        reader(mock_source(BODY, "rillm.RateLimitError", mock_delay=0.001))


def test_mock_delay_passes_while_opening() -> None:
    began = time.monotonic()
    reading = mock_source(BODY, mock_delay=0.02).open()
    assert time.monotonic() - began >= 0.02
    reading.close()
    assert list(reading.blocks) == []


def test_closing_ends_a_read_that_waits() -> None:
    reading = mock_source(BODY, mock_chunk_delay=LONG).open()
    next(reading.blocks)
    rest: list[Any] = []
    reader = threading.Thread(target=lambda: rest.extend(reading.blocks))
    reader.start()
    reading.close()
    reading.close()
    reader.join(timeout=5)
    assert not reader.is_alive()
    assert rest == []


@pytest.mark.parametrize("way", ["abort", "aclose", "cancel"])
def test_leaving_ends_a_read_that_waits_on_an_event_loop(way: str) -> None:
    async def run() -> None:
        reading = await mock_source(BODY, mock_chunk_delay=LONG).aopen()
        await anext(reading.blocks)
        read = asyncio.ensure_future(anext(reading.blocks))
        await asyncio.sleep(0)
        if way == "cancel":
            read.cancel()
        elif way == "abort":
            reading.abort()
        else:
            await reading.aclose()
        with pytest.raises((StopAsyncIteration, asyncio.CancelledError)):
            async with asyncio.timeout(5):
                await read
        await reading.aclose()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(run())


def test_cancelling_a_call_that_waits() -> None:
    async def run() -> None:
        opening = asyncio.ensure_future(mock_source(BODY, mock_delay=LONG).aopen())
        await asyncio.sleep(0)
        opening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await opening
        assert opening.cancelled()

    asyncio.run(run())


def test_waiting_blocks_no_event_loop() -> None:
    async def read_one() -> list[Any]:
        reading = await mock_source(BODY, "one two", mock_delay=0.05, mock_chunk_delay=0.05).aopen()
        return [block async for block in reading.blocks]

    async def run() -> float:
        began = time.monotonic()
        await asyncio.gather(*(read_one() for _ in range(20)))
        return time.monotonic() - began

    assert asyncio.run(run()) < 20 * 0.15


def test_errors_keep_their_class_for_later_statuses() -> None:
    class TeaTimeError(Exception):
        status_code = 418

    with pytest.raises(APIError) as caught:
        read(mock_source(BODY, TeaTimeError("tea")))
    assert caught.value.status_code == 418
