"""`Stream`: an Observable that can also be iterated, by `for` and by `async for`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar, overload, runtime_checkable
from weakref import WeakSet

from reactivex import Observable
from reactivex.observer.autodetachobserver import AutoDetachObserver
from reactivex.scheduler import CurrentThreadScheduler

from rillm.streams.async_driver import AsyncDriver
from rillm.streams.driver import Driver, current_driver, driving
from rillm.streams.link import Link
from rillm.streams.push import push
from rillm.streams.sync_driver import SyncDriver

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator
    from types import TracebackType

    from reactivex import abc

    from rillm.streams.source import Source

T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E")


class Closable(Protocol):
    def close(self) -> None: ...


@runtime_checkable
class AsyncClosable(Protocol):
    async def aclose(self) -> None: ...


class Stream(Observable[T]):
    """An observable of chunks, or of what operators make of them.

    Iterate it (`for`, `async for`, `next`), subscribe to it, or `pipe` it through operators, ours or Rx's; what comes out
    is a Stream again. Nothing runs while nobody consumes. Leaving a loop, `close`, `with`, an error or a disposal lets
    go of every connection below at once.
    """

    def __init__(self, subscribe: abc.Subscription[T] | None = None, upstream: Closable | None = None) -> None:
        super().__init__(subscribe)
        self._upstream = upstream
        self._drivers: WeakSet[SyncDriver[T] | AsyncDriver[T]] = WeakSet()
        self._cursor: Generator[T] | None = None
        self._acursor: AsyncGenerator[T] | None = None

    # Composing

    @overload
    def pipe(self) -> Stream[T]: ...
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
    def pipe(self, *operators: Callable[[Any], Any]) -> Any: ...
    def pipe(self, *operators: Callable[[Any], Any]) -> Any:
        """Compose `operators` from left to right.

        A plain Observable that comes out is wrapped in a Stream; anything else (a ConnectableObservable) is handed over
        as it is. Closing the result closes this stream.
        """
        result: Any = self
        for operator in operators:
            result = operator(result)
        if type(result) is Observable:
            return as_stream(result, self)
        if isinstance(result, Stream) and result is not self and result._upstream is None:
            result._upstream = self
        return result

    def subscribe(
        self,
        on_next: abc.ObserverBase[T] | abc.OnNext[T] | None = None,
        on_error: abc.OnError | None = None,
        on_completed: abc.OnCompleted | None = None,
        *,
        scheduler: abc.SchedulerBase | None = None,
    ) -> abc.DisposableBase:
        """Have items pushed to an observer or callbacks.

        On `scheduler`, if given. Without one: in a task, where an event loop runs; elsewhere in this thread, and the call
        returns when the stream has ended (as `reactivex.from_iterable` does). Errors go to `on_error`.
        """
        scheduler = scheduler or current_driver()
        if scheduler is not None and not isinstance(scheduler, Driver):
            return super().subscribe(on_next, on_error, on_completed, scheduler=scheduler)
        if on_next is not None and not callable(on_next):
            on_next, on_error, on_completed = on_next.on_next, on_next.on_error, on_next.on_completed
        if scheduler is not None:
            return self._link(Link(on_next, on_error, on_completed), scheduler)
        observer: AutoDetachObserver[T] = AutoDetachObserver(on_next, on_error, on_completed)  # type: ignore[arg-type]
        observer.subscription = push(self, observer, CurrentThreadScheduler.singleton())
        return observer

    def _link(self, link: Link, driver: Driver[Any]) -> abc.DisposableBase:
        with driving(driver):
            try:
                link.subscription.disposable = self._subscribe_core(link, driver)
            except Exception as error:  # noqa: BLE001 - as in Rx, what a subscription raises goes down the stream
                link.on_error(error)
        return link

    # Iterating

    def __iter__(self) -> Generator[T]:
        """Iterate in this thread. Goes on where `next(stream)` stopped."""
        cursor, self._cursor = self._cursor, None
        if cursor is not None and cursor.gi_frame is not None:
            return cursor
        driver = SyncDriver(self)
        self._drivers.add(driver)
        return iter(driver)

    def __next__(self) -> T:
        if self._cursor is None:
            self._cursor = iter(self)
        return next(self._cursor)

    def __aiter__(self) -> AsyncGenerator[T]:
        """Iterate in this task. Goes on where `anext(stream)` stopped."""
        cursor, self._acursor = self._acursor, None
        if cursor is not None and cursor.ag_frame is not None:
            return cursor
        driver = AsyncDriver(self)
        self._drivers.add(driver)
        return aiter(driver)

    async def __anext__(self) -> T:
        if self._acursor is None:
            self._acursor = aiter(self)
        return await anext(self._acursor)

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
        cursor, self._acursor = self._acursor, None
        if cursor is not None and not cursor.ag_running:
            await cursor.aclose()
        if isinstance(self._upstream, AsyncClosable):
            await self._upstream.aclose()

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
    """Make an Observable iterable. Closing the stream closes `upstream`, if given."""

    # Not by `subscribe`, which would guard each item twice.
    return Stream(observable._subscribe_core, upstream)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


def from_source(source: Source[T], upstream: Closable | None = None) -> Stream[T]:
    """A cold stream: each subscription opens `source` anew. Closing the stream closes `upstream`, if given."""

    def subscribe(observer: Any, scheduler: abc.SchedulerBase | None = None) -> abc.DisposableBase:
        if isinstance(scheduler, Driver):
            return scheduler.attach(source, observer)
        return push(stream, observer, scheduler or CurrentThreadScheduler.singleton())

    stream = Stream(subscribe, upstream)
    return stream
