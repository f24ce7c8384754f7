"""One call: its targets, the pipeline that its answer runs through, and who is told of it."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, TypeVar

import reactivex
from reactivex import operators as ops

from rillm.attempts import DEFAULT_RETRIES, Attempts
from rillm.call_record import Record
from rillm.completion_stream import CompletionStream
from rillm.listeners import Listeners
from rillm.operators.accumulate import accumulate
from rillm.operators.at_the_end import at_the_end
from rillm.operators.merge_reasoning import merge_reasoning
from rillm.operators.repeat_guard import repeat_guard
from rillm.operators.tap_end import tap_end
from rillm.parameters import number
from rillm.providers.sources import is_mocked
from rillm.reporter import Reporter
from rillm.settings import setting
from rillm.streams.errors import RillmError
from rillm.streams.opened import AsyncOpenedSource, OpenedSource
from rillm.streams.response import ModelResponse, fill_arguments
from rillm.streams.stream import as_stream
from rillm.streams.within import open_within, too_late
from rillm.target import Limits, plain_messages, targets_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reactivex import Observable

    from rillm.operators.operator import Operator
    from rillm.streams.chunk import ModelResponseStream
    from rillm.streams.source import AsyncReading, Source
    from rillm.streams.stream import Stream

T = TypeVar("T")


class Call:
    """One call, made once: by blocking or on an event loop, as a stream or whole.

    Raises:
        BadRequestError: the messages, the provider or its address are none.
        AuthenticationError: a key is needed and there is none.
    """

    def __init__(
        self, model: str, messages: Any, params: dict[str, Any], call_type: str = "completion", *, stream: bool
    ) -> None:
        params = dict(params)
        listeners = Listeners.of_call(params)
        pipeline: Sequence[Operator[Any, Any]] | None = params.pop("pipeline", None)
        merged = [merge_reasoning()] if params.pop("merge_reasoning_content_in_choices", None) else []
        self._pipeline = [*merged, *(default_pipeline() if pipeline is None else pipeline)]
        self._limits = Limits.of_call(params)
        retries = retries_of(params)
        self.record = Record(plain_messages(messages), params, call_type, stream=stream)
        self._reporter = Reporter(self.record, listeners)
        self._attempts = Attempts(targets_of(model, self.record, params, self._limits), retries)

    # By blocking

    def open(self) -> CompletionStream:
        """Send the request, again or to a fallback if need be; returns when an answer has begun."""
        try:
            while True:
                began = time.monotonic()
                try:
                    reading = open_within(self._limits.to_begin(), self._source().open)
                except Exception as error:
                    seconds = self._seconds_to_wait(error)
                    if seconds is None:
                        raise
                    time.sleep(seconds)
                else:
                    return self.stream(OpenedSource(reading, self._reporter.unread), time.monotonic() - began)
        except BaseException as error:
            self._reporter.failed(error)
            raise

    def response(self) -> ModelResponse:
        """The whole answer. It is streamed on the wire all the same, so that leaving stops the model."""
        responses = list(self._whole())
        return fill_arguments(responses[0]) if responses else ModelResponse(model=self.record.model)

    # On an event loop

    async def aopen(self) -> CompletionStream:
        """As `open`."""
        try:
            while True:
                began = time.monotonic()
                try:
                    reading = await self._aopen_within(self._limits.to_begin())
                except Exception as error:
                    seconds = self._seconds_to_wait(error)
                    if seconds is None:
                        raise
                    await asyncio.sleep(seconds)
                else:
                    return self.stream(AsyncOpenedSource(reading, self._reporter.unread), time.monotonic() - began)
        except BaseException as error:
            await self._reporter.afailed(error)
            raise

    async def aresponse(self) -> ModelResponse:
        """As `response`."""
        responses = [response async for response in self._whole()]
        return fill_arguments(responses[0]) if responses else ModelResponse(model=self.record.model)

    async def _aopen_within(self, seconds: float | None) -> AsyncReading[bytes]:
        limit = asyncio.timeout(seconds)
        try:
            async with limit:
                return await self._source().aopen()
        except TimeoutError:
            if limit.expired():
                raise too_late(seconds) from None
            raise

    # The pipeline

    def stream(self, opened: Any = None, spent: float = 0.0) -> CompletionStream:
        """The answer as chunks: of a request to be made, or of one that is `opened`, which took `spent` seconds."""
        chunks = self._reporter.reported(self._tries(self._try(opened, spent), self._try))
        return CompletionStream(chunks, self.record, opened)

    def _whole(self) -> Stream[ModelResponse]:
        def whole() -> Stream[ModelResponse]:
            return self._try().pipe(accumulate())

        return self._tries(whole(), whole).pipe(at_the_end(self._reporter.on_end))

    def _source(self) -> Source[bytes]:
        return self._reporter.watched(self._attempts.target.source)

    def _try(self, opened: Any = None, spent: float = 0.0) -> Stream[ModelResponseStream]:
        chunks = self._attempts.target.chunks(opened or self._source(), opened, spent)
        stream: Stream[ModelResponseStream] = chunks.pipe(*self._pipeline, tap_end(self._reporter.on_try_end))
        return stream

    def _tries(self, first: Stream[T], again: Callable[[], Stream[T]]) -> Stream[T]:
        """The first try and, after a failure that allows it, further ones."""

        def go_on(error: Exception, _: Observable[T]) -> Observable[T]:
            seconds = self._seconds_to_wait(error)
            if seconds is None:
                return reactivex.throw(error)
            further = self._tries(again(), again)
            return reactivex.concat(pause(seconds), further) if seconds else further

        return first.pipe(ops.catch(go_on))

    def _seconds_to_wait(self, error: Exception) -> float | None:
        """Before the next try; None if there is none. What has been handed to the consumer cannot be taken back."""
        if isinstance(error, RillmError):
            error.told(self.record.provider, self.record.model)
        if self.record.stream and self._reporter.has_begun:
            return None
        seconds = self._attempts.after(error)
        left = self._limits.left()
        return None if left is not None and seconds is not None and seconds >= left else seconds


def pause(seconds: float) -> Stream[Any]:
    """A stream of nothing that ends after so long."""
    return as_stream(reactivex.timer(seconds).pipe(ops.ignore_elements()))


def retries_of(params: dict[str, Any]) -> int:
    """How often a call may be made again: `num_retries`, else `max_retries`, else the setting, else 2.

    A mocked failure does not pass: it is tried again only where the call itself asks for it.
    """
    usual = 0 if is_mocked(params) else DEFAULT_RETRIES if setting("num_retries") is None else setting("num_retries")
    counts = [number(params, "num_retries"), number(params, "max_retries")]
    return int(next((count for count in counts if count is not None), usual))


def default_pipeline() -> Sequence[Operator[Any, Any]]:
    """What chunks run through after `normalize` and before the callbacks, unless the caller says otherwise."""
    return [repeat_guard(lambda: setting("REPEATED_STREAMING_CHUNK_LIMIT"))]
