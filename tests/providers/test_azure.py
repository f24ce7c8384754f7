from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

import rillm
from rillm.providers.azure import entra_token, openai_url, responses_url, takes_usage_option
from rillm.providers.registration import PROVIDERS
from rillm.streams.errors import AuthenticationError, BadRequestError
from tests.kit import wire
from tests.kit.calls import MESSAGES, texts
from tests.kit.requests import encoded, recordings
from tests.kit.server import script

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kit.server import Server

AZURE, OPENAI = PROVIDERS["azure"], PROVIDERS["openai"]
RESOURCE = "https://mine.openai.azure.com"
DATED = f"{RESOURCE}/openai/deployments/my-gpt/chat/completions?api-version="
V1 = f"{RESOURCE}/openai/v1/chat/completions"
RESPONSES_V1 = f"{RESOURCE}/openai/v1/responses"
DATED_RESPONSES = f"{RESOURCE}/openai/responses?api-version="


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*AZURE.key_env, *AZURE.base_url_env, "AZURE_API_VERSION", "OPENAI_API_VERSION", "AZURE_AD_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("base", "version", "url"),
    [
        (RESOURCE, "2025-01-01-preview", DATED + "2025-01-01-preview"),
        (f"{RESOURCE}/", "2025-01-01-preview", DATED + "2025-01-01-preview"),
        (f"{RESOURCE}/openai", "2025-01-01-preview", DATED + "2025-01-01-preview"),
        (f"{RESOURCE}/openai/deployments/my-gpt/", "2025-01-01-preview", DATED + "2025-01-01-preview"),
        (DATED + "2024-06-01", "2025-01-01-preview", DATED + "2024-06-01"),
        (RESOURCE, None, DATED + "2024-10-21"),
        (f"{RESOURCE}/openai/v1/", None, V1),
        (f"{RESOURCE}/openai/v1", "2025-01-01-preview", V1),
        (RESOURCE, "v1", V1),
        (f"{RESOURCE}/models", None, f"{RESOURCE}/models/chat/completions?api-version=2024-05-01-preview"),
        (f"{RESOURCE}/models/", "2025-04-01", f"{RESOURCE}/models/chat/completions?api-version=2025-04-01"),
    ],
)
def test_azure_url(base: str, version: str | None, url: str) -> None:
    assert openai_url(AZURE, AZURE.url(base), "my-gpt", version) == url


@pytest.mark.parametrize(
    ("base", "version", "url"),
    [
        (RESOURCE, None, RESPONSES_V1),
        (f"{RESOURCE}/", "preview", RESPONSES_V1),
        (f"{RESOURCE}/openai", "2024-10-21", RESPONSES_V1),
        (f"{RESOURCE}/openai/v1", "2025-04-01-preview", RESPONSES_V1),
        (f"{RESOURCE}/openai/v1/responses", None, RESPONSES_V1),
        (RESOURCE, "2025-04-01-preview", DATED_RESPONSES + "2025-04-01-preview"),
        (f"{RESOURCE}/openai/deployments/my-gpt", "2025-03-01-preview", DATED_RESPONSES + "2025-03-01-preview"),
        (f"{DATED_RESPONSES}2025-04-01-preview", None, DATED_RESPONSES + "2025-04-01-preview"),
    ],
)
def test_url_of_responses(base: str, version: str | None, url: str) -> None:
    assert responses_url(AZURE, AZURE.url(base), version) == url


def test_a_version_from_the_environment_that_has_responses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_API_VERSION", "2024-10-21")
    assert responses_url(AZURE, RESOURCE) == RESPONSES_V1
    monkeypatch.setenv("AZURE_API_VERSION", "2025-04-01-preview")
    assert responses_url(AZURE, RESOURCE) == DATED_RESPONSES + "2025-04-01-preview"


@pytest.mark.parametrize("base", ["https://api.openai.com/v1", "https://api.openai.com/v1/responses"])
def test_url_of_responses_elsewhere(base: str) -> None:
    assert responses_url(OPENAI, base, "ignored") == "https://api.openai.com/v1/responses"


@pytest.mark.parametrize(
    ("environment", "version"),
    [
        ({"AZURE_API_VERSION": "2024-06-01", "OPENAI_API_VERSION": "2024-02-01"}, "2024-06-01"),
        ({"OPENAI_API_VERSION": "2024-02-01"}, "2024-02-01"),
    ],
)
def test_version_from_environment(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], version: str) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert openai_url(AZURE, RESOURCE, "my-gpt") == DATED + version
    assert openai_url(AZURE, RESOURCE, "my-gpt", "2023-05-15") == DATED + "2023-05-15"


