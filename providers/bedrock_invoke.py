"""Amazon Bedrock's InvokeModelWithResponseStream: the chunks of a model's vendor, in base64.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html
"""

from __future__ import annotations

from binascii import a2b_base64
from typing import TYPE_CHECKING, Final

from rillm.providers.amazon_event_stream import ExceptionFrame
from rillm.providers.bedrock_errors import error_of
from rillm.providers.bedrock_frames import is_whole_body
from rillm.providers.bedrock_vendors import VENDORS, vendor_of
from rillm.providers.openai_chat import parsed, shown
from rillm.streams.errors import RillmError, StreamDecodeError
from rillm.streams.frame import NamedFrame

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rillm.streams.chunk import ModelResponseStream
    from rillm.streams.decoder import Decoder

LAST: Final = b'"amazon-bedrock-invocationMetrics"'


class Unwrapped:
    """Messages with a vendor's chunk inside.

    Args:
        decoder: of the vendor's chunks; without one the first of them tells whose they are.
    """

    def __init__(self, decoder: Decoder | None = None) -> None:
        self._decoder = decoder
        self.terminated = False
        self.finish_ends = False

    def decode(self, frame: bytes) -> Iterable[ModelResponseStream]:
        chunk = unwrapped(frame)
        if chunk is None:
            return ()
        decoder = self._decoder
        if decoder is None:
            decoder = self._decoder = vendor_of(chunk)
        self.finish_ends = decoder.finish_ends
        chunks = decoder.decode(chunk)
        self.terminated = decoder.terminated
        return chunks


def invoked(vendor: str) -> Unwrapped:
    """The decoder of the format "bedrock-invoke" with this ending: "-titan", "" for any vendor."""
    return Unwrapped(VENDORS[vendor]() if vendor else None)


def unwrapped(frame: bytes) -> bytes | None:
    """The chunk in a message, None if it has none. A body that is no stream stays as it is.

    Raises:
        RillmError: the class that an exception in the stream stands for.
        StreamDecodeError: it is not what the format allows.
    """
    if type(frame) is NamedFrame and frame.event == "chunk":
        try:
            return a2b_base64(parsed(frame)["bytes"])
        except (TypeError, KeyError, ValueError):
            raise StreamDecodeError(f"A message has no chunk in it: {shown(frame)}") from None
    if isinstance(frame, ExceptionFrame):
        raise error_of(frame)
    return frame if is_whole_body(frame) else None


def has_metrics(frame: bytes) -> bool:
    """Whether a frame is the last of a stream: it has what Bedrock counted, whatever the vendor's format is."""
    try:
        return LAST in (unwrapped(frame) or b"")
    except RillmError:
        return False
