from __future__ import annotations

import pytest

from rillm.providers.azure import chat_completions_url, responses_url
from rillm.providers.registry import PROVIDERS
from rillm.streams.errors import BadRequestError

AZURE, OPENAI = PROVIDERS["azure"], PROVIDERS["openai"]
RESOURCE = "https://mine.openai.azure.com"
DATED = f"{RESOURCE}/openai/deployments/my-gpt/chat/completions?api-version="
V1 = f"{RESOURCE}/openai/v1/chat/completions"
RESPONSES_V1 = f"{RESOURCE}/openai/v1/responses"
DATED_RESPONSES = f"{RESOURCE}/openai/responses?api-version="


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*AZURE.key_env, *AZURE.base_url_env, "AZURE_API_VERSION", "OPENAI_API_VERSION"):
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
    ],
)
def test_azure_url(base: str, version: str | None, url: str) -> None:
    assert chat_completions_url(AZURE, AZURE.url(base), "my-gpt", version) == url


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
    assert chat_completions_url(AZURE, RESOURCE, "my-gpt") == DATED + version
    assert chat_completions_url(AZURE, RESOURCE, "my-gpt", "2023-05-15") == DATED + "2023-05-15"


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
    url = chat_completions_url(AZURE, RESOURCE, "a/../b?c", "2024-10-21")
    assert url == f"{RESOURCE}/openai/deployments/a%2F..%2Fb%3Fc/chat/completions?api-version=2024-10-21"


@pytest.mark.parametrize("base", ["https://api.openai.com/v1", "https://api.openai.com/v1/chat/completions"])
def test_other_providers(base: str) -> None:
    assert chat_completions_url(OPENAI, base, "gpt-4o", "ignored") == "https://api.openai.com/v1/chat/completions"
