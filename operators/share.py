"""`share`: one call for several consumers."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from rillm.streams.stream import as_stream

if TYPE_CHECKING:
    from reactivex import Observable

    from rillm.operators.operator import Operator
    from rillm.streams.stream import Stream

T = TypeVar("T")


def share(replay: int | None = 0, grace: float = 0.0) -> Operator[T, T]:
    """Let several consumers have one subscription; the last one out closes it. Also `stream.share()`.

        -a-b-c-|
        [ share() ]
        -a-b-c-|      the first consumer
          -b-c-|      one that came later gets what comes from then on
         ab-c-|       the same with replay=None

    Nobody waits for the slowest: what a consumer has not taken yet is kept for it. A consumer that comes after the end
    subscribes anew, which for a response that was open already is a `StreamConsumedError`; with `replay`, it gets
    what is kept of a stream that has ended well. Share among threads or among tasks of one event loop, not both.

    Args:
        replay: how many of the items before it a consumer gets that comes later; None for all.
        grace: seconds for which the call stays open after the last consumer has left, for those who come back. Nothing
            is read meanwhile.

    >>> import rillm
    >>> shared = rillm.stream("mock/echo", mock_response="a b").pipe(rillm.share())
    >>> loud = shared.pipe(rillm.text()).map(str.upper)
    >>> sorted(rillm.merge(shared.pipe(rillm.text()), loud))  # one call
    [' B', ' b', 'A', 'a']
    """

    def shared(source: Observable[T]) -> Stream[T]:
        return as_stream(source).share(replay, grace)

    return shared
