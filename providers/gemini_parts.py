"""What the parts of a candidate add to its answer: https://ai.google.dev/api/caching#Part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rillm.providers.gemini_arguments import dumped
from rillm.streams.json_values import is_object, objects_in

if TYPE_CHECKING:
    from rillm.providers.gemini_calls import Calls


def delta_of(parts: Any, calls: Calls) -> dict[str, Any]:
    """The delta of OpenAI's that stands for `parts`; what is not known is left out."""
    delta: dict[str, Any] = {}
    fields: dict[str, Any] = {}
    for part in objects_in(parts):
        if "functionCall" in part:
            delta.setdefault("tool_calls", []).extend(calls.fragments(part))
        elif "text" in part:
            add_text(part, delta)
        elif "inlineData" in part:
            add_media(part, delta)
        else:
            add_server_tool(part, fields)
            continue  # which keeps its signature
        if part.get("thoughtSignature") and "functionCall" not in part:
            fields.setdefault("thought_signatures", []).append(part["thoughtSignature"])
    if fields:
        delta["provider_specific_fields"] = fields
    return {key: value for key, value in delta.items() if value}


def add_text(part: dict[str, Any], delta: dict[str, Any]) -> None:
    key = "reasoning_content" if part.get("thought") else "content"
    delta[key] = delta.get(key, "") + str(part["text"] or "")


def add_media(part: dict[str, Any], delta: dict[str, Any]) -> None:
    """An image or sound, as LiteLLM has them. Drafts that the model makes while it thinks are left out."""
    media = part["inlineData"]
    if not is_object(media) or part.get("thought"):
        return
    kind, data = str(media.get("mimeType")), str(media.get("data"))
    if kind.startswith("audio/"):
        delta["audio"] = {"data": data}
    else:
        images = delta.setdefault("images", [])
        url = {"url": f"data:{kind};base64,{data}"}
        images.append({"type": "image_url", "image_url": url, "index": len(images)})


def add_server_tool(part: dict[str, Any], fields: dict[str, Any]) -> None:
    """A tool that Google runs itself, and what it answered."""
    signature = {"thought_signature": part["thoughtSignature"]} if part.get("thoughtSignature") else {}
    code, call = part.get("executableCode"), part.get("toolCall")
    if is_object(code):
        call = {"id": code.get("id"), "toolType": "code_execution", "args": {**code, "id": None}}
    if is_object(call):
        arguments = call.get("args")
        known = {name: value for name, value in arguments.items() if value is not None} if is_object(arguments) else {}
        named = {"id": call.get("id"), "name": call.get("toolType"), "arguments": dumped(known)}
        fields.setdefault("server_tool_calls", []).append(named | signature)
    result = part.get("codeExecutionResult") or part.get("toolResponse")
    if is_object(result):
        fields.setdefault("server_tool_results", []).append(result | signature)
