from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import subprocess
import sys
import threading
import time
import uuid
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from rillm.operators.accumulate import accumulate
from rillm.operators.normalize import normalize
from rillm.providers.mock import MockSource, seconds_of
from rillm.providers.mock_slices import slices
from rillm.providers.openai_chat import OpenAIChatDecoder
from rillm.streams import errors
from rillm.streams.chunk import ModelResponseStream
from rillm.streams.errors import (
    APIError,
    BadRequestError,
    ContentPolicyViolationError,
    ContextWindowExceededError,
    InternalServerError,
    RateLimitError,
    RillmError,
    ServiceUnavailableError,
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
    stream = from_source(MockSource(body, **mock)).pipe(normalize(OpenAIChatDecoder), accumulate())
    return next(iter(stream))


both = pytest.mark.parametrize("reader", [read, aread])


TEXTS = pytest.mark.parametrize(
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


def in_two(text: str) -> list[str]:
    return [text[:5], "", text[5:]]


@TEXTS
@pytest.mark.parametrize(
    "rule",
    [
        "word",
        "character",
        1,
        3,
        100_000,
        re.compile(r"\w+"),
        re.compile(r"x*"),
        re.compile(r"(.)|(\n)"),
        in_two,
        iter,
    ],
)
def test_a_text_comes_whole(text: str, rule: Any) -> None:
    assert "".join(slices(text, rule)) == text
    assert answer(mock_response=text, mock_slice=rule).choices[0].message.content == text


@pytest.mark.parametrize(
    ("rule", "pieces"),
    [
        ("word", ["Mock", " response"]),
        ("character", list("Mock response")),
        (3, ["Moc", "k r", "esp", "ons", "e"]),
        (13, ["Mock response"]),
        (re.compile(r"[aeiou]"), ["M", "o", "ck r", "e", "sp", "o", "ns", "e"]),
        (re.compile(r"never"), ["Mock response"]),
        (in_two, ["Mock ", "", "response"]),
    ],
)
def test_where_a_text_is_cut(rule: Any, pieces: list[str]) -> None:
    whole = {"choices": [{"message": {"content": "Mock response"}}]}
    for mock_response in ("Mock response", whole):
        *chunks, _usage, _end = frames(MockSource(BODY, mock_response, mock_slice=rule))
        assert [json.loads(chunk)["choices"][0]["delta"].get("content") for chunk in chunks] == [*pieces, None]


@pytest.mark.parametrize(
    "rule",
    ["words", "", 0, -1, True, 2.5, None, str.split, str.upper, str.encode],
)
def test_what_is_no_rule(rule: Any) -> None:
    with pytest.raises(BadRequestError, match="mock_slice="):
        slices("Mock response", rule)


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
    *chunks, usage, end = [frame for block in reader(MockSource(BODY, **mock)) for frame in block]
    parts = [json.loads(chunk)["choices"][0] for chunk in chunks]
    assert [part["delta"]["content"] for part in parts if "content" in part["delta"]] == pieces
    assert [part["delta"].get("role") for part in parts] == ["assistant"] + [None] * len(pieces)
    assert [part["finish_reason"] for part in parts] == [None] * len(pieces) + ["stop"]
    assert json.loads(usage) == {
        "id": json.loads(chunks[0])["id"],
        "created": json.loads(chunks[0])["created"],
        "model": "gpt-4o-mini",
        "object": "chat.completion.chunk",
        "choices": [],
        "usage": {"prompt_tokens": 10, "completion_tokens": 20, "total_tokens": 30},
    }
    assert end == b"[DONE]"


def test_an_answer_has_its_own_id_and_time() -> None:
    before = int(time.time())
    first, second = (answer(mock_response="Hi") for _ in range(2))
    assert first.id != second.id
    assert str(uuid.UUID(str(first.id).removeprefix("chatcmpl-"))) == str(first.id).removeprefix("chatcmpl-")
    assert before <= int(first.created or 0) <= time.time()


@pytest.mark.parametrize(
    ("prompt", "completion", "usage"),
    [(None, None, (10, 20, 30)), ("3", None, (3, 20, 23)), ("", " 0 ", (10, 0, 10)), ("1", "2", (1, 2, 3))],
)
def test_usage_by_the_environment(
    monkeypatch: pytest.MonkeyPatch, prompt: str | None, completion: str | None, usage: tuple[int, int, int]
) -> None:
    for name, value in (("PROMPT", prompt), ("COMPLETION", completion)):
        if value is not None:
            monkeypatch.setenv(f"DEFAULT_MOCK_RESPONSE_{name}_TOKEN_COUNT", value)
    counted = answer(mock_response="Hi").usage
    assert (counted.prompt_tokens, counted.completion_tokens, counted.total_tokens) == usage


def test_usage_that_is_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEFAULT_MOCK_RESPONSE_PROMPT_TOKEN_COUNT", "many")
    with pytest.raises(BadRequestError, match="DEFAULT_MOCK_RESPONSE_PROMPT_TOKEN_COUNT"):
        answer(mock_response="Hi")


LISTS = "A list in mock_response holds either texts or chunks, and exceptions;"
PIECE = {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": "Hi"}}]}


class TeapotError(Exception):
    status_code = 429


class OddError(Exception):
    status_code = "429"


class APITimeoutError(Exception):
    """As openai's, which stands for no status."""


class APIConnectionError(Exception):
    """As openai's."""


class ConnectError(APIConnectionError): ...


OURS = Timeout("too slow", llm_provider="mock", model="gpt-4o-mini")


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
        (APITimeoutError("timed out"), Timeout, 408, "timed out"),
        (ConnectError("no route"), errors.APIConnectionError, 500, "no route"),
        ("Exception: content_filter_policy", ContentPolicyViolationError, 400, "Exception: content_filter_policy"),
        ("Exception: content_filter_policy, x", BadRequestError, 400, "Exception: content_filter_policy, x"),
        (7, BadRequestError, 400, "mock_response cannot be of type int."),
        (True, BadRequestError, 400, "mock_response cannot be of type bool."),
        (False, BadRequestError, 400, "mock_response cannot be of type bool."),
        (b"Hi", BadRequestError, 400, "mock_response cannot be of type bytes."),
        (["one", 7], BadRequestError, 400, f"{LISTS} no str."),
        ([7, "one"], BadRequestError, 400, f"{LISTS} no int."),
        ([PIECE, None], BadRequestError, 400, f"{LISTS} no NoneType."),
        ([ModelResponse()], BadRequestError, 400, f"{LISTS} no ModelResponse."),
        ([{**PIECE, "choices": 7}], BadRequestError, 400, "mock_response is not what an answer holds, at choices."),
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
        reader(MockSource(BODY, mock_response))
    assert isinstance(caught.value, kind)
    assert (caught.value.status_code, caught.value.message) == (status, message)
    assert mock_response is not OURS or caught.value is OURS


@pytest.mark.parametrize(
    "mock",
    [
        {"mock_response": "litellm.RateLimitError"},
        {"mock_response": "Exception: content_filter_policy"},
        {"mock_response": "Exception: mock_streaming_error"},
        {"mock_response": ValueError("boom")},
        {"mock_response": TeapotError("slow down")},
        {"mock_timeout": True, "timeout": 0},
    ],
)
def test_an_error_names_its_call(mock: dict[str, Any]) -> None:
    with pytest.raises(RillmError) as caught:
        read(MockSource(BODY, **mock, provider="groq"))
    assert (caught.value.llm_provider, caught.value.model) == ("groq", "gpt-4o-mini")


@both
def test_an_error_when_the_answer_is_read(reader: Callable[[Any], list[list[bytes]]]) -> None:
    source = MockSource(BODY, "Exception: mock_streaming_error")
    source.open().close()
    with pytest.raises(ServiceUnavailableError, match="This is a mock error raised mid-stream") as caught:
        reader(source)
    assert caught.value.status_code == 529


@pytest.mark.parametrize("timeout", [0.01, "0.01", httpx.Timeout(0.01), httpx.Timeout(5, read=0.01)])
@both
def test_a_timeout(reader: Callable[[Any], list[list[bytes]]], timeout: Any) -> None:
    began = time.monotonic()
    with pytest.raises(Timeout, match="This is a mock timeout error") as caught:
        reader(MockSource(BODY, "Hi", mock_timeout=True, timeout=timeout))
    assert time.monotonic() - began >= 0.01
    assert caught.value.status_code == 408


@pytest.mark.parametrize(("timeout", "seconds"), [(None, 600), (httpx.Timeout(None), 600), (3, 3), ("2.5", 2.5)])
def test_how_long_a_timeout_waits(timeout: Any, seconds: float) -> None:
    assert seconds_of(timeout) == seconds


@pytest.mark.parametrize("timeout", ["soon", [], object()])
def test_what_is_no_timeout(timeout: Any) -> None:
    with pytest.raises(BadRequestError, match="timeout="):
        read(MockSource(BODY, mock_timeout=True, timeout=timeout))


def test_a_timeout_counts_where_the_mock_is_to_fail_only() -> None:
    assert frames(MockSource(BODY, "Hi", mock_timeout=False, timeout="soon"))


@pytest.mark.parametrize("delay", [0.0, 0.001])
@both
def test_an_error_in_the_middle(reader: Callable[[Any], list[list[bytes]]], delay: float) -> None:
    source = MockSource(BODY, ["one", " two", ValueError("boom"), " three"], mock_chunk_delay=delay)
    with pytest.raises(InternalServerError, match="boom") as caught:
        reader(source)
    assert isinstance(caught.value.__cause__, ValueError)


@pytest.mark.parametrize("delay", [0.0, 0.001])
def test_what_came_before_the_error(delay: float) -> None:
    reading = MockSource(BODY, ["one", " two", ValueError("boom")], mock_chunk_delay=delay).open()
    seen: list[bytes] = []
    with pytest.raises(InternalServerError):
        seen.extend(frame for block in reading.blocks for frame in block)
    assert [json.loads(frame)["choices"][0]["delta"].get("content") for frame in seen] == ["one", " two"]
    with pytest.raises(InternalServerError):
        read(MockSource(BODY, [ValueError("boom")], mock_chunk_delay=delay))


def test_choices_take_turns() -> None:
    body = {**BODY, "n": 3}
    *chunks, _usage, _end = frames(MockSource(body, "one two"))
    parts = [json.loads(chunk)["choices"][0] for chunk in chunks]
    assert [part["index"] for part in parts] == [0, 1, 2] * 3
    assert [choice.message.content for choice in answer(body=body, mock_response="one two").choices] == ["one two"] * 3


@pytest.mark.parametrize("n", [0, None, 1])
def test_one_choice(n: int | None) -> None:
    assert len(answer(body={**BODY, "n": n}, mock_response="Hi").choices) == 1


@pytest.mark.parametrize("n", [-1, "2", 1.5])
def test_no_number_of_choices(n: Any) -> None:
    with pytest.raises(BadRequestError, match="n="):
        answer(body={**BODY, "n": n}, mock_response="Hi")


@pytest.mark.parametrize("arguments", ['{"city": "Paris"}', "{}", "x"])
def test_tool_calls(arguments: str) -> None:
    calls = [{**CALL, "function": {"name": "weather", "arguments": arguments}}, {**CALL, "id": "call_2"}]
    message = answer(mock_response="", mock_tool_calls=calls).choices[0]
    assert message.finish_reason == "tool_calls"
    assert message.message.content is None
    assert [call.model_dump() for call in message.message.tool_calls or ()] == calls


def test_a_call_comes_in_pieces_with_its_name_first() -> None:
    *chunks, _usage, _end = frames(MockSource(BODY, None, [CALL]))
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


def test_all_that_a_whole_answer_holds() -> None:
    logprobs = {"content": [{"token": "one", "logprob": -0.1}]}
    more = {"system_fingerprint": "fp_1", "service_tier": "flex", "citations": ["https://example.org"]}
    choice = {"message": {"content": "one two", "refusal": "no", "images": [{"url": "x"}]}, "logprobs": logprobs}
    response = answer(mock_response={"choices": [choice], **more})
    assert {key: response[key] for key in more} == more
    assert [token.token for token in response.choices[0].logprobs.content] == ["one"]
    assert response.choices[0].message.refusal == "no"
    assert response.choices[0].message.images == [{"url": "x"}]


def chunk(**fields: Any) -> ModelResponseStream:
    return ModelResponseStream.model_validate(fields)


FIRST = {"id": "chatcmpl-1", "created": 7, "choices": [{"index": 0, "delta": {"content": "one", "role": "assistant"}}]}
THEN = {"choices": [{"index": 0, "delta": {"content": " two"}, "finish_reason": "length"}]}
COUNTED: dict[str, Any] = {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}}


@pytest.mark.parametrize(
    ("mock_response", "content", "finish_reason", "tokens"),
    [
        (FIRST, "one", "stop", 30),
        (chunk(**FIRST), "one", "stop", 30),
        ([FIRST, THEN], "one two", "length", 30),
        ([chunk(**FIRST), THEN, COUNTED], "one two", "length", 3),
        ([chunk(**FIRST), chunk(**THEN), chunk(**COUNTED)], "one two", "length", 3),
    ],
)
def test_given_chunks(mock_response: object, content: str, finish_reason: str, tokens: int) -> None:
    response = answer(mock_response=mock_response)
    assert (response.id, response.created, response.usage.total_tokens) == ("chatcmpl-1", 7, tokens)
    assert (response.choices[0].message.content, response.choices[0].finish_reason) == (content, finish_reason)


def test_a_stream_can_be_given_again() -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    whole = {"choices": [{"message": {"content": "one two", "tool_calls": [CALL]}}], "usage": usage}
    recorded = list(from_source(MockSource(BODY, whole)).pipe(normalize(OpenAIChatDecoder)))
    again = list(from_source(MockSource(BODY, recorded)).pipe(normalize(OpenAIChatDecoder)))
    assert [part.model_dump() for part in again] == [part.model_dump() for part in recorded]
    assert answer(mock_response=recorded).usage.total_tokens == 3


@both
def test_an_error_after_given_chunks(reader: Callable[[Any], list[list[bytes]]]) -> None:
    source = MockSource(BODY, [FIRST, RateLimitError("slow down"), THEN])
    source.open().close()
    with pytest.raises(RateLimitError):
        reader(source)


@pytest.mark.parametrize("mock_response", [{}, ModelResponse(), {"choices": []}])
def test_an_empty_answer(mock_response: object) -> None:
    *_chunks, usage, end = frames(MockSource(BODY, mock_response))
    assert json.loads(usage)["usage"]["total_tokens"] == 30
    assert end == b"[DONE]"


@both
def test_blocks(reader: Callable[[Any], list[list[bytes]]]) -> None:
    assert len(reader(MockSource(BODY, "word " * 1000))) == 2
    paced = reader(MockSource(BODY, "one two", mock_chunk_delay=0.001))
    assert [len(block) for block in paced] == [1, 1, 3]


@both
def test_each_reading_starts_anew(reader: Callable[[Any], list[list[bytes]]]) -> None:
    source = MockSource(BODY, "one two")
    first, second = (
        [json.loads(frame)["choices"] for frame in chain(*reader(source)) if frame != b"[DONE]"] for _ in range(2)
    )
    assert first == second


@both
def test_the_call_takes_mock_delay_and_chunks_their_own(reader: Callable[[Any], list[list[bytes]]]) -> None:
    began = time.monotonic()
    reader(MockSource(BODY, "one two three", mock_delay=0.02, mock_chunk_delay=0.01))
    assert time.monotonic() - began >= 0.05
    with pytest.raises(RateLimitError):
        reader(MockSource(BODY, "rillm.RateLimitError", mock_delay=0.001))


def test_mock_delay_passes_while_opening() -> None:
    began = time.monotonic()
    reading = MockSource(BODY, mock_delay=0.02).open()
    assert time.monotonic() - began >= 0.02
    reading.close()
    assert list(reading.blocks) == []


def test_closing_ends_a_read_that_waits() -> None:
    reading = MockSource(BODY, mock_chunk_delay=LONG).open()
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
        reading = await MockSource(BODY, mock_chunk_delay=LONG).aopen()
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


@pytest.mark.parametrize("mock", [{"mock_delay": LONG}, {"mock_timeout": True, "timeout": LONG}])
def test_cancelling_a_call_that_waits(mock: dict[str, Any]) -> None:
    async def run() -> None:
        opening = asyncio.ensure_future(MockSource(BODY, **mock).aopen())
        await asyncio.sleep(0)
        opening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await opening
        assert opening.cancelled()

    asyncio.run(run())


@pytest.mark.parametrize(
    "mock", [{"mock_delay": 0.01}, {"mock_chunk_delay": 0.01}, {"mock_timeout": True, "timeout": 0.01}]
)
def test_waiting_blocks_no_event_loop(mock: dict[str, Any]) -> None:
    events: list[str] = []

    async def read_one() -> None:
        events.append("began")
        with contextlib.suppress(Timeout):
            reading = await MockSource(BODY, "one two", **mock).aopen()
            async for _ in reading.blocks:
                pass
        events.append("ended")

    async def run() -> None:
        await asyncio.gather(*(read_one() for _ in range(10)))

    asyncio.run(run())
    assert events == ["began"] * 10 + ["ended"] * 10


def test_errors_keep_their_class_for_later_statuses() -> None:
    class TeaTimeError(Exception):
        status_code = 418

    with pytest.raises(APIError) as caught:
        read(MockSource(BODY, TeaTimeError("tea")))
    assert caught.value.status_code == 418


MOCKED = """
import asyncio, json, sys
touched = []

def watch(event, arguments):
    if event in {"socket.connect", "socket.getaddrinfo", "socket.bind", "socket.sendto", "socket.sendmsg"}:
        touched.append([event, str(arguments)])

sys.addaudithook(watch)
import rillm
from rillm.providers.registration import PROVIDERS

async def answers(model):
    stream = await rillm.acompletion(model, [], stream=True, mock_response="Hi")
    whole = await rillm.acompletion(model, [], mock_response="Hi")
    return [rillm.stream_chunk_builder([chunk async for chunk in stream]), whole]

for name in PROVIDERS:
    model = f"{name}/some-model"
    chunks = list(rillm.completion(model, [], stream=True, mock_response="Hi"))
    whole = rillm.completion(model, [], mock_tool_calls=[{"function": {"name": "f"}}], mock_response="Hi")
    assert rillm.mock_completion(model, []).choices[0].message.content == "This is a mock request"
    for response in [rillm.stream_chunk_builder(chunks), whole, *asyncio.run(answers(model))]:
        assert (response.model, response.choices[0].message.content) == ("some-model", "Hi")
    try:
        rillm.completion(model, [], mock_timeout=True, timeout=0)
    except rillm.Timeout as error:
        assert error.llm_provider == name, error
print(json.dumps({"touched": touched, "modules": list(sys.modules)}))
"""


def test_no_provider_needs_a_key_an_address_or_a_network() -> None:
    here = str(Path(__file__).parents[2])
    done = subprocess.run(  # noqa: S603 - our own words only
        [sys.executable, "-W", "error", "-c", MOCKED],
        capture_output=True,
        text=True,
        timeout=LONG,
        check=False,
        env={"PYTHONPATH": here, "PATH": os.environ.get("PATH", "")},
    )
    assert done.stderr == ""
    report = json.loads(done.stdout)
    assert report["touched"] == []
    assert {"httpx", "aiohttp", "urllib3", "rillm.providers.transport"} & set(report["modules"]) == set()
