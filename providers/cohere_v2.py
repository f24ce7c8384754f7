"""Cohere's chat API, version 2: https://docs.cohere.com/reference/chat-stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rillm.providers.chunks import chunk_of, end_chunk, head_chunk, text_chunk
from rillm.providers.failures import failure
from rillm.providers.json_decoder import JSONDecoder
from rillm.providers.openai_chat import END
from rillm.streams.json_values import is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rillm.streams.chunk import ModelResponseStream

FINISH_REASONS: Final[Mapping[str, str]] = {
    "COMPLETE": "stop",
    "STOP_SEQUENCE": "stop",
    "MAX_TOKENS": "length",
    "TOOL_CALL": "tool_calls",
    "ERROR_TOXIC": "content_filter",
}
FAILED: Final = frozenset({"ERROR", "TIMEOUT"})


class CohereV2Decoder(JSONDecoder):
    """Events from `message-start` to `message-end` to chunks."""

    def __init__(self) -> None:
        super().__init__()
        self._called = False

    def read(self, data: dict[str, Any]) -> Sequence[ModelResponseStream]:
        kind = data.get("type")
        if kind == "content-delta":
            content = data["delta"]["message"]["content"]
            text = content.get("text")
            if text and len(content) == 1 and isinstance(text, str) and not data.get("logprobs"):
                return (text_chunk(text),)  # nearly every event
        if kind == "message-end":
            return self._end(data["delta"])
        if kind == "message-start":
            return (head_chunk(id=data.get("id")),)
        self._called = self._called or kind == "tool-call-start"
        piece: dict[str, Any] = data.get("delta") or {}
        delta = delta_of(piece.get("message") or {}, data.get("index"))
        if data.get("logprobs"):
            delta["provider_specific_fields"] = {"logprobs": [data["logprobs"]]}
        return (chunk_of(delta),) if delta else ()

    def whole(self, data: dict[str, Any]) -> Sequence[ModelResponseStream]:
        message = data.get("message")
        if not is_object(message):
            return ()
        self._called = bool(message.get("tool_calls"))
        return (head_chunk(id=data.get("id")), chunk_of(delta_of(message)), *self._end(data))

    def _end(self, end: dict[str, Any]) -> Sequence[ModelResponseStream]:
        native = end.get("finish_reason")
        if native in FAILED:
            raise failure({"type": native, **end})
        self.terminated = True
        return (end_chunk(native, FINISH_REASONS, called=self._called, usage=usage_of(end.get("usage"))),)


def delta_of(message: dict[str, Any], number: int | None = None) -> dict[str, Any]:
    """What a message brings, whole or a piece of one, which has an object where a whole one has a list.

    Args:
        message: Cohere's.
        number: of the call that a piece belongs to; in a whole message their order tells.
    """
    delta: dict[str, Any] = {}
    parts = [part for part in listed(message.get("content")) if is_object(part)]
    for key, name in (("text", "content"), ("thinking", "reasoning_content")):
        if text := "".join(part.get(key) or "" for part in parts):
            delta[name] = text
    calls = listed(message.get("tool_calls"))
    if calls:
        delta["tool_calls"] = [
            {**call, "index": place if number is None else number} for place, call in enumerate(calls)
        ]
    fields = {"tool_plan": message.get("tool_plan"), "citations": listed(message.get("citations"))}
    if fields := {key: value for key, value in fields.items() if value}:
        delta["provider_specific_fields"] = fields
    return delta


def usage_of(usage: dict[str, Any] | None) -> dict[str, Any] | None:
    """The usage in OpenAI's counting: of all tokens, not only of those that are billed."""
    usage = usage or {}
    tokens: dict[str, Any] = usage.get("tokens") or usage.get("billed_units") or {}
    if not tokens:
        return None
    cached = usage.get("cached_tokens")
    return {
        "prompt_tokens": tokens.get("input_tokens"),
        "completion_tokens": tokens.get("output_tokens"),
        **({} if cached is None else {"prompt_tokens_details": {"cached_tokens": cached}}),
        **({"billed_units": usage["billed_units"]} if usage.get("billed_units") else {}),
    }


def listed(value: Any) -> list[Any]:
    """A list of `value`, which may be one already, or missing."""
    return value if is_array(value) else [value] if value else []


def is_message_end(frame: bytes) -> bool:
    """Whether a frame is the end marker, or `[DONE]`, which follows it."""
    return frame == END or b'"message-end"' in frame
