"""UI messages of Vercel's AI SDK: https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol.

What web servers answer browsers with, rather than models servers: `rillm.to_sse("ai-sdk")` writes it, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NoReturn

from pydantic_core import to_json

from rillm.providers.anthropic_blocks import thought
from rillm.providers.anthropic_events import text_of
from rillm.providers.chunks import chunk_of, end_chunk, head_chunk, text_chunk
from rillm.providers.json_decoder import JSONDecoder
from rillm.streams.errors import BadRequestError, StreamTruncatedError
from rillm.streams.json_values import is_object
from rillm.streams.retraction import retraction

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rillm.providers.request import ChatCall
    from rillm.streams.chunk import ModelResponseStream

FINISH_REASONS: Final[Mapping[str, str]] = {"content-filter": "content_filter", "tool-calls": "tool_calls"}


def encode(call: ChatCall) -> NoReturn:
    raise BadRequestError("No model is asked in the AI SDK's format: it is how web servers answer.", call.model)


class AISDKDecoder(JSONDecoder):
    """Chunks of UI messages to chunks. Steps follow each other in one answer; what a server ran itself is not in it."""

    done_ends = True
    finish_ends = True

    def __init__(self) -> None:
        super().__init__()
        self._id: str | None = None
        self._calls: dict[str, int] = {}  # their numbers
        self._with_input: set[str] = set()

    def read(self, data: dict[str, Any]) -> Sequence[ModelResponseStream]:
        if data["type"] == "text-delta":
            return (text_chunk(text),) if (text := text_of(data, "delta")) else ()
        return list(self._chunks(data))

    def _chunks(self, data: dict[str, Any]) -> Iterator[ModelResponseStream]:
        match data["type"]:
            case "reasoning-start" | "reasoning-delta":
                yield from chunks_of(thinking(data))
            case "tool-input-start" | "tool-input-delta" | "tool-input-available" | "tool-input-error":
                yield from chunks_of({} if data.get("providerExecuted") else self._call(data))
            case "start":
                self._id = data.get("messageId")
                yield self._head(data)
            case "message-metadata":
                yield self._head(data)
            case "reset-step":
                self._calls.clear()
                self._with_input.clear()
                yield retraction(chunk_of({}))
            case "finish":
                usage = in_openai_counts(metadata(data).get("usage"))
                yield end_chunk(data.get("finishReason"), FINISH_REASONS, usage=usage)
            case "error":
                raise self.failure(data["errorText"])
            case "abort":
                raise StreamTruncatedError(f"The answer was aborted: {data.get('reason') or 'no reason was given'}.")
            case _:
                pass

    def _head(self, data: dict[str, Any]) -> ModelResponseStream:
        model = metadata(data).get("model")
        return head_chunk(id=self._id, model=model if isinstance(model, str) else None)

    def _call(self, data: dict[str, Any]) -> dict[str, Any]:
        """A piece of a call; its input comes whole at the end, too."""
        id_ = data["toolCallId"]
        is_new = id_ not in self._calls
        number = self._calls.setdefault(id_, len(self._calls))
        piece, given = text_of(data, "inputTextDelta"), data.get("input")
        if given and id_ not in self._with_input:
            piece = given if isinstance(given, str) else to_json(given).decode()
        if piece:
            self._with_input.add(id_)
        name = {"id": id_, "type": "function"} if is_new else {}
        function = {"name": data["toolName"], "arguments": piece} if is_new else {"arguments": piece}
        return {"tool_calls": [{"index": number, **name, "function": function}]} if is_new or piece else {}


def chunks_of(delta: dict[str, Any]) -> Sequence[ModelResponseStream]:
    return (chunk_of(delta),) if delta else ()


def thinking(data: dict[str, Any]) -> dict[str, Any]:
    """A piece of thinking, with what Anthropic wants to have back of it, which its SDK's provider puts there."""
    told: Any = data.get("providerMetadata")
    kept: Any = told.get("anthropic") if is_object(told) else None
    kept = kept if is_object(kept) else {}
    if kept.get("redactedData"):
        return {"thinking_blocks": [{"type": "redacted_thinking", "data": kept["redactedData"]}]}
    return thought(text_of(data, "delta"), text_of(kept, "signature"))


def metadata(data: dict[str, Any]) -> dict[str, Any]:
    """What is told of the message, in names that every server chooses for itself."""
    told = data.get("messageMetadata")
    return told if is_object(told) else {}


def in_openai_counts(usage: Any) -> dict[str, Any] | None:
    """The SDK's `LanguageModelUsage` in OpenAI's names."""
    if not is_object(usage) or not isinstance(usage.get("outputTokens"), int):
        return None
    prompt: dict[str, Any] = usage.get("inputTokenDetails") or {}
    completion: dict[str, Any] = usage.get("outputTokenDetails") or {}
    return {
        "prompt_tokens": usage.get("inputTokens"),
        "completion_tokens": usage["outputTokens"],
        "total_tokens": usage.get("totalTokens"),
        "prompt_tokens_details": {
            "cached_tokens": prompt.get("cacheReadTokens"),
            "cache_creation_tokens": prompt.get("cacheWriteTokens"),
        },
        "completion_tokens_details": {
            "reasoning_tokens": completion.get("reasoningTokens"),
            "text_tokens": completion.get("textTokens"),
        },
    }
