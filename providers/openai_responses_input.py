"""From the messages of a chat to the input items of a response."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rillm.providers.openai_responses_items import MESSAGE, is_run_by_server, name_of
from rillm.streams.json_values import is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    Message = Mapping[str, Any]
    Item = dict[str, Any]
    Part = Callable[[Mapping[str, Any]], Item]

FILE: Final = ("file_id", "file_data", "file_url", "filename")
NAMED: Final = frozenset({"mcp_call", "mcp_approval_request"})  # calls of servers that have a name of their own


def input_items(messages: Sequence[Message], *, sends_back: bool, is_stored: bool) -> list[Item]:
    """The input items of a chat. A message without a role is an item already: the answer to a server's tool, say.

    Args:
        messages: in OpenAI's shape.
        sends_back: whether reasoning and what the provider's own tools did go back with the turns that they belong to.
        is_stored: whether the provider has kept its reasoning; if not, it needs the reasoning itself, not only an id.
    """
    custom = {call.get("id") for message in messages for call in message.get("tool_calls") or () if call.get("custom")}
    items: list[Item] = []
    for message in messages:
        role = message.get("role")
        if role is None:
            items.append({**message})
        elif role == "assistant":
            items += turn(message, sends_back=sends_back, is_stored=is_stored)
        elif role == "tool":
            call_id = message.get("tool_call_id")
            kind = "custom_tool_call_output" if call_id in custom else "function_call_output"
            items.append({"type": kind, "call_id": call_id, "output": content(message, input_part)})
        else:
            items.append({"role": role, "content": content(message, input_part)})
    return items


def turn(message: Message, *, sends_back: bool, is_stored: bool) -> list[Item]:
    """A turn of the assistant, its items in the order in which they came, as far as that is known."""
    fields: Mapping[str, Any] = message.get("provider_specific_fields") or {}
    reasoning: list[Item] = message.get("reasoning_items") or fields.get("reasoning_items") or []
    items: list[Item] = []
    if sends_back and (is_stored or all(item.get("encrypted_content") or item.get("content") for item in reasoning)):
        items += [{**item} for item in reasoning]
        items += [as_sent(item) for item in fields.get("server_tool_calls") or () if is_run_by_server(item)]
        items += [{**item} for item in fields.get("output_items") or ()]
    calls = [called(call) for call in message.get("tool_calls") or ()]
    said = words(message)
    if said or not (items or calls):
        phase = message.get("phase") or fields.get("phase")
        items.append({"type": MESSAGE, "role": "assistant", "content": said, **({"phase": phase} if phase else {})})
    items += calls
    order: list[str] = fields.get("output_order") or []
    places = {name: place for place, name in enumerate(order)}
    return sorted(items, key=lambda item: places.get(name_of(item), len(order)))


def as_sent(item: Mapping[str, Any]) -> Item:
    """An item as the provider sent it: most calls have no name there."""
    return {key: value for key, value in item.items() if key != "name" or item.get("type") in NAMED}


def words(message: Message) -> str | list[Item]:
    """What an assistant has said, its refusal with it."""
    said = content(message, output_part)
    if not message.get("refusal"):
        return said
    if isinstance(said, str):
        said = [{"type": "output_text", "text": said}] if said else []
    return [*said, {"type": "refusal", "refusal": message["refusal"]}]


def called(call: Mapping[str, Any]) -> Item:
    """A call that the client has run."""
    custom: Any = call.get("custom")
    function: Mapping[str, Any] = call.get("function") or {}
    fields: Mapping[str, Any] = call.get("provider_specific_fields") or {}
    if is_object(custom):
        item: Item = {"type": "custom_tool_call", "name": custom.get("name"), "input": custom.get("input") or ""}
    else:
        item = {"type": "function_call", "name": function.get("name"), "arguments": function.get("arguments") or "{}"}
    return {**item, "call_id": call.get("id"), **{key: fields[key] for key in ("namespace",) if key in fields}}


def content(message: Message, part: Part) -> str | list[Item]:
    """Text stays text; parts are translated one by one."""
    given: Any = message.get("content")
    if not is_array(given):
        return "" if given is None else given
    return [part({"type": "text", "text": one} if isinstance(one, str) else one) for one in spoken(given)]


def spoken(parts: Iterable[Any]) -> Iterator[Any]:
    """The parts without another provider's thoughts."""
    return (part for part in parts if not (is_object(part) and part.get("type") in {"thinking", "redacted_thinking"}))


def input_part(part: Mapping[str, Any]) -> Item:
    match part.get("type"):
        case "text":
            return {"type": "input_text", "text": part.get("text")}
        case "image_url":
            image: Any = part.get("image_url")
            url, detail = (image.get("url"), image.get("detail")) if is_object(image) else (image, None)
            return {"type": "input_image", "image_url": url, **({"detail": detail} if detail else {})}
        case "file":
            file: Mapping[str, Any] = part.get("file") or {}
            return {"type": "input_file", **{key: file[key] for key in FILE if key in file}}
        case _:  # audio has the same shape, and all others are the format's own
            return {**part}


def output_part(part: Mapping[str, Any]) -> Item:
    return {"type": "output_text", "text": part.get("text")} if part.get("type") == "text" else {**part}
