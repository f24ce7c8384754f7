"""From a provider and what the caller wants to the source of its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rillm.providers.azure import entra_token
from rillm.providers.formats import FORMATS
from rillm.providers.openai_request import chat_body, plain
from rillm.providers.registration import format_of
from rillm.providers.request import ChatCall
from rillm.providers.routes import route

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rillm.providers.formats import Format
    from rillm.providers.provider import Provider
    from rillm.streams.source import Source

    OnHeaders = Callable[[Mapping[str, str]], None]

MOCK_PARAMETERS: Final = ("mock_response", "mock_tool_calls", "mock_delay", "mock_chunk_delay")
IN_PROCESS: Final = ("mock", "local")
EVERY_REQUEST: Final = {"Accept": "text/event-stream", "Accept-Encoding": "identity"}


def source_of(
    provider: Provider,
    model: str,
    messages: Sequence[Any],
    params: dict[str, Any],
    on_headers: OnHeaders | None = None,
) -> tuple[Source[bytes], Format]:
    """The source that asks `provider`, and the format of what it answers. Nothing is sent yet.

    It is the mock where `params` has a `mock_response`.

    Args:
        provider, model: as `rillm.providers.registry.resolve` found them.
        messages: in OpenAI's shape.
        params: how to get there (`api_key`, `api_base` or `base_url`, `api_version`, `extra_headers`, `extra_body`,
            `timeout` in seconds, `client`, `max_frame_bytes`, `mock_…`), `api` for another API of the same provider
            ("responses"), `drop_params`, `azure_ad_token` or `azure_ad_token_provider`; all others go into the request.
        on_headers: is told the headers of an answer, by LiteLLM's names for them.

    Raises:
        AuthenticationError, BadRequestError: the key or the address is missing.
        UnsupportedParamsError: the provider cannot do what a parameter asks for.
    """
    params = dict(params)
    mock: dict[str, Any] = {name: params.pop(name) for name in MOCK_PARAMETERS if name in params}
    is_mock = provider.name == "mock" or mock.get("mock_response") is not None or mock.get("mock_tool_calls")
    if is_mock or provider.name in IN_PROCESS:
        body = chat_body(ChatCall(provider, model, messages, in_body(params), ""))
        return in_process(body, model, mock if is_mock else None), FORMATS["openai-chat"]
    from rillm.providers.transport import HTTPSource  # noqa: PLC0415 - what sends a call is loaded by the first one

    base = params.pop("api_base", None) or params.pop("base_url", None)
    params.pop("base_url", None)
    address = provider.url(base)
    name, model = route(provider, model, address, params)
    token = entra_token(provider, params)
    key = None if token else provider.key(params.pop("api_key", None), format_=name)
    headers: dict[str, str] = {**(params.pop("headers", None) or {}), **(params.pop("extra_headers", None) or {})}
    extra_body: dict[str, Any] = params.pop("extra_body", None) or {}
    way = {name: params.pop(name) for name in ("timeout", "client", "max_frame_bytes") if name in params}
    version, drop = params.pop("api_version", None), bool(params.pop("drop_params", None))
    call = ChatCall(provider, model, messages, in_body(params), address, version, drop)
    format_ = format_of(name)
    request = format_.encode(call)
    source = HTTPSource(
        format_,
        request.url,
        {**EVERY_REQUEST, **bearer(token), **provider.auth_headers(key), **request.headers, **headers},
        {**request.body, **extra_body},
        sign=request.sign,
        provider=provider.name,
        model=model,
        on_headers=on_headers,
        **way,
    )
    return source, format_


def bearer(token: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


def in_body(params: Mapping[str, Any]) -> dict[str, Any]:
    """What is left of the parameters, as JSON."""
    way = {"api_key", "api_base", "base_url", "api_version", "headers", "extra_headers", "extra_body", "timeout"}
    way |= {"client", "max_frame_bytes", "drop_params", "api", "azure_ad_token", "azure_ad_token_provider"}
    return {name: plain(value) for name, value in params.items() if value is not None and name not in way}


def in_process(body: dict[str, Any], model: str, mock: Mapping[str, Any] | None) -> Source[bytes]:
    """The mock or the model in this process; both speak OpenAI's chat format."""
    if mock is not None:
        from rillm.providers.mock import mock_source  # noqa: PLC0415 - as below

        return mock_source(body, **mock)
    from rillm.providers.local import local_source  # noqa: PLC0415 - it needs an extra

    return local_source(model, body)