@pytest.mark.parametrize("name", ["AZURE_API_BASE", "AZURE_OPENAI_ENDPOINT"])
def test_base_from_environment(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    with pytest.raises(BadRequestError, match=name):
        AZURE.url(None)
    monkeypatch.setenv(name, f"{RESOURCE}/")
    assert AZURE.url(None) == RESOURCE


def test_key_header(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "secret")
    assert AZURE.auth_headers(AZURE.key()) == {"api-key": "secret"}


def test_a_deployment_cannot_leave_its_place_in_the_path() -> None:
    url = openai_url(AZURE, RESOURCE, "a/../b?c", "2024-10-21")
    assert url == f"{RESOURCE}/openai/deployments/a%2F..%2Fb%3Fc/chat/completions?api-version=2024-10-21"


@pytest.mark.parametrize("base", ["https://api.openai.com/v1", "https://api.openai.com/v1/chat/completions"])
def test_other_providers(base: str) -> None:
    assert openai_url(OPENAI, base, "gpt-4o", "ignored") == "https://api.openai.com/v1/chat/completions"


@pytest.mark.parametrize(
    ("base", "version", "takes"),
    [
        (RESOURCE, None, True),
        (RESOURCE, "2024-09-01-preview", True),
        (RESOURCE, "2025-04-01-preview", True),
        (RESOURCE, "2024-08-01-preview", False),
        (RESOURCE, "2024-06-01", False),
        (RESOURCE, "v1", True),
        (f"{RESOURCE}/openai/v1", "2024-06-01", True),
        (f"{RESOURCE}/models", "2024-05-01-preview", True),
        (DATED + "2024-06-01", None, False),
        (DATED + "2024-10-21", "2024-06-01", True),
    ],
)
def test_old_versions_do_not_take_stream_options(base: str, version: str | None, takes: bool) -> None:  # noqa: FBT001
    assert takes_usage_option(AZURE, base, version) == takes
    body = encoded("azure", base=base, api_version=version, stream_options={"include_usage": True}).body
    assert ("stream_options" in body) == takes


def token() -> str:
    return "made"


@pytest.mark.parametrize(
    ("params", "environment", "expected"),
    [
        ({}, {}, None),
        ({"azure_ad_token": "given"}, {"AZURE_API_KEY": "key"}, "given"),
        ({"azure_ad_token_provider": token}, {"AZURE_API_KEY": "key"}, "made"),
        ({}, {"AZURE_AD_TOKEN": "set"}, "set"),
        ({}, {"AZURE_AD_TOKEN": "set", "AZURE_API_KEY": "key"}, None),
        ({"api_key": "key"}, {"AZURE_AD_TOKEN": "set"}, None),
    ],
)
def test_a_token_in_place_of_a_key(
    monkeypatch: pytest.MonkeyPatch, params: dict[str, Any], environment: dict[str, str], expected: str | None
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert entra_token(AZURE, params, params.get("api_key")) == expected
    assert entra_token(OPENAI, params, params.get("api_key")) is None


def test_a_call_with_a_token(server: Server) -> None:
    server.play(script(wire.answer("Hi")))
    call: dict[str, Any] = {"messages": MESSAGES, "api_base": server.url, "azure_ad_token_provider": token}
    assert texts(rillm.completion("azure/my-gpt", **call, stream=True)) == "Hi"
    request = server.exchange().request
    assert request.headers["authorization"] == "Bearer made"
    assert "api-key" not in request.headers
    assert request.path == "/v1/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21"
    assert "token" not in request.body.decode()
    with pytest.raises(AuthenticationError, match="AZURE_API_KEY"):
        rillm.completion("azure/my-gpt", messages=MESSAGES, api_base=server.url)


@pytest.mark.parametrize("folder", recordings("openai-chat", "azure"))
def test_recorded_requests(folder: Path) -> None:
    """We ask for usage wherever the version of the API takes that, and name the deployment also in the body."""
    recorded: dict[str, Any] = json.loads((folder / "request.json").read_bytes())
    url: str = json.loads((folder / "meta.json").read_bytes())["url"]
    base = url.partition("/openai/")[0].partition("/chat/completions")[0]
    version = parse_qs(urlsplit(url).query).get("api-version", [None])[0]
    call = {name: value for name, value in recorded.items() if name not in {"model", "messages", "stream"}}
    model: str = recorded.get("model") or url.partition("/deployments/")[2].partition("/")[0]
    request = encoded("azure", recorded["messages"], model=model, base=base, api_version=version, **call)
    assert request.url == (url if version else f"{url}?api-version=2024-10-21")
    asked = {} if version and version < "2024-05" else {"stream_options": {"include_usage": True}}
    assert request.body == {"model": model, **recorded, **asked}
