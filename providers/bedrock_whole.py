"""A whole answer of Converse as the events that would have streamed it.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_ResponseSyntax
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic_core import to_json

from rillm.streams.json_values import is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Event = tuple[str, dict[str, Any]]


def events_of(response: Mapping[str, Any]) -> Iterator[Event]:
    """Names and data of the events."""
    match response.get("output"):
        case {"message": {"content": blocks}} if is_array(blocks):
            for index, block in enumerate(blocks):
                yield from block_events(index, block)
        case _:
            pass
    yield "messageStop", {name: response.get(name) for name in ("stopReason", "additionalModelResponseFields")}
    yield "metadata", {name: response.get(name) for name in ("usage", "trace")}


def block_events(index: int, block: Any) -> Iterator[Event]:
    at = {"contentBlockIndex": index}
    if is_object(block) and "toolUse" in block:
        yield "contentBlockStart", {**at, "start": block}
    for delta in deltas_of(block):
        yield "contentBlockDelta", {**at, "delta": delta}
    yield "contentBlockStop", at


def deltas_of(block: Any) -> Iterator[dict[str, Any]]:
    match block:
        case {"text": text}:
            yield {"text": text}
        case {"toolUse": {"input": arguments}}:
            yield {"toolUse": {"input": to_json(arguments).decode()}}
        case {"reasoningContent": {"reasoningText": reasoning}} if is_object(reasoning):
            yield from ({"reasoningContent": {name: value}} for name, value in reasoning.items())
        case {"reasoningContent": reasoning} if is_object(reasoning):
            yield {"reasoningContent": reasoning}
        case {"citationsContent": cited} if is_object(cited):
            yield from cited.get("content") or ()
            yield from ({"citation": citation} for citation in cited.get("citations") or ())
        case _:
            pass
