"""The requests of Ollama's own API: https://docs.ollama.com/api/chat and https://docs.ollama.com/api/generate."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from rillm.providers.data_urls import data_in
from rillm.providers.endpoint import endpoint
from rillm.providers.request import Request, listed_as
from rillm.providers.text_prompt import prompt_of, text_of
from rillm.providers.tool_arguments import arguments_of
from rillm.streams.json_values import is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rillm.providers.request import ChatCall, Translation

# Of the parameters these stand in the body; all others are options of the model (`num_ctx`, `top_k`, `mirostat`, …).
IN_BODY: Final = frozenset({
    "context", "format", "images", "keep_alive", "logprobs", "prompt", "raw", "shift", "suffix", "system", "template",
    "think", "tools", "top_logprobs", "truncate",
})  # fmt: skip
SAME: Final = (
    "temperature", "top_p", "seed", "frequency_penalty", "presence_penalty", "logprobs", "top_logprobs", "tools",
)  # fmt: skip
SYSTEM: Final = ("system", "developer")
HEADERS: Final = {"Accept": "application/x-ndjson"}
LEVELS: Final[Mapping[str, str]] = {"minimal": "low", "low": "low", "medium": "medium", "high": "high", "xhigh": "high"}


def encode_chat(call: ChatCall) -> Request:
    """The request of a streamed chat.

    Raises:
        UnsupportedParamsError: the call has what Ollama does not take.
        BadRequestError: the arguments of an earlier call are no JSON object.
    """
    calls = [tool for message in call.messages for tool in message.get("tool_calls") or ()]
    names = {tool.get("id"): tool.get("function", {}).get("name") for tool in calls}
    messages = [in_ollama_words(call, message, names) for message in call.messages]
    body = {"model": call.model, "messages": messages, "stream": True, **fields_of(call, words(call))}
    return Request(endpoint(call.base, "/api/chat"), body, HEADERS)


def encode_generate(call: ChatCall) -> Request:
    """The request of a streamed answer to a prompt. System messages are the prompt's `system`."""
    system = [text_of(call, message) for message in call.messages if message.get("role") in SYSTEM]
    turns = replace(call, messages=[message for message in call.messages if message.get("role") not in SYSTEM])
    without_tools = {name: word for name, word in words(call).items() if name not in {"tools", "tool_choice"}}
    body = {"model": call.model, "prompt": prompt_of(turns), "stream": True, **fields_of(call, without_tools)}
    if system:
        body["system"] = "\n\n".join(system)
    return Request(endpoint(call.base, "/api/generate"), body, HEADERS)


def fields_of(call: ChatCall, words: Mapping[str, str | Translation]) -> dict[str, Any]:
    """The parameters: fields of the body, and options."""
    given = call.translated(words)
    options = {**given.pop("options", {})}
    options |= {name: given.pop(name) for name in list(given) if name not in IN_BODY}
    if call.params.get("tool_choice") == "none":
        given.pop("tools", None)
    return {**given, **({"options": options} if options else {})}


def words(call: ChatCall) -> dict[str, str | Translation]:
    """What Ollama calls OpenAI's parameters."""

    def tool_choice(choice: Any) -> dict[str, Any]:
        if choice not in ("auto", "none"):  # with "none", the tools are not sent
            call.unsupported(f"tool_choice={choice!r}")
        return {}

    def reasoning_effort(effort: str) -> dict[str, Any]:
        if effort in {"none", "disable"}:
            return {"think": False}
        return {"think": LEVELS.get(effort, effort) if "gpt-oss" in call.model else True}

    return {
        **{name: name for name in SAME},
        "max_tokens": "num_predict",
        "max_completion_tokens": "num_predict",
        "stop": listed_as("stop"),
        "tool_choice": tool_choice,
        "response_format": response_format,
        "reasoning_effort": reasoning_effort,
        "thinking": lambda thinking: {"think": thinking.get("type") != "disabled"},
    }


def response_format(given: dict[str, Any]) -> dict[str, Any]:
    """https://docs.ollama.com/capabilities/structured-outputs."""
    if given.get("type") == "json_schema":
        return {"format": given["json_schema"].get("schema", {})}
    return {"format": "json"} if given.get("type") == "json_object" else {}


def in_ollama_words(call: ChatCall, message: Mapping[str, Any], names: Mapping[Any, str]) -> dict[str, Any]:
    """A message as Ollama takes it: its text, its images, its calls.

    Args:
        call, message: as asked.
        names: of the tools that were called, by the ids of the calls.
    """
    content = message.get("content")
    parts: Sequence[Any] = content if is_array(content) else [content or ""]
    role = message.get("role")
    said: dict[str, Any] = {"role": "system" if role == "developer" else role, "content": "".join(map(text_in, parts))}
    if images := [image for part in parts if (image := image_in(call, part))]:
        said["images"] = images
    if message.get("reasoning_content"):
        said["thinking"] = message["reasoning_content"]
    if message.get("tool_calls"):
        said["tool_calls"] = [called(tool) for tool in message["tool_calls"]]
    if role == "tool":
        said["tool_call_id"] = message.get("tool_call_id")
        said["tool_name"] = message.get("name") or names.get(said["tool_call_id"])
    return {key: value for key, value in said.items() if value is not None}


def text_in(part: Any) -> str:
    return part if isinstance(part, str) else str(part.get("text") or "") if is_object(part) else ""


def image_in(call: ChatCall, part: Any) -> str | None:
    """The image of a part as base64. Ollama fetches none."""
    if not is_object(part) or part.get("type") == "text":
        return None
    image: Any = part.get("image_url")
    url = str(image.get("url") if is_object(image) else image)
    data = data_in(url) if part.get("type") == "image_url" else None
    if data is not None:
        return data.base64
    call.unsupported("content but text and images that are given as data: URLs")
    return None


def called(tool: dict[str, Any]) -> dict[str, Any]:
    """An earlier call of the model's, with its arguments as an object."""
    function: dict[str, Any] = tool["function"]
    identity = {"id": tool["id"]} if tool.get("id") else {}
    return {**identity, "function": {"name": function["name"], "arguments": arguments_of(function)}}
