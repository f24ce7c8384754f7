"""The chunks of the vendors on Amazon Bedrock, as InvokeModelWithResponseStream gives them.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html
"""

from __future__ import annotations

from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from rillm.providers.anthropic_messages import AnthropicMessagesDecoder
from rillm.providers.bedrock_converse import ConverseDecoder
from rillm.providers.bedrock_frames import is_whole_body, number_in, object_in, whole_object_in
from rillm.providers.bedrock_usage import usage_of
from rillm.providers.chunks import chunk_of, end_chunk, text_chunk
from rillm.providers.failures import failure
from rillm.providers.openai_chat import shown
from rillm.streams.errors import StreamDecodeError
from rillm.streams.json_values import is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rillm.streams.chunk import ModelResponseStream
    from rillm.streams.decoder import Decoder

BEDROCKS: Final = "amazon-bedrock-"  # begins the fields that Bedrock adds to the last chunk
METRICS: Final = f"{BEDROCKS}invocationMetrics"
REASONS: Final[Mapping[str, str]] = MappingProxyType({
    "length": "length", "LENGTH": "length", "max_tokens": "length", "MAX_TOKENS": "length",
    "CONTENT_FILTERED": "content_filter", "ERROR_TOXIC": "content_filter",
})  # fmt: skip
FAILED: Final = "ERROR"
ANSWERS: Final = ("results", "generations")  # where whole answers of Amazon and of Cohere have what a chunk has


class TextDecoder:
    """Chunks of one piece of text each; the last one tells why the model stopped.

    Args:
        text, reason: what these two are called.
        choice: what tells several answers apart, if there can be several.
    """

    finish_ends = True

    def __init__(self, text: str, reason: str, choice: str = "") -> None:
        self.terminated = False
        self._text = text
        self._reason = reason
        self._choice = choice

    def decode(self, frame: bytes) -> Sequence[ModelResponseStream]:
        data = self._whole(frame) if is_whole_body(frame) else object_in(frame)
        text, reason, index = data.get(self._text), data.get(self._reason), number_in(data, self._choice)
        if reason is None and METRICS not in data:
            return (text_chunk(text, index),) if isinstance(text, str) else ()
        if reason == FAILED:
            raise failure({"type": reason, **data})
        self.terminated = self.terminated or METRICS in data
        chunks = [text_chunk(text, index)] if text and isinstance(text, str) else []
        usage, fields = usage_of(data.get(METRICS)), bedrocks(data)
        if reason is None:
            return (*chunks, chunk_of({"provider_specific_fields": fields}, index=index, usage=usage))
        return (*chunks, end_chunk(str(reason), REASONS, others="stop", index=index, usage=usage, **fields))

    def _whole(self, frame: bytes) -> dict[str, Any]:
        """The answer in a body that is no stream."""
        data = whole_object_in(frame)
        answers = [data, *(data[name][0] for name in ANSWERS if is_array(data.get(name)) and data[name])]
        for answer in answers:
            if is_object(answer) and self._text in answer:
                self.terminated = True
                return answer
        raise failure(data)


class NovaDecoder(ConverseDecoder):
    """Chunks that each are an event of Converse under its name."""

    def decode(self, frame: bytes) -> Sequence[ModelResponseStream]:
        if is_whole_body(frame):
            return super().decode(frame)
        chunks: list[ModelResponseStream] = []
        data = object_in(frame)
        if METRICS in data and bedrocks(data):
            chunks.append(chunk_of({"provider_specific_fields": bedrocks(data)}))
        for name, event in data.items():
            if is_object(event):
                chunks += self.event(name, event)
        return chunks


claude_text: Final = partial(TextDecoder, "completion", "stop_reason")
cohere: Final = partial(TextDecoder, "text", "finish_reason", "index")
llama: Final = partial(TextDecoder, "generation", "stop_reason")
titan: Final = partial(TextDecoder, "outputText", "completionReason")

VENDORS: Final[Mapping[str, Callable[[], Decoder]]] = MappingProxyType({
    "-anthropic": AnthropicMessagesDecoder, "-claude-text": claude_text, "-cohere": cohere, "-llama": llama,
    "-nova": NovaDecoder, "-titan": titan,
})  # fmt: skip
# By a field that the first chunk has.
BY_FIELD: Final[Mapping[str, Callable[[], Decoder]]] = MappingProxyType({
    "type": AnthropicMessagesDecoder,
    "messageStart": NovaDecoder, "output": NovaDecoder,
    "outputText": titan, "results": titan,
    "generation": llama,
    "completion": claude_text,
    "text": cohere, "is_finished": cohere, "generations": cohere,
})  # fmt: skip


def vendor_of(chunk: bytes) -> Decoder:
    """The decoder for an answer whose first chunk this is.

    Raises:
        StreamDecodeError: it is of no vendor that is known here.
    """
    data = whole_object_in(chunk) if is_whole_body(chunk) else object_in(chunk)
    for field, decoder in BY_FIELD.items():
        if field in data:
            return decoder()
    if is_whole_body(chunk):
        raise failure(data)
    raise StreamDecodeError(f"A chunk is of no vendor that is known here: {shown(chunk)}")


def bedrocks(data: Mapping[str, Any]) -> dict[str, Any]:
    """What Bedrock adds beside its metrics: `guardrailAction` and `trace`."""
    return {
        name.removeprefix(BEDROCKS): value
        for name, value in data.items()
        if name.startswith(BEDROCKS) and name != METRICS
    }
