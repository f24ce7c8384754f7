"""From a provider and what the caller wants to the source of its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rillm.providers.azure import chat_completions_url
from rillm.providers.formats import format_of
from rillm.providers.openai_request import chat_body
from rillm.streams.frame import DEFAULT_MAX_FRAME_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rillm.providers.provider import Provider
    from rillm.streams.source import Source

MOCK_PARAMETERS = (
    "mock_response",
    "mock_tool_calls",
    "mock_timeout",
    "mock_delay",
    "mock_chunk_delay",
    "mock_slice",
)


def source_of(provider: Provider, model: str, messages: Sequence[Any], params: dict[str, Any]) -> Source[bytes]:
    """The source that asks `provider`, or the mock where `params` asks for one. Nothing is sent yet.

    Args:
        provider, model: as `rillm.providers.registry.resolve` found them.
        messages: in OpenAI's shape.
        params: how to get there (`api_key`, `api_base` or `base_url`, `api_version`, `extra_headers`, `extra_body`,
            `timeout` in seconds, `client`, `max_frame_bytes`, `mock_…`); all others go into the body.

    Raises:
        AuthenticationError, BadRequestError: the key or the address is missing.
    """
    params = dict(params)
    mock = {name: params.pop(name) for name in MOCK_PARAMETERS if name in params}
    api_key = params.pop("api_key", None)
    base = params.pop("api_base", None) or params.pop("base_url", None)
    params.pop("base_url", None)
    api_version = params.pop("api_version", None)
    headers: dict[str, str] = {**(params.pop("headers", None) or {}), **(params.pop("extra_headers", None) or {})}
    extra_body: dict[str, Any] = params.pop("extra_body", None) or {}
    way = {name: params.pop(name) for name in ("timeout", "client") if name in params}
    max_frame_bytes = params.pop("max_frame_bytes", DEFAULT_MAX_FRAME_BYTES)
    body = chat_body(provider, model, messages, params, extra_body)
    if provider.name == "mock" or is_mocked(mock):
        from rillm.providers.mock import MockSource  # noqa: PLC0415 - as below

        return MockSource(body, **mock, timeout=way.get("timeout"), provider=provider.name)
    if provider.name == "local":
        from rillm.providers.local import local_source  # noqa: PLC0415 - as below

        return local_source(model, body)
    from rillm.providers.transport import HTTPSource  # noqa: PLC0415 - what sends a call is loaded by the first one

    return HTTPSource(
        format_of(provider.format),
        chat_completions_url(provider, provider.url(base), model, api_version),
        {
            "Accept": "text/event-stream",
            "Accept-Encoding": "identity",
            **provider.auth_headers(provider.key(api_key)),
            **headers,
        },
        body,
        max_frame_bytes=max_frame_bytes,
        provider=provider.name,
        model=model,
        **way,
    )


def is_mocked(params: Mapping[str, Any]) -> bool:
    """Whether a call with these parameters is answered here, without a key and a network."""
    return params.get("mock_response") is not None or bool(params.get("mock_tool_calls") or params.get("mock_timeout"))
