"""Providers with formats of their own, over HTTP: where the request goes, and what comes of the answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

import rillm
from tests.kit import wire
from tests.kit.calls import KEY, MESSAGES, texts
from tests.kit.leaks import run
from tests.kit.server import EVENT_STREAM, script
from tests.wire.table_cohere_v1 import COHERE_V1
from tests.wire.table_cohere_v2 import COHERE_V2
from tests.wire.table_ollama import OLLAMA_CHAT, OLLAMA_GENERATE
from tests.wire.table_texts import WATSONX_TEXT, WRITER_COMPLETIONS
from tests.wire.table_tgi import TGI

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.kit.server import Server


@dataclass(frozen=True)
class Native:
    """One provider.

    Attributes:
        model: with the provider's prefix.
        path: where its requests go.
        body: of an answer that says "Hi".
        sent: what the request's body has to have.
        content_type: of the answer.
        tokens: in all, as it reports them; None if it does not.
    """

    model: str
    path: str
    body: bytes
    sent: Mapping[str, Any] = field(default_factory=dict[str, Any])
    content_type: str = "text/event-stream"
    tokens: int | None = 4

    @property
    def name(self) -> str:
        """The model's, without the prefixes of provider and route."""
        return self.model.partition("/")[2].removeprefix("v1/").removeprefix("generate/")


NDJSON = "application/x-ndjson"
NATIVES = [
    Native(
        "cohere/command-a-03-2025",
        "/v2/chat",
        COHERE_V2.bodies["text"],
        {"model": "command-a-03-2025", "messages": MESSAGES, "stream": True, "max_tokens": 5},
    ),
    Native(
        "cohere/v1/command-r",
        "/v1/chat",
        COHERE_V1.bodies["text"],
        {"model": "command-r", "message": "Hi", "stream": True, "max_tokens": 5},
        "application/stream+json",
    ),
    Native(
        "watsonx_text/google/flan-ul2",
        "/ml/v1/text/generation_stream?version=2024-05-31",
        WATSONX_TEXT.bodies["text"],
        {"model_id": "google/flan-ul2", "input": "Hi", "parameters": {"max_new_tokens": 5}},
    ),
    Native(
        "writer/palmyra-x4",
        "/completions",
        WRITER_COMPLETIONS.bodies["text"],
        {"model": "palmyra-x4", "prompt": "Hi", "stream": True, "max_tokens": 5},
        tokens=None,
    ),
    Native(
        "ollama/llama3",
        "/api/chat",
        OLLAMA_CHAT.bodies["text"],
        {"model": "llama3", "messages": MESSAGES, "stream": True, "options": {"num_predict": 5}},
        NDJSON,
    ),
    Native(
        "ollama/generate/llama3",
        "/api/generate",
        OLLAMA_GENERATE.bodies["text"],
        {"model": "llama3", "prompt": "Hi", "stream": True, "options": {"num_predict": 5}},
        NDJSON,
    ),
    Native(
        "huggingface/org/model",
        "/generate_stream",
        TGI.bodies["usage-with-prompt"],
        {"inputs": "Hi", "parameters": {"details": True, "max_new_tokens": 5}, "stream": True},
        tokens=10,
    ),
]
ALL = pytest.mark.parametrize("native", NATIVES, ids=lambda native: native.model)
WORLDS = pytest.mark.parametrize("world", ["sync", "async"])


def play(server: Server, native: Native) -> dict[str, Any]:
    """Have the server answer in pieces; the parameters of a call to it."""
    half = len(native.body) // 2
    headers = {**EVENT_STREAM, "Content-Type": native.content_type}
    server.play(script(native.body[:half], native.body[half:], headers=headers))
    return {
        "model": native.model,
        "messages": MESSAGES,
        "api_base": server.url.removesuffix("/v1"),
        "api_key": KEY,
        "max_retries": 0,
        "max_tokens": 5,
    }


def check_request(server: Server, native: Native) -> None:
    request = server.exchange().request
    assert (request.method, request.path) == ("POST", native.path)
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.json == native.sent


@ALL
@WORLDS
def test_stream(server: Server, native: Native, world: str) -> None:
    call = play(server, native)

    async def gather() -> list[rillm.ModelResponseStream]:
        return [chunk async for chunk in await rillm.acompletion(**call, stream=True)]

    chunks = run(gather()) if world == "async" else list(rillm.completion(**call, stream=True))
    assert texts(chunks) == "Hi"
    assert {chunk.model for chunk in chunks} == {native.name}
    assert chunks[-1].choices[0].finish_reason == "stop"
    usage = chunks[-1].hidden_params.get("usage")
    assert (usage and usage.total_tokens) == native.tokens
    check_request(server, native)


@ALL
@WORLDS
def test_whole(server: Server, native: Native, world: str) -> None:
    call = play(server, native)

    async def whole() -> rillm.ModelResponse:
        response: rillm.ModelResponse = await rillm.acompletion(**call, stream=False)
        return response

    response = run(whole()) if world == "async" else rillm.completion(**call, stream=False)
    assert response.choices[0].message.content == "Hi"
    if native.tokens is not None:
        assert response.usage.total_tokens == native.tokens
    check_request(server, native)


def test_an_address_that_ends_in_v1_speaks_openais_format(server: Server) -> None:
    server.play(script(wire.answer("Hi")))
    call: dict[str, Any] = {"messages": MESSAGES, "api_base": server.url, "num_ctx": 9}
    assert texts(rillm.completion("ollama/llama3", **call, stream=True)) == "Hi"
    request = server.exchange().request
    assert request.path == "/v1/chat/completions"
    assert request.json["num_ctx"] == 9


@ALL
def test_the_connection_is_used_again(server: Server, native: Native) -> None:
    call = play(server, native)
    for _ in range(2):
        assert texts(rillm.completion(**call, stream=True)) == "Hi"
    assert server.connections == 1
