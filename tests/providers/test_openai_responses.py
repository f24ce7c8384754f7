"""Calls of OpenAI's Responses over a real connection."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import rillm
from tests.kit.calls import KEY, MESSAGES, to
from tests.kit.leaks import run
from tests.kit.server import script

if TYPE_CHECKING:
    from collections.abc import Callable

    from rillm import ModelResponse, ModelResponseStream
    from tests.kit.server import Server

    Ask = Callable[..., list[ModelResponseStream]]

CASES = Path(__file__).parents[1] / "wire" / "cases_openai_responses"
MODEL = "openai/responses/gpt-test"


def recorded(name: str) -> bytes:
    return (CASES / f"{name}.sse").read_bytes()


def ask(server: Server, model: str = MODEL, messages: Any = MESSAGES, **params: Any) -> ModelResponse:
    return rillm.completion(model, messages, stream=False, **to(server, params))


def aask(server: Server, model: str = MODEL, messages: Any = MESSAGES, **params: Any) -> ModelResponse:
    async def main() -> ModelResponse:
        return await rillm.acompletion(model, messages, stream=False, **to(server, params))

    return run(main())


def stream(server: Server, **params: Any) -> list[ModelResponseStream]:
    return list(rillm.completion(MODEL, MESSAGES, stream=True, **to(server, params)))


def astream(server: Server, **params: Any) -> list[ModelResponseStream]:
    async def main() -> list[ModelResponseStream]:
        return [chunk async for chunk in await rillm.acompletion(MODEL, MESSAGES, stream=True, **to(server, params))]

    return run(main())


whole = pytest.mark.parametrize("ask", [ask, aask], ids=["sync", "async"])
streamed = pytest.mark.parametrize("stream", [stream, astream], ids=["sync", "async"])


@streamed
def test_a_stream(server: Server, stream: Ask) -> None:
    server.play(script(*recorded("text").splitlines(keepends=True)))
    chunks = stream(server, max_tokens=20, temperature=0)
    request = server.exchange().request
    assert (request.method, request.path) == ("POST", "/v1/responses")
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.json == {
        "model": "gpt-test",
        "input": MESSAGES,
        "stream": True,
        "max_output_tokens": 20,
        "temperature": 0,
    }
    assert [chunk.choices[0].delta.content for chunk in chunks] == ["H", "i", None]
    assert {chunk.model for chunk in chunks} == {"gpt-test"}
    assert chunks[-1].hidden_params["provider_response_model"] == "m"
    assert chunks[-1].hidden_params["usage"].total_tokens == 4


@streamed
def test_usage_that_was_asked_for(server: Server, stream: Ask) -> None:
    server.play(script(recorded("text")))
    chunks = stream(server, stream_options={"include_usage": True})
    assert "stream_options" not in server.exchange().request.json
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.total_tokens == 4


@whole
def test_a_whole_answer(server: Server, ask: Callable[..., ModelResponse]) -> None:
    server.play(script(recorded("calls-with-reasoning-between")))
    response = ask(server, api="responses", model="openai/gpt-test")
    assert server.exchange().request.json["stream"] is True
    assert response.choices[0].finish_reason == "tool_calls"
    assert response.model == "gpt-test"
    assert len(response.choices[0].message.tool_calls or ()) == 2


@whole
def test_an_answer_that_is_no_stream(server: Server, ask: Callable[..., ModelResponse]) -> None:
    server.play(script(recorded("body"), headers={"Content-Type": "application/json"}))
    assert ask(server).choices[0].message.content == "Hi"


@whole
def test_a_turn_goes_back_as_it_came(server: Server, ask: Callable[..., ModelResponse]) -> None:
    server.play(script(recorded("calls-with-reasoning-between")), script(recorded("text")))
    message = ask(server).choices[0].message
    results = [{"role": "tool", "tool_call_id": f"call_{name}", "content": "3"} for name in "ab"]
    ask(server, messages=[*MESSAGES, message, *results])
    items = server.exchange(1).request.json["input"]
    assert [item.get("encrypted_content") or item.get("call_id") for item in items] == [
        None, "a", "call_a", "b", "call_b", "call_a", "call_b",
    ]  # fmt: skip
    assert items[1] == {"id": "rs_0", "type": "reasoning", "summary": [], "encrypted_content": "a"}


@whole
def test_azure(server: Server, ask: Callable[..., ModelResponse]) -> None:
    server.play(script(recorded("text")))
    base = server.url.removesuffix("/v1")
    ask(server, model="azure/responses/my-gpt", api_base=base, api_version="2025-04-01-preview")
    request = server.exchange().request
    assert request.path == "/openai/responses?api-version=2025-04-01-preview"
    assert request.headers["api-key"] == KEY
    assert request.json["model"] == "my-gpt"


@whole
def test_an_error_in_the_stream(server: Server, ask: Callable[..., ModelResponse]) -> None:
    server.play(script(recorded("failed")))
    with pytest.raises(rillm.InternalServerError) as caught:
        ask(server)
    assert caught.value.message == "Boom"
    assert caught.value.partial is not None
    assert caught.value.partial.usage.total_tokens == 4


@streamed
def test_a_connection_that_ends_early(server: Server, stream: Ask) -> None:
    server.play(script(recorded("cut-before-the-end")))
    with pytest.raises(rillm.StreamTruncatedError) as caught:
        stream(server)
    assert caught.value.partial is not None
    assert caught.value.partial.choices[0].message.content == "Hi"


def test_connections_are_used_again(server: Server) -> None:
    server.play(script(recorded("text")))
    for _ in range(3):
        stream(server)
    assert server.connections == 1
