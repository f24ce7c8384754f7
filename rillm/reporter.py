"""Tells those who listen what happens to one call: its beginning, each chunk, and its one end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rillm.call_record import kind_of
from rillm.dispatch import Dispatcher, asyncio_runs
from rillm.hooks import each_chunk, watched
from rillm.listeners import Kind
from rillm.operators.at_the_end import at_the_end
from rillm.operators.tap_end import Ending
from rillm.streams.async_driver import AsyncDriver
from rillm.streams.errors import StreamConsumedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rillm.call_record import Record
    from rillm.listeners import Listeners
    from rillm.streams.chunk import ModelResponseStream
    from rillm.streams.source import Source
    from rillm.streams.stream import Stream


class Reporter:
    """The callbacks of one call. What they are told at the end is also left in `details`, if given."""

    def __init__(self, record: Record, listeners: Listeners, details: dict[str, Any] | None = None) -> None:
        self._record = record
        self._listeners = listeners
        self._details = details
        self._dispatcher = Dispatcher()
        self._ending: Ending | None = None  # of the latest try
        self._told = False

    @property
    def has_begun(self) -> bool:
        """Whether the latest try, which has ended, had brought anything."""
        return self._ending is not None and self._ending.response is not None

    def watched(self, source: Source[bytes]) -> Source[bytes]:
        """The source, its opening told."""
        return watched(source, self._record, self._listeners, self._dispatcher)

    def reported(self, chunks: Stream[ModelResponseStream]) -> Stream[ModelResponseStream]:
        """The stream, its chunks and its end told."""
        if self._listeners.hear(Kind.STREAM):
            chunks = chunks.pipe(each_chunk(self._on_chunk))
        return chunks.pipe(at_the_end(self.on_end))

    def on_try_end(self, ending: Ending) -> None:
        """A try is over; whether the call is, too, shows later."""
        self._ending = ending

    def on_end(self, error: Exception | None, cancelled: bool, driver: object) -> None:  # noqa: FBT001 - as it is called
        """The call is over, in the iteration of `driver`."""
        if isinstance(error, StreamConsumedError):
            return  # a second reader is no call
        ending = self._ending
        if ending is None or ending.error is not error or ending.cancelled != cancelled:
            ending = Ending(error=error, cancelled=cancelled)
        self._dispatcher.dispatch(self._calls_at_end(ending, on_event_loop=isinstance(driver, AsyncDriver)), driver)

    def failed(self, error: BaseException) -> None:
        """The call is over before it has begun."""
        self._dispatcher.dispatch(self._calls_at_end(ending_by(error), on_event_loop=False))

    async def afailed(self, error: BaseException) -> None:
        """As `failed`, on an event loop."""
        await self._dispatcher.adispatch(self._calls_at_end(ending_by(error), on_event_loop=True))

    def unread(self) -> None:
        """Nobody has read the open response."""
        ending = Ending(cancelled=True)
        self._dispatcher.start(self._calls_at_end(ending, on_event_loop=asyncio_runs()))

    def _on_chunk(self, chunk: ModelResponseStream, driver: object) -> None:
        event = self._record.chunk(chunk)
        calls = self._listeners.calls(event, on_event_loop=isinstance(driver, AsyncDriver))
        self._dispatcher.dispatch(calls, driver)

    def _calls_at_end(self, ending: Ending, *, on_event_loop: bool) -> Sequence[Callable[[], Any]]:
        """The callbacks of the one end that a call has."""
        if self._told:
            return ()
        self._told = True
        self._record.settle(ending)
        if self._details is None and not self._listeners.hear(kind_of(ending)):
            return ()
        event = self._record.ended(ending)
        if self._details is not None:
            self._details.update(event.kwargs)
        return self._listeners.calls(event, on_event_loop=on_event_loop)


def ending_by(error: BaseException) -> Ending:
    """How a call ended that has not begun: by an error, or because its consumer was interrupted."""
    return Ending(error=error) if isinstance(error, Exception) else Ending(cancelled=True)
