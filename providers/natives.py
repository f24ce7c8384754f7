"""The providers with wire formats of their own: one row each, as in `rillm.providers.lookalikes`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rillm.providers.provider import Provider

if TYPE_CHECKING:
    from collections.abc import Mapping

NATIVES: Final[tuple[Provider, ...]] = (
    Provider("gemini", "gemini", "https://generativelanguage.googleapis.com/v1beta", "https://ai.google.dev/api",
             key_env=("GEMINI_API_KEY", "GOOGLE_API_KEY"), base_url_env=("GEMINI_API_BASE",), prices="google",
             auth_header="x-goog-api-key",
             routes={"interactions": "gemini-interactions", "json-array": "gemini-json-array"}),
    # Its address depends on project and location, its key is a token: see rillm.providers.vertex.
    Provider("vertex_ai", "gemini", "https://aiplatform.googleapis.com/v1",
             "https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference",
             base_url_env=("VERTEXAI_API_BASE", "VERTEX_API_BASE"), needs_key=False, prices="google",
             models={"claude-*": "anthropic-messages"}, routes={"json-array": "gemini-json-array"}),
)  # fmt: skip  # a row a provider

# Names of models that one vendor alone serves under them, as in `rillm.providers.registry`.
BARE_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "gemini": ("gemini-*",),
}
