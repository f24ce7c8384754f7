from __future__ import annotations

import asyncio
import copy
import pickle
import time
from typing import Any

import pytest

import rillm
from rillm.response_iterators import ModelResponseIterator
from tests.kit.compat import Fact, raised, types_of

TOKEN = {"token": "a", "bytes": [97], "logprob": -0.1, "top_logprobs": [{"token": "b", "logprob": -2, "bytes": None}]}
CALL = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
CUSTOM = {"id": "a", "type": "custom", "custom": {"name": "f", "input": "x"}}
EMPTY_DELTA = dict.fromkeys(
    ("provider_specific_fields", "content", "role", "function_call", "tool_calls", "audio"), None
)


def full_chunk(t: Any) -> Any:
    choice = t.StreamingChoices(delta=t.Delta(content="Hi"))
    return t.ModelResponseStream(id="c", created=1, model="m", system_fingerprint="fp", choices=[choice])


def changed(item: Any, **values: Any) -> Any:
    for key, value in values.items():
        item[key] = value
    return item


def missing(item: Any, *names: str) -> list[str]:
    """Which of these fields an object does not have, asked in each way."""
    return [name for name in names if not hasattr(item, name) and name not in item and item.get(name, 7) == 7]


SAME: dict[str, Fact] = {
    # Fields and their order
    "response": (lambda t: list(t.ModelResponse().model_dump()), ["id", "created", "model", "object", "choices"]),
    "response's object": (lambda t: t.ModelResponse(object="x").object, "chat.completion"),
    "whole response": (
        lambda t: list(t.ModelResponse(system_fingerprint="fp", usage=t.Usage(1, 2, 3), model="m").model_dump()),
        ["id", "created", "model", "object", "system_fingerprint", "choices", "usage"],
    ),
    "response's choice": (
        lambda t: t.ModelResponse().model_dump()["choices"],
        [
            {
                "finish_reason": "stop",
                "index": 0,
                "message": {"content": None, "role": "assistant", "tool_calls": None, "function_call": None},
            }
        ],
    ),
    "chunk": (
        lambda t: list(full_chunk(t).model_dump()),
        ["id", "created", "model", "object", "system_fingerprint", "choices", "provider_specific_fields"],
    ),
    "chunk's object": (lambda t: t.ModelResponseStream(object="x").object, "chat.completion.chunk"),
    "chunk's choice": (
        lambda t: list(t.StreamingChoices().model_dump().items()),
        [("finish_reason", None), ("index", 0), ("delta", EMPTY_DELTA), ("logprobs", None)],
    ),
    "delta": (lambda t: list(t.Delta().model_dump().items()), list(EMPTY_DELTA.items())),
    "usage": (
        lambda t: list(t.Usage(1, 2, 3).model_dump().items()),
        [
            ("completion_tokens", 2),
            ("prompt_tokens", 1),
            ("total_tokens", 3),
            ("completion_tokens_details", None),
            ("prompt_tokens_details", None),
        ],
    ),
    "call": (lambda t: t.ChatCompletionMessageToolCall(**CALL).to_dict(), CALL),
    "call of a custom tool": (
        lambda t: t.Delta(tool_calls=[CUSTOM]).tool_calls[0].model_dump(),
        {**CUSTOM, "index": 0},
    ),
    # What is there only when set
    "no usage in a response": (lambda t: missing(t.ModelResponse(), "usage"), ["usage"]),
    "no usage in a chunk": (lambda t: missing(t.ModelResponseStream(), "usage", "citations"), ["usage", "citations"]),
    "optional in a delta": (
        lambda t: missing(t.Delta(), "reasoning_content", "thinking_blocks", "images", "annotations", "refusal"),
        ["reasoning_content", "thinking_blocks", "images", "annotations", "refusal"],
    ),
    "optional in a message": (
        lambda t: [
            name
            for name in ("reasoning_content", "thinking_blocks", "images", "annotations", "refusal", "audio")
            if hasattr(t.Message(), name)
        ],
        [],
    ),
    "optional in a choice": (lambda t: hasattr(t.Choices(), "logprobs"), False),
    "optional in a usage": (
        lambda t: missing(t.Usage(), "cost", "server_tool_use", "cache_read_input_tokens"),
        ["cost", "server_tool_use", "cache_read_input_tokens"],
    ),
    "None is not set": (lambda t: hasattr(t.Delta(reasoning_content=None, images=None), "reasoning_content"), False),
    "null of the server's": (lambda t: (t.Delta(refusal=None).refusal, t.Message(refusal=None).refusal), (None, None)),
    "set": (lambda t: t.Delta(reasoning_content="r", refusal="n", foo=1).model_dump()["foo"], 1),
    # A dict
    "by key": (lambda t: (full_chunk(t)["id"], full_chunk(t)["choices"][0]["delta"]["content"]), ("c", "Hi")),
    "get": (lambda t: (t.Delta("x").get("content"), t.Delta().get("nope", 3), t.Delta().get("nope")), ("x", 3, None)),
    "in": (lambda t: ("content" in t.Delta(), "nope" in t.Delta(), "id" in t.ModelResponse()), (True, False, True)),
    "no such key": (lambda t: isinstance(raised(lambda: t.Delta()["nope"]), AttributeError), True),
    "a key of a delta is set": (lambda t: changed(t.Delta(), content="x").content, "x"),
    "a key of a choice is set": (lambda t: changed(t.StreamingChoices(), finish_reason="stop").finish_reason, "stop"),
    "a key of a usage is set": (lambda t: changed(t.Usage(), prompt_tokens=4).prompt_tokens, 4),
    "an attribute is set": (lambda t: t.ModelResponseStream(usage=t.Usage(1, 2, 3)).usage.total_tokens, 3),
    "json": (lambda t: [item.json() == item.model_dump() for item in (t.ModelResponse(), t.Message())], [True] * 2),
    "str": (lambda t: str(t.Delta("x"))[:6], "Delta("),
    # By hand
    "id": (lambda t: [item.id[:9] for item in (t.ModelResponse(), t.ModelResponseStream())], ["chatcmpl-"] * 2),
    "ids differ": (lambda t: t.ModelResponse().id == t.ModelResponse().id, False),
    "created": (lambda t: abs(time.time() - t.ModelResponseStream().created) < 10, True),
    "positions": (
        lambda t: t.StreamingChoices("stop", 1, t.Delta("x", "user"), None).model_dump()["delta"]["role"],
        "user",
    ),
    "positions of a chunk": (lambda t: t.ModelResponseStream([], "a", 5).model_dump()["created"], 5),
    "positions of a response": (lambda t: t.ModelResponse("a", [], 5, "m").model, "m"),
    "choices from dicts": (
        lambda t: t.ModelResponseStream(choices=[{"delta": {"content": "x"}}]).choices[0].delta.content,
        "x",
    ),
    "no choices": (
        lambda t: (t.ModelResponseStream(choices=[]).choices, t.ModelResponse(choices=[]).choices),
        ([], []),
    ),
    "a chunk has no message": (
        lambda t: "message" in t.ModelResponseStream(choices=[{"delta": {}, "message": {}}]).choices[0],
        False,
    ),
    "delta from a dict": (lambda t: t.StreamingChoices(delta={"content": "x"}).delta.content, "x"),
    "message from a dict": (lambda t: t.Choices(message={"content": "x", "role": "user"}).message.role, "user"),
    "messages from dicts": (
        lambda t: t.ModelResponse(choices=[{"message": {"content": "x"}}]).choices[0].message.content,
        "x",
    ),
    "extra fields": (lambda t: [t.ModelResponse(foo=1).foo, t.Choices(foo=2).foo, t.Usage(foo=3).foo], [1, 2, 3]),
    "from its dump": (
        lambda t: t.ModelResponse(**t.ModelResponse(usage=t.Usage(1, 2, 3)).model_dump()).usage == t.Usage(1, 2, 3),
        True,
    ),
    "a chunk by its old name": (
        lambda t: isinstance(t.ModelResponse(stream=True, choices=[{"delta": {}}]), t.ModelResponse),
        True,
    ),
    # Tool calls
    "index is the place": (
        lambda t: [c.index for c in t.Delta(tool_calls=[{"function": {"name": "f"}}, {"function": {}}]).tool_calls],
        [0, 1],
    ),
    "index as given": (lambda t: t.Delta(tool_calls=[{**CALL, "index": 3}]).tool_calls[0].index, 3),
    "nulls in a call": (
        lambda t: (
            t.Delta(tool_calls=[{"id": None, "type": None, "function": {"name": "f", "arguments": None}}])
            .tool_calls[0]
            .model_dump()
        ),
        {"id": None, "function": {"arguments": "", "name": "f"}, "type": "function", "index": 0},
    ),
    "a call object": (
        lambda t: (
            t.ChatCompletionDeltaToolCall(id="a", function=t.Function(arguments="", name="f"), type="function", index=0)
        )["function"]["name"],
        "f",
    ),
    "a function's positions": (lambda t: (t.Function("x", "f").name, t.Function("x", "f").arguments), ("f", "x")),
    "custom by attribute": (
        lambda t: t.Delta(tool_calls=[{"custom": {"name": "f", "input": "x"}}]).tool_calls[0].custom.name,
        "f",
    ),
    "custom by its class": (
        lambda t: isinstance(
            t.Delta(tool_calls=[{"custom": {"name": "f"}}]).tool_calls[0], t.ChatCompletionDeltaCustomToolCall
        ),
        True,
    ),
    "a message's call": (lambda t: t.Message(tool_calls=[CALL]).tool_calls[0].function.arguments, "{}"),
    "a message's call gets an id": (
        lambda t: bool(t.Message(tool_calls=[{"function": {"name": "f", "arguments": "{}"}}]).tool_calls[0].id),
        True,
    ),
    "function call": (lambda t: t.Delta(function_call={"name": "f", "arguments": "x"}).function_call.name, "f"),
    "reasoning": (lambda t: t.Delta(reasoning="r").reasoning_content, "r"),
    "a message's audio": (
        lambda t: t.Message(audio={"id": "a", "data": "AA", "transcript": "x", "expires_at": 1}).audio.transcript,
        "x",
    ),
    # Logprobs
    "logprobs": (lambda t: t.StreamingChoices(logprobs={"content": [TOKEN]}).logprobs.content[0].token, "a"),
    "top logprobs": (
        lambda t: t.StreamingChoices(logprobs={"content": [TOKEN]}).logprobs["content"][0].top_logprobs[0].logprob,
        -2.0,
    ),
    "logprobs of a response": (lambda t: t.Choices(logprobs={"content": [TOKEN]}).logprobs.content[0].bytes, [97]),
    "logprobs of another kind": (lambda t: t.StreamingChoices(logprobs=-0.5).logprobs, -0.5),
    # Usage
    "None is zero": (lambda t: t.Usage(prompt_tokens=None).prompt_tokens, 0),
    "reasoning tokens": (
        lambda t: t.Usage(reasoning_tokens=2, completion_tokens=5).completion_tokens_details.reasoning_tokens,
        2,
    ),
    "text tokens": (
        lambda t: t.Usage(reasoning_tokens=2, completion_tokens=5).completion_tokens_details.text_tokens,
        3,
    ),
    "reasoning tokens of the details": (
        lambda t: t.Usage(completion_tokens_details={"reasoning_tokens": 3}).completion_tokens_details.text_tokens,
        None,
    ),
    "cached tokens": (
        lambda t: t.Usage(prompt_tokens_details={"cached_tokens": 3}).prompt_tokens_details.cached_tokens,
        3,
    ),
    "details' class": (
        lambda t: isinstance(
            t.Usage(prompt_tokens_details={"cached_tokens": 3}).prompt_tokens_details, t.PromptTokensDetailsWrapper
        ),
        True,
    ),
    "Anthropic's cache": (
        lambda t: t.Usage(cache_read_input_tokens=4).prompt_tokens_details.cached_tokens,
        4,
    ),
    "Anthropic's cache, as told": (lambda t: t.Usage(cache_read_input_tokens=4).cache_read_input_tokens, 4),
    "Anthropic's new cache": (
        lambda t: t.Usage(cache_creation_input_tokens=4).prompt_tokens_details.cache_creation_tokens,
        4,
    ),
    "DeepSeek's cache": (lambda t: t.Usage(prompt_cache_hit_tokens=4).prompt_tokens_details.cached_tokens, 4),
    "cost": (lambda t: t.Usage(cost=0.5).cost, 0.5),
    "tools of the server": (
        lambda t: t.Usage(server_tool_use={"web_search_requests": 2}).server_tool_use.web_search_requests,
        2,
    ),
    "a response's usage from a dict": (lambda t: t.ModelResponse(usage={"prompt_tokens": 1}).usage.prompt_tokens, 1),
    "a chunk's usage from a dict": (lambda t: t.ModelResponseStream(usage={"prompt_tokens": 1}).usage.prompt_tokens, 1),
    # Hidden parameters
    "none": (lambda t: (t.ModelResponse()._hidden_params, t.ModelResponseStream()._hidden_params), ({}, {})),
    "hidden_params": (lambda t: [r.hidden_params is r._hidden_params for r in (t.ModelResponseStream(),)], [True]),
    "not dumped": (lambda t: "_hidden_params" in t.ModelResponse().model_dump(), False),
    "time unknown": (lambda t: hasattr(t.ModelResponse(), "_response_ms"), False),
    "headers unknown": (lambda t: t.ModelResponse()._response_headers, None),
    # Copies
    "deepcopy": (lambda t: [copy.deepcopy(item) == item for item in (t.ModelResponse(), full_chunk(t))], [True, True]),
    "pickle": (lambda t: pickle.loads(pickle.dumps(full_chunk(t))) == full_chunk(t), True),  # noqa: S301 - our own
}


