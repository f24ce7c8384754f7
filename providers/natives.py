"""The providers with wire formats of their own: one row each, as in `rillm.providers.lookalikes`."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from rillm.providers.provider import Provider

if TYPE_CHECKING:
    from collections.abc import Mapping

MISTRAL: Final = "https://docs.mistral.ai/api/"

NATIVES: Final[tuple[Provider, ...]] = (
    Provider("anthropic", "anthropic-messages", "https://api.anthropic.com/v1", "https://platform.claude.com/docs/en/api",
             key_env=("ANTHROPIC_API_KEY",), base_url_env=("ANTHROPIC_API_BASE", "ANTHROPIC_BASE_URL"),
             auth_header="x-api-key", prices="anthropic"),
    # Its key is a Bedrock API key; without one requests are signed: see rillm.providers.aws.
    Provider("bedrock", "bedrock-converse", "https://bedrock-runtime.{region}.amazonaws.com",
             "https://docs.aws.amazon.com/bedrock/latest/APIReference/welcome.html",
             key_env=("AWS_BEARER_TOKEN_BEDROCK",), needs_key=False, prices="aws",
             base_url_env=("AWS_BEDROCK_RUNTIME_ENDPOINT", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME"),
             routes={"converse": "bedrock-converse", "invoke": "bedrock-invoke"}),
    Provider("gemini", "gemini", "https://generativelanguage.googleapis.com/v1beta", "https://ai.google.dev/api",
             key_env=("GEMINI_API_KEY", "GOOGLE_API_KEY"), base_url_env=("GEMINI_API_BASE",), prices="google",
             auth_header="x-goog-api-key",
             routes={"interactions": "gemini-interactions", "json-array": "gemini-json-array"}),
    # Its address depends on project and location, its key is a token: see rillm.providers.vertex.
    Provider("vertex_ai", "gemini", "https://aiplatform.googleapis.com/v1",
             "https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference",
             base_url_env=("VERTEXAI_API_BASE", "VERTEX_API_BASE"), needs_key=False, prices="google",
             models={"claude-*": "anthropic-messages"}, routes={"json-array": "gemini-json-array"}),
    Provider("cohere", "cohere-v2", "https://api.cohere.com", "https://docs.cohere.com/reference/chat-stream",
             key_env=("CO_API_KEY", "COHERE_API_KEY"), base_url_env=("CO_API_URL", "COHERE_API_BASE"), prices="cohere",
             routes={"v1": "cohere-v1"}),
    # They forbid stream_options (422) and always send usage.
    Provider("codestral", "mistral-chat", "https://codestral.mistral.ai/v1", MISTRAL, usage_option=False,
             key_env=("CODESTRAL_API_KEY",), base_url_env=("CODESTRAL_API_BASE",), prices="mistral"),
    Provider("mistral", "mistral-chat", "https://api.mistral.ai/v1", MISTRAL, usage_option=False,
             key_env=("MISTRAL_API_KEY",), base_url_env=("MISTRAL_API_BASE",), prices="mistral"),
    Provider("text-completion-openai", "openai-completions", "https://api.openai.com/v1",
             "https://platform.openai.com/docs/api-reference/completions", key_env=("OPENAI_API_KEY",),
             base_url_env=("OPENAI_BASE_URL", "OPENAI_API_BASE"), prices="openai"),
    Provider("ollama", "ollama-chat", "http://127.0.0.1:11434", "https://docs.ollama.com/api/chat", needs_key=False,
             key_env=("OLLAMA_API_KEY",), base_url_env=("OLLAMA_API_BASE", "OLLAMA_HOST"), server_port=11434,
             own_format="ollama-chat", routes={"generate": "ollama-generate", "openai-chat": "openai-chat"}),
    # The key is a token of IBM's IAM service.
    Provider("watsonx_text", "watsonx-text", None, "https://cloud.ibm.com/apidocs/watsonx-ai",
             key_env=("WATSONX_TOKEN",), base_url_env=("WATSONX_API_BASE", "WATSONX_URL")),
    Provider("writer", "writer-completions", "https://api.writer.com/v1", "https://dev.writer.com/api-reference",
             key_env=("WRITER_API_KEY",), base_url_env=("WRITER_API_BASE",)),
)  # fmt: skip  # a row a provider, as in rillm.providers.lookalikes

# Names of models that one vendor alone serves under them, as in `rillm.providers.resolve`.
BARE_NAMES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({
    "anthropic": ("claude-*",),
    "cohere": ("command-*",),
    "gemini": ("gemini-*",),
})  # fmt: skip
