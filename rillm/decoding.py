"""`decode` and `from_sse`: chunks from a response body that somebody has, or that is coming."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reactivex.disposable import BooleanDisposable, CompositeDisposable

from rillm.operators.normalize import normalize
from rillm.operators.tap_end import tap_end
from rillm.providers.recording import recording
from rillm.providers.registration import format_of
from rillm.streams.frame import DEFAULT_MAX_FRAME_BYTES
from rillm.streams.rillm_error import RillmError
from rillm.streams.stream import Stream, as_stream, from_source

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Callable, Iterable, Sequence

    from reactivex import Observable, abc

    from rillm.operators.operator import Operator
    from rillm.streams.chunk import ModelResponseStream
    from rillm.streams.frame import Framer


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
    frames = from_source(recording(format_, blocks, max_frame_bytes))
    return frames.pipe(normalize(format_.decoder), tap_end(lambda _: None))


def from_sse(
    format: str = "openai",  # noqa: A002 - as `to_sse` has it
    *,
    max_frame_bytes: int = DEFAULT_MAX_FRAME_BYTES,
) -> Operator[bytes, ModelResponseStream]:
    r"""Decode a stream of bytes into chunks, wherever its blocks are cut: what `to_sse` writes, and what models send.

        --data:…----data:_[DO---NE]↵↵-----------|
        [ from_sse("openai") ]
        --Hi--------------------(=stop,|)

    It is `decode` as an operator: the same formats, promises and errors. It completes at the format's end marker, and
    lets go of the source then. After a retraction comes another answer, with an id and a model of its own.

    Args:
        format: "openai", "anthropic", "ai-sdk", or any other name that `decode` takes.
        max_frame_bytes: the largest frame; more is a `FrameTooLargeError`.

    Errors: `StreamTruncatedError`, `StreamDecodeError`, and what an error in the stream stands for; `.partial` has what
    had come. Where it is called, `BadRequestError`: there is no such format.

    >>> import rillm
    >>> blocks = rillm.of(b'data: {"choices":[{"delta":{"content":"Hi"}}]}', b"\n\ndata: [DO", b"NE]\n\n")
    >>> "".join(rillm.as_stream(blocks).pipe(rillm.from_sse("openai"), rillm.text()))
    'Hi'
    """
    format_ = format_of(format)

    def decoded(source: Observable[bytes]) -> Stream[ModelResponseStream]:
        frames = as_stream(source).pipe(framed(lambda: format_.framer(max_frame_bytes)))
        return frames.pipe(normalize(format_.decoder), tap_end(lambda _: None))

    return decoded


def framed(make: Callable[[], Framer]) -> Operator[bytes, bytes]:
    """The frames that each block completes, and at the end what is left."""

    def cut(source: Observable[bytes]) -> Stream[bytes]:
        def subscribe(
            observer: abc.ObserverBase[bytes], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            framer, over = make(), BooleanDisposable()

            def hand_on(frames: Callable[[], Sequence[bytes]]) -> None:
                try:
                    found = frames()
                except RillmError as error:
                    observer.on_error(error)
                    return
                for frame in found:
                    if over.is_disposed:
                        return  # behind the end marker
                    observer.on_next(frame)

            def on_next(block: bytes) -> None:
                hand_on(lambda: framer.feed(block))

            def on_completed() -> None:
                hand_on(framer.end)
                observer.on_completed()

            return CompositeDisposable(
                over, source.subscribe(on_next, observer.on_error, on_completed, scheduler=scheduler)
            )

        return Stream(subscribe)

    return cut
