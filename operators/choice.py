"""`choice`: one of several answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rillm.streams.chunk import StreamingChoices
from rillm.streams.errors import BadRequestError
from rillm.streams.pieces import changed
from rillm.streams.stream import Stream

if TYPE_CHECKING:
    from reactivex import Observable, abc

    from rillm.operators.operator import Operator
    from rillm.streams.chunk import ModelResponseStream


def choice(index: int) -> Operator[ModelResponseStream, ModelResponseStream]:
    """Go on with one choice of an answer of several, as if it were the only one.

        -Hel--lo--=stop-|
        [ choice(0) ]
        -Hel--lo--=stop-|

    It gets the index 0, so that `text()` and `accumulate()` see it. Chunks without it are dropped, unless they have
    something new for the whole answer, such as its usage, which is that of all choices.

    Args:
        index: which choice; an answer without it gives no text.

    Errors: `BadRequestError`, where it is called with a negative index.

    >>> import rillm
    >>> answers = rillm.stream("mock/echo", mock_response="Hello", n=2)
    >>> "".join(answers.pipe(rillm.choice(1), rillm.text()))
    'Hello'
    """
    if index < 0:
        raise BadRequestError(f"The index of a choice is at least 0, not {index}.")

    def chosen(source: Observable[ModelResponseStream]) -> Stream[ModelResponseStream]:
        def subscribe(
            observer: abc.ObserverBase[ModelResponseStream], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            told: dict[str, Any] = {}

            def on_next(chunk: ModelResponseStream) -> None:
                nonlocal told
                before, told = told, chunk.__pydantic_extra__ or told
                choices = chunk.choices
                if index == 0 and len(choices) == 1 and choices[0].index == 0:  # nearly every chunk
                    observer.on_next(chunk)
                    return
                own = [one for one in choices if one.index == index]
                if own or told != before:
                    observer.on_next(with_choices(chunk, own))

            return source.subscribe(on_next, observer.on_error, observer.on_completed, scheduler=scheduler)

        return Stream(subscribe)

    return chosen


def with_choices(chunk: ModelResponseStream, own: list[StreamingChoices]) -> ModelResponseStream:
    """`chunk` with these of its choices as choice 0; with an empty one in the place of others."""
    only = [changed(one, {"index": 0}) for one in own]
    return changed(chunk, {"choices": only or (chunk.choices and [StreamingChoices()])})
