"""Where a request in OpenAI's formats is posted, and what else is Azure's own.

Its model is a deployment, whose name is part of the URL. Its API has dated versions. A token of Microsoft Entra ID may
stand in for the key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlsplit

from rillm.providers.provider import first_set

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rillm.providers.provider import Provider

ENDPOINT = "/chat/completions"
RESPONSES = "/responses"
DEPLOYMENTS = "/openai/deployments/"
V1 = "/openai/v1"
# Names of the API without dated versions: https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle
V1_VERSIONS = frozenset({"v1", "latest", "preview"})
DEFAULT_VERSION = "2024-10-21"  # the last dated one that is generally available
FIRST_WITH_RESPONSES = "2025-03-01-preview"
VERSION_ENV = ("AZURE_API_VERSION", "OPENAI_API_VERSION")
FIRST_WITH_USAGE = "2024-09-01-preview"  # earlier ones answer 400 to stream_options
# The models of all vendors: https://learn.microsoft.com/azure/ai-foundry/model-inference
MODELS = "/models"
MODELS_VERSION = "2024-05-01-preview"
TOKEN_ENV = ("AZURE_AD_TOKEN",)


def openai_url(
    provider: Provider, base: str, model: str, api_version: str | None = None, *, path: str = ENDPOINT
) -> str:
    """The URL to post a request to, by default of a chat completion.

    Args:
        provider: who is called; all but Azure have one URL for every model.
        base: what `provider.url()` returned. One that already names the endpoint, as Azure's portal shows it, is kept.
        model: the model's name, for Azure the deployment's.
        api_version: Azure's dated version; else AZURE_API_VERSION, OPENAI_API_VERSION, the last generally available.
            Azure's v1 API (a base that ends in `/openai/v1`, or the version "v1") has none. A base that ends in
            `/models` has versions of its own, and the model in the body.
        path: of the API, as OpenAI has it.

    """
    base = base if path == ENDPOINT else base.removesuffix(ENDPOINT)
    if urlsplit(base).path.endswith(path):
        return base
    if provider.own_format and not base.endswith("/v1"):
        base += "/v1"
    if provider.name != "azure" or base.endswith(V1):
        return base + path
    if base.endswith(MODELS):
        return f"{base}{path}?api-version={quote(api_version or MODELS_VERSION, safe='')}"
    version = version_of(api_version)
    resource = base.removesuffix("/openai")
    if version in V1_VERSIONS:
        return resource + V1 + path
    deployment = resource if DEPLOYMENTS in base else f"{resource}{DEPLOYMENTS}{quote(model, safe='')}"
    return f"{deployment}{path}?api-version={quote(version, safe='')}"


def responses_url(provider: Provider, base: str, api_version: str | None = None) -> str:
    """The URL to post to for a response; as `openai_url`, but the model is always in the body.

    Azure's v1 API is taken unless a dated version is named that has responses.
    """
    if urlsplit(base).path.endswith(RESPONSES):
        return base
    if provider.name != "azure" or base.endswith(V1):
        return base + RESPONSES
    version = api_version or first_set(VERSION_ENV) or ""
    resource = base.partition(DEPLOYMENTS)[0].removesuffix("/openai")
    if version in V1_VERSIONS or version < FIRST_WITH_RESPONSES:
        return resource + V1 + RESPONSES
    return f"{resource}/openai{RESPONSES}?api-version={quote(version, safe='')}"


def version_of(api_version: str | None) -> str:
    return api_version or first_set(VERSION_ENV) or DEFAULT_VERSION


def takes_usage_option(provider: Provider, base: str, api_version: str | None = None) -> bool:
    """Whether `stream_options` may be sent; the arguments are those of `openai_url`."""
    if provider.name != "azure" or base.endswith((V1, MODELS)):
        return provider.usage_option
    in_url = parse_qs(urlsplit(base).query).get("api-version")
    version = in_url[0] if in_url else version_of(api_version)
    return version in V1_VERSIONS or version >= FIRST_WITH_USAGE


def entra_token(provider: Provider, credentials: Mapping[str, Any], api_key: str | None) -> str | None:
    """A token in place of a key.

    It is `azure_ad_token`, or what `azure_ad_token_provider` returns, or AZURE_AD_TOKEN where there is no key.
    """
    if provider.name != "azure":
        return None
    token, provide = credentials.get("azure_ad_token"), credentials.get("azure_ad_token_provider")
    if token:
        return str(token)
    if provide:
        return str(provide())
    has_key = api_key or first_set(provider.key_env)
    return None if has_key else first_set(TOKEN_ENV)
