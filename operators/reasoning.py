"""`reasoning`: from chunks to the pieces of what the model thought."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rillm.streams.stream import Stream

if TYPE_CHECKING:
    from reactivex import Observable, abc

    from rillm.operators.operator import Operator
    from rillm.streams.chunk import ModelResponseStream


def reasoning(index: int = 0) -> Operator[ModelResponseStream, str]:
    """Emit the `reasoning_content` of one choice, piece by piece, without empty ones.

        -~Hm--~so--Yes--=stop-|
        [ reasoning() ]
        -Hm---so--------------|

    (`~Hm` is a chunk with reasoning.)

    Every format's thoughts are there: those of Anthropic, Gemini, DeepSeek and the others come under this one name.

    Args:
        index: which choice, for calls with n > 1.

    >>> import rillm
    >>> answer = {"choices": [{"message": {"reasoning_content": "Hm", "content": "Yes"}}]}
    >>> "".join(rillm.stream("mock/echo", mock_response=rillm.ModelResponse(**answer)).pipe(rillm.reasoning()))
    'Hm'
    """

    def thoughts(source: Observable[ModelResponseStream]) -> Stream[str]:
        def subscribe(
            observer: abc.ObserverBase[str], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            def on_next(chunk: ModelResponseStream) -> None:
                for choice in chunk.choices:
                    extra = choice.delta.__pydantic_extra__
                    if extra and choice.index == index and (thought := extra.get("reasoning_content")):
                        observer.on_next(thought)

            return source.subscribe(on_next, observer.on_error, observer.on_completed, scheduler=scheduler)

        return Stream(subscribe)

    return thoughts
