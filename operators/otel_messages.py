"""Messages as OpenTelemetry writes them; not public.

The schemas are https://github.com/open-telemetry/semantic-conventions-genai/tree/main/model/gen-ai, and of images,
files and the like only the kind is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from pydantic_core import from_json, to_json

from rillm.streams.json_values import is_array, is_object, objects_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rillm.streams.response import ModelResponse


def input_messages(messages: Iterable[Any]) -> str:
    """The messages of a request, in OpenAI's shape, as JSON text."""
    return text_of([written(message) for message in messages])


def output_messages(response: ModelResponse, *, with_reasons: bool) -> str:
    """What the model said, a message for each choice, as JSON text."""
    return text_of([
        {
            **written(choice.message),
            **({"finish_reason": choice.finish_reason or "error"} if with_reasons else {}),
        }
        for choice in response.choices
    ])  # fmt: skip


def written(message: Any) -> dict[str, Any]:
    values: dict[str, Any] = message.model_dump() if isinstance(message, BaseModel) else dict(message)
    return {"role": values.get("role", "user"), "parts": [*parts_of(values)]}


def parts_of(message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    content = message.get("content")
    if message.get("role") == "tool":
        yield {"type": "tool_call_response", "id": message.get("tool_call_id"), "response": content}
        return
    if message.get("reasoning_content"):
        yield {"type": "reasoning", "content": message["reasoning_content"]}
    if isinstance(content, str) and content:
        yield {"type": "text", "content": content}
    for part in objects_in(content):
        is_text = part.get("type") == "text"
        yield {"type": "text", "content": part.get("text")} if is_text else {"type": str(part.get("type"))}
    for call in objects_in(message.get("tool_calls")):
        function: Any = call.get("function") or call.get("custom") or {}
        arguments = function.get("arguments") or function.get("input")
        yield {"type": "tool_call", "id": call.get("id"), "name": function.get("name"), "arguments": parsed(arguments)}


def parsed(arguments: Any) -> Any:
    """Arguments of a call as an object, where they are JSON."""
    try:
        value = from_json(arguments)
    except (TypeError, ValueError):
        return arguments
    return value if is_object(value) or is_array(value) else arguments


def text_of(messages: list[dict[str, Any]]) -> str:
    return to_json(messages, fallback=str).decode(errors="replace")
