"""A real OpenAI-compatible server (llama.cpp's own) with a real model, over HTTP on loopback."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

import rillm
from rillm.providers.extras import from_extra
from rillm.providers.local_model import model_file
from rillm.providers.local_server import server_params

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "sk-only-for-this-test"
MESSAGES = [{"role": "user", "content": "What is the capital of France?"}]
ASKED: dict[str, Any] = {"temperature": 0, "max_tokens": 12, "seed": 1}


@pytest.fixture(scope="module")
def llama() -> Iterator[dict[str, Any]]:
    """How to reach the server."""
    xllamacpp = pytest.importorskip("xllamacpp", reason="needs the extra `local`")
    params = server_params(model_file("smollm2"))
    params.api_keys = [KEY]
    server = from_extra("local", xllamacpp.__name__).Server(params)
    yield {"model": "llamacpp/smollm2", "api_base": f"{server.listening_address}/v1", "api_key": KEY}
    del server


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
