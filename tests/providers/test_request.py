"""What is sent, to whom, and by which client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

import rillm
from rillm.providers.request import CREDENTIALS
from rillm.providers.resolve import resolve
from rillm.providers.sources import in_body, source_of
from tests.kit import wire
from tests.kit.calls import KEY, MESSAGES, MODEL, aask, ask, cold, texts
from tests.kit.leaks import run
from tests.kit.server import script

if TYPE_CHECKING:
    from collections.abc import Callable

    from rillm import ModelResponseStream
    from tests.kit.server import Server

    Ask = Callable[..., list[ModelResponseStream]]

both = pytest.mark.parametrize("ask", [ask, aask], ids=["sync", "async"])
USAGE_ASKED = {"include_usage": True}
ANSWER_WITH_USAGE = wire.frame("Hello") + wire.finish() + wire.usage() + wire.DONE


@both
def test_the_request(server: Server, ask: Ask) -> None:
    server.play(script(wire.answer("Hello")))
    ask(server, temperature=0.5, max_tokens=None, extra_headers={"X-Team": "a"}, extra_body={"top_k": 3}, seed=1)
    request = server.exchange().request
    assert (request.method, request.path) == ("POST", "/v1/chat/completions")
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["x-team"] == "a"
    assert request.json == {
        "model": "gpt-test",
        "messages": MESSAGES,
        "stream": True,
        "stream_options": USAGE_ASKED,
        "temperature": 0.5,
        "seed": 1,
        "top_k": 3,
    }


def test_a_whole_response_is_streamed_on_the_wire(server: Server) -> None:
    server.play(script(ANSWER_WITH_USAGE))
    response = rillm.completion(MODEL, MESSAGES, api_base=server.url, api_key=KEY)
    assert server.exchange().request.json["stream"] is True
    assert response.choices[0].message.content == "Hello"
    assert response.usage.total_tokens == 10


@both
@pytest.mark.parametrize("stream_options", [None, {}, {"include_usage": False}])
def test_usage_is_hidden(server: Server, ask: Ask, stream_options: dict[str, Any] | None) -> None:
    server.play(script(ANSWER_WITH_USAGE))
    chunks = ask(server, stream_options=stream_options)
    assert server.exchange().request.json["stream_options"]["include_usage"] is True
    assert [chunk.get("usage") for chunk in chunks] == [None, None]
    assert chunks[-1].hidden_params["usage"].total_tokens == 10
    whole = rillm.stream_chunk_builder(chunks)
    assert whole is not None
    assert whole.usage.total_tokens == 10


@both
def test_usage_that_was_asked_for(server: Server, ask: Ask) -> None:
    server.play(script(ANSWER_WITH_USAGE))
    chunks = ask(server, stream_options=USAGE_ASKED)
    assert [bool(chunk.get("usage")) for chunk in chunks] == [False, False, True]
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.total_tokens == 10
    assert (chunks[-1].choices[0].delta.content or "") == ""
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None, "stop", None]


@pytest.mark.parametrize("argument", ["api_base", "base_url"])
def test_the_address(server: Server, argument: str) -> None:
    server.play(script(wire.answer("Hello")))
    for address in (server.url, f"{server.url}/"):
        assert texts(rillm.stream(MODEL, MESSAGES, api_key=KEY, **{argument: address})) == "Hello"
    assert {one.request.path for one in server.exchanges} == {"/v1/chat/completions"}


@pytest.mark.parametrize(
    ("first", "second", "path"),
    [("one", "two", "/one/chat/completions"), (None, "two", "/two/chat/completions")],
)
def test_the_address_of_the_environment(
    server: Server, monkeypatch: pytest.MonkeyPatch, first: str | None, second: str, path: str
) -> None:
    root = server.url.removesuffix("/v1")
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.setenv("OPENAI_API_BASE", f"{root}/{second}")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    if first:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{root}/{first}")
    server.play(script(wire.answer("Hello")))
    assert texts(rillm.stream(MODEL, MESSAGES)) == "Hello"
    assert server.exchange().request.path == path
    assert server.exchange().request.headers["authorization"] == f"Bearer {KEY}"


def test_cold_asks_each_time(server: Server) -> None:
    server.play(script(wire.answer("Hello")))
    stream = cold(server)
    assert not server.exchanges
    assert [texts(stream), texts(stream)] == ["Hello", "Hello"]
    assert len(server.exchanges) == 2


def answer(request: httpx.Request) -> httpx.Response:
    assert request.headers["x-mine"] == "1"
    return httpx.Response(200, content=wire.answer("Hello"))


def test_a_client_of_the_caller() -> None:
    with httpx.Client(transport=httpx.MockTransport(answer), headers={"X-Mine": "1"}) as client:
        for _ in range(2):
            stream = rillm.completion(MODEL, MESSAGES, stream=True, api_key=KEY, client=client)
            assert texts(stream) == "Hello"
        assert texts(rillm.stream(MODEL, MESSAGES, api_key=KEY, client=client)) == "Hello"
        assert not client.is_closed


def test_an_async_client_of_the_caller() -> None:
    async def main() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer), headers={"X-Mine": "1"}) as client:
            for _ in range(2):
                stream = await rillm.acompletion(MODEL, MESSAGES, stream=True, api_key=KEY, client=client)
                assert texts([chunk async for chunk in stream]) == "Hello"
            assert not client.is_closed

    run(main())


def test_leaving_with_a_client_of_the_caller(server: Server) -> None:
    server.play(script(wire.frame("Hello"), 5.0))
    with httpx.Client() as client:
        for _ in cold(server, client=client):
            break
        assert server.exchange().left.wait(1)
        assert not client.is_closed


@pytest.mark.parametrize(
    ("model", "api"),
    [
        ("openai/gpt-test", None),
        ("openai/gpt-test", "responses"),
        ("azure/gpt-test", None),
        ("anthropic/claude-test", None),
        ("gemini/gemini-test", None),
        ("gemini/gemini-test", "interactions"),
        ("vertex_ai/gemini-test", None),
        ("vertex_ai/claude-test", None),
        ("bedrock/us.anthropic.claude-test", None),
        ("bedrock/us.anthropic.claude-test", "invoke"),
        ("bedrock/amazon.titan-text-lite-v1", "invoke"),
        ("cohere/command-test", None),
        ("ollama/llama-test", None),
        ("mock/test", None),
    ],
)
def test_credentials_are_in_no_body(model: str, api: str | None) -> None:
    provider, name = resolve(model)
    params: dict[str, Any] = {"api_base": "https://a.example", "api": api, "api_key": KEY, "drop_params": True}
    source, _, _ = source_of(provider, name, MESSAGES, {**dict.fromkeys(CREDENTIALS, "hush"), **params})
    body: Any = getattr(source, "body", None)
    assert body
    assert "hush" not in str(body)


def test_credentials_are_no_parameters() -> None:
    assert in_body({**dict.fromkeys(CREDENTIALS, "hush"), "seed": 1}) == {"seed": 1}


def test_secrets_are_in_no_repr(server: Server) -> None:
    stream = cold(server, extra_headers={"X-Key": "hush"})
    assert "hush" not in repr(stream)