@pytest.mark.same_as_litellm
@pytest.mark.parametrize(("ask", "answer"), SAME.values(), ids=list(SAME))
def test_same(lib: Any, ask: Any, answer: Any) -> None:
    assert ask(types_of(lib)) == answer


@pytest.mark.same_as_litellm
@pytest.mark.parametrize(
    ("told", "reason"),
    [
        *((word, word) for word in ("stop", "length", "tool_calls", "function_call", "content_filter")),
        *((word, "stop") for word in ("end_turn", "stop_sequence", "STOP", "COMPLETE", "eos_token", "eos")),
        *((word, "length") for word in ("max_tokens", "MAX_TOKENS")),
        *((word, "tool_calls") for word in ("tool_use", "TOOL_CALL")),
        *((word, "content_filter") for word in ("refusal", "SAFETY", "BLOCKLIST", "RECITATION", "SPII", "LANGUAGE")),
        *((word, "content_filter") for word in ("PROHIBITED_CONTENT", "guardrail_intervened", "content_filtered")),
    ],
)
def test_finish_reasons(lib: Any, told: str, reason: str) -> None:
    types = types_of(lib)
    whole = types.Choices(finish_reason=told)
    assert types.StreamingChoices(finish_reason=told).finish_reason == whole.finish_reason == reason
    fields: dict[str, Any] = getattr(whole, "provider_specific_fields", None) or {}
    assert fields.get("native_finish_reason") == (None if told == reason else told)


