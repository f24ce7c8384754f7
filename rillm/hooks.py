"""Where a call's callbacks hang: around the request, and at each chunk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rillm.listeners import Kind
from rillm.streams.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from reactivex import Observable, abc

    from rillm.call_record import Record
    from rillm.dispatch import Dispatcher
    from rillm.listeners import Listeners
    from rillm.operators.operator import Operator
    from rillm.streams.chunk import ModelResponseStream
    from rillm.streams.source import AsyncReading, Reading, Source


class WatchedSource:
    """A source whose opening is told to those who want to know, of the first try of a call."""

    def __init__(self, source: Source[bytes], record: Record, listeners: Listeners, dispatcher: Dispatcher) -> None:
        self._source = source
        self._record = record
        self._listeners = listeners
        self._dispatcher = dispatcher
        self._is_first = record.asked is None

    def open(self) -> Reading[bytes]:
        if not self._is_first:
            return self._source.open()
        self._dispatcher.dispatch(self._listeners.calls(self._record.before(), on_event_loop=False))
        reading = self._source.open()
        self._dispatcher.dispatch(self._listeners.calls(self._record.begun(), on_event_loop=False))
        return reading

    async def aopen(self) -> AsyncReading[bytes]:
        if not self._is_first:
            return await self._source.aopen()
        await self._dispatcher.adispatch(self._listeners.calls(self._record.before(), on_event_loop=True))
        reading = await self._source.aopen()
        await self._dispatcher.adispatch(self._listeners.calls(self._record.begun(), on_event_loop=True))
        return reading


def watched(source: Source[bytes], record: Record, listeners: Listeners, dispatcher: Dispatcher) -> Source[bytes]:
    """The source itself where nobody wants to know."""
    if listeners.hear(Kind.PRE) or listeners.hear(Kind.POST):
        return WatchedSource(source, record, listeners, dispatcher)
    return source


def each_chunk(
    action: Callable[[ModelResponseStream, object], None],
) -> Operator[ModelResponseStream, ModelResponseStream]:
    """Call `action(chunk, driver)` before each chunk goes on."""

    def tapped(source: Observable[ModelResponseStream]) -> Stream[ModelResponseStream]:
        def subscribe(
            observer: abc.ObserverBase[ModelResponseStream], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            emit = observer.on_next

            def on_next(chunk: ModelResponseStream) -> None:
                action(chunk, scheduler)
                emit(chunk)

            return source.subscribe(on_next, observer.on_error, observer.on_completed, scheduler=scheduler)

        return Stream(subscribe)

    return tapped
