from __future__ import annotations

from typing import Any

import pytest

from rillm.providers.registration import PROVIDERS
from rillm.providers.routes import route
from rillm.streams.errors import BadRequestError

RESPONSES = "openai-responses"
PORTAL = "https://mine.openai.azure.com/openai/responses?api-version=2025-04-01-preview"


@pytest.mark.parametrize(
    ("provider", "model", "base", "params", "expected"),
    [
        ("openai", "gpt-5", None, {}, ("openai-chat", "gpt-5")),
        ("openai", "responses/gpt-5", None, {}, (RESPONSES, "gpt-5")),
        ("openai", "gpt-5", None, {"api": "responses"}, (RESPONSES, "gpt-5")),
        ("openai", "responses/gpt-5", None, {"api": "responses"}, (RESPONSES, "gpt-5")),
        ("openai", "gpt-5", None, {"api": "openai-chat"}, ("openai-chat", "gpt-5")),
        ("openai", "gpt-5", None, {"api": None}, ("openai-chat", "gpt-5")),
        ("openai", "responses", None, {}, ("openai-chat", "responses")),
        ("openrouter", "responses/openai/gpt-5", None, {}, (RESPONSES, "openai/gpt-5")),
        ("azure", "my-gpt", PORTAL, {}, (RESPONSES, "my-gpt")),
        ("azure", "responses/my-gpt", PORTAL, {}, (RESPONSES, "my-gpt")),
        ("openai", "gpt-5-codex", None, {}, (RESPONSES, "gpt-5-codex")),
        ("openai", "gpt-5.1-codex-mini", None, {}, (RESPONSES, "gpt-5.1-codex-mini")),
        ("openai", "o3-pro-2025-06-10", None, {}, (RESPONSES, "o3-pro-2025-06-10")),
        ("openai", "o4-mini-deep-research", None, {}, (RESPONSES, "o4-mini-deep-research")),
        ("openai", "o4-mini", None, {}, ("openai-chat", "o4-mini")),
        ("openai", "gpt-5-codex", None, {"api": "openai-chat"}, ("openai-chat", "gpt-5-codex")),
        ("openai", "gpt-5-codex", "http://127.0.0.1:8000/v1", {}, ("openai-chat", "gpt-5-codex")),
        ("openrouter", "openai/gpt-5-codex", None, {}, ("openai-chat", "openai/gpt-5-codex")),
        ("azure", "my-gpt", "https://mine.openai.azure.com", {}, ("openai-chat", "my-gpt")),
    ],
)
def test_route(provider: str, model: str, base: str | None, params: dict[str, Any], expected: tuple[str, str]) -> None:
    assert route(PROVIDERS[provider], model, base, params) == expected
    assert params == {}


def test_no_such_route() -> None:
    with pytest.raises(BadRequestError, match=r"openai has no API 'realtime'\. Known: completions, responses"):
        route(PROVIDERS["openai"], "gpt-5", None, {"api": "realtime"})
