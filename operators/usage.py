"""`usage`: how many tokens a stream has used, while it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rillm.streams.stream import Stream
from rillm.streams.token_meter import TokenMeter

if TYPE_CHECKING:
    from reactivex import Observable, abc

    from rillm.operators.operator import Operator
    from rillm.streams.chunk import ModelResponseStream
    from rillm.streams.usage import Usage


def usage() -> Operator[ModelResponseStream, Usage]:
    """Emit the usage so far, whenever it has changed.

        -_the-_cat-_sat-=stop-|
        [ usage() ]
        -1----2----3----------|      completion_tokens; what the provider reports comes last

    Counted are content, reasoning, refusals, names and arguments of calls, of all choices: by OpenAI's tokenizer o200k
    where the extra `tokens` is installed, else a quarter of the UTF-8 bytes. Tokens of the prompt are those that the
    call has estimated. Such a usage has `estimated=True`. A report of the provider replaces what was estimated before
    it, as soon as it arrives: Anthropic's of the prompt comes at the start, Gemini's with every chunk, OpenAI's at the
    end. So the last usage is the reported one, if there was any; several are never summed.

    >>> import rillm
    >>> answer = rillm.stream("openai/gpt-4o-mini", mock_response="High up, in the snow.")
    >>> all_of_them = list(answer.pipe(rillm.usage()))
    >>> all_of_them[0].is_estimated, all_of_them[-1].is_estimated, all_of_them[-1].completion_tokens
    (True, False, 20)
    """

    def running(source: Observable[ModelResponseStream]) -> Stream[Usage]:
        def subscribe(
            observer: abc.ObserverBase[Usage], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            meter = TokenMeter()
            last: Usage | None = None

            def on_next(chunk: ModelResponseStream) -> None:
                nonlocal last
                meter.add(chunk)
                now = meter.news()
                if now is not None:
                    last = now
                    observer.on_next(now)

            def on_completed() -> None:
                final = meter.final()
                if last is not None and final != last:
                    observer.on_next(final)
                observer.on_completed()

            return source.subscribe(on_next, observer.on_error, on_completed, scheduler=scheduler)

        return Stream(subscribe)

    return running
