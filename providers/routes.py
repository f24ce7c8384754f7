"""Which wire format a call takes: a provider may speak several."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from rillm.providers.azure import ENDPOINT
from rillm.streams.errors import BadRequestError

if TYPE_CHECKING:
    from rillm.providers.provider import Provider


def route(provider: Provider, model: str, base: str | None, params: dict[str, Any]) -> tuple[str, str]:
    """The format's name and the model's name in it; takes `api` out of `params`.

    Args:
        provider: who is asked; its `routes` say which formats it has beside its usual one.
        model: without the provider's prefix, perhaps with that of a route: "responses/gpt-5".
        base: the address that the caller gave, if any; one that ends in a route's name is that of the route, as
            Azure's portal shows it: "https://mine.openai.azure.com/openai/responses?api-version=…".

    Raises:
        BadRequestError: the provider has no such API.
    """
    api = params.pop("api", None)
    prefix, _, rest = model.partition("/")
    if prefix in provider.routes and rest and api in {None, prefix}:
        return provider.routes[prefix], rest
    family = next((name for pattern, name in provider.models.items() if fnmatchcase(model, pattern)), None)
    if api is None and family is not None and family not in provider.routes:
        return family, model
    api = api or implied(provider, family, base) or usual_format(provider, base)
    if api in {provider.format, provider.own_format}:
        return str(api), model
    if api not in provider.routes:
        known = ", ".join(provider.routes) or "no other than its usual one"
        raise BadRequestError(f"{provider.name} has no API {api!r}. Known: {known}.", llm_provider=provider.name)
    return provider.routes[api], model


def implied(provider: Provider, family: str | None, base: str | None) -> str | None:
    """The route that address or family can only mean, if any. What another address serves is not known."""
    if base:
        path = base.partition("?")[0].rstrip("/")
        end = path.rpartition("/")[2]
        return end if end in provider.routes and not path.endswith(ENDPOINT) else None
    return family


def usual_format(provider: Provider, base: str | None) -> str:
    """The format that a provider speaks at its address if nobody asks for another."""
    if provider.own_format is None:
        return provider.format
    return "openai-chat" if urlsplit(provider.url(base)).path.endswith(("/v1", ENDPOINT)) else provider.own_format
