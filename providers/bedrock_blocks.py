"""The content blocks of a ConverseStream: which call, thought or citation a piece belongs to."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any, Final

from rillm.providers.chunks import chunk_of, text_chunk
from rillm.streams.json_values import is_object

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rillm.streams.chunk import ModelResponseStream

# The tool by which a model is made to answer in JSON: what it is called with is the answer. LiteLLM's name.
JSON_TOOL: Final = "json_tool_call"


class OpenBlocks:
    """The blocks that have begun and not ended.

    Attributes:
        calls: how many calls there are for the client to run.
    """

    def __init__(self) -> None:
        self.calls = 0
        self._numbers: dict[int, int] = {}
        self._server_calls: dict[int, tuple[dict[str, Any], list[str]]] = {}
        self._answers: set[int] = set()
        self._without_input: set[int] = set()

    def start(self, block: int, start: Any) -> Sequence[ModelResponseStream]:
        tool = start.get("toolUse") if is_object(start) else None
        if not is_object(tool):
            return ()
        if tool.get("type") == "server_tool_use":
            self._server_calls[block] = (tool, [])
            return ()
        if tool.get("name") == JSON_TOOL:
            self._answers.add(block)
            return ()
        number = self._numbers[block] = self.calls
        self.calls += 1
        self._without_input.add(block)
        function = {"name": tool.get("name"), "arguments": ""}
        call = {"index": number, "id": tool.get("toolUseId"), "type": "function", "function": function}
        return (chunk_of({"tool_calls": [call]}),)

    def delta(self, block: int, delta: Any) -> Sequence[ModelResponseStream]:
        """What a piece brings that is no text of the answer."""
        match delta:
            case {"toolUse": {"input": str(arguments)}}:
                return self._arguments(block, arguments)
            case {"reasoningContent": reasoning}:
                return thoughts(reasoning)
            case {"citation": citation} if is_object(citation):
                return (chunk_of({"provider_specific_fields": {"citation": citation}}),)
            case _:
                return ()

    def stop(self, block: int) -> Sequence[ModelResponseStream]:
        number = self._numbers.pop(block, None)
        self._answers.discard(block)
        if block in self._without_input:
            self._without_input.discard(block)
            return (fragment(number, "{}"),)
        tool, pieces = self._server_calls.pop(block, ({}, []))
        if not tool:
            return ()
        call = {
            "id": tool.get("toolUseId"),
            "type": "server_tool_use",
            "name": tool.get("name"),
            "arguments": "".join(pieces),
        }
        return (chunk_of({"provider_specific_fields": {"server_tool_calls": [call]}}),)

    def _arguments(self, block: int, arguments: str) -> Sequence[ModelResponseStream]:
        if block in self._answers:
            return (text_chunk(arguments),)
        if block in self._server_calls:
            self._server_calls[block][1].append(arguments)
            return ()
        if arguments:
            self._without_input.discard(block)
        return (fragment(self._numbers.get(block), arguments),)


def fragment(number: int | None, arguments: str) -> ModelResponseStream:
    """A piece of the call of this number, of the latest one if there is none."""
    return chunk_of({"tool_calls": [{"index": number, "function": {"arguments": arguments}}]})


def thoughts(reasoning: Any) -> Sequence[ModelResponseStream]:
    """Reasoning as text and as pieces of Anthropic's thinking blocks, which a later request sends back."""
    match reasoning:
        case {"text": str(text)}:
            block = {"type": "thinking", "thinking": text}
            return (chunk_of({"reasoning_content": text, "thinking_blocks": [block]}),)
        case {"signature": str(signature)}:
            return (chunk_of({"thinking_blocks": [{"type": "thinking", "thinking": "", "signature": signature}]}),)
        case {"redactedContent": str(data)} | {"data": str(data)}:
            return (chunk_of({"thinking_blocks": [{"type": "redacted_thinking", "data": unwrapped(data)}]}),)
        case _:
            return ()


def unwrapped(blob: str) -> str:
    """What the API wraps in base64: of Anthropic's models the `data` of a block as their own API has it."""
    try:
        return b64decode(blob, validate=True).decode("latin-1")  # text as it is, and any other bytes can come back
    except ValueError:
        return blob


def wrapped(data: str) -> str:
    """The opposite of `unwrapped`."""
    return b64encode(data.encode("latin-1", errors="replace")).decode()
