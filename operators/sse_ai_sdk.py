"""An answer as the UI messages of Vercel's AI SDK are streamed: https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol.

Not public. Names and values are those of the SDK's `uiMessageChunkSchema`, which refuses what it does not know.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pydantic_core import from_json

from rillm.operators.sse_errors import words_for
from rillm.operators.sse_parts import PartsWriter
from rillm.operators.sse_writer import COMMENT, DONE, data

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rillm.operators.sse_part import Part
    from rillm.streams.chunk import ModelResponseStream
    from rillm.streams.model import Model
    from rillm.streams.usage import Usage

FINISH_REASONS: Final[Mapping[str, str]] = {
    "stop": "stop",
    "length": "length",
    "content_filter": "content-filter",
    "tool_calls": "tool-calls",
    "function_call": "tool-calls",
    "error": "error",
}
WRITTEN: Final = "cache_creation_tokens"
NAMES: Final = {"text": "text", "thinking": "reasoning"}


class AISDKWriter(PartsWriter):
    """The chunks of a message of one step, so that `reset-step` takes back all of it."""

    format = "A UI message of the AI SDK"
    ping = COMMENT

    def __init__(self) -> None:
        super().__init__()
        self._is_to_be_named = False  # who answers after a retraction

    def head(self, chunk: ModelResponseStream) -> Iterable[bytes]:
        metadata = {"messageMetadata": {"model": chunk.model}} if chunk.model else {}
        return data({"type": "start", "messageId": chunk.id, **metadata}), data({"type": "start-step"})

    def chunk(self, chunk: ModelResponseStream) -> Sequence[bytes]:
        if not self._is_to_be_named:
            return super().chunk(chunk)
        self._is_to_be_named = False
        return [data({"type": "message-metadata", "messageMetadata": {"model": chunk.model}}), *super().chunk(chunk)]

    def opening(self, part: Part) -> bytes:
        if part.kind == "call":
            return data({"type": "tool-input-start", "toolCallId": part.id, "toolName": part.name})
        return text_frame(part, "start")

    def piece(self, part: Part, text: str) -> bytes:
        if part.kind == "call":
            return data({"type": "tool-input-delta", "toolCallId": part.id, "inputTextDelta": text})
        return text_frame(part, "delta", delta=text)

    def signature(self, part: Part, signature: str) -> bytes:
        return text_frame(part, "delta", delta="", providerMetadata={"anthropic": {"signature": signature}})

    def redacted(self, part: Part, secret: str) -> Iterable[bytes]:
        metadata = {"anthropic": {"redactedData": secret}}
        return text_frame(part, "start", providerMetadata=metadata), self.closing(part)

    def closing(self, part: Part) -> bytes:
        if part.call is None:
            return text_frame(part, "end")
        told = {"toolCallId": part.id, "toolName": part.name}
        text = "".join(part.call.arguments)
        if part.call.type == "custom":
            return data({"type": "tool-input-available", **told, "input": text})
        try:
            arguments: Any = from_json(text) if text.strip() else {}
        except ValueError:
            why = "The arguments are no JSON: the call was cut off, or the model erred."
            return data({"type": "tool-input-error", **told, "input": text, "errorText": why})
        return data({"type": "tool-input-available", **told, "input": arguments})

    def retracted(self) -> Iterable[bytes]:
        self._is_to_be_named = True
        return (data({"type": "reset-step"}),)

    def tail(self, reason: str) -> Iterable[bytes]:
        usage = self.usage()
        metadata = {} if usage.is_estimated else {"messageMetadata": {"usage": in_ai_sdk_counts(usage)}}
        yield data({"type": "finish-step"})
        yield data({"type": "finish", "finishReason": FINISH_REASONS.get(reason, "other"), **metadata})
        yield DONE

    def failure(self, error: Exception) -> Sequence[bytes]:
        return data({"type": "error", "errorText": words_for(error)}), DONE


def text_frame(part: Part, step: str, **values: Any) -> bytes:
    return data({"type": f"{NAMES[part.kind]}-{step}", "id": str(part.number), **values})


def in_ai_sdk_counts(usage: Usage) -> dict[str, Any]:
    """A usage as the SDK's `LanguageModelUsage` tells it.

    >>> from rillm.streams.usage import Usage
    >>> in_ai_sdk_counts(Usage(prompt_tokens=9, completion_tokens=2))
    {'inputTokens': 9, 'outputTokens': 2, 'totalTokens': 11, 'inputTokenDetails': {}, 'outputTokenDetails': {}}
    """
    prompt, completion = usage.prompt_tokens_details, usage.completion_tokens_details
    return {
        "inputTokens": usage.prompt_tokens,
        "outputTokens": usage.completion_tokens,
        "totalTokens": usage.total_tokens,
        "inputTokenDetails": renamed(prompt, {"cacheReadTokens": "cached_tokens", "cacheWriteTokens": WRITTEN}),
        "outputTokenDetails": renamed(completion, {"textTokens": "text_tokens", "reasoningTokens": "reasoning_tokens"}),
    }


def renamed(details: Model | None, names: Mapping[str, str]) -> dict[str, int]:
    """What is known of these details."""
    found = {ours: None if details is None else details.get(theirs) for ours, theirs in names.items()}
    return {name: count for name, count in found.items() if count is not None}
