"""An answer as Anthropic streams it: https://platform.claude.com/docs/en/build-with-claude/streaming; not public."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pydantic_core import to_json

from rillm.operators.sse_errors import type_of, words_for
from rillm.operators.sse_parts import PartsWriter
from rillm.streams.errors import BadRequestError, ServiceUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rillm.operators.sse_part import Part
    from rillm.streams.chunk import ModelResponseStream
    from rillm.streams.usage import Usage

# https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons
STOP_REASONS: Final[Mapping[str, str]] = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "function_call": "tool_use",
    "content_filter": "refusal",
}
# What OpenAI has one word for and Anthropic several; where Anthropic answered, its own is known.
FINER: Final[Mapping[str, frozenset[str]]] = {
    "end_turn": frozenset({"stop_sequence", "pause_turn", "compaction"}),
    "max_tokens": frozenset({"model_context_window_exceeded"}),
}
READ, WRITTEN = "cache_read_input_tokens", "cache_creation_input_tokens"


class AnthropicWriter(PartsWriter):
    """The events of a message. An event's name stands before its data as well: clients go by it."""

    format = "Anthropic's format"
    ping = b'event: ping\ndata: {"type":"ping"}\n\n'

    def head(self, chunk: ModelResponseStream) -> Iterable[bytes]:
        message = {
            "id": chunk.id,
            "type": "message",
            "role": "assistant",
            "model": chunk.model,
            "content": (),
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {"input_tokens": self.usage().prompt_tokens, "output_tokens": 0},
        }
        return (event("message_start", message=message),)

    def opening(self, part: Part) -> bytes:
        match part.kind:
            case "text":
                return start(part, type="text", text="")
            case "thinking":
                return start(part, type="thinking", thinking="", signature="")
            case "call":
                if part.call is not None and part.call.type == "custom":
                    raise BadRequestError(f"{self.format} has no custom tools, such as {part.name!r}.")
                return start(part, type="tool_use", id=part.id, name=part.name, input={})

    def piece(self, part: Part, text: str) -> bytes:
        match part.kind:
            case "text":
                return delta(part, type="text_delta", text=text)
            case "thinking":
                return delta(part, type="thinking_delta", thinking=text)
            case "call":
                return delta(part, type="input_json_delta", partial_json=text)

    def signature(self, part: Part, signature: str) -> bytes:
        return delta(part, type="signature_delta", signature=signature)

    def redacted(self, part: Part, secret: str) -> Iterable[bytes]:
        return start(part, type="redacted_thinking", data=secret), self.closing(part)

    def closing(self, part: Part) -> bytes:
        return event("content_block_stop", index=part.number)

    def retracted(self) -> Iterable[bytes]:
        raise ServiceUnavailableError("The answer so far was taken back, for which Anthropic's format has no word.")

    def tail(self, reason: str) -> Iterable[bytes]:
        if reason == "stop" and self.calls.calls:
            reason = "tool_calls"  # OpenAI's "stop" where a call was asked for; Anthropic's clients go by the reason
        native, stop_reason = self.fields.get("native_finish_reason"), STOP_REASONS.get(reason, reason)
        told = {
            "stop_reason": native if native in FINER.get(stop_reason, ()) else stop_reason,
            "stop_sequence": self.fields.get("stop_sequence"),
        }
        yield event("message_delta", delta=told, usage=in_anthropic_counts(self.usage()))
        yield event("message_stop")

    def failure(self, error: Exception) -> Sequence[bytes]:
        return (event("error", error={"type": type_of(error), "message": words_for(error)}),)


def event(name: str, **values: Any) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (name.encode(), to_json({"type": name, **values}))


def start(part: Part, **block: Any) -> bytes:
    return event("content_block_start", index=part.number, content_block=block)


def delta(part: Part, **values: Any) -> bytes:
    return event("content_block_delta", index=part.number, delta=values)


def in_anthropic_counts(usage: Usage) -> dict[str, Any]:
    """A usage as Anthropic tells it: what was read from the cache or written to it is not in the `input_tokens`.

    >>> from rillm.streams.usage import Usage
    >>> in_anthropic_counts(Usage(prompt_tokens=9, completion_tokens=2, cache_read_input_tokens=4))
    {'input_tokens': 5, 'output_tokens': 2, 'cache_read_input_tokens': 4}
    """
    prompt: dict[str, Any] = usage.prompt_tokens_details.model_dump() if usage.prompt_tokens_details else {}
    cached = {READ: prompt.get("cached_tokens"), WRITTEN: prompt.get("cache_creation_tokens")}
    counts = {name: count for name, count in cached.items() if count is not None}
    thoughts = usage.completion_tokens_details and usage.completion_tokens_details.reasoning_tokens
    return {
        "input_tokens": max(0, usage.prompt_tokens - sum(counts.values())),
        "output_tokens": usage.completion_tokens,
        **counts,
        **({"output_tokens_details": {"thinking_tokens": thoughts}} if thoughts is not None else {}),
        **{name: value for name, value in usage.extra.items() if name not in {READ, WRITTEN}},
    }
