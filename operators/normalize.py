"""`normalize`: from the frames of a wire format to the chunks of a default stream."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from reactivex import abc

from rillm.streams.accumulator import Accumulator
from rillm.streams.chunk import ModelResponseStream
from rillm.streams.errors import StreamTruncatedError
from rillm.streams.mid_stream import in_stream
from rillm.streams.stream import Stream
from rillm.streams.tidy import Tidy

if TYPE_CHECKING:
    from collections.abc import Callable

    from reactivex import Observable

    from rillm.operators.operator import Operator
    from rillm.streams.decoder import Decoder


def normalize(  # noqa: PLR0913 - by keyword only
    decoder: Callable[[], Decoder],
    *,
    model: str | None = None,
    hidden_params: dict[str, Any] | None = None,
    include_usage: bool = False,
    keep_leading: bool = False,
    roles_as_sent: bool = False,
) -> Operator[bytes, ModelResponseStream]:
    """Decode frames into chunks that keep the promises of `rillm.streams.tidy`.

        -{"choices":[{"delta":{"content":"Hi"}}]}--{"choices":[{"finish_reason":"stop"}]}--[DONE]--
        [ normalize(OpenAIChatDecoder) ]
        -Hi------------------------------------------------------------------------------(stop|)

    Only the format's end marker, or a finish_reason where the format allows it, completes the stream; an end of data
    without one is an error. A connection that breaks after the last finish_reason has broken nothing.

    Args:
        decoder: makes the decoder of one subscription.
        model: the name that every chunk gets; None keeps the provider's.
        hidden_params: what is known of the call, copied for each subscription.
        include_usage: end with a chunk that has `usage`, estimated where the provider reports none.
        keep_leading: hand on chunks without choices that come before the answer, such as Azure's verdict on the prompt.
        roles_as_sent: give a role to the first choice only, others keep what the provider sent.

    Errors: `StreamTruncatedError`, `StreamDecodeError`, and what an error event stands for.

    >>> import rillm
    >>> from rillm.providers.openai_chat import OpenAIChatDecoder
    >>> frames = rillm.as_stream(rillm.of(b'{"choices":[{"delta":{"content":"Hi"}}]}', b"[DONE]"))
    >>> [chunk.choices[0].delta.content for chunk in frames.pipe(rillm.normalize(OpenAIChatDecoder))]
    ['Hi', None]
    """

    def normalized(source: Observable[bytes]) -> Stream[ModelResponseStream]:
        def subscribe(
            observer: abc.ObserverBase[ModelResponseStream], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            tidy = Tidy(model, dict(hidden_params or {}), keep_leading=keep_leading, roles_as_sent=roles_as_sent)
            last = UsageChunk(tidy, observer) if include_usage else observer
            of_call = partial(
                in_stream, llm_provider=tidy.hidden_params.get("custom_llm_provider", ""), model=model or ""
            )
            on_next, on_error, on_completed = steps(decoder(), tidy, last, of_call)
            return source.subscribe(on_next, on_error, on_completed, scheduler=scheduler)

        return Stream(subscribe)

    return normalized


def steps(
    state: Decoder,
    tidy: Tidy,
    observer: abc.ObserverBase[ModelResponseStream],
    of_call: Callable[[Exception], Exception],
) -> tuple[Callable[[bytes], None], Callable[[Exception], None], Callable[[], None]]:
    """What one subscription does at a frame, at an error and at the end of the data."""
    decode, admit, emit = state.decode, tidy.admit, observer.on_next

    def on_next(frame: bytes) -> None:
        try:
            for chunk in decode(frame):
                if admit(chunk):
                    emit(chunk)
        except Exception as error:  # noqa: BLE001 - whatever a frame holds, the stream ends by on_error
            observer.on_error(of_call(error))
        else:
            if state.terminated:
                finish()

    def finish() -> None:
        for chunk in tidy.finish():
            emit(chunk)
        observer.on_completed()

    def on_error(error: Exception) -> None:
        if state.finish_ends and tidy.is_finished():
            finish()
        else:
            observer.on_error(error)

    def on_completed() -> None:
        error = StreamTruncatedError("The answer was cut off: the data ended before the end of the stream.")
        on_error(of_call(error))

    return on_next, on_error, on_completed


class UsageChunk(abc.ObserverBase[ModelResponseStream]):
    """Hands chunks on, and a chunk with usage at the end: as reported, else estimated from what has passed."""

    def __init__(self, tidy: Tidy, observer: abc.ObserverBase[ModelResponseStream]) -> None:
        self._tidy = tidy
        self._observer = observer
        self._passed = Accumulator()

    def on_next(self, value: ModelResponseStream) -> None:
        self._passed.add(value)
        self._observer.on_next(value)

    def on_error(self, error: Exception) -> None:
        self._observer.on_error(error)

    def on_completed(self) -> None:
        self._observer.on_next(self._tidy.usage_chunk(self._passed.estimated_usage))
        self._observer.on_completed()
