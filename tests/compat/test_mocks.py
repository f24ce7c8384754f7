"""`mock_response` and its relatives: a call's answer without a key and a network."""

from __future__ import annotations

import asyncio
import contextlib
import re
import threading
import time
from typing import Any, NamedTuple

import httpx
import pytest

import rillm
from tests.kit.leaks import run

same = pytest.mark.same_as_litellm
better = pytest.mark.better_than_litellm

MODEL = "gpt-3.5-turbo"
MESSAGES = [{"role": "user", "content": "Hi"}]
CALL = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Paris"}'}}


class Way(NamedTuple):
    """How a call is made."""

    is_async: bool
    stream: bool


WHOLE = [Way(is_async=False, stream=False), Way(is_async=True, stream=False)]
STREAM = [Way(is_async=False, stream=True), Way(is_async=True, stream=True)]


def name_of(way: Way) -> str:
    return f"{'async' if way.is_async else 'sync'}-{'stream' if way.stream else 'whole'}"


each_way = pytest.mark.parametrize("way", WHOLE + STREAM, ids=name_of)
whole = pytest.mark.parametrize("way", WHOLE, ids=name_of)
streamed = pytest.mark.parametrize("way", STREAM, ids=name_of)


def ask(lib: Any, way: Way, *, model: str = MODEL, read: bool = True, **params: Any) -> list[Any]:
    """The whole response, or all chunks; without `read` a stream is opened only."""

    async def main() -> list[Any]:
        answer = await lib.acompletion(model=model, messages=MESSAGES, stream=way.stream, **params)
        if not way.stream:
            return [answer]
        parts = [chunk async for chunk in answer] if read else []
        await answer.aclose()
        return parts

    if way.is_async:
        return asyncio.run(main())
    answer = lib.completion(model=model, messages=MESSAGES, stream=way.stream, **params)
    return list(answer if read else ()) if way.stream else [answer]


def texts(parts: list[Any]) -> dict[int, str]:
    """The text of each choice."""
    found: dict[int, str] = {}
    for choice in (choice for part in parts for choice in part.choices):
        said = choice.delta if hasattr(choice, "delta") else choice.message
        found[choice.index] = found.get(choice.index, "") + (said.content or "")
    return found


def reasons(parts: list[Any]) -> list[tuple[int, str]]:
    """The choices that are finished, and why."""
    choices = [choice for part in parts for choice in part.choices]
    return [(choice.index, choice.finish_reason) for choice in choices if choice.finish_reason]


def pieces(parts: list[Any]) -> list[str | None]:
    return [part.choices[0].delta.content for part in parts]


# A text


@same
@each_way
def test_a_text(lib: Any, way: Way) -> None:
    parts = ask(lib, way, mock_response="Mock response, naïve 日本語 👩‍👩‍👧\n")
    assert texts(parts) == {0: "Mock response, naïve 日本語 👩‍👩‍👧\n"}
    assert reasons(parts) == [(0, "stop")]
    assert {part.model for part in parts} == {MODEL}


@same
@streamed
def test_the_shape_of_a_stream(lib: Any, way: Way) -> None:
    parts = ask(lib, way, mock_response="Mock response")
    assert {part.object for part in parts} == {"chat.completion.chunk"}
    assert [part.choices[0].delta.role for part in parts] == ["assistant"] + [None] * (len(parts) - 1)
    assert [part.choices[0].finish_reason for part in parts] == [None] * (len(parts) - 1) + ["stop"]
    assert parts[-1].choices[0].delta.content is None
    assert len({(part.id, part.created) for part in parts}) == 1
    assert [part for part in parts if part.get("usage")] == []


@same
@each_way
def test_each_answer_has_an_id_of_its_own_and_the_time(lib: Any, way: Way) -> None:
    before = int(time.time())
    first, second = (ask(lib, way, mock_response="Hi")[0] for _ in range(2))
    assert re.fullmatch(r"chatcmpl-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", first.id)
    assert first.id != second.id
    assert before <= first.created <= time.time()


@same
@whole
def test_usage_is_fixed(lib: Any, way: Way) -> None:
    [response] = ask(lib, way, mock_response="Hi")
    usage = response.usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (10, 20, 30)