@pytest.mark.same_as_litellm
def test_list_iterator(lib: Any) -> None:
    async def read(items: Any) -> list[Any]:
        return [item async for item in items]

    assert list(lib.ModelResponseListIterator(model_responses=[1, 2])) == [1, 2]
    assert asyncio.run(read(lib.ModelResponseListIterator([1, 2], delay=0.001))) == [1, 2]


def test_iterator_of_one() -> None:
    whole = rillm.ModelResponse(choices=[{"message": {"content": "Hi"}}])
    assert list(ModelResponseIterator(whole)) == [whole]
    (chunk,) = ModelResponseIterator(whole, convert_to_delta=True)
    assert chunk.choices[0].delta.content == "Hi"


BETTER: dict[str, Fact] = {
    "a chunk's delta": (
        lambda t: [
            t.ModelResponse(**values).choices[0].delta.content
            for values in (
                {"stream": True, "choices": [{"delta": {"content": "x"}}]},
                {"stream": True, "choices": [t.StreamingChoices(delta=t.Delta("x"))]},
                {"choices": [t.StreamingChoices(delta=t.Delta("x"))]},
                {"object": "chat.completion.chunk", "choices": [{"delta": {"content": "x"}}]},
            )
        ],
        ["x"] * 4,
    ),
    "a chunk's object": (lambda t: t.ModelResponse(stream=True).object, "chat.completion.chunk"),
    "a chunk's class": (lambda t: isinstance(t.ModelResponse(stream=True), t.ModelResponseStream), True),
    "a chunk's usage": (lambda t: t.ModelResponse(stream=True, usage={"prompt_tokens": 1}).usage.prompt_tokens, 1),
    "one choice alone": (lambda t: t.ModelResponseStream({"delta": {"content": "x"}}).choices[0].delta.content, "x"),
    "no such key": (lambda t: isinstance(raised(lambda: t.Delta()["nope"]), KeyError), True),
    "hidden_params": (lambda t: t.ModelResponse(hidden_params={"a": 1})._hidden_params, {"a": 1}),
    "response_ms": (lambda t: t.ModelResponse(response_ms=1.5)._response_ms, 1.5),
    "_response_headers": (lambda t: t.ModelResponse(_response_headers={"a": "1"})._response_headers, {"a": "1"}),
    "in a message": (lambda t: "content" in t.Message(), True),
    "total is the sum": (lambda t: t.Usage(1, 2).total_tokens, 3),
    "an unknown finish_reason": (lambda t: t.Choices(finish_reason="weird").finish_reason, "weird"),
    "native finish_reason of a chunk": (
        lambda t: t.StreamingChoices("model_length").provider_specific_fields["native_finish_reason"],
        "model_length",
    ),
    "keys of a response are set": (lambda t: changed(t.ModelResponse(), id="x").id, "x"),
    "details do not lie": (
        lambda t: t.Usage(
            completion_tokens=5, completion_tokens_details={"reasoning_tokens": 3}, reasoning_tokens=2
        ).completion_tokens_details.model_dump(exclude_none=True),
        {"reasoning_tokens": 3, "text_tokens": 2},
    ),
}


@pytest.mark.better_than_litellm
@pytest.mark.parametrize(("ask", "answer"), BETTER.values(), ids=list(BETTER))
def test_better(ask: Any, answer: Any) -> None:
    assert ask(types_of(rillm)) == answer


def test_hidden_params_are_attributes_too() -> None:
    response: Any = rillm.ModelResponse()
    response._hidden_params["_response_ms"] = 2.5
    assert response._response_ms == 2.5
    response._response_ms = 3.5
    response._response_headers = {"a": "1"}
    assert response.hidden_params == {"_response_ms": 3.5, "_response_headers": {"a": "1"}}


def test_what_is_no_choice_is_told() -> None:
    with pytest.raises(ValueError, match=r"choices\.0"):
        rillm.ModelResponseStream(choices=["x"])


def test_wire_bytes_go_past_the_constructors() -> None:
    """They would cost each chunk several times what it costs."""
    chunk = rillm.ModelResponseStream.model_validate_json(b'{"choices": [{"delta": {}, "finish_reason": "end_turn"}]}')
    assert (chunk.id, chunk.created, chunk.choices[0].finish_reason) == (None, None, "end_turn")
