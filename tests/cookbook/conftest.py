from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.kit.server import Server


@pytest.fixture
def models(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """A server in the place of all models: the recipes as they stand ask it."""
    for provider, address in {"OPENAI": "OPENAI_BASE_URL", "ANTHROPIC": "ANTHROPIC_API_BASE"}.items():
        monkeypatch.setenv(f"{provider}_API_KEY", "sk-hush-hush")
        monkeypatch.setenv(address, server.url)
    return server
