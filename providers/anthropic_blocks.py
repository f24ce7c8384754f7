"""The content blocks of one of Anthropic's answers, and what they add to the one message that OpenAI's shape has.

https://platform.claude.com/docs/en/build-with-claude/streaming#event-types
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from pydantic_core import to_json

from rillm.providers.anthropic_events import text_of
from rillm.providers.anthropic_fields import CLIENT_CALL, SERVER_CALLS, Values, field_of, is_kept_apart
from rillm.streams.json_values import is_array

OF_THE_CALL: Final = frozenset({"type", "id", "name", "input"})


@dataclass(slots=True)
class OpenBlock:
    """A block between its start and its stop.

    Attributes:
        block: as it started.
        place: its entry in the outline.
        number: of a call that the client has to run, from 0.
        has_input: whether a piece of a call's input has come; what the start brought does not count then.
        pieces: of the input of a call that Anthropic runs, which is handed on when it is whole.
    """

    block: Values
    place: Values
    number: int = 0
    has_input: bool = False
    pieces: list[str] = field(default_factory=list[str])

    @property
    def kind(self) -> str:
        return str(self.place["type"])

    def arguments(self) -> str:
        """The input as JSON, as far as it was not handed on; an empty one at the start announces pieces."""
        given = self.block.get("input")
        return "".join(self.pieces) if self.has_input else to_json(given).decode() if given else ""


class Blocks:
    """The blocks of one answer. Each method returns a delta in OpenAI's shape, empty where there is none.

    Attributes:
        calls: how many calls the client has to run.
        text_length: of the text in the block that is open, in characters.
    """

    def __init__(self) -> None:
        self.calls = 0
        self.text_length = 0
        self._open: dict[int, OpenBlock] = {}
        self._outline: list[Values] = []

    def outline(self) -> list[Values]:
        """The kinds of the blocks in their order, with the length of each text; empty where none is kept apart."""
        return self._outline if any(is_kept_apart(place["type"]) for place in self._outline) else []

    def start(self, index: int, block: Values) -> Values:
        opened = self._open[index] = OpenBlock(block, {"type": str(block.get("type"))})
        self._outline.append(opened.place)
        match opened.kind:
            case "text":
                return self._start_text(opened)
            case "thinking":
                return thought(text_of(block, "thinking"), text_of(block, "signature"))
            case "redacted_thinking":
                return {"thinking_blocks": [block]}
            case "tool_use":
                opened.number, self.calls = self.calls, self.calls + 1
                rest = {name: value for name, value in block.items() if name not in OF_THE_CALL}
                return call_piece(opened, "", id=block.get("id"), name=block.get("name"), **rest)
            case _:
                return {}

    def _start_text(self, opened: OpenBlock) -> Values:
        text, citations = text_of(opened.block, "text"), opened.block.get("citations")
        self.text_length = len(text)
        if not is_array(citations) or not citations:
            return {"content": text}
        opened.place["citations"] = len(citations)
        return {"content": text, "provider_specific_fields": {"citations": citations}}

    def add(self, index: int, delta: Values) -> Values:
        opened = self._open.get(index) or OpenBlock({}, {"type": ""})
        match delta.get("type"):
            case "text_delta":
                text = text_of(delta, "text")
                self.text_length += len(text)
                return {"content": text}
            case "thinking_delta" | "signature_delta":
                return thought(text_of(delta, "thinking"), text_of(delta, "signature"))
            case "citations_delta":
                opened.place["citations"] = opened.place.get("citations", 0) + 1
                return {"provider_specific_fields": {"citation": delta.get("citation")}}
            case "input_json_delta":
                return add_input(opened, text_of(delta, "partial_json"))
            case "compaction_delta":
                opened.block |= {name: value for name, value in delta.items() if name != "type"}
            case _:
                pass
        return {}

    def stop(self, index: int) -> Values:
        opened = self._open.pop(index, None)
        if opened is None:
            return {}
        if opened.kind == "text":
            opened.place["length"] = self.text_length
        if opened.kind == CLIENT_CALL:
            arguments = opened.arguments()
            return call_piece(opened, arguments) if arguments else {}
        if not is_kept_apart(opened.kind):
            return {}
        return {"provider_specific_fields": {field_of(opened.kind): [whole(opened)]}}


def thought(text: str, signature: str) -> Values:
    """A piece of thinking. The signature comes last; the text before it is signed by it."""
    signed = {"signature": signature} if signature else {}
    delta: Values = {"reasoning_content": text} if text else {}
    return {**delta, "thinking_blocks": [{"type": "thinking", "thinking": text, **signed}]} if delta or signed else {}


def call_piece(opened: OpenBlock, arguments: str, name: str | None = None, **fields: object) -> Values:
    """A piece of a call that the client has to run."""
    function: Values = {"arguments": arguments} if name is None else {"name": name, "arguments": arguments}
    return {"tool_calls": [{"index": opened.number, "function": function, **fields}]}


def add_input(opened: OpenBlock, piece: str) -> Values:
    """A piece of a call's input; the first one is often empty."""
    opened.has_input = opened.has_input or bool(piece)
    if opened.kind == CLIENT_CALL and piece:
        return call_piece(opened, piece)
    if opened.kind in SERVER_CALLS:
        opened.pieces.append(piece)
    return {}


def whole(opened: OpenBlock) -> Values:
    """A finished block as it is kept."""
    block = opened.block
    called = block.get("id") or block.get("tool_use_id")
    if called:
        opened.place["id"] = called
    if opened.kind not in SERVER_CALLS:
        return block
    return {**{name: value for name, value in block.items() if name != "input"}, "arguments": opened.arguments()}