@better
@streamed
def test_usage_is_the_same_when_streamed(way: Way) -> None:
    parts = ask(rillm, way, mock_response="Hi", stream_options={"include_usage": True})
    assert parts[-1].usage.model_dump(exclude_unset=True) == {
        "prompt_tokens": 10,
        "completion_tokens": 20,
        "total_tokens": 30,
    }
    assert rillm.stream_chunk_builder(ask(rillm, way, mock_response="Hi")).usage.total_tokens == 30  # type: ignore[union-attr]


@better
@whole
def test_usage_by_the_environment_of_the_call(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEFAULT_MOCK_RESPONSE_PROMPT_TOKEN_COUNT", "1")
    monkeypatch.setenv("DEFAULT_MOCK_RESPONSE_COMPLETION_TOKEN_COUNT", "2")
    usage = ask(rillm, way, mock_response="Hi")[0].usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (1, 2, 3)


@same
@streamed
def test_no_text_is_a_finish_chunk(lib: Any, way: Way) -> None:
    [part] = ask(lib, way, mock_response="")
    assert (part.choices[0].delta.content, part.choices[0].finish_reason) == (None, "stop")


@same
@whole
def test_no_text_is_a_whole_answer(lib: Any, way: Way) -> None:
    assert texts(ask(lib, way, mock_response="")) == {0: ""}


@same
@streamed
def test_slices_of_litellm(lib: Any, way: Way) -> None:
    parts = ask(lib, way, mock_response="Mock 日本語", mock_slice=3)
    assert pieces(parts) == ["Moc", "k 日", "本語", None]


def in_one(text: str) -> list[str]:
    return [text]


@better
@streamed
@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({}, ["Mock", " response", " content", None]),
        ({"mock_slice": "word"}, ["Mock", " response", " content", None]),
        ({"mock_slice": 8}, ["Mock res", "ponse co", "ntent", None]),
        ({"mock_slice": re.compile(r"\S+")}, ["Mock", " ", "response", " ", "content", None]),
        ({"mock_slice": in_one}, ["Mock response content", None]),
    ],
)
def test_words_come_first(way: Way, rule: dict[str, Any], expected: list[str | None]) -> None:
    assert pieces(ask(rillm, way, mock_response="Mock response content", **rule)) == expected


@better
@each_way
@pytest.mark.parametrize("rule", ["sentence", 0, True, str.split])
def test_what_is_no_rule_for_slices(way: Way, rule: Any) -> None:
    with pytest.raises(rillm.BadRequestError, match="mock_slice="):
        ask(rillm, way, read=False, mock_response="Mock response", mock_slice=rule)


# A whole answer, chunks, and what is neither

ANSWER = {
    "id": "chatcmpl-mine",
    "model": "theirs",
    "choices": [{"index": 0, "finish_reason": "length", "message": {"role": "assistant", "content": "hello you"}}],
}


@same
@whole
def test_a_dict_is_the_answer(lib: Any, way: Way) -> None:
    [response] = parts = ask(lib, way, mock_response=ANSWER)
    assert isinstance(response, lib.ModelResponse)
    assert response.id == "chatcmpl-mine"
    assert texts(parts) == {0: "hello you"}
    assert reasons(parts) == [(0, "length")]


@same
@each_way
def test_a_response_is_the_answer(lib: Any, way: Way) -> None:
    parts = ask(lib, way, mock_response=lib.ModelResponse(**ANSWER))
    assert {part.id for part in parts} == {"chatcmpl-mine"}
    assert texts(parts) == {0: "hello you"}
    assert reasons(parts) == [(0, "length")]


@better
@streamed
def test_a_dict_is_streamed(way: Way) -> None:
    parts = ask(rillm, way, mock_response=ANSWER)
    assert pieces(parts) == ["hello", " you", None]
    assert {part.id for part in parts} == {"chatcmpl-mine"}
    assert reasons(parts) == [(0, "length")]


@same
@streamed
def test_a_chunk_is_streamed(lib: Any, way: Way) -> None:
    given = lib.ModelResponseStream(id="chatcmpl-mine", choices=[{"index": 0, "delta": {"content": "hello you"}}])
    parts = ask(lib, way, mock_response=given)
    assert pieces(parts) == ["hello you", None]
    assert {part.id for part in parts} == {"chatcmpl-mine"}
    assert reasons(parts) == [(0, "stop")]


