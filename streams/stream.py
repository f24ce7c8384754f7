"""`Stream`: an Observable that can also be iterated, by `for` and by `async for`."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar, overload, runtime_checkable
from weakref import WeakSet, finalize

from reactivex import ConnectableObservable, Observable, abc
from reactivex.disposable import CompositeDisposable, Disposable
from reactivex.observer.autodetachobserver import AutoDetachObserver

from rillm.streams.async_driver import AsyncDriver
from rillm.streams.driver import Driver, current_driver, driving
from rillm.streams.errors import StreamCancelledError
from rillm.streams.link import Link
from rillm.streams.push import push, this_thread
from rillm.streams.shared import Hub
from rillm.streams.sync_driver import SyncDriver

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator
    from types import TracebackType

    from rillm.streams.source import Source

T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E")
F = TypeVar("F")
G = TypeVar("G")


class Closable(Protocol):
    def close(self) -> None: ...


@runtime_checkable
class AsyncClosable(Protocol):
    async def aclose(self) -> None: ...


class Stream(Observable[T]):
    """An observable of chunks, or of what operators make of them.

    Iterate it (`for`, `async for`, `next`), subscribe to it, or `pipe` it through operators, ours or Rx's; what comes
    out is a Stream again. Nothing runs while nobody consumes. Leaving a loop, `close`, `with`, an error or a disposal
    lets go of every connection below at once.
    """

    def __init__(self, subscribe: abc.Subscription[T] | None = None, upstream: Closable | None = None) -> None:
        super().__init__(subscribe)
        self._upstream = upstream
        self._drivers: WeakSet[SyncDriver[T] | AsyncDriver[T]] = WeakSet()
        self._cursor: tuple[SyncDriver[T], Generator[T]] | None = None
        self._acursor: tuple[AsyncDriver[T], AsyncGenerator[T]] | None = None
        self._was_cancelled = False
        self.call_key: Callable[[], str] | None = None  # of a cold call: what its answer depends on, as a hash

    # Composing

    @overload  # type: ignore[override]  # what comes out is narrower than an Observable's
    def pipe(self) -> Stream[T]: ...
    @overload
    def pipe(  # type: ignore[overload-overlap]
        self, op1: Callable[[Observable[T]], ConnectableObservable[A]], /
    ) -> ConnectableObservable[A]: ...
    @overload
    def pipe(self, op1: Callable[[Observable[T]], Observable[A]], /) -> Stream[A]: ...
    @overload
    def pipe(
        self, op1: Callable[[Observable[T]], Observable[A]], op2: Callable[[Observable[A]], Observable[B]], /
    ) -> Stream[B]: ...
    @overload
    def pipe(
        self,
        op1: Callable[[Observable[T]], Observable[A]],
        op2: Callable[[Observable[A]], Observable[B]],
        op3: Callable[[Observable[B]], Observable[C]],
        /,
    ) -> Stream[C]: ...
    @overload
    def pipe(
        self,
        op1: Callable[[Observable[T]], Observable[A]],
        op2: Callable[[Observable[A]], Observable[B]],
        op3: Callable[[Observable[B]], Observable[C]],
        op4: Callable[[Observable[C]], Observable[D]],
        /,
    ) -> Stream[D]: ...
    @overload
    def pipe(
        self,
        op1: Callable[[Observable[T]], Observable[A]],
        op2: Callable[[Observable[A]], Observable[B]],
        op3: Callable[[Observable[B]], Observable[C]],
        op4: Callable[[Observable[C]], Observable[D]],
        op5: Callable[[Observable[D]], Observable[E]],
        /,
    ) -> Stream[E]: ...
    @overload
    def pipe(
        self,
        op1: Callable[[Observable[T]], Observable[A]],
        op2: Callable[[Observable[A]], Observable[B]],
        op3: Callable[[Observable[B]], Observable[C]],
        op4: Callable[[Observable[C]], Observable[D]],
        op5: Callable[[Observable[D]], Observable[E]],
        op6: Callable[[Observable[E]], Observable[F]],
        /,
    ) -> Stream[F]: ...
    @overload
    def pipe(
        self,
        op1: Callable[[Observable[T]], Observable[A]],
        op2: Callable[[Observable[A]], Observable[B]],
        op3: Callable[[Observable[B]], Observable[C]],
        op4: Callable[[Observable[C]], Observable[D]],
        op5: Callable[[Observable[D]], Observable[E]],
        op6: Callable[[Observable[E]], Observable[F]],
        op7: Callable[[Observable[F]], Observable[G]],
        /,
    ) -> Stream[G]: ...
    @overload
    def pipe(self, *operators: Callable[[Any], Any]) -> Any: ...
    def pipe(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, *operators: Callable[[Any], Any]
    ) -> Any:
        """Compose `operators` from left to right.

        A plain Observable that comes out is wrapped in a Stream; anything else (a ConnectableObservable) is handed over
        as it is. Closing the result closes the response that this stream has open, if any.
        """
        result: Any = self
        for operator in operators:
            result = operator(result)
        if type(result) is Observable:
            return as_stream(result, self._upstream)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        if isinstance(result, Stream) and result is not self:
            result.link(self._upstream)  # pyright: ignore[reportUnknownMemberType]
        return result  # pyright: ignore[reportUnknownVariableType]

    def __add__(self, other: Observable[T]) -> Stream[T]:
        """One stream after the other."""
        return as_stream(super().__add__(other), self._upstream)

    def link(self, upstream: Closable | None) -> None:
        """Let `close` of this stream close `upstream`, an open response, too, unless it has one."""
        self._upstream = self._upstream or upstream

    def subscribe(
        self,
        on_next: abc.ObserverBase[T] | abc.OnNext[T] | None = None,
        on_error: abc.OnError | None = None,
        on_completed: abc.OnCompleted | None = None,
        *,
        scheduler: abc.SchedulerBase | None = None,
    ) -> abc.DisposableBase:
        """Have items pushed to an observer or callbacks.

        On `scheduler`, if given. Without one: in a task, where an event loop runs; elsewhere in this thread, and the
        call returns when the stream has ended (as `reactivex.from_iterable` does). Errors go to `on_error`.
        """
        scheduler = scheduler or current_driver()
        if scheduler is not None and not isinstance(scheduler, Driver):
            return super().subscribe(on_next, on_error, on_completed, scheduler=scheduler)
        to: Any = on_next
        if hasattr(to, "on_next"):
            to, on_error, on_completed = to.on_next, to.on_error, to.on_completed
        if scheduler is not None:
            return self._link(Link(to, on_error, on_completed), scheduler)  # pyright: ignore[reportUnknownArgumentType]
        observer: AutoDetachObserver[T] = AutoDetachObserver(to, on_error, on_completed)
        observer.subscription = push(self, observer, this_thread())
        return Disposable(observer.dispose)

    def _link(self, link: Link, driver: Driver[Any]) -> abc.DisposableBase:
        with driving(driver):
            try:
                link.subscription.disposable = self._subscribe_core(link, driver)
            except Exception as error:  # noqa: BLE001 - as in Rx, what a subscription raises goes down the stream
                link.on_error(error)
        return Disposable(link.dispose)

    def share(self, replay: int | None = 0, grace: float = 0.0) -> Stream[T]:
        """One subscription for several consumers, closed when the last one leaves; see `rillm.operators.share`."""
        hub: Hub[T] = Hub(self, replay, grace)

        def subscribe(observer: Any, scheduler: abc.SchedulerBase | None = None) -> abc.DisposableBase:
            nonlocal hub
            if hub.is_over:
                hub = Hub(self, replay, grace)
            seat = hub.join()
            return CompositeDisposable(
                from_source(seat).subscribe(observer, scheduler=scheduler), Disposable(seat.leave)
            )

        return Stream(subscribe)

    # Iterating

    def __iter__(self) -> Generator[T]:
        """Iterate in this thread. Goes on where `next(stream)` stopped."""
        (driver, cursor), self._cursor = self._cursor or self._start(), None
        return cursor if not driver.is_over else self._start()[1]

    def _start(self) -> tuple[SyncDriver[T], Generator[T]]:
        driver = SyncDriver(self)
        self._drivers.add(driver)
        return driver, iter(driver)

    def __next__(self) -> T:
        self._cursor = self._cursor or self._start()
        return next(self._cursor[1])

    def __aiter__(self) -> AsyncGenerator[T]:
        """Iterate in this task. Goes on where `anext(stream)` stopped."""
        (driver, cursor), self._acursor = self._acursor or self._astart(), None
        return cursor if not driver.is_over else self._astart()[1]

    def _astart(self) -> tuple[AsyncDriver[T], AsyncGenerator[T]]:
        driver = AsyncDriver(self)
        self._drivers.add(driver)
        items = aiter(driver)
        # The event loop ends a generator that was dropped, but not before it gets to run again.
        finalize(items, driver.close).atexit = False
        return driver, items

    async def __anext__(self) -> T:
        if self._was_cancelled:
            raise StreamCancelledError("This stream ended when an earlier `anext` was cancelled, as by a timeout.")
        self._acursor = self._acursor or self._astart()
        try:
            return await anext(self._acursor[1])
        except asyncio.CancelledError:
            self._was_cancelled = True  # the next call must not take it for a good end
            raise

    # Letting go

    def close(self) -> None:
        """End every iteration of this stream and close what it has open; twice does no harm."""
        for driver in list(self._drivers):
            driver.close()
        if self._upstream is not None:
            self._upstream.close()

    async def aclose(self) -> None:
        """As `close`, and wait until the connections are gone."""
        self.close()
        if self._acursor is not None:
            with suppress(RuntimeError):  # another task waits in it, and finds it closed
                await self._acursor[1].aclose()
        upstream: object = self._upstream
        if isinstance(upstream, AsyncClosable):
            await upstream.aclose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()


def as_stream(observable: Observable[T], upstream: Closable | None = None) -> Stream[T]:
    """An Observable, such as Rx's own functions give, as a stream: it can be iterated.

    Args:
        upstream: what is closed with the stream.

    >>> import reactivex, rillm
    >>> list(rillm.as_stream(reactivex.range(3)))
    [0, 1, 2]
    """
    # Not by `subscribe`, which would guard each item twice.
    return Stream(observable._subscribe_core, upstream)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


def from_source(source: Source[T], upstream: Closable | None = None) -> Stream[T]:
    """A cold stream: each subscription opens `source` anew. Closing the stream closes `upstream`, if given."""

    def subscribe(observer: Any, scheduler: abc.SchedulerBase | None = None) -> abc.DisposableBase:
        if isinstance(scheduler, Driver):
            return scheduler.attach(source, observer)
        # A new stream, for a closure over the one below would be a cycle: dropping it would not close `source` at once.
        return push(from_source(source), observer, scheduler or this_thread())

    return Stream(subscribe, upstream)


def driven(observable: Observable[T]) -> abc.Subscription[T]:
    """How to subscribe to `observable` by a driver always, of the iteration or of one's own.

    What waits or has work held then need not ask what the subscriber's scheduler can do.
    """

    def subscribe(observer: Any, scheduler: abc.SchedulerBase | None = None) -> abc.DisposableBase:
        if isinstance(scheduler, Driver):
            return observable.subscribe(observer, scheduler=scheduler)  # pyright: ignore[reportUnknownArgumentType]
        return push(observable, observer, scheduler or this_thread())

    return subscribe
