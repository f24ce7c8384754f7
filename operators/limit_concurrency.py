"""`limit_concurrency`: so many streams at a time, wherever they are read."""

from __future__ import annotations

from contextvars import copy_context
from typing import TYPE_CHECKING, TypeVar

from reactivex.disposable import CompositeDisposable, Disposable, SingleAssignmentDisposable

from rillm.streams.errors import RateLimitError
from rillm.streams.stream import Stream

if TYPE_CHECKING:
    from reactivex import Observable, abc

    from rillm.operators.operator import Operator
    from rillm.streams.slots import Slots

T = TypeVar("T")


def limit_concurrency(slots: Slots) -> Operator[T, T]:
    """Wait for one of the slots that streams share, and have it until the end. Of a call nothing is sent before.

        -a-b-|
        -1-2-|        one that comes a moment later
        [ limit_concurrency(Slots(1)) ]
        -a-b--1-2-|

    Who came first is first. A slot is free again when its stream has ended, by an error as well, or is left; the next
    one then begins where it is read, in its own thread or on its own event loop. A stream that is read within the loop
    of another has to have a slot beside it, or it waits for ever. Time that is spent waiting counts for a `timeouts`
    behind this operator, and not for one before it.

    Args:
        slots: what they share; see `Slots`.

    Errors: `RateLimitError`, which is `retryable`, where as many wait already as may.

    >>> import rillm
    >>> slots = rillm.Slots(1)
    >>> answers = [rillm.stream("mock/echo", mock_response=said) for said in ("High up, ", "in the snow.")]
    >>> calls = [answer.pipe(rillm.limit_concurrency(slots), rillm.text()) for answer in answers]
    >>> "".join(rillm.merge(*calls)), slots
    ('High up, in the snow.', Slots(1, running=0, waiting=0))
    """

    def limited(source: Observable[T]) -> Stream[T]:
        def subscribe(observer: abc.ObserverBase[T], scheduler: abc.SchedulerBase | None = None) -> abc.DisposableBase:
            upstream = SingleAssignmentDisposable()
            leaving = Disposable(lambda: slots.leave(granted))
            context = copy_context()  # of the subscription; whoever makes room is in another one

            def begin() -> None:
                if not upstream.is_disposed:
                    upstream.disposable = source.subscribe(
                        observer.on_next, on_error, on_completed, scheduler=scheduler
                    )

            def begin_late(*_: object) -> None:
                context.run(begin)

            def granted() -> None:
                if scheduler is None:
                    begin_late()
                else:
                    scheduler.schedule(begin_late)

            def on_error(error: Exception) -> None:
                leaving.dispose()
                observer.on_error(error)

            def on_completed() -> None:
                leaving.dispose()
                observer.on_completed()

            try:
                has_room = slots.enter(granted)
            except RateLimitError as error:
                observer.on_error(error)
                return leaving
            if has_room:
                begin()
            return CompositeDisposable(upstream, leaving)

        return Stream(subscribe)

    return limited
