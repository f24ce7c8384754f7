"""The providers that speak OpenAI's chat format: one row each.

A row `provider(name, base_url, docs)` reads its key from NAME_API_KEY and another base URL from NAME_API_BASE, as
LiteLLM documents; what differs stands in the row. Names are LiteLLM's, ids of prices are those of genai-prices.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from rillm.providers.provider import Provider

if TYPE_CHECKING:
    from collections.abc import Mapping

# Many serve OpenAI's Responses and its legacy completions as well; one that does not answers 404.
ROUTES: Final[Mapping[str, str]] = MappingProxyType({
    "completions": "openai-completions", "responses": "openai-responses",
})  # fmt: skip
# https://platform.openai.com/docs/models tells for each model which endpoints it has.
OPENAI_MODELS: Final[Mapping[str, str]] = MappingProxyType(dict.fromkeys(
    ("codex-*", "*-codex", "*-codex-*", "o?-pro", "o?-pro-*", "gpt-*-pro", "gpt-*-pro-*", "*-deep-research",
     "*-deep-research-*", "computer-use-*"), "responses",
))  # fmt: skip
OURS = "https://github.com/rillm/rillm#readme"


def provider(name: str, base_url: str | None, docs: str, **fields: Any) -> Provider:
    """A provider of OpenAI's chat format; `fields` are the further ones of `Provider`, where they differ."""
    prefix = name.upper()
    fields = {
        "key_env": (f"{prefix}_API_KEY",),
        "base_url_env": (f"{prefix}_API_BASE",),
        "routes": ROUTES,
        **fields,
    }
    return Provider(name, "openai-chat", base_url, docs, **fields)


def server(name: str, port: int, docs: str, **fields: Any) -> Provider:
    """A server that users run themselves: on this machine unless told otherwise, its key optional."""
    fields = {"needs_key": False, "server_port": port, **fields}
    return provider(name, f"http://127.0.0.1:{port}/v1", docs, **fields)


