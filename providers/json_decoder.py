"""What the decoders of formats have in common whose frames are JSON objects."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from pydantic_core import from_json

from rillm.providers.failures import failure
from rillm.providers.framing import WHOLE_BODY
from rillm.providers.openai_chat import END, shown
from rillm.providers.whole_body import not_a_stream
from rillm.streams.errors import StreamDecodeError
from rillm.streams.frame import event_of
from rillm.streams.json_values import is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rillm.streams.chunk import ModelResponseStream
    from rillm.streams.errors import RillmError

# What reading a value of a wrong type ends in: a format's `read` takes its fields as they should be, and no look at
# each of them is needed.
WRONG: Final = (AttributeError, LookupError, TypeError, ValueError)


class JSONDecoder(ABC):
    """Frames to chunks by `read`, which sets `terminated` at the format's end marker.

    An `error` in a frame, or an event of that name, is raised as what it stands for; so is a body that is no stream,
    unless `whole` finds an answer in it.

    Attributes:
        done_ends: whether `[DONE]` is the end marker. Where it is not, a gateway may have added it, and it says
            nothing: after an answer that was cut off it comes as well.
    """

    finish_ends = False
    done_ends = False

    def __init__(self) -> None:
        self.terminated = False

    @abstractmethod
    def read(self, data: dict[str, Any]) -> Sequence[ModelResponseStream]:
        """The chunks that an object of the stream brings."""

    def whole(self, data: dict[str, Any]) -> Sequence[ModelResponseStream]:
        """The chunks of an answer that came whole; `terminated` stays False if it is none."""
        return self.read(data)

    def failure(self, data: Any) -> RillmError:
        """The error that an object, or text, stands for."""
        return failure(data)

    def decode(self, frame: bytes) -> Sequence[ModelResponseStream]:
        event = event_of(frame)
        try:
            data = from_json(frame)
            if event == WHOLE_BODY:
                return self._decode_whole(data)
            if event == "error" or data.get("error"):
                raise self.failure(data)
            return self.read(data)
        except WRONG as error:
            return self._decode_other(frame, event, error)

    def _decode_whole(self, data: Any) -> Sequence[ModelResponseStream]:
        answer: Any = data[0] if is_array(data) and data else data
        if is_object(answer) and not answer.get("error"):
            chunks = self.whole(answer)
            if self.terminated:
                return chunks
        raise self.failure(data)

    def _decode_other(self, frame: bytes, event: str, error: Exception) -> Sequence[ModelResponseStream]:
        words = frame.strip()
        if words == END:
            self.terminated = self.terminated or self.done_ends
        elif event == WHOLE_BODY:
            raise not_a_stream(frame) from None
        elif event == "error":
            raise self.failure(frame.decode(errors="replace")) from None
        elif words:
            reason = why(frame, error)
            raise StreamDecodeError(f"A chunk is not what the format allows{reason}: {shown(frame)}") from None
        return ()


def why(frame: bytes, error: Exception) -> str:
    """What is odd about a frame that led to `error`, whose words tell little where the frame is no object at all."""
    with suppress(ValueError):
        if not is_object(from_json(frame)):
            return ", not a JSON object"
    return f" ({error})"
