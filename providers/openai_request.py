"""The request of OpenAI's chat completions: https://platform.openai.com/docs/api-reference/chat/create."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from pydantic import BaseModel

from rillm.providers.azure import openai_url, takes_usage_option
from rillm.providers.request import Request
from rillm.streams.json_values import is_object

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rillm.providers.request import ChatCall


def encode(call: ChatCall) -> Request:
    """The request of a streamed chat completion.

    Raises:
        UnsupportedParamsError: the provider is known to answer a parameter with an error.
    """
    url = openai_url(call.provider, call.base, call.model, call.api_version)
    return Request(url, chat_body(replace(call, params=call.accepted())))


def chat_body(call: ChatCall) -> dict[str, Any]:
    """The body. Usage is asked for where the provider takes the option, whether the caller wants to see it or not."""
    body: dict[str, Any] = {"model": call.model, "messages": list(call.messages), "stream": True, **call.params}
    if takes_usage_option(call.provider, call.base, call.api_version):
        body["stream_options"] = {**body.get("stream_options", {}), "include_usage": True}
    else:
        body.pop("stream_options", None)
    return body


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
