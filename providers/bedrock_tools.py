"""Tools, and answers of a given form, in Converse.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolConfiguration.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rillm.providers.bedrock_blocks import JSON_TOOL
from rillm.providers.bedrock_parts import cache_point
from rillm.streams.json_values import is_object

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rillm.providers.request import ChatCall

    Tool = dict[str, Any]

PURPOSE: Final = "Takes the answer. Call it with the answer in this form, and say nothing else."


def tool_config(call: ChatCall, *, may_force: bool) -> dict[str, Any]:
    """The `toolConfig` of a request, empty where there are no tools.

    Answers of a form are had by a tool that takes the answer, as not all models there have another way: the decoder
    knows that tool by its name. The model has to call it, or one of the caller's where there are some.

    Args:
        call: with `tools`, `tool_choice` and `response_format`.
        may_force: whether a model can be told to call a tool; those that think cannot.
    """
    tools = [spec for tool in call.params.get("tools") or () for spec in specs(tool)]
    choice: dict[str, Any] | None = choice_of(call)
    if choice is None:
        tools = []
    form = form_of(call.params.get("response_format"))
    if form is not None:
        if may_force:
            choice = {"any": {}} if tools else {"tool": {"name": JSON_TOOL}}
        tools.append({"toolSpec": {"name": JSON_TOOL, "description": PURPOSE, "inputSchema": {"json": form}}})
    return {"tools": tools, **({"toolChoice": choice} if choice else {})} if tools else {}


def specs(tool: Any) -> Iterator[Tool]:
    """Converse's tool, and where its cached prefix ends. Tools that are Converse's already stay as they are."""
    match tool:
        case {"type": "function", "function": function} if is_object(function):
            schema: dict[str, Any] = function.get("parameters") or {"type": "object", "properties": {}}
            optional = {name: function[name] for name in ("description", "strict") if function.get(name)}
            yield {"toolSpec": {"name": function.get("name"), **optional, "inputSchema": {"json": schema}}}
            yield from cache_point({**function, **tool})
        case {"type": _}:
            pass
        case _:
            yield tool


def vendors_own(tools: Any) -> list[Any]:
    """Tools that a vendor has made and the API does not know, such as Anthropic's `computer_20250124`."""
    return [tool for tool in tools or () if is_object(tool) and tool.get("type", "function") != "function"]


def choice_of(call: ChatCall) -> dict[str, Any] | None:
    """`toolChoice`; empty where the model may choose, None where it must not call."""
    match call.params.get("tool_choice"):
        case None | "auto":
            return {}
        case "required":
            return {"any": {}}
        case "none":
            if any(message.get("tool_calls") for message in call.messages):  # the API wants to know the tools of those
                call.unsupported("tool_choice='none' after calls of tools")
                return {}
            return None
        case {"function": {"name": name}}:
            return {"tool": {"name": name}}
        case choice:  # in the API's own words
            own: dict[str, Any] = choice
            return own


def form_of(response_format: Any) -> dict[str, Any] | None:
    """The JSON schema of the answer, None where it is free."""
    match response_format:
        case {"type": "json_schema", "json_schema": {"schema": schema}} if is_object(schema):
            return schema
        case {"type": "json_object"} | {"type": "json_schema"}:
            return {"type": "object"}
        case _:
            return None