@better
@each_way
def test_chunks_of_a_stream_are_an_answer(way: Way) -> None:
    recorded = ask(rillm, STREAM[0], mock_response="hello you", mock_tool_calls=[CALL])
    parts = ask(rillm, way, mock_response=recorded)
    assert texts(parts) == {0: "hello you"}
    assert reasons(parts) == [(0, "tool_calls")]
    if way.stream:
        assert [part.model_dump() for part in parts] == [part.model_dump() for part in recorded]
    else:
        assert [call.model_dump() for call in parts[0].choices[0].message.tool_calls] == [CALL]


@better
@each_way
def test_texts_are_chunks(way: Way) -> None:
    parts = ask(rillm, way, mock_response=["hel", "lo ", "you"])
    assert texts(parts) == {0: "hello you"}
    if way.stream:
        assert pieces(parts) == ["hel", "lo ", "you", None]


@better
@each_way
@pytest.mark.parametrize("mock_response", [True, False, 7, b"Hi", [7], ["Hi", None], {"choices": 7}, object()])
def test_what_nobody_could_answer(way: Way, mock_response: Any) -> None:
    with pytest.raises(rillm.BadRequestError, match="mock_response"):
        ask(rillm, way, read=False, mock_response=mock_response)


# An error


class TeapotError(Exception):
    def __init__(self, status_code: int) -> None:
        super().__init__("short and stout")
        self.status_code = status_code


@same
@each_way
@pytest.mark.parametrize("error", [Exception, ValueError, OSError])
def test_any_exception(lib: Any, way: Way, error: type[Exception]) -> None:
    with pytest.raises(lib.InternalServerError, match="boom") as caught:
        ask(lib, way, read=False, mock_response=error("boom"))
    assert caught.value.status_code == 500


@same
@each_way
@pytest.mark.parametrize(
    ("status", "name"),
    [
        (400, "BadRequestError"),
        (401, "AuthenticationError"),
        (404, "NotFoundError"),
        (429, "RateLimitError"),
        (500, "InternalServerError"),
        (503, "ServiceUnavailableError"),
    ],
)
def test_an_exception_with_a_status(lib: Any, way: Way, status: int, name: str) -> None:
    with pytest.raises(getattr(lib, name), match="short and stout") as caught:
        ask(lib, way, read=False, mock_response=TeapotError(status))
    assert caught.value.status_code == status


@same
@each_way
@pytest.mark.parametrize(
    ("theirs", "name", "status"),
    [
        ("RateLimitError", "RateLimitError", 429),
        ("NotFoundError", "NotFoundError", 404),
        ("APITimeoutError", "Timeout", 408),
        ("APIConnectionError", "APIConnectionError", 500),
    ],
)
def test_an_exception_of_openai(lib: Any, way: Way, theirs: str, name: str, status: int) -> None:
    openai = pytest.importorskip("openai")
    request = httpx.Request("POST", "https://example.org")
    if hasattr(getattr(openai, theirs), "status_code"):
        response = httpx.Response(status, request=request)
        error = getattr(openai, theirs)("slow down", response=response, body=None)
    else:
        error = getattr(openai, theirs)(request=request)
    with pytest.raises(getattr(openai, theirs)) as caught:
        ask(lib, way, read=False, mock_response=error)
    assert isinstance(caught.value, getattr(lib, name))
    assert caught.value.status_code == status


@same
@each_way
def test_an_exception_of_the_library(lib: Any, way: Way) -> None:
    error = lib.RateLimitError(message="slow down", llm_provider="groq", model="m")
    with pytest.raises(lib.RateLimitError, match="slow down") as caught:
        ask(lib, way, read=False, mock_response=error)
    assert (caught.value.status_code, caught.value.llm_provider, caught.value.model) == (429, "groq", "m")


