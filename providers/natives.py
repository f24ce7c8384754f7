"""The providers with wire formats of their own: one row each, as in `rillm.providers.lookalikes`."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from rillm.providers.provider import Provider

if TYPE_CHECKING:
    from collections.abc import Mapping

NATIVES: Final[tuple[Provider, ...]] = (
    Provider("anthropic", "anthropic-messages", "https://api.anthropic.com/v1", "https://platform.claude.com/docs/en/api",
             key_env=("ANTHROPIC_API_KEY",), base_url_env=("ANTHROPIC_API_BASE", "ANTHROPIC_BASE_URL"),
             auth_header="x-api-key", prices="anthropic"),
)  # fmt: skip  # a row a provider

# Names of models that one vendor alone serves under them, as in `rillm.providers.registry`.
BARE_NAMES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({"anthropic": ("claude-*",)})
