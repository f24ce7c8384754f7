"""Which wire format a call takes: a provider may speak several."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from rillm.providers.azure import ENDPOINT
from rillm.streams.errors import BadRequestError

if TYPE_CHECKING:
    from rillm.providers.provider import Provider


def route(provider: Provider, model: str, address: str, params: dict[str, Any]) -> tuple[str, str]:
    """The format's name and the model's name in it; takes `api` out of `params`.

    Args:
        provider: who is asked; its `routes` say which formats it has beside its usual one.
        model: without the provider's prefix, perhaps with that of a route: "responses/gpt-5".
        address: where it is called.

    Raises:
        BadRequestError: the provider has no such API.
    """
    api = params.pop("api", None)
    prefix, _, rest = model.partition("/")
    if api is None and prefix in provider.routes and rest:
        return provider.routes[prefix], rest
    if api is None:
        return usual_format(provider, address), model
    if api in {provider.format, provider.own_format}:
        return str(api), model
    if api not in provider.routes:
        known = ", ".join(provider.routes) or "no other than its usual one"
        raise BadRequestError(f"{provider.name} has no API {api!r}. Known: {known}.", llm_provider=provider.name)
    return provider.routes[api], model


def usual_format(provider: Provider, address: str) -> str:
    """The format that a provider speaks at an address if nobody asks for another."""
    if provider.own_format is None:
        return provider.format
    return "openai-chat" if urlsplit(address).path.endswith(("/v1", ENDPOINT)) else provider.own_format