@same
@each_way
@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("litellm.RateLimitError", "RateLimitError", "this is a mock rate limit error"),
        ("litellm.ContextWindowExceededError", "ContextWindowExceededError", "this is a mock context window exceeded"),
        ("litellm.InternalServerError", "InternalServerError", "this is a mock internal server error"),
        ("Exception: content_filter_policy", "BadRequestError", "content_filter_policy"),
        ("Exception: content_filter_policy, and more", "BadRequestError", "content_filter_policy, and more"),
    ],
)
def test_a_text_that_is_an_error(lib: Any, way: Way, text: str, name: str, message: str) -> None:
    with pytest.raises(getattr(lib, name), match=message) as caught:
        ask(lib, way, read=False, model="openai/gpt-4o", mock_response=text)
    status = {"RateLimitError": 429, "InternalServerError": 500}.get(name, 400)
    assert (caught.value.status_code, caught.value.llm_provider, caught.value.model) == (status, "openai", "gpt-4o")


@better
def test_refused_content_has_a_class_of_its_own() -> None:
    with pytest.raises(rillm.ContentPolicyViolationError):
        ask(rillm, WHOLE[0], mock_response="Exception: content_filter_policy")


@same
@each_way
@pytest.mark.parametrize(
    "text",
    [
        "litellm.AuthenticationError",
        "litellm.Timeout",
        "litellm.RateLimitError: slow down",
        " litellm.RateLimitError",
        "Exception: boom",
        "Exception: content_filter",
        "An Exception: content_filter_policy",
    ],
)
def test_a_text_that_is_none(lib: Any, way: Way, text: str) -> None:
    assert texts(ask(lib, way, mock_response=text))[0].startswith(text[:-1])


@same
@whole
def test_an_error_in_the_middle_of_a_whole_answer(lib: Any, way: Way) -> None:
    with pytest.raises(lib.APIError, match="This is a mock error raised mid-stream") as caught:
        ask(lib, way, mock_response="Exception: mock_streaming_error")
    assert caught.value.status_code == 529


@same
@streamed
def test_an_error_in_the_middle_of_a_stream(lib: Any, way: Way) -> None:
    ask(lib, way, read=False, mock_response="Exception: mock_streaming_error")
    with pytest.raises(lib.ServiceUnavailableError, match="This is a mock error raised mid-stream") as caught:
        ask(lib, way, mock_response="Exception: mock_streaming_error")
    assert caught.value.status_code == 529


@better
@streamed
def test_an_error_anywhere_in_a_stream_keeps_what_came(way: Way) -> None:
    with pytest.raises(rillm.RateLimitError) as caught:
        ask(rillm, way, mock_response=["hello", " you", rillm.RateLimitError("slow down"), " all"])
    partial = caught.value.partial
    assert partial is not None
    assert texts([partial]) == {0: "hello you"}


# n, tool calls


@same
@each_way
@pytest.mark.parametrize("n", [1, 2, 5])
def test_choices_are_equal(lib: Any, way: Way, n: int) -> None:
    assert texts(ask(lib, way, mock_response="LiteLLM is awesome", n=n)) == dict.fromkeys(
        range(n), "LiteLLM is awesome"
    )


@better
@streamed
def test_each_choice_is_finished_once(way: Way) -> None:
    parts = ask(rillm, way, mock_response="hello you", n=3)
    assert reasons(parts) == [(0, "stop"), (1, "stop"), (2, "stop")]
    assert [choice.index for part in parts for choice in part.choices if choice.delta.role] == [0, 1, 2]


@same
@whole
@pytest.mark.parametrize(("mock", "content"), [({}, "This is a mock request"), ({"mock_response": "Hi"}, "Hi")])
def test_tool_calls_of_a_whole_answer(lib: Any, way: Way, mock: dict[str, Any], content: str) -> None:
    [response] = ask(lib, way, mock_tool_calls=[CALL], **mock)
    message = response.choices[0].message
    assert message.content == content
    assert [call.model_dump() for call in message.tool_calls] == [CALL]


@better
@streamed
@pytest.mark.parametrize("n", [1, 2])
def test_tool_calls_are_streamed(way: Way, n: int) -> None:
    second = {**CALL, "id": "call_2", "function": {"name": "time", "arguments": ""}}
    parts = ask(rillm, way, mock_response="", mock_tool_calls=[CALL, second], n=n)
    fragments = [fragment for part in parts for fragment in part.choices[0].delta.tool_calls or ()]
    assert [fragment.id for fragment in fragments if fragment.id][:n] == ["call_1"] * n
    assert len([fragment for fragment in fragments if fragment.function.arguments]) > n
    response = rillm.stream_chunk_builder(parts)
    assert response is not None
    for choice in response.choices:
        assert choice.finish_reason == "tool_calls"
        assert [(call.id, call.function.name) for call in choice.message.tool_calls or ()] == [
            ("call_1", "weather"),
            ("call_2", "time"),
        ]
    assert len(response.choices) == n


