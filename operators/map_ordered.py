"""`map_ordered`: several streams at work at a time, what they bring in the order of what they were made for."""

from __future__ import annotations

from collections import deque
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, TypeVar

from reactivex import Observable, abc
from reactivex.disposable import CompositeDisposable, SingleAssignmentDisposable

from rillm.streams.errors import BadRequestError
from rillm.streams.from_iterable import from_iterable
from rillm.streams.stream import Stream, as_stream

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from rillm.operators.operator import Operator

A = TypeVar("A")
B = TypeVar("B")


def map_ordered(f: Callable[[A], Observable[B] | Awaitable[B]], max_concurrent: int = 4) -> Operator[A, B]:
    """Make a stream of each item, run up to `max_concurrent` of them at a time, and keep their order.

        -a-b-----------|
        [ map_ordered(slower_for_a) ]
        -----(A,B)-----|

    What a stream brings before its turn waits; the first in turn is live. An error waits for its turn as well: all
    that comes before it is handed on. Items for which there is no room yet wait.

    Args:
        f: from an item to a stream, such as `lambda sentence: rillm.stream(…)`; or an `async` function, and then what
            comes out is for `async for` alone.
        max_concurrent: at least 1.

    Raises:
        BadRequestError: `max_concurrent` is less than 1.

    >>> import rillm
    >>> translated = rillm.of("one", "two").pipe(
    ...     rillm.map_ordered(lambda word: rillm.stream("mock/x", mock_response=word.upper()).pipe(rillm.text()))
    ... )
    >>> "".join(translated)
    'ONETWO'

    >>> import asyncio
    >>> async def translate(word):
    ...     return word.upper()
    >>> async def main():
    ...     return [word async for word in rillm.of("one", "two").pipe(rillm.map_ordered(translate))]
    >>> asyncio.run(main())
    ['ONE', 'TWO']
    """
    if max_concurrent < 1:
        raise BadRequestError(f"max_concurrent has to be at least 1, not {max_concurrent!r}.")

    def mapped(source: Observable[A]) -> Stream[B]:
        def subscribe(observer: abc.ObserverBase[B], scheduler: abc.SchedulerBase | None = None) -> abc.DisposableBase:
            line = _Line(f, max_concurrent, observer, scheduler)
            line.running.add(source.subscribe(line, scheduler=scheduler))
            return line.running

        return Stream(subscribe)

    return mapped


class _Line(abc.ObserverBase[Any]):
    """One subscription: the streams at work, the first in turn at the left, and the items that wait for room."""

    def __init__(
        self,
        f: Callable[[Any], Observable[Any] | Awaitable[Any]],
        room: int,
        observer: abc.ObserverBase[Any],
        scheduler: abc.SchedulerBase | None,
    ) -> None:
        self.running = CompositeDisposable()
        self.observer = observer
        self.at_work: deque[_Stage] = deque()
        self._f = f
        self._room = room
        self._scheduler = scheduler
        self._waiting: deque[Any] = deque()
        self._end: Callable[[], None] | None = None

    def on_next(self, value: Any) -> None:
        self._waiting.append(value)
        self._fill()

    def on_error(self, error: Exception) -> None:
        self._end = lambda: self.observer.on_error(error)
        self.advance()

    def on_completed(self) -> None:
        self._end = self.observer.on_completed
        self.advance()

    def advance(self) -> None:
        """Hand on what has had to wait, up to the first stream that is not over."""
        while self.at_work and self.at_work[0].release():
            self.at_work.popleft()
        self._fill()
        if self._end is not None and not (self.at_work or self._waiting):
            self._end()

    def _fill(self) -> None:
        while self._waiting and len(self.at_work) < self._room and not self.running.is_disposed:
            stage = _Stage(self)
            self.at_work.append(stage)
            self.running.add(stage.subscription)
            try:
                stream = as_observable(self._f(self._waiting.popleft()))
            except Exception as error:  # noqa: BLE001 - somebody else's code
                stage.on_error(error)
            else:
                stage.subscription.disposable = stream.subscribe(stage, scheduler=self._scheduler)

    def fail(self, error: Exception) -> None:
        """End by an error whose turn it is; nothing is begun after it."""
        self.running.dispose()
        self.observer.on_error(error)


def as_observable(made: Observable[B] | Awaitable[B]) -> Observable[B]:
    if isawaitable(made) and not isinstance(made, Observable):  # which can be awaited, too
        return from_iterable(result_of(made))
    return as_stream(made)


async def result_of(awaitable: Awaitable[B]) -> AsyncGenerator[B]:
    yield await awaitable


class _Stage(abc.ObserverBase[Any]):
    """One stream at work."""

    def __init__(self, line: _Line) -> None:
        self.subscription = SingleAssignmentDisposable()
        self._line = line
        self._held: list[Any] = []
        self._error: Exception | None = None
        self._is_over = False

    @property
    def _is_first(self) -> bool:
        return self._line.at_work[0] is self

    def on_next(self, value: Any) -> None:
        if self._is_first and not self._held:
            self._line.observer.on_next(value)
        else:
            self._held.append(value)

    def on_error(self, error: Exception) -> None:
        self._error = error
        self.on_completed()

    def on_completed(self) -> None:
        self._is_over = True
        self._line.running.remove(self.subscription)
        if self._is_first:
            self._line.advance()

    def release(self) -> bool:
        """Hand on what is held, as the first in turn; whether that was all."""
        for item in self._held:
            self._line.observer.on_next(item)
        self._held.clear()
        if self._error is not None:
            self._line.fail(self._error)
            return False
        return self._is_over
