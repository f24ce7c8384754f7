from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from genai_prices.data_snapshot import get_snapshot

from rillm.providers.formats import FORMATS
from rillm.providers.lookalikes import ALIASES, LOOKALIKES
from rillm.providers.natives import NATIVES
from rillm.providers.registration import PROVIDERS
from rillm.providers.resolve import BARE_NAMES, resolve
from rillm.streams.errors import BadRequestError

if TYPE_CHECKING:
    from rillm.providers.provider import Provider

VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
EVERY = (*LOOKALIKES, *NATIVES)
ROWS = pytest.mark.parametrize("provider", EVERY, ids=lambda provider: provider.name)


@pytest.mark.parametrize(
    ("model", "custom", "provider", "name"),
    [
        ("openai/gpt-4o-mini", None, "openai", "gpt-4o-mini"),
        ("openai:gpt-4o-mini", None, "openai", "gpt-4o-mini"),
        ("openai/responses/gpt-5", None, "openai", "responses/gpt-5"),
        ("openai/ft:gpt-4o:acme::1", None, "openai", "ft:gpt-4o:acme::1"),
        ("huggingface/bigcode/starcoder", None, "huggingface", "bigcode/starcoder"),
        ("openrouter/openai/gpt-4o", None, "openrouter", "openai/gpt-4o"),
        ("openrouter:openai/gpt-4o", None, "openrouter", "openai/gpt-4o"),
        ("ollama/llama3:8b", None, "ollama", "llama3:8b"),
        ("ollama:llama3:8b", None, "ollama", "llama3:8b"),
        ("azure/my-deployment", None, "azure", "my-deployment"),
        ("mock/anything", None, "mock", "anything"),
        ("local/qwen2.5-0.5b", None, "local", "qwen2.5-0.5b"),
        ("anthropic/claude-sonnet-4-5", None, "anthropic", "claude-sonnet-4-5"),
        ("anthropic:claude-sonnet-4-5", None, "anthropic", "claude-sonnet-4-5"),
        ("gemini/gemini-2.5-flash", None, "gemini", "gemini-2.5-flash"),
        ("vertex_ai/claude-sonnet-4-5", None, "vertex_ai", "claude-sonnet-4-5"),
        # aliases
        ("together/meta-llama/Llama-3-8b", None, "together_ai", "meta-llama/Llama-3-8b"),
        ("fireworks/accounts/fireworks/models/x", None, "fireworks_ai", "accounts/fireworks/models/x"),
        ("hosted_vllm/facebook/opt-125m", None, "vllm", "facebook/opt-125m"),
        ("cohere_chat/command-r", None, "cohere", "command-r"),
        # bare names
        ("gpt-4o-mini", None, "openai", "gpt-4o-mini"),
        ("gpt-3.5-turbo-instruct", None, "text-completion-openai", "gpt-3.5-turbo-instruct"),
        ("chatgpt-4o-latest", None, "openai", "chatgpt-4o-latest"),
        ("o1", None, "openai", "o1"),
        ("o3-mini", None, "openai", "o3-mini"),
        ("o4-mini", None, "openai", "o4-mini"),
        ("codex-mini-latest", None, "openai", "codex-mini-latest"),
        ("ft:gpt-4o-mini-2024-07-18:acme::1", None, "openai", "ft:gpt-4o-mini-2024-07-18:acme::1"),
        ("deepseek-chat", None, "deepseek", "deepseek-chat"),
        ("mistral-large-latest", None, "mistral", "mistral-large-latest"),
        ("open-mixtral-8x22b", None, "mistral", "open-mixtral-8x22b"),
        ("devstral-medium-latest", None, "mistral", "devstral-medium-latest"),
        ("grok-4", None, "xai", "grok-4"),
        ("sonar", None, "perplexity", "sonar"),
        ("sonar-pro", None, "perplexity", "sonar-pro"),
        ("claude-3-haiku-20240307", None, "anthropic", "claude-3-haiku-20240307"),
        ("gemini-2.5-flash", None, "gemini", "gemini-2.5-flash"),
        ("command-a-03-2025", None, "cohere", "command-a-03-2025"),
        # custom_llm_provider
        ("my-model", "openai", "openai", "my-model"),
        ("gpt-4o", "azure", "azure", "gpt-4o"),
        ("openai/gpt-4o", "openai", "openai", "gpt-4o"),
        ("openai/gpt-4o", "openrouter", "openrouter", "openai/gpt-4o"),
        ("llama3:8b", "ollama", "ollama", "llama3:8b"),
        ("hosted_vllm/org/model", "vllm", "vllm", "org/model"),
        ("nvidia/llama-3.1-nemotron", "nvidia_nim", "nvidia_nim", "nvidia/llama-3.1-nemotron"),
    ],
)
def test_resolve(model: str, custom: str | None, provider: str, name: str) -> None:
    assert resolve(model, custom) == (PROVIDERS[provider], name)