@better
@each_way
def test_an_answer_with_tool_calls_is_finished_by_them(way: Way) -> None:
    assert reasons(ask(rillm, way, mock_tool_calls=[CALL])) == [(0, "tool_calls")]


# Time


@same
@each_way
def test_a_delay_comes_before_the_answer(lib: Any, way: Way) -> None:
    began = time.monotonic()
    ask(lib, way, read=False, mock_response="Hi", mock_delay=0.01)
    assert time.monotonic() - began >= 0.01


@same
@pytest.mark.parametrize("mock", [{"mock_delay": 0.05}, {"mock_timeout": True, "timeout": 0.05}])
@pytest.mark.parametrize("stream", [False, True])
def test_waiting_blocks_no_event_loop(lib: Any, mock: dict[str, Any], stream: bool) -> None:  # noqa: FBT001 - a case
    events: list[str] = []

    async def one() -> None:
        events.append("began")
        with contextlib.suppress(lib.Timeout):
            await lib.acompletion(model=MODEL, messages=MESSAGES, stream=stream, mock_response="Hi", **mock)
        events.append("ended")

    async def main() -> None:
        await asyncio.gather(*(one() for _ in range(10)))

    asyncio.run(main())
    assert events == ["began"] * 10 + ["ended"] * 10


@same
@each_way
@pytest.mark.parametrize("mock", [{}, {"mock_response": "Hi"}])
def test_a_timeout(lib: Any, way: Way, mock: dict[str, Any]) -> None:
    began = time.monotonic()
    with pytest.raises(lib.Timeout, match="This is a mock timeout error") as caught:
        ask(lib, way, read=False, mock_timeout=True, timeout=0.01, **mock)
    assert time.monotonic() - began >= 0.01
    assert (caught.value.status_code, caught.value.llm_provider, caught.value.model) == (408, "openai", MODEL)


async def cancel(lib: Any, **params: Any) -> None:
    task = asyncio.ensure_future(lib.acompletion(model=MODEL, messages=MESSAGES, mock_response="Hi", **params))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        async with asyncio.timeout(30):
            await task


@same
@pytest.mark.parametrize("stream", [False, True])
def test_cancelling_ends_a_delay(lib: Any, stream: bool) -> None:  # noqa: FBT001 - a case
    asyncio.run(cancel(lib, stream=stream, mock_delay=60))


@better
@pytest.mark.parametrize("stream", [False, True])
def test_cancelling_ends_the_wait_for_a_timeout(stream: bool) -> None:  # noqa: FBT001 - a case
    asyncio.run(cancel(rillm, stream=stream, mock_timeout=True, timeout=60))


@better
def test_closing_ends_a_delay_between_chunks() -> None:
    stream = rillm.completion(MODEL, MESSAGES, stream=True, mock_response="hello you", mock_chunk_delay=60)
    next(stream)
    reader = threading.Thread(target=lambda: list(stream))
    reader.start()
    stream.close()
    reader.join(timeout=30)
    assert not reader.is_alive()


@better
@pytest.mark.parametrize("leave", ["aclose", "cancel"])
def test_leaving_ends_a_delay_between_chunks(leave: str) -> None:
    async def main() -> None:
        stream = await rillm.acompletion(MODEL, MESSAGES, stream=True, mock_response="hello you", mock_chunk_delay=60)
        await anext(stream)
        waiting = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)
        if leave == "cancel":
            waiting.cancel()
        else:
            await stream.aclose()
        with pytest.raises((asyncio.CancelledError, StopAsyncIteration, rillm.StreamConsumedError)):
            async with asyncio.timeout(30):
                await waiting

    run(main())


# Which calls are mocked


