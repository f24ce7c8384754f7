"""The calls of a response that the client has to run, as they are streamed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rillm.providers.chunks import chunk_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rillm.streams.chunk import ModelResponseStream

# Types of items, and the field that holds what the model says to the tool.
CALLS: Mapping[str, str] = {"function_call": "arguments", "custom_tool_call": "input"}


@dataclass(slots=True)
class Call:
    """A call that has begun.

    Attributes:
        number: its place among the calls, from 0.
        said: the field of its item that holds what the model says to the tool.
        has_said: whether any of that has come.
    """

    number: int
    said: str
    has_said: bool = False


class Calls:
    """The calls so far, found by their item's id, else by its place in the output.

    GitHub Copilot gives an item another id in each event, and gateways give every item the same place.
    """

    def __init__(self) -> None:
        self.count = 0
        self._by_id: dict[str, Call] = {}
        self._by_index: dict[int, Call] = {}

    def find(self, item_id: str | None, index: int | None) -> Call | None:
        by_id = self._by_id.get(item_id) if item_id else None
        return by_id or (self._by_index.get(index) if index is not None else None)

    def begin(self, item: Mapping[str, Any], index: int | None) -> Sequence[ModelResponseStream]:
        """The first fragment of a call, which is all of it where the item is whole."""
        call = Call(self.count, CALLS[item["type"]])
        self.count += 1
        if item.get("id"):
            self._by_id[item["id"]] = call
        if index is not None:
            self._by_index[index] = call
        said = item.get(call.said) or ""
        call.has_said = bool(said)
        fragment: dict[str, Any] = {"index": call.number, "id": item.get("call_id") or item.get("id")}
        if item.get("namespace"):
            fragment["provider_specific_fields"] = {"namespace": item["namespace"]}
        return (chunk_of({"tool_calls": [{**fragment, **words(call, said, name=item.get("name"))}]}),)

    def say(self, call: Call, said: str | None) -> Sequence[ModelResponseStream]:
        """More of what the model says to the tool."""
        if not said:
            return ()
        call.has_said = True
        return (chunk_of({"tool_calls": [{"index": call.number, **words(call, said)}]}),)


def words(call: Call, said: str, **name: str | None) -> dict[str, Any]:
    """What is said to a tool, as chat completions have it."""
    if call.said == "input":
        return {"type": "custom", "custom": {**name, "input": said}}
    return {"type": "function", "function": {**name, "arguments": said}}
