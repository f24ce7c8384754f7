"""Calls to Amazon Bedrock over real sockets: what is sent, as whom, and what comes back."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

import rillm
from tests.kit import amazon
from tests.kit.leaks import run
from tests.kit.server import script

if TYPE_CHECKING:
    from collections.abc import Callable

    from rillm import ModelResponse
    from tests.kit.http import Request
    from tests.kit.server import Answer, Server

    Ask = Callable[..., ModelResponse]

auth: Any = pytest.importorskip("botocore.auth")
awsrequest: Any = pytest.importorskip("botocore.awsrequest")
Credentials: Any = pytest.importorskip("botocore.credentials").Credentials

MODEL = "us.anthropic.claude-sonnet-4-20250514-v1:0"
PATH = "/v1/model/us.anthropic.claude-sonnet-4-20250514-v1%3A0/converse-stream"
MESSAGES = [{"role": "user", "content": "Hi"}]
BODY = {"messages": [{"role": "user", "content": [{"text": "Hi"}]}], "inferenceConfig": {"maxTokens": 5}}
KEYS = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "hush-hush", "aws_region_name": "eu-west-1"}


def played(body: bytes) -> Answer:
    return script(*[body[start : start + 100] for start in range(0, len(body), 100)], headers=amazon.HEADERS)


def streamed(server: Server, model: str = MODEL, **params: Any) -> ModelResponse:
    chunks = list(rillm.completion(f"bedrock/{model}", MESSAGES, stream=True, **to(server, params)))
    response = rillm.stream_chunk_builder(chunks)
    assert response is not None
    return response


def whole(server: Server, model: str = MODEL, **params: Any) -> ModelResponse:
    return rillm.completion(f"bedrock/{model}", MESSAGES, stream=False, **to(server, params))


def astreamed(server: Server, model: str = MODEL, **params: Any) -> ModelResponse:
    async def main() -> ModelResponse:
        stream = await rillm.acompletion(f"bedrock/{model}", MESSAGES, stream=True, **to(server, params))
        response = rillm.stream_chunk_builder([chunk async for chunk in stream])
        assert response is not None
        return response

    return run(main())


def awhole(server: Server, model: str = MODEL, **params: Any) -> ModelResponse:
    async def main() -> ModelResponse:
        return await rillm.acompletion(f"bedrock/{model}", MESSAGES, stream=False, **to(server, params))

    return run(main())


def to(server: Server, params: dict[str, Any]) -> dict[str, Any]:
    return {"api_base": server.url, "max_retries": 0, "max_tokens": 5, **params}


ways = pytest.mark.parametrize("ask", [streamed, whole, astreamed, awhole])


@pytest.fixture(autouse=True)
def _nobody(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No key of the machine's user is found."""
    nothing = str(tmp_path_factory.mktemp("aws") / "none")
    for name in ("AWS_BEARER_TOKEN_BEDROCK", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_SESSION_TOKEN", "AWS_REGION_NAME", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ROLE_ARN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, nothing)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@ways
def test_with_an_api_key(server: Server, ask: Ask) -> None:
    server.play(played(amazon.answer("Hel", "lo")))
    response = ask(server, api_key="key-1")
    assert response.choices[0].message.content == "Hello"
    assert response.choices[0].finish_reason == "stop"
    assert (response.model, response.usage.total_tokens) == (MODEL, 4)
    request = server.exchange().request
    assert (request.method, request.path) == ("POST", PATH)
    assert request.headers["authorization"] == "Bearer key-1"
    assert request.headers["accept"] == "application/vnd.amazon.eventstream"
    assert request.headers["content-type"] == "application/json"
    assert request.json == BODY


@ways
@pytest.mark.parametrize("token", [None, "token-1"])
def test_signed(server: Server, ask: Ask, token: str | None) -> None:
    server.play(played(amazon.answer("Hello")))
    response = ask(server, aws_session_token=token, **KEYS)
    assert response.choices[0].message.content == "Hello"
    request = server.exchange().request
    assert (request.path, request.json) == (PATH, BODY)
    assert request.headers.get("x-amz-security-token") == token
    assert request.headers["authorization"] == signature_of(request, server, token)


def signature_of(request: Request, server: Server, token: str | None) -> str:
    """What botocore's own client would have signed this with, at the time that it was."""
    url = f"http://127.0.0.1:{server.port}{request.path}"
    signed = awsrequest.AWSRequest("POST", url, {"Content-Type": "application/json"}, request.body)
    signed.context["timestamp"] = signed.headers["X-Amz-Date"] = request.headers["x-amz-date"]
    if token is not None:
        signed.headers["X-Amz-Security-Token"] = token
    signer = auth.SigV4Auth(Credentials("AKIDEXAMPLE", "hush-hush", token), "bedrock", "eu-west-1")
    signature = signer.signature(signer.string_to_sign(signed, signer.canonical_request(signed)), signed)
    names = signer.signed_headers(signer.headers_to_sign(signed))
    scope = signer.scope(signed)
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders={names}, Signature={signature}"


def test_signed_with_keys_of_the_environment(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.play(played(amazon.answer("Hello")))
    monkeypatch.setenv("AWS_REGION", "us-west-2")
    for key in ("FIRST", "SECOND"):
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
        whole(server)
    for number, key in enumerate(("FIRST", "SECOND")):
        signature = server.exchange(number).request.headers["authorization"]
        assert f"Credential={key}/" in signature
        assert "/us-west-2/bedrock/aws4_request" in signature


def test_signed_as_a_profile_says(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    server.play(played(amazon.answer("Hello")))
    config = tmp_path / "config"
    config.write_text("[profile work]\nregion = ap-south-1\naws_access_key_id = WORK\naws_secret_access_key = hush\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    whole(server, aws_profile_name="work")
    signature = server.exchange().request.headers["authorization"]
    assert "Credential=WORK/" in signature
    assert "/ap-south-1/bedrock/aws4_request" in signature


@pytest.mark.parametrize(
    ("params", "kind", "words"),
    [
        ({"aws_region_name": "eu-west-1"}, rillm.AuthenticationError, "AWS_BEARER_TOKEN_BEDROCK"),
        ({"aws_region_name": "eu-west-1", "aws_profile_name": "none"}, rillm.AuthenticationError, "none"),
        ({**KEYS, "aws_secret_access_key": None}, rillm.AuthenticationError, "together"),
        ({**KEYS, "aws_region_name": None}, rillm.BadRequestError, "AWS_REGION"),
        ({**KEYS, "aws_role_name": "r"}, rillm.UnsupportedParamsError, "aws_profile_name"),
    ],
)
def test_nobody_to_sign_as(server: Server, params: dict[str, Any], kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        whole(server, **params)
    assert not server.exchanges


def test_without_botocore(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.play(played(amazon.answer("Hello")))
    for name in ("botocore.auth", "botocore.session"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(rillm.MissingExtraError, match=r"rillm\[bedrock\]"):
        whole(server, **KEYS)
    assert whole(server, api_key="key-1").choices[0].message.content == "Hello"


def test_keys_stay_here(server: Server) -> None:
    server.play(played(amazon.answer("Hello")))
    heard: list[Any] = []

    def hear(kwargs: dict[str, Any], *_rest: Any) -> None:
        heard.append(kwargs)

    keys = {**KEYS, "aws_session_token": "token-1"}
    whole(server, **keys, success_callback=[hear])
    shown = repr(heard)
    assert "AKIDEXAMPLE" not in shown
    assert "hush-hush" not in shown
    assert "token-1" not in shown
    assert b"hush" not in server.exchange().request.body


@pytest.mark.parametrize(
    ("model", "action", "answer"),
    [
        ("converse/amazon.nova-lite-v1:0", "converse-stream", amazon.answer("Hello")),
        ("invoke/meta.llama3-8b-instruct-v1:0", "invoke-with-response-stream", None),
    ],
)
def test_routes(server: Server, model: str, action: str, answer: bytes | None) -> None:
    metrics = {"amazon-bedrock-invocationMetrics": {"inputTokenCount": 3, "outputTokenCount": 1}}
    chunk = {"generation": "Hello", "stop_reason": "stop", **metrics}
    server.play(played(answer or amazon.wrapped(chunk)))
    response = whole(server, model, api_key="key-1")
    assert response.choices[0].message.content == "Hello"
    assert response.usage.total_tokens == 4
    name = model.partition("/")[2]
    assert server.exchange().request.path == f"/v1/model/{name.replace(':', '%3A')}/{action}"


def test_a_connection_is_used_again(server: Server) -> None:
    server.play(played(amazon.answer("Hello")))
    for _ in range(2):
        streamed(server, api_key="key-1")
    assert server.connections == 1


@ways
def test_throttled_in_the_middle(server: Server, ask: Ask) -> None:
    server.play(played(amazon.START + amazon.text("Hel") + amazon.exception("throttlingException", "Slow down.")))
    with pytest.raises(rillm.RateLimitError, match="Slow down") as caught:
        ask(server, api_key="key-1")
    error = caught.value
    assert error.status_code == 429
    assert error.partial is not None
    assert error.partial.choices[0].message.content == "Hel"


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (400, b'{"message":"Input is too long for requested model."}', rillm.ContextWindowExceededError, "too long"),
        (403, b'{"Message":"User is not authorized."}', rillm.PermissionDeniedError, "not authorized"),
        (429, b'{"message":"Too many requests."}', rillm.RateLimitError, "Too many requests"),
    ],
)
def test_refused(server: Server, status: int, body: bytes, kind: type[Exception], words: str) -> None:
    server.play(script(body, status=status, headers={"Content-Type": "application/json"}))
    with pytest.raises(kind, match=words):
        whole(server, api_key="key-1")
