"""`text`: from chunks to the pieces of the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rillm.streams.stream import Stream

if TYPE_CHECKING:
    from reactivex import Observable, abc

    from rillm.operators.operator import Operator
    from rillm.streams.chunk import ModelResponseStream


def text(index: int = 0) -> Operator[ModelResponseStream, str]:
    """Emit the content of one choice, piece by piece, without empty ones.

        -Hel--lo--=stop-|
        [ text() ]
        -Hel--lo--------|

    What was said cannot be unsaid here: after a retraction the pieces of the answer that counts follow those of the one
    that does not. Who needs the better text only uses `accumulate`, or looks at the chunks with `rillm.is_retraction`.

    Args:
        index: which choice, for calls with n > 1.

    >>> import rillm
    >>> "".join(rillm.stream("mock/echo", mock_response="Hello").pipe(rillm.text()))
    'Hello'
    """

    def texts(source: Observable[ModelResponseStream]) -> Stream[str]:
        def subscribe(
            observer: abc.ObserverBase[str], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            def on_next(chunk: ModelResponseStream) -> None:
                for choice in chunk.choices:
                    if choice.index == index and choice.delta.content:
                        observer.on_next(choice.delta.content)

            return source.subscribe(on_next, observer.on_error, observer.on_completed, scheduler=scheduler)

        return Stream(subscribe)

    return texts