@pytest.mark.parametrize(
    ("model", "custom", "hint"),
    [
        ("", None, "Known providers:"),
        ("my-model", None, "Known providers:"),
        ("llama3:8b", None, "Did you mean 'ollama/llama3:8b'?"),
        ("deepseek-r1:7b", None, "Did you mean 'ollama/deepseek-r1:7b'?"),
        ("gpt-oss-20b", None, "Known providers:"),
        ("bigcode/starcoder", None, "'huggingface/bigcode/starcoder'"),
        ("opnai/gpt-4o", None, "Did you mean 'openai/gpt-4o'"),
        ("OpenAI/gpt-4o", None, "Did you mean 'openai/gpt-4o'"),
        ("opnai:gpt-4o", None, "Did you mean 'openai/gpt-4o'"),
        ("together-ai/org/model", None, "'together_ai/org/model'"),
        ("openai", None, "Did you mean 'openai/<model>'"),
        ("openai/", None, "Did you mean 'openai/<model>'?"),
        ("gorq/llama", None, "'groq/llama'"),
        ("gpt-4o", "opnai", "Did you mean 'openai/gpt-4o'"),
    ],
)
def test_unresolved(model: str, custom: str | None, hint: str) -> None:
    with pytest.raises(BadRequestError) as caught:
        resolve(model, custom)
    assert caught.value.message.startswith("LLM Provider NOT provided")
    assert caught.value.status_code == 400
    assert hint in caught.value.message


@ROWS
def test_shape_of_a_row(provider: Provider) -> None:
    assert re.fullmatch(r"[a-z0-9_-]+", provider.name)
    assert (provider.format == "openai-chat") == (provider in LOOKALIKES)
    assert {provider.format, provider.own_format or provider.format, *provider.routes.values()} <= set(FORMATS)
    assert urlsplit(provider.docs).scheme == "https"
    assert all(VARIABLE.fullmatch(name) for name in provider.key_env + provider.base_url_env)
    assert provider.key_env or not provider.needs_key
    assert provider.base_url or provider.base_url_env or provider.name in {"local", "mock"}


@ROWS
def test_base_url_of_a_row(provider: Provider) -> None:
    if provider.base_url is None:
        return
    url = urlsplit(provider.base_url)
    assert not provider.base_url.endswith("/")
    if provider.server_port is None:
        assert url.scheme == "https"
    else:
        assert (url.hostname, url.port, url.path) == (
            "127.0.0.1",
            provider.server_port,
            "" if provider.own_format else "/v1",
        )
        assert not provider.needs_key


def test_formats_are_known() -> None:
    for provider in PROVIDERS.values():
        assert {provider.format, *provider.routes.values()} <= FORMATS.keys()


def test_prices_are_known_to_genai_prices() -> None:
    ids = {provider.id for provider in get_snapshot().providers}
    assert {provider.prices for provider in EVERY} - {None} <= ids


def test_names_are_one_to_one() -> None:
    assert len(PROVIDERS) == len(EVERY)
    assert set(ALIASES.values()) | set(BARE_NAMES) <= set(PROVIDERS)
    assert not set(ALIASES) & set(PROVIDERS)


def test_mistral_forbids_the_usage_option() -> None:
    assert {provider.name for provider in EVERY if not provider.usage_option} == {"codestral", "mistral"}


@pytest.mark.parametrize(
    ("environment", "url"),
    [
        ({}, "http://127.0.0.1:11434"),
        ({"OLLAMA_HOST": "0.0.0.0"}, "http://127.0.0.1:11434"),  # noqa: S104  as users set it for the server
        ({"OLLAMA_HOST": "gpu:8000"}, "http://gpu:8000"),
        ({"OLLAMA_API_BASE": "http://localhost:11434", "OLLAMA_HOST": "gpu"}, "http://localhost:11434"),
        ({"OLLAMA_API_BASE": "http://localhost:11434/v1"}, "http://localhost:11434/v1"),
    ],
)
def test_ollama_address(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], url: str) -> None:
    for name in PROVIDERS["ollama"].base_url_env:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert PROVIDERS["ollama"].url() == url
