from __future__ import annotations

import pytest

from rillm.providers.azure import openai_url
from rillm.providers.registry import PROVIDERS
from rillm.streams.errors import BadRequestError

AZURE, OPENAI = PROVIDERS["azure"], PROVIDERS["openai"]
RESOURCE = "https://mine.openai.azure.com"
DATED = f"{RESOURCE}/openai/deployments/my-gpt/chat/completions?api-version="
V1 = f"{RESOURCE}/openai/v1/chat/completions"


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
    assert openai_url(AZURE, AZURE.url(base), "my-gpt", version) == url


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
