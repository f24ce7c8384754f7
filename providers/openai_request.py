"""The request of OpenAI's chat completions: https://platform.openai.com/docs/api-reference/chat/create."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from pydantic import BaseModel

from rillm.streams.json_values import is_object

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rillm.providers.provider import Provider


def chat_body(
    provider: Provider, model: str, messages: Sequence[Any], params: Mapping[str, Any], extra_body: Mapping[str, Any]
) -> dict[str, Any]:
    """The body of a streamed request: `params` without those that are None, then `extra_body` over all.

    Usage is asked for where the provider takes the option, whether the caller wants to see it or not.
    """
    body: dict[str, Any] = {"model": model, "messages": list(messages), "stream": True}
    body |= {name: plain(value) for name, value in params.items() if value is not None}
    if provider.usage_option:
        body["stream_options"] = {**body.get("stream_options", {}), "include_usage": True}
    else:
        body.pop("stream_options", None)
    return {**body, **extra_body}


def plain(value: Any) -> Any:
    """`value` as JSON: messages and tool calls of an earlier response may be sent back as they are."""
    if isinstance(value, BaseModel):
        return value.model_dump(exclude_none=True)
    if is_object(value):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in cast("Sequence[Any]", value)]
    if isinstance(value, type) and issubclass(value, BaseModel):
        return json_schema(value)
    return cast("Any", value)


def json_schema(model: type[BaseModel]) -> dict[str, Any]:
    """A `response_format` that asks for `model`: https://platform.openai.com/docs/guides/structured-outputs."""
    schema = {"name": model.__name__, "schema": model.model_json_schema()}
    return {"type": "json_schema", "json_schema": schema}
