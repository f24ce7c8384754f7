"""Where a request in OpenAI's formats is posted. Azure's model is a deployment, whose name is part of the URL."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from rillm.providers.provider import first_set

if TYPE_CHECKING:
    from rillm.providers.provider import Provider

ENDPOINT = "/chat/completions"
DEPLOYMENTS = "/openai/deployments/"
V1 = "/openai/v1"
# Names of the API without dated versions: https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle
V1_VERSIONS = frozenset({"v1", "latest", "preview"})
DEFAULT_VERSION = "2024-10-21"  # the last dated one that is generally available
VERSION_ENV = ("AZURE_API_VERSION", "OPENAI_API_VERSION")


def openai_url(
    provider: Provider, base: str, model: str, api_version: str | None = None, *, path: str = ENDPOINT
) -> str:
    """The URL to post a request to, by default of a chat completion.

    Args:
        provider: who is called; all but Azure have one URL for every model.
        base: what `provider.url()` returned. One that already names the endpoint, as Azure's portal shows it, is kept.
        model: the model's name, for Azure the deployment's.
        api_version: Azure's dated version; else AZURE_API_VERSION, OPENAI_API_VERSION, the last generally available.
            Azure's v1 API (a base that ends in `/openai/v1`, or the version "v1") has none.
        path: of the API, as OpenAI has it.

    """
    base = base if path == ENDPOINT else base.removesuffix(ENDPOINT)
    if urlsplit(base).path.endswith(path):
        return base
    if provider.own_format and not base.endswith("/v1"):
        base += "/v1"
    if provider.name != "azure" or base.endswith(V1):
        return base + path
    version = api_version or first_set(VERSION_ENV) or DEFAULT_VERSION
    resource = base.removesuffix("/openai")
    if version in V1_VERSIONS:
        return resource + V1 + path
    deployment = resource if DEPLOYMENTS in base else f"{resource}{DEPLOYMENTS}{quote(model, safe='')}"
    return f"{deployment}{path}?api-version={quote(version, safe='')}"
