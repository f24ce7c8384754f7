"""`fallback_to`: ask somebody else where nothing has been said yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rillm.operators.tries import Next, tries
from rillm.streams.errors import RillmError, StreamCancelledError, StreamConsumedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from reactivex import Observable

    from rillm.operators.operator import Operator
    from rillm.streams.chunk import ModelResponseStream


def of_the_call(error: Exception) -> bool:
    """Whether an error is one of the call, which another model may not make; not one of how its stream was used."""
    return isinstance(error, RillmError) and not isinstance(error, StreamConsumedError | StreamCancelledError)


def fallback_to(
    *streams: Observable[ModelResponseStream], when: Callable[[Exception], bool] = of_the_call
) -> Operator[ModelResponseStream, ModelResponseStream]:
    """Go on with the next of `streams` where one fails before its model has said anything.

        -X
        [ fallback_to(of(Hi)) ]
        -(Hi,|)

    Nothing is asked of a stream before its turn. Once a token has come (text, reasoning, a call) an error passes, for
    two halves of different answers are no answer. When all have failed, the error is that of the last, with those of
    the others as its notes.

    Args:
        streams: in the order in which they are tried; cold, as those of `rillm.stream` are.
        when: after which errors; without it any that a call can end with.

    >>> import rillm
    >>> broken = rillm.stream("mock/x", mock_response=rillm.ServiceUnavailableError("Down."), num_retries=0)
    >>> other = rillm.stream("mock/y", mock_response="Hello")
    >>> "".join(broken.pipe(rillm.fallback_to(other), rillm.text()))
    'Hello'
    """

    def decide(_: Observable[ModelResponseStream]) -> Callable[[Exception], Next | None]:
        others = iter(streams)
        reasons: list[str] = []

        def after(error: Exception) -> Next | None:
            following = next(others, None) if when(error) else None
            if following is None:
                for reason in reasons:
                    error.add_note(f"A stream before this one failed: {reason}")
                return None
            reasons.append(f"{type(error).__name__}: {error}")
            return Next(following)

        return after

    return tries(decide)
