"""`to_sse`: a stream as the server-sent events of a wire format, for a web server to answer with."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Final, Literal, get_args

from reactivex import abc
from reactivex.disposable import CompositeDisposable

from rillm.operators.silences import silences
from rillm.operators.sse_ai_sdk import AISDKWriter
from rillm.operators.sse_anthropic import AnthropicWriter
from rillm.operators.sse_openai import OpenAIWriter
from rillm.streams.errors import BadRequestError
from rillm.streams.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from reactivex import Observable

    from rillm.operators.operator import Operator
    from rillm.operators.sse_writer import Writer
    from rillm.streams.chunk import ModelResponseStream

SSEFormat = Literal["openai", "anthropic", "ai-sdk"]
WRITERS: Final[Mapping[SSEFormat, Callable[[], Writer]]] = {
    "openai": OpenAIWriter,
    "anthropic": AnthropicWriter,
    "ai-sdk": AISDKWriter,
}


def to_sse(format: SSEFormat = "openai", heartbeat: float | None = None) -> Operator[ModelResponseStream, bytes]:  # noqa: A002 - the word for it
    """Write a stream as server-sent events, one frame an item: the body of a `text/event-stream`.

        -Hel--lo--=stop-|
        [ to_sse("openai") ]
        -{…}--{…}-{…}---([DONE],|)      the data of each frame

    "openai": `chat.completion.chunk`s, then `[DONE]`. Nulls are left out. A usage that was reported is told at the end,
    also where the stream has not shown it.

    "anthropic": the events of a message: `message_start`, the blocks of text, thinking (with its signature) and
    `tool_use`, `message_delta` with the reason and the usage, `message_stop`. Anthropic always tells the usage: what
    nobody reported is an estimate, with `"estimated": true`. It knows one choice and no custom tools.

    "ai-sdk": the UI messages of Vercel's AI SDK from 5.0.92 on, which go with the header
    `x-vercel-ai-ui-message-stream: v1`: text, reasoning, tool inputs, `finish`, then `[DONE]`. Model and usage are in
    the message's metadata. One choice.

    A choice that an operator has ended without a finish_reason gets one: clients take an answer without for cut off.

    What a format has no word for is left out: all but OpenAI's know nothing of logprobs, citations, images and audio.

    A retraction, after which an answer begins anew, goes through as it is in OpenAI's format; clients that do not know
    it show both texts, `rillm.from_sse` the better one only. For the AI SDK it is a `reset-step`, which takes the first
    text off the screen from version 7 on; earlier ones end with an error. Anthropic has no word for it: where anything
    had been said, the stream ends with an error.

    Args:
        format: who is to read it.
        heartbeat: seconds without a chunk after which a frame without meaning is sent, also before the first chunk, so
            that no proxy takes the connection for dead: a comment, for Anthropic a `ping`. None for none.

    Errors: one that comes before the first frame, a ping too, passes, so that a server can answer with its status.
    Later ones become the format's own error and its end marker, without secrets, and the stream completes; what is no
    `RillmError` goes to loguru, and the client hears of an internal error. What a format cannot say is a
    `BadRequestError` in the same way. Where it is called, `BadRequestError` for arguments that are none of these.

    >>> import rillm
    >>> for frame in rillm.stream("mock/echo", mock_response="Hi").pipe(rillm.to_sse("ai-sdk")):
    ...     print(frame.decode().strip()[:35])
    data: {"type":"start","messageId":"
    data: {"type":"start-step"}
    data: {"type":"text-start","id":"0"
    data: {"type":"text-delta","id":"0"
    data: {"type":"text-end","id":"0"}
    data: {"type":"finish-step"}
    data: {"type":"finish","finishReaso
    data: [DONE]
    """
    if format not in WRITERS:
        raise BadRequestError(f"to_sse writes {', '.join(get_args(SSEFormat))}, not {format!r}.")
    if heartbeat is not None and not (isfinite(heartbeat) and heartbeat > 0):
        raise BadRequestError(f"The heartbeat has to be a number of seconds above 0, not {heartbeat!r}.")

    def written(source: Observable[ModelResponseStream]) -> Stream[bytes]:
        beating = source if heartbeat is None else source.pipe(silences(heartbeat))

        def subscribe(
            observer: abc.ObserverBase[bytes], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            writing = _Writing(WRITERS[format](), observer)
            writing.held.add(beating.subscribe(writing, scheduler=scheduler))
            return writing.held

        return Stream(subscribe)

    return written


class _Writing(abc.ObserverBase["ModelResponseStream | None"]):
    """One subscription. None is a silence."""

    def __init__(self, writer: Writer, observer: abc.ObserverBase[bytes]) -> None:
        self.held = CompositeDisposable()
        self._writer = writer
        self._write = writer.chunk
        self._observer = observer
        self._emit = observer.on_next
        self._has_begun = False
        self._is_over = False

    def on_next(self, value: ModelResponseStream | None) -> None:
        if self._is_over:
            return  # of a source that pushes on
        try:
            frames = self._write(value) if value is not None else (self._writer.ping,)
        except Exception as error:  # noqa: BLE001 - what cannot be written, as text that is no Unicode
            self.on_error(error)
            return
        if frames:
            self._has_begun = True
            for frame in frames:
                self._emit(frame)

    def on_error(self, error: Exception) -> None:
        if self._is_over:
            return
        if self._has_begun:
            self._end(self._writer.failure(error))
            return
        self._let_go()
        self._observer.on_error(error)

    def on_completed(self) -> None:
        if self._is_over:
            return
        try:
            frames = self._writer.end()
        except Exception as error:  # noqa: BLE001 - as above
            self.on_error(error)
        else:
            self._end(frames)

    def _end(self, frames: Sequence[bytes]) -> None:
        self._let_go()
        for frame in frames:
            self._emit(frame)
        self._observer.on_completed()

    def _let_go(self) -> None:
        self._is_over = True
        self.held.dispose()
