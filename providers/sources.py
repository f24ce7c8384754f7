"""From a provider and what the caller wants to the source of its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rillm.providers.azure import entra_token
from rillm.providers.formats import FORMATS
from rillm.providers.openai_request import chat_body, plain
from rillm.providers.registration import format_of
from rillm.providers.request import CREDENTIALS, ChatCall
from rillm.providers.routes import route

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rillm.providers.formats import Format
    from rillm.providers.provider import Provider
    from rillm.streams.source import Source

MOCK_PARAMETERS: Final = (
    "mock_response", "mock_tool_calls", "mock_timeout", "mock_delay", "mock_chunk_delay", "mock_slice",
)  # fmt: skip
EVERY_REQUEST: Final = {"Accept": "text/event-stream", "Accept-Encoding": "identity"}


def source_of(
    provider: Provider, model: str, messages: Sequence[Any], params: dict[str, Any], **fields: Any
) -> tuple[Source[bytes], Format, str]:
    """The source that asks `provider`, the format of what it answers, and the model's name in it. Nothing is sent yet.

    It is the mock where `params` asks for one.

    Args:
        provider, model: as `rillm.providers.registry.resolve` found them.
        messages: in OpenAI's shape.
        params: how to get there (`api_key`, `api_base` or `base_url`, `api_version`, `extra_headers`, `extra_body`,
            `timeout` in seconds, `client`, `max_frame_bytes`, `mock_…`), `api` for another API of the same provider
            ("responses"), `drop_params`, `CREDENTIALS`; all others go into the request.
        fields: further ones of the `HTTPSource`: `on_headers`, `to_begin`.

    Raises:
        AuthenticationError, BadRequestError: the key or the address is missing.
        UnsupportedParamsError: the provider cannot do what a parameter asks for.
    """
    params = dict(params)
    base = params.pop("api_base", None) or params.get("base_url")
    params.pop("base_url", None)
    name, model = route(provider, model, base, params)
    mock: dict[str, Any] = {name: params.pop(name) for name in MOCK_PARAMETERS if name in params}
    if provider.name == "mock" or is_mocked(mock):
        from rillm.providers.mock import MockSource  # noqa: PLC0415 - as below

        body = chat_body(ChatCall(provider, model, messages, in_body(params), ""))
        mocked = MockSource(body, **mock, timeout=params.get("timeout"), provider=provider.name)
        return mocked, FORMATS["openai-chat"], model
    if provider.name == "local":
        from rillm.providers.local import local_source  # noqa: PLC0415 - it needs an extra

        body = chat_body(ChatCall(provider, model, messages, in_body(params), ""))
        return local_source(model, body), FORMATS["openai-chat"], model
    from rillm.providers.transport import HTTPSource  # noqa: PLC0415 - what sends a call is loaded by the first one

    credentials = {name: params[name] for name in CREDENTIALS if params.get(name) is not None}
    token = entra_token(provider, credentials, params.get("api_key"))
    key = None if token else provider.key(params.pop("api_key", None), format_=name)
    headers: dict[str, str] = {**(params.pop("headers", None) or {}), **(params.pop("extra_headers", None) or {})}
    extra_body: dict[str, Any] = params.pop("extra_body", None) or {}
    way = {name: params.pop(name) for name in ("timeout", "client", "max_frame_bytes") if name in params}
    version, drop = params.pop("api_version", None), bool(params.pop("drop_params", None))
    call = ChatCall(provider, model, messages, in_body(params), provider.url(base), version, drop, key, credentials)
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
        **way,
        **fields,
    )
    return source, format_, model


def bearer(token: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


def in_body(params: Mapping[str, Any]) -> dict[str, Any]:
    """What is left of the parameters, as JSON."""
    way = {"api_key", "api_base", "base_url", "api_version", "headers", "extra_headers", "extra_body", "timeout"}
    way |= {"client", "max_frame_bytes", "drop_params", "api", *CREDENTIALS}
    return {name: plain(value) for name, value in params.items() if value is not None and name not in way}


def is_mocked(params: Mapping[str, Any]) -> bool:
    """Whether a call with these parameters is answered here, without a key and a network."""
    return params.get("mock_response") is not None or bool(params.get("mock_tool_calls") or params.get("mock_timeout"))
