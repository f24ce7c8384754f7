"""`majority`: the answer on which enough of several agree."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, TypeVar

from rillm.streams.errors import BadRequestError
from rillm.streams.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from reactivex import Observable, abc

    from rillm.operators.operator import Operator

T = TypeVar("T")


def same(answer: Any) -> Any:
    return answer


def majority(votes: int, key: Callable[[T], Hashable] = same) -> Operator[T, T]:
    """Emit the first answer that has come `votes` times, and let go of all that are still at it.

        -4--5--4--5--|
        [ majority(2) ]
        -------(4,|)

    Where the answers end before any has enough votes, the most frequent is emitted, of several the one that came first;
    where none came, nothing is.

    Args:
        votes: at least 1.
        key: what makes two answers the same; it has to be hashable.

    Raises:
        BadRequestError: `votes` is less than 1.

    >>> import rillm
    >>> asked = [rillm.stream("mock/x", mock_response=answer) for answer in ("4", "5", "4", "4")]
    >>> answers = [stream.pipe(rillm.text()).reduce(lambda said, piece: said + piece) for stream in asked]
    >>> list(rillm.concat(*answers).pipe(rillm.majority(2)))  # the last was never asked
    ['4']
    """
    if votes < 1:
        raise BadRequestError(f"majority needs at least one vote, not {votes!r}.")

    def decided(source: Observable[T]) -> Stream[T]:
        def subscribe(observer: abc.ObserverBase[T], scheduler: abc.SchedulerBase | None = None) -> abc.DisposableBase:
            counts: Counter[Hashable] = Counter()
            first: dict[Hashable, T] = {}

            def elect(name: Hashable) -> None:
                observer.on_next(first[name])
                observer.on_completed()

            def on_next(answer: T) -> None:
                try:
                    name = key(answer)
                    counts[name] += 1
                except Exception as error:  # noqa: BLE001 - `key` is somebody else's code
                    observer.on_error(error)
                    return
                first.setdefault(name, answer)
                if counts[name] == votes:
                    elect(name)

            def on_completed() -> None:
                if counts:
                    elect(counts.most_common(1)[0][0])
                else:
                    observer.on_completed()

            return source.subscribe(on_next, observer.on_error, on_completed, scheduler=scheduler)

        return Stream(subscribe)

    return decided