@same
@each_way
@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("openai/gpt-4o", "gpt-4o"),
        ("gpt-4o", "gpt-4o"),
        ("azure/my-deployment", "my-deployment"),
        ("groq/llama-3.3-70b-versatile", "llama-3.3-70b-versatile"),
        ("mistral/mistral-small", "mistral-small"),
        ("deepseek/deepseek-chat", "deepseek-chat"),
        ("openrouter/openai/gpt-4o", "openai/gpt-4o"),
        ("huggingface/bigcode/starcoder", "bigcode/starcoder"),
        ("ollama/llama3:8b", "llama3:8b"),
    ],
)
def test_no_key_is_needed(lib: Any, way: Way, monkeypatch: pytest.MonkeyPatch, model: str, name: str) -> None:
    for variable in ("OPENAI_API_KEY", "AZURE_API_KEY", "AZURE_API_BASE", "GROQ_API_KEY", "HF_TOKEN"):
        monkeypatch.delenv(variable, raising=False)
    parts = ask(lib, way, model=model, mock_response="Hi")
    assert texts(parts) == {0: "Hi"}
    assert parts[0].model == name


@better
@streamed
def test_a_stream_has_one_model(way: Way) -> None:
    parts = ask(rillm, way, model="azure/my-deployment", mock_response="Hi")
    assert {part.model for part in parts} == {"my-deployment"}


@same
@each_way
@pytest.mark.parametrize("model", ["no-model-of-anybody", "no-provider/model"])
def test_an_unknown_model_is_wrong_all_the_same(lib: Any, way: Way, model: str) -> None:
    with pytest.raises(lib.BadRequestError, match="LLM Provider NOT provided") as caught:
        ask(lib, way, read=False, model=model, mock_response="Hi")
    assert caught.value.status_code == 400


@same
@pytest.mark.parametrize("stream", ["true", 1, None, False])
def test_only_true_is_a_stream(lib: Any, stream: Any) -> None:
    response = lib.completion(model=MODEL, messages=MESSAGES, stream=stream, mock_response="Hi")
    assert response.choices[0].message.content == "Hi"


@same
def test_no_messages(lib: Any) -> None:
    assert texts([lib.completion(model=MODEL, messages=[], mock_response="Hi")]) == {0: "Hi"}


# mock_completion


@same
@pytest.mark.parametrize("model", [MODEL, "no-model-of-anybody", "no-provider/model"])
@pytest.mark.parametrize("n", [None, 5])
def test_mock_completion(lib: Any, model: str, n: int | None) -> None:
    response = lib.mock_completion(model=model, messages=MESSAGES, stream=False, n=n)
    assert texts([response]) == dict.fromkeys(range(n or 1), "This is a mock request")
    assert (response.model, response.usage.total_tokens) == (model, 30)


@same
@pytest.mark.parametrize(
    ("mock", "content"),
    [({"mock_response": "Hi"}, "Hi"), ({"mock_response": None}, "This is a mock request"), ({"seed": 7}, None)],
)
def test_what_mock_completion_says(lib: Any, mock: dict[str, Any], content: str | None) -> None:
    response = lib.mock_completion(MODEL, MESSAGES, **mock, mock_tool_calls=[CALL])
    assert response.choices[0].message.content == content or "This is a mock request"
    assert [call.model_dump() for call in response.choices[0].message.tool_calls] == [CALL]


@same
@pytest.mark.parametrize("stream", [False, True])
def test_errors_of_mock_completion(lib: Any, stream: bool) -> None:  # noqa: FBT001 - a case
    with pytest.raises(lib.RateLimitError):
        lib.mock_completion(MODEL, MESSAGES, stream=stream, mock_response="litellm.RateLimitError")
    with pytest.raises(lib.Timeout, match="This is a mock timeout error"):
        lib.mock_completion(MODEL, MESSAGES, stream=stream, mock_timeout=True, timeout=0.001)


@better
@pytest.mark.parametrize("model", [MODEL, "no-model-of-anybody", "no-provider/model"])
def test_mock_completion_streams(model: str) -> None:
    parts = list(rillm.mock_completion(model, MESSAGES, stream=True, n=2))
    assert texts(parts) == dict.fromkeys(range(2), "This is a mock request")
    assert parts[0]["choices"][0]["delta"]["content"] == "This"
    assert {part.model for part in parts} == {model}


@better
@pytest.mark.parametrize("params", [{"custom_llm_provider": "no-provider"}, {"custom_llm_provider": "groq"}])
def test_mock_completion_for_a_provider(params: dict[str, Any]) -> None:
    assert texts([rillm.mock_completion("model", MESSAGES, **params)]) == {0: "This is a mock request"}
