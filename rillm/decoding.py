"""`decode`: chunks from a response body that somebody has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rillm.operators.normalize import normalize
from rillm.operators.tap_end import tap_end
from rillm.providers.recording import RecordingSource
from rillm.providers.registration import format_of
from rillm.streams.frame import DEFAULT_MAX_FRAME_BYTES
from rillm.streams.stream import from_source

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Iterable

    from rillm.streams.chunk import ModelResponseStream
    from rillm.streams.stream import Stream


def decode(
    name: str, blocks: Iterable[bytes] | AsyncIterable[bytes], *, max_frame_bytes: int = DEFAULT_MAX_FRAME_BYTES
) -> Stream[ModelResponseStream]:
    r"""Decode a raw response body, without transfer and content encodings, into a stream of chunks.

    Args:
        name: a wire format ("openai-chat", …), or a provider, which means its own format.
        blocks: the body in blocks of any size. From an iterable, the stream serves `for` and `async for`; from an
            async iterable, `async for`. It is read lazily; a list can be read again and again.
        max_frame_bytes: the largest frame; more is a `FrameTooLargeError`.

    Raises:
        BadRequestError: there is no such format or provider.

    >>> body = [b'data: {"choices":[{"delta":{"content":"Hi"}}]}', b"\n\ndata: [DO", b"NE]\n\n"]
    >>> [chunk.choices[0].delta.content for chunk in decode("openai-chat", body)]
    ['Hi', None]
    """
    format_ = format_of(name)
    frames = from_source(RecordingSource(format_, blocks, max_frame_bytes))
    return frames.pipe(normalize(format_.decoder), tap_end(lambda _: None))
