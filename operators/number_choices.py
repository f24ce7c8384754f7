"""`number_choices`: merged answers side by side, as the choices of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rillm.streams.pieces import changed
from rillm.streams.stream import Stream

if TYPE_CHECKING:
    from reactivex import Observable, abc

    from rillm.operators.operator import Operator
    from rillm.streams.chunk import ModelResponseStream

    # The id of a call, the one that its provider gave to the answer (some give all the same), the index of a choice.
    Choice = tuple[Any, str | None, int]

CALL_ID: Final = "litellm_call_id"


def number_choices() -> Operator[ModelResponseStream, ModelResponseStream]:
    """Give every choice of every call an index of its own, in the order in which they first come.

        -Hel--lo-=stop-|
        [ number_choices() ]
        -Hel--lo-=stop-|

    For merged streams, each of which has a choice 0: without it `accumulate()` takes their pieces for one text. Calls
    are told apart by their id in `_hidden_params` and by the `id` of their chunks; chunks from elsewhere that have
    neither, or the same one, are one answer.

    `accumulate()` then gives one response of n choices. Its `id`, `model` and `created` are those of the stream that
    came first, and its usage is that of one call, never a sum: tap each stream with `cost_tap` before they are merged.

    >>> import rillm
    >>> a, b = (rillm.stream("mock/echo", mock_response=text) for text in ("Hello", "Good day"))
    >>> response = next(rillm.merge(a, b).pipe(rillm.number_choices(), rillm.accumulate()))
    >>> sorted(choice.message.content for choice in response.choices)
    ['Good day', 'Hello']
    """

    def numbered(source: Observable[ModelResponseStream]) -> Stream[ModelResponseStream]:
        def subscribe(
            observer: abc.ObserverBase[ModelResponseStream], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            numbers: dict[Choice, int] = {}

            def on_next(chunk: ModelResponseStream) -> None:
                hidden = chunk.__pydantic_private__
                call_id, answer_id = hidden.get(CALL_ID) if hidden else None, chunk.id
                out = chunk
                for at, choice in enumerate(chunk.choices):
                    number = numbers.setdefault((call_id, answer_id, choice.index), len(numbers))
                    if number != choice.index:
                        out = moved(out, at, number)
                observer.on_next(out)

            return source.subscribe(on_next, observer.on_error, observer.on_completed, scheduler=scheduler)

        return Stream(subscribe)

    return numbered


def moved(chunk: ModelResponseStream, at: int, index: int) -> ModelResponseStream:
    """`chunk` with this index for its choice at this place."""
    choices = [*chunk.choices]
    choices[at] = changed(choices[at], {"index": index})
    return changed(chunk, {"choices": choices})
