from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any

import pytest
from openai.types.chat import ChatCompletionChunk

import rillm
from tests.kit.compat import raised, types_of

# Chunks, made with the library's types; what is asked of the response that they were; the answer.
Case = tuple[Callable[[Any], list[Any]], Callable[[Any], Any], Any]

MODEL = "gpt-4o-mini"
LOGPROBS: dict[str, Any] = {
    "content": [{"token": "a", "bytes": None, "logprob": -0.1, "top_logprobs": []}],
    "refusal": None,
}


def chunk(t: Any, delta: dict[str, Any] | None = None, finish_reason: str | None = None, **fields: Any) -> Any:
    """A chunk of one choice; `index` and `logprobs` are the choice's, `hidden` its hidden parameters."""
    hidden = fields.pop("hidden", None)
    of_choice = {key: fields.pop(key) for key in ("index", "logprobs") if key in fields}
    choice = t.StreamingChoices(finish_reason=finish_reason, delta=t.Delta(**(delta or {})), **of_choice)
    made = t.ModelResponseStream(**{"id": "c1", "created": 5, "model": MODEL, "choices": [choice], **fields})
    if hidden is not None:
        made._hidden_params = hidden
    return made


def plain(delta: dict[str, Any], finish_reason: str | None = None, **fields: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return {"id": "c1", "object": "chat.completion.chunk", "created": 5, "model": MODEL, "choices": [choice], **fields}


def texts(t: Any, *pieces: str, **fields: Any) -> list[Any]:
    return [chunk(t, {"content": piece}, **fields) for piece in pieces]


def call(index: int, name: str | None = None, arguments: str = "", call_id: str | None = None) -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    return {"tool_calls": [{"index": index, "id": call_id, "type": "function", "function": function}]}


def usage(t: Any, *reports: tuple[int, int], **more: Any) -> list[Any]:
    return [chunk(t, {"content": "x"}, usage=t.Usage(prompt, completion, **more)) for prompt, completion in reports]


def legacy(text: str, finish_reason: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "text": text, "finish_reason": finish_reason, "logprobs": None}
    return {"id": "c1", "object": "text_completion", "created": 5, "model": MODEL, "choices": [choice]}


def thinking(text: str | None = None, signature: str | None = None) -> dict[str, Any]:
    return {"thinking_blocks": [{"type": "thinking", "thinking": text, "signature": signature}]}


def spoken(data: bytes, transcript: str, **more: Any) -> dict[str, Any]:
    return {"audio": {"data": b64encode(data).decode(), "transcript": transcript, **more}}


def message(response: Any) -> Any:
    (choice,) = response.choices
    return choice.message


def calls(response: Any) -> list[tuple[Any, ...]]:
    return [(one.id, one.type, one.function.name, one.function.arguments) for one in message(response).tool_calls]


def counted(response: Any) -> tuple[int, int, int]:
    return response.usage.prompt_tokens, response.usage.completion_tokens, response.usage.total_tokens


SAME: dict[str, Case] = {
    "text": (lambda t: texts(t, "Hel", "lo"), lambda r: message(r).content, "Hello"),
    "no text": (lambda t: [chunk(t, {"role": "assistant"})], lambda r: message(r).content, ""),
    "object": (
        lambda t: texts(t, "Hi"),
        lambda r: (r.object, r.id, r.created, r.model),
        ("chat.completion", "c1", 5, MODEL),
    ),
    "keys": (
        lambda t: texts(t, "Hi", system_fingerprint="fp"),
        lambda r: list(r.model_dump()),
        ["id", "created", "model", "object", "system_fingerprint", "choices", "usage"],
    ),
    "the first id": (lambda t: [*texts(t, "a", id="c1"), *texts(t, "b", id="c2")], lambda r: r.id, "c1"),
    "an empty id": (lambda _: [plain({"content": "a"}, id=""), plain({"content": "b"}, id="c2")], lambda r: r.id, "c2"),
    "the first fingerprint": (
        lambda t: [*texts(t, "a", system_fingerprint="x"), *texts(t, "b", system_fingerprint="y")],
        lambda r: r.system_fingerprint,
        "x",
    ),
    "the last service tier": (
        lambda t: [*texts(t, "a", service_tier="x"), *texts(t, "b", service_tier="y"), *texts(t, "c")],
        lambda r: r.service_tier,
        "y",
    ),
    "the first role": (
        lambda t: [chunk(t, {"role": "user"}), chunk(t, {"role": "assistant", "content": "a"})],
        lambda r: message(r).role,
        "user",
    ),
    "no role": (lambda t: texts(t, "a"), lambda r: message(r).role, "assistant"),
    "finish reason": (
        lambda t: [*texts(t, "a"), chunk(t, {}, "length")],
        lambda r: r.choices[0].finish_reason,
        "length",
    ),
    "no finish reason": (lambda t: texts(t, "a"), lambda r: r.choices[0].finish_reason, "stop"),
    "finish reason of a dict": (
        lambda _: [plain({"content": "a"}, "end_turn")],
        lambda r: (r.choices[0].finish_reason, r.choices[0].provider_specific_fields["native_finish_reason"]),
        ("stop", "end_turn"),
    ),
    "no choices": (
        lambda t: [chunk(t, choices=[]), chunk(t, choices=[])],
        lambda r: (message(r).role, r.choices[0].finish_reason),
        ("assistant", "stop"),
    ),
    # Calls
    "calls": (
        lambda t: [
            chunk(t, call(0, "f", call_id="a")),
            chunk(t, call(1, "g", '{"y"', "b")),
            chunk(t, call(0, None, '{"x":1}')),
            chunk(t, call(1, None, ":2}")),
        ],
        lambda r: [*calls(r), message(r).content],
        [("a", "function", "f", '{"x":1}'), ("b", "function", "g", '{"y":2}'), None],
    ),
    "a call without arguments": (lambda t: [chunk(t, call(0, "f", call_id="a"))], lambda r: calls(r)[0][3], "{}"),
    "a call beside text": (
        lambda t: [*texts(t, "Hi"), chunk(t, call(0, "f", "{}", "a"))],
        lambda r: (message(r).content, len(calls(r))),
        ("Hi", 1),
    ),
    "function call": (
        lambda t: [
            chunk(t, {"function_call": {"name": "f", "arguments": "{"}}),
            chunk(t, {"function_call": {"name": None, "arguments": "}"}}),
        ],
        lambda r: (message(r).function_call.name, message(r).function_call.arguments, message(r).content),
        ("f", "{}", None),
    ),
    # What else a message has
    "reasoning": (
        lambda t: [chunk(t, {"reasoning_content": "a"}), chunk(t, {"reasoning_content": "b"}), *texts(t, "c")],
        lambda r: (message(r).reasoning_content, message(r).content),
        ("ab", "c"),
    ),
    "thinking blocks": (
        lambda t: [
            chunk(t, thinking("A")),
            chunk(t, thinking("B")),
            chunk(t, thinking(signature="s1")),
            chunk(t, {"thinking_blocks": [{"type": "redacted_thinking", "data": "d"}]}),
            chunk(t, thinking("C", "s2")),
            chunk(t, thinking("unsigned")),
        ],
        lambda r: message(r).thinking_blocks,
        [
            {"type": "thinking", "thinking": "AB", "signature": "s1"},
            {"type": "redacted_thinking", "data": "d"},
            {"type": "thinking", "thinking": "C", "signature": "s2"},
        ],
    ),
    "audio": (
        lambda t: [
            chunk(t, spoken(b"1", "x", id="a")),
            chunk(t, spoken(b"22", "y")),
            chunk(t, {"audio": {"expires_at": 77}}),
        ],
        lambda r: (b64decode(message(r).audio.data), message(r).audio.transcript, message(r).audio.expires_at),
        (b"122", "xy", 77),
    ),
    "images and annotations": (
        lambda t: [chunk(t, {"images": [{"a": 1}]}), chunk(t, {"images": [{"b": 1}], "annotations": [{"c": 1}]})],
        lambda r: (message(r).images, message(r).annotations),
        ([{"a": 1}, {"b": 1}], [{"c": 1}]),
    ),
    "provider's fields": (
        lambda t: [
            chunk(t, {"content": "a", "provider_specific_fields": {"x": 1, "y": 1}}),
            chunk(t, {"content": "b", "provider_specific_fields": {"x": 2}}),
        ],
        lambda r: message(r).provider_specific_fields,
        {"x": 2, "y": 1},
    ),
    # Usage and cost
    "usage grows": (lambda t: usage(t, (5, 1), (5, 2), (5, 9)), counted, (5, 9, 14)),
    "the last usage": (lambda t: usage(t, (5, 4), (3, 2)), counted, (3, 2, 5)),
    "usage in a dict": (
        lambda _: [plain({"content": "a"}), plain({}, usage={"prompt_tokens": 3, "completion_tokens": 4})],
        counted,
        (3, 4, 7),
    ),
    "usage beside the chunk": (
        lambda t: [*texts(t, "a"), *texts(t, "b", hidden={"usage": t.Usage(3, 4, 7)})],
        counted,
        (3, 4, 7),
    ),
    "usage beside several chunks": (
        lambda t: [
            *texts(t, "a", hidden={"usage": t.Usage(prompt_tokens=5, completion_tokens=1, total_tokens=6)}),
            *texts(t, "b", hidden={"usage": t.Usage(completion_tokens=9)}),
        ],
        counted,
        (5, 9, 14),
    ),
    "usage of an input alone": (
        lambda _: [plain({}, choices=[], usage={"prompt_tokens": 10, "completion_tokens": 0, "total_tokens": 10})],
        counted,
        (10, 0, 10),
    ),
    "details are kept": (
        lambda t: [*usage(t, (6, 4), prompt_tokens_details={"cached_tokens": 5}), *usage(t, (6, 9))],
        lambda r: (r.usage.prompt_tokens_details.cached_tokens, r.usage.completion_tokens),
        (5, 9),
    ),
    "cost": (
        lambda t: usage(t, (1000, 1000)),
        lambda r: round(r._hidden_params["response_cost"], 9),
        0.00075,
    ),
    "the provider's cost": (
        lambda t: usage(t, (3, 4), cost=0.25),
        lambda r: (r.usage.cost, r._hidden_params["response_cost"]),
        (0.25, 0.25),
    ),
    "no cost of an unknown model": (
        lambda t: texts(t, "a", model="unheard-of"),
        lambda r: r._hidden_params.get("response_cost"),
        None,
    ),
    # Chunks of all kinds
    "dicts": (
        lambda _: [plain({"content": "Hel"}), plain({"content": "lo"}, "stop")],
        lambda r: message(r).content,
        "Hello",
    ),
    "by the old name": (
        lambda t: [t.ModelResponse(stream=True, choices=[{"delta": {"content": text}}]) for text in ("Hel", "lo")],
        lambda r: message(r).content,
        "Hello",
    ),
    "legacy completions": (
        lambda _: [legacy("Hel"), legacy("lo", "stop")],
        lambda r: (r.object, r.choices[0].text, r.choices[0].finish_reason),
        ("text_completion", "Hello", "stop"),
    ),
    "hidden parameters": (
        lambda _: [plain({"content": "a"}, _hidden_params={"provider_specific_fields": {"tier": "x"}})],
        lambda r: r._hidden_params["provider_specific_fields"],
        {"tier": "x"},
    ),
    "in order": (
        lambda t: [*texts(t, "b", hidden={"created_at": 2}), *texts(t, "a", hidden={"created_at": 1}), *texts(t, "c")],
        lambda r: message(r).content,
        "abc",
    ),
    "dicts in order": (
        lambda _: [
            plain({"content": "b"}, _hidden_params={"created_at": 2}),
            plain({"content": "a"}, _hidden_params={"created_at": 1}),
        ],
        lambda r: message(r).content,
        "ab",
    ),
}


@pytest.mark.same_as_litellm
@pytest.mark.parametrize(("chunks", "ask", "answer"), SAME.values(), ids=list(SAME))
def test_same(lib: Any, chunks: Any, ask: Any, answer: Any) -> None:
    assert ask(lib.stream_chunk_builder(chunks(types_of(lib)))) == answer


@pytest.mark.same_as_litellm
def test_no_chunks(lib: Any) -> None:
    assert lib.stream_chunk_builder(chunks=[]) is None


@pytest.mark.same_as_litellm
@pytest.mark.parametrize("chunks", [None, [None], ["text"], [5], [{}]])
def test_what_are_no_chunks(lib: Any, chunks: Any) -> None:
    error: Any = raised(lambda: lib.stream_chunk_builder(chunks))
    assert isinstance(error, lib.APIError)
    assert error.status_code == 500
    assert "Error building chunks for logging/streaming usage calculation" in str(error)


@pytest.mark.same_as_litellm
def test_all_parameters(lib: Any) -> None:
    chunks = texts(types_of(lib), "Hi")
    response = lib.stream_chunk_builder(chunks, [{"role": "user", "content": "Hey"}], 1.0, 2.0, None, lambda: 77)
    assert response.usage.prompt_tokens == 77
    assert response.usage.completion_tokens > 0


@pytest.mark.same_as_litellm
def test_the_prompt_is_counted(lib: Any) -> None:
    response = lib.stream_chunk_builder(texts(types_of(lib), "Hi"), messages=[{"role": "user", "content": "Hey"}])
    assert response.usage.prompt_tokens > 0


def indexed(t: Any, *pieces: tuple[int, str]) -> list[Any]:
    return [chunk(t, {"content": text}, index=index) for index, text in pieces]


BETTER: dict[str, Case] = {
    "provider's citations": (
        lambda t: [
            chunk(t, {"content": "a", "provider_specific_fields": {"citation": {"x": 1}}}),
            chunk(t, {"content": "b", "provider_specific_fields": {"citation": {"x": 2}}}),
        ],
        lambda r: message(r).provider_specific_fields,
        {"citations": [{"x": 1}, {"x": 2}]},
    ),
    "several choices": (
        lambda t: [*indexed(t, (1, "x"), (0, "a"), (1, "y"), (0, "b")), chunk(t, {}, "length", index=1)],
        lambda r: [(one.index, one.message.content, one.finish_reason) for one in r.choices],
        [(0, "ab", "stop"), (1, "xy", "length")],
    ),
    "a name in pieces": (
        lambda t: [chunk(t, call(0, "get_", call_id="a")), chunk(t, call(0, "weather")), chunk(t, call(0, None, "{}"))],
        calls,
        [("a", "function", "get_weather", "{}")],
    ),
    "two calls at one index": (
        lambda t: [chunk(t, call(0, "f", '{"a":1}', "a")), chunk(t, call(0, "g", '{"b":2}', "b"))],
        calls,
        [("a", "function", "f", '{"a":1}'), ("b", "function", "g", '{"b":2}')],
    ),
    "a call without an id": (lambda t: [chunk(t, call(0, "f", "{}"))], calls, [(None, "function", "f", "{}")]),
    "refusal": (
        lambda t: [chunk(t, {"refusal": "I "}), chunk(t, {"refusal": "can't."})],
        lambda r: message(r).refusal,
        "I can't.",
    ),
    "logprobs": (
        lambda t: [chunk(t, {"content": "a"}, logprobs=LOGPROBS), chunk(t, {"content": "b"}, logprobs=LOGPROBS)],
        lambda r: [token.token for token in r.choices[0].logprobs.content],
        ["a", "a"],
    ),
    "citations": (lambda t: texts(t, "a", "b", citations=["u"]), lambda r: r.citations, ["u"]),
    "one model": (lambda t: [*texts(t, "a", model="m1"), *texts(t, "b", model="m2")], lambda r: r.model, "m1"),
    "zero is a number": (lambda t: usage(t, (5, 1), (0, 6)), counted, (0, 6, 6)),
    "usage that nobody reported": (lambda t: texts(t, "Hello"), lambda r: r.usage.is_estimated, True),
    "the OpenAI SDK's chunks": (
        lambda _: [ChatCompletionChunk.model_validate(plain({"content": text})) for text in ("Hel", "lo")],
        lambda r: message(r).content,
        "Hello",
    ),
    "a whole answer": (
        lambda t: [t.ModelResponse(choices=[{"message": {"content": "Hello"}}])],
        lambda r: message(r).content,
        "Hello",
    ),
    "no id": (lambda _: [{"choices": [{"delta": {"content": "a"}}]}], lambda r: r.id[:9], "chatcmpl-"),
}


@pytest.mark.better_than_litellm
@pytest.mark.parametrize(("chunks", "ask", "answer"), BETTER.values(), ids=list(BETTER))
def test_better(chunks: Any, ask: Any, answer: Any) -> None:
    assert ask(rillm.stream_chunk_builder(chunks(types_of(rillm)))) == answer


def test_chunks_are_left_as_they_are() -> None:
    chunks = texts(types_of(rillm), "a", "b")
    before = [one.model_copy(deep=True) for one in chunks]
    rillm.stream_chunk_builder(chunks)
    rillm.stream_chunk_builder(chunks)
    assert [one.model_dump() for one in chunks] == [one.model_dump() for one in before]
    assert [one.hidden_params for one in chunks] == [{}, {}]
