"""The JSON in frames of Amazon Bedrock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rillm.providers.framing import WHOLE_BODY
from rillm.providers.openai_chat import parsed, shown
from rillm.providers.whole_body import body_of, not_a_stream
from rillm.streams.errors import StreamDecodeError
from rillm.streams.frame import NamedFrame
from rillm.streams.json_values import is_object

if TYPE_CHECKING:
    from collections.abc import Mapping


def is_whole_body(frame: bytes) -> bool:
    return isinstance(frame, NamedFrame) and frame.event == WHOLE_BODY


def object_in(frame: bytes) -> dict[str, Any]:
    """The JSON object that a frame is."""
    data = parsed(frame)
    if is_object(data):
        return data
    raise StreamDecodeError(f"A chunk is not a JSON object: {shown(frame)}")


def whole_object_in(frame: bytes) -> dict[str, Any]:
    """The JSON object that a body is, if it is no page of a gateway."""
    data = body_of(frame)
    if is_object(data):
        return data
    raise not_a_stream(frame)


def number_in(data: Mapping[str, Any], name: str) -> int:
    """The index of this name; 0 where there is none."""
    value = data.get(name)
    return value if isinstance(value, int) else 0
