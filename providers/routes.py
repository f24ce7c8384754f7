"""Which wire format a call takes: a provider may speak several."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from rillm.streams.errors import BadRequestError

if TYPE_CHECKING:
    from rillm.providers.provider import Provider


def route(provider: Provider, model: str, base: str | None, params: dict[str, Any]) -> tuple[str, str]:
    """The format's name and the model's name in it; takes `api` out of `params`.

    Args:
        provider: who is asked; its `routes` say which formats it has beside its usual one.
        model: without the provider's prefix, perhaps with that of a route: "responses/gpt-5".
        base: the address that the caller gave, if any.

    Raises:
        BadRequestError: the provider has no such API.
    """
    del base
    api = params.pop("api", None)
    prefix, _, rest = model.partition("/")
    if api is None and prefix in provider.routes and rest:
        return provider.routes[prefix], rest
    if api is None:
        families = (name for pattern, name in provider.models.items() if fnmatchcase(model, pattern))
        return next(families, provider.format), model
    if api == provider.format:
        return provider.format, model
    if api not in provider.routes:
        known = ", ".join(provider.routes) or "no other than its usual one"
        raise BadRequestError(f"{provider.name} has no API {api!r}. Known: {known}.", llm_provider=provider.name)
    return provider.routes[api], model
