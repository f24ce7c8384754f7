"""A real server (llama.cpp's own) with a real model, over HTTP on loopback, in OpenAI's format and in Anthropic's."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

import rillm
from rillm.providers.local_model import model_file
from rillm.providers.local_server import server_params
from rillm.streams.extras import from_extra

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "sk-only-for-this-test"
MESSAGES = [{"role": "user", "content": "What is the capital of France?"}]
ASKED: dict[str, Any] = {"temperature": 0, "max_tokens": 12, "seed": 1}


# As models that call tools have it; this one calls them by imitation.
TOOL_TEMPLATE = """\
{%- if tools %}{{ '<|im_start|>system\\n' }}
    {%- for tool in tools %}{{ tool | tojson + '\\n' }}{% endfor %}
    {{- '<|im_end|>\\n' }}
{%- endif %}
{%- for message in messages %}
    {{- '<|im_start|>' + message.role + '\\n' + (message.content or '') }}
    {%- for call in message.tool_calls or [] %}
        {{- '<tool_call>\\n{"name": "' + call.function.name + '", "arguments": ' }}
        {{- (call.function.arguments | tojson) + '}\\n</tool_call>' }}
    {%- endfor %}
    {{- '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"""
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = {"type": "function", "function": {"name": "get_weather", "description": "Of a city.", "parameters": CITY}}


def served(template: str = "") -> Iterator[dict[str, Any]]:
    """Run a server, and tell how to reach it."""
    xllamacpp = pytest.importorskip("xllamacpp", reason="needs the extra `local`")
    params = server_params(model_file("smollm2"))
    params.api_keys = [KEY]
    params.chat_template = template
    server = from_extra("local", xllamacpp.__name__).Server(params)
    yield {"model": "llamacpp/smollm2", "api_base": f"{server.listening_address}/v1", "api_key": KEY}
    del server


@pytest.fixture(scope="module")
def llama() -> Iterator[dict[str, Any]]:
    yield from served()


@pytest.fixture(scope="module")
def llama_with_tools() -> Iterator[dict[str, Any]]:
    yield from served(TOOL_TEMPLATE)


def as_anthropic(how: dict[str, Any]) -> dict[str, Any]:
    """The same server, asked in Anthropic's format."""
    return {**how, "model": "anthropic/smollm2", "api_base": how["api_base"].removesuffix("/v1")}


def chunks_of(world: str, **how: Any) -> list[rillm.ModelResponseStream]:
    async def gather() -> list[rillm.ModelResponseStream]:
        return [chunk async for chunk in await rillm.acompletion(messages=MESSAGES, stream=True, **how)]

    if world == "async":
        return asyncio.run(gather())
    return list(rillm.completion(messages=MESSAGES, stream=True, **how))


def answer_of(world: str, **how: Any) -> rillm.ModelResponse:
    answer: rillm.ModelResponse
    if world == "async":
        answer = asyncio.run(rillm.acompletion(messages=MESSAGES, stream=False, **how))
    else:
        answer = rillm.completion(messages=MESSAGES, stream=False, **how)
    return answer


@pytest.mark.parametrize("world", ["sync", "async"])
def test_streams_an_answer(llama: dict[str, Any], world: str) -> None:
    chunks = chunks_of(world, **llama, **ASKED)
    assert len(chunks) > 5
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks).strip()
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices[0].finish_reason] == ["length"]
    assert {(chunk.id, chunk.created, chunk.model) for chunk in chunks} == {
        (chunks[0].id, chunks[0].created, "smollm2")
    }
    response = rillm.stream_chunk_builder(chunks)
    assert response is not None
    assert response.usage.completion_tokens == ASKED["max_tokens"]
    assert not response.usage.is_estimated


@pytest.mark.parametrize("world", ["sync", "async"])
def test_gives_the_same_answer_whole(llama: dict[str, Any], world: str) -> None:
    response = answer_of(world, **llama, **ASKED)
    streamed = rillm.stream_chunk_builder(list(rillm.stream(messages=MESSAGES, **llama, **ASKED)))
    assert streamed is not None
    assert response.choices[0].message.content == streamed.choices[0].message.content


def test_merges_live_streams(llama: dict[str, Any]) -> None:
    streams = [rillm.stream(messages=MESSAGES, **llama, **ASKED).pipe(rillm.text()) for _ in range(3)]
    assert len(list(rillm.merge(*streams))) > 15


def test_tells_a_wrong_key(llama: dict[str, Any]) -> None:
    with pytest.raises(rillm.AuthenticationError) as caught:
        chunks_of("sync", **{**llama, "api_key": "sk-wrong"})
    assert "sk-wrong" not in str(caught.value)
    assert caught.value.status_code == 401


@pytest.mark.parametrize("world", ["sync", "async"])
def test_says_the_same_in_both_formats(llama: dict[str, Any], world: str) -> None:
    asked = {"temperature": 0, "max_tokens": 12}
    whole = answer_of(world, **as_anthropic(llama), **asked)
    streamed = rillm.stream_chunk_builder(chunks_of(world, **as_anthropic(llama), **asked))
    expected = answer_of(world, **llama, **asked)
    assert streamed is not None
    for response in (whole, streamed):
        assert response.choices[0].message.content == expected.choices[0].message.content
        assert response.choices[0].finish_reason == expected.choices[0].finish_reason == "length"
        assert response.usage.prompt_tokens == expected.usage.prompt_tokens
        assert response.usage.completion_tokens == expected.usage.completion_tokens


def weather_calls() -> list[dict[str, Any]]:
    """A talk in which the model has called the tool before."""
    messages: list[dict[str, Any]] = []
    for number, city in enumerate(["Rome", "Oslo", "Lima", "Paris"]):
        function = {"name": "get_weather", "arguments": json.dumps({"city": city})}
        call = {"id": f"call_{number}", "type": "function", "function": function}
        messages.append({"role": "user", "content": f"What is the weather in {city}?"})
        messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
    return messages[:-1]


@pytest.mark.parametrize("stream", [False, True])
def test_calls_the_same_tool_in_both_formats(llama_with_tools: dict[str, Any], stream: bool) -> None:  # noqa: FBT001 - a row
    asked: dict[str, Any] = {"temperature": 0, "max_tokens": 60, "tools": [WEATHER], "messages": weather_calls()}
    tokens: list[int] = []
    for how in (llama_with_tools, as_anthropic(llama_with_tools)):
        answer = rillm.completion(stream=stream, **how, **asked)
        whole = answer if isinstance(answer, rillm.ModelResponse) else rillm.stream_chunk_builder(list(answer))
        assert whole is not None
        (choice,) = whole.choices
        (call,) = choice.message.tool_calls or []
        assert choice.finish_reason == "tool_calls"
        assert (call.function.name, call.function.arguments) == ("get_weather", '{"city": "Paris"}')
        tokens.append(whole.usage.prompt_tokens)
    assert tokens[0] == tokens[1]


def test_tells_a_wrong_key_in_anthropics_format(llama: dict[str, Any]) -> None:
    with pytest.raises(rillm.AuthenticationError) as caught:
        chunks_of("sync", **{**as_anthropic(llama), "api_key": "sk-wrong"})
    assert "sk-wrong" not in str(caught.value)
    assert caught.value.status_code == 401
