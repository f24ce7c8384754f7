"""Anthropic's messages: https://platform.claude.com/docs/en/build-with-claude/streaming.

Also the format of Claude on Azure, Vertex and, inside other frames, Bedrock. An event tells its kind itself, so the
names of server-sent events are not needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pydantic_core import from_json

from rillm.providers.anthropic_blocks import Blocks
from rillm.providers.anthropic_events import index_of, object_of, text_of
from rillm.providers.anthropic_fields import OUTLINE, Values
from rillm.providers.anthropic_usage import OUTPUT, openai_usage, reported
from rillm.providers.chunks import chunk_of, end_chunk, head_chunk, text_chunk
from rillm.providers.failures import failure
from rillm.providers.framing import WHOLE_BODY
from rillm.providers.openai_chat import END, parsed, shown
from rillm.providers.whole_body import not_a_stream
from rillm.streams.errors import StreamDecodeError
from rillm.streams.frame import event_of
from rillm.streams.json_values import is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rillm.streams.chunk import ModelResponseStream

# https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons
REASONS: Final[Mapping[str, str]] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
    "pause_turn": "stop",
    "compaction": "stop",
}
UNFINISHED: Final = frozenset({"pause_turn", "compaction"})  # the model goes on when its message is sent back
AT_THE_END: Final = ("stop_sequence", "stop_details", "container", "context_management")
LAST: Final = (b'{"type":"message_stop"', b'{"type": "message_stop"')


def is_message_stop(frame: bytes) -> bool:
    return frame.startswith(LAST)


class AnthropicMessagesDecoder:
    """Events of a streamed message to chunks.

    The end has in `provider_specific_fields` the `native_finish_reason`; `unfinished`, true where the model has only
    paused; the rest of what is told of it: `stop_sequence`, `stop_details` of a refusal, `container`, ….
    """

    finish_ends = False

    def __init__(self) -> None:
        self.terminated = False
        self._blocks = Blocks()
        self._counts: Values = {}

    def decode(self, frame: bytes) -> Sequence[ModelResponseStream]:
        try:
            event: Any = from_json(frame)
        except ValueError:
            return self._not_json(frame)
        if is_object(event) and event.get("type") == "content_block_delta":
            delta: Any = event.get("delta")
            if is_object(delta) and delta.get("type") == "text_delta":
                text: Any = delta.get("text")
                if text and isinstance(text, str):
                    self._blocks.text_length += len(text)
                    return (text_chunk(text),)  # nearly every chunk
        name = event_of(frame)
        if name == "error" or (name == WHOLE_BODY and not is_object(event)):
            raise failure(event)
        if not is_object(event):
            raise StreamDecodeError(f"Not a JSON object: {shown(frame)}")
        try:
            return list(self._chunks(event, name))
        except ValueError as error:
            raise StreamDecodeError(f"An event is not what the format allows ({error}): {shown(frame)}") from None

    def _not_json(self, frame: bytes) -> Sequence[ModelResponseStream]:
        name = event_of(frame)
        if name == WHOLE_BODY:
            raise not_a_stream(frame)
        if name == "error":
            raise failure(parsed(frame, or_text=True))
        if frame.strip() not in {b"", END}:  # other formats' end, which gateways send after ours
            parsed(frame)
        return ()

    def _chunks(self, event: Values, name: str) -> Iterator[ModelResponseStream]:
        match event.get("type") or name:
            case "message_start":
                yield self._head(object_of(event, "message"))
            case "content_block_start":
                yield from self._block_chunk(self._blocks.start(index_of(event), object_of(event, "content_block")))
            case "content_block_delta":
                yield from self._block_chunk(self._blocks.add(index_of(event), object_of(event, "delta")))
            case "content_block_stop":
                yield from self._block_chunk(self._blocks.stop(index_of(event)))
            case "message_delta":
                yield self._end({**event, **object_of(event, "delta")})
            case "message_stop":
                self.terminated = True
            case "message":
                yield from self._whole(event)
            case kind:
                if kind == "error" or name == WHOLE_BODY or event.get("error"):
                    raise failure(event)

    def _head(self, message: Values) -> ModelResponseStream:
        """The message so far. Its `output_tokens` are those of a message cut off here: not yet a report."""
        self._counts = reported(message.get("usage"))
        self._counts.pop(OUTPUT, None)
        return head_chunk(id=message.get("id"), model=message.get("model"), usage=openai_usage(self._counts))

    @staticmethod
    def _block_chunk(delta: Values) -> Iterator[ModelResponseStream]:
        if any(delta.values()):
            yield chunk_of(delta)

    def _end(self, told: Values) -> ModelResponseStream:
        self._counts |= reported(told.get("usage"))
        native = text_of(told, "stop_reason")
        fields = {name: told[name] for name in AT_THE_END if told.get(name)}
        if native in UNFINISHED:
            fields["unfinished"] = True
        outline = self._blocks.outline()
        if outline:
            fields[OUTLINE] = outline
        usage = openai_usage(self._counts)
        if not native:  # usage alone, before the reason or after it
            return chunk_of({"provider_specific_fields": fields or None}, usage=usage)
        return end_chunk(native, REASONS, called=self._blocks.calls > 0, usage=usage, **fields)

    def _whole(self, message: Values) -> Iterator[ModelResponseStream]:
        """An answer that came whole, as the stream of it."""
        content = message.get("content")
        yield self._head(message)
        for index, block in enumerate(content if is_array(content) else ()):
            yield from self._block_chunk(self._blocks.start(index, object_of({"block": block}, "block")))
            yield from self._block_chunk(self._blocks.stop(index))
        yield self._end(message)
        self.terminated = True
