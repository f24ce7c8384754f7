"""`limit_tokens`: a limit of output tokens that holds whatever the provider makes of `max_tokens`."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from rillm.operators.guarding import Guard, Then, checked
from rillm.operators.rewritten import is_something
from rillm.streams.chunk import Delta
from rillm.streams.errors import BadRequestError
from rillm.streams.litellm_errors import BudgetExceededError
from rillm.streams.pieces import changed
from rillm.streams.stream import Stream
from rillm.streams.texts import BESIDE_CONTENT, CONTENT, texts_of
from rillm.streams.token_counter import token_counter

if TYPE_CHECKING:
    from reactivex import Observable, abc

    from rillm.operators.operator import Operator
    from rillm.streams.chunk import ModelResponseStream
    from rillm.streams.token_counter import Overflow


def limit_tokens(n: int, *, then: Then = "stop") -> Operator[ModelResponseStream, ModelResponseStream]:
    """Let `n` output tokens through, of all choices together; then let go of the connection and end.

        -_the-_cat-_sat-----------_down-|
        [ limit_tokens(3) ]
        -_the-_cat-(_sat,=length,|)

    Counted is what passes: content, reasoning, refusals, names and arguments of calls; by OpenAI's tokenizer o200k
    where the extra `tokens` is installed, else a quarter of the UTF-8 bytes. Both are estimates. There are never more
    than `n`: of a chunk that brings more, the beginning of its text passes. A choice that finishes by itself keeps its
    reason.

    Args:
        n: tokens, at least 1.
        then: "stop" ends well, with the finish_reason "length" for each choice that goes on, as OpenAI does at
            `max_completion_tokens`; "error" ends by an error.

    Errors: with then="error", `BudgetExceededError`, its costs in tokens, and what had passed in `.partial`.

    >>> import rillm
    >>> answer = rillm.stream("mock/echo", mock_response="High up, in the snow of the mountains.")
    >>> [chunk.choices[0].finish_reason for chunk in answer.pipe(rillm.limit_tokens(5))][-1]
    'length'
    """
    if n < 1:
        raise BadRequestError(f"limit_tokens needs a number of at least 1, not {n!r}.")
    checked(then)

    def limited(source: Observable[ModelResponseStream]) -> Stream[ModelResponseStream]:
        def subscribe(
            observer: abc.ObserverBase[ModelResponseStream], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            counter = token_counter()
            guard = Guard(observer, then, "length")
            count, reaches, emit = counter.count, counter.reaches, guard.emit

            def on_next(chunk: ModelResponseStream) -> None:
                overflow = count(chunk, n)
                passing = chunk if overflow is None else cut(chunk, overflow)
                if passing is chunk or is_something(passing):
                    emit(passing)
                if overflow or (reaches(n) and not guard.is_whole):
                    guard.stop(exceeded(n))

            guard.held.add(source.subscribe(on_next, guard.on_error, guard.on_completed, scheduler=scheduler))
            return guard

        return Stream(subscribe)

    return limited


def cut(chunk: ModelResponseStream, overflow: Overflow) -> ModelResponseStream:
    """What passes of a chunk with too many tokens: what comes before the overflow. Half a call is of no use."""
    choice, last, beginning = overflow
    texts: dict[str, str] = {}
    for name, text in texts_of(choice):
        if name == last:
            texts[name] = beginning
            break
        texts[name] = text
    values = {"role": choice.delta.role, "content": texts.get(CONTENT) or None}
    delta = changed(Delta(), values, {name: texts[name] for name in BESIDE_CONTENT if texts.get(name)})
    rest = changed(choice, {"delta": delta, "finish_reason": None, "logprobs": None}, {})
    before = takewhile(lambda other: other is not choice, chunk.choices)
    extra = {name: value for name, value in chunk.extra.items() if name != "usage"}
    return changed(chunk, {"choices": [*before, rest]}, extra)


def exceeded(n: int) -> BudgetExceededError:
    return BudgetExceededError(n, n, f"The answer was stopped: it has used up its {n} output tokens.")