LOOKALIKES: Final[tuple[Provider, ...]] = (
    provider("openai", "https://api.openai.com/v1", "https://platform.openai.com/docs/api-reference/chat",
             base_url_env=("OPENAI_BASE_URL", "OPENAI_API_BASE"), prices="openai", models=OPENAI_MODELS),
    # The model is a deployment and part of the URL: see rillm.providers.azure.
    provider("azure", None, "https://learn.microsoft.com/azure/ai-foundry/openai/reference", auth_header="api-key",
             key_env=("AZURE_API_KEY", "AZURE_OPENAI_API_KEY"),
             base_url_env=("AZURE_API_BASE", "AZURE_OPENAI_ENDPOINT"), prices="azure",
             routes={**ROUTES, "anthropic": "anthropic-messages"}),
    provider("baseten", "https://inference.baseten.co/v1", "https://docs.baseten.co/inference/model-apis/overview",
             prices="baseten"),
    provider("cerebras", "https://api.cerebras.ai/v1", "https://inference-docs.cerebras.ai/resources/openai",
             prices="cerebras", unsupported=frozenset({"frequency_penalty", "logit_bias", "presence_penalty"})),
    provider("dashscope", "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
             "https://www.alibabacloud.com/help/en/model-studio/compatibility-of-openai-with-dashscope"),
    provider("deepinfra", "https://api.deepinfra.com/v1/openai", "https://deepinfra.com/docs/openai_api",
             key_env=("DEEPINFRA_API_KEY", "DEEPINFRA_TOKEN")),
    provider("deepseek", "https://api.deepseek.com/v1", "https://api-docs.deepseek.com", prices="deepseek"),
    provider("fireworks_ai", "https://api.fireworks.ai/inference/v1", "https://docs.fireworks.ai/api-reference",
             key_env=("FIREWORKS_API_KEY", "FIREWORKS_AI_API_KEY", "FIREWORKSAI_API_KEY", "FIREWORKS_AI_TOKEN"),
             base_url_env=("FIREWORKS_API_BASE", "FIREWORKS_AI_API_BASE"), prices="fireworks"),
    provider("github", "https://models.github.ai/inference", "https://docs.github.com/en/rest/models/inference",
             key_env=("GITHUB_API_KEY", "GITHUB_TOKEN")),
    provider("groq", "https://api.groq.com/openai/v1", "https://console.groq.com/docs/openai", prices="groq",
             unsupported=frozenset({"logit_bias", "logprobs", "n", "top_logprobs"})),
    # At any other address it is a server of Text Generation Inference.
    provider("huggingface", "https://router.huggingface.co/v1", "https://huggingface.co/docs/inference-providers",
             own_format="tgi-generate", routes={**ROUTES, "openai-chat": "openai-chat"},
             key_env=("HF_TOKEN", "HUGGINGFACE_API_KEY"), base_url_env=("HF_API_BASE", "HUGGINGFACE_API_BASE")),
    provider("hyperbolic", "https://api.hyperbolic.xyz/v1", "https://docs.hyperbolic.xyz"),
    provider("minimax", "https://api.minimax.io/v1", "https://platform.minimax.io/docs", prices="minimax"),
    provider("moonshot", "https://api.moonshot.ai/v1", "https://platform.moonshot.ai/docs", prices="moonshotai"),
    provider("nebius", "https://api.tokenfactory.nebius.com/v1", "https://docs.tokenfactory.nebius.com"),
    provider("novita", "https://api.novita.ai/openai/v1", "https://novita.ai/docs", prices="novita"),
    provider("nvidia_nim", "https://integrate.api.nvidia.com/v1", "https://docs.api.nvidia.com/nim/reference",
             key_env=("NVIDIA_NIM_API_KEY", "NVIDIA_API_KEY")),
    provider("openrouter", "https://openrouter.ai/api/v1", "https://openrouter.ai/docs", prices="openrouter"),
    provider("ovhcloud", "https://oai.endpoints.kepler.ai.cloud.ovh.net/v1",
             "https://help.ovhcloud.com/csm/en-public-cloud-ai-endpoints-getting-started", prices="ovhcloud"),
    # Its path has no /v1 for chat.
    provider("perplexity", "https://api.perplexity.ai", "https://docs.perplexity.ai", prices="perplexity",
             key_env=("PERPLEXITYAI_API_KEY", "PERPLEXITY_API_KEY")),
    provider("sambanova", "https://api.sambanova.ai/v1", "https://docs.sambanova.ai"),
    provider("together_ai", "https://api.together.xyz/v1", "https://docs.together.ai", prices="together",
             key_env=("TOGETHER_API_KEY", "TOGETHER_AI_API_KEY", "TOGETHERAI_API_KEY", "TOGETHER_AI_TOKEN")),
    provider("vercel_ai_gateway", "https://ai-gateway.vercel.sh/v1", "https://vercel.com/docs/ai-gateway",
             key_env=("VERCEL_AI_GATEWAY_API_KEY", "AI_GATEWAY_API_KEY")),
    provider("volcengine", "https://ark.cn-beijing.volces.com/api/v3", "https://www.volcengine.com/docs/82379",
             key_env=("VOLCENGINE_API_KEY", "ARK_API_KEY")),
    provider("xai", "https://api.x.ai/v1", "https://docs.x.ai", prices="x-ai"),
    provider("zai", "https://api.z.ai/api/paas/v4", "https://docs.z.ai", prices="zai"),
    # Servers that users run themselves.
    server("vllm", 8000, "https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html",
           key_env=("HOSTED_VLLM_API_KEY", "VLLM_API_KEY"), base_url_env=("HOSTED_VLLM_API_BASE", "VLLM_API_BASE")),
    server("llamacpp", 8080, "https://github.com/ggml-org/llama.cpp/tree/master/tools/server",
           key_env=("LLAMACPP_API_KEY", "LLAMA_API_KEY")),
    server("llamafile", 8080, "https://github.com/mozilla-ai/llamafile"),
    server("lm_studio", 1234, "https://lmstudio.ai/docs/developer/openai-compat"),
    provider("litellm_proxy", None, "https://docs.litellm.ai/docs/simple_proxy", needs_key=False),
    provider("openai_like", None, "https://docs.litellm.ai/docs/providers/openai_compatible", needs_key=False),
    # In this process: no address, no key.
    provider("local", None, OURS, needs_key=False, key_env=(), base_url_env=()),
    provider("mock", None, OURS, needs_key=False, key_env=(), base_url_env=()),
)  # fmt: skip  # a row a provider: one item a line would make four pages of it

# No names that are organisations on model hubs (`nvidia`, `mistralai`): there they are part of the model's name.
ALIASES: Final[Mapping[str, str]] = MappingProxyType({
    "azure_openai": "azure", "cohere_chat": "cohere", "custom_openai": "openai_like", "fireworks": "fireworks_ai",
    "github_models": "github", "hf": "huggingface", "hosted_vllm": "vllm", "kimi": "moonshot", "llama.cpp": "llamacpp",
    "llama_cpp": "llamacpp", "lmstudio": "lm_studio", "ollama_chat": "ollama", "together": "together_ai",
    "togetherai": "together_ai",
})  # fmt: skip  # pairs side by side
