"""From a provider and what the caller wants to the source of its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rillm.providers.azure import entra_token
from rillm.providers.formats import FORMATS
from rillm.providers.openai_request import chat_body, plain
from rillm.providers.registration import format_of
from rillm.providers.request import CREDENTIALS, ChatCall
from rillm.providers.routes import route
from rillm.providers.stand_in import stand_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rillm.providers.formats import Format
    from rillm.providers.provider import Provider
    from rillm.streams.source import Source

MOCK_PARAMETERS: Final = (
    "mock_response", "mock_tool_calls", "mock_timeout", "mock_delay", "mock_chunk_delay", "mock_slice",
)  # fmt: skip
WAY: Final = ("timeout", "client", "max_frame_bytes")
NOT_IN_BODY: Final = frozenset({
    "api", "api_base", "api_key", "api_version", "base_url", "drop_params", "extra_body", "extra_headers", "headers",
    *WAY, *MOCK_PARAMETERS, *CREDENTIALS,
})  # fmt: skip
EVERY_REQUEST: Final = {"Accept": "text/event-stream", "Accept-Encoding": "identity"}


def source_of(
    provider: Provider, model: str, messages: Sequence[Any], params: dict[str, Any], **fields: Any
) -> tuple[Source[bytes], Format, str]:
    """The source that asks `provider`, the format of what it answers, and the model's name in it. Nothing is sent yet.

    It is the mock where `params` asks for one, and what stands in for all providers where something does.

    Args:
        provider, model: as `rillm.providers.resolve.resolve` found them.
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
    base = params.get("api_base") or params.get("base_url")
    asked, given = f"{provider.name}/{model}", dict(params)
    name, model = route(provider, model, base, params)
    if provider.name == "mock" or is_mocked(params):
        return mock_source(provider, chat_of(provider, model, messages, params), params), FORMATS["openai-chat"], model
    present = stand_in()
    if present is not None:
        return present.source(asked, messages, given), FORMATS["openai-chat"], model
    if provider.name == "local":
        from rillm.providers.local import local_source  # noqa: PLC0415 - it needs an extra

        return local_source(model, chat_of(provider, model, messages, params)), FORMATS["openai-chat"], model
    credentials = {name: params[name] for name in CREDENTIALS if params.get(name) is not None}
    token = entra_token(provider, credentials, params.get("api_key"))
    key = None if token else provider.key(params.get("api_key"), format_=name)
    version, drop = params.get("api_version"), bool(params.get("drop_params"))
    call = ChatCall(provider, model, messages, in_body(params), provider.url(base), version, drop, key, credentials)
    format_ = format_of(name)
    return http_source(call, format_, bearer(token) or provider.auth_headers(key), params, fields), format_, model


def chat_of(provider: Provider, model: str, messages: Sequence[Any], params: Mapping[str, Any]) -> dict[str, Any]:
    """The request of what is answered in this process."""
    return chat_body(ChatCall(provider, model, messages, in_body(params), ""))


def mock_source(provider: Provider, body: dict[str, Any], params: Mapping[str, Any]) -> Source[bytes]:
    """What answers as the `mock_…` parameters say."""
    from rillm.providers.mock import MockSource  # noqa: PLC0415 - as below

    mock: dict[str, Any] = {name: params[name] for name in MOCK_PARAMETERS if name in params}
    return MockSource(body, **mock, timeout=params.get("timeout"), provider=provider.name)


def http_source(
    call: ChatCall, format_: Format, auth: Mapping[str, str], params: Mapping[str, Any], fields: Mapping[str, Any]
) -> Source[bytes]:
    """What sends the call. Headers and fields of the body that the caller gives win over those of the format."""
    from rillm.providers.transport import HTTPSource  # noqa: PLC0415 - what sends a call is loaded by the first one

    request = format_.encode(call)
    own: dict[str, str] = {**(params.get("headers") or {}), **(params.get("extra_headers") or {})}
    way: dict[str, Any] = {name: params[name] for name in WAY if name in params}
    return HTTPSource(
        format_,
        request.url,
        {**EVERY_REQUEST, **auth, **request.headers, **own},
        {**request.body, **(params.get("extra_body") or {})},
        sign=request.sign,
        provider=call.provider.name,
        model=call.model,
        **way,
        **fields,
    )


def bearer(token: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


def in_body(params: Mapping[str, Any]) -> dict[str, Any]:
    """What is left of the parameters, as JSON."""
    return {name: plain(value) for name, value in params.items() if value is not None and name not in NOT_IN_BODY}


def is_mocked(params: Mapping[str, Any]) -> bool:
    """Whether a call with these parameters is answered here, without a key and a network."""
    return params.get("mock_response") is not None or bool(params.get("mock_tool_calls") or params.get("mock_timeout"))
