"""Calls to an Anthropic server on loopback, in the ways that users make them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import rillm
from rillm.streams import errors
from tests.kit import anthropic
from tests.kit.calls import KEY, MESSAGES, texts, to
from tests.kit.leaks import run
from tests.kit.server import script

if TYPE_CHECKING:
    from collections.abc import Callable

    from rillm import ModelResponse
    from tests.kit.server import Server

    Ask = Callable[..., ModelResponse]

MODEL = "anthropic/claude-sonnet-4-5"
BODY = {
    "model": "claude-sonnet-4-5",
    "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}],
    "max_tokens": 4096,
    "stream": True,
}


def whole(server: Server, model: str = MODEL, **params: Any) -> ModelResponse:
    response = rillm.completion(model, MESSAGES, stream=False, **to(server, params))
    assert isinstance(response, rillm.ModelResponse)
    return response


def streamed(server: Server, model: str = MODEL, **params: Any) -> ModelResponse:
    return built(list(rillm.completion(model, MESSAGES, stream=True, **to(server, params))))


def awhole(server: Server, model: str = MODEL, **params: Any) -> ModelResponse:
    response = run(rillm.acompletion(model, MESSAGES, stream=False, **to(server, params)))
    assert isinstance(response, rillm.ModelResponse)
    return response


def astreamed(server: Server, model: str = MODEL, **params: Any) -> ModelResponse:
    async def main() -> list[rillm.ModelResponseStream]:
        stream = await rillm.acompletion(model, MESSAGES, stream=True, **to(server, params))
        return [chunk async for chunk in stream]

    return built(run(main()))


def built(chunks: list[rillm.ModelResponseStream]) -> ModelResponse:
    response = rillm.stream_chunk_builder(chunks)
    assert response is not None
    return response


every_way = pytest.mark.parametrize("ask", [whole, streamed, awhole, astreamed])


@every_way
def test_a_call(server: Server, ask: Ask) -> None:
    server.play(script(anthropic.answer("Hel", "lo")))
    response = ask(server, extra_headers={"anthropic-beta": "files-api-2025-04-14"}, metadata={"mine": 1})
    request = server.exchange().request
    assert (request.method, request.path) == ("POST", "/v1/messages")
    assert request.headers["x-api-key"] == KEY
    assert request.headers["anthropic-version"] == "2023-06-01"
    assert request.headers["anthropic-beta"] == "files-api-2025-04-14"
    assert request.headers["content-type"] == "application/json"
    assert "authorization" not in request.headers
    assert request.json == BODY
    assert response.choices[0].message.content == "Hello"
    assert response.choices[0].finish_reason == "stop"
    assert (response.id, response.model) == ("msg_1", "claude-sonnet-4-5")
    assert (response.usage.prompt_tokens, response.usage.completion_tokens) == (7, 3)
    assert response.hidden_params["provider_response_model"] == "claude-served"


@every_way
def test_an_answer_that_came_whole(server: Server, ask: Ask) -> None:
    message = {
        "type": "message",
        "id": "msg_1",
        "model": "claude-served",
        "content": [{"type": "text", "text": "Hello"}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 7, "output_tokens": 3},
    }
    server.play(script(json.dumps(message).encode(), headers={"Content-Type": "application/json"}))
    response = ask(server)
    assert response.choices[0].message.content == "Hello"
    assert response.usage.total_tokens == 10


@pytest.mark.parametrize(
    ("model", "how"),
    [
        (MODEL, {}),
        ("anthropic:claude-sonnet-4-5", {}),
        ("claude-sonnet-4-5", {}),
        ("claude-sonnet-4-5", {"custom_llm_provider": "anthropic"}),
    ],
)
def test_names_of_the_model(server: Server, model: str, how: dict[str, Any]) -> None:
    server.play(script(anthropic.answer("Hello")))
    for base in (server.url, server.url.removesuffix("/v1")):
        assert whole(server, model, api_base=base, **how).choices[0].message.content == "Hello"
    assert [one.request.path for one in server.exchanges] == ["/v1/messages"] * 2
    assert server.exchange().request.json == BODY


def test_claude_on_azure(server: Server) -> None:
    server.play(script(anthropic.answer("Hello")))
    response = whole(server, "azure/anthropic/claude-sonnet-4-5", api_base=server.url.removesuffix("/v1"))
    request = server.exchange().request
    assert request.path == "/anthropic/v1/messages"
    assert request.headers["api-key"] == KEY
    assert request.headers["anthropic-version"] == "2023-06-01"
    assert request.json == BODY
    assert response.choices[0].message.content == "Hello"


@pytest.mark.parametrize("name", ["ANTHROPIC_API_BASE", "ANTHROPIC_BASE_URL"])
def test_the_environment(server: Server, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for variable in ("ANTHROPIC_API_BASE", "ANTHROPIC_BASE_URL"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv(name, server.url.removesuffix("/v1"))
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    server.play(script(anthropic.answer("Hello")))
    assert texts(rillm.stream(MODEL, MESSAGES)) == "Hello"
    assert server.exchange().request.headers["x-api-key"] == KEY


def test_the_connection_is_used_again(server: Server) -> None:
    server.play(script(anthropic.answer("Hello")))
    for _ in range(3):
        streamed(server)
    assert server.connections == 1


@every_way
@pytest.mark.parametrize(
    ("status", "kind", "error"),
    [
        (400, "invalid_request_error", errors.BadRequestError),
        (401, "authentication_error", errors.AuthenticationError),
        (403, "permission_error", errors.PermissionDeniedError),
        (404, "not_found_error", errors.NotFoundError),
        (413, "request_too_large", errors.BadRequestError),
        (429, "rate_limit_error", errors.RateLimitError),
        (500, "api_error", errors.InternalServerError),
        (503, "overloaded_error", errors.ServiceUnavailableError),
    ],
)
def test_a_refused_request(server: Server, ask: Ask, status: int, kind: str, error: type[rillm.RillmError]) -> None:
    body = {"type": "error", "error": {"type": kind, "message": "Because."}, "request_id": "req_1"}
    server.play(script(json.dumps(body).encode(), status=status, headers={"Content-Type": "application/json"}))
    with pytest.raises(error) as caught:
        ask(server)
    assert caught.value.status_code == status
    assert "Because." in caught.value.message
    assert (caught.value.llm_provider, caught.value.model) == ("anthropic", "claude-sonnet-4-5")
    assert caught.value.type == kind


@every_way
def test_an_error_before_the_first_chunk_is_tried_again(server: Server, ask: Ask) -> None:
    overloaded = anthropic.event({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})
    server.play(script(anthropic.start() + overloaded), script(anthropic.answer("Hello")))
    assert ask(server, max_retries=1).choices[0].message.content == "Hello"


@pytest.mark.parametrize("ask", [streamed, astreamed])
def test_an_error_after_a_chunk(server: Server, ask: Ask) -> None:
    overloaded = anthropic.event({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})
    server.play(script(anthropic.start() + anthropic.text("Hel") + overloaded))
    with pytest.raises(errors.ServiceUnavailableError) as caught:
        ask(server, max_retries=1)
    assert caught.value.status_code == 529
    assert caught.value.partial is not None
    assert caught.value.partial.choices[0].message.content == "Hel"
    assert caught.value.partial.usage.prompt_tokens == 7


def test_what_cannot_be_done_is_told_before_anything_is_sent(server: Server) -> None:
    with pytest.raises(errors.UnsupportedParamsError, match="'n'"):
        whole(server, n=2)
    assert not server.exchanges
    server.play(script(anthropic.answer("Hello")))
    assert whole(server, n=2, drop_params=True).choices[0].message.content == "Hello"
    assert server.exchange().request.json == BODY


def test_leaving_early_knows_what_the_prompt_has_cost(server: Server) -> None:
    seen: list[rillm.Cost] = []
    server.play(script(anthropic.start(input_tokens=9, cache_read_input_tokens=100) + anthropic.text("Hello"), 5.0))
    for _ in rillm.stream(MODEL, MESSAGES, **to(server, {})).pipe(rillm.cost_tap(seen.append)):
        break
    (cost,) = seen
    assert cost.estimated
    assert (cost.usage.prompt_tokens, cost.usage.completion_tokens) == (109, 2)
    assert cost.usd == pytest.approx((9 * 3 + 100 * 0.3 + 2 * 15) / 1_000_000)
