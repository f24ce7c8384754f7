"""`at_the_end`: what `tap_end` and the callbacks of a call have in common; not public."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from reactivex.disposable import CompositeDisposable, Disposable

from rillm.streams.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from reactivex import Observable, abc

    from rillm.operators.operator import Operator

T = TypeVar("T")


def at_the_end(action: Callable[[Exception | None, bool, object], None]) -> Operator[T, T]:
    """Call `action(error, cancelled, driver)` once, before the consumer learns that the stream is over."""

    def tapped(source: Observable[T]) -> Stream[T]:
        def subscribe(observer: abc.ObserverBase[T], scheduler: abc.SchedulerBase | None = None) -> abc.DisposableBase:
            ended = False

            def end(error: Exception | None = None, *, cancelled: bool = False) -> None:
                nonlocal ended
                if not ended:
                    ended = True
                    action(error, cancelled, scheduler)

            def on_error(error: Exception) -> None:
                end(error)
                observer.on_error(error)

            def on_completed() -> None:
                end()
                observer.on_completed()

            upstream = source.subscribe(observer.on_next, on_error, on_completed, scheduler=scheduler)
            return CompositeDisposable(upstream, Disposable(lambda: end(cancelled=True)))

        return Stream(subscribe)

    return tapped
