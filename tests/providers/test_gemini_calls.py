"""Calls of Google's models over a real connection."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

import rillm
from rillm.providers.registration import PROVIDERS
from rillm.providers.request import ChatCall
from rillm.providers.routes import route
from rillm.providers.vertex import found_credentials, host_of, raw_predict
from rillm.streams.errors import AuthenticationError, BadRequestError, MissingExtraError, RateLimitError
from tests.kit.calls import KEY, MESSAGES
from tests.kit.leaks import run
from tests.kit.server import Do, script

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.kit.server import Server

    Ask = Callable[..., rillm.ModelResponse | None]

CONTENTS = [{"role": "user", "parts": [{"text": "Hi"}]}]
ASK = "streamGenerateContent?alt=sse"
GEMINI = "/v1/models/gemini-2.5-flash:" + ASK
VERTEX = "/v1/projects/p1/locations/{}/publishers/google/models/gemini-2.5-flash:" + ASK


def event(text: str, **candidate: Any) -> bytes:
    content = {"role": "model", "parts": [{"text": text}]}
    usage = {"promptTokenCount": 3, "candidatesTokenCount": 2, "totalTokenCount": 5}
    chunk = {"candidates": [{"content": content, **candidate}], "usageMetadata": usage, "responseId": "r1"}
    return b"data: %b\r\n\r\n" % json.dumps(chunk).encode()


ANSWER = script(event("Hel"), event("lo", finishReason="STOP"))


def whole(model: str, **params: Any) -> rillm.ModelResponse:
    return rillm.completion(model, MESSAGES, stream=False, max_retries=0, **params)


def awhole(model: str, **params: Any) -> rillm.ModelResponse:
    return run(rillm.acompletion(model, MESSAGES, stream=False, max_retries=0, **params))


def streamed(model: str, **params: Any) -> rillm.ModelResponse | None:
    return rillm.stream_chunk_builder(list(rillm.completion(model, MESSAGES, stream=True, max_retries=0, **params)))


def astreamed(model: str, **params: Any) -> rillm.ModelResponse | None:
    async def main() -> rillm.ModelResponse | None:
        chunks = await rillm.acompletion(model, MESSAGES, stream=True, max_retries=0, **params)
        return rillm.stream_chunk_builder([chunk async for chunk in chunks])

    return run(main())


WAYS = pytest.mark.parametrize("ask", [whole, awhole, streamed, astreamed])


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("GEMINI_API_KEY", "GOOGLE_API_KEY", "VERTEXAI_PROJECT", "GOOGLE_CLOUD_PROJECT", "VERTEXAI_LOCATION"):
        monkeypatch.delenv(name, raising=False)
    for name in ("VERTEX_LOCATION", "GOOGLE_CLOUD_LOCATION", "GOOGLE_APPLICATION_CREDENTIALS"):
        monkeypatch.delenv(name, raising=False)
    yield
    found_credentials.cache_clear()


@pytest.fixture(scope="module")
def private_key() -> str:
    key = rsa.generate_private_key(65537, 2048)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return key.private_bytes(*form).decode()


@pytest.fixture
def account(server: Server, private_key: str) -> dict[str, str]:
    """The key of a service account whose tokens the scripted server gives."""
    names = {"type": "service_account", "project_id": "p1", "client_email": "a@e.org", "private_key_id": "k1"}
    return {**names, "private_key": private_key, "token_uri": server.url.replace("/v1", "/token")}


def token(value: str, **fields: Any) -> Any:
    body = json.dumps({"access_token": value, "token_type": "Bearer", "expires_in": 3600}).encode()
    return script(body, headers={"Content-Type": "application/json"}, **fields)


@WAYS
@pytest.mark.parametrize("model", ["gemini/gemini-2.5-flash", "gemini:gemini-2.5-flash", "gemini-2.5-flash"])
def test_gemini(server: Server, ask: Ask, model: str) -> None:
    server.play(ANSWER)
    response = ask(model, api_base=server.url, api_key=KEY, temperature=0)
    request = server.exchange().request
    assert (request.method, request.path) == ("POST", GEMINI)
    assert request.headers["x-goog-api-key"] == KEY
    assert "authorization" not in request.headers
    assert request.json == {"contents": CONTENTS, "generationConfig": {"temperature": 0}}
    assert response is not None
    assert (response.choices[0].message.content, response.choices[0].finish_reason) == ("Hello", "stop")
    assert (response.id, response.model, response.usage.total_tokens) == ("r1", "gemini-2.5-flash", 5)


@pytest.mark.parametrize("names", [("GEMINI_API_KEY",), ("GOOGLE_API_KEY",), ("GEMINI_API_KEY", "GOOGLE_API_KEY")])
def test_the_key_of_the_environment(server: Server, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...]) -> None:
    monkeypatch.setenv("GEMINI_API_BASE", server.url)
    for name in names:
        monkeypatch.setenv(name, name)
    server.play(ANSWER)
    whole("gemini/gemini-2.5-flash")
    assert server.exchange().request.headers["x-goog-api-key"] == names[0]


def test_a_connection_is_used_again(server: Server) -> None:
    server.play(ANSWER)
    for ask in (whole, streamed, whole):
        ask("gemini/gemini-2.5-flash", api_base=server.url, api_key=KEY)
    assert server.connections == 1


def test_a_connection_that_is_left_at_the_finish_is_used_again(server: Server) -> None:
    server.play(script(event("Hello", finishReason="STOP")))
    for _ in range(2):
        stream = rillm.completion(
            "gemini/gemini-2.5-flash", MESSAGES, stream=True, api_base=server.url, api_key=KEY, max_retries=0
        )
        assert next(stream).choices[0].delta.content == "Hello"
        stream.close()
    assert server.connections == 1


@WAYS
def test_a_connection_that_breaks_after_the_finish(server: Server, ask: Ask) -> None:
    server.play(script(event("Hello", finishReason="STOP"), 0.05, Do.CUT))
    response = ask("gemini/gemini-2.5-flash", api_base=server.url, api_key=KEY)
    assert response is not None
    assert response.choices[0].message.content == "Hello"


def test_an_error_answer(server: Server) -> None:
    error = {"error": {"code": 429, "message": "Quota exceeded.", "status": "RESOURCE_EXHAUSTED"}}
    server.play(script(json.dumps([error]).encode(), status=429, headers={"Content-Type": "application/json"}))
    with pytest.raises(RateLimitError, match="Quota exceeded") as caught:
        whole("gemini/gemini-2.5-flash", api_base=server.url, api_key=KEY)
    assert (caught.value.status_code, caught.value.llm_provider) == (429, "gemini")


def test_another_api_of_gemini(server: Server) -> None:
    body = b"[%b\n,\r\n%b]" % (event("Hel")[6:-4], event("lo", finishReason="STOP")[6:-4])
    server.play(script(body, headers={"Content-Type": "application/json"}))
    for model, params in (
        ("gemini/json-array/gemini-2.5-flash", {}),
        ("gemini/gemini-2.5-flash", {"api": "json-array"}),
    ):
        response = whole(model, api_base=server.url, api_key=KEY, **params)
        assert response.choices[0].message.content == "Hello"
    assert {one.request.path for one in server.exchanges} == {GEMINI.removesuffix("?alt=sse")}


def test_interactions(server: Server) -> None:
    events = [
        {"event_type": "interaction.created", "interaction": {"id": "i1"}},
        {"event_type": "step.delta", "delta": {"type": "text", "text": "Hello"}},
        {"event_type": "interaction.completed", "interaction": {"id": "i1", "status": "completed"}},
    ]
    lines = [b"event: %b\ndata: %b\n\n" % (str(one["event_type"]).encode(), json.dumps(one).encode()) for one in events]
    server.play(script(*lines, b"event: done\ndata: [DONE]\n\n"))
    for ask in (whole, awhole, streamed, astreamed):
        response = ask("gemini/interactions/gemini-2.5-flash", api_base=server.url, api_key=KEY)
        assert response is not None
        assert (response.choices[0].message.content, response.id) == ("Hello", "i1")
    request = server.exchange().request
    assert (request.path, request.headers["api-revision"]) == ("/v1/interactions", "2026-05-20")
    assert request.json["input"] == [{"type": "user_input", "content": [{"type": "text", "text": "Hi"}]}]


@WAYS
def test_vertex_with_a_token(server: Server, ask: Ask) -> None:
    server.play(ANSWER)
    response = ask(
        "vertex_ai/gemini-2.5-flash",
        api_base=server.url,
        api_key="ya29.token",
        vertex_project="p1",
        vertex_location="us-central1",
        vertex_credentials="not read",
    )
    request = server.exchange().request
    assert request.path == VERTEX.format("us-central1")
    assert request.headers["authorization"] == "Bearer ya29.token"
    assert request.json == {"contents": CONTENTS}
    assert response is not None
    assert response.choices[0].message.content == "Hello"


@pytest.mark.parametrize("project", ["VERTEXAI_PROJECT", "GOOGLE_CLOUD_PROJECT"])
@pytest.mark.parametrize("location", ["VERTEXAI_LOCATION", "VERTEX_LOCATION", "GOOGLE_CLOUD_LOCATION", None])
def test_vertex_of_the_environment(
    server: Server, monkeypatch: pytest.MonkeyPatch, project: str, location: str | None
) -> None:
    monkeypatch.setenv(project, "p1")
    if location:
        monkeypatch.setenv(location, "europe-west4")
    server.play(ANSWER)
    whole("vertex_ai/gemini-2.5-flash", api_base=server.url, api_key=KEY)
    assert server.exchange().request.path == VERTEX.format("europe-west4" if location else "global")


@WAYS
def test_vertex_with_application_default_credentials(
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    account: dict[str, str],
    ask: Ask,
) -> None:
    path = tmp_path / "account.json"
    path.write_text(json.dumps(account))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    server.play(token("t1"), ANSWER)
    for _ in range(2):  # the second call has the token of the first one
        response = ask("vertex_ai/gemini-2.5-flash", api_base=server.url)
        assert response is not None
        assert response.choices[0].message.content == "Hello"
    asked, *requests = [exchange.request for exchange in server.exchanges]
    assert asked.path == "/token"
    assert [request.path for request in requests] == [VERTEX.format("global")] * 2
    assert [request.headers["authorization"] for request in requests] == ["Bearer t1"] * 2


def test_asking_for_a_token_does_not_hold_up_the_event_loop(server: Server, account: dict[str, str]) -> None:
    gate = server.gate()
    server.play(token("t1", before=gate), ANSWER)

    async def main() -> rillm.ModelResponse:
        call = asyncio.create_task(
            rillm.acompletion(
                "vertex_ai/gemini-2.5-flash", MESSAGES, stream=False, api_base=server.url, vertex_credentials=account,
                vertex_project="p1",
            )
        )  # fmt: skip
        asked = await asyncio.to_thread(server.exchange)
        assert not asked.over.is_set()
        gate.open()
        return await call

    assert run(main()).choices[0].message.content == "Hello"


@pytest.mark.parametrize("form", ["object", "text", "path"])
def test_vertex_with_the_key_of_a_service_account(
    server: Server, tmp_path: Path, account: dict[str, str], form: str
) -> None:
    path = tmp_path / "account.json"
    path.write_text(json.dumps(account))
    given = {"object": account, "text": json.dumps(account), "path": str(path)}[form]
    server.play(token("t2"), ANSWER)
    whole("vertex_ai/gemini-2.5-flash", api_base=server.url, vertex_credentials=given)
    assert server.exchange(1).request.headers["authorization"] == "Bearer t2"
    assert server.exchange(1).request.path == VERTEX.format("global")


@pytest.mark.parametrize("given", ["/nowhere/at/all.json", '{"type": "service_account"}', "{"])
def test_vertex_with_no_credentials(given: str) -> None:
    with pytest.raises(AuthenticationError, match="No token for Vertex AI"):
        whole("vertex_ai/gemini-2.5-flash", vertex_credentials=given)


@pytest.mark.parametrize(
    "given", ["eyJ0eXAi" * 99, '{"private_key": "eyJ0eXAi",', "eyJ0eXAi\0", {"private_key": "eyJ0eXAi"}, "eyJ0eXAi"]
)
def test_vertex_credentials_are_in_no_error(tmp_path: Path, given: Any) -> None:
    broken = tmp_path / "account.json"
    broken.write_text('{"private_key": "eyJ0eXAi",')
    for credentials in (given, str(broken)):
        with pytest.raises(AuthenticationError, match="No token for Vertex AI") as caught:
            whole("vertex_ai/gemini-2.5-flash", vertex_credentials=credentials)
        error: BaseException | None = caught.value
        while error is not None:
            assert "eyJ0eXAi" not in f"{error} {error!r} {vars(error)} {getattr(error, 'doc', None)}"
            error = error.__cause__ or error.__context__


def test_vertex_where_google_gives_no_token(server: Server, account: dict[str, str]) -> None:
    refused = script(b'{"error": "invalid_grant"}', status=400, headers={"Content-Type": "application/json"})
    server.play(refused)
    with pytest.raises(AuthenticationError, match="invalid_grant"):
        whole("vertex_ai/gemini-2.5-flash", api_base=server.url, vertex_credentials=account)


def test_vertex_without_google_auth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "google.auth", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'rillm\[vertex\]'"):
        whole("vertex_ai/gemini-2.5-flash", vertex_project="p1")


def test_vertex_without_a_project() -> None:
    with pytest.raises(BadRequestError, match="VERTEXAI_PROJECT"):
        whole("vertex_ai/gemini-2.5-flash", api_key=KEY)


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("global", "https://aiplatform.googleapis.com/v1"),
        ("us-central1", "https://us-central1-aiplatform.googleapis.com/v1"),
        ("eu", "https://aiplatform.eu.rep.googleapis.com/v1"),
    ],
)
def test_hosts(location: str, url: str) -> None:
    assert host_of(location) == url


@pytest.mark.parametrize("location", ["evil.org/", "", "us central1", "US"])
def test_no_hosts(location: str) -> None:
    with pytest.raises(BadRequestError, match="vertex_location="):
        host_of(location)


@pytest.mark.parametrize(
    ("model", "params", "expected"),
    [
        ("gemini-2.5-flash", {}, ("gemini", "gemini-2.5-flash")),
        ("claude-sonnet-4-5@20250929", {}, ("anthropic-messages", "claude-sonnet-4-5@20250929")),
        ("claude-sonnet-4-5", {"api": "gemini"}, ("gemini", "claude-sonnet-4-5")),
    ],
)
def test_routes_of_vertex(model: str, params: dict[str, str], expected: tuple[str, str]) -> None:
    assert route(PROVIDERS["vertex_ai"], model, None, params) == expected


def test_claude_on_vertex() -> None:
    """The body is that of Anthropic's own API, without the model, which is part of the address."""
    provider = PROVIDERS["vertex_ai"]
    credentials = {"vertex_project": "p1", "vertex_location": "us-east5"}
    model = "claude-sonnet-4-5@20250929"
    call = ChatCall(provider, model, MESSAGES, {}, provider.url(), key=KEY, credentials=credentials)
    request = raw_predict(call, {"model": call.model, "messages": MESSAGES, "max_tokens": 9})
    host = "https://us-east5-aiplatform.googleapis.com/v1/projects/p1/locations/us-east5"
    assert request.url == f"{host}/publishers/anthropic/models/claude-sonnet-4-5@20250929:streamRawPredict"
    assert request.sign is None
    assert request.body == {
        "anthropic_version": "vertex-2023-10-16",
        "messages": MESSAGES,
        "max_tokens": 9,
        "stream": True,
    }
