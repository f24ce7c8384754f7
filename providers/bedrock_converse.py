"""Amazon Bedrock's ConverseStream: one format for the models of all vendors there.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStreamOutput.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rillm.providers.amazon_event_stream import ExceptionFrame
from rillm.providers.bedrock_blocks import OpenBlocks
from rillm.providers.bedrock_errors import error_of
from rillm.providers.bedrock_frames import number_in, object_in, whole_object_in
from rillm.providers.bedrock_usage import usage_of
from rillm.providers.bedrock_whole import events_of
from rillm.providers.chunks import chunk_of, end_chunk, head_chunk, text_chunk
from rillm.providers.failures import failure
from rillm.providers.framing import WHOLE_BODY
from rillm.streams.frame import event_of
from rillm.streams.json_values import is_object

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rillm.streams.chunk import ModelResponseStream

# A stop that is not named here, as "malformed_tool_use", is "stop".
REASONS: Final[Mapping[str, str]] = {
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
    "refusal": "content_filter",
}


def is_metadata(frame: bytes) -> bool:
    """Whether a frame is the last of a stream. Usage is in it, after the stop."""
    return event_of(frame) == "metadata"


class ConverseDecoder:
    """Messages of a ConverseStream to chunks."""

    finish_ends = False

    def __init__(self) -> None:
        self.terminated = False
        self._stopped = False
        self._blocks = OpenBlocks()

    def decode(self, frame: bytes) -> Sequence[ModelResponseStream]:
        name = event_of(frame)
        if isinstance(frame, ExceptionFrame):
            raise error_of(frame)
        if name == WHOLE_BODY:
            return self._decode_whole(frame)
        return self.event(name, object_in(frame))

    def event(self, name: str, data: dict[str, Any]) -> Sequence[ModelResponseStream]:
        """The chunks of one event; those that nobody knows have none.

        Raises:
            StreamDecodeError: something in it is of a wrong type.
        """
        if name == "contentBlockDelta":
            delta = data.get("delta")
            text = delta.get("text") if is_object(delta) else None
            if isinstance(text, str):
                return (text_chunk(text),)  # nearly every event
        return self._rare(name, data, number_in(data, "contentBlockIndex"))

    def _rare(self, name: str, data: dict[str, Any], block: int) -> Sequence[ModelResponseStream]:
        match name:
            case "contentBlockStart":
                return self._blocks.start(block, data.get("start"))
            case "contentBlockDelta":
                return self._blocks.delta(block, data.get("delta"))
            case "contentBlockStop":
                return self._blocks.stop(block)
            case "messageStop":
                return (self._stop(data),)
            case "metadata":
                return (self._end(data),)
            case _:
                return ()

    def _stop(self, data: dict[str, Any]) -> ModelResponseStream:
        self._stopped = True
        native, extra = str(data.get("stopReason")), data.get("additionalModelResponseFields")
        fields = {"additionalModelResponseFields": extra} if extra else {}
        return end_chunk(native, REASONS, others="stop", called=self._blocks.calls > 0, **fields)

    def _end(self, data: dict[str, Any]) -> ModelResponseStream:
        # Without a stop before it the answer is not over, whatever the tokens were.
        self.terminated = self._stopped
        usage, trace = usage_of(data.get("usage")), data.get("trace")
        if trace:
            return chunk_of({"provider_specific_fields": {"trace": trace}}, usage=usage)
        return head_chunk(usage=usage)

    def _decode_whole(self, frame: bytes) -> Sequence[ModelResponseStream]:
        """A body that is no stream: the answer of Converse, or an error."""
        data = whole_object_in(frame)
        if not is_object(data.get("output")):
            raise failure(data)
        return [chunk for name, event in events_of(data) for chunk in self.event(name, event)]
